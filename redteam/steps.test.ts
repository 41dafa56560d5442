// SPDX-License-Identifier: Apache-2.0
// Attacks by whoever writes a training step or a pull request: on keys, database, other runs, the worker's machine, and on
// the reader of a log. Steps run in the real sandbox, pull requests through the real pipeline.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { executeRun, openFileBlobStore, type RunResult } from '@countersign/pipeline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../packages/cli/src/index.ts';
import { describeInterpreter } from '../packages/pipeline/src/environment/interpreter.ts';
import { parseLockFile } from '../packages/pipeline/src/environment/lock-file.ts';
import { parsePipelineFile } from '../packages/pipeline/src/file/parse-pipeline-file.ts';
import { collectOutputs } from '../packages/pipeline/src/sandbox/collect-outputs.ts';
import { removeTree } from '../packages/pipeline/src/sandbox/remove-tree.ts';
import {
  runSandboxed,
  SANDBOX_UID,
  type SandboxOptions,
} from '../packages/pipeline/src/sandbox/run-sandboxed.ts';
import {
  prefixMounts,
  writeIdentityFiles,
} from '../packages/pipeline/src/sandbox/system-mounts.ts';
import { layOutWorkspace } from '../packages/pipeline/src/sandbox/workspace.ts';
import { checkoutBundle } from '../packages/pipeline/src/source/checkout-bundle.ts';
import { archiveSource } from '../packages/pipeline/src/source/source-revision.ts';
import { commitRepository } from '../packages/pipeline/tests/example-repository.ts';
import { type TestServer, testServer } from '../packages/server/tests/server-fixture.ts';

const MB = 1024 ** 2;
let server: TestServer;
let port: number;
let python: { readonly program: string; readonly mounts: SandboxOptions['mounts'] };
let root: string;
let listeners: Server[];

beforeAll(async () => {
  server = await testServer();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  const { PATH = '', HOME = '' } = process.env;
  const interpreter = await describeInterpreter('python3', { PATH, HOME });
  python = { program: interpreter.program, mounts: await prefixMounts(interpreter.prefix) };
});
afterAll(() => server?.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'redteam-step-'));
  listeners = [];
  for (const name of ['checkout', 'scratch', 'work']) await mkdir(join(root, name));
  await writeFile(join(root, 'checkout', 'script.sh'), 'echo script');
  await writeFile(join(root, 'data.csv'), 'a\n1\n');
  await writeIdentityFiles(join(root, 'identity'), SANDBOX_UID);
});
afterEach(async () => {
  for (const listener of listeners) listener.close();
  await rm(root, { recursive: true, force: true });
});

/** A Python program as a step, in the layout that a run gives it. */
async function step(
  program: string,
  more: Partial<SandboxOptions> = {},
  outputs: readonly string[] = ['out.txt'],
) {
  const scratch = join(root, 'scratch');
  const workspace = await layOutWorkspace({
    checkout: join(root, 'checkout'),
    scratch,
    outputs,
    hidden: [],
    inputs: { 'data.csv': join(root, 'data.csv') },
    uid: SANDBOX_UID,
  });
  const logPath = join(root, 'log');
  const result = await runSandboxed({
    command: [python.program, '-I', '-c', program],
    cwd: '/work',
    env: { PATH: '/usr/bin:/bin' },
    network: false,
    uid: SANDBOX_UID,
    timeoutMs: 20_000,
    memoryBytes: 1024 * MB,
    disk: { directory: scratch },
    logPath,
    identityDirectory: join(root, 'identity'),
    ...more,
    mounts: [...python.mounts, ...workspace.mounts],
  });
  return { ...result, mounted: workspace.mounted, log: await readFile(logPath, 'utf8') };
}

