// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const common = {
  mode: z.literal('referenced'),
  lease: z.object({ until: z.iso.date(), agreed: z.string() }),
  listing: z.object({
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    size: z.number().int().min(0),
  }),
  region: z.string().nullable(),
  endpoint: z.string().nullable(),
};

const leasedTable = z.union([
  z.object({ delta: z.string(), version: z.number().int().min(0), ...common }),
  z.object({ iceberg: z.string(), snapshot: z.string(), ...common }),
]);

/** What a check needs of the origin of a referenced table, whether it comes from a run or from a record. */
export type LeasedTable = z.output<typeof leasedTable>;

/** The origin of a snapshot, as a run or a record holds it; undefined unless it is a table under a lease. */
export function readLeasedTable(origin: unknown): LeasedTable | undefined {
  return leasedTable.safeParse(origin).data;
}

export interface HeldTable<T> {
  readonly table: LeasedTable;
  /** Who rests on it, each once, in the order found. */
  readonly by: readonly T[];
}

/**
 * Each table under a lease once, the lease that ends first at the head: one listing of files, held until one day.
 * @param nameOf tells two that rest on a table apart
 */
export function heldTables<T>(
  found: Iterable<{ readonly table: LeasedTable; readonly by: T }>,
  nameOf: (by: T) => string,
): readonly HeldTable<T>[] {
  const held = new Map<string, { table: LeasedTable; by: Map<string, T> }>();
  for (const { table, by } of found) {
    const key = `${table.listing.digest} ${table.lease.until}`;
    const known = held.get(key) ?? { table, by: new Map<string, T>() };
    known.by.set(nameOf(by), by);
    held.set(key, known);
  }
  return [...held.values()]
    .map(({ table, by }) => ({ table, by: [...by.values()] }))
    .toSorted((a, b) => (a.table.lease.until < b.table.lease.until ? -1 : 1));
}
