// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { Extracted, ExtractRequest } from '../extract/extracted.ts';
import { readerHost } from './extract-table.ts';
import { fileRef } from './file-ref.ts';
import { restoreReader } from './lake-reader.ts';
import { type LakehouseFacts, type ReferencedSnapshot, tableTitle } from './lakehouse-facts.ts';
import { readTable } from './read-table.ts';
import { readListing, type TableListing } from './table-listing.ts';
import type { WantedTable } from './table-place.ts';

type RereadRequest = Pick<
  ExtractRequest,
  'name' | 'workDir' | 'blobs' | 'readerHost' | 'environment' | 'locate' | 'signal'
>;

/**
 * The rows of a referenced table once more, for a rebuild: by the archived program and libraries, at the recorded
 * version. No row is used before every data and delete file has its recorded digest and the result its own. Throws
 * PipelineError `table_file_missing`, `table_file_changed`, `source_differs` and as `readTable` and `restoreReader` do.
 */
export async function rereadTable(
  { origin, content }: ReferencedSnapshot,
  request: RereadRequest,
): Promise<Extracted> {
  const { blobs, name, signal, environment } = request;
  const directory = join(request.workDir, 'lakehouse');
  await mkdir(directory, { recursive: true });
  const recorded = await readListing(origin, blobs);
  const reader = await restoreReader(origin.reader, {
    blobs,
    workDir: directory,
    host: readerHost(request),
    signal,
  });
  const locate = (path: readonly PropertyKey[]) => request.locate(['from', ...path]);
  const read = await readTable(recordedTable(origin), {
    reader,
    workDir: directory,
    environment,
    locate,
    signal,
  });
  requireSameFiles(origin, { recorded, found: read.listing });
  const { digest } = await fileRef(read.path, signal);
  if (digest !== content.digest) {
    const message = `${tableTitle(origin)} has its recorded files, and its rows come out with other bytes (${digest.slice(0, 12)} instead of ${content.digest.slice(0, 12)}); rebuild with the recorded interpreter`;
    throw new PipelineError('source_differs', message, { details: { dataset: name, digest } });
  }
  return { path: read.path, file: `${name}.parquet`, origin, keepContent: false };
}

function recordedTable(origin: LakehouseFacts): WantedTable {
  const { columns, where, region, endpoint } = origin;
  const common = { columns, where, region, endpoint };
  if ('delta' in origin) {
    return { kind: 'delta', table: origin.delta, version: origin.version, ...common };
  }
  const { iceberg: table, snapshot, catalog } = origin;
  return { kind: 'iceberg', table, snapshot, catalog, ...common };
}

/** Logs and manifests may be written anew (a checkpoint, a rewritten manifest); the files that hold rows may not. */
function requireSameFiles(
  origin: LakehouseFacts,
  listings: { readonly recorded: TableListing; readonly found: TableListing },
): void {
  const before = rowFiles(listings.recorded);
  const now = rowFiles(listings.found);
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
    (path) => before.get(path) !== now.get(path),
  );
  if (changed.length === 0) return;
  const shown = changed.slice(0, 10).map((path) => `\`${path}\``);
  const message = `${tableTitle(origin)} is not the recorded one: ${changed.length} of its files have other bytes: ${shown.join(', ')}; restore them from a backup of the table`;
  throw new PipelineError('table_file_changed', message, {
    details: { files: changed.slice(0, 10) },
  });
}

function rowFiles({ files }: TableListing): ReadonlyMap<string, string> {
  return new Map(
    files
      .filter(({ role }) => role === 'data' || role === 'deletes')
      .map(({ path, sha256 }) => [path, sha256]),
  );
}
