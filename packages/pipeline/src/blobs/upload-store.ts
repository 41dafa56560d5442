// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, stat, truncate } from 'node:fs/promises';
import { PipelineError } from '../errors.ts';
import { appendBytes } from './append-bytes.ts';
import { CHUNK_BYTES } from './blob-files.ts';
import type { BlobStore } from './blob-store.ts';
import {
  digestDiffers,
  isFull,
  storageFull,
  type Upload,
  type UploadLimits,
  uploadUnknown,
} from './upload.ts';
import {
  freeBytesOf,
  type OpenUpload,
  partPath,
  readOpenUploads,
  removeUpload,
  sweepStaging,
  uploadsDirectory,
  writeOpenUpload,
} from './upload-files.ts';

/**
 * Blobs that arrive in pieces. What is here survives the end of the process: the offset is the length of the file.
 * One process at a time has a directory.
 *
 * Throws `PipelineError`: `upload_unknown`, `upload_busy`, `upload_offset_wrong`, `upload_too_large`, `upload_limit`,
 * `upload_digest_differs`, `storage_full`.
 */
export interface UploadStore {
  readonly limits: UploadLimits;
  create(wanted: Pick<Upload, 'account' | 'digest' | 'size'>): Promise<Upload>;
  /** Of content that is a blob already; nothing is written. */
  known(wanted: Pick<Upload, 'account' | 'digest' | 'size'>): Upload;
  /**
   * Also takes an upload to its end that has all its bytes, left so by a process that was stopped; waited for as in `append`.
   * @throws PipelineError `upload_unknown`, also for an upload of somebody else
   */
  find(account: string, id: string, settleMs?: number): Promise<Upload>;
  /** The open uploads of a person, newest last. */
  openOf(account: string): readonly Upload[];
  /**
   * Adds bytes at the offset, which must be where the upload stands. With the last byte the whole is hashed and becomes a
   * blob; that is waited for up to `settleMs`, and goes on behind the answer when it takes longer.
   */
  append(at: AppendAt, source: AsyncIterable<Uint8Array>): Promise<Upload>;
  remove(account: string, id: string): Promise<void>;
  /** Whether so many more bytes may be written at all. @throws PipelineError `storage_full` */
  requireRoom(bytes: number): Promise<void>;
  /** Removes what has waited too long, and files that a crash left behind; how many uploads. */
  sweep(): Promise<number>;
  /** Waits for what is being hashed. */
  close(): Promise<void>;
}

export interface AppendAt {
  readonly account: string;
  readonly id: string;
  readonly offset: number;
  readonly settleMs?: number;
}

export interface UploadStoreOptions {
  /** Of the blob store: a finished upload is renamed into it, so both lie on one file system. */
  readonly root: string;
  readonly blobs: BlobStore;
  readonly limits: UploadLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Bytes that may still be written; of the file system unless given. */
  readonly freeBytes?: () => Promise<number>;
}

interface Entry extends OpenUpload {
  offset: number;
  state: Upload['state'];
  expires: number;
  /** Of the bytes before `offset`; absent when this process has not seen them all. */
  hash?: Hash | undefined;
  writer?: Writer | undefined;
  settling?: Promise<void> | undefined;
}

interface Writer {
  lastByteAt: number;
  readonly ended: Promise<void>;
  /** Ends the writer's source. */
  readonly stop: AbortController;
}

/** A writer that has sent nothing for so long has lost its connection and does not know: the next one takes its place. */
const SILENT_MS = 5_000;
const SETTLE_MS = 10_000;
/** How often the free space is looked at while bytes arrive. */
const LOOK_BYTES = 64 * 1024 * 1024;
/** Ended uploads are remembered, so that whoever lost the answer can ask for it. */
const ENDED_MAX = 10_000;
const ENDED_KEPT_MS = 3_600_000;

/** Opens the uploads of a blob store; those that an earlier process left are taken up where they stand. */
export async function openUploadStore(options: UploadStoreOptions): Promise<UploadStore> {
  const { root, now } = options;
  const entries = new Map<string, Entry>();
  await mkdir(uploadsDirectory(root), { recursive: true, mode: 0o700 });
  for (const { upload, offset, lastByteAt } of await readOpenUploads(root)) {
    const expires = lastByteAt + options.limits.keptMs;
    entries.set(upload.id, { ...upload, offset, expires, state: 'open' });
  }
  return new FileUploadStore(options, entries, options.freeBytes ?? (() => freeBytesOf(root)), now);
}

class FileUploadStore implements UploadStore {
  readonly limits: UploadLimits;
  readonly #options: UploadStoreOptions;
  readonly #entries: Map<string, Entry>;
  readonly #freeBytes: () => Promise<number>;
  readonly #now: () => number;

  constructor(
    options: UploadStoreOptions,
    entries: Map<string, Entry>,
    freeBytes: () => Promise<number>,
    now: () => number,
  ) {
    this.limits = options.limits;
    this.#options = options;
    this.#entries = entries;
    this.#freeBytes = freeBytes;
    this.#now = now;
  }

