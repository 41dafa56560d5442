// SPDX-License-Identifier: Apache-2.0
import { canonicalBytes } from '@countersign/kernel';
import { z } from 'zod';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { toRecordJson } from '../file/to-record-json.ts';

const count = z.number().int().min(0);

const lakeFile = z.strictObject({
  /** As the table names it. */
  path: z.string(),
  uri: z.string(),
  role: z.enum(['data', 'deletes', 'log', 'manifest', 'manifest-list']),
  /** Rows that must come out of a data file; null where the table does not say. */
  rows: count.nullable(),
  size: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const tableListing = z.strictObject({
  v: z.literal(1),
  kind: z.enum(['delta', 'iceberg']),
  table: z.string(),
  version: count.optional(),
  snapshot: z.string().optional(),
  /** Milliseconds since 1970. */
  committedAt: count.nullable(),
  tableId: z.string(),
  metadataLocation: z.string().optional(),
  schema: z.array(z.strictObject({ name: z.string(), type: z.string(), nullable: z.boolean() })),
  partitionColumns: z.array(z.string()),
  properties: z.record(z.string(), z.string().nullable()),
  protocol: z.record(z.string(), z.union([count, z.array(z.string())])),
  summary: z.record(z.string(), z.string()).optional(),
  order: z.string(),
  rowsOfVersion: count,
  rows: count,
  columns: z.array(z.string()),
  files: z.array(lakeFile),
});

/** What a version of a table consists of, as the reading found it. */
export type TableListing = z.output<typeof tableListing>;
export type LakeFile = z.output<typeof lakeFile>;

/** A listing as the reading program wrote it. Throws PipelineError `table_unsupported`. */
export function parseListing(text: string): TableListing {
  const parsed = tableListing.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  throw new PipelineError(
    'table_unsupported',
    `the table cannot be listed: \`${where}\`: ${issue?.message ?? ''}`,
  );
}

export function storeListing(listing: TableListing, blobs: BlobStore): Promise<BlobRef> {
  return blobs.put(canonicalBytes(toRecordJson(listing)));
}

/** Throws PipelineError `blob_missing` or `blob_corrupt`. */
export async function readListing(
  { listing }: { readonly listing: BlobRef },
  blobs: Pick<BlobStore, 'get'>,
): Promise<TableListing> {
  return parseListing(Buffer.from(await blobs.get(listing.digest)).toString('utf8'));
}
