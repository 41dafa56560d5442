// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import type { HashedFile } from '../blobs/adopt-files.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import { isFull } from '../blobs/upload.ts';
import { PipelineError } from '../errors.ts';
import {
  appendToJournal,
  type CachedFile,
  type CacheReader,
  cacheLine,
  DISORDER_MAX,
  type LineWriter,
  openLines,
} from './tree-cache.ts';
import { changing } from './tree-changes.ts';
import { holds, type ReadFile } from './tree-file.ts';
import {
  count,
  MANIFEST_HEADER,
  manifestLine,
  type TreeEntry,
  type TreeTotals,
  totalsLine,
} from './tree-manifest.ts';
import { isExecutable, stampOf } from './tree-stamp.ts';
import type { ThreadOutcome } from './tree-thread.ts';
import type { TreeThreads } from './tree-threads.ts';
import { type FoundEntry, walkTree } from './tree-walk.ts';

/** So far; a file that was not read counts as well. */
export interface TreeProgress {
  readonly files: number;
  readonly bytes: number;
}

export interface TakenEntries {
  /** Of the manifest. */
  readonly digest: string;
  readonly totals: TreeTotals;
  readonly read: { readonly files: number; readonly bytes: number };
  readonly stored: { readonly files: number; readonly bytes: number };
}

export interface EntriesRequest {
  readonly path: string;
  readonly blobs: BlobStore;
  readonly cacheFile: string;
  readonly cache: CacheReader | undefined;
  readonly threads: TreeThreads;
  readonly threadsMax: number;
  /** Files to be written: the manifest, and a line for every file with what it was when it was read. */
  readonly manifest: string;
  readonly seen: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: TreeProgress) => void) | undefined;
}

type FoundFile = Extract<FoundEntry, { kind: 'file' }>;

/** A path, which has its turn in the manifest when it and all before it are known. */
interface Slot {
  entry?: TreeEntry;
  cached?: CachedFile;
}

interface Waiting {
  readonly found: FoundFile;
  readonly slot: Slot;
}

/** What one walk is doing; everything here belongs to the functions of this file. */
interface Taking {
  readonly request: EntriesRequest;
  readonly hash: Hash;
  readonly manifest: LineWriter;
  readonly seen: LineWriter;
  readonly totals: { files: number; links: number; bytes: number };
  readonly read: { files: number; bytes: number };
  readonly stored: { files: number; bytes: number };
  /** In the order of the paths, from `head` on. */
  slots: Slot[];
  head: number;
  /** The list that is being made for a thread, and the lists that threads have. */
  batch: Waiting[];
  batchBytes: number;
  readonly underWay: Set<Promise<void>>;
  /** Copies without a name yet, and the lines of the journal that wait for them. */
  copies: HashedFile[];
  copiedBytes: number;
  journal: CachedFile[];
  adopting: Promise<void>;
  /** Batches of copies that are getting their names, or wait for it. */
  adoptions: number;
  /** Monotonic milliseconds. */
  adoptedAt: number;
  failure: unknown;
}

/** One message to a thread costs as much as reading some kilobytes. */
const BATCH = { files: 64, bytes: 8 * 1024 * 1024 };
/** Lists that wait for each thread, so that none is ever without work. */
const LISTS_AHEAD = 4;
/**
 * Copies that get their names together, whichever comes first. More at once is more lost to a crash, and less often a sync that
 * the threads’ writes have to wait for.
 */
const ADOPTED = { files: 4096, bytes: 512 * 1024 ** 2, ms: 5000 };

/**
 * Walks a tree and writes its manifest, with every content that the store lacks put there. Paths stand in the manifest in
 * their order, while files are read side by side; the walk runs ahead by `DISORDER_MAX` paths at the most.
 * @throws PipelineError `data_changing`, `data_entry_refused`, `file_missing`; of a full disk what the file system throws
 */
export async function takeEntries(request: EntriesRequest): Promise<TakenEntries> {
  const taking = begin(request);
  try {
    for (const found of walkTree(request.path)) {
      request.signal?.throwIfAborted();
      add(taking, found);
      while (isAhead(taking)) await nextList(taking);
    }
    sendBatch(taking);
    while (taking.underWay.size > 0) await nextList(taking);
    drain(taking);
    adoptCopies(taking);
    await taking.adopting;
    refuseFailed(taking);
    taking.manifest.add(totalsLine(taking.totals));
  } catch (cause) {
    // What has been read is kept, so that the next call need not read it again.
    adoptCopies(taking);
    await taking.adopting;
    throw cause;
  } finally {
    taking.manifest.close();
    taking.seen.close();
  }
  const { totals, read, stored } = taking;
  return { digest: taking.hash.digest('hex'), totals, read, stored };
}

function begin(request: EntriesRequest): Taking {
  const hash = createHash('sha256');
  const manifest = openLines(request.manifest, (bytes) => hash.update(bytes));
  manifest.add(MANIFEST_HEADER);
  return {
    request,
    hash,
    manifest,
    seen: openLines(request.seen),
    totals: { files: 0, links: 0, bytes: 0 },
    read: { files: 0, bytes: 0 },
    stored: { files: 0, bytes: 0 },
    slots: [],
    head: 0,
    batch: [],
    batchBytes: 0,
    underWay: new Set(),
    copies: [],
    copiedBytes: 0,
    journal: [],
    adopting: Promise.resolve(),
    adoptions: 0,
    adoptedAt: performance.now(),
    failure: undefined,
  };
}

