// SPDX-License-Identifier: Apache-2.0
import {
  type BlobRef,
  type BlobStore,
  copyTree,
  environmentBlobs,
  isLakehouse,
  isReferenced,
  lakehouseParts,
  type RunResult,
} from '@countersign/pipeline';
import { ServerError } from '../errors.ts';

/**
 * Copies everything that a run archived from the worker's store into ours, each blob under the digest of the bytes that
 * were read: a worker cannot pass off other bytes under a name.
 * `personal` contents are sealed, each under the key whose id is given, and lie in our store in no other form afterwards.
 * @throws ServerError `run_output_invalid` for a file that the result names and the worker did not leave behind
 */
export async function ingestRun(
  result: RunResult,
  from: BlobStore,
  to: BlobStore,
  personal: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  await sealPersonal(personal, from, to);
  for (const [name, { digest, size }] of archivedBlobs(result)) {
    if (await to.has(digest)) continue;
    if (!(await from.has(digest))) throw notArchived(name, digest);
    const copied = await to.putStream(from.open(digest));
    if (copied.digest !== digest || copied.size !== size) throw notArchived(name, digest);
  }
  for (const { content } of result.folders ?? []) await copyTree(content.digest, { from, to });
  for (const { origin } of result.snapshots) {
    if (isLakehouse(origin)) await to.putStream(from.open(origin.reader.environment.lockDigest));
  }
  const { environment } = result;
  if (environment?.kind === 'python') await to.putStream(from.open(environment.lockDigest));
}

async function sealPersonal(
  personal: ReadonlyMap<string, string>,
  from: BlobStore,
  to: BlobStore,
): Promise<void> {
  for (const [digest, keyId] of personal) {
    const size = (await from.standing(digest))?.size;
    const isHere = await to.has(digest);
    if (size === undefined && !isHere) throw notArchived('personal data', digest);
    const content = isHere || size === undefined ? undefined : { size, source: from.open(digest) };
    await to.seal(digest, keyId, content);
  }
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
    ...(result.source.lfs ?? []).map((file) => [file.path, file] as const),
  ];
  for (const part of environmentBlobs(result.environment)) found.push([part.file, part]);
  for (const snapshot of result.snapshots) {
    if (!isReferenced(snapshot)) found.push([snapshot.dataset, snapshot.content]);
    for (const part of lakehouseParts(snapshot.origin)) found.push([part.file, part]);
    if ('parts' in snapshot.origin)
      for (const part of snapshot.origin.parts) found.push([part.name, part]);
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
