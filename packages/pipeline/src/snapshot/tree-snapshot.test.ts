// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../blobs/blob-store.ts';
import { listStoredBlobs } from '../blobs/stored-blobs.ts';
import { readBuffer, readTreeFile } from './tree-file.ts';
import { readTreeManifest, type TreeEntry } from './tree-manifest.ts';
import { snapshotTree, type TreeRequest, type TreeVersion } from './tree-snapshot.ts';

let top: string;
let tree: string;
let blobs: BlobStore;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'tree-snapshot-'));
  tree = join(top, 'tree');
  await mkdir(tree);
  blobs = openFileBlobStore(join(top, 'store'));
});
afterEach(() => rm(top, { recursive: true, force: true }));

function request(more: Partial<TreeRequest> = {}): TreeRequest {
  return {
    path: tree,
    blobs,
    cacheFile: join(top, 'cache', 'tree'),
    threadsMax: 2,
    now: () => new Date(),
    ...more,
  };
}

const keep = (more: Partial<TreeRequest> = {}): Promise<TreeVersion> => snapshotTree(request(more));

async function put(path: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await writeFile(join(tree, path), content);
  return createHash('sha256').update(content).digest('hex');
}

/** Files count as unchanged once they have been so for two seconds: keeps the tree until nothing more is read. */
async function settled(): Promise<TreeVersion> {
  for (let waited = 0; ; waited += 200) {
    const version = await keep();
    if (version.read.files === 0 || waited > 20_000) return version;
    await sleep(200);
  }
}

async function entries(digest: string): Promise<readonly TreeEntry[]> {
  const found: TreeEntry[] = [];
  for await (const entry of readTreeManifest(blobs, digest)) found.push(entry);
  return found;
}

async function staged(): Promise<readonly string[]> {
  return readdir(join(top, 'store', 'staging'));
}

describe('a tree that is kept', () => {
  test('is named by a manifest in the order of the bytes of its paths', async () => {
    const a = await put('a/x', 'one\n');
    const dot = await put('a.b', 'two\n');
    const astral = await put('\u{1F600}', 'three\n');
    const high = await put('\uFFFD', 'one\n');
    await chmod(join(tree, 'a.b'), 0o755);
    await symlink('../a.b', join(tree, 'a', 'l'));
    const version = await keep();
    const text = `{"format":"countersign-tree","v":1}
{"digest":"${dot}","executable":true,"path":"a.b","size":4}
{"link":"../a.b","path":"a/l"}
{"digest":"${a}","path":"a/x","size":4}
{"digest":"${high}","path":"\uFFFD","size":4}
{"digest":"${astral}","path":"\u{1F600}","size":6}
{"bytes":18,"files":4,"links":1}
`;
    expect(version.digest).toBe(createHash('sha256').update(text).digest('hex'));
    expect(Buffer.from(await blobs.get(version.digest)).toString()).toBe(text);
    expect(version).toMatchObject({ files: 4, links: 1, bytes: 18, stored: { files: 4 } });
    expect((await Array.fromAsync(listStoredBlobs(join(top, 'store')))).length).toBe(4);
    expect(await entries(version.digest)).toHaveLength(5);
    expect(await staged()).toEqual([]);
  });

  test('has one name wherever it lies, and one file is kept under its own name', async () => {
    await put('one.csv', 'a\n1\n');
    const here = await keep();
    await rename(tree, join(top, 'moved'));
    const there = await keep({ path: join(top, 'moved'), cacheFile: join(top, 'cache', 'other') });
    const alone = await keep({
      path: join(top, 'moved', 'one.csv'),
      cacheFile: join(top, 'cache', 'alone'),
    });
    expect([there.digest, alone.digest]).toEqual([here.digest, here.digest]);
    expect(there.stored.files).toBe(0);
  });

  test('is not read again until a file differs, also one written to with its old time and length', async () => {
    await put('a', 'aaaa');
    await put('b/c', randomBytes(3_000_000));
    const first = await settled();
    expect(first.read).toEqual({ files: 0, bytes: 0 });
    const before = await stat(join(tree, 'a'));
    await writeFile(join(tree, 'a'), 'bbbb');
    await utimes(join(tree, 'a'), before.atime, before.mtime);
    const second = await keep();
    expect(second.read).toEqual({ files: 1, bytes: 4 });
    expect(second.digest).not.toBe(first.digest);
    await writeFile(join(tree, 'a'), 'aaaa');
    expect((await keep()).digest).toBe(first.digest);
    expect((await keep({ isRehashed: true })).read.files).toBe(2);
  });

  test('is read again where a file was younger than two seconds when it was read', async () => {
    await put('young', 'x');
    expect((await keep()).read.files).toBe(1);
    // No timing: whatever the clock says now, what was remembered is not trusted.
    const [line] = readFileSync(join(top, 'cache', 'tree'), 'utf8').split('\n');
    expect(line?.startsWith('0 ')).toBe(true);
    expect((await keep()).read.files).toBe(1);
  });

  test('is read again where the store has lost a content', async () => {
    const lost = await put('a', 'aaaa');
    await put('b', 'bbbb');
    const { digest } = await settled();
    await rm(join(top, 'store', 'sha256', lost.slice(0, 2), lost));
    const again = await keep();
    expect(again).toMatchObject({ digest, read: { files: 1 }, stored: { files: 1 } });
  });

  test('has many files, small and large, as they are', async () => {
    const expected: Record<string, string> = {};
    for (let n = 0; n < 600; n += 1) {
      const content = randomBytes(n % 50 === 0 ? 1_048_576 + (n % 7) - 3 : n);
      expected[`d${n % 7}/f${n}`] = await put(`d${n % 7}/f${n}`, content);
    }
    const version = await keep();
    for (const entry of await entries(version.digest)) {
      if (!('digest' in entry)) throw new Error('no link was made');
      expect(entry.digest).toBe(expected[entry.path]);
      expect((await blobs.check(entry.digest)).size).toBe(entry.size);
      delete expected[entry.path];
    }
    expect(expected).toEqual({});
  });
});

