// SPDX-License-Identifier: Apache-2.0
// Attacks on what a run takes over instead of making it anew: results of steps in the cache, and the result that a rebuild
// is told to arrive at. By a developer with drafts, by a step, by whoever edits files.
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BlobStore,
  type ExecuteRunOptions,
  executeRun,
  openFileBlobStore,
  type RunResult,
  rebuildRun,
} from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitRepository } from '../packages/pipeline/tests/example-repository.ts';

let root: string;
let blobs: BlobStore;
/** The honest run of the platform, with a model that holds a `1`, as the data say. */
let honest: RunResult;
let runs = 0;

const PIPELINE = `model: toy
seed: 1
artifact: { scorer: onnx, file: model, inputs: [{ name: a, type: f32 }], output: p }
data: { d: { from: { path: data.csv } } }
steps:
  clean: { run: "tail -n 1 d.csv > clean.csv", inputs: [d], outputs: [clean.csv], code: [] }
  train: { run: "(echo model; cat clean.csv) > model", inputs: [clean.csv], outputs: [model], params: { l2: 0.1 }, code: [] }
`;
const FILES = { 'countersign.yaml': PIPELINE, 'data.csv': 'a\n1\n' };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'redteam-cache-'));
  await mkdir(join(root, 'work'));
  blobs = openFileBlobStore(join(root, 'blobs'));
  honest = await run(FILES);
  expect(honest.failure).toBeNull();
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** As the platform's worker does, unless it is told to be a draft; with the results of earlier runs at hand. */
async function run(
  files: Readonly<Record<string, string>>,
  more: Partial<ExecuteRunOptions> = {},
): Promise<RunResult> {
  runs += 1;
  const checkout = join(root, `repository-${runs}`);
  await commitRepository(checkout, files);
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
    ...more,
  });
}

const cached = ({ steps }: RunResult) => steps.map((step) => step.cached?.run ?? 'executed');
const modelOf = async (result: RunResult) =>
  Buffer.from(await blobs.get(result.steps[1]?.outputs[0]?.digest ?? '')).toString();

