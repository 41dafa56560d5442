// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { isDigest, type Json, parseStrictJson } from '@countersign/kernel';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { comparePaths } from './tree-order.ts';

/** One path of a data version. */
export type TreeEntry =
  | {
      readonly path: string;
      readonly digest: string;
      readonly size: number;
      readonly executable: boolean;
    }
  | { readonly path: string; readonly link: string };

export interface TreeTotals {
  readonly files: number;
  readonly links: number;
  /** Of all files, contents that occur twice counted twice. */
  readonly bytes: number;
}

/**
 * A manifest is text, one canonical JSON value (RFC 8785) a line: this header, an entry for each path in the order of
 * the bytes of the paths, the totals. Lines, so that millions of files are written and read in bounded memory. Its
 * SHA-256 names the data version.
 */
export const MANIFEST_HEADER = '{"format":"countersign-tree","v":1}\n';

/** A path of 4096 bytes, each written as an escape of six. */
const LINE_BYTES_MAX = 32 * 1024;

/** The line of an entry; its members stand in the order of RFC 8785, in which JSON.stringify writes strings too. */
export function manifestLine(entry: TreeEntry): string {
  const path = JSON.stringify(entry.path);
  if ('link' in entry) return `{"link":${JSON.stringify(entry.link)},"path":${path}}\n`;
  const bit = entry.executable ? '"executable":true,' : '';
  return `{"digest":"${entry.digest}",${bit}"path":${path},"size":${entry.size}}\n`;
}

export function totalsLine({ files, links, bytes }: TreeTotals): string {
  return `{"bytes":${bytes},"files":${files},"links":${links}}\n`;
}

/**
 * The entries of a manifest in order, as they are read; nothing of it is to be believed before the end, where the bytes
 * turn out to be those of the digest and the totals are compared.
 * @throws PipelineError `data_version_invalid`, `blob_missing`, `blob_corrupt`
 */
export async function* readTreeManifest(
  blobs: Pick<BlobStore, 'open'>,
  digest: string,
): AsyncGenerator<TreeEntry> {
  const found = { files: 0, links: 0, bytes: 0 };
  let previous: string | undefined;
  let totals: TreeTotals | undefined;
  let number = 0;
  for await (const line of linesOf(blobs.open(digest), digest)) {
    number += 1;
    if (number === 1) {
      if (`${line}\n` !== MANIFEST_HEADER) throw invalid(digest, 1, 'this is no manifest of files');
      continue;
    }
    if (totals !== undefined) throw invalid(digest, number, 'something follows the totals');
    const value = parseLine(digest, number, line);
    totals = totalsOf(value);
    if (totals !== undefined) continue;
    const entry = entryOf(digest, number, value);
    if (previous !== undefined && comparePaths(previous, entry.path) >= 0) {
      throw invalid(digest, number, `\`${entry.path}\` is out of order`);
    }
    previous = entry.path;
    count(found, entry);
    yield entry;
  }
  const isWhole =
    totals?.files === found.files && totals.links === found.links && totals.bytes === found.bytes;
  if (!isWhole) throw invalid(digest, number, 'the totals are not those of its entries');
}

/** Reads a manifest to its end. @throws as `readTreeManifest` */
export async function treeTotals(
  blobs: Pick<BlobStore, 'open'>,
  digest: string,
): Promise<TreeTotals> {
  const found = { files: 0, links: 0, bytes: 0 };
  for await (const entry of readTreeManifest(blobs, digest)) count(found, entry);
  return found;
}

/** Whether content begins as a manifest does; it is not read further. */
export async function isTreeManifest(
  blobs: Pick<BlobStore, 'openRange' | 'standing'>,
  digest: string,
): Promise<boolean> {
  const standing = await blobs.standing(digest);
  if (standing === undefined || standing.size < MANIFEST_HEADER.length) return false;
  let start = '';
  const range = { start: 0, end: MANIFEST_HEADER.length - 1 };
  for await (const chunk of blobs.openRange(digest, range)) {
    start += Buffer.from(chunk).toString('latin1');
  }
  return start === MANIFEST_HEADER;
}

export function count(
  totals: { files: number; links: number; bytes: number },
  entry: TreeEntry,
): void {
  if ('link' in entry) totals.links += 1;
  else {
    totals.files += 1;
    totals.bytes += entry.size;
  }
}

async function* linesOf(source: AsyncIterable<Uint8Array>, digest: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of source) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      number += 1;
      yield rest.toString('utf8', start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > LINE_BYTES_MAX) throw invalid(digest, number + 1, 'the line is too long');
  }
  if (rest.length > 0) throw invalid(digest, number + 1, 'the last line is torn');
}

function parseLine(digest: string, number: number, line: string): Json {
  try {
    return parseStrictJson(line, { maxBytes: LINE_BYTES_MAX });
  } catch (cause) {
    throw invalid(digest, number, 'the line is no JSON', cause);
  }
}

type Members = { readonly [name: string]: Json };

function membersOf(value: Json): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : {};
}

function totalsOf(value: Json): TreeTotals | undefined {
  const { files, links, bytes } = membersOf(value);
  if (typeof files !== 'number' || typeof links !== 'number' || typeof bytes !== 'number')
    return undefined;
  return { files, links, bytes };
}

/** @throws PipelineError `data_version_invalid` */
function entryOf(digest: string, number: number, value: Json): TreeEntry {
  const { path, digest: content, size, executable, link } = membersOf(value);
  if (typeof path !== 'string' || !isPlainPath(path)) {
    throw invalid(digest, number, 'the path is not one below the tree');
  }
  if (typeof link === 'string' && isInnerTarget(path, link)) return { path, link };
  if (typeof content !== 'string' || !isDigest(content) || typeof size !== 'number' || size < 0) {
    throw invalid(digest, number, `\`${path}\` has no digest and size`);
  }
  return { path, digest: content, size, executable: executable === true };
}

/** Whether a link's text leads to a place in the tree. Links on the way may still lead elsewhere. */
export function isInnerTarget(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const lies = posix.normalize(posix.join(path, '..', target));
  return lies !== '..' && !lies.startsWith('../');
}

/** Whoever wrote a manifest must not be able to have a file laid out outside of its directory. */
function isPlainPath(path: string): boolean {
  return (
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') &&
    !path.includes('\0')
  );
}

function invalid(digest: string, line: number, why: string, cause?: unknown): PipelineError {
  const message = `the data version ${digest} cannot be read: line ${line}: ${why}; add the data again with \`countersign data add\``;
  return new PipelineError('data_version_invalid', message, { details: { digest, line }, cause });
}
