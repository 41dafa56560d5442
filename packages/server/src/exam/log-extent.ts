// SPDX-License-Identifier: Apache-2.0
import {
  concatBytes,
  leafHash,
  type Period,
  type Primitives,
  parseLogLeaf,
  toBase64,
} from '@countersign/kernel';
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';

export interface PublishedSize {
  readonly size: number;
  /** The signed note. */
  readonly text: string;
}

/** The largest checkpoint of what the log held at a time. @throws ServerError `checkpoint_unknown` */
export async function checkpointKnownAt(
  db: Kysely<Database>,
  known: string,
): Promise<PublishedSize> {
  const later = await db
    .selectFrom('log_entry')
    .select(({ fn }) => fn.min('index').as('first'))
    .where('logged_at', '>', new Date(known))
    .executeTakeFirst();
  let query = db.selectFrom('checkpoint').select(['size', 'text']).orderBy('size', 'desc').limit(1);
  const first = later?.first;
  if (first !== null && first !== undefined) query = query.where('size', '<=', Number(first));
  const row = await query.executeTakeFirst();
  if (row === undefined) {
    throw new ServerError('checkpoint_unknown', `no checkpoint was published by ${known}`, {
      details: { known },
    });
  }
  return { size: Number(row.size), text: row.text };
}

/** Signed states of the log next to both ends of a range: one before it begins, one that covers all of it. */
export async function checkpointsAround(
  db: Kysely<Database>,
  range: { readonly from: number; readonly to: number },
  whole: PublishedSize,
): Promise<readonly string[]> {
  const nearest = (direction: 'asc' | 'desc') =>
    db.selectFrom('checkpoint').select(['size', 'text']).orderBy('size', direction).limit(1);
  const before = await nearest('desc').where('size', '<=', range.from).executeTakeFirst();
  const after = await nearest('asc')
    .where('size', '>=', Math.max(range.to, 1))
    .where('size', '<=', whole.size)
    .executeTakeFirst();
  const texts = [whole, before, after].flatMap((one) => (one === undefined ? [] : [one.text]));
  return [...new Set(texts)];
}

export interface LogExtent {
  /** Leaf hashes of every entry, 32 bytes each. */
  readonly hashes: Uint8Array;
  /** The entries of the period: from, up to but not including to. */
  readonly range: { readonly from: number; readonly to: number };
  /** Leaves on either side of both ends of the period. */
  readonly edges: readonly { readonly index: number; readonly leaf: string }[];
}

const PAGE_ENTRIES = 5_000;

/** Reads every leaf of the log up to a size, page by page: memory grows by the hashes alone. @throws ServerError `ledger_corrupt` */
export async function readExtent(
  db: Kysely<Database>,
  primitives: Primitives,
  { size, period }: { readonly size: number; readonly period: Period },
): Promise<LogExtent> {
  const hashes: Uint8Array[] = [];
  const begin = boundary((time) => time >= period.from);
  const end = boundary((time) => time > period.to);
  while (hashes.length < size) {
    const rows = await db
      .selectFrom('log_entry')
      .select(['index', 'leaf'])
      .where('index', '>=', hashes.length)
      .where('index', '<', Math.min(size, hashes.length + PAGE_ENTRIES))
      .orderBy('index')
      .execute();
    if (rows.length === 0) throw missingEntry(hashes.length);
    for (const { index, leaf } of rows) {
      if (index !== hashes.length) throw missingEntry(hashes.length);
      hashes.push(leafHash(primitives, leaf));
      begin.take(index, leaf);
      end.take(index, leaf);
    }
  }
  const edges = new Map([...begin.leaves(), ...end.leaves()]);
  return {
    hashes: concatBytes(...hashes),
    range: { from: begin.first() ?? size, to: end.first() ?? size },
    edges: [...edges]
      .sort(([a], [b]) => a - b)
      .map(([index, leaf]) => ({ index, leaf: toBase64(leaf) })),
  };
}

/** The first entry past a boundary of time, with the leaf before it: log times never go back. */
function boundary(isPast: (time: string) => boolean) {
  let before: readonly [number, Uint8Array] | undefined;
  let first: readonly [number, Uint8Array] | undefined;
  return {
    take(index: number, leaf: Uint8Array): void {
      if (first !== undefined) return;
      if (isPast(parseLogLeaf(leaf).time)) first = [index, leaf];
      else before = [index, leaf];
    },
    first: () => first?.[0],
    leaves: () => [before, first].filter((one) => one !== undefined),
  };
}

function missingEntry(index: number): ServerError {
  return new ServerError(
    'ledger_corrupt',
    `entry ${index} of the log is missing; run \`countersign ledger verify\``,
    { details: { index } },
  );
}
