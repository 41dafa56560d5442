// SPDX-License-Identifier: Apache-2.0
// Change requests and envelopes by command, against a real server with one version in production.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAs, type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

let firm: WarrantedFirm;
let request: string;

beforeAll(async () => {
  firm = await warrantedFirm({ demonstration: true });
  const set = await firm.server.context.records.current();
  const content = set.byDigest.get(firm.production)?.statement.predicate.content;
  request = String(content?.changeRequest);
}, 120_000);
afterAll(async () => {
  await firm?.close();
});

const run = (account: string, ...argv: readonly string[]) => runAs(firm, account, argv);

const ENVELOPE = `title: Weekly refit
rationale: new rows every week
may: [data, artifact]
metrics: [{ metric: auc, op: ">=", value: "0.7" }]
shifts: { swapSet: "0.02" }
uses: 3
expires: "2099-01-01T00:00:00.000Z"
`;

function envelopeFile(text: string): string {
  writeFileSync(join(firm.server.dataDir, 'envelope.yaml'), text);
  return 'envelope.yaml';
}

const drawUp = (text: string) =>
  run('eve', 'envelope', 'consumer-credit@1', '--file', envelopeFile(text));

test('show says that a first version is material and compared with nothing', async () => {
  const { exitCode, text } = await run('mia', 'show', request);
  expect(exitCode, text).toBe(0);
  expect(text).toMatch(/^change +material, class standard$/m);
  expect(text).toMatch(/^against +nothing: none in production$/m);
});

test.each([
  ['a bound that nobody knows', ENVELOPE.replace('data, artifact', 'data, weather'), 3],
  ['no limit on the swap set', ENVELOPE.replace('{ swapSet: "0.02" }', '{}'), 5],
  ['a member that nobody knows', `${ENVELOPE}colour: red\n`, 8],
])('an envelope with %s is refused with its line', async (_, text, line) => {
  const refused = await drawUp(text);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.text).toContain(`envelope.yaml:${line}: `);
});

test('an envelope is in force once everybody of a material change has signed it', async () => {
  const drawn = await drawUp(ENVELOPE);
  expect(drawn.exitCode, drawn.text).toBe(0);
  expect(drawn.result.state).toBe('awaiting-signatures');
  const signed = await run('lena', 'sign', drawn.result.digest.slice(0, 12), '--add');
  expect(signed.exitCode, signed.text).toBe(0);
  const set = await firm.server.context.records.including([drawn.result.digest]);
  expect(set.byDigest.get(drawn.result.digest)?.signers).toHaveLength(2);
});

test('an ordinary change has no after-review', async () => {
  const words = ['--outcome', 'stands', '--reason', 'tested since'];
  const refused = await run('mia', 'after-review', request, ...words);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.text).toContain('no emergency warrant was given');
});
