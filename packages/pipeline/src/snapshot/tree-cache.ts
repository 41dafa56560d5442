// SPDX-License-Identifier: Apache-2.0
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeWholeSync } from './tree-file.ts';
import { comparePaths } from './tree-order.ts';

/** What was found when a file was last read whole. */
export interface CachedFile {
  readonly path: string;
  /** See `stampOf`; of the moment before its first byte was read and after its last. */
  readonly stamp: string;
  readonly digest: string;
  /** Whether the stamp would show any later write: see `isSettled`. */
  readonly isSettled: boolean;
}

/**
 * How far a line of the journal may stand from its place by path: files are read side by side, and their lines are
 * appended as each is done. Whoever writes must keep to it; readers sort that much in memory, some 6 MB.
 */
export const DISORDER_MAX = 16_384;

const CHUNK_BYTES = 1024 * 1024;
const LINE = /^([01]) ([0-9a-f]{64}) ((?:-?\d+ ){4}-?\d+) (.*) ([0-9a-f]{8})$/s;

/** A line carries a checksum of its own: one that a power cut tore, or that ran into another, is no line. */
export function cacheLine({ path, stamp, digest, isSettled }: CachedFile): string {
  const text = `${isSettled ? 1 : 0} ${digest} ${stamp} ${path}`;
  return `${text} ${checksum(text)}\n`;
}

function parseCacheLine(line: string): CachedFile | undefined {
  const [, settled, digest, stamp, path, sum] = LINE.exec(line) ?? [];
  if (digest === undefined || stamp === undefined || path === undefined) return undefined;
  if (sum !== checksum(line.slice(0, -9))) return undefined;
  return { path, stamp, digest, isSettled: settled === '1' };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/** The lines of what is whole of a cache, in the order of their paths; none for a file that is not there. */
export function* readCache(file: string): Generator<CachedFile> {
  for (const line of linesOf(file)) {
    const cached = parseCacheLine(line);
    if (cached !== undefined) yield cached;
  }
}

/**
 * What earlier runs read of a tree: `file` holds one line a file in the order of the paths, of the last run that came to its
 * end; `file.journal` what a run read since, appended as it was read. A run that was killed leaves both, and the next
 * one folds them. Not trusted by anybody else: it only spares its owner a reading, and the store hashes what it gives.
 */
export function foldJournal(file: string): void {
  const journal = journalOf(file);
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(journal)) return;
  const written = openLines(`${file}.new`);
  try {
    for (const cached of merged(readCache(file), sortedJournal(journal)))
      written.add(cacheLine(cached));
  } finally {
    written.close();
  }
  // A crash between the two folds the same lines once more.
  renameSync(`${file}.new`, file);
  rmSync(journal);
}

/** What was read just now; a disk without room for it costs a second reading and nothing else. */
export function appendToJournal(file: string, cached: readonly CachedFile[]): void {
  appendFileSync(journalOf(file), cached.map(cacheLine).join(''));
}

/** In place of what an earlier run left: all that this one found. */
export function replaceCache(file: string, whole: string): void {
  renameSync(whole, file);
  rmSync(journalOf(file), { force: true });
}

function journalOf(file: string): string {
  return `${file}.journal`;
}

/** Sorts what is out of order by `DISORDER_MAX` lines at the most; several interrupted runs append one after the other. */
function* sortedJournal(journal: string): Generator<CachedFile> {
  let held: CachedFile[] = [];
  for (const cached of readCache(journal)) {
    held.push(cached);
    if (held.length < 2 * DISORDER_MAX) continue;
    held.sort((a, b) => comparePaths(a.path, b.path));
    yield* held.slice(0, DISORDER_MAX);
    held = held.slice(DISORDER_MAX);
  }
  yield* held.sort((a, b) => comparePaths(a.path, b.path));
}

/** Of two lines for one path, the later one: that of the journal. */
function* merged(
  base: Generator<CachedFile>,
  journal: Generator<CachedFile>,
): Generator<CachedFile> {
  let old = base.next();
  let fresh = journal.next();
  while (!old.done || !fresh.done) {
    const order = fresh.done ? -1 : old.done ? 1 : comparePaths(old.value.path, fresh.value.path);
    if (order < 0 && !old.done) yield old.value;
    if (order >= 0 && !fresh.done) yield fresh.value;
    if (order <= 0) old = base.next();
    if (order >= 0) fresh = journal.next();
  }
}

/** Of paths that are asked for in order. */
export interface CacheReader {
  at(path: string): CachedFile | undefined;
}

/** Reads a cache beside a walk. */
export function cacheReader(file: string): CacheReader {
  const lines = readCache(file);
  let next = lines.next();
  return {
    at: (path) => {
      while (!next.done && comparePaths(next.value.path, path) < 0) next = lines.next();
      return !next.done && next.value.path === path ? next.value : undefined;
    },
  };
}

export interface LineWriter {
  add(line: string): void;
  close(): void;
}

/** Gathers lines to writes of a megabyte; `written` is told the bytes of each. */
export function openLines(path: string, written?: (bytes: Uint8Array) => void): LineWriter {
  const file = openSync(path, 'w', 0o600);
  let held: string[] = [];
  let length = 0;
  const flush = (): void => {
    const bytes = Buffer.from(held.join(''));
    writeWholeSync(file, bytes);
    written?.(bytes);
    held = [];
    length = 0;
  };
  return {
    add: (line) => {
      held.push(line);
      length += line.length;
      if (length >= CHUNK_BYTES) flush();
    },
    close: () => {
      try {
        flush();
      } finally {
        closeSync(file);
      }
    },
  };
}

function* linesOf(path: string): Generator<string> {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    for (;;) {
      const read = readSync(file, buffer, 0, buffer.length, null);
      if (read === 0) return; // what stands behind the last line break was torn off
      const bytes = Buffer.concat([rest, buffer.subarray(0, read)]);
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        yield bytes.toString('utf8', start, end);
        start = end + 1;
      }
      rest = Buffer.from(bytes.subarray(start));
    }
  } finally {
    closeSync(file);
  }
}
