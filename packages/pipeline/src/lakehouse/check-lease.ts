// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { BlobRef } from '../blobs/blob-store.ts';
import { tableTitle } from './lakehouse-facts.ts';
import type { LeasedTable } from './leased-table.ts';
import type { LakeFile, TableListing } from './table-listing.ts';

/** How deep a check looks. `size` reads no byte; a sample is drawn by `seed`, so that each check may look elsewhere. */
export type LeaseDepth =
  | { readonly kind: 'size' }
  | { readonly kind: 'sample'; readonly files: number; readonly seed: string }
  | { readonly kind: 'full' };

/** What is found of one file: null when it is gone. `digest` only where it was asked for. */
export interface FoundFile {
  readonly size: number;
  readonly digest?: string;
}

/** Where the files of a table are looked at. Throws when it cannot say: no answer is not the answer `gone`. */
export interface LakeFiles {
  size(uri: string): Promise<FoundFile | null>;
  digest(uri: string): Promise<BlobRef | null>;
}

export interface ChangedFile {
  readonly path: string;
  readonly role: LakeFile['role'];
  readonly what: 'size' | 'sha256';
  readonly recorded: string;
  readonly found: string;
}

/**
 * `kept`: every file is there as recorded. `broken`: one is missing or changed, and the lease runs. `ended`: the lease is
 * over; what is missing or changed is told all the same. `unknown`: some file could not be looked at, and no other is
 * wrong.
 */
export type LeaseState = 'kept' | 'broken' | 'ended' | 'unknown';

export interface LeaseCheck {
  readonly v: 1;
  readonly table: string;
  /** Digest of the list of files that was held against the table. */
  readonly listing: string;
  readonly until: string;
  readonly agreed: string;
  readonly state: LeaseState;
  /** Whole days that are left after today; negative once it has ended. */
  readonly daysLeft: number;
  readonly depth: LeaseDepth['kind'];
  readonly files: number;
  /** Files whose every byte was read. */
  readonly digested: number;
  readonly missing: readonly Pick<LakeFile, 'path' | 'role' | 'size'>[];
  readonly changed: readonly ChangedFile[];
  readonly unread: readonly { readonly path: string; readonly why: string }[];
  readonly checkedAt: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Holds every file of a referenced table against its record: there, of its size and, as far as `depth` says, of its
 * SHA-256. A lost file is a value; nothing is thrown for it.
 */
export async function checkLease(
  table: LeasedTable,
  read: { readonly listing: TableListing; readonly files: LakeFiles },
  how: { readonly depth: LeaseDepth; readonly now: Date },
): Promise<LeaseCheck> {
  const { files } = read.listing;
  const digested = new Set(toDigest(files, how.depth).map(({ path }) => path));
  const missing: LakeFile[] = [];
  const changed: ChangedFile[] = [];
  const unread: { path: string; why: string }[] = [];
  for (const file of files) {
    const found = await look(read.files, file, digested.has(file.path)).catch((error: unknown) => {
      unread.push({ path: file.path, why: error instanceof Error ? error.message : String(error) });
    });
    if (found === undefined) continue;
    if (found === null) missing.push(file);
    else changed.push(...differences(file, found));
  }
  const { until, agreed } = table.lease;
  const daysLeft = Math.floor((endOf(until) - how.now.getTime()) / DAY_MS);
  return {
    v: 1,
    table: tableTitle(table),
    listing: table.listing.digest,
    until,
    agreed,
    state: stateOf({ isOver: daysLeft < 0, wrong: missing.length + changed.length, unread }),
    daysLeft,
    depth: how.depth.kind,
    files: files.length,
    digested: digested.size,
    missing: missing.map(({ path, role, size }) => ({ path, role, size })),
    changed,
    unread,
    checkedAt: how.now.toISOString(),
  };
}

/** A check in a sentence, for whoever has to act; undefined when nothing is wrong. */
export function leaseProblem(check: LeaseCheck): string | undefined {
  const { missing, changed, unread, table, until } = check;
  const parts = [
    ...(missing.length === 0 ? [] : [`${missing.length} are gone (${shown(missing)})`]),
    ...(changed.length === 0 ? [] : [`${changed.length} have changed (${shown(changed)})`]),
    ...(unread.length === 0 ? [] : [`${unread.length} could not be looked at (${shown(unread)})`]),
  ];
  if (check.state === 'ended') {
    const loss = parts.length === 0 ? 'all files are still there' : parts.join(', ');
    return `the lease on ${table} ended on ${until}; ${loss}: agree on a later date or run the pipeline again with \`mode: copied\``;
  }
  if (parts.length === 0) return undefined;
  const what = `of the ${check.files} files that ${table} needs, ${parts.join(', ')}`;
  return check.state === 'broken'
    ? `${what}, though the lease runs until ${until}: have its owner restore them from a backup`
    : `${what}: give whoever checks the right to read them`;
}

function shown(files: readonly { readonly path: string }[]): string {
  const named = files.slice(0, 3).map(({ path }) => `\`${path}\``);
  return `${named.join(', ')}${files.length > named.length ? ', …' : ''}`;
}

function endOf(day: string): number {
  return Date.parse(`${day}T00:00:00.000Z`) + DAY_MS - 1;
}

function stateOf(facts: {
  readonly isOver: boolean;
  readonly wrong: number;
  readonly unread: readonly unknown[];
}): LeaseState {
  if (facts.isOver) return 'ended';
  if (facts.wrong > 0) return 'broken';
  return facts.unread.length > 0 ? 'unknown' : 'kept';
}

function toDigest(files: readonly LakeFile[], depth: LeaseDepth): readonly LakeFile[] {
  if (depth.kind === 'size') return [];
  if (depth.kind === 'full') return files;
  const rank = ({ path }: LakeFile) =>
    createHash('sha256').update(`${depth.seed}\0${path}`).digest('hex');
  const ranked = files.map((file) => ({ file, rank: rank(file) }));
  const first = ranked.toSorted((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, depth.files);
  return first.map(({ file }) => file);
}

async function look(
  files: LakeFiles,
  { uri }: LakeFile,
  whole: boolean,
): Promise<FoundFile | null> {
  if (!whole) return files.size(uri);
  return files.digest(uri);
}

function differences(file: LakeFile, found: FoundFile): readonly ChangedFile[] {
  const { path, role } = file;
  if (found.size !== file.size) {
    return [{ path, role, what: 'size', recorded: String(file.size), found: String(found.size) }];
  }
  if (found.digest === undefined || found.digest === file.sha256) return [];
  return [{ path, role, what: 'sha256', recorded: file.sha256, found: found.digest }];
}
