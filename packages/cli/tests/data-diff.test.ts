// SPDX-License-Identifier: Apache-2.0
// Two versions of one dataset compared by command: recorded snapshots of a real server, digests and files.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build, intake, type Recorder } from '../../kernel/tests/credit-model.ts';
import { BUILDERS, type ListeningFirm, listeningFirm, runAs } from './warranted-firm.ts';

const HEADER = 'id,age,purpose';
const BEFORE = `${HEADER}\n1,30,car\n2,40,car\n3,50,house\n`;
const AFTER = `${HEADER}\n1,30,car\n2,41,boat\n4,60,house\n`;
const SEALED = `${HEADER}\n9,70,house\n`;

let firm: ListeningFirm;

beforeAll(async () => {
  firm = await listeningFirm({ people: BUILDERS });
  const { recorder } = firm;
  const signed = await intake(recorder);
  await registered(recorder, signed, {
    version: 1,
    parts: { development: BEFORE, holdout: SEALED },
  });
  await registered(recorder, signed, { version: 2, parts: { development: AFTER } });
}, 120_000);
afterAll(async () => {
  await firm?.server.close();
});

/** A version whose run names snapshots of these texts; the part `holdout` is sealed. */
async function registered(
  recorder: Recorder,
  signed: Awaited<ReturnType<typeof intake>>,
  of: { readonly version: number; readonly parts: Readonly<Record<string, string>> },
): Promise<void> {
  const { ref } = await build(recorder, signed, { version: of.version });
  const source: string[] = [];
  for (const [split, text] of Object.entries(of.parts)) {
    const { digest } = await firm.server.context.blobs.put(Buffer.from(text));
    const column = (name: string, role: string) => ({ name, type: 'integer', role });
    source.push(
      await recorder.add(
        {
          type: 'dataset-snapshot',
          scope: 'dataset',
          subjectRef: { workspace: ref.workspace, model: ref.model, dataset: 'applications' },
          content: {
            dataset: 'applications',
            split,
            sealed: split === 'holdout',
            contentDigest: digest,
            format: 'csv',
            columns: [column('id', 'id'), column('age', of.version === 1 ? 'feature' : '')],
          },
        },
        'platform',
      ),
    );
  }
  const training = await recorder.add(
    { type: 'training-run', subjectRef: ref, source, content: { promotable: true } },
    'platform',
  );
  // What is fetched with its proof is of the last checkpoint, which follows the record.
  await firm.server.context.checkpoints.waitForCheckpoint(training);
}

const run = (...argv: readonly string[]) => runAs(firm, 'dana', argv);

test('snapshots of two versions are told apart by the id that their records name', async () => {
  const { exitCode, result, text } = await run(
    'data',
    'diff',
    'consumer-credit@1',
    'consumer-credit@2:applications.development',
  );
  expect(exitCode, text).toBe(0);
  expect(result.rows).toMatchObject({
    by: 'key',
    key: 'id',
    added: 1,
    removed: 1,
    changed: 1,
    equal: 1,
  });
  expect(result.schema.changed).toEqual([
    { column: 'age', what: 'roles', first: 'feature', second: '' },
  ]);
  expect(text).toContain('consumer-credit@1:applications.development');
  expect(text).toMatch(/purpose\s+new\s+1\s+boat \(1\)/);
});

test('a digest and a file are read too, the file by a key that is asked for', async () => {
  const path = join(firm.server.dataDir, 'after.csv');
  await writeFile(path, AFTER);
  const digest = createHash('sha256').update(BEFORE).digest('hex');
  const { exitCode, result, text } = await run('data', 'diff', digest, path, '--key', 'id');
  expect(exitCode, text).toBe(0);
  expect(result.first).toEqual({ name: digest.slice(0, 12), digest });
  expect(result.rows).toMatchObject({ added: 1, removed: 1, changed: 1 });
});

test('a sealed split is refused, and what is not there is said', async () => {
  const sealed = await run(
    'data',
    'diff',
    'consumer-credit@1:applications.holdout',
    'consumer-credit@2',
  );
  expect(sealed.exitCode).toBe(1);
  expect(sealed.text).toContain('sealed rows are read through a validate job only');
  const none = await run(
    'data',
    'diff',
    'consumer-credit@1:applications.test',
    'consumer-credit@2',
  );
  expect(none.exitCode).toBe(1);
  expect(none.text).toContain('it has applications.development, applications.holdout');
  expect((await run('data', 'diff', 'nothing.csv', 'consumer-credit@2')).exitCode).toBe(2);
  const lacks = await run('data', 'diff', 'consumer-credit@1', 'consumer-credit@2', '--key', 'nr');
  expect([lacks.exitCode, lacks.text]).toEqual([1, expect.stringContaining('`nr`')]);
});
