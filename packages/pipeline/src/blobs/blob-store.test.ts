// SPDX-License-Identifier: Apache-2.0
import {
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from './blob-store.ts';

// FIPS 180-4 example: SHA-256 of the three bytes "abc".
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const abc = new TextEncoder().encode('abc');

let root: string;
let store: BlobStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'blobs-'));
  store = openFileBlobStore(root);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const fileOf = (digest: string) => join(root, 'sha256', digest.slice(0, 2), digest);

async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    yield new TextEncoder().encode(part);
  }
}

test('bytes, a file and a stream with equal content are one blob under its SHA-256', async () => {
  const path = join(root, 'input');
  await writeFile(path, abc);
  const expected = { digest: ABC, size: 3 };
  expect(await store.put(abc)).toEqual(expected);
  expect(await store.putFile(path)).toEqual(expected);
  expect(await store.putStream(chunks('a', '', 'bc'))).toEqual(expected);
  expect(await readdir(join(root, 'sha256', 'ba'))).toEqual([ABC]);
  expect(await readdir(join(root, 'staging'))).toEqual([]);
  expect(new Uint8Array(await store.get(ABC))).toEqual(abc);
});

test('existing content is not written again', async () => {
  await store.put(abc);
  const before = await stat(fileOf(ABC));
  await store.put(abc);
  expect((await stat(fileOf(ABC))).ino).toBe(before.ino);
});

test.each([
  ['a truncated blob', 'ab'],
  ['a blob with a changed byte', 'abd'],
])('%s is replaced by the next put', async (_, damaged) => {
  const puts = [() => store.put(abc), () => store.putStream(chunks('abc'))];
  for (const put of puts) {
    await store.put(abc);
    await chmod(fileOf(ABC), 0o644);
    await writeFile(fileOf(ABC), damaged);
    await put();
    expect(await readFile(fileOf(ABC), 'utf8')).toBe('abc');
  }
});

test('a changed byte is found by every way of reading', async () => {
  await store.put(abc);
  await chmod(fileOf(ABC), 0o644);
  await writeFile(fileOf(ABC), 'abd');
  const target = join(root, 'copy');
  await expect(store.get(ABC)).rejects.toMatchObject({ code: 'blob_corrupt' });
  await expect(store.copyTo(ABC, target)).rejects.toMatchObject({ code: 'blob_corrupt' });
  await expect(Array.fromAsync(store.open(ABC))).rejects.toMatchObject({ code: 'blob_corrupt' });
  await expect(store.check(ABC)).rejects.toMatchObject({ code: 'blob_corrupt' });
  expect((await readdir(root)).sort()).toEqual(['sha256', 'staging']);
});

test('a missing blob is named by every way of reading', async () => {
  await expect(store.get(ABC)).rejects.toMatchObject({ code: 'blob_missing' });
  await expect(store.copyTo(ABC, join(root, 'c'))).rejects.toMatchObject({ code: 'blob_missing' });
  await expect(Array.fromAsync(store.open(ABC))).rejects.toMatchObject({ code: 'blob_missing' });
  await expect(store.check(ABC)).rejects.toMatchObject({ code: 'blob_missing' });
  expect(await store.has(ABC)).toBe(false);
});

test('a name that is not a digest never becomes a path', async () => {
  for (const name of ['../../etc/passwd', '', ABC.toUpperCase(), `${ABC}/..`]) {
    await expect(store.get(name)).rejects.toMatchObject({ code: 'blob_name_invalid' });
    await expect(store.has(name)).rejects.toMatchObject({ code: 'blob_name_invalid' });
  }
});

test('a source that fails half way leaves nothing behind', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield abc;
    throw new Error('the source broke');
  }
  await expect(store.putStream(failing())).rejects.toThrow('the source broke');
  expect(await readdir(join(root, 'staging'))).toEqual([]);
  expect(await readdir(root)).toEqual(['staging']);
});

test('a file that is not there is an error of its caller, also where nothing was ever stored', async () => {
  const empty = openFileBlobStore(join(root, 'never-written'));
  await expect(empty.putFile(join(root, 'nowhere.csv'))).rejects.toThrow('ENOENT');
});

test('a copy and a stream give back the bytes of several megabytes', async () => {
  const large = Buffer.alloc(3 * 1024 * 1024 + 7, 'countersign');
  const { digest, size } = await store.put(large);
  expect(size).toBe(large.length);
  await store.copyTo(digest, join(root, 'deep', 'copy'));
  expect((await readFile(join(root, 'deep', 'copy'))).equals(large)).toBe(true);
  expect(Buffer.concat(await Array.fromAsync(store.open(digest))).equals(large)).toBe(true);
  expect(await store.check(digest)).toEqual({ digest, size });
});

test('of a corrupt blob the last chunk is never given', async () => {
  const large = Buffer.alloc(3 * 1024 * 1024 + 7, 'countersign');
  const { digest } = await store.put(large);
  const damaged = Buffer.from(large);
  damaged[0]! ^= 1;
  await chmod(fileOf(digest), 0o644);
  await writeFile(fileOf(digest), damaged);
  let given = 0;
  const read = async () => {
    for await (const chunk of store.open(digest)) given += chunk.length;
  };
  await expect(read()).rejects.toMatchObject({ code: 'blob_corrupt' });
  expect(given).toBe(3 * 1024 * 1024);
});

test('what was hashed whole is not read again until somebody changes the file, whatever its time says', async () => {
  const isSeen = async () => (await store.standing(ABC))?.isSeen;
  await store.put(abc);
  expect(await isSeen()).toBe(false);
  expect(await store.checkOnce(ABC)).toEqual({ digest: ABC, size: 3 });
  expect(await isSeen()).toBe(true);
  await store.touch(ABC);
  expect(await isSeen()).toBe(true);
  const { atime, mtime } = await stat(fileOf(ABC));
  await chmod(fileOf(ABC), 0o644);
  await writeFile(fileOf(ABC), 'abd');
  await utimes(fileOf(ABC), atime, mtime);
  expect(await isSeen()).toBe(false);
  await expect(store.checkOnce(ABC)).rejects.toMatchObject({ code: 'blob_corrupt' });
  await store.putStream(chunks('abc'));
  expect(await isSeen()).toBe(true);
  // Another file under the same name, with the time of the first.
  const other = join(root, 'other');
  await writeFile(other, 'abd');
  await rename(other, fileOf(ABC));
  await expect(store.checkOnce(ABC)).rejects.toMatchObject({ code: 'blob_corrupt' });
  expect(await store.standing('e'.repeat(64))).toBeUndefined();
});

test('a part is given as it stands, and a missing blob is named', async () => {
  await store.put(abc);
  const part = await Array.fromAsync(store.openRange(ABC, { start: 1, end: 1 }));
  expect(Buffer.concat(part).toString()).toBe('b');
  const gone = store.openRange('e'.repeat(64), { start: 0, end: 0 });
  await expect(Array.fromAsync(gone)).rejects.toMatchObject({ code: 'blob_missing' });
  await expect(store.touch('e'.repeat(64))).rejects.toMatchObject({ code: 'blob_missing' });
});

test('a file that is taken over is renamed, synced and read-only', async () => {
  const path = join(root, 'part');
  await writeFile(path, 'abc');
  const { ino } = await stat(path);
  expect(await store.adopt(path, ABC)).toEqual({ digest: ABC, size: 3 });
  const after = await stat(fileOf(ABC));
  expect([after.ino, (after.mode & 0o777).toString(8)]).toEqual([ino, '444']);
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
});
