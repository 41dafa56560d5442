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
