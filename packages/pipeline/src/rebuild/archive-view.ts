// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '../blobs/blob-store.ts';

/**
 * A copy of a blob store that is read and never written: what is put goes to `own`, and is found there first. So a copy on
 * read-only media serves a rebuild.
 */
export function openArchiveView(archive: BlobStore, own: BlobStore): BlobStore {
  const holder = async (digest: string): Promise<BlobStore> =>
    (await own.has(digest)) ? own : archive;
  return {
    ...own,
    get: async (digest) => (await holder(digest)).get(digest),
    copyTo: async (digest, path) => (await holder(digest)).copyTo(digest, path),
    check: async (digest) => (await holder(digest)).check(digest),
    checkOnce: async (digest) => (await holder(digest)).checkOnce(digest),
    open: (digest) => chunks(holder(digest), (store) => store.open(digest)),
    openRange: (digest, range) => chunks(holder(digest), (store) => store.openRange(digest, range)),
    has: async (digest) => (await own.has(digest)) || archive.has(digest),
    standing: async (digest) => (await holder(digest)).standing(digest),
    touch: async (digest) => {
      if (await own.has(digest)) await own.touch(digest);
    },
  };
}

async function* chunks(
  holder: Promise<BlobStore>,
  read: (store: BlobStore) => AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  yield* read(await holder);
}
