// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeInterpreter } from '../environment/interpreter.ts';
import {
  runSandboxed,
  SANDBOX_UID,
  type SandboxOptions,
  type SandboxResult,
} from './run-sandboxed.ts';
import { prefixMounts, writeIdentityFiles } from './system-mounts.ts';
import { layOutWorkspace } from './workspace.ts';

let root: string;
let servers: Server[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sandbox-'));
  servers = [];
  await mkdir(join(root, 'checkout'));
  await mkdir(join(root, 'scratch'));
  await writeFile(join(root, 'checkout', 'script.sh'), 'echo script');
  await writeFile(join(root, 'data.csv'), 'a\n1\n');
  await writeIdentityFiles(join(root, 'identity'), SANDBOX_UID);
});
afterEach(async () => {
  for (const server of servers) server.close();
  await rm(root, { recursive: true, force: true });
});

async function sandboxed(
  command: readonly string[],
  more: Partial<SandboxOptions> = {},
): Promise<SandboxResult & { log: string }> {
  const workspace = await layOutWorkspace({
    checkout: join(root, 'checkout'),
    scratch: join(root, 'scratch'),
    outputs: ['out.txt'],
    hidden: [],
    inputs: { 'data.csv': join(root, 'data.csv') },
    uid: SANDBOX_UID,
  });
  const logPath = join(root, 'log');
  const result = await runSandboxed({
    command,
    cwd: '/work',
    env: { PATH: '/usr/bin:/bin' },
    network: false,
    uid: SANDBOX_UID,
    timeoutMs: 20_000,
    memoryBytes: 1024 ** 3,
    logPath,
    identityDirectory: join(root, 'identity'),
    ...more,
    mounts: [...workspace.mounts, ...(more.mounts ?? [])],
  });
  return { ...result, log: await readFile(logPath, 'utf8') };
}

const shell = (script: string, more?: Partial<SandboxOptions>) =>
  sandboxed(['/bin/sh', '-c', script], more);

async function python(script: string, more: Partial<SandboxOptions> = {}) {
  const { PATH = '', HOME = '' } = process.env;
  const interpreter = await describeInterpreter('python3', { PATH, HOME });
  const mounts = await prefixMounts(interpreter.prefix);
  return sandboxed([interpreter.program, '-I', '-c', script], { ...more, mounts });
}

function listen(where: string | number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(where, () => resolve(server));
    servers.push(server);
  });
}

test('an ordinary script finds its files, reads its input and writes its output in one directory', async () => {
  const result = await shell('sh script.sh > out.txt; cat data.csv >> out.txt; pwd');
  expect(result).toMatchObject({ exit: 0, log: '/work\n' });
  expect(await readFile(join(root, 'scratch', 'out.txt'), 'utf8')).toBe('script\na\n1\n');
});

test('a step is another user without any capability or way to gain one', async () => {
  const { log } = await shell(
    'id -u; id -G; grep -E "Cap(Eff|Prm|Bnd)|NoNewPrivs" /proc/self/status',
  );
  expect(log).toContain(`${SANDBOX_UID}\n${SANDBOX_UID}\n`);
  expect(log).toMatch(/CapPrm:\s+0+\n/);
  expect(log).toMatch(/CapEff:\s+0+\n/);
  expect(log).toMatch(/NoNewPrivs:\s+1/);
});

test('home directories, other data and the host processes are not there', async () => {
  await writeFile(join(root, 'secret'), 'key');
  const { log } = await shell(
    `ls -A /root /home ${root} /var /run /opt /srv 2>&1 | grep -v "^$"; ls /proc | grep -c "^[0-9]"`,
  );
  const lines = log.trim().split('\n');
  expect(log).not.toContain('secret');
  expect(lines.filter((line) => line.includes('No such file')).length).toBeGreaterThanOrEqual(5);
  expect(Number(lines.at(-1))).toBeLessThan(10);
});

test('inputs and files of the commit cannot be written, replaced or removed', async () => {
  const script =
    'for f in data.csv script.sh; do (echo x > $f) || echo kept; rm -f $f || echo kept; mv $f y || echo kept; done';
  const { log } = await shell(script);
  expect(log.match(/^kept$/gm)?.length).toBe(6);
  expect(await readFile(join(root, 'data.csv'), 'utf8')).toBe('a\n1\n');
  expect(await readFile(join(root, 'checkout', 'script.sh'), 'utf8')).toBe('echo script');
});

