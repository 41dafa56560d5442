// SPDX-License-Identifier: Apache-2.0
// Attacks by a developer on rows sealed for the validator, through what a run measures, documents, caches and passes on.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BlobStore,
  executeRun,
  openFileBlobStore,
  type RunResult,
  slsaProvenance,
} from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitRepository } from '../packages/pipeline/tests/example-repository.ts';
import { snapshotContents } from '../packages/server/src/jobs/data-records.ts';
import { catalogueContent } from '../packages/server/src/jobs/feature-records.ts';
import { trainingRunContent } from '../packages/server/src/jobs/run-records.ts';

let root: string;
let blobs: BlobStore;
let runs = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'redteam-sealed-'));
  await mkdir(join(root, 'work'));
  blobs = openFileBlobStore(join(root, 'blobs'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Every row says who it is, in each way that a measure could repeat: a text, a number, a date, a value of another type. */
const ROWS = Array.from({ length: 240 }, (_, n) => {
  const token = `tok${String(n).padStart(4, '0')}x`;
  const odd = n % 7 === 0 ? `odd-${token}` : String(n);
  const day = new Date(Date.UTC(2020, 0, 1 + n * 3)).toISOString().slice(0, 10);
  return `${n + 1},${token},${odd},${7_000_000 + n * 1009},${day},${n % 3 === 0 ? 'bad' : 'good'}`;
});
const TABLE = `id,token,odd,amount,seen,outcome\n${ROWS.join('\n')}\n`;
const SPLITS =
  'splits: { seed: 3, development: { fraction: 0.5 }, holdout: { fraction: 0.5, sealed: true } }';
const ROLES = 'roles: { label: outcome, positive: bad, id: id }';

async function run(pipeline: string): Promise<RunResult> {
  runs += 1;
  const checkout = join(root, `repository-${runs}`);
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\n${pipeline}`,
    'data.csv': TABLE,
  });
  return executeRun({
    source: { checkout },
    blobs,
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    cache: { mode: 'use' },
    run: `run-${runs}`,
    draft: false,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
}

/** What of the sealed rows nobody may repeat. */
async function sealedWords(result: RunResult): Promise<readonly string[]> {
  const split = result.snapshots[0]?.splits.find(({ access }) => access === 'sealed');
  const text = Buffer.from(await blobs.get(split?.content.digest ?? '')).toString();
  const rows = text.trimEnd().split('\n').slice(1);
  expect(rows.length).toBeGreaterThan(60);
  return rows.flatMap((row) => {
    const [, token = '', , amount = ''] = row.split(',');
    return [token, amount];
  });
}

/** Everything that a developer may read of a run: its result, records, provenance, logs, outputs and evidence. */
async function readable(result: RunResult, hidden: ReadonlySet<string>): Promise<string> {
  const records = [
    ...result.snapshots.flatMap((snapshot) => snapshotContents(snapshot, undefined)),
    catalogueContent(result),
    trainingRunContent(result, { run: 'run-1', resultDigest: 'a'.repeat(64) }),
  ];
  const provenance = slsaProvenance(result, { builder: 'https://example.com' });
  const named = [
    ...result.steps.flatMap(({ log, outputs }) => [log, ...outputs]),
    ...result.evidence,
  ];
  const texts = [];
  for (const { digest } of named) {
    if (!hidden.has(digest)) texts.push(Buffer.from(await blobs.get(digest)).toString());
  }
  return [
    JSON.stringify(result),
    JSON.stringify(records),
    Buffer.from(provenance ?? '').toString(),
    ...texts,
  ].join('\n');
}

test('RT-491 no measure, documentation, record, provenance or cached output repeats a value of a sealed row', async () => {
  const pipeline = `data: { d: { from: { step: make, file: made.csv }, ${ROLES}, ${SPLITS} } }
steps:
  make: { run: "cp data.csv made.csv", outputs: [made.csv] }
  s: { run: "cp d.development.csv seen.csv; ls", inputs: [d.development], outputs: [seen.csv] }
`;
  for (const again of [false, true]) {
    const result = await run(pipeline);
    expect(result.failure).toBeNull();
    expect(result.steps.every(({ cached }) => (cached !== undefined) === again)).toBe(true);
    const words = await sealedWords(result);
    const hidden = new Set(
      result.snapshots
        .flatMap((snapshot) => snapshotContents(snapshot, undefined))
        .flatMap(({ sealed, contentDigest }) => (sealed ? [contentDigest] : [])),
    );
    // The whole as read and the sealed split: the two that the API keeps from everybody but auditors.
    expect(hidden.size).toBe(2);
    const text = await readable(result, hidden);
    expect(words.filter((word) => text.includes(word))).toEqual([]);
    expect(text).toContain('tok');
  }
}, 120_000);

test('RT-492 a step is given neither the sealed split, the whole, the file that it was made in, nor the committed file', async () => {
  const data = (from: string, more = '') =>
    `data: { d: { from: ${from}, ${ROLES}, ${SPLITS} }${more} }\n`;
  const path = '{ path: data.csv }';
  const step = (inputs: string, what = 'ls') =>
    `steps: { s: { run: "${what}", inputs: [${inputs}], outputs: [o] } }\n`;
  const made = `steps:
  make: { run: "cp data.csv made.csv", outputs: [made.csv] }
  s: { run: "cp made.csv o", inputs: [made.csv], outputs: [o] }
`;
  const refused = [
    `${data(path)}${step('d.holdout')}`,
    `${data(path)}${step('d')}`,
    `${data(path)}${step('d.all')}`,
    `${data(path)}${step('data.csv')}`,
    `${data('{ step: make, file: made.csv }')}${made}`,
  ];
  for (const pipeline of refused) {
    const outcome = await run(pipeline).then(
      (result) => result.failure?.code ?? 'it ran',
      (error: { code?: string }) => error.code,
    );
    expect([pipeline, outcome]).toEqual([
      pipeline,
      expect.stringMatching(/^(pipeline_file_invalid|sealed_input|step_input_missing)$/),
    ]);
  }
  const looked = await run(
    `${data(path)}${step('d.development', 'set +e; cat data.csv d.csv d.holdout.csv > o 2>&1; find / -xdev -name *.csv >> o 2>/dev/null; true')}`,
  );
  expect(looked.failure).toBeNull();
  const text = Buffer.from(await blobs.get(looked.steps[0]?.outputs[0]?.digest ?? '')).toString();
  expect((await sealedWords(looked)).filter((word) => text.includes(word))).toEqual([]);
  // A second dataset of the same source, of which no row is sealed or others are.
  const other = SPLITS.replace('seed: 3', 'seed: 4');
  for (const twin of [`{ from: ${path} }`, `{ from: ${path}, ${ROLES}, ${other} }`]) {
    const outcome = await run(
      `${data(path, `, e: ${twin}`)}${step(`d.development, ${twin === `{ from: ${path} }` ? 'e' : 'e.development'}`, 'cat e* > o')}`,
    ).then(
      () => 'it ran',
      (error: { code?: string }) => error.code,
    );
    expect([twin, outcome]).toEqual([twin, 'sealed_input']);
  }
}, 120_000);
