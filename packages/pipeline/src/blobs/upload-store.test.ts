// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from './blob-store.ts';
import { UPLOAD_LIMITS, type UploadLimits } from './upload.ts';
import { openUploadStore, type UploadStore } from './upload-store.ts';

const MEGABYTE = 1024 * 1024;
const bytes = randomBytes(5 * MEGABYTE + 11);
const digest = sha256(bytes);
const wanted = { account: 'dana', digest, size: bytes.length };

let root: string;
let blobs: BlobStore;
let nowMs: number;
let free: number;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'uploads-'));
  blobs = openFileBlobStore(root);
  nowMs = 1_000_000;
  free = 1024 ** 4;
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** As the next process opens it. */
function opened(limits: Partial<UploadLimits> = {}): Promise<UploadStore> {
  return openUploadStore({
    root,
    blobs,
    limits: { ...UPLOAD_LIMITS, ...limits },
    now: () => nowMs,
    freeBytes: async () => free,
  });
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

async function* pieces(data: Uint8Array, length = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += length) yield data.subarray(at, at + length);
}

async function* brokenAfter(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* pieces(data);
  throw new Error('the connection broke');
}

const uploads = () => readdir(join(root, 'uploads'));
const at = (id: string, offset: number) => ({ account: 'dana', id, offset });

test('bytes that arrive in three requests are one blob, and nothing else is left', async () => {
  const store = await opened();
  const { id } = await store.create(wanted);
  for (const [from, to] of [
    [0, 100_000],
    [100_000, 3 * MEGABYTE],
    [3 * MEGABYTE, bytes.length],
  ] as const) {
    expect(await blobs.has(digest)).toBe(false);
    const after = await store.append(at(id, from), pieces(bytes.subarray(from, to)));
    expect(after.offset).toBe(to);
  }
  expect(await store.find('dana', id)).toMatchObject({ state: 'stored', offset: bytes.length });
  expect(Buffer.from(await blobs.get(digest)).equals(bytes)).toBe(true);
  expect(await uploads()).toEqual([]);
  expect(store.openOf('dana')).toEqual([]);
});

test('a connection that breaks costs no byte that arrived', async () => {
  const store = await opened();
  const { id } = await store.create(wanted);
  const sent = bytes.subarray(0, 2_345_678);
  await expect(store.append(at(id, 0), brokenAfter(sent))).rejects.toThrow('the connection broke');
  expect(await store.find('dana', id)).toMatchObject({ offset: sent.length, state: 'open' });
  const after = await store.append(at(id, sent.length), pieces(bytes.subarray(sent.length)));
  expect(after.state).toBe('stored');
});

test('the next process goes on where the last one ended, and hashes what it did not see', async () => {
  const first = await opened();
  const { id } = await first.create(wanted);
  await expect(first.append(at(id, 0), brokenAfter(bytes.subarray(0, MEGABYTE)))).rejects.toThrow();
  const second = await opened();
  expect(second.openOf('dana')).toMatchObject([{ id, digest, offset: MEGABYTE }]);
  const after = await second.append(at(id, MEGABYTE), pieces(bytes.subarray(MEGABYTE)));
  expect(after.state).toBe('stored');
  expect(Buffer.from(await blobs.get(digest)).equals(bytes)).toBe(true);
});

test('an upload whose last byte came before the process ended becomes a blob at the next question', async () => {
  const first = await opened();
  const { id } = await first.create(wanted);
  // As a crash between the last write and the rename leaves it.
  await writeFile(join(root, 'uploads', `${id}.part`), bytes);
  const second = await opened();
  expect(await second.find('dana', id)).toMatchObject({ state: 'stored' });
  expect(await blobs.has(digest)).toBe(true);
});

test('files of a crash amid opening or ending an upload are removed at the next opening', async () => {
  const first = await opened();
  const kept = await first.create(wanted);
  const renamed = await first.create(wanted);
  await rm(join(root, 'uploads', `${renamed.id}.part`)); // a blob already, its note not yet removed
  await writeFile(join(root, 'uploads', 'b1c0f7a2-0000-4000-8000-000000000000.part'), ''); // no note yet
  await writeFile(join(root, 'uploads', `${kept.id}.json.new`), '{');
  const second = await opened();
  expect(second.openOf('dana').map(({ id }) => id)).toEqual([kept.id]);
  expect((await uploads()).sort()).toEqual([`${kept.id}.json`, `${kept.id}.part`]);
});

