// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import type { Dataset } from '../file/data-section.ts';
import type { ControlTotal, DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import { takeSnapshot } from '../snapshot/take-snapshot.ts';
import type { Extracted } from './extracted.ts';
import { type SourceReading, sourceReading, withSourceTypes } from './source-reading.ts';

export interface ExtractedSnapshotRequest {
  readonly name: string;
  readonly dataset: Dataset;
  readonly extracted: Extracted;
  /** `countersign.yaml:12` for a path below `data.<name>`. */
  readonly locate: (path: readonly PropertyKey[]) => string;
  readonly blobs: BlobStore;
  /** An own directory for the files of the splits. */
  readonly workDir: string;
}

/** Archives and measures what `extractDataset` fetched. Throws PipelineError as `takeSnapshot` does. */
export async function snapshotExtracted(
  request: ExtractedSnapshotRequest,
): Promise<DatasetSnapshot> {
  const { name, extracted, locate, blobs, workDir } = request;
  const reading = sourceReading(extracted.origin);
  const snapshot = await takeSnapshot({
    name,
    dataset: withSourceTypes(request.dataset, reading),
    origin: extracted.origin,
    place: { path: extracted.path, name: extracted.file, locate },
    blobs,
    workDir,
    emptyIsText: reading.emptyIsText,
    keepContent: extracted.keepContent ?? true,
  }).catch((cause: unknown) => {
    throw inItsPart(cause, extracted);
  });
  return {
    ...snapshot,
    controlTotals: [...snapshot.controlTotals, ...sourceRows(snapshot, reading)],
  };
}

/** Rows that arrived against rows that the source counted. */
function sourceRows(
  { rowsRead }: DatasetSnapshot,
  { rows }: SourceReading,
): readonly ControlTotal[] {
  if (rows === undefined) return [];
  const what = 'rows as counted by the source';
  return [{ what, declared: String(rows), found: String(rowsRead), agrees: rows === rowsRead }];
}

/** A bad row of a table of several files is told by the file that holds it. */
function inItsPart(cause: unknown, { placeOfLine }: Extracted): unknown {
  if (!(cause instanceof PipelineError) || cause.code !== 'csv_bad_row') return cause;
  const { line } = cause.details;
  if (placeOfLine === undefined || typeof line !== 'number') return cause;
  return new PipelineError('csv_bad_row', `${placeOfLine(line)}: ${cause.message}`, {
    details: cause.details,
    cause,
  });
}
