// SPDX-License-Identifier: Apache-2.0
import { parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { isPinned } from '../file/pinned-origin.ts';
import { PIPELINE_FILE } from '../file/pipeline-file-name.ts';
import { splitParts } from '../file/split-parts.ts';
import type { BundledCommit } from '../source/compare-commits.ts';
import { readBundledFile } from '../source/read-bundled-file.ts';

/** A data version that a commit's pipeline reads. */
export interface Pin {
  readonly dataset: string;
  readonly snapshot: string;
  /** Whether the dataset keeps rows of it from every step. */
  readonly isSealing: boolean;
}

/**
 * Which data versions an archived commit reads, before it is run: none of a commit or file that cannot be read, which the
 * run itself refuses with its line. The scratch directory is removed.
 */
export async function pinsOfCommit(scratch: string, at: BundledCommit): Promise<readonly Pin[]> {
  const text = await readBundledFile(scratch, at, PIPELINE_FILE).catch(() => undefined);
  if (text === undefined) return [];
  try {
    const { data = {} } = parsePipelineFile(text).file;
    return Object.entries(data).flatMap(([dataset, declared]) => {
      const { from } = declared;
      if (!isPinned(from)) return [];
      const isSealing = splitParts(declared).some(({ access }) => access === 'sealed');
      return [{ dataset, snapshot: from.snapshot, isSealing }];
    });
  } catch {
    return [];
  }
}
