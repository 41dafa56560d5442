// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { splitParts } from '../file/split-parts.ts';
import { fetchWhole, lfsOfParts, readBundledParts } from './bundled-parts.ts';
import { ARCHIVED } from './code-time.ts';
import type { BundledCommit } from './compare-commits.ts';
import { git } from './git.ts';
import type { LfsFile } from './lfs-pointer.ts';

/** A file of Git LFS that a commit names by the SHA-256 of its bytes. */
export interface CommitLfsFile extends LfsFile {
  /** Whether it is the file of a dataset with sealed rows, and so hidden from every step. */
  readonly isSealing: boolean;
}

/**
 * The files of Git LFS of a commit and its submodules, which must be laid beside its bundle before it can be checked out.
 * Whoever writes a commit can name any digest in it. None for a commit that cannot be read: its run says why. `scratch` is
 * removed at the end.
 */
export async function lfsOfCommit(
  scratch: string,
  { bundlePath, commit }: BundledCommit,
): Promise<readonly CommitLfsFile[]> {
  await mkdir(scratch, { recursive: true });
  try {
    await fetchWhole(scratch, bundlePath);
    const files = lfsOfParts(await readBundledParts(scratch, commit));
    if (files.length === 0) return [];
    const sealing = await sealingPaths(scratch);
    return files.map((file) => ({ ...file, isSealing: sealing.has(file.path) }));
  } catch {
    return [];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function sealingPaths(repository: string): Promise<ReadonlySet<string>> {
  const text = await git(repository, ['show', `${ARCHIVED}:countersign.yaml`]);
  const { data = {} } = parsePipelineFile(text).file;
  return new Set(
    Object.values(data).flatMap((dataset) => {
      const isSealing = splitParts(dataset).some(({ access }) => access === 'sealed');
      return isSealing && 'path' in dataset.from ? [dataset.from.path] : [];
    }),
  );
}
