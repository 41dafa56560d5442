// SPDX-License-Identifier: Apache-2.0
import { type Json, type RecordSet, recordsOfType, type SubjectRef } from '@countersign/kernel';
import { heldTables, type LeasedTable, readLeasedTable } from '@countersign/pipeline';

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
  const found = recordsOfType(set, 'dataset-snapshot').flatMap(({ statement }) => {
    const { content, subjectRef } = statement.predicate;
    const table = readLeasedTable(originOf(content.source));
    return table === undefined ? [] : [{ table, by: subjectRef }];
  });
  return heldTables(found, (subject) => JSON.stringify(subject)).map(({ table, by }) => ({
    table,
    subjects: by,
  }));
}

function originOf(source: Json | undefined): Json | undefined {
  return typeof source === 'object' && source !== null && !Array.isArray(source)
    ? (source as { readonly [name: string]: Json }).origin
    : undefined;
}
