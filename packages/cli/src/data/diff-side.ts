// SPDX-License-Identifier: Apache-2.0
import { open, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { blobRoutes } from '@countersign/contract';
import { type DatasetSnapshotContent, isDigest } from '@countersign/kernel';
import { downloadBlob } from '../client/download-blob.ts';
import { showTransfer } from '../client/transfer-progress.ts';
import { neededItem, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';

/** One of the two tables of a comparison, its bytes on this machine. */
export interface DiffSide {
  /** As messages and the report name it. */
  readonly name: string;
  readonly path: string;
  /** Name with the ending that tells the format. */
  readonly file: string;
  readonly digest: string | null;
  /** Roles of the columns and a column that names rows, where a record tells them. */
  readonly roles: ReadonlyMap<string, string> | undefined;
  readonly key: string | undefined;
}

const PARQUET_MAGIC = 'PAR1';

/**
 * What a person wrote for one side: a file of this machine, `MODEL@N[:DATASET[.SPLIT]]`, or the digest of stored bytes. Bytes of
 * the server are verified by digest; whether this person may read them, the server decides.
 */
export async function openSide(
  session: Session,
  text: string,
  directory: string,
): Promise<DiffSide> {
  const path = resolve(session.cwd, text);
  const found = await stat(path).catch(() => undefined); // not a file here: read as a name below
  if (found?.isFile() === true) {
    const plain = { digest: null, roles: undefined, key: undefined };
    return { name: text, path, file: basename(path), ...plain };
  }
  if (found !== undefined) throw usage(`\`${text}\` is a folder`, 'name one file of it');
  if (text.includes('@')) return recordedSide(session, text, directory);
  if (isDigest(text)) return digestSide(session, text, directory);
  throw usage(
    `\`${text}\` is no file here, no version and no digest`,
    'write a path, MODEL@N, MODEL@N:DATASET.SPLIT or 64 hex digits',
  );
}

async function recordedSide(session: Session, text: string, directory: string): Promise<DiffSide> {
  const [version = '', place] = text.split(':', 2);
  const snapshot = await findSnapshot(session, version, place);
  const { contentDigest, dataset, split, columns, format } = snapshot;
  if (format === 'folder')
    throw usage(
      `\`${dataset}\` of ${version} is a folder, without rows to compare`,
      'name a dataset that is a table, or the digest of one of its files',
    );
  const path = join(directory, contentDigest);
  await fetchBytes(session, contentDigest, path);
  const roles = new Map(columns.map(({ name, role = '' }) => [name, role]));
  const named = (role: string) =>
    columns.find((column) => column.role?.split(' ').includes(role))?.name;
  return {
    name: `${version}:${dataset}.${split}`,
    path,
    file: `${version}-${dataset}.${split}.${format}`,
    digest: contentDigest,
    roles,
    key: named('id') ?? named('unit'),
  };
}

async function findSnapshot(
  session: Session,
  version: string,
  place: string | undefined,
): Promise<DatasetSnapshotContent> {
  const snapshots = await snapshotsOf(session, version);
  const datasets = [...new Set(snapshots.map(({ dataset }) => dataset))];
  const [only, second] = datasets;
  // A dataset may have a dot in its name, so the longest one that fits is taken.
  const wanted =
    place === undefined
      ? only
      : datasets
          .filter((name) => place === name || place.startsWith(`${name}.`))
          .sort((a, b) => b.length - a.length)[0];
  if (place === undefined && second !== undefined)
    throw usage(`${version} has ${datasets.join(', ')}`, `name one: ${version}:${only}`);
  const parts = snapshots.filter(({ dataset }) => dataset === wanted);
  const split =
    place === undefined || place === wanted ? undefined : place.slice((wanted ?? '').length + 1);
  const found =
    split === undefined
      ? (parts.find((one) => one.split === 'development') ?? parts.find(({ sealed }) => !sealed))
      : parts.find((one) => one.split === split);
  if (found !== undefined) return found;
  const listed = snapshots.map((one) => `${one.dataset}.${one.split}`).join(', ');
  throw new CliError('not_found', `${version} has no snapshot \`${place ?? 'to compare'}\``, {
    details: { next: `it has ${listed || 'none'}` },
  });
}

async function snapshotsOf(
  session: Session,
  version: string,
): Promise<readonly DatasetSnapshotContent[]> {
  const verified = await verifiedVersion(session, parseVersionName(version));
  const run = neededItem(verified, 'training-run');
  return run.statement.predicate.source.flatMap((digest) => {
    const predicate = verified.set.byDigest.get(digest)?.statement.predicate;
    if (predicate?.type !== 'dataset-snapshot') return [];
    // The platform signed it, and its members are only printed or compared.
    return [predicate.content as unknown as DatasetSnapshotContent];
  });
}

async function digestSide(session: Session, digest: string, directory: string): Promise<DiffSide> {
  const path = join(directory, digest);
  await fetchBytes(session, digest, path);
  const format = (await beginsWith(path, PARQUET_MAGIC)) ? 'parquet' : 'csv';
  const name = digest.slice(0, 12);
  return { name, path, file: `${name}.${format}`, digest, roles: undefined, key: undefined };
}

async function fetchBytes(session: Session, digest: string, path: string): Promise<void> {
  const client = session.client();
  const answer = await client.stream(blobRoutes.get, { params: { digest } });
  const size = Number(answer.headers.get('content-length'));
  await answer.body?.cancel(); // asked for its size; the transfer below goes on where it breaks off
  const progress = showTransfer(session, `fetching ${digest.slice(0, 12)}`, size);
  await downloadBlob(client, { digest, size, path }, progress);
}

async function beginsWith(path: string, magic: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return buffer.toString('latin1') === magic;
  } finally {
    await file.close();
  }
}
