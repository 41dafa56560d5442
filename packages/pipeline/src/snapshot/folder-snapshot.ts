// SPDX-License-Identifier: Apache-2.0
import type { BlobRef } from '../blobs/blob-store.ts';
import type { TreeTotals } from './tree-manifest.ts';

/** A dataset that is files and no table: images, documents, audio. Steps get them as a folder that nobody can write to. */
export interface FolderSnapshot extends TreeTotals {
  readonly dataset: string;
  /** The manifest, whose digest names the data version. */
  readonly content: BlobRef;
}