  async create(wanted: Pick<Upload, 'account' | 'digest' | 'size'>): Promise<Upload> {
    const { account, digest, size } = wanted;
    this.#refuseTooLarge(size);
    const mine = this.openOf(account);
    if (mine.length >= this.limits.openMax) {
      throw new PipelineError(
        'upload_limit',
        `\`${account}\` has ${mine.length} uploads open, which is as many as may be; finish or delete one`,
        { details: { openMax: this.limits.openMax } },
      );
    }
    // Held before anything is awaited: so many requests at once are still no more than so many uploads.
    const id = randomUUID();
    const expires = this.#now() + this.limits.keptMs;
    const entry: Entry = { id, account, digest, size, offset: 0, expires, state: 'open' };
    this.#entries.set(id, entry);
    try {
      await this.requireRoom(size + remaining(mine));
      await writeOpenUpload(this.#options.root, { id, account, digest, size });
    } catch (cause) {
      this.#entries.delete(id);
      throw isFull(cause) ? storageFull(cause) : cause;
    }
    return size === 0 ? this.append({ account, id, offset: 0 }, nothing()) : viewOf(entry);
  }

  known({ account, digest, size }: Pick<Upload, 'account' | 'digest' | 'size'>): Upload {
    const id = randomUUID();
    const entry: Entry = { id, account, digest, size, offset: size, state: 'stored', expires: 0 };
    this.#entries.set(id, entry);
    this.#ended(entry);
    return viewOf(entry);
  }

  async find(account: string, id: string, settleMs = SETTLE_MS): Promise<Upload> {
    const entry = this.#own(account, id);
    if (isOpen(entry) && entry.offset === entry.size) await this.#settle(entry, settleMs);
    return viewOf(entry);
  }

  openOf(account: string): readonly Upload[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.account === account && isOpen(entry) && !this.#isExpired(entry))
      .map(viewOf);
  }

  async append(at: AppendAt, source: AsyncIterable<Uint8Array>): Promise<Upload> {
    const entry = this.#own(at.account, at.id);
    await this.#takePlace(entry);
    refuseOtherOffset(entry, at.offset);
    if (entry.offset < entry.size) await this.#write(entry, source);
    if (entry.offset === entry.size && isOpen(entry)) {
      await this.#settle(entry, at.settleMs ?? SETTLE_MS);
    }
    if (entry.state === 'refused') throw digestDiffers(entry.digest);
    return viewOf(entry);
  }

  async remove(account: string, id: string): Promise<void> {
    const entry = this.#own(account, id);
    if (entry.state === 'verifying') throw busy(entry);
    entry.writer?.stop.abort();
    await entry.writer?.ended;
    this.#entries.delete(id);
    if (isOpen(entry)) await removeUpload(this.#options.root, id);
  }

  async requireRoom(bytes: number): Promise<void> {
    const free = await this.#freeBytes();
    if (bytes > free - this.limits.reserveBytes) throw storageFull();
  }

  async sweep(): Promise<number> {
    const over = [...this.#entries.values()].filter(
      (entry) => this.#isExpired(entry) && entry.writer === undefined && !entry.settling,
    );
    for (const entry of over) {
      this.#entries.delete(entry.id);
      if (isOpen(entry)) await removeUpload(this.#options.root, entry.id);
    }
    await sweepStaging(this.#options.root, this.#now());
    return over.filter(isOpen).length;
  }

  async close(): Promise<void> {
    for (const { settling } of this.#entries.values()) await settling?.catch(() => {}); // told whoever waited
  }

  #own(account: string, id: string): Entry {
    const entry = this.#entries.get(id);
    // One answer for what never was, is over, or is somebody else's: it says nothing about others.
    if (entry === undefined || entry.account !== account || this.#isExpired(entry))
      throw uploadUnknown(id);
    return entry;
  }

  #isExpired(entry: Entry): boolean {
    return entry.expires <= this.#now() && entry.writer === undefined;
  }

  #refuseTooLarge(size: number): void {
    const { bytesMax } = this.limits;
    if (size <= bytesMax) return;
    throw new PipelineError(
      'upload_too_large',
      `${size} bytes are more than the ${bytesMax} that a blob may have here`,
      { details: { bytesMax } },
    );
  }

  /** Two that send the same bytes take turns; one whose connection is dead makes way. */
  async #takePlace(entry: Entry): Promise<void> {
    const { writer } = entry;
    if (writer === undefined) return;
    if (this.#now() - writer.lastByteAt < SILENT_MS) throw busy(entry);
    writer.stop.abort();
    await writer.ended;
    if (entry.writer !== undefined) throw busy(entry);
  }

  async #write(entry: Entry, source: AsyncIterable<Uint8Array>): Promise<void> {
    const end = Promise.withResolvers<void>();
    const writer = { lastByteAt: this.#now(), ended: end.promise, stop: new AbortController() };
    entry.writer = writer;
    if (entry.offset === 0) entry.hash = createHash('sha256');
    const path = partPath(this.#options.root, entry.id);
    try {
      const file = await open(path, 'r+');
      try {
        await appendBytes(file, untilStopped(source, writer.stop.signal), {
          offset: entry.offset,
          end: entry.size,
          hash: entry.hash,
          written: (offset) => this.#advance(entry, writer, offset),
          tooMany: () => tooMany(entry),
        });
      } finally {
        await file.close();
      }
    } catch (cause) {
      await this.#cutBack(entry, path);
      throw isFull(cause) ? storageFull(cause) : cause;
    } finally {
      entry.writer = undefined;
      entry.expires = this.#now() + this.limits.keptMs;
      end.resolve();
    }
  }

  async #advance(entry: Entry, writer: Writer, offset: number): Promise<void> {
    const before = entry.offset;
    entry.offset = offset;
    writer.lastByteAt = this.#now();
    const isDue = Math.floor(before / LOOK_BYTES) !== Math.floor(offset / LOOK_BYTES);
    if (isDue) await this.requireRoom(0);
  }

  /** A write that failed half way may have left bytes that no hash has seen. */
  async #cutBack(entry: Entry, path: string): Promise<void> {
    const { size } = await stat(path);
    if (size !== entry.offset) await truncate(path, entry.offset);
  }

  async #settle(entry: Entry, waitMs: number): Promise<void> {
    entry.settling ??= this.#verify(entry).finally(() => {
      entry.settling = undefined;
    });
    const timer = Promise.withResolvers<void>();
    const timeout = setTimeout(timer.resolve, waitMs);
    try {
      await Promise.race([entry.settling, timer.promise]);
    } finally {
      clearTimeout(timeout);
      entry.settling?.catch(() => {}); // who waits no longer sees the state at the next question
    }
  }

  /**
   * A crash at any point leaves an upload that is whole and open, or a blob: the rename is the only step between. The hash
   * grew with the bytes; when another process received some of them, the file is read once instead.
   */
  async #verify(entry: Entry): Promise<void> {
    const { root, blobs } = this.#options;
    entry.state = 'verifying';
    try {
      const path = partPath(root, entry.id);
      const digest = entry.hash?.digest('hex') ?? (await digestOf(path));
      entry.hash = undefined;
      if (digest !== entry.digest) {
        await removeUpload(root, entry.id);
        entry.state = 'refused';
      } else {
        await blobs.adopt(path, digest);
        await removeUpload(root, entry.id);
        entry.state = 'stored';
      }
      this.#ended(entry);
    } catch (cause) {
      entry.hash = undefined;
      if (entry.state === 'verifying') entry.state = 'open';
      throw isFull(cause) ? storageFull(cause) : cause;
    }
  }

  #ended(entry: Entry): void {
    entry.expires = this.#now() + Math.min(ENDED_KEPT_MS, this.limits.keptMs);
    const ended = [...this.#entries.values()].filter((one) => !isOpen(one));
    if (ended.length > ENDED_MAX && ended[0] !== undefined) this.#entries.delete(ended[0].id);
  }
}

