// SPDX-License-Identifier: Apache-2.0
// A convolutional network of Debian's PyTorch comes back byte for byte, on one thread and on two. Where PyTorch is missing it
// is installed, or the test fails and says how.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensurePackages } from '../../cli/src/host/system-packages.ts';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { describeRebuild } from '../src/rebuild/describe-rebuild.ts';
import type { RebuildResult } from '../src/rebuild/rebuild-result.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import type { RunResult } from '../src/run/result.ts';
import { rebuildDivergent } from './divergence-reports.ts';
import { commitRepository } from './example-repository.ts';
import { OUTPUTS, PROGRAMS, SEEDED, TORCH, torchRepository } from './torch-repository.ts';

/** Each would give other weights, if it reached a step. */
const ELSEWHERE = {
  OMP_NUM_THREADS: '7',
  ATEN_CPU_CAPABILITY: 'default',
  DNNL_MAX_CPU_ISA: 'SSE41',
  ONEDNN_MAX_CPU_ISA: 'SSE41',
};

let root: string;
let result: RunResult;
let rebuilt: RebuildResult;
const blobs = () => openFileBlobStore(join(root, 'blobs'));
const textOf = async (digest: string) => Buffer.from(await blobs().get(digest)).toString('utf8');

beforeAll(async () => {
  const missing = ensurePackages([TORCH], console.error);
  if (missing !== undefined) throw new Error(missing);
  root = await mkdtemp(join(tmpdir(), 'torch-'));
  await mkdir(join(root, 'work'));
  const checkout = join(root, 'repository');
  await commitRepository(checkout, torchRepository({ threads: [1, 2], seeded: SEEDED }));
  const common = {
    blobs: blobs(),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    now: () => new Date(),
  };
  result = await executeRun({
    ...common,
    source: { checkout },
    draft: false,
    callerEnvironment: process.env,
  });
  if (result.failure !== null) throw new Error(result.failure.message);
  rebuilt = await rebuildRun({
    ...common,
    result,
    callerEnvironment: { ...process.env, ...ELSEWHERE },
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('the rebuild is byte-identical at level sandbox', () => {
  expect(rebuilt, describeRebuild(rebuilt).join('\n')).toMatchObject({
    verdict: 'byte-identical',
    level: 'sandbox',
    failure: null,
  });
});

test.for([1, 2])(
  'with %i threads weights, checkpoint, ONNX and scores have the recorded bytes',
  (threads) => {
    const step = `threads-${threads}`;
    const own = rebuilt.compared.filter(({ what }) => what.startsWith(`${step}/`));
    expect(own).toEqual(
      OUTPUTS.map((file) =>
        expect.objectContaining({ what: `${step}/${step}/${file}`, equal: true }),
      ),
    );
  },
);

test('both threads computed: two of them add in another order than one', () => {
  const weights = result.steps.map(
    ({ outputs }) => outputs.find(({ file }) => file.endsWith('/weights.npz'))?.digest,
  );
  expect(new Set(weights).size).toBe(2);
});

test.for([0, 1])(
  'the network of step %i tells held-out pictures apart, so that it was trained',
  async (index) => {
    const scores = result.steps[index]?.outputs.find(({ file }) => file.endsWith('/scores.csv'));
    const rows = (await textOf(scores?.digest ?? '')).trim().split('\n').slice(1);
    const right = rows.filter((row) => {
      const [label, score] = row.split(',').map(Number);
      return (score ?? Number.NaN) > 0.5 === (label === 1);
    });
    expect(rows).toHaveLength(200);
    expect(right.length).toBeGreaterThan(180);
  },
);

test('the libraries that compute are recorded by digest, and PyTorch is in the bill of materials', async () => {
  const { environment } = result;
  if (environment?.kind !== 'host') throw new Error('PyTorch runs on the host');
  expect(environment.programs).toEqual(
    PROGRAMS.map((name) =>
      expect.objectContaining({ name, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }),
    ),
  );
  const bill = await textOf(environment.billOfMaterials?.digest ?? '');
  for (const name of ['python3-torch', 'libtorch1.13', 'python3-numpy'])
    expect(bill).toContain(`"pkg:deb/debian/${name}@`);
});

test("numpy of the machine's Python is pinned too, as numpy of a lock is", () => {
  expect(result.determinismProfile.NPY_DISABLE_CPU_FEATURES?.split(' ')).toContain('AVX512F');
});

test('a network that nobody seeded: diagnosed as seed', async () => {
  const files = torchRepository({ threads: [2], seeded: '' });
  const unseeded = await rebuildDivergent(
    { cause: 'seed', what: 'a network that nobody seeded', files },
    { root, cacheDir: join(root, 'cache') },
  );
  expect(unseeded.verdict).toBe('not-rebuildable');
  expect(unseeded.diagnoses).toMatchObject([
    { step: 'threads-2', isStable: false, causes: [{ cause: 'seed', certainty: 'shown' }] },
  ]);
});
