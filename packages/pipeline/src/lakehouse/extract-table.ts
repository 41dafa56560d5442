// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import type { Extracted, ExtractRequest } from '../extract/extracted.ts';
import type { LakehouseOrigin } from '../file/lakehouse-origin.ts';
import { openDatabase } from '../snapshot/open-database.ts';
import { checkRowCondition } from '../snapshot/row-condition.ts';
import { quoteName } from '../snapshot/sql-text.ts';
import { openReader, type ReaderHost } from './lake-reader.ts';
import type { LakehouseFacts, LakeReader } from './lakehouse-facts.ts';
import { readTable } from './read-table.ts';
import { storeListing, type TableListing } from './table-listing.ts';
import type { WantedTable } from './table-place.ts';

/**
 * A version of a Delta or Iceberg table as one Parquet file, with every file of the version by digest in its origin.
 * Throws PipelineError as `readTable` and `openReader` do.
 */
export async function extractTable(
  request: ExtractRequest,
  from: LakehouseOrigin,
): Promise<Extracted> {
  const { blobs, name, signal, workDir } = request;
  const host = readerHost(request);
  const locate = (path: readonly PropertyKey[]) => request.locate(['from', ...path]);
  const directory = join(workDir, 'lakehouse');
  await mkdir(directory, { recursive: true });
  request.report(`${name}: libraries that read the table`);
  const reader = await openReader({ blobs, host, workDir: directory, signal });
  const wanted = wantedTable(from);
  request.report(`${name}: ${wanted.table}`);
  const { environment } = request;
  const read = await readTable(wanted, { reader, workDir: directory, environment, locate, signal });
  if (wanted.where !== null)
    await requireRowCondition(wanted.where, read.listing, { locate, directory });
  const listing = await storeListing(read.listing, blobs);
  const origin = facts(from, { ...read, stored: listing, reader: reader.record, request });
  return {
    path: read.path,
    file: `${name}.parquet`,
    origin,
    ...(origin.mode === 'referenced' ? { keepContent: false } : {}),
  };
}

/** Throws PipelineError `source_unsupported` where nobody said how Python is found. */
export function readerHost({
  readerHost: host,
  name,
}: Pick<ExtractRequest, 'readerHost' | 'name'>): ReaderHost {
  if (host !== undefined) return host;
  const message = `\`${name}\` is a table of a lakehouse, and nobody said how Python is found; run the pipeline`;
  throw new PipelineError('source_unsupported', message);
}

function wantedTable(from: LakehouseOrigin): WantedTable {
  const common = {
    columns: from.columns ?? null,
    where: from.where ?? null,
    region: from.region ?? null,
    endpoint: from.endpoint ?? null,
  };
  if ('delta' in from) {
    return { kind: 'delta', table: from.delta, version: from.version, ...common };
  }
  return {
    kind: 'iceberg',
    table: from.iceberg,
    snapshot: from.snapshot,
    catalog: recordedCatalog(from.catalog),
    ...common,
  };
}

type Catalog = Extract<LakehouseOrigin, { iceberg: string }>['catalog'];

function recordedCatalog(catalog: Catalog) {
  return catalog === undefined ? null : { ...catalog, name: catalog.name ?? null };
}

/** The reading saw a condition and cannot know whether it looks at one row alone; the platform's own parser does. */
async function requireRowCondition(
  where: string,
  { columns }: TableListing,
  at: { readonly locate: (path: readonly PropertyKey[]) => string; readonly directory: string },
): Promise<void> {
  const database = await openDatabase([at.directory]);
  try {
    const names = columns.map((name) => `${quoteName(name)} VARCHAR`).join(', ');
    await database.run(`CREATE TABLE t (${names})`);
    await checkRowCondition(database, where, at.locate(['where']));
  } finally {
    database.close();
  }
}

function chosenSchema(columns: readonly string[] | null, { schema }: TableListing) {
  const types = new Map(schema.map(({ name, type }) => [name, type]));
  return (columns ?? [...types.keys()]).map((name) => ({ name, type: types.get(name) ?? '' }));
}

function facts(
  from: LakehouseOrigin,
  found: {
    readonly listing: TableListing;
    readonly stored: BlobRef;
    readonly reader: LakeReader;
    readonly request: Pick<ExtractRequest, 'now'>;
  },
): LakehouseFacts {
  const { listing, reader, request } = found;
  const { committedAt, files } = listing;
  const common = {
    mode: from.mode ?? 'copied',
    lease: from.lease ?? null,
    committedAt: committedAt === null ? null : new Date(committedAt).toISOString(),
    tableId: listing.tableId,
    columns: from.columns ?? null,
    where: from.where ?? null,
    order: listing.order,
    schema: chosenSchema(from.columns ?? null, listing),
    rowsOfVersion: listing.rowsOfVersion,
    rows: listing.rows,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    listing: found.stored,
    reader,
    region: from.region ?? null,
    endpoint: from.endpoint ?? null,
    extractedAt: request.now().toISOString(),
  } as const;
  if ('delta' in from) return { delta: from.delta, version: from.version, ...common };
  return {
    iceberg: from.iceberg,
    snapshot: from.snapshot,
    catalog: recordedCatalog(from.catalog),
    metadata: listing.metadataLocation ?? '',
    ...common,
  };
}
