// SPDX-License-Identifier: Apache-2.0
import { isFull } from '../blobs/upload.ts';
import { PipelineError } from '../errors.ts';
import { isPinned } from '../file/pinned-origin.ts';
import { extractTable } from '../lakehouse/extract-table.ts';
import { extractDvc } from './extract-dvc.ts';
import { extractPath } from './extract-path.ts';
import { extractPinned } from './extract-pinned.ts';
import { extractPostgres } from './extract-postgres.ts';
import { extractS3 } from './extract-s3.ts';
import { extractStepFile } from './extract-step-file.ts';
import type { Extracted, ExtractRequest } from './extracted.ts';

/**
 * Fetches the bytes of a dataset, wherever `from` says that they are, into one file. The one place where kinds of
 * origin are told apart. Throws PipelineError: `file_missing`, `source_missing`, `source_unreachable`,
 * `source_refused`, `source_credentials_missing`, `source_changed` (while it was read), `source_differs` (from its own
 * claim), `storage_full`, `snapshot_unreadable`, or of a lakehouse `table_*`; none of them holds a credential.
 */
export async function extractDataset(request: ExtractRequest): Promise<Extracted> {
  try {
    return await extractByKind(request);
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    const message = `the disk has no room for \`${request.name}\` while it is fetched; free some and run it again`;
    throw new PipelineError('storage_full', message, { cause });
  }
}

async function extractByKind(request: ExtractRequest): Promise<Extracted> {
  const { from } = request;
  if (isPinned(from)) return extractPinned(request, from);
  if ('path' in from) return extractPath(request, from);
  if ('step' in from) return extractStepFile(request, from);
  if ('s3' in from) return extractS3(request, from);
  if ('postgres' in from) return extractPostgres(request, from);
  if ('delta' in from || 'iceberg' in from) return extractTable(request, from);
  return extractDvc(request, from);
}
