// SPDX-License-Identifier: Apache-2.0

/**
 * One thread that reads files: it is given lists of paths and answers each list with what it found. It knows the
 * directories of the store and no more.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type FileOutcome, readBuffer, readTreeFile, type TreeStore } from './tree-file.ts';

/** A failure keeps its code: errors that cross a thread lose the members of their class. */
export type ThreadOutcome =
  | FileOutcome
  | { readonly failed: { readonly code: string; readonly message: string } };

const store = workerData as TreeStore; // given by tree-threads.ts alone
const buffer = readBuffer();

function outcomeOf(path: string): ThreadOutcome {
  try {
    return readTreeFile(path, store, buffer);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unexpected';
    return { failed: { code, message: cause instanceof Error ? cause.message : String(cause) } };
  }
}

parentPort?.on('message', (paths: readonly string[]) => {
  const outcomes: ThreadOutcome[] = [];
  for (const path of paths) {
    const outcome = outcomeOf(path);
    outcomes.push(outcome);
    // After a failure the rest would be read for nothing.
    if (typeof outcome === 'object' && 'failed' in outcome) break;
  }
  parentPort?.postMessage(outcomes);
});
