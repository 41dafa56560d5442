// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import type { RunResult } from '../src/run/result.ts';
import { archiveSource } from '../src/source/source-revision.ts';
import { commitRepository } from './example-repository.ts';
import { WORKER } from './run-worker.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'resume-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

interface Line {
  readonly type: string;
  readonly step?: string;
  readonly result?: RunResult;
}

/** Starts a worker and kills it, as a machine that loses power would, once `step` has begun; its last line. */
async function work(job: object, killAt?: string): Promise<Line | undefined> {
  const file = join(root, 'job.json');
  await writeFile(file, JSON.stringify(job));
  const child = spawn(process.execPath, [WORKER, file], {
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  let last: Line | undefined;
  for await (const text of createInterface({ input: child.stdout })) {
    last = JSON.parse(text) as Line; // each line is an event by contract
    if (last.type === 'step-started' && last.step === killAt) child.kill('SIGKILL');
  }
  await closed;
  return last;
}

const CHAIN = `model: toy
steps:
  one: { run: "sleep 1; echo 1 > a", outputs: [a] }
  two: { run: "sleep 1; cat a a > b", inputs: [a], outputs: [b] }
  three: { run: "sleep 1; cat b b > c", inputs: [b], outputs: [c] }
artifact: { scorer: onnx, file: c, inputs: [{ name: x, type: f32 }], output: y }
`;

test('a worker that is killed at each step in turn goes on from there, and what it ends with is whole', async () => {
  await commitRepository(join(root, 'repository'), { 'countersign.yaml': CHAIN });
  const archive = openFileBlobStore(join(root, 'archive'));
  const { bundle, commit } = await archiveSource(join(root, 'repository'), archive, root);
  let attempt = 0;
  const jobOf = async () => {
    attempt += 1;
    // Each attempt has a store of its own, as on the platform: what a killed one left there counts for nothing.
    const blobs = join(root, `blobs-${attempt}`);
    await openFileBlobStore(blobs).putStream(archive.open(bundle.digest));
    return {
      kind: 'run',
      source: { bundle, commit },
      blobs,
      workDir: join(root, 'work'),
      cacheDir: join(root, 'cache'),
      cache: 'use',
      run: `run-${attempt}`,
      draft: false,
    };
  };
  for (const step of ['one', 'two', 'three']) {
    expect(await work(await jobOf(), step)).toMatchObject({ type: 'step-started', step });
  }
  const last = await work(await jobOf());
  expect(last?.result).toMatchObject({ status: 'succeeded', run: 'run-4' });
  expect(last?.result?.steps.map(({ name, cached }) => [name, cached?.run])).toEqual([
    ['one', 'run-2'],
    ['two', 'run-3'],
    ['three', undefined],
  ]);
  const blobs = openFileBlobStore(join(root, 'blobs-4'));
  const model = Buffer.from(await blobs.get(last?.result?.artifact?.digest ?? '')).toString();
  expect(model).toBe('1\n'.repeat(4));
  for (const { log } of last?.result?.steps ?? []) await blobs.check(log.digest);
  const kept = await readdir(join(root, 'cache', 'steps', 'results'), { recursive: true });
  expect(kept.filter((name) => name.endsWith('.json'))).toHaveLength(3);
});
