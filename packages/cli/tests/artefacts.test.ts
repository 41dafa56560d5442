// SPDX-License-Identifier: Apache-2.0
// Files of any size between a person's machine and a real server process: killed on either side, cut at random bytes.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCuttingProxy } from '../../server/tests/cutting-proxy.ts';
import { type Io, runCommand } from '../src/index.ts';
import { BAD, inventoryRows, type Row, tableOf } from './inventory-table.ts';

const MEGABYTE = 1024 * 1024;
const seed = Number(process.env.UPLOAD_SEED ?? randomBytes(4).readUInt32LE());
/** Small files of the version; thousands by hand. */
const SMALL = Number(process.env.ARTEFACT_FILES ?? 100);
const scratch = mkdtempSync(join(tmpdir(), 'countersign-artefacts-'));
const data = join(scratch, 'bank');
const PEOPLE = {
  'ada.admin': ['administrator'],
  'alan.admin': ['administrator'],
  'omar.owner': ['model-owner'],
  'mia.risk': ['model-risk'],
  'dana.developer': ['developer'],
  'vera.validator': ['validator'],
} as const;
type Account = keyof typeof PEOPLE;

let port = 0;
let child: ChildProcess | undefined;
let model: string;
let use: string;

interface Ran {
  readonly exitCode: number;
  // biome-ignore lint/suspicious/noExplicitAny: what `--json` prints, of any command
  readonly result: any;
  readonly text: string;
}

const envOf = (account: Account | undefined, server?: string) => ({
  COUNTERSIGN_DATA: data,
  XDG_CACHE_HOME: join(scratch, 'cache'),
  ...(account === undefined
    ? {}
    : { COUNTERSIGN_AS: account, COUNTERSIGN_PASSPHRASE: `${account} passphrase` }),
  ...(server === undefined ? {} : { COUNTERSIGN_SERVER: server }),
});

async function run(
  account: Account | undefined,
  argv: readonly string[],
  server?: string,
): Promise<Ran> {
  const lines: string[] = [];
  const io: Io = {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: envOf(account, server),
    cwd: scratch,
    now: () => new Date(),
  };
  const { exitCode, result } = await runCommand(argv, io);
  return { exitCode, result, text: lines.join('\n') };
}