function add(taking: Taking, found: FoundEntry): void {
  const slot: Slot = {};
  taking.slots.push(slot);
  if (found.kind === 'link') slot.entry = { path: found.path, link: found.target };
  else if (!takeKnown(taking, found, slot)) {
    taking.batch.push({ found, slot });
    taking.batchBytes += Number(found.stats.size);
    const isLong = taking.batch.length >= BATCH.files || taking.batchBytes >= BATCH.bytes;
    if (isLong) sendBatch(taking);
  }
  drain(taking);
  // What is known may run far ahead of a file in a list that has not gone out.
  if (taking.slots.length - taking.head >= DISORDER_MAX) sendBatch(taking);
}

/** Whether an earlier reading still speaks for the file, and the store still has what was read. */
function takeKnown({ request }: Taking, { path, stats }: FoundFile, slot: Slot): boolean {
  const known = request.cache?.at(path);
  if (known === undefined || !known.isSettled || known.stamp !== stampOf(stats)) return false;
  const size = Number(stats.size);
  if (!holds(request.blobs.place, known.digest, size)) return false;
  slot.entry = { path, digest: known.digest, size, executable: isExecutable(stats) };
  slot.cached = known;
  return true;
}

function sendBatch(taking: Taking): void {
  const list = taking.batch;
  if (list.length === 0) return;
  taking.batch = [];
  taking.batchBytes = 0;
  const answered = taking.request.threads.read(list.map(({ found }) => found.from));
  const task: Promise<void> = answered
    .then((outcomes) => {
      for (const [at, outcome] of outcomes.entries()) receive(taking, list[at], outcome);
    })
    .catch((cause: unknown) => {
      taking.failure ??= cause;
    })
    .finally(() => taking.underWay.delete(task));
  taking.underWay.add(task);
}

function receive(taking: Taking, waiting: Waiting | undefined, outcome: ThreadOutcome): void {
  if (waiting === undefined) return;
  const { path } = waiting.found;
  if (outcome === 'changing') taking.failure ??= changing(path, 'was written to');
  else if ('failed' in outcome) taking.failure ??= failureOf(path, outcome.failed);
  else take(taking, waiting, outcome);
}

function take(taking: Taking, { found: { path }, slot }: Waiting, file: ReadFile): void {
  const { digest, size, executable, stamp, isSettled, staged } = file;
  slot.entry = { path, digest, size, executable };
  slot.cached = { path, stamp, digest, isSettled };
  taking.read.files += 1;
  taking.read.bytes += size;
  taking.journal.push(slot.cached);
  if (staged !== undefined) {
    taking.copies.push({ path: staged, digest });
    taking.copiedBytes += size;
    taking.stored.files += 1;
    taking.stored.bytes += size;
  }
  const isMuch =
    taking.journal.length >= ADOPTED.files ||
    taking.copiedBytes >= ADOPTED.bytes ||
    performance.now() - taking.adoptedAt >= ADOPTED.ms;
  if (isMuch) adoptCopies(taking);
}

/** Contents first and then the lines that say so: a crash in between costs a second reading. */
function adoptCopies(taking: Taking): void {
  const { copies, journal, request } = taking;
  taking.copies = [];
  taking.journal = [];
  taking.copiedBytes = 0;
  taking.adoptedAt = performance.now();
  if (journal.length === 0) return;
  taking.adoptions += 1;
  taking.adopting = taking.adopting
    .then(() => request.blobs.adoptAll(copies))
    .then(() => appendToJournal(request.cacheFile, journal))
    .catch((cause: unknown) => {
      taking.failure ??= cause;
    })
    .finally(() => {
      taking.adoptions -= 1;
    });
}

function isAhead({ request, slots, head, underWay, failure }: Taking): boolean {
  if (failure !== undefined) return true;
  const isFarAhead = slots.length - head >= DISORDER_MAX;
  return underWay.size >= request.threadsMax * LISTS_AHEAD || (isFarAhead && underWay.size > 0);
}

async function nextList(taking: Taking): Promise<void> {
  refuseFailed(taking);
  await Promise.race([...taking.underWay]);
  // Disks are slower than threads: copies of one batch get their names while the next is made, and no third one begins.
  if (taking.adoptions > 1) await taking.adopting;
  refuseFailed(taking);
  taking.request.signal?.throwIfAborted();
  drain(taking);
}

function refuseFailed({ failure }: Taking): void {
  if (failure !== undefined) throw failure;
}

/** Writes what has its turn. */
function drain(taking: Taking): void {
  const { slots, totals, request } = taking;
  const before = taking.head;
  for (let slot = slots[taking.head]; slot?.entry !== undefined; slot = slots[taking.head]) {
    taking.manifest.add(manifestLine(slot.entry));
    if (slot.cached !== undefined) taking.seen.add(cacheLine(slot.cached));
    count(totals, slot.entry);
    taking.head += 1;
  }
  if (taking.head > before) request.onProgress?.({ files: totals.files, bytes: totals.bytes });
  if (taking.head < DISORDER_MAX) return;
  taking.slots = slots.slice(taking.head);
  taking.head = 0;
}

function failureOf(path: string, failed: { code: string; message: string }): unknown {
  const cause = Object.assign(new Error(failed.message), { code: failed.code });
  if (isFull(cause)) return cause;
  const message = `\`${path}\` cannot be read (${failed.code}); check that it may be read`;
  return new PipelineError('file_missing', message, { details: { path }, cause });
}
