// SPDX-License-Identifier: Apache-2.0

import type { BlobRef } from '../blobs/blob-store.ts';
import { environmentBlobs, environmentLock } from '../environment/environment-parts.ts';
import { isLakehouse, isReferenced } from '../lakehouse/lakehouse-facts.ts';
import type { RunResult, StepRecord } from '../run/result.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import { COMPARED_BYTES_MAX } from './divergence/divergence.ts';

/** Steps that need the network are not run again: what they brought in is where a rebuild starts. */
export function networkSteps(result: RunResult): readonly StepRecord[] {
  return result.steps.filter(({ network }) => network);
}

/**
 * Digests of everything that a rebuild reads: commit, environment, what came from outside. What the run made itself is
 * not needed to rebuild, and is needed to say where a rebuild differs (`madeParts`).
 */
export function rebuildParts(result: RunResult): readonly string[] {
  const { environment, source, snapshots, pipelineFileBlob } = result;
  return [
    ...new Set([
      source.bundle.digest,
      ...(source.lfs ?? []).map(({ digest }) => digest),
      pipelineFileBlob.digest,
      ...(environment === null ? [] : [environmentLock(environment)]),
      ...environmentBlobs(environment).map(({ digest }) => digest),
      ...(result.folders ?? []).map(({ content }) => content.digest),
      ...networkSteps(result).flatMap(({ outputs }) => outputs.map(({ digest }) => digest)),
      ...snapshots.flatMap(outsideParts),
    ]),
  ];
}

/** Digests of what the run made and a comparison would read: outputs, declared evidence, and the splits that were cut. */
export function madeParts(result: RunResult): readonly string[] {
  const made: readonly BlobRef[] = [
    ...result.steps.flatMap(({ outputs }) => outputs),
    ...result.evidence,
    ...result.snapshots.flatMap(({ splits }) => splits.map(({ content }) => content)),
  ];
  const compared = made.filter(({ size }) => size <= COMPARED_BYTES_MAX);
  return [...new Set(compared.map(({ digest }) => digest))];
}

/** The rows of a table that was copied are all that a rebuild reads of it: its reader has done its work. */
function outsideParts(snapshot: DatasetSnapshot): readonly string[] {
  const { origin, content } = snapshot;
  if ('step' in origin || 'path' in origin) return [];
  if (isLakehouse(origin) && !isReferenced(snapshot)) return [content.digest];
  return [content.digest, ...digestsBelow(origin)];
}

/** Every SHA-256 that a record names, some of which are of no blob (an interpreter's): whoever copies asks which are there. */
function digestsBelow(value: unknown): readonly string[] {
  if (typeof value === 'string') {
    const digest = /^(?:sha256:)?([0-9a-f]{64})$/.exec(value)?.[1];
    return digest === undefined ? [] : [digest];
  }
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(digestsBelow)
    : [];
}
