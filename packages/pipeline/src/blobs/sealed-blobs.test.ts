// SPDX-License-Identifier: Apache-2.0
import { createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobPath } from './blob-files.ts';
import { type BlobStore, openFileBlobStore } from './blob-store.ts';
import { sealedPath } from './sealed-file.ts';
import { SEALED_CHUNK_BYTES } from './sealed-format.ts';
import { deleteStoredBlob, listStoredBlobs } from './stored-blobs.ts';

const KEY = Buffer.from('11'.repeat(32), 'hex');
let root: string;
let held: Map<string, Uint8Array>;
let blobs: BlobStore;
const keys = { keyOf: async (id: string) => held.get(id) };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sealed-'));
  held = new Map([['patients-1', KEY]]);
  blobs = openFileBlobStore(root, { keys });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function sealed(bytes: Uint8Array): Promise<string> {
  const { digest } = await blobs.put(bytes);
  expect(await blobs.seal(digest, 'patients-1')).toBe('patients-1');
  return digest;
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source));
}

/** As the format's description says, by other code than that which wrote it. */
function openByHand(file: Buffer, digest: string): Buffer {
  const idAt = 'countersign-sealed/1\n'.length + 1;
  const saltAt = idAt + (file[idAt - 1] ?? 0);
  const header = file.subarray(0, saltAt + 40);
  const info = Buffer.concat([header, Buffer.from(digest)]);
  const key = Buffer.from(hkdfSync('sha256', KEY, file.subarray(saltAt, saltAt + 32), info, 32));
  const pieces: Buffer[] = [];
  const step = 65_536 + 16;
  for (let at = header.length, n = 0; at < file.length; at += step, n += 1) {
    const chunk = file.subarray(at, at + step);
    const isLast = at + step >= file.length;
    const nonce = Buffer.from(n.toString(16).padStart(22, '0') + (isLast ? '01' : '00'), 'hex');
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAuthTag(chunk.subarray(-16));
    pieces.push(decipher.update(chunk.subarray(0, -16)), decipher.final());
  }
  return Buffer.concat(pieces);
}

describe('a sealed content', () => {
  const SIZES = [
    0,
    1,
    SEALED_CHUNK_BYTES - 1,
    SEALED_CHUNK_BYTES,
    SEALED_CHUNK_BYTES + 1,
    2_500_000,
  ];

  test.each(SIZES)(
    'of %i bytes is read as the plain one was, and lies nowhere plain',
    async (size) => {
      const bytes = randomBytes(size);
      const digest = await sealed(bytes);
      expect(await blobs.has(digest)).toBe(true);
      expect((await blobs.standing(digest))?.size).toBe(size);
      expect(bytes.equals(await blobs.get(digest))).toBe(true);
      expect(bytes.equals(await readAll(blobs.open(digest)))).toBe(true);
      expect(await blobs.check(digest)).toEqual({ digest, size });
      await blobs.copyTo(digest, join(root, 'copy'));
      expect(bytes.equals(await readFile(join(root, 'copy')))).toBe(true);
      const file = await readFile(sealedPath(root, digest));
      expect(bytes.equals(openByHand(file, digest))).toBe(true);
      await expect(stat(blobPath(root, digest))).rejects.toThrow('ENOENT');
      if (size > 16) expect(file.includes(bytes.subarray(0, 16))).toBe(false);
    },
  );

  test('is read in parts, of which each byte is authenticated', async () => {
    const bytes = randomBytes(1_500_000);
    const digest = await sealed(bytes);
    const seed = randomBytes(4).readUInt32LE();
    for (let n = 0, at = seed; n < 40; n += 1) {
      at = (at * 1_103_515_245 + 12_345) % 2 ** 31;
      const start = at % bytes.length;
      const end = Math.min(bytes.length - 1, start + (at % 200_000));
      const part = await readAll(blobs.openRange(digest, { start, end }));
      expect(part.equals(bytes.subarray(start, end + 1)), `seed ${seed}, ${start}-${end}`).toBe(
        true,
      );
    }
  });

  test('is not stored a second time in plain, by whatever way it comes again', async () => {
    const bytes = randomBytes(100_000);
    const digest = await sealed(bytes);
    await blobs.put(bytes);
    await writeFile(join(root, 'file'), bytes);
    await blobs.putFile(join(root, 'file'));
    await blobs.adopt(join(root, 'file'), digest);
    expect(await readdir(join(root, 'sha256', digest.slice(0, 2)))).toEqual([`${digest}.sealed`]);
    expect(await readdir(join(root, 'staging'))).toEqual([]);
    expect(await blobs.seal(digest, 'other')).toBe('patients-1');
  });

  test('is listed once and deleted whole, also between sealing and taking the plain one away', async () => {
    const bytes = randomBytes(1000);
    const digest = await sealed(bytes);
    await writeFile(blobPath(root, digest), bytes); // as a crash leaves it
    expect((await Array.fromAsync(listStoredBlobs(root))).map((one) => one.digest)).toEqual([
      digest,
    ]);
    await blobs.seal(digest, 'patients-1');
    await expect(stat(blobPath(root, digest))).rejects.toThrow('ENOENT');
    expect(await deleteStoredBlob(root, digest)).toBe(true);
    expect(await deleteStoredBlob(root, digest)).toBe(false);
    expect(await blobs.has(digest)).toBe(false);
  });

  test('can be stored without ever lying here plain, and only if it is what it is said to be', async () => {
    const bytes = randomBytes(70_000);
    const digest = sha256(bytes);
    const from = (content: Buffer) => ({
      size: content.length,
      source: (async function* () {
        yield content;
      })(),
    });
    const other = Buffer.from(bytes);
    other[69_999] = (other[69_999] ?? 0) ^ 1;
    for (const wrong of [other, bytes.subarray(1), Buffer.concat([bytes, Buffer.from('x')])]) {
      await expect(blobs.seal(digest, 'patients-1', from(wrong))).rejects.toMatchObject({
        code: 'blob_corrupt',
      });
    }
    expect(await blobs.has(digest)).toBe(false);
    expect(await readdir(join(root, 'staging'))).toEqual([]);
    await blobs.seal(digest, 'patients-1', from(bytes));
    expect(bytes.equals(await blobs.get(digest))).toBe(true);
  });
});

