// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../src/blobs/blob-store.ts';
import { type RebuildOptions, rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import type { RunResult } from '../src/run/result.ts';
import { commitRepository, EXAMPLE } from './example-repository.ts';
import { runWorker } from './run-worker.ts';

const cacheDir = join(tmpdir(), 'countersign-pipeline-test-cache');

/** What a caller could have set; every one of these changes numpy, Python or the C library when it gets through. */
const HOSTILE = {
  OPENBLAS_CORETYPE: 'Prescott',
  OPENBLAS_NUM_THREADS: '7',
  OMP_NUM_THREADS: '7',
  MKL_CBWR: 'COMPATIBLE',
  NPY_DISABLE_CPU_FEATURES: 'X86_V3',
  LC_ALL: 'tr_TR.UTF-8',
  LANG: 'de_DE.ISO-8859-1',
  TZ: 'Asia/Kathmandu',
  PYTHONHASHSEED: '4242',
  PYTHONPATH: '/tmp/elsewhere',
  PYTHONSTARTUP: '/tmp/elsewhere/start.py',
  SOURCE_DATE_EPOCH: '1',
  COUNTERSIGN_SEED: '1',
  LD_PRELOAD: '',
};

let root: string;
let blobs: BlobStore;
let result: RunResult;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rebuild-'));
  blobs = openFileBlobStore(join(root, 'blobs'));
  const checkout = join(root, 'repository');
  await commitRepository(checkout, withArtifact());
  result = await executeRun({
    source: { checkout },
    blobs,
    workDir: join(root, 'work'),
    cacheDir,
    draft: false,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
  await rm(checkout, { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

function withArtifact(): Readonly<Record<string, string>> {
  const artifact =
    'artifact: { scorer: onnx, file: model.bin, inputs: [{ name: amount, type: f32 }], output: p }\n';
  return { ...EXAMPLE, 'countersign.yaml': `${EXAMPLE['countersign.yaml']}${artifact}` };
}

const rebuild = (more: Partial<RebuildOptions> = {}) =>
  rebuildRun({
    result,
    blobs,
    workDir: join(root, 'again'),
    cacheDir,
    now: () => new Date(),
    callerEnvironment: process.env,
    ...more,
  });

test('a rebuild from archived parts, environment included, has the recorded bytes', async () => {
  const rebuilt = await rebuildRun({
    result,
    blobs,
    workDir: join(root, 'fresh'),
    now: () => new Date(),
    callerEnvironment: process.env,
  });
  expect(rebuilt.reason).toBe('all 6 files have the recorded bytes');
  expect(rebuilt).toMatchObject({
    verdict: 'byte-identical',
    startedFrom: ['extract'],
    failure: null,
  });
  expect(rebuilt.rebuiltArtifact).toBe(result.artifact?.digest);
});

/** Two other kernels than the pinned one: of an older processor, and of one with AVX-512. */
test.for(['Prescott', 'SkylakeX'])(
  'a rebuild by a process in hostile surroundings (OpenBLAS for %s) has the recorded bytes',
  async (core) => {
    const job = {
      kind: 'rebuild',
      result,
      blobs: join(root, 'blobs'),
      workDir: join(root, 'hostile'),
      cacheDir,
    };
    const lines = await runWorker(job, {
      ...HOSTILE,
      OPENBLAS_CORETYPE: core,
      PATH: process.env.PATH ?? '',
      HOME: root,
    });
    expect(lines.at(-1)).toMatchObject({ type: 'rebuilt', rebuilt: { verdict: 'byte-identical' } });
  },
);

test('the profile is what makes the bytes equal: other kernels give another model', async () => {
  const determinismProfile = { ...result.determinismProfile, OPENBLAS_CORETYPE: 'Prescott' };
  const rebuilt = await rebuild({ result: { ...result, determinismProfile } });
  expect(rebuilt.verdict).toBe('not-rebuildable');
  expect(rebuilt.compared.find(({ what }) => what === 'train/model.bin')?.equal).toBe(false);
  const [diagnosis] = rebuilt.diagnoses ?? [];
  expect(diagnosis).toMatchObject({
    step: 'train',
    isStable: true,
    causes: [{ cause: 'instruction-set', certainty: 'shown' }],
  });
  const judged = await rebuild({
    result: { ...result, determinismProfile },
    compareScores: async () => 'within-tolerance',
    diagnosis: false,
  });
  expect(judged.verdict).toBe('within-tolerance');
});

test('another interpreter is told apart from a failed rebuild', async () => {
  const environment = result.environment;
  if (environment?.kind !== 'python') throw new Error('the example has a Python environment');
  const interpreter = { ...environment.interpreter, digest: '0'.repeat(64) };
  const rebuilt = await rebuild({
    result: { ...result, environment: { ...environment, interpreter } },
  });
  expect(rebuilt.verdict).toBe('environment-unavailable');
});

test('a missing part of the archive is named, and an erased one is not a failure', async () => {
  const digest = '1'.repeat(64);
  const source = { ...result.source, bundle: { digest, size: 1 } };
  const gone = await rebuild({ result: { ...result, source } });
  expect(gone.verdict).toBe('not-rebuildable');
  expect(gone.reason).toContain(digest);
  const erased = await rebuild({
    result: { ...result, source },
    isErased: async (name) => name === digest,
  });
  expect(erased.verdict).toBe('lawfully-erased');
});

test('a flipped byte in an archived network output is found before anything runs on it', async () => {
  const extracted = result.steps[0]?.outputs[0]?.digest ?? '';
  const path = join(root, 'blobs', 'sha256', extracted.slice(0, 2), extracted);
  const bytes = await blobs.get(extracted);
  await chmod(path, 0o644);
  await writeFile(path, Buffer.from(bytes).fill(0x58, 100, 101));
  const rebuilt = await rebuild();
  await writeFile(path, bytes);
  expect(rebuilt.verdict).toBe('not-rebuildable');
  expect(rebuilt.reason).toContain(extracted);
});
