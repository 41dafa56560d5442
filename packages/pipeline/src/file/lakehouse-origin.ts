// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, rowCondition, sentence } from './common-values.ts';

/** A directory of the machine that runs the pipeline, or a place in S3. Anything before an `@` would be a credential. */
const tableAddress = z
  .string()
  .max(1100)
  .regex(
    /^(?:\/|file:\/\/\/|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/)[^\0@?#]+$/,
    'expected `/lake/loans`, `file:///lake/loans` or `s3://bucket/loans`; credentials come from the environment',
  )
  .refine(
    (address) => !address.split('/').includes('..'),
    'expected an address without `..` in it',
  );

const endpoint = z
  .string()
  .max(500)
  .regex(
    /^https?:\/\/[^\s/@?#]+(?:\/[^\s@?#]*)?$/,
    'expected an address such as `https://s3.example.com`; credentials come from the environment',
  );

const lease = z.strictObject({
  /** Until the end of this day (UTC) the owner removes nothing that the version needs. */
  until: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date such as `2030-12-31`'),
  /** Who agreed to it, and where that is written. */
  agreed: sentence,
});

const reading = {
  /** `copied`: the rows are archived. `referenced`: the table keeps them, under a lease. */
  mode: z.enum(['copied', 'referenced']).optional(),
  columns: z.array(columnName).min(1).max(2000).optional(),
  where: rowCondition.optional(),
  lease: lease.optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .optional(),
  endpoint: endpoint.optional(),
};

interface Leased {
  readonly mode?: 'copied' | 'referenced' | undefined;
  readonly lease?: object | undefined;
}

const needsLease = ({ mode, lease: agreed }: Leased) =>
  mode !== 'referenced' || agreed !== undefined;
const LEASE_NEEDED = {
  path: ['mode'],
  message:
    'a referenced table needs `lease: { until, agreed }`: who keeps its files, and until when; or write `mode: copied`',
};
const mayLease = ({ mode, lease: agreed }: Leased) => mode === 'referenced' || agreed === undefined;
const NO_LEASE = { path: ['lease'], message: 'a copied table needs no lease; remove it' };

export const deltaOrigin = z
  .strictObject({
    delta: tableAddress,
    version: z.number().int().min(0),
    ...reading,
  })
  .refine(needsLease, LEASE_NEEDED)
  .refine(mayLease, NO_LEASE);

const snapshotId = z.union(
  [z.string().regex(/^\d{1,19}$/), z.number().int().min(0).transform(String)],
  {
    error:
      'expected the digits of a snapshot id in quotes, such as `"8554406503755928321"`: a bare number of that length is rounded',
  },
);

const identifier = /^[^\s./@]+(?:\.[^\s./@]+)+$/;

export const icebergOrigin = z
  .strictObject({
    /** A `.metadata.json` file of the table; or, with a catalog, the table's name in it. */
    iceberg: z.string().min(1).max(1100),
    snapshot: snapshotId,
    catalog: z
      .strictObject({
        type: z
          .string()
          .regex(
            /^sql$/,
            'expected `sql`; of a table in another catalog name the `.metadata.json` file and no catalog',
          ),
        uri: z
          .string()
          .regex(
            /^sqlite:\/\/\/\/[^\0@?#]+$/,
            'expected `sqlite:////lake/catalog.db`, four slashes before the path',
          ),
        /** The name that the catalog has in its own tables. */
        name: z.string().min(1).max(255).optional(),
        warehouse: tableAddress,
      })
      .optional(),
    ...reading,
  })
  .refine(
    ({ iceberg, catalog }) =>
      catalog === undefined
        ? tableAddress.safeParse(iceberg).success && iceberg.endsWith('.metadata.json')
        : identifier.test(iceberg),
    {
      path: ['iceberg'],
      message:
        'expected `/lake/loans/metadata/00003-….metadata.json` (or `file://`, `s3://`), or `namespace.table` beside a `catalog`',
    },
  )
  .refine(needsLease, LEASE_NEEDED)
  .refine(mayLease, NO_LEASE);

export type DeltaOrigin = z.output<typeof deltaOrigin>;
export type IcebergOrigin = z.output<typeof icebergOrigin>;
export type LakehouseOrigin = DeltaOrigin | IcebergOrigin;
