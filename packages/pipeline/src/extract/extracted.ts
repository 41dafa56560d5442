// SPDX-License-Identifier: Apache-2.0
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import type { DatasetOrigin } from '../file/origin-section.ts';
import type { ReaderHost } from '../lakehouse/lake-reader.ts';
import type { SnapshotOrigin } from './snapshot-origin.ts';

/** What one extraction is told. No step ever sees any of it. */
export interface ExtractRequest {
  /** Name of the dataset. */
  readonly name: string;
  readonly from: DatasetOrigin;
  /** An own directory for the file; whoever called removes it. */
  readonly workDir: string;
  /** Parts of a table are archived here one by one; the whole is archived by whoever takes the snapshot. */
  readonly blobs: BlobStore;
  /** A checkout of the commit: `.dvc` files and paths are read from here. */
  readonly checkout: string;
  /** The repository that a person works in, beside which caches lie outside of the commit; null on a worker. */
  readonly workingTree: string | null;
  /** Credentials and addresses are taken from these variables and from nowhere else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For a dataset made by a step: that step's output. */
  readonly stepFile?: (BlobRef & { readonly file: string }) | undefined;
  /** `countersign.yaml:12` for a path below `data.<name>`. */
  readonly locate: (path: readonly PropertyKey[]) => string;
  /** Progress, for people; never holds a credential. */
  readonly report: (text: string) => void;
  readonly now: () => Date;
  /** For tables that are read in an environment of the platform's own. */
  readonly readerHost?: ReaderHost | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One file that holds the whole dataset, and where it came from. */
export interface Extracted {
  /** Below `workDir`, or in the checkout. */
  readonly path: string;
  /** For messages; its extension says the format. */
  readonly file: string;
  readonly origin: SnapshotOrigin;
  /** False where the source keeps the bytes: the snapshot names them by digest and archives its splits alone. */
  readonly keepContent?: boolean;
  /** Where a line of the whole came from, for a table of several CSV files. */
  readonly placeOfLine?: (line: number) => string;
}
