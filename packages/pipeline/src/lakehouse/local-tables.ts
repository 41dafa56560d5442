// SPDX-License-Identifier: Apache-2.0
import type { DatasetOrigin } from '../file/origin-section.ts';
import { parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { PIPELINE_FILE } from '../file/pipeline-file-name.ts';
import type { BundledCommit } from '../source/compare-commits.ts';
import { readBundledFile } from '../source/read-bundled-file.ts';
import { localPath } from './table-place.ts';

/** A place on the machine that runs the pipeline, which a dataset would read a table from. */
export interface LocalTable {
  readonly dataset: string;
  readonly path: string;
}

/**
 * Which directories and files of its own machine an archived commit's pipeline would read tables from: none of a commit or
 * file that cannot be read, which the run itself refuses with its line. The scratch directory is removed.
 */
export async function localTablesOfCommit(
  scratch: string,
  at: BundledCommit,
): Promise<readonly LocalTable[]> {
  const text = await readBundledFile(scratch, at, PIPELINE_FILE).catch(() => undefined);
  if (text === undefined) return [];
  try {
    const { data = {} } = parsePipelineFile(text).file;
    return Object.entries(data).flatMap(([dataset, { from }]) =>
      addressesOf(from).flatMap((address) => {
        const path = localPath(address);
        return path === undefined ? [] : [{ dataset, path }];
      }),
    );
  } catch {
    return [];
  }
}

function addressesOf(from: DatasetOrigin): readonly string[] {
  if ('delta' in from) return [from.delta];
  if (!('iceberg' in from)) return [];
  const { catalog, iceberg } = from;
  if (catalog === undefined) return [iceberg];
  return [catalog.uri.slice('sqlite:///'.length), catalog.warehouse];
}
