// SPDX-License-Identifier: Apache-2.0
// What a reproduction-attestation says of versions whose bytes do not come back: where, why, and whether scores differ.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReproductionContent } from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobRunners } from '../src/jobs/index.ts';
import { type Actors, actors, intake, MODEL, runRequest } from './model-life.ts';
import { SCORECARD_PIPELINE, scorecardRepository } from './scorecard-repository.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
let act: Actors;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-divergent-'));
  server = await testServer({ runners: jobRunners });
  act = actors(server);
  await intake(server, [{ metric: 'auc', op: '>=', value: '0.65' }]);
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

/** A version whose training does one thing more, and the attestation of its rebuild. */
async function reproduced(version: number, more: string): Promise<ReproductionContent> {
  const pipeline = SCORECARD_PIPELINE.replace(
    'run: sh train.sh',
    `run: ${JSON.stringify(`sh train.sh; ${more}`)}`,
  );
  const author = { name: 'Dev', email: server.person('dev').email };
  const commit = await scorecardRepository(join(directory, String(version)), author, pipeline);
  const run = await act.job('dev', { kind: 'run', request: await runRequest(server, commit) });
  expect(run.error).toBeUndefined();
  const job = await act.job('val', { kind: 'reproduce', params: { model: MODEL, version } });
  expect(job.error).toBeUndefined();
  const { records } = job.result as { readonly records: readonly string[] }; // so every job of this kind ends
  const [digest] = records;
  const { statement } = await act.get('audit', `/v1/records/${digest}`);
  return statement.predicate.content;
}

test('a time in the metadata of the model: other bytes, the same scores on sealed rows', async () => {
  // An entry of metadata_props, `trained_at`, in the wire format of Protocol Buffers.
  const entry =
    "printf '\\162\\054\\012\\012trained_at\\022\\036%s' $(date -u +%Y-%m-%dT%H:%M:%S.%NZ) >> model.onnx";
  const content = await reproduced(1, entry);
  expect(content.verdict).toBe('score-identical');
  expect(content.divergences).toMatchObject([
    {
      what: 'train/model.onnx',
      format: 'onnx',
      natures: ['times'],
      parts: [{ where: 'metadata `trained_at`' }],
    },
  ]);
  // A shell reads the clock itself, which no pin reaches: the cause is read off from what differs.
  expect(content.diagnoses).toMatchObject([
    { step: 'train', isStable: false, causes: [{ cause: 'timestamp', certainty: 'indicated' }] },
  ]);
  expect(content.scores).toMatchObject([
    { split: 'applications.development', sealed: false, differing: 0, largest: '0' },
    { split: 'applications.holdout', sealed: true, differing: 0, flipped: 0 },
  ]);
  expect(content.scores?.[1]?.rows).toBeGreaterThan(800);
});

test('a weight drawn by chance: how far, on how many sealed rows, and no cause that a rerun could show', async () => {
  const model = await readFile(join(import.meta.dirname, 'fixtures', 'scorecard.onnx'));
  const weight = Buffer.alloc(4);
  weight.writeFloatLE(1.5);
  const at = model.indexOf(weight);
  expect(at).toBeGreaterThan(0);
  const content = await reproduced(
    2,
    `head -c 2 /dev/urandom | dd of=model.onnx bs=1 seek=${at} conv=notrunc status=none`,
  );
  expect(content.verdict).toBe('not rebuildable');
  const [file] = content.divergences ?? [];
  expect(file).toMatchObject({
    format: 'onnx',
    natures: ['numbers'],
    parts: [{ distance: { differing: 1 } }],
  });
  expect(content.diagnoses).toMatchObject([{ isStable: false, causes: [] }]);
  const [, sealed] = content.scores ?? [];
  expect(sealed?.sealed).toBe(true);
  expect(sealed?.differing).toBeGreaterThan(0);
  expect(Number(sealed?.largest)).toBeGreaterThan(0);
});