describe('a tree that cannot be kept', () => {
  const refused = (code: string, message: RegExp) =>
    expect(keep()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });

  test('has a link that leads out of it: link and target are named', async () => {
    await put('a', 'a');
    await symlink('/etc/hostname', join(tree, 'out'));
    await refused('data_entry_refused', /link `out` to `\/etc\/hostname` leads out/);
    await rm(join(tree, 'out'));
    await mkdir(join(tree, 'b'));
    await symlink('../../store', join(tree, 'b', 'up'));
    await refused('data_entry_refused', /link `b\/up` to `..\/..\/store` leads out/);
    await rm(join(tree, 'b', 'up'));
    await symlink('nowhere', join(tree, 'gone'));
    await refused('data_entry_refused', /link `gone` to `nowhere` leads nowhere/);
  });

  test('has a link that leads out by way of another, whose text stays in', async () => {
    await put('q/r/x', 'x');
    await put('d/x', 'x');
    await symlink('../../d', join(tree, 'q', 'r', 'b'));
    await symlink('q/r/b/../../..', join(tree, 'q', 'sly'));
    await refused('data_entry_refused', /link `q\/sly` .* leads (out|nowhere)/);
  });

  test('has a pipe or a socket', async () => {
    execFileSync('mkfifo', [join(tree, 'pipe')]);
    await refused('data_entry_refused', /`pipe` is a pipe/);
    await rm(join(tree, 'pipe'));
    const server = createServer().listen(join(tree, 'socket'));
    await once(server, 'listening');
    await refused('data_entry_refused', /`socket` is a socket/);
    server.close();
  });

  test('has a name that no list can hold', async () => {
    await put('line\nbreak', 'x');
    await refused('data_entry_refused', /`line\\nbreak` has a line break/);
    await rm(join(tree, 'line\nbreak'));
    await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x66, 0xff])]), 'x');
    await refused('data_entry_refused', /is not UTF-8/);
  });

  test('holds nothing, or is not there', async () => {
    await mkdir(join(tree, 'empty'));
    await refused('data_entry_refused', /holds no file/);
    await expect(keep({ path: join(top, 'missing') })).rejects.toMatchObject({
      code: 'file_missing',
    });
  });

  test('is written to after a file of it was read: nothing is registered', async () => {
    await put('a', 'aaaa');
    await put('b', randomBytes(2_000_000));
    let last = false;
    const writeLate = ({ files }: { files: number }): void => {
      if (files === 2 && !last) {
        last = true;
        execFileSync('sh', ['-c', `printf more >> ${join(tree, 'a')}`]);
      }
    };
    await expect(keep({ onProgress: writeLate })).rejects.toMatchObject({
      code: 'data_changing',
      message: expect.stringContaining('`a` was written to'),
    });
    expect(await manifests()).toEqual([]);
    expect((await keep()).bytes).toBe(2_000_008);
  });

  test('gains or loses a file while it is read', async () => {
    await put('b', 'bbbb');
    await put('c', 'cccc');
    const during = (change: () => void) => ({
      onProgress: ({ files }: { files: number }) => {
        if (files === 2) change();
      },
    });
    const add = during(() => execFileSync('touch', [join(tree, 'a')]));
    await expect(keep(add)).rejects.toThrow('`a` was added');
    await rm(join(tree, 'a'));
    const remove = during(() => execFileSync('rm', ['-f', join(tree, 'c')]));
    await expect(keep({ ...remove, isRehashed: true })).rejects.toThrow('`c` was taken away');
  });

  test('is appended to without end: no reading of the file counts, and the snapshot names it', async () => {
    const log = join(tree, 'log');
    await put('log', randomBytes(8_000_000));
    await put('z', 'z');
    const writer = spawn('sh', ['-c', `while :; do printf x >> ${log}; done`]);
    try {
      const grown = (from: number): void => {
        for (const end = Date.now() + 20_000; statSync(log).size === from && Date.now() < end; );
      };
      const place = { ...blobs.place, mark: 'test' };
      await mkdir(place.staging, { recursive: true });
      const read = () => readTreeFile(log, place, readBuffer());
      // The writer may be without a processor for as long as a reading takes, on a busy machine.
      let outcome = read();
      for (const end = Date.now() + 20_000; outcome !== 'changing' && Date.now() < end; )
        outcome = read();
      expect(outcome).toBe('changing');
      const waiting = () => grown(statSync(log).size);
      await expect(keep({ onProgress: waiting })).rejects.toMatchObject({
        code: 'data_changing',
        details: { path: 'log' },
      });
    } finally {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
    expect(await manifests()).toEqual([]);
  }, 60_000);
});