test('a step that makes itself root of a namespace still cannot open its inputs for writing', async () => {
  const script =
    'mount -o remount,bind,rw /work/data.csv; umount /work/data.csv; echo x > data.csv';
  const { exit } = await shell(`unshare --user --map-root-user --mount sh -c '${script}'`);
  expect(exit).not.toBe(0);
  expect(await readFile(join(root, 'data.csv'), 'utf8')).toBe('a\n1\n');
  expect(await readFile(join(root, 'scratch', 'data.csv'), 'utf8')).toBe('');
});

test('neither loopback, the network nor a Unix socket of the host can be reached', async () => {
  const tcp = await listen(0);
  const address = tcp.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await listen(join(root, 'socket'));
  await listen('\0countersign-test');
  const script = `
import socket
def attempt(family, address):
    s = socket.socket(family); s.settimeout(2)
    try: s.connect(address); print("reached", address)
    except OSError as e: print("refused", e.__class__.__name__)
attempt(socket.AF_INET, ("127.0.0.1", ${port}))
attempt(socket.AF_INET, ("1.1.1.1", 443))
attempt(socket.AF_UNIX, ${JSON.stringify(join(root, 'socket'))})
attempt(socket.AF_UNIX, "\\0countersign-test")
`;
  const { log, exit } = await python(script);
  expect(exit).toBe(0);
  expect(log).not.toContain('reached');
  expect(log.match(/refused/g)?.length).toBe(4);
});

test('no process outlives its step, however it detaches', async () => {
  const script = `
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3): os.close(fd)
        for i in range(200):
            open("/work/beat", "a").write("x"); time.sleep(0.01)
    os._exit(0)
time.sleep(0.2)
`;
  expect(await python(script)).toMatchObject({ exit: 0 });
  const before = await readFile(join(root, 'scratch', 'beat'), 'utf8');
  await sleep(300);
  expect(before.length).toBeGreaterThan(0);
  expect(await readFile(join(root, 'scratch', 'beat'), 'utf8')).toBe(before);
});

test('the time limit ends a step that ignores signals', async () => {
  const result = await shell('trap "" TERM INT HUP; while :; do :; done', { timeoutMs: 500 });
  expect(result).toMatchObject({ exit: null, timedOut: true });
});

test('the memory limit fails the allocation, not the machine', async () => {
  const { exit, log } = await python('b = bytearray(2 * 1024 ** 3)');
  expect(exit).toBe(1);
  expect(log).toContain('MemoryError');
});

test('an abort ends a step', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 200);
  expect(await shell('sleep 30', { signal: stop.signal })).toMatchObject({
    exit: null,
    timedOut: false,
  });
});

test('an abort ends a step whenever it comes, also while bubblewrap is still at work', async () => {
  // Another run of this file may be under way.
  const seconds = `7.${process.pid}`;
  for (let ms = 0; ms < 40; ms += 2) {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), ms);
    expect((await shell(`exec sleep ${seconds}`, { signal: stop.signal })).exit).toBeNull();
  }
  const left = async () => {
    const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const commands = await Promise.all(
      names.map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')), // ended meanwhile
    );
    return commands.filter((command) => command.includes(seconds));
  };
  // By itself it would end after seven seconds.
  await expect.poll(left, { timeout: 4_000 }).toEqual([]);
});

test('exit codes and deaths by signal are told apart from a broken sandbox', async () => {
  expect((await shell('exit 7')).exit).toBe(7);
  expect((await shell('kill -9 $$')).exit).toBe(137);
  const missing = { source: join(root, 'absent'), target: '/absent' };
  await expect(shell('true', { mounts: [missing] })).rejects.toMatchObject({
    code: 'sandbox_failed',
  });
});

test('a machine without bubblewrap is told which package to install', async () => {
  await expect(shell('true', { program: join(root, 'no-bwrap') })).rejects.toMatchObject({
    code: 'sandbox_missing',
    message: expect.stringContaining('apt-get install bubblewrap'),
  });
});