/** Paths of files below a directory of the cache. */
async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, 'cache', directory), {
    recursive: true,
    withFileTypes: true,
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

async function overwrite(path: string, bytes: Uint8Array | string): Promise<void> {
  await chmod(path, 0o600);
  await writeFile(path, bytes);
}

test('RT-475 a result that was edited, swapped or kept under another key stands for no step of the platform', async () => {
  const entries = await filesBelow('steps/results');
  const saved = new Map<string, Buffer>();
  for (const path of entries) saved.set(path, await readFile(path));
  expect(saved.size).toBe(2);
  const [one = '', two = ''] = entries;
  const bodyOf = (path: string) => {
    const bytes = saved.get(path) ?? Buffer.alloc(0);
    return bytes.subarray(bytes.indexOf(10) + 1).toString();
  };
  const sealedAnew = (body: string) => `${sha256(body)}\n${body}`;
  const key = (path: string) => JSON.parse(bodyOf(path)).key as string;
  const forgeries: readonly (readonly [string, () => Promise<void>])[] = [
    [
      'other bytes, old sum',
      async () => overwrite(one, `${saved.get(one)}`.replace('clean', 'clear')),
    ],
    [
      'one step’s result under the other’s key',
      async () => {
        await overwrite(one, saved.get(two) ?? '');
        await overwrite(two, saved.get(one) ?? '');
      },
    ],
    [
      'the same with the keys written over',
      async () => {
        await overwrite(one, sealedAnew(bodyOf(two).replaceAll(key(two), key(one))));
        await overwrite(two, sealedAnew(bodyOf(one).replaceAll(key(one), key(two))));
      },
    ],
    [
      'a digest that no store holds',
      async () => {
        for (const path of entries) {
          const body = bodyOf(path).replace(
            /("outputs":\[\{"digest":")[0-9a-f]{64}/,
            `$1${'0'.repeat(64)}`,
          );
          await overwrite(path, sealedAnew(body));
        }
      },
    ],
    ['no JSON', async () => overwrite(one, sealedAnew('{'.repeat(200)))],
    ['no members', async () => overwrite(one, sealedAnew(`{"key":"${key(one)}"}`))],
  ];
  for (const [what, forge] of forgeries) {
    for (const [path, bytes] of saved) await overwrite(path, bytes);
    await forge();
    const result = await run(FILES).catch((error: unknown) => String(error));
    expect([what, typeof result === 'string' ? result : result.failure]).toEqual([what, null]);
    if (typeof result === 'string') continue;
    expect([what, cached(result).includes('executed')]).toEqual([what, true]);
    expect([what, await modelOf(result)]).toEqual([what, 'model\n1\n']);
  }
}, 60_000);

test('RT-476 other bytes under an output’s digest are found, and the step is executed again', async () => {
  const output = honest.steps[1]?.outputs[0]?.digest ?? '';
  const held = (await filesBelow('steps/blobs')).filter((path) => path.endsWith(output));
  expect(held).toHaveLength(1);
  for (const path of held) await overwrite(path, '9\n');
  // The run's own store is another one, so that nothing but the cache could give the bytes.
  const fresh = openFileBlobStore(join(root, 'fresh'));
  const result = await run(FILES, { blobs: fresh });
  expect(cached(result)[1]).toBe('executed');
  expect(Buffer.from(await fresh.get(output)).toString()).toBe('model\n1\n');
}, 60_000);

test('RT-477 a draft’s result, and one of other params, seed or rows, stands for no step of the platform', async () => {
  await rm(join(root, 'cache'), { recursive: true, force: true });
  const draft = await run(FILES, { draft: true });
  expect(cached(draft)).toEqual(['executed', 'executed']);
  expect(cached(await run(FILES))).toEqual(['executed', 'executed']);
  const others = [
    { ...FILES, 'countersign.yaml': PIPELINE.replace('0.1', '0.2') },
    { ...FILES, 'countersign.yaml': PIPELINE.replace('seed: 1', 'seed: 2') },
    { ...FILES, 'data.csv': 'a\n2\n' },
  ];
  for (const files of others) expect(cached(await run(files)).at(-1)).toBe('executed');
}, 60_000);

test('RT-478 a step finds neither the cache nor the platform’s bytes, and cannot write where results are kept', async () => {
  const before = (await filesBelow('steps')).toSorted();
  const cache = join(root, 'cache');
  const look = [
    `ls ${cache} ${join(root, 'blobs')} ~/.cache && echo FOUND`,
    `mkdir -p ${cache}/steps/results && echo x > ${cache}/steps/results/x && echo WROTE`,
    'find / -xdev -name "*.json" -path "*results*" 2>/dev/null | grep . && echo FOUND',
    'true',
  ].join('; ');
  const result = await run({
    'countersign.yaml': `model: sly\nsteps: { s: { run: ${JSON.stringify(`set +e; (${look}) > out.txt 2>&1`)}, outputs: [out.txt] } }\n`,
  });
  expect(result.failure).toBeNull();
  const [output] = result.steps[0]?.outputs ?? [];
  const said = Buffer.from(await blobs.get(output?.digest ?? '')).toString();
  expect(said).not.toMatch(/FOUND/);
  // What it "wrote" lies in memory of its own, which went with it.
  const after = (await filesBelow('steps')).filter((path) => !before.includes(path));
  expect(after.filter((path) => path.endsWith('/x'))).toEqual([]);
}, 60_000);

test('RT-479 a rebuild takes nothing from the cache, and says so of a result that was edited or is of another commit', async () => {
  const rebuild = (result: RunResult) =>
    rebuildRun({
      result,
      blobs,
      workDir: join(root, 'again'),
      now: () => new Date(),
      callerEnvironment: {},
      diagnosis: false,
    });
  expect(await rebuild(honest)).toMatchObject({ verdict: 'byte-identical' });
  const forged = await blobs.put(Buffer.from('9\n'));
  const { digest } = forged;
  const edited = (change: (result: RunResult) => RunResult) => change(structuredClone(honest));
  const [clean, train] = honest.steps;
  const [snapshot] = honest.snapshots;
  if (clean === undefined || train === undefined || snapshot === undefined)
    throw new Error('no steps');
  const other = await run({ ...FILES, 'data.csv': 'a\n3\n' });
  const outputs = [{ file: 'model', ...forged }];
  const edits: readonly (readonly [string, RunResult])[] = [
    ['another model', edited((one) => ({ ...one, steps: [clean, { ...train, outputs }] }))],
    [
      'no outputs',
      edited((one) => ({
        ...one,
        steps: [
          { ...clean, outputs: [] },
          { ...train, outputs: [] },
        ],
      })),
    ],
    [
      'another artefact beside the same outputs',
      edited((one) => ({ ...one, artifact: one.artifact && { ...one.artifact, digest } })),
    ],
    ['no steps', edited((one) => ({ ...one, steps: [] }))],
    ['another commit', edited((one) => ({ ...one, source: other.source }))],
    [
      'a bundle that is none',
      edited((one) => ({ ...one, source: { ...one.source, bundle: forged } })),
    ],
    [
      'other rows',
      edited((one) => ({ ...one, snapshots: [{ ...snapshot, content: { digest, size: 2 } }] })),
    ],
    [
      'a file out of its place',
      edited((one) => ({
        ...one,
        steps: [
          clean,
          { ...train, outputs: [{ file: '../../../../tmp/redteam-escaped', ...forged }] },
        ],
      })),
    ],
  ];
  for (const [what, result] of edits) {
    const verdict = await rebuild(result).then(
      (rebuilt) => rebuilt.verdict,
      (error: { code?: string }) => error.code ?? 'an error',
    );
    expect([what, verdict]).not.toEqual([what, 'byte-identical']);
    expect([what, verdict]).not.toEqual([what, 'an error']);
  }
  await expect(readFile('/tmp/redteam-escaped')).rejects.toThrow();
}, 60_000);
