// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import {
  containerToolEnvironment,
  findContainerTool,
  removeStorage,
} from '../src/container/container-tool.ts';
import { importImage, openLayout } from '../src/container/import-image.ts';
import { containerStorage } from '../src/environment/restore-environment.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { type ExecuteRunOptions, executeRun } from '../src/run/execute-run.ts';
import type { RunResult } from '../src/run/result.ts';
import { writeBusyboxImage } from './busybox-image.ts';
import { commitRepository } from './example-repository.ts';

let root: string;
let digest: string;
let reference: string;
const blobs = () => openFileBlobStore(join(root, 'blobs'));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'container-'));
  digest = (await writeBusyboxImage(join(root, 'oci'))).slice('sha256:'.length);
  const layout = await openLayout(join(root, 'oci'), {
    scratch: root,
    name: 'example.org/busybox',
  });
  await importImage(layout, blobs());
  ({ reference } = layout.image);
});
afterAll(async () => {
  await tool(['rmi', '--all', '--force']);
  await removeStorage(containerStorage(join(root, 'cache')));
  await removeStorage(containerStorage(join(root, 'none')));
  await rm(root, { recursive: true, force: true });
});

async function run(steps: string, more: Partial<ExecuteRunOptions> = {}): Promise<RunResult> {
  const checkout = await mkdtemp(join(root, 'repository-'));
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\nseed: 7\nenvironment: { image: "${reference}" }\nsteps:\n${steps}`,
    'data.csv': 'a,b\n1,2\n3,4\n',
    'src/sum.awk': 'BEGIN { FS = "," } NR > 1 { s += $1 * $2 } END { print s }\n',
  });
  return executeRun({
    source: { checkout },
    blobs: blobs(),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
    ...more,
  });
}

const textOf = async (one: string | undefined) =>
  Buffer.from(await blobs().get(one ?? '')).toString('utf8');

/** Asks podman or docker itself, about the store of these runs. */
async function tool(args: readonly string[], storage = join(root, 'cache')): Promise<string> {
  const env = containerToolEnvironment(process.env);
  const found = await findContainerTool({ storage: containerStorage(storage), env });
  const [program, ...globals] = found.command;
  const child = spawn(program, [...globals, ...args], { env });
  let said = '';
  for await (const chunk of child.stdout) said += String(chunk);
  return said.trim();
}

/** Processes of this machine, outside any container, that run a command with this text. */
async function processesWith(text: string): Promise<readonly string[]> {
  const found = [];
  for (const pid of await readdir('/proc')) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (/^\d+$/.test(pid) && line.includes(text)) found.push(pid);
  }
  return found;
}

const SUM =
  '  sum: { run: "awk -f src/sum.awk data.csv > sum.txt; cat /etc/image >> sum.txt", outputs: [sum.txt] }\n';

test('a run in an image archives every part of it and is rebuilt from them alone, in an empty store', async () => {
  const result = await run(SUM);
  expect(result.failure).toBeNull();
  const [step] = result.steps;
  expect(await textOf(step?.outputs[0]?.digest)).toBe('14\nfrom the image\n');
  const { environment } = result;
  if (environment?.kind !== 'image') throw new Error('it ran in an image');
  expect(environment.image).toMatchObject({ reference, manifest: { digest }, index: null });
  expect(environment.tool).toMatch(/^(podman|docker) \d/);
  const rebuilt = await rebuildRun({
    result,
    blobs: blobs(),
    workDir: join(root, 'again'),
    now: () => new Date(),
    callerEnvironment: {},
  });
  expect(rebuilt.reason).toBe('all 1 files have the recorded bytes');
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical', level: 'container', failure: null });
  expect(await readdir(join(root, 'again'))).toEqual([]);

  const [layer] = environment.image.layers;
  const path = join(root, 'blobs', 'sha256', layer?.digest.slice(0, 2) ?? '', layer?.digest ?? '');
  const bytes = await readFile(path);
  await chmod(path, 0o644);
  await writeFile(path, Buffer.from(bytes).fill(0x58, 2000, 2001));
  const damaged = await rebuildRun({
    result,
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'again'),
    now: () => new Date(),
    callerEnvironment: {},
  });
  await writeFile(path, bytes);
  expect(damaged.verdict).toBe('not-rebuildable');
  expect(damaged.reason).toContain(layer?.digest);
});

test('a step in a container is nobody, without capabilities, network, a writable root or a variable of the caller', async () => {
  process.env.COUNTERSIGN_TEST_SECRET = 'hunter2';
  const server = createServer((socket) => socket.end('reached'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const result = await run(`  look:
    run: |
      id -u > out.txt
      grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status >> out.txt
      (echo x > /bin/x) 2>/dev/null && echo WROTE-ROOT >> out.txt
      (echo x > /etc/passwd) 2>/dev/null && echo WROTE-ETC >> out.txt
      (echo x >> data.csv) 2>/dev/null && echo WROTE-INPUT >> out.txt
      echo x > /tmp/x
      (wget -q -T 2 -O - http://127.0.0.1:${port}/) >> out.txt 2>/dev/null && echo REACHED >> out.txt
      grep -c . /proc/net/route >> out.txt || true
      ls -d /root /home ${root} >> out.txt 2>/dev/null || true
      env | sort >> out.txt
    outputs: [out.txt]
`);
  server.close();
  delete process.env.COUNTERSIGN_TEST_SECRET;
  expect(result.failure).toBeNull();
  const text = await textOf(result.steps[0]?.outputs[0]?.digest);
  expect(text).not.toMatch(/WROTE|REACHED|hunter2|^\/root|^\/home/m);
  expect(text.split('\n')[0]).not.toBe('0');
  expect(text).toMatch(/CapBnd:\t0000000000000000/);
  expect(text).toMatch(/CapEff:\t0000000000000000/);
  expect(text).toMatch(/NoNewPrivs:\t1/);
  expect(text).toContain('OF_THE_IMAGE=yes');
  expect(text).toContain('PATH=/bin\n');
  expect(text).toContain('TZ=UTC');
  expect(text).toContain('COUNTERSIGN_SEED=7');
  const variables = text.split('\n').filter((line) => /^[A-Za-z_]+=/.test(line));
  const known = [...Object.keys(result.determinismProfile), 'PWD', 'SHLVL'];
  expect(
    variables.map((line) => line.split('=')[0]).filter((one) => !known.includes(one ?? '')),
  ).toEqual([]);
});

test('a step that changes its input fails as in the sandbox, and says what it may write', async () => {
  const result = await run('  s: { run: "echo x >> data.csv", outputs: [out.txt] }\n');
  expect(result.failure).toMatchObject({ code: 'step_failed', step: 's' });
  expect(result.failure?.message).toContain('files of the commit and inputs are read-only');
});

test('a step over its time limit is killed with its container', async () => {
  const result = await run(
    '  s: { run: "sleep 4711 & sleep 4711", outputs: [out.txt], timeout_s: 1 }\n',
  );
  expect(result.failure).toMatchObject({ code: 'step_timeout', step: 's' });
  expect(await processesWith('4711')).toEqual([]);
  expect(await tool(['ps', '--all', '--quiet'])).toBe('');
});

test('a step over its memory is ended and said to be', async () => {
  const result = await run(
    '  s: { run: "dd if=/dev/zero of=/dev/null bs=900M count=4", outputs: [out.txt], memory_mb: 64 }\n',
  );
  // By the watch, or before its next look by the kernel.
  expect(result.failure?.message).toMatch(
    /more memory in all than 64 MB|as the limit of 64 MB does/,
  );
  expect(await tool(['ps', '--all', '--quiet'])).toBe('');
});

test('an aborted run leaves no container and no process behind', async () => {
  const stop = new AbortController();
  const running = run('  s: { run: "echo begun; sleep 4712", outputs: [out.txt] }\n', {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'step-log') stop.abort();
    },
  }).catch((error: unknown) => error);
  await running;
  expect(stop.signal.aborted).toBe(true);
  expect(await processesWith('4712')).toEqual([]);
  expect(await tool(['ps', '--all', '--quiet'])).toBe('');
});

test('a container does not outlive a worker that was killed', async () => {
  const checkout = await mkdtemp(join(root, 'repository-'));
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\nenvironment: { image: "${reference}" }\nsteps:\n  s: { run: "echo begun; sleep 4713", outputs: [o] }\n`,
  });
  const job = {
    kind: 'run',
    source: { checkout },
    blobs: join(root, 'blobs'),
    workDir: join(root, 'killed'),
    cacheDir: join(root, 'cache'),
    draft: true,
  };
  const worker = spawn(process.execPath, [join(import.meta.dirname, '../src/worker.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  worker.stdin.end(JSON.stringify(job));
  let said = '';
  for await (const chunk of worker.stdout) {
    said += String(chunk);
    if (/"step-log".*begun/.test(said)) break;
  }
  expect((await processesWith('4713')).length).toBeGreaterThan(0);
  worker.kill('SIGKILL');
  const isGone = async () =>
    (await processesWith('4713')).length === 0 && (await tool(['ps', '--all', '--quiet'])) === '';
  for (let look = 0; look < 100 && !(await isGone()); look += 1) await sleep(200);
  expect(await isGone()).toBe(true);
});

test('an image that nobody imported is refused with its line and the way to import it', async () => {
  const other = `example.org/other@sha256:${'1'.repeat(64)}`;
  const checkout = await mkdtemp(join(root, 'repository-'));
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\nenvironment:\n  image: ${other}\nsteps:\n  s: { run: "true", outputs: [o] }\n`,
  });
  const refused = executeRun({
    source: { checkout },
    blobs: blobs(),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: { PATH: '/nonexistent' },
  });
  await expect(refused).rejects.toMatchObject({ code: 'image_missing' });
  await expect(refused).rejects.toThrow(/countersign\.yaml:3: .*countersign environment import/);
});

test('without podman and docker the error says what to install', async () => {
  const env = { PATH: '/nonexistent' };
  const asked = findContainerTool({ storage: containerStorage(join(root, 'none')), env });
  await expect(asked).rejects.toMatchObject({ code: 'container_missing' });
  await expect(asked).rejects.toThrow(/apt-get install --no-install-recommends podman runc/);
});

test('a layout with a changed part, or a link for one, is not imported', async () => {
  const directory = join(root, 'changed');
  await writeBusyboxImage(directory);
  const layout = await openLayout(directory, { scratch: root });
  const [layer] = layout.image.layers;
  const path = layout.pathOf(layer?.digest ?? '');
  await writeFile(path, 'other bytes');
  const store = openFileBlobStore(join(root, 'elsewhere'));
  await expect(importImage(layout, store)).rejects.toMatchObject({ code: 'image_invalid' });
  await rm(path);
  const { symlink } = await import('node:fs/promises');
  await symlink('/etc/hostname', path);
  await expect(importImage(layout, store)).rejects.toThrow(/lacks its part/);
});