test('other bytes than those of the digest are refused and removed', async () => {
  const store = await opened();
  const { id } = await store.create(wanted);
  const other = Buffer.from(bytes);
  other[other.length - 1]! ^= 1;
  await expect(store.append(at(id, 0), pieces(other))).rejects.toMatchObject({
    code: 'upload_digest_differs',
  });
  expect(await uploads()).toEqual([]);
  expect(await blobs.has(digest)).toBe(false);
  expect(await blobs.has(sha256(other))).toBe(false);
  expect(await store.find('dana', id)).toMatchObject({ state: 'refused' });
  await expect(store.append(at(id, bytes.length), pieces(bytes))).rejects.toMatchObject({
    code: 'upload_digest_differs',
  });
});

test('a wrong offset, more bytes than were said, and another person change nothing', async () => {
  const store = await opened();
  const { id } = await store.create({ ...wanted, size: 100 });
  const send = (offset: number, length: number) =>
    store.append(at(id, offset), pieces(bytes.subarray(0, length)));
  for (const offset of [1, 50, 100, 101])
    await expect(send(offset, 10)).rejects.toMatchObject({
      code: 'upload_offset_wrong',
      details: { offset: 0 },
    });
  await expect(send(0, 101)).rejects.toMatchObject({ code: 'upload_too_large' });
  const stranger = { code: 'upload_unknown' };
  await expect(store.find('omar', id)).rejects.toMatchObject(stranger);
  await expect(store.remove('omar', id)).rejects.toMatchObject(stranger);
  await expect(
    store.append({ account: 'omar', id, offset: 0 }, pieces(bytes.subarray(0, 1))),
  ).rejects.toMatchObject(stranger);
  expect(await store.find('dana', id)).toMatchObject({ offset: 0, state: 'open' });
});

test('a second writer waits for the first, and takes the place of one that has fallen silent', async () => {
  const store = await opened();
  const { id } = await store.create(wanted);
  const gate = Promise.withResolvers<void>();
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 2 * MEGABYTE);
    await gate.promise;
  }
  const first = store.append(at(id, 0), silent());
  const ended = expect(first).rejects.toMatchObject({ code: 'upload_busy' });
  while ((await store.find('dana', id)).offset === 0) await sleep(5);
  const rest = () => store.append(at(id, 2 * MEGABYTE), pieces(bytes.subarray(2 * MEGABYTE)));
  await expect(rest()).rejects.toMatchObject({ code: 'upload_busy' });
  nowMs += 6_000;
  expect((await rest()).state).toBe('stored');
  await ended;
  gate.resolve();
});

test('two uploads of the same bytes at once both end well', async () => {
  const store = await opened();
  const two = await Promise.all([
    store.create(wanted),
    store.create({ ...wanted, account: 'omar' }),
  ]);
  const ends = await Promise.all(
    two.map(({ id, account }) => store.append({ account, id, offset: 0 }, pieces(bytes))),
  );
  expect(ends.map(({ state }) => state)).toEqual(['stored', 'stored']);
  expect(await blobs.check(digest)).toEqual({ digest, size: bytes.length });
});

test('a blob without bytes needs no request that brings any', async () => {
  const store = await opened();
  const empty = sha256(Buffer.alloc(0));
  const made = await store.create({ account: 'dana', digest: empty, size: 0 });
  expect(made.state).toBe('stored');
  await expect(store.create({ account: 'dana', digest, size: 0 })).rejects.toMatchObject({
    code: 'upload_digest_differs',
  });
});

test('too large, too many and too little room are refused before anything is written', async () => {
  const store = await opened({ bytesMax: bytes.length, openMax: 2, reserveBytes: 1000 });
  await expect(store.create({ ...wanted, size: bytes.length + 1 })).rejects.toMatchObject({
    code: 'upload_too_large',
  });
  free = bytes.length + 999;
  await expect(store.create(wanted)).rejects.toMatchObject({ code: 'storage_full' });
  expect(await uploads()).toEqual([]);
  free = 1024 ** 4;
  // At once, so that the count must hold while files are being made.
  const tried = await Promise.allSettled([1, 2, 3, 4].map(() => store.create(wanted)));
  expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  await expect(store.create(wanted)).rejects.toMatchObject({ code: 'upload_limit' });
  await expect(store.create({ ...wanted, account: 'omar' })).resolves.toMatchObject({ offset: 0 });
});

test('what one person has still to send counts against the room for more of the same', async () => {
  const store = await opened({ reserveBytes: 0 });
  free = 2 * bytes.length - 1;
  await store.create(wanted);
  await expect(store.create(wanted)).rejects.toMatchObject({ code: 'storage_full' });
});

