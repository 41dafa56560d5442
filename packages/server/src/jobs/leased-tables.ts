// SPDX-License-Identifier: Apache-2.0
import { type Json, type RecordSet, recordsOfType, type SubjectRef } from '@countersign/kernel';
import { type LeasedTable, readLeasedTable } from '@countersign/pipeline';

/** A version of a table that is left with its owner, and what rests on it. */
export interface HeldTable {
  readonly table: LeasedTable;
  /** Of the snapshots that were read from it, each dataset of each version once. */
  readonly subjects: readonly SubjectRef[];
}

/**
 * Every table under a lease that counted records name, the lease that ends first at the head: what a schedule gives to
 * `checkLeases`, with whom a lost file concerns.
 */
export function leasedTables(set: RecordSet): readonly HeldTable[] {
  const held = new Map<string, { table: LeasedTable; subjects: Map<string, SubjectRef> }>();
  for (const { statement } of recordsOfType(set, 'dataset-snapshot')) {
    const { content, subjectRef } = statement.predicate;
    const table = readLeasedTable(originOf(content.source));
    if (table === undefined) continue;
    const key = `${table.listing.digest} ${table.lease.until}`;
    const known = held.get(key) ?? { table, subjects: new Map<string, SubjectRef>() };
    known.subjects.set(JSON.stringify(subjectRef), subjectRef);
    held.set(key, known);
  }
  return [...held.values()]
    .map(({ table, subjects }) => ({ table, subjects: [...subjects.values()] }))
    .toSorted((a, b) => (a.table.lease.until < b.table.lease.until ? -1 : 1));
}

function originOf(source: Json | undefined): Json | undefined {
  return typeof source === 'object' && source !== null && !Array.isArray(source)
    ? (source as { readonly [name: string]: Json }).origin
    : undefined;
}
