// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import type { FolderSnapshot } from '../snapshot/folder-snapshot.ts';
import type { DeclaredEvidence, NamedBlob, StepRecord } from './result.ts';

/** What has been made so far; later steps read from here and from nowhere else. */
export interface Made {
  readonly files: Map<string, NamedBlob>;
  readonly snapshots: Map<string, DatasetSnapshot>;
  /** Datasets that are files and no table. */
  readonly folders: Map<string, FolderSnapshot>;
  readonly steps: StepRecord[];
  readonly evidence: DeclaredEvidence[];
}

export function notMade(name: string): PipelineError {
  return new PipelineError(
    'step_input_missing',
    `\`${name}\` does not exist yet; the plan of the steps is wrong`,
  );
}
