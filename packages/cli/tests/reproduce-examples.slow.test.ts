// SPDX-License-Identifier: Apache-2.0
// Both examples are rebuilt in a network namespace without a network, from a copy of the blob store alone.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { executeRun, openFileBlobStore } from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { git } from '../../pipeline/src/source/git.ts';
import { BIN } from './warranted-firm.ts';

const run = promisify(execFile);

const EXAMPLES = new URL('../../../examples/', import.meta.url).pathname;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-examples-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function runExample(
  name: string,
): Promise<{ readonly result: string; readonly seconds: number }> {
  const checkout = join(root, name);
  await cp(join(EXAMPLES, name), checkout, { recursive: true });
  await git(checkout, ['init', '--quiet', '--template=']);
  await git(checkout, ['add', '--all']);
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  await git(checkout, [...who, 'commit', '--quiet', '--message', 'model']);
  const blobs = openFileBlobStore(join(root, `${name}-blobs`));
  const startedMs = performance.now();
  const result = await executeRun({
    source: { checkout },
    blobs,
    workDir: join(root, `${name}-work`),
    cacheDir: join(root, `${name}-cache`),
    draft: false,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
  expect(result.failure).toBeNull();
  const seconds = (performance.now() - startedMs) / 1000;
  const { digest } = await blobs.put(new TextEncoder().encode(JSON.stringify(result)));
  return { result: digest, seconds };
}

test.for(['consumer-credit', 'diagnosis'])('%s', async (name) => {
  const { result, seconds } = await runExample(name);
  const empty = join(root, `${name}-empty`);
  await mkdir(join(empty, 'home'), { recursive: true });
  await cp(join(root, `${name}-blobs`), join(empty, 'copy'), { recursive: true });
  for (const left of [name, `${name}-blobs`, `${name}-cache`]) {
    await rename(join(root, left), join(root, `gone-${left}`));
    await rm(join(root, `gone-${left}`), { recursive: true });
  }
  const isolate = process.getuid?.() === 0 ? ['-n'] : ['-r', '-n'];
  const command = [process.execPath, join(BIN, 'countersign.js')];
  const asked = ['reproduce', '--blobs', 'copy', '--result', result];
  const startedMs = performance.now();
  const { stdout: text } = await run('unshare', [...isolate, ...command, ...asked], {
    env: { PATH: process.env.PATH, HOME: join(empty, 'home') },
    cwd: empty,
  });
  const again = (performance.now() - startedMs) / 1000;
  console.log(`${name}: run ${seconds.toFixed(1)} s, rebuild ${again.toFixed(1)} s\n${text}`);
  expect(text).toContain('verdict: byte-identical');
});