async function ok(account: Account, argv: readonly string[], server?: string): Promise<Ran> {
  const ran = await run(account, argv, server);
  expect(ran.exitCode, ran.text).toBe(0);
  return ran;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The server in a process of its own, so that it can be killed. */
async function startChild(): Promise<void> {
  const started = spawn(process.execPath, [join(import.meta.dirname, 'server-child.ts'), data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  const [line] = await Promise.race([
    once(started.stdout, 'data'),
    once(started, 'exit').then(([code]) => [`ended with ${code}`]),
  ]);
  expect(String(line)).toContain('ready');
}

async function killChild(signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

function put(path: string, bytes: Uint8Array): string {
  const place = join(scratch, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, bytes);
  return createHash('sha256').update(bytes).digest('hex');
}

const blobPath = (digest: string) => join(data, 'blobs', 'sha256', digest.slice(0, 2), digest);
const parts = () => readdirSync(join(data, 'blobs', 'uploads'));
const register = (directory: string) => [
  ...['models', 'register', model, '--origin', 'imported', '--files', directory, '--use', use],
];

beforeAll(async () => {
  console.log(`UPLOAD_SEED=${seed}`);
  port = await freePort();
  const people = Object.entries(PEOPLE).map(
    ([account, roles]) =>
      `  - { account: ${account}, name: ${account}, roles: [${roles.join(', ')}], team: ${account}, passphrase: ${account} passphrase, password: ${account} password }`,
  );
  writeFileSync(join(scratch, 'people.yaml'), `people:\n${people.join('\n')}\n`);
  const founded = await run(undefined, [
    ...['found', '--firm', 'Test Bank', '--people', 'people.yaml', '--demonstration'],
    ...['--data', data, '--port', String(port)],
  ]);
  expect(founded.exitCode, founded.text).toBe(0);
  await startChild();
  const row = inventoryRows(['omar.owner']).find(
    (one, index) => one.origin === 'imported' && !BAD.some((bad) => bad.row === index),
  );
  const alone: Row = { ...row, feeds: '' };
  writeFileSync(join(scratch, 'models.csv'), tableOf([alone]));
  await ok('mia.risk', ['inventory', 'import', 'models.csv']);
  const [listed] = (await ok('mia.risk', ['inventory'])).result;
  model = listed.model;
  use = listed.uses[0].use;
}, 300_000);

afterAll(async () => {
  await killChild('SIGTERM');
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

describe('the files of a version', () => {
  let version: string;

  test('arrive whole although the server is killed while they are sent', async () => {
    for (const shard of [1, 2, 3]) put(`sharded/weights/${shard}.bin`, randomBytes(6 * MEGABYTE));
    put('sharded/weights/again.bin', readFileSync(join(scratch, 'sharded/weights/1.bin')));
    for (let n = 0; n < SMALL; n += 1) put(`sharded/config/${n}.json`, Buffer.from(`{"n":${n}}`));
    const seen: string[][] = [];
    const proxy = await startCuttingProxy(port, [
      {
        direction: 'to-server',
        afterBytes: 5 * MEGABYTE + (seed % (8 * MEGABYTE)),
        meanwhile: async () => {
          await killChild('SIGKILL');
          seen.push(parts());
          await startChild();
        },
      },
    ]);
    const { result, text } = await ok('dana.developer', register('sharded'), proxy.url);
    expect(proxy.count()).toBe(1);
    await proxy.close();
    expect(seen[0]?.some((name) => name.endsWith('.part'))).toBe(true);
    expect(parts()).toEqual([]);
    expect(result).toMatchObject({
      files: SMALL + 4,
      sent: SMALL + 3,
      sentBytes: expect.any(Number),
    });
    expect(text).toContain(`${SMALL + 4} files; ${SMALL + 3} were sent`);
    version = `${model}@${result.version}`;
  }, 300_000);

  test('are not sent a second time', async () => {
    const { result } = await ok('dana.developer', register('sharded'));
    expect(result).toMatchObject({ files: SMALL + 4, sent: 0, sentBytes: 0 });
  }, 60_000);

  test(`come back as they were, through a network that breaks at random bytes (UPLOAD_SEED=${seed})`, async () => {
    const proxy = await startCuttingProxy(
      port,
      [1, 0.37, 0.61].map((share) => ({
        direction: 'to-client' as const,
        afterBytes: 100_000 + (Math.floor(share * seed) % (5 * MEGABYTE)),
      })),
    );
    const fetched = ['models', 'fetch', version, '--out', 'fetched'];
    // The records come over the same network, and only files are fetched again by themselves.
    let ran = await run('vera.validator', fetched, proxy.url);
    for (let again = 0; ran.exitCode !== 0 && again < 3; again += 1)
      ran = await run('vera.validator', fetched, proxy.url);
    expect(ran.exitCode, ran.text).toBe(0);
    expect(proxy.count()).toBe(3);
    await proxy.close();
    execFileSync('diff', ['-r', join(scratch, 'sharded'), join(scratch, 'fetched')]);
    const again = await ok('vera.validator', fetched);
    expect(again.result).toMatchObject({ files: SMALL + 4, fetched: 0 });
  }, 120_000);

  test('are laid over nobody’s work, and through no link', async () => {
    writeFileSync(join(scratch, 'fetched/config/7.json'), 'mine');
    const other = await run('vera.validator', ['models', 'fetch', version, '--out', 'fetched']);
    expect(other.text).toContain('holds something else');
    expect(readFileSync(join(scratch, 'fetched/config/7.json'), 'utf8')).toBe('mine');
    mkdirSync(join(scratch, 'linked'));
    mkdirSync(join(scratch, 'elsewhere'));
    symlinkSync(join(scratch, 'elsewhere'), join(scratch, 'linked/weights'));
    const linked = await run('vera.validator', ['models', 'fetch', version, '--out', 'linked']);
    expect(linked.text).toContain('symbolic link');
    expect(readdirSync(join(scratch, 'elsewhere'))).toEqual([]);
  }, 60_000);

  test('that are damaged in the store are refused by name', async () => {
    const digest = put('copy', readFileSync(join(scratch, 'sharded/config/3.json')));
    rmSync(blobPath(digest));
    writeFileSync(blobPath(digest), '{"n":4}');
    const ran = await run('vera.validator', ['models', 'fetch', version, '--out', 'damaged']);
    expect(ran.exitCode).toBe(1);
    expect(ran.text).toContain(digest);
    expect(existsSync(join(scratch, 'damaged/config/3.json'))).toBe(false);
    rmSync(blobPath(digest));
    // Sent again it is mended: what is not there is asked for.
    expect((await ok('dana.developer', register('sharded'))).result.sent).toBe(1);
  }, 60_000);

  test('a command that is killed goes on where it was when it is run again', async () => {
    const bytes = randomBytes(24 * MEGABYTE);
    const digest = put('evidence.bin', bytes);
    const attach = [
      ...['attach', version, 'evidence.bin', '--as-evidence', 'benchmark-test'],
      ...['--statement', 'measured by the vendor'],
    ];
    let command: ChildProcess | undefined;
    const proxy = await startCuttingProxy(port, [
      {
        direction: 'to-server',
        afterBytes: 9 * MEGABYTE + (seed % (5 * MEGABYTE)),
        meanwhile: () => void command?.kill('SIGKILL'),
      },
    ]);
    const main = join(import.meta.dirname, '../src/main.ts');
    command = spawn(process.execPath, [main, ...attach], {
      cwd: scratch,
      env: { ...process.env, ...envOf('dana.developer', proxy.url) },
      stdio: 'ignore',
    });
    const [, signal] = await once(command, 'exit');
    await proxy.close();
    expect(signal).toBe('SIGKILL');
    expect(existsSync(blobPath(digest))).toBe(false);
    expect(parts()).toHaveLength(2);
    const counting = await startCuttingProxy(port, [
      { direction: 'to-server', afterBytes: 17 * MEGABYTE },
    ]);
    await ok('dana.developer', attach, counting.url);
    // What was left is less than 24 - 8 MiB: the first piece had arrived whole.
    expect(counting.count()).toBe(0);
    await counting.close();
    expect(readFileSync(blobPath(digest)).equals(bytes)).toBe(true);
    expect(parts()).toEqual([]);
  }, 120_000);

  test('a directory is attached as a list of its files', async () => {
    const first = put('papers/a.txt', Buffer.from('first'));
    const second = put('papers/deep/b.txt', Buffer.from('second'));
    const { result } = await ok('dana.developer', [
      ...['attach', version, 'papers', '--as-evidence', 'robustness-test'],
      ...['--statement', 'all of it read'],
    ]);
    const list = JSON.parse(readFileSync(blobPath(result.blob), 'utf8'));
    expect(list).toEqual({
      v: 1,
      files: [
        { path: 'a.txt', digest: first, size: 5 },
        { path: 'deep/b.txt', digest: second, size: 6 },
      ],
    });
    expect(result.blobs).toEqual([result.blob, first, second]);
  }, 60_000);
});

describe('a data version', () => {
  const version = (run: Ran): string => run.result.digest;
  const kept = (digest: string): boolean => existsSync(blobPath(digest));

  beforeAll(() => {
    for (let n = 0; n < 30; n += 1) put(`scans/d${n % 3}/f${n}.png`, randomBytes(1000 + n));
    put('scans/large.png', randomBytes(20 * MEGABYTE));
  });

  test('whose sending is killed is not there at all, and goes on where it was', async () => {
    let command: ChildProcess | undefined;
    const proxy = await startCuttingProxy(port, [
      {
        direction: 'to-server',
        afterBytes: 9 * MEGABYTE + (seed % (5 * MEGABYTE)),
        meanwhile: () => void command?.kill('SIGKILL'),
      },
    ]);
    const main = join(import.meta.dirname, '../src/main.ts');
    const add = ['data', 'add', 'scans', '--remote', '--json'];
    command = spawn(process.execPath, [main, ...add], {
      cwd: scratch,
      env: { ...process.env, ...envOf('dana.developer', proxy.url) },
      stdio: 'ignore',
    });
    const [, signal] = await once(command, 'exit');
    await proxy.close();
    expect(signal).toBe('SIGKILL');
    const local = await ok('dana.developer', ['data', 'add', 'scans']);
    expect(local.result).toMatchObject({ files: 31, stored: { files: 0 } });
    expect(kept(version(local))).toBe(false);
    const counting = await startCuttingProxy(port, [
      { direction: 'to-server', afterBytes: 13 * MEGABYTE },
    ]);
    const sent = await ok('dana.developer', add.slice(0, -1), counting.url);
    // Less than the 20 MB of the large file: its first piece had arrived whole.
    expect(counting.count()).toBe(0);
    await counting.close();
    expect(version(sent)).toBe(version(local));
    expect(kept(version(sent))).toBe(true);
  }, 120_000);

  test('is sent once, and after a change what was changed', async () => {
    const again = await ok('dana.developer', ['data', 'add', 'scans', '--remote']);
    expect(again.result.sent).toEqual({ files: 0, bytes: 0 });
    put('scans/d0/f0.png', Buffer.from('repainted'));
    const changed = await ok('dana.developer', ['data', 'add', 'scans', '--remote']);
    expect(changed.result.sent).toEqual({ files: 1, bytes: 9 });
    expect(kept(version(changed))).toBe(true);
  }, 60_000);

  test('is written into the pipeline file, and nothing else there is touched', async () => {
    const before = `model: toy # ours
data:
  scans:   # of the clinic
    from:
      path: old.csv   # until today
    source: { system: PACS, owner: radiology, as_of: "2026-01-31" }

steps: { s: { run: "true > out", outputs: [out] } }
`;
    put('toy/countersign.yaml', Buffer.from(before));
    const pin = ['data', 'add', 'scans', '--pin', '--repository', 'toy'];
    const pinned = await ok('dana.developer', pin);
    const file = join(scratch, 'toy', 'countersign.yaml');
    const after = before.replace('path: old.csv', `{ snapshot: "${version(pinned)}" }`);
    expect(readFileSync(file, 'utf8')).toBe(after);
    const unknown = await run('dana.developer', [...pin, '--dataset', 'nobody']);
    expect(unknown.text).toMatch(/declares scans/);
    expect(unknown.exitCode).toBe(2);
    put('tables/2024.csv', Buffer.from('a\n1\n'));
    put('tables/2025.csv', Buffer.from('a\n2\n'));
    const parts = await ok('dana.developer', ['data', 'add', 'tables', ...pin.slice(3)]);
    expect(parts.result.from).toEqual({ snapshot: version(parts), parts: 'csv' });
    const alone = await ok('dana.developer', ['data', 'add', 'tables/2024.csv', '--keep']);
    expect(alone.result.from).toEqual({ snapshot: version(alone), file: '2024.csv' });
    expect(readFileSync(file, 'utf8')).toContain(`"${version(parts)}", parts: csv }`);
  }, 60_000);

  test('that leads out of its folder is refused by name, and nothing is written', async () => {
    symlinkSync('/etc/hostname', join(scratch, 'tables', 'host'));
    const refused = await run('dana.developer', ['data', 'add', 'tables', '--remote']);
    expect(refused.exitCode).toBe(1);
    expect(refused.text).toContain('the link `host` to `/etc/hostname` leads out of the tree');
    rmSync(join(scratch, 'tables', 'host'));
  });

  test('is listed with what reads it, and once forgotten its space is freed, that of others not', async () => {
    const here = async (...argv: readonly string[]) => (await ok('dana.developer', argv)).result;
    const list = await here('data', 'list');
    const [one, two] = [put('gone/a', Buffer.from('gone')), put('gone/b', Buffer.from('shared'))];
    put('stays/b', Buffer.from('shared'));
    const gone = await here('data', 'add', 'gone');
    const stays = await here('data', 'add', 'stays');
    expect(await here('data', 'list')).toHaveLength(list.length + 2);
    const shown = await here('data', 'show', gone.digest.slice(0, 12));
    expect(shown.entries.map(({ digest }: { digest: string }) => digest)).toEqual([one, two]);
    const store = join(scratch, 'cache', 'countersign', 'drafts');
    const local = (digest: string) => join(store, 'sha256', digest.slice(0, 2), digest);
    const yesterday = new Date(Date.now() - 3 * 86_400_000);
    for (const digest of [one, two, gone.digest, stays.digest])
      utimesSync(local(digest), yesterday, yesterday);
    const gc = ['data', 'gc', '--days', '2'];
    expect(await here(...gc)).toMatchObject({ files: 0 });
    await here('data', 'forget', gone.digest);
    expect(await here(...gc, '--dry-run')).toMatchObject({ files: 2, dryRun: true });
    expect(existsSync(local(one))).toBe(true);
    expect(await here(...gc)).toMatchObject({ files: 2 });
    expect(
      [one, gone.digest, two, stays.digest].map((digest) => existsSync(local(digest))),
    ).toEqual([false, false, true, true]);
    // What is needed again is young again.
    await here('data', 'add', 'stays');
    expect(statSync(local(two)).mtimeMs).toBeGreaterThan(yesterday.getTime() + 86_400_000);
  }, 60_000);
});