describe('a key', () => {
  test('that is destroyed takes every content with it, which then counts as gone', async () => {
    const digest = await sealed(randomBytes(1000));
    held.clear();
    expect(await blobs.has(digest)).toBe(false);
    expect(await blobs.standing(digest)).toBeUndefined();
    const reads = [
      () => blobs.get(digest),
      () => blobs.check(digest),
      () => readAll(blobs.open(digest)),
    ];
    for (const read of reads) {
      await expect(read()).rejects.toMatchObject({
        code: 'blob_key_missing',
        details: { digest, keyId: 'patients-1' },
      });
    }
    await expect(blobs.seal(digest, 'patients-1')).rejects.toMatchObject({
      code: 'blob_key_missing',
    });
    expect((await Array.fromAsync(listStoredBlobs(root))).length).toBe(1);
  });

  test('that is another opens nothing', async () => {
    const digest = await sealed(randomBytes(1000));
    held.set('patients-1', Buffer.from('22'.repeat(32), 'hex'));
    await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'blob_corrupt' });
    const range = readAll(blobs.openRange(digest, { start: 0, end: 9 }));
    await expect(range).rejects.toMatchObject({ code: 'blob_corrupt' });
  });

  test('is not needed for the worker’s own store, which has none', async () => {
    const digest = await sealed(randomBytes(10));
    expect(await openFileBlobStore(root).has(digest)).toBe(false);
  });
});

describe('a sealed file that somebody changed', () => {
  const bytes = randomBytes(3 * SEALED_CHUNK_BYTES + 100);
  const step = SEALED_CHUNK_BYTES + 16;

  async function changed(change: (file: Buffer, headerBytes: number) => Buffer): Promise<void> {
    const digest = await sealed(bytes);
    const path = sealedPath(root, digest);
    const file = await readFile(path);
    await rm(path);
    await writeFile(path, change(file, file.length - (3 * step + 116)));
    await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'blob_corrupt' });
    await expect(readAll(blobs.open(digest))).rejects.toMatchObject({ code: 'blob_corrupt' });
    const start = 3 * SEALED_CHUNK_BYTES;
    const range = readAll(blobs.openRange(digest, { start: start - 10, end: start + 10 }));
    await expect(range).rejects.toMatchObject({ code: 'blob_corrupt' });
  }

  const flip = (at: (headerBytes: number) => number) => (file: Buffer, headerBytes: number) => {
    const other = Buffer.from(file);
    const place = at(headerBytes);
    other[place] = (other[place] ?? 0) ^ 1;
    return other;
  };

  test.each([
    ['in its magic', flip(() => 0)],
    ['in its salt', flip((header) => header - 20)],
    ['in its size', flip((header) => header - 1)],
    ['in its last chunk', flip((header) => header + 3 * step + 5)],
    ['in its last tag', flip((header) => header + 3 * step + 115)],
    ['by cutting its last chunk off', (file: Buffer) => file.subarray(0, -116)],
    ['by cutting a byte off', (file: Buffer) => file.subarray(0, -1)],
    ['by adding a byte', (file: Buffer) => Buffer.concat([file, Buffer.from('x')])],
    [
      'by swapping two chunks',
      (file: Buffer, header: number) =>
        Buffer.concat([
          file.subarray(0, header + step),
          file.subarray(header + 2 * step, header + 3 * step),
          file.subarray(header + step, header + 2 * step),
          file.subarray(header + 3 * step),
        ]),
    ],
  ])('%s is refused', async (what, change) => {
    if (what === 'by swapping two chunks') {
      const digest = await sealed(bytes);
      const path = sealedPath(root, digest);
      const file = await readFile(path);
      await rm(path);
      await writeFile(path, change(file, file.length - (3 * step + 116)));
      await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'blob_corrupt' });
      return;
    }
    await changed(change);
  });

  test('by putting another sealed file in its place is refused', async () => {
    const one = await sealed(bytes);
    const other = await sealed(randomBytes(bytes.length));
    await rename(sealedPath(root, other), sealedPath(root, one));
    await expect(blobs.get(one)).rejects.toMatchObject({ code: 'blob_corrupt' });
    await expect(readAll(blobs.openRange(one, { start: 0, end: 0 }))).rejects.toMatchObject({
      code: 'blob_corrupt',
    });
  });
});
