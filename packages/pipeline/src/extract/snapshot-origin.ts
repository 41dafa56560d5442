// SPDX-License-Identifier: Apache-2.0
import type { BlobRef } from '../blobs/blob-store.ts';
import type { LakehouseFacts } from '../lakehouse/lakehouse-facts.ts';

/** One file of a dataset that lies in several: what it is called at its source, and its own archived bytes. */
export interface OriginPart extends BlobRef {
  readonly name: string;
  /** What the source itself says of the file's identity: an ETag, a version id, an MD5 claim. */
  readonly claims: Readonly<Record<string, string>>;
}

/** Bytes of Amazon S3 or of a store that speaks its protocol. */
export interface S3Facts {
  readonly s3: string;
  readonly region: string;
  readonly endpoint: string | null;
  /** Of the one object; null for a prefix and in a bucket without versions. */
  readonly version: string | null;
  /** As the store gives it, quotes included; null for a prefix. Not a digest of the content in general. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** The files that the table was put together from, in order; empty for one object, which is the content itself. */
  readonly parts: readonly OriginPart[];
  readonly extractedAt: string;
}

export interface PostgresColumn {
  readonly name: string;
  /** As PostgreSQL writes the type: `numeric(12,2)`. */
  readonly type: string;
  /** Null in a CSV is an empty field; the empty text is `""`. */
  readonly nulls: number;
}

/** The answer of a query in one read-only snapshot of a PostgreSQL database. */
export interface PostgresFacts {
  readonly postgres: string;
  readonly database: string;
  readonly serverVersion: string;
  /** `pg_current_snapshot()`: which transactions the export saw. */
  readonly snapshot: string;
  /** The server's own clock when the transaction began. */
  readonly startedAt: string;
  readonly query: string;
  readonly queryDigest: string;
  readonly orderBy: readonly string[];
  readonly columns: readonly PostgresColumn[];
  /** `count(*)` of the query in the same snapshot. */
  readonly rows: number;
}

/** An output of a DVC project: DVC's own claim, which was checked, beside the SHA-256 that counts. */
export interface DvcFacts {
  readonly dvc: string;
  readonly output: string;
  /** Of the file, or of the list of a directory's files (`.dir`). */
  readonly md5: string;
  /** `cache`, or the remote's name and address. */
  readonly readFrom: string;
  readonly parts: readonly OriginPart[];
  readonly extractedAt: string;
}

/** A data version that was kept beforehand: its manifest, and which of its files are the table. */
export interface PinnedFacts {
  readonly snapshot: string;
  /** Null where the table was put together from `parts`. */
  readonly file: string | null;
  readonly parts: readonly OriginPart[];
}

/** Where the bytes of a snapshot came from, with what the source said about them. */
export type SnapshotOrigin =
  | { readonly step: string; readonly file: string }
  | { readonly path: string }
  | S3Facts
  | PostgresFacts
  | DvcFacts
  | PinnedFacts
  | LakehouseFacts;