function viewOf(entry: Entry): Upload {
  const { id, account, digest, size, offset, state, expires } = entry;
  return { id, account, digest, size, offset, state, expires };
}

function isOpen({ state }: Pick<Entry, 'state'>): boolean {
  return state === 'open' || state === 'verifying';
}

function remaining(uploads: readonly Upload[]): number {
  return uploads.reduce((sum, { size, offset }) => sum + size - offset, 0);
}

function refuseOtherOffset(entry: Entry, offset: number): void {
  if (offset === entry.offset) return;
  throw new PipelineError(
    'upload_offset_wrong',
    `the upload stands at byte ${entry.offset}, not ${offset}; ask for its offset and go on there`,
    { details: { upload: entry.id, offset: entry.offset } },
  );
}

function busy(entry: Entry): PipelineError {
  return new PipelineError(
    'upload_busy',
    'another request is writing to this upload; ask for its offset and try again',
    { details: { upload: entry.id } },
  );
}

function tooMany(entry: Entry): PipelineError {
  return new PipelineError(
    'upload_too_large',
    `the upload was opened for ${entry.size} bytes, and more were sent`,
    { details: { upload: entry.id, size: entry.size } },
  );
}

async function* untilStopped(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => {
    stopped.reject(
      new PipelineError('upload_busy', 'another request took this upload over', { details: {} }),
    );
  };
  stopped.promise.catch(() => {}); // raced below; nobody may be waiting
  signal.addEventListener('abort', stop, { once: true });
  const chunks = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), stopped.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    if (signal.aborted) void chunks.return?.().catch(() => {}); // the source is given up, not waited for
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}
