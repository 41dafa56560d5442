// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileBlobStore } from './blob-store.ts';
import { deleteStoredBlob, listStoredBlobs, storedBlob } from './stored-blobs.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stored-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('a store without a blob lists none', async () => {
  expect(await Array.fromAsync(listStoredBlobs(root))).toEqual([]);
});

test('blobs are listed with their length, and gone once deleted', async () => {
  const store = openFileBlobStore(root);
  const made = [];
  for (const text of ['a', 'bb', 'ccc']) made.push(await store.put(new TextEncoder().encode(text)));
  const listed = await Array.fromAsync(listStoredBlobs(root));
  expect(listed.map(({ digest, size }) => ({ digest, size }))).toEqual(
    [...made].sort((a, b) => (a.digest < b.digest ? -1 : 1)),
  );
  const [first] = made;
  expect(await deleteStoredBlob(root, first!.digest)).toBe(true);
  expect(await deleteStoredBlob(root, first!.digest)).toBe(false);
  expect(await storedBlob(root, first!.digest)).toBeUndefined();
  expect(await store.has(first!.digest)).toBe(false);
  expect(await Array.fromAsync(listStoredBlobs(root))).toHaveLength(2);
});

test('what is put again counts as stored now', async () => {
  const store = openFileBlobStore(root);
  const bytes = new TextEncoder().encode('again');
  const { digest } = await store.put(bytes);
  const old = new Date('2020-01-01T00:00:00.000Z');
  await utimes(join(root, 'sha256', digest.slice(0, 2), digest), old, old);
  expect((await storedBlob(root, digest))?.storedAt).toBe('2020-01-01T00:00:00.000Z');
  await store.put(bytes);
  expect((await storedBlob(root, digest))!.storedAt > '2026-01-01').toBe(true);
});

test('a name that is not a digest never becomes a path', async () => {
  await expect(deleteStoredBlob(root, '../../etc/passwd')).rejects.toMatchObject({
    code: 'blob_name_invalid',
  });
});
