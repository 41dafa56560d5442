// SPDX-License-Identifier: Apache-2.0
import { type ColumnTypes, loadTable, type Table } from '@countersign/analysis';
import type { BlobStore, DatasetSnapshot, RunResult, SplitSnapshot } from '@countersign/pipeline';
import { ServerError } from '../errors.ts';

export interface LoadedSplit {
  readonly table: Table;
  readonly snapshot: DatasetSnapshot;
  readonly split: SplitSnapshot;
  /** Digest of the rows as they were kept, columns withheld from steps included. */
  readonly content: string;
}

/**
 * Rows of a split as the snapshot kept them, with every column, whoever may read it: `dataset.split`, or `dataset` where
 * it is used whole. The caller closes the table.
 * @throws ServerError `evidence_unavailable` for a split that the run did not take
 */
export async function loadSplit(
  context: { readonly blobs: BlobStore },
  result: RunResult,
  name: string,
): Promise<LoadedSplit> {
  const { snapshot, split } = findSplit(result, name);
  const bytes = await context.blobs.get(split.content.digest);
  const columns: ColumnTypes = Object.fromEntries(
    snapshot.columns.map((column) => [column.name, column.type]),
  );
  const table = await loadTable({ format: snapshot.format, bytes }, columns);
  return { table, snapshot, split, content: split.content.digest };
}

export function findSplit(
  result: RunResult,
  name: string,
): { readonly snapshot: DatasetSnapshot; readonly split: SplitSnapshot } {
  const [dataset = '', part = 'all'] = name.split('.');
  const snapshot = result.snapshots.find((one) => one.dataset === dataset);
  const split = snapshot?.splits.find((one) => one.split === part);
  if (snapshot === undefined || split === undefined) {
    const known = result.snapshots.flatMap((one) =>
      one.splits.map((taken) => `${one.dataset}.${taken.split}`),
    );
    throw new ServerError(
      'evidence_unavailable',
      `the run took no split \`${name}\`; it took ${known.join(', ')}`,
      { details: { split: name } },
    );
  }
  return { snapshot, split };
}
