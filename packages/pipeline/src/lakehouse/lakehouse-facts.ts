// SPDX-License-Identifier: Apache-2.0
import type { BlobRef } from '../blobs/blob-store.ts';
import { recordParts } from '../extract/record-parts.ts';
import type { SnapshotOrigin } from '../extract/snapshot-origin.ts';
import type { NamedBlob, PythonEnvironmentRecord } from '../run/result.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';

/** What read a table: a program of ours and the libraries that it was given, every byte of both archived. */
export interface LakeReader {
  readonly program: readonly NamedBlob[];
  readonly environment: PythonEnvironmentRecord;
}

/** The owner's word that no file of the version is removed before the end of a day. */
export interface Lease {
  /** `2030-12-31`, until its end in UTC. */
  readonly until: string;
  readonly agreed: string;
}

interface LakeFacts {
  /** `referenced`: `content` of the snapshot names bytes that are not archived and are made again from the table. */
  readonly mode: 'copied' | 'referenced';
  readonly lease: Lease | null;
  /** When the version was committed, as the table says; null where its log no longer does. */
  readonly committedAt: string | null;
  readonly tableId: string;
  readonly columns: readonly string[] | null;
  readonly where: string | null;
  /** Of the rows, in words. */
  readonly order: string;
  /** Of the chosen columns, in the table's own words for types. */
  readonly schema: readonly { readonly name: string; readonly type: string }[];
  readonly rowsOfVersion: number;
  /** After `where`. */
  readonly rows: number;
  /** Data files, deletes, logs and manifests that the version needs. */
  readonly files: number;
  readonly bytes: number;
  /** JSON of every such file with size and SHA-256, of schema and properties: a `TableListing`. */
  readonly listing: BlobRef;
  readonly reader: LakeReader;
  readonly region: string | null;
  readonly endpoint: string | null;
  readonly extractedAt: string;
}

/** A version of a Delta Lake table. */
export interface DeltaFacts extends LakeFacts {
  readonly delta: string;
  readonly version: number;
}

export interface IcebergCatalog {
  readonly type: string;
  readonly uri: string;
  readonly name: string | null;
  readonly warehouse: string;
}

/** A snapshot of an Apache Iceberg table. */
export interface IcebergFacts extends LakeFacts {
  readonly iceberg: string;
  /** 64 bits, so as text. */
  readonly snapshot: string;
  readonly catalog: IcebergCatalog | null;
  /** The metadata file that named the snapshot when it was read. */
  readonly metadata: string;
}

export type LakehouseFacts = DeltaFacts | IcebergFacts;

/** Whether an origin is a table of a lakehouse. */
export function isLakehouse(origin: object): origin is LakehouseFacts {
  return ('delta' in origin || 'iceberg' in origin) && 'listing' in origin;
}

/** `version 3 of /lake/loans`, as messages name it. */
export function tableTitle(
  origin: Pick<DeltaFacts, 'delta' | 'version'> | Pick<IcebergFacts, 'iceberg' | 'snapshot'>,
): string {
  return 'delta' in origin
    ? `version ${origin.version} of \`${origin.delta}\``
    : `snapshot ${origin.snapshot} of \`${origin.iceberg}\``;
}

/** Text of a table stays text, whatever its values look like; the reading counted the rows that it wrote. */
export function lakehouseReading({ schema, rows }: LakehouseFacts): {
  readonly types: Readonly<Record<string, 'text'>>;
  readonly rows: number;
} {
  const texts = schema.filter(({ type }) => type === 'string');
  return { types: Object.fromEntries(texts.map(({ name }) => [name, 'text'])), rows };
}

/** A recorded snapshot whose rows as read were left with their table. */
export type ReferencedSnapshot = DatasetSnapshot & { readonly origin: LakehouseFacts };

export function isReferenced(recorded: DatasetSnapshot): recorded is ReferencedSnapshot {
  return isLakehouse(recorded.origin) && recorded.origin.mode === 'referenced';
}

/**
 * Everything of an origin that was archived, but its lock (`reader.environment.lockDigest`). The rows of a copied table
 * are `content` of its snapshot and not among them.
 */
export function lakehouseParts(origin: SnapshotOrigin): readonly NamedBlob[] {
  if (!isLakehouse(origin)) return [];
  const { program, environment } = origin.reader;
  return [{ file: 'files of the table', ...origin.listing }, ...program, ...environment.wheels];
}

/** What a record commits to of the bytes of a snapshot: of a referenced table the list of its files, and not the rows as read. */
export function blobsOfSnapshot(
  snapshot: DatasetSnapshot,
  contentDigest: string,
): readonly string[] {
  const isElsewhere = isReferenced(snapshot) && contentDigest === snapshot.content.digest;
  const listing = isLakehouse(snapshot.origin) ? [snapshot.origin.listing.digest] : [];
  return [...(isElsewhere ? [] : [contentDigest]), ...listing];
}

/** An origin as it stands in a record: the reader by its lock and program, whose wheels the result of the run names. */
export function recordedOrigin(origin: SnapshotOrigin): object {
  if (!isLakehouse(origin)) return recordParts(origin);
  const { reader, schema: _, ...facts } = origin;
  return {
    ...facts,
    reader: {
      program: reader.program.map(({ file, digest }) => ({ file, digest })),
      lockDigest: reader.environment.lockDigest,
    },
  };
}