test('a disk that fills up amid an upload keeps what arrived, and the upload goes on when there is room', async () => {
  const large = randomBytes(70 * MEGABYTE);
  const store = await opened({ reserveBytes: 1000 });
  const { id } = await store.create({ account: 'dana', digest: sha256(large), size: large.length });
  free = 999;
  await expect(store.append(at(id, 0), pieces(large))).rejects.toMatchObject({
    code: 'storage_full',
  });
  free = 1024 ** 4;
  const { offset } = await store.find('dana', id);
  expect(offset).toBe(64 * MEGABYTE);
  expect((await store.append(at(id, offset), pieces(large.subarray(offset)))).state).toBe('stored');
});

/** A file system of 8 MiB, where whoever runs the tests may mount one. */
function mountSmall(at: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // not the super-user of this machine: the simulated disk above is what there is
  }
}

test('a real disk that is full keeps what arrived, to the byte, and takes the rest later', async (context) => {
  if (!mountSmall(root)) return context.skip('no file system can be mounted here');
  try {
    const store = await openUploadStore({
      root,
      blobs,
      limits: { ...UPLOAD_LIMITS, reserveBytes: 0 },
      now: () => nowMs,
      freeBytes: async () => free,
    });
    const filler = join(root, 'filler');
    await writeFile(filler, Buffer.alloc(5 * MEGABYTE));
    const { id } = await store.create(wanted);
    await expect(store.append(at(id, 0), pieces(bytes))).rejects.toMatchObject({
      code: 'storage_full',
    });
    await expect(blobs.putStream(pieces(bytes))).rejects.toMatchObject({ code: 'storage_full' });
    const { offset } = await store.find('dana', id);
    expect(offset).toBeGreaterThan(0);
    expect((await stat(join(root, 'uploads', `${id}.part`))).size).toBe(offset);
    await rm(filler);
    const after = await store.append(at(id, offset), pieces(bytes.subarray(offset)));
    expect(after.state).toBe('stored');
  } finally {
    execFileSync('umount', [root]);
  }
});

test('an upload that waits too long is swept, a blob never is', async () => {
  const store = await opened({ keptMs: 1000 });
  const { id } = await store.create(wanted);
  await store.append(at(id, 0), pieces(bytes.subarray(0, 100)));
  const { digest: stored } = await blobs.put(bytes);
  nowMs += 999;
  expect(await store.sweep()).toBe(0);
  nowMs += 1;
  await expect(store.find('dana', id)).rejects.toMatchObject({ code: 'upload_unknown' });
  expect(await store.sweep()).toBe(1);
  expect(await uploads()).toEqual([]);
  expect(await blobs.has(stored)).toBe(true);
});

test('files of writers that ended without a word are swept after a day', async () => {
  nowMs = Date.now();
  const store = await opened();
  await blobs.put(bytes); // makes the directory
  const old = join(root, 'staging', 'old');
  await writeFile(old, 'x');
  await writeFile(join(root, 'staging', 'young'), 'x');
  const yesterday = new Date(nowMs - 86_400_001);
  await utimes(old, yesterday, yesterday);
  await store.sweep();
  expect(await readdir(join(root, 'staging'))).toEqual(['young']);
});

test('an upload is given up by who opened it', async () => {
  const store = await opened();
  const { id } = await store.create(wanted);
  await store.append(at(id, 0), pieces(bytes.subarray(0, 100)));
  await store.remove('dana', id);
  expect(await uploads()).toEqual([]);
  await expect(store.find('dana', id)).rejects.toMatchObject({ code: 'upload_unknown' });
});

test('cut at random bytes, killed at random moments, the bytes arrive as they were', async () => {
  const seed = Number(process.env.UPLOAD_SEED ?? randomBytes(4).readUInt32LE());
  console.log(`UPLOAD_SEED=${seed}`);
  const random = generator(seed);
  let store = await opened();
  const { id } = await store.create(wanted);
  for (let round = 0; ; round += 1) {
    expect(round).toBeLessThan(1000);
    const { offset, state } = await store.find('dana', id);
    if (state === 'stored') break;
    const end = Math.min(bytes.length, offset + Math.floor(random() * MEGABYTE));
    const isCut = random() < 0.5;
    const source = isCut ? brokenAfter : pieces;
    await store.append(at(id, offset), source(bytes.subarray(offset, end))).catch(() => {});
    if (random() < 0.3 && (await store.find('dana', id)).state === 'open') store = await opened();
  }
  expect(Buffer.from(await blobs.get(digest)).equals(bytes)).toBe(true);
});

/** mulberry32, public domain: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
