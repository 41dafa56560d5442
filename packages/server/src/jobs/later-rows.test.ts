// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openScorer, type Scorer } from '@countersign/analysis';
import { openFileBlobStore, pipelineFileSchema, type RunResult } from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { laterRows } from './later-rows.ts';
import type { VersionFacts } from './version-facts.ts';

const MODEL = new URL('../../../analysis/tests/fixtures/credit.onnx', import.meta.url);
const ROWS = `id,year,amount,duration,purpose,label
1,2017,1000,12,car,0
2,2018,2000,24,car,1
`;
const ROLLED = 'id,score,trained_until\n2,0.7,2017\n1,0.2,2016\n';

let root: string;
let scorer: Scorer;
let context: ServerContext;
let digests: { readonly rows: string; readonly rolled: string };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-later-'));
  const blobs = openFileBlobStore(root);
  const put = async (text: string) => (await blobs.put(new TextEncoder().encode(text))).digest;
  digests = { rows: await put(ROWS), rolled: await put(ROLLED) };
  // Nothing else of the server takes part.
  context = { blobs } as ServerContext;
  scorer = await openScorer(await readFile(MODEL), {
    inputs: [
      { name: 'amount', type: 'f32' },
      { name: 'duration', type: 'i64' },
      { name: 'purpose', type: 'string' },
    ],
    output: 'probabilities',
    outputIndex: 1,
  });
});
afterAll(async () => {
  await scorer.close();
  await rm(root, { recursive: true, force: true });
});

function factsOf(access: 'steps' | 'sealed' | 'serving', testing: object): VersionFacts {
  const types = {
    id: 'integer',
    year: 'integer',
    amount: 'number',
    duration: 'integer',
    purpose: 'text',
    label: 'integer',
  };
  const columns = Object.entries(types).map(([name, type]) => ({ name, type }));
  const splits = [{ split: 'later', access, content: { digest: digests.rows, size: 0 } }];
  const result = {
    snapshots: [{ dataset: 'loans', format: 'csv', columns, splits }],
    steps: [{ outputs: [{ file: 'rolling.csv', digest: digests.rolled, size: 0 }] }],
  } as unknown as RunResult;
  const dataset = { roles: { label: 'label', id: 'id' } };
  const file = {
    data: { loans: dataset },
    testing: pipelineFileSchema.shape.testing.parse(testing),
  } as unknown as VersionFacts['file'];
  return { file, result } as VersionFacts;
}

const BACKTEST = { time: 'year', window: '1y', limits: {} };

test('later rows are scored by the artefact, and carry rolling scores by id beside what their fits had seen', async () => {
  const predictions = { file: 'rolling.csv', trained_until: 'trained_until' };
  const facts = factsOf('steps', { later: 'loans.later', backtest: { ...BACKTEST, predictions } });
  const later = await laterRows(context, facts, scorer);
  expect(later?.data).toMatchObject({ digest: digests.rows, rows: 2 });
  expect(later?.rolling).toEqual({ score: 'score', trainedUntil: 'trained_until' });
  const columns = await later!.table.select(
    'SELECT id, score, trained_until, served_score FROM rows ORDER BY id',
  );
  expect(columns.slice(0, 3).map((column) => column.map(Number))).toEqual([
    [1, 2],
    [0.2, 0.7],
    [2016, 2017],
  ]);
  expect(Number(columns[3]![0])).toBeGreaterThan(0);
  later!.table.close();
});

test('a plan without later rows has none', async () => {
  const facts = factsOf('steps', { backtest: BACKTEST });
  expect(await laterRows(context, facts, scorer)).toBeUndefined();
});

test.each(['sealed', 'serving'] as const)(
  'a %s split is no later rows of a developer',
  async (access) => {
    const facts = factsOf(access, { later: 'loans.later' });
    const error: unknown = await laterRows(context, facts, scorer).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ code: 'evidence_unavailable' });
    expect(String(error)).toContain('name a split that steps may read');
  },
);
