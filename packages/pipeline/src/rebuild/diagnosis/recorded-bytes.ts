// SPDX-License-Identifier: Apache-2.0
import type { Rerun } from './rerun-step.ts';

/** Whether a rerun made every file with the bytes of the record. */
export function isRecorded(
  at: { readonly recordedFiles: ReadonlyMap<string, string> },
  rerun: Rerun,
): boolean {
  return (
    rerun.files.size === at.recordedFiles.size &&
    [...at.recordedFiles].every(([file, digest]) => rerun.files.get(file) === digest)
  );
}
