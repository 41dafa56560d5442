// SPDX-License-Identifier: Apache-2.0
import type { RecordSet } from '@countersign/kernel';
import type { BlobStore, CommitLfsFile } from '@countersign/pipeline';
import { sealedContents } from './pinned-data.ts';
import { refused } from './run-request.ts';

/**
 * Copies the files of Git LFS that a commit names to where its worker can read them. One that is not here is left out: the
 * run says so with its path.
 *
 * Whoever writes a commit can put any digest into a pointer, so what holds rows sealed for the validator is refused, but for
 * the file of a dataset that seals rows of it: no step is shown that.
 * @throws ServerError `job_request_refused`; PipelineError `blob_corrupt`
 */
export async function copyLfsFiles(
  set: RecordSet,
  files: readonly CommitLfsFile[],
  stores: { readonly from: BlobStore; readonly to: BlobStore },
): Promise<void> {
  const sealed =
    files.length === 0 ? new Map<string, boolean>() : await sealedContents(set, stores.from);
  for (const { path, digest, isSealing } of files) {
    const isWhole = sealed.get(digest);
    if (isWhole !== undefined && !(isWhole && isSealing)) {
      throw refused(
        `\`${path}\` in Git LFS holds rows that are sealed for the validator; read a split of the dataset`,
      );
    }
    if (await stores.from.has(digest)) await stores.to.putStream(stores.from.open(digest));
  }
}