async function manifests(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { digest } of listStoredBlobs(join(top, 'store'))) {
    const start = Buffer.from(await blobs.get(digest)).toString('latin1', 0, 40);
    if (start.startsWith('{"format":"countersign-tree"')) found.push(digest);
  }
  return found;
}

describe('a snapshot that ends in the middle', () => {
  test('by kill -9 is gone on with, and has registered nothing', async () => {
    for (let n = 0; n < 400; n += 1) await put(`d${n % 9}/f${n}`, randomBytes(50_000));
    const whole = await keep({
      blobs: openFileBlobStore(join(top, 'elsewhere')),
      cacheFile: join(top, 'cache', 'elsewhere'),
    });
    await sleep(2100); // so that what is remembered can be trusted
    let kills = 0;
    for (let wait = 150; kills < 8; wait += 100) {
      const killed = await killedAfter(wait);
      if (!killed) break;
      kills += 1;
      expect(await manifests()).toEqual([]);
      for await (const { digest } of listStoredBlobs(join(top, 'store'))) await blobs.check(digest);
    }
    const known = await rememberedFiles();
    const version = await keep();
    expect(version.digest).toBe(whole.digest);
    expect(version.read.files).toBeLessThanOrEqual(400 - known);
    for (const entry of await entries(version.digest)) {
      if ('digest' in entry) await blobs.check(entry.digest);
    }
  }, 60_000);

  /** Whether it was still at work. */
  async function killedAfter(ms: number): Promise<boolean> {
    const script = `import { snapshotTree } from ${JSON.stringify(join(import.meta.dirname, 'tree-snapshot.ts'))};
      import { openFileBlobStore } from ${JSON.stringify(join(import.meta.dirname, '../blobs/blob-store.ts'))};
      await snapshotTree({ path: ${JSON.stringify(tree)}, blobs: openFileBlobStore(${JSON.stringify(join(top, 'store'))}),
        cacheFile: ${JSON.stringify(join(top, 'cache', 'tree'))}, threadsMax: 2, now: () => new Date() });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const ended = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    const [, signal] = await ended;
    clearTimeout(timer);
    return signal === 'SIGKILL';
  }

  async function rememberedFiles(): Promise<number> {
    const file = join(top, 'cache', 'tree');
    const paths = new Set<string>();
    for (const name of [file, `${file}.journal`]) {
      if (!existsSync(name)) continue;
      const lines = (await readFile(name, 'utf8')).split('\n').slice(0, -1);
      for (const line of lines) if (line.startsWith('1 ')) paths.add(line.split(' ')[7] ?? '');
    }
    return paths.size;
  }

  test('with a torn last line of what it remembered reads that file again', async () => {
    await put('a', 'aaaa');
    await put('b', 'bbbb');
    await put('c', 'cccc');
    const { digest } = await settled();
    const file = join(top, 'cache', 'tree');
    const lines = await readFile(file, 'utf8');
    await rm(file);
    await writeFile(`${file}.journal`, lines.slice(0, -20));
    expect(await keep()).toMatchObject({ digest, read: { files: 1 } });
    // A digest that was altered has another checksum.
    await writeFile(file, lines.replace(/ [0-9a-f]/, ' 0').replace(/ 0([0-9a-f]{63})/, ' f$1'));
    expect(await keep()).toMatchObject({ digest, read: { files: 1 } });
  });

  test('by a full disk registers nothing, and goes on once there is room', async (context) => {
    const disk = join(top, 'store');
    await mkdir(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      return context.skip('no file system can be mounted here');
    }
    try {
      for (let n = 0; n < 12; n += 1)
        await put(`f${n}`, randomBytes(n === 5 ? 3_000_000 : 800_000));
      await sleep(2100); // so that what is remembered can be trusted
      await expect(keep({ threadsMax: 1 })).rejects.toMatchObject({
        code: 'storage_full',
        details: { root: disk },
      });
      expect(await manifests()).toEqual([]);
      expect(await staged()).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=32m', disk]);
      const version = await keep();
      expect(version).toMatchObject({ files: 12, bytes: 11_800_000 });
      expect(version.read.files).toBeLessThan(12);
      for (const entry of await entries(version.digest)) {
        if ('digest' in entry) await blobs.check(entry.digest);
      }
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test('by its caller leaves nothing staged', async () => {
    for (let n = 0; n < 200; n += 1) await put(`f${n}`, randomBytes(100_000));
    const stop = new AbortController();
    const stopped = keep({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(await staged()).toEqual([]);
    await appendFile(join(tree, 'f0'), 'x');
    expect((await keep()).files).toBe(200);
  });
});
