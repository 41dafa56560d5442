// SPDX-License-Identifier: Apache-2.0
// How long things are kept, from the command line: the policy, the dry run, holds, and a sweep that takes two persons.
import { cpSync, readFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalBytes } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BYTES,
  type Ran,
  runAs,
  sha256,
  type WarrantedFirm,
  warrantedFirm,
} from './warranted-firm.ts';

const POLICIES = fileURLToPath(new URL('../../../policies/', import.meta.url));
let firm: WarrantedFirm;
beforeAll(async () => {
  firm = await warrantedFirm({ demonstration: true });
  cpSync(join(POLICIES, 'retention.yaml'), join(firm.server.dataDir, 'retention.yaml'));
}, 60_000);
afterAll(async () => {
  expect(firm?.server.failures).toEqual([]);
  await firm?.close();
});

async function says(account: string, ...argv: readonly string[]): Promise<Ran> {
  const ran = await runAs(firm, account, argv);
  expect(ran.exitCode, ran.text).toBe(0);
  return ran;
}

describe('the retention policy', () => {
  test('of the house is one that the kernel reads, and takes two signatures', async () => {
    const checked = await says('mia', 'policy', 'check', 'retention.yaml');
    expect(checked.text).toMatch(/is a retention that the kernel reads/);
    const none = await says('mia', 'retention', 'plan');
    expect(none.text).toMatch(/no policy signed/);
    const first = await says('mia', 'sign', 'retention.yaml');
    expect(first.text).toMatch(/waits/);
    const later = await says('mia', 'sign', 'retention.yaml');
    const second = await says('ada', 'sign', '--add', later.result.digest);
    expect(second.text).toMatch(/in force now: no retention/);
    const shown = await says('mia', 'policy', '--kind', 'retention');
    expect(shown.text).toMatch(/signed by +ada, mia/);
    // What lay about while a later one was signed does not put itself back.
    const old = await runAs(firm, 'ada', ['sign', '--add', first.result.digest]);
    expect(old.exitCode).toBe(1);
    expect(old.text).toMatch(/in force now: .* since 20/);
    expect(old.text).toMatch(/warning: this one is older, it was written at 20/);
    expect(old.text).toMatch(/^policy_superseded: /m);
  });
});

describe('a dry run', () => {
  test('keeps what a living model needs and says by which rule', async () => {
    const { text, result } = await says('mia', 'retention', 'plan', '--model', 'consumer-credit');
    expect(result.goes.count).toBe(0);
    expect(text).toMatch(/artefact +kept +\S+ +\d+/);
    const misspelt = await runAs(firm, 'mia', ['retention', 'plan', '--model', 'consumer-credti']);
    expect([misspelt.exitCode, misspelt.text]).toEqual([
      1,
      expect.stringMatching(/^model_unknown/),
    ]);
    const saved = await runAs(firm, 'lena', ['retention', 'plan', '--save']);
    expect([saved.exitCode, saved.text]).toEqual([1, expect.stringMatching(/nothing is due/)]);
    const digest = sha256(BYTES['model.onnx']);
    const explained = await says('mia', 'retention', 'explain', digest);
    expect(explained.text).toMatch(/kept by (mrm-default|reproduction-set)/);
    const csv = await says('mia', 'retention', 'plan', '--csv', '--out', 'plan.csv');
    expect(csv.text).toMatch(/things written to plan.csv/);
    const lines = readFileSync(join(firm.server.dataDir, 'plan.csv'), 'utf8').trim().split('\r\n');
    expect(lines[0]).toBe('kind,id,count,bytes,fate,until,rule,holds,why');
    expect(lines.length).toBeGreaterThan(3);
  });
});

describe('a legal hold', () => {
  test('is placed by legal alone and lifted by two', async () => {
    const model = 'consumer-credit';
    const words = ['--matter', 'Doe v. Bank', '--reason', 'suit filed'];
    const refused = await runAs(firm, 'dana', ['legal-hold', 'place', '--model', model, ...words]);
    expect([refused.exitCode, refused.text]).toEqual([
      1,
      expect.stringMatching(/legal or compliance/),
    ]);
    const misspelt = await runAs(firm, 'lena', [
      'legal-hold',
      'place',
      '--model',
      'consumer-credti',
      ...words,
    ]);
    expect(misspelt.text).toMatch(/no record is about what it names/);
    const placed = await says('lena', 'legal-hold', 'place', '--model', model, ...words);
    expect(placed.result).toMatchObject({ state: 'recorded', id: 'LH-1' });
    const listed = await says('mia', 'legal-hold', 'list');
    expect(listed.text).toMatch(/LH-1 +Doe v. Bank +consumer-credit +lena/);
    const digest = sha256(BYTES['model.onnx']);
    expect((await says('mia', 'retention', 'explain', digest)).text).toMatch(/held by LH-1; kept/);
    const first = await says('lena', 'legal-hold', 'lift', 'LH-1', '--reason', 'settled');
    expect(first.result.state).toBe('awaiting-signatures');
    await says('eve', 'sign', '--add', first.result.digest);
    expect((await says('mia', 'legal-hold', 'show', 'LH-1')).text).toMatch(
      /lifted .* by lena: settled/,
    );
    expect((await says('mia', 'legal-hold', 'list')).text).toBe('no legal hold');
  });
});

describe('a sweep', () => {
  test('is signed by one, carried out by the other, and leaves its proof', async () => {
    const { context, dataDir } = firm.server;
    const { digest } = await context.blobs.put(new TextEncoder().encode('left by a killed job'));
    const file = join(dataDir, 'blobs', 'sha256', digest.slice(0, 2), digest);
    await utimes(file, new Date('2024-01-01'), new Date('2024-01-01'));
    const saved = await says('lena', 'retention', 'plan', '--save');
    expect(saved.text).toMatch(/unnamed-bytes +would go +working-files +1 +20/);
    const plan: string = saved.result.digest;
    const signed = await says('lena', 'retention', 'sweep', '--plan', plan, '--reason', 'yearly');
    expect(signed.text).toMatch(/1 unnamed-bytes by working-files \(20 bytes\)/);
    expect(signed.result.state).toBe('awaiting-signatures');
    const again = await runAs(firm, 'lena', ['retention', 'sweep', '--plan', plan]);
    expect(again.result?.done).not.toBe(true);
    expect(await context.blobs.has(digest)).toBe(true);
    const swept = await says('ada', 'retention', 'sweep', '--plan', plan);
    expect(swept.result).toMatchObject({
      done: true,
      deleted: [{ kind: 'unnamed-bytes', rule: 'working-files', count: 1, bytes: 20 }],
    });
    expect(await context.blobs.has(digest)).toBe(false);
    const explained = await says('mia', 'retention', 'explain', digest);
    expect(explained.text).toMatch(/unnamed-bytes was deleted on .* by working-files/);
  });

  test('of a plan for a time that has not come by the signer’s clock is not signed', async () => {
    const { context } = firm.server;
    const set = await context.records.current();
    const policy = set.records.findLast(
      ({ statement }) => statement.predicate.kind === 'retention',
    );
    const late = {
      v: 1,
      founding: context.root,
      at: '2099-01-01T00:00:00.000Z',
      policy: policy!.digest,
      things: [],
      left: 0,
    };
    const { digest } = await context.blobs.put(canonicalBytes(late));
    const ran = await runAs(firm, 'ada', ['retention', 'sweep', '--plan', digest, '--reason', 'x']);
    expect([ran.exitCode, ran.text]).toEqual([1, expect.stringMatching(/to come by your clock/)]);
  });
});
