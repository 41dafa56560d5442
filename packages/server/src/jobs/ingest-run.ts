// SPDX-License-Identifier: Apache-2.0
import type { BlobRef, BlobStore, RunResult } from '@countersign/pipeline';
import { ServerError } from '../errors.ts';

/**
 * Copies everything that a run archived from the worker's store into ours, each blob under the digest of the bytes that
 * were read: a worker cannot pass off other bytes under a name.
 * @throws ServerError `run_output_invalid` for a file that the result names and the worker did not leave behind
 */
export async function ingestRun(result: RunResult, from: BlobStore, to: BlobStore): Promise<void> {
  for (const [name, { digest, size }] of archivedBlobs(result)) {
    if (await to.has(digest)) continue;
    if (!(await from.has(digest))) throw notArchived(name, digest);
    const copied = await to.putStream(from.open(digest));
    if (copied.digest !== digest || copied.size !== size) throw notArchived(name, digest);
  }
  const lock = result.environment?.lockDigest;
  if (lock !== undefined) await to.putStream(from.open(lock));
}

function notArchived(name: string, digest: string): ServerError {
  return new ServerError(
    'run_output_invalid',
    `the run names \`${name}\` but did not archive its bytes; run it again`,
    { details: { name, digest } },
  );
}

/** Everything a rebuild, a measurement or a reader may need later, by what it is. */
function archivedBlobs(result: RunResult): readonly (readonly [string, BlobRef])[] {
  const found: (readonly [string, BlobRef])[] = [
    ['the commit', result.source.bundle],
    ['the pipeline file', result.pipelineFileBlob],
  ];
  for (const wheel of result.environment?.wheels ?? []) found.push([wheel.file, wheel]);
  for (const snapshot of result.snapshots) {
    found.push([snapshot.dataset, snapshot.content]);
    for (const split of snapshot.splits) {
      const name = `${snapshot.dataset}.${split.split}`;
      found.push([name, split.content]);
      if (split.mounted !== null) found.push([`${name} as mounted`, split.mounted]);
    }
  }
  for (const step of result.steps) {
    found.push([`log of ${step.name}`, step.log]);
    for (const output of step.outputs) found.push([output.file, output]);
  }
  for (const evidence of result.evidence) found.push([evidence.file, evidence]);
  for (const paper of Object.values(result.papers)) found.push([paper.file, paper]);
  return found;
}