/** A repository of shell steps through the whole pipeline, as a draft. */
async function run(
  steps: string,
  more: { readonly files?: Readonly<Record<string, string>>; readonly head?: string } = {},
): Promise<RunResult> {
  const checkout = join(root, 'repository');
  await rm(checkout, { recursive: true, force: true });
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\n${more.head ?? ''}steps:\n${steps}`,
    'data.csv': 'a,b\n1,2\n',
    ...more.files,
  });
  return executeRun({
    source: { checkout },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
}

const inPython = (value: unknown) => JSON.stringify(JSON.stringify(value));

test('RT-069 a step finds no key, no home directory, no secret of the environment and no process of the platform', async () => {
  const keys = join(server.dataDir, 'keys');
  const places = [
    keys,
    server.dataDir,
    '/root',
    '/home',
    '/etc/shadow',
    '/var/lib',
    '/run',
    '/opt',
  ];
  expect((await readdir(keys)).length).toBeGreaterThan(0);
  const secret = randomBytes(12).toString('hex');
  process.env.COUNTERSIGN_REDTEAM_SECRET = secret;
  const { log, exit } = await step(`
import glob, json, os, sys
for place in json.loads(${inPython(places)}):
    try:
        # The way to an interpreter below a home directory is there, and holds nothing beside it.
        found = [name for name in os.listdir(place) if not sys.prefix.startswith(os.path.join(place, name))] if os.path.isdir(place) else open(place).read()
        print("READ" if found else "empty", place, found)
    except OSError as e: print("no", e.__class__.__name__)
print("ENV", sorted(os.environ))
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/root/etc/shadow") + glob.glob("/proc/[0-9]*/cwd/*"):
    try: print("PROC", open(path, "rb").read()[:4096])
    except OSError: pass
for fd in os.listdir("/proc/self/fd"):
    try: print("FD", os.readlink("/proc/self/fd/" + fd))
    except OSError: pass
for kernel in ["/proc/kcore", "/dev/mem", "/dev/sda", "/sys/kernel", "/proc/sysrq-trigger"]:
    try: open(kernel, "r+b"); print("OPENED", kernel)
    except OSError: pass
`);
  delete process.env.COUNTERSIGN_REDTEAM_SECRET;
  expect(exit, log).toBe(0);
  expect(log).not.toMatch(/READ|OPENED/);
  expect(log).not.toContain(secret);
  expect(log).not.toContain(server.dataDir);
  expect(log).toMatch(/ENV \[('LC_CTYPE', )?'PATH', 'PWD'\]/); // the interpreter itself sets the first
  // Standard input, output and error, and the directory being listed.
  expect(log.match(/FD (?:socket|pipe):/g)?.length).toBeLessThanOrEqual(3);
  expect(log).not.toMatch(/FD (?!socket:|pipe:|\/dev\/null|\/proc\/)/);
});

test('RT-070 a step without network reaches neither database, API, metadata address nor a socket of the host', async () => {
  const database = Number(new URL(server.database.url).port);
  const listen = (where: string | number) =>
    new Promise<void>((resolve) => listeners.push(createServer().listen(where, () => resolve())));
  const socket = join(root, 'postgres.sock');
  await listen(socket);
  await listen('\0countersign-redteam');
  const { log, exit } = await step(`
import socket
def attempt(family, address):
    s = socket.socket(family); s.settimeout(2)
    try: s.connect(address); print("REACHED", address)
    except OSError as e: print("refused")
for port in (${database}, ${port}, 80, 22):
    attempt(socket.AF_INET, ("127.0.0.1", port)); attempt(socket.AF_INET6, ("::1", port))
attempt(socket.AF_INET, ("169.254.169.254", 80))
attempt(socket.AF_INET, ("192.0.2.1", 443))
attempt(socket.AF_UNIX, ${JSON.stringify(socket)})
attempt(socket.AF_UNIX, "\\0countersign-redteam")
for kind in (socket.SOCK_RAW,):
    try: socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP); print("REACHED raw")
    except OSError: print("refused")
try: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300); print("REACHED packet")
except OSError: print("refused")
try: print("NAMES", socket.getaddrinfo("metadata.google.internal", 80))
except OSError: print("refused")
`);
  expect(exit, log).toBe(0);
  expect(log).not.toMatch(/REACHED|NAMES/);
  expect(log.match(/refused/g)?.length).toBe(15);
});

test('RT-071 a step writes neither its inputs, the commit, another step’s outputs nor the blob store', async () => {
  const result = await run(
    `  one: { run: "echo true > one.txt", outputs: [one.txt] }
  two:
    run: "set +e; (echo forged > one.txt); mv one.txt x; rm -f one.txt; ln -sf /etc/passwd one.txt; (echo x >> data.csv); chmod 777 one.txt; mount -o remount,rw /work/one.txt; cat one.txt > two.txt; ls / ../scratch ../steps /proc/self/root; rm -f x; true"
    inputs: [one.txt]
    outputs: [two.txt]
`,
  );
  expect(result.failure).toBeNull();
  const [one, two] = result.steps;
  expect(two?.inputs[0]?.digest).toBe(one?.outputs[0]?.digest);
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const text = async (digest = '') => Buffer.from(await blobs.get(digest)).toString();
  expect(await text(one?.outputs[0]?.digest)).toBe('true\n');
  expect(await text(two?.outputs[0]?.digest)).toBe('true\n');
  expect(await text(two?.log.digest)).not.toMatch(/blobs|identity|steps\n/);
});

test('RT-072 nothing outlives its step: not a daemon, not one that ignores signals, not one in namespaces of its own', async () => {
  const { exit, log } = await step(
    `
import os, signal, subprocess, time
BEAT = "import time\\nwhile True:\\n  open('/work/beat','a').write('x'); time.sleep(0.01)"
for detach in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            if detach == 1: os.chdir("/"); [os.close(fd) for fd in range(3)]
            if detach == 2:
                try: os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--pid", "--fork", ${JSON.stringify('PYTHON')}, "-I", "-c", BEAT])
                except OSError: pass
            exec(BEAT)
        os._exit(0)
time.sleep(0.4)
print("left running")
`.replace('"PYTHON"', JSON.stringify(python.program)),
  );
  expect(exit, log).toBe(0);
  const beat = join(root, 'scratch', 'beat');
  const before = (await readFile(beat, 'utf8')).length;
  expect(before).toBeGreaterThan(0);
  await sleep(300);
  expect((await readFile(beat, 'utf8')).length).toBe(before);
});

describe('RT-073 a step that fills the machine is stopped at its bounds', () => {
  const limits = { memoryBytes: 300 * MB };

  test('memory: of one process by the kernel, of many together by the platform', async () => {
    const one = await step('b = bytearray(400 * 1024 ** 2)', limits);
    expect(one).toMatchObject({ exit: 1, log: expect.stringContaining('MemoryError') });
    const many = await step(
      `
import os, time
for child in range(8):
    if os.fork() == 0:
        held = bytearray(os.urandom(1024 * 1024)) * 100
        time.sleep(60)
time.sleep(60)`,
      limits,
    );
    expect(many).toMatchObject({ exit: null, timedOut: false, overuse: 'memory' });
  });

  test('files in memory: /tmp and /dev/shm end where the memory does', async () => {
    const { log } = await step(
      `
import os
for place in ("/tmp/fill", "/dev/shm/fill"):
    written = 0
    try:
        with open(place, "wb", buffering=0) as f:
            while written < 1024 ** 3: written += f.write(bytes(1024 * 1024))
        print("WROTE", place)
    except OSError as e: print(e.strerror, written)
    os.unlink(place)`,
      limits,
    );
    expect(log).not.toContain('WROTE');
    const sizes = [...log.matchAll(/No space left on device (\d+)/g)].map(([, size]) =>
      Number(size),
    );
    expect(sizes.length).toBe(2);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(limits.memoryBytes);
  });

  test('disk: one file by the kernel, many together by the platform', async () => {
    const disk = { directory: join(root, 'scratch'), bytes: 64 * MB };
    const one = await step(
      `
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try: open("/work/out.txt", "wb").truncate(1 << 40); print("WROTE sparse")
except OSError as e: print(e.strerror)
try: open("/work/out.txt", "wb").write(bytes(65 * 1024 * 1024)); print("WROTE")
except OSError as e: print(e.strerror)`,
      { disk },
    );
    expect(one.log).not.toContain('WROTE');
    const many = await step(
      `
import time
for file in range(200): open(f"/work/{file}", "wb").write(bytes(2 * 1024 * 1024))
time.sleep(60)`,
      { disk },
    );
    expect(many).toMatchObject({ exit: null, overuse: 'disk' });
  });

  test('entries and processes: a flood of files is ended, a fork bomb finds no more processes', async () => {
    const flood = await step(`
import os
for file in range(200_000): os.mkdir(f"/work/{file}")`);
    expect(flood).toMatchObject({ exit: null, overuse: 'disk' });
    await removeTree(join(root, 'scratch'));
    const bomb = await step(
      `
import os, time
made = 0
try:
    while made < 5000:
        if os.fork() == 0: time.sleep(60)
        made += 1
    print("MADE", made)
except OSError as e: print(e.strerror, made)`,
      { memoryBytes: 4096 * MB },
    );
    // Only where the platform is root have steps a user of their own, whose processes the kernel counts.
    if (process.getuid?.() === 0) expect(bomb.log).toContain('Resource temporarily unavailable');
  });

  test('and the space it took is free again', async () => {
    const before = await statfs(root);
    const result = await run(
      `  s:
    run: "i=0; while [ $i -lt 40 ]; do head -c 1048576 /dev/zero > f$i; i=$((i+1)); done; exit 3"
    outputs: [out.txt]
`,
    );
    expect(result.failure?.code).toBe('step_failed');
    expect(await readdir(join(root, 'work'))).toEqual([]);
    const after = await statfs(root);
    expect((before.bavail - after.bavail) * before.bsize).toBeLessThan(256 * MB);
  });
});

describe('RT-074 what a step leaves behind is archived only as the bytes of its own regular files', () => {
  const left: readonly (readonly [string, string, string])[] = [
    ['a link to a file of the machine', 'ln -s /etc/passwd out.txt', 'output_not_regular'],
    ['a link to a key', 'ln -s ../../../keys/platform.json out.txt', 'output_not_regular'],
    ['a link in place of a directory', 'rmdir deep; ln -s /etc deep', 'output_not_regular'],
    ['a FIFO', 'mkfifo out.txt', 'output_not_regular'],
    ['a device', 'mknod out.txt c 1 5 || mkfifo out.txt', 'output_not_regular'],
    ['a directory', 'mkdir out.txt', 'output_missing'],
    ['a link in evidence', 'ln -s /etc/passwd evidence/trials.json', 'output_not_regular'],
    [
      'a file beside its outputs',
      'echo x > out.txt; echo z > deep/x.txt; echo y > .bashrc',
      'output_undeclared',
    ],
    ['nothing', 'true', 'output_missing'],
  ];
  test.each(left)('%s', async (_what, command, code) => {
    const scratch = join(root, 'scratch');
    const declared = ['out.txt', 'deep/x.txt'];
    const { mounted } = await step('', { command: ['/bin/sh', '-ec', command] }, declared);
    const collected = collectOutputs({ step: 's', scratch, declared, mounted, bytesMax: MB });
    await expect(collected).rejects.toMatchObject({ code });
  });

  test('and of a refused run nothing is archived or left lying', async () => {
    const result = await run('  s: { run: "ln -s /etc/passwd out.txt", outputs: [out.txt] }\n');
    expect(result.failure?.code).toBe('output_not_regular');
    expect(result.steps[0]?.outputs).toEqual([]);
    expect(await readdir(join(root, 'work'))).toEqual([]);
  });

  test('a hard link to a file of the commit cannot be made, and a path too long for any call is removed', async () => {
    const linked = await run('  s: { run: "ln data.csv out.txt", outputs: [out.txt] }\n');
    expect(linked.failure?.code).toBe('step_failed');
    const nest = `python3 -c "import os\nfor i in range(60):\n  os.mkdir('d' * 200); os.chdir('d' * 200)" || (n=$(printf %0200d 0); i=0; while [ $i -lt 18 ]; do mkdir -p $n; cd $n; i=$((i+1)); done)`;
    const deep = await run(`  s: { run: ${JSON.stringify(`${nest}; :`)}, outputs: [out.txt] }\n`);
    expect(['output_undeclared', 'output_not_regular', 'step_overfull']).toContain(
      deep.failure?.code,
    );
    expect(await readdir(join(root, 'work'))).toEqual([]);
  });

  test('a sparse file that would fill the disk when archived is refused', async () => {
    const { bavail, bsize } = await statfs(root);
    const result = await run(
      `  s: { run: "truncate -s ${bavail * bsize} out.txt", outputs: [out.txt] }\n`,
    );
    expect(['step_failed', 'step_overfull']).toContain(result.failure?.code);
    const most = Math.floor((bavail * bsize) / 2 / MB) - 2048;
    const two = await run(
      `  s: { run: "truncate -s ${Math.min(most, 60_000)}M a; truncate -s ${Math.min(most, 60_000)}M b", outputs: [a, b] }\n`,
    );
    expect(two.failure?.code).toBe('step_overfull');
  });
});

test('RT-075 a log shows what a step printed and commands nothing: escape sequences reach no terminal', async () => {
  const checkout = join(root, 'repository');
  const hostile = '\\033]0;owned\\007\\033[2J\\033[1;1Hregistered toy@7\\r\\233 8m\\342\\200\\256';
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\nsteps:\n  s: { run: "printf '${hostile.replaceAll('\\', '\\\\')}'; exit 3", outputs: [out.txt] }\n`,
  });
  for (const isTerminal of [true, false]) {
    const written: string[] = [];
    const write = (line: string) => void written.push(line);
    const { exitCode } = await runCommand(['run', checkout], {
      out: write,
      err: write,
      ...(isTerminal ? { status: write } : {}),
      isTerminal,
      env: { PATH: process.env.PATH, XDG_CACHE_HOME: join(root, 'cache'), NO_COLOR: '1' },
      cwd: root,
      now: () => new Date(),
    });
    expect(exitCode).toBe(1);
    const text = written.join('\n');
    expect(text).toContain('\\u001b[2J');
    expect(text).toContain('registered toy@7');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the very characters that must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).not.toMatch(/^registered/m);
  }
});

describe('RT-076 a pull request whose pipeline file reaches out is refused with its line', () => {
  const files: readonly (readonly [string, string])[] = [
    [
      'an absolute data path',
      'data: { d: { from: { path: /etc/passwd } } }\nsteps: { s: { run: x, outputs: [o] } }',
    ],
    [
      'a data path with ..',
      'data: { d: { from: { path: ../../keys/platform.json } } }\nsteps: { s: { run: x, outputs: [o] } }',
    ],
    [
      'a data path as URL',
      'data: { d: { from: { url: "file:///etc/passwd" } } }\nsteps: { s: { run: x, outputs: [o] } }',
    ],
    [
      'a data path at the metadata address',
      'data: { d: { from: { url: "http://169.254.169.254/" } } }\nsteps: { s: { run: x, outputs: [o] } }',
    ],
    ['an output outside', 'steps: { s: { run: x, outputs: [../o] } }'],
    ['an absolute output', 'steps: { s: { run: x, outputs: [/etc/cron.d/o] } }'],
    ['an output with a backslash', 'steps: { s: { run: x, outputs: ["..\\\\o"] } }'],
    ['an output with NUL', 'steps: { s: { run: x, outputs: ["o\\0.txt"] } }'],
    [
      'an input outside',
      'steps: { s: { run: x, inputs: [{ file: ../../x, as: y }], outputs: [o] } }',
    ],
    [
      'an input mounted outside',
      'steps: { a: { run: x, outputs: [o] }, s: { run: x, inputs: [{ file: o, as: ../../etc/passwd }], outputs: [p] } }',
    ],
    ['a step named by a command', 'steps: { "$(touch x)": { run: x, outputs: [o] } }'],
    ['a step named by a path', 'steps: { "../../s": { run: x, outputs: [o] } }'],
    [
      'a dataset named by SQL',
      'data: { "d; DROP": { from: { path: data.csv } } }\nsteps: { s: { run: x, outputs: [o] } }',
    ],
    [
      'a lock file outside',
      'environment: { python: ../../requirements.txt }\nsteps: { s: { run: x, outputs: [o] } }',
    ],
    [
      'a paper outside',
      'steps: { s: { run: x, outputs: [o] } }\npapers: { dataset-datasheet: /root/.ssh/id_rsa }',
    ],
    ['a member that is not known', 'steps: { s: { run: x, outputs: [o], mounts: [/] } }'],
    ['sixty thousand members', `steps: { ${manyMembers(60_000)} }`],
    [
      'sixty thousand unknown members',
      `${manyMembers(60_000).replaceAll(', ', '\n')}\nsteps: { s: { run: x, outputs: [o] } }`,
    ],
    ['brackets without end', `steps: ${'['.repeat(100_000)}`],
    ['a bomb of aliases', bombOfAliases()],
    ['a memory limit without limit', 'steps: { s: { run: x, outputs: [o], memory_mb: 99999999 } }'],
  ];
  test.each(files)('%s', async (_what, text) => {
    const began = performance.now();
    expect(() => parsePipelineFile(`model: toy\n${text}\n`, 'countersign.yaml')).toThrow(
      expect.objectContaining({
        code: 'pipeline_file_invalid',
        message: expect.stringMatching(/countersign\.yaml:\d+/),
      }),
    );
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  function manyMembers(count: number): string {
    return Array.from({ length: count }, (_, at) => `a${at}: 1`).join(', ');
  }

  test('and one that is valid but long is read in a moment, by worker and server', () => {
    const params = `params: { a: { ${manyMembers(60_000)} } }`;
    const began = performance.now();
    const { file } = parsePipelineFile(
      `model: toy\nsteps: { s: { run: x, outputs: [o], ${params} } }\n`,
    );
    expect(Object.keys(file.steps)).toEqual(['s']);
    const long = `numpy==1 ;${' '.repeat(500_000)}x\n`;
    expect(() => parseLockFile(long, 'requirements.lock')).toThrow(/requirements\.lock:1/);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  function bombOfAliases(): string {
    const rows = Array.from({ length: 12 }, (_, at) => {
      const before =
        at === 0 ? '"lol"' : Array.from({ length: 10 }, () => `*a${at - 1}`).join(', ');
      return `a${at}: &a${at} [${before}]`;
    });
    return `${rows.join('\n')}\nsteps: { s: { run: x, outputs: [o] } }`;
  }

  test('a lock file with options, URLs or paths', () => {
    const hash = `--hash=sha256:${'a'.repeat(64)}`;
    const lines = [
      '--index-url http://169.254.169.254/simple',
      '--extra-index-url=https://evil.example/simple',
      '-r /etc/passwd',
      '-e git+ssh://git@evil.example/x',
      '--find-links file:///root',
      '--trusted-host evil.example',
      `numpy @ https://evil.example/numpy.whl ${hash}`,
      `./local.whl ${hash}`,
      `numpy>=1 ${hash}`,
      'numpy==2.4.6',
      `numpy==2.4.6 ${hash} --global-option=x`,
      `numpy==2.4.6 ; python_version > "3" --config-settings=x ${hash}`,
    ];
    for (const line of lines) {
      let packages: unknown;
      try {
        packages = parseLockFile(`${line}\n`, 'requirements.lock').packages;
      } catch (error) {
        expect(error).toMatchObject({
          code: 'lock_invalid',
          message: expect.stringContaining('requirements.lock:1'),
        });
      }
      expect(packages, line).toBeUndefined();
    }
  });
});

describe('RT-077 a repository runs none of the programs that it names', () => {
  let repository: string;
  let ran: string;
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    });
  beforeEach(async () => {
    repository = join(root, 'hostile');
    ran = join(root, 'ran');
    await mkdir(ran);
    await commitRepository(repository, { 'train.py': 'x', 'countersign.yaml': 'model: toy' });
  });
  /** A command that leaves a mark, whatever it is given. */
  const mark = (name: string) => `sh -c 'touch ${join(ran, name)}; cat'`;
  const archive = () => archiveSource(repository, openFileBlobStore(join(root, 'blobs')), root);

  test('neither filters, monitors, hooks, pagers, signature programs nor transports of its configuration', async () => {
    const program = join(root, 'program');
    await writeFile(program, `#!/bin/sh\ntouch ${join(ran, 'program')}\n`, { mode: 0o755 });
    const names = {
      'filter.evil.clean': mark('clean'),
      'filter.evil.smudge': mark('smudge'),
      'filter.evil.required': 'true',
      'filter.Other.Name.process': mark('process'),
      'diff.evil.textconv': mark('textconv'),
      'diff.external': mark('external'),
      'core.fsmonitor': program,
      'core.hooksPath': join(root, 'hooks'),
      'core.pager': program,
      'core.editor': program,
      'core.sshCommand': program,
      'core.alternateRefsCommand': program,
      'gpg.program': program,
      'gpg.ssh.program': program,
      'log.showSignature': 'true',
      'uploadpack.packObjectsHook': program,
      'credential.helper': `!${program}`,
    };
    await signHead();
    for (const [name, value] of Object.entries(names)) git('config', name, value);
    await mkdir(join(root, 'hooks'));
    for (const hook of [
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'pre-auto-gc',
      'fsmonitor-watchman',
    ]) {
      await writeFile(join(root, 'hooks', hook), `#!/bin/sh\ntouch ${join(ran, hook)}\n`, {
        mode: 0o755,
      });
    }
    await mkdir(join(repository, '.git', 'info'), { recursive: true });
    await writeFile(
      join(repository, '.git', 'info', 'attributes'),
      '* filter=evil diff=evil\n*.yaml filter=Other.Name\n',
    );
    // The file looks changed, so that git reads it again.
    await utimes(join(repository, 'train.py'), 1_000_000_000, 1_000_000_000);
    const { bundle } = await archive();
    const path = join(root, 'archived.bundle');
    await openFileBlobStore(join(root, 'blobs')).copyTo(bundle.digest, path);
    await checkoutBundle(path, join(root, 'out'));
    expect(await readdir(ran)).toEqual([]);
    expect((await readdir(join(root, 'out'))).toSorted()).toEqual(['countersign.yaml', 'train.py']);
  });

  /** Puts a signature header on the commit at HEAD, which git would verify if it were told to show it. */
  async function signHead(): Promise<void> {
    const [head = '', ...words] = git('cat-file', 'commit', 'HEAD').split('\n\n');
    const signature =
      'gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----';
    const file = join(root, 'commit');
    await writeFile(file, `${head}\n${signature}\n\n${words.join('\n\n')}`);
    const made = git('hash-object', '-t', 'commit', '-w', file).trim();
    git('update-ref', 'HEAD', made);
  }

  test('nor those of a partial clone that lacks its objects', async () => {
    const program = join(root, 'program');
    await writeFile(program, `#!/bin/sh\ntouch ${join(ran, 'transport')}\n`, { mode: 0o755 });
    git('config', 'core.repositoryFormatVersion', '1');
    git('config', 'extensions.partialClone', 'origin');
    git('config', 'remote.origin.promisor', 'true');
    git('config', 'remote.origin.url', 'ssh://host.invalid/x');
    git('config', 'remote.origin.uploadpack', program);
    git('config', 'core.sshCommand', program);
    const blob = git('rev-parse', 'HEAD:train.py').trim();
    await rm(join(repository, '.git', 'objects', blob.slice(0, 2), blob.slice(2)), { force: true });
    await expect(archive()).rejects.toMatchObject({ code: 'source_unsupported' });
    git('config', 'remote.origin.url', repository);
    await expect(archive()).rejects.toMatchObject({ code: 'source_unsupported' });
    expect(await readdir(ran)).toEqual([]);
  });

  test('submodules that are not there, links out of the tree, filters and names that climb are refused by name', async () => {
    const commitOf = async (mode: string, path: string, content: string) => {
      const file = join(root, 'content');
      await writeFile(file, content);
      const object =
        mode === '160000' ? git('rev-parse', 'HEAD').trim() : git('hash-object', '-w', file).trim();
      git('update-index', '--add', '--cacheinfo', `${mode},${object},${path}`);
      git('commit', '--quiet', '--message', path);
      git('checkout', '--quiet', '--force', 'HEAD');
    };
    const refusedFor = async (path: string) => {
      await expect(archive()).rejects.toMatchObject({
        code: 'source_unsupported',
        message: expect.stringContaining(`\`${path}`),
      });
      git('reset', '--quiet', '--hard', 'HEAD~1');
    };
    await commitOf('160000', 'vendor', '');
    await mkdir(join(repository, 'vendor'), { recursive: true });
    await refusedFor('vendor');
    await commitOf('120000', 'keys', '/etc/passwd');
    await refusedFor('keys');
    await commitOf('100644', '.gitattributes', '*.bin filter=evil diff=lfs merge=lfs -text\n');
    await refusedFor('.gitattributes:1');
    await commitOf('100644', 'sub/.gitattributes', '[attr]evil filter = x\n');
    await refusedFor('sub/.gitattributes:1');
  });

  test('nor does a bundle write outside its checkout or into .git', async () => {
    const outside = join(root, 'escaped');
    const tree = (mode: string, name: string, object: string) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(object, 'hex')]);
    const store = async (type: string, bytes: Buffer) => {
      const file = join(root, 'object');
      await writeFile(file, bytes);
      return git('hash-object', '-t', type, '-w', '--literally', file).trim();
    };
    const blob = await store('blob', Buffer.from('owned'));
    for (const name of [
      '..',
      '.git',
      '.GIT',
      'git~1',
      '.g\u200cit',
      '../escaped',
      'a/../../escaped',
    ]) {
      const inner = await store('tree', tree('100644', 'escaped', blob));
      const top = await store(
        'tree',
        name.includes('/') ? tree('100644', name, blob) : tree('40000', name, inner),
      );
      const commit = await store(
        'commit',
        Buffer.from(
          `tree ${top}\nauthor A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000\n\nx\n`,
        ),
      );
      git('update-ref', 'HEAD', commit);
      const path = join(root, 'hostile.bundle');
      git('bundle', 'create', '--quiet', path, 'HEAD');
      const target = join(root, 'target', 'checkout');
      await expect(checkoutBundle(path, target), name).rejects.toMatchObject({
        code: 'git_failed',
      });
      expect(existsSync(outside)).toBe(false);
      expect(existsSync(join(root, 'target', 'escaped'))).toBe(false);
      await rm(join(root, 'target'), { recursive: true, force: true });
    }
  });
});
