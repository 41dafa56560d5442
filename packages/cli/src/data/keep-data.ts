// SPDX-License-Identifier: Apache-2.0
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type BlobStore,
  type PinnedOrigin,
  readTreeManifest,
  snapshotTree,
  type TreeVersion,
} from '@countersign/pipeline';
import { bytesText } from '../client/transfer-progress.ts';
import { usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { type DataPlaces, stampsOf } from './data-places.ts';
import { writeKeptVersion } from './kept-versions.ts';

const SHOWN_EVERY_MS = 1000;

/** Keeps a file or folder as a data version on this machine. @throws PipelineError of `snapshotTree` */
export async function keepData(
  session: Session,
  places: DataPlaces,
  wanted: { readonly path: string; readonly blobs: BlobStore; readonly isRehashed: boolean },
): Promise<TreeVersion> {
  const { blobs, isRehashed } = wanted;
  // The name of a file is part of the version: that of the path, not of what a link leads to.
  const { path } = wanted;
  const real = await realpath(path).catch(() => path); // reported by the snapshot
  let shown = Date.parse(session.now());
  const version = await snapshotTree({
    path,
    blobs,
    cacheFile: stampsOf(places, real),
    isRehashed,
    now: () => session.io.now(),
    ...(session.io.signal === undefined ? {} : { signal: session.io.signal }),
    onProgress: ({ files, bytes }) => {
      const now = Date.parse(session.now());
      if (now - shown < SHOWN_EVERY_MS) return;
      shown = now;
      session.progress(`read ${files} files, ${bytesText(bytes)}`);
    },
  });
  const { digest, files, links, bytes } = version;
  const keptAt = session.io.now().toISOString();
  await writeKeptVersion(places.versions, { digest, path: real, keptAt, files, links, bytes });
  return version;
}

const TABLE = /\.(csv|tsv|parquet)$/;

/** How a dataset reads the version: as the table that was asked for, the one table there is, its parts, or the folder. */
export async function originOf(
  blobs: BlobStore,
  version: TreeVersion,
  wanted: { readonly path: string; readonly file?: string | undefined; readonly isFolder: boolean },
): Promise<PinnedOrigin> {
  const snapshot = version.digest;
  const { file } = wanted;
  if (file !== undefined && wanted.isFolder)
    throw usage('a folder has no table', 'give one of --file and --folder');
  if (file !== undefined) return { snapshot, file: await requireFile(blobs, version, file) };
  if (wanted.isFolder) return { snapshot };
  const formats = new Set<string | undefined>();
  const names: string[] = [];
  for await (const { path } of readTreeManifest(blobs, snapshot)) {
    if (path.split('/').some((one) => /^[._]/.test(one))) continue; // markers, as of Spark and Hive
    formats.add(TABLE.exec(path)?.[1]);
    if (names.length < 2) names.push(path);
  }
  const [format, ...others] = formats;
  if (format === undefined || others.length > 0) return { snapshot };
  const isOne = names.length === 1 && names[0] === basename(wanted.path);
  return isOne ? { snapshot, file: names[0] } : { snapshot, parts: format as 'csv' };
}

async function requireFile(
  blobs: BlobStore,
  { digest }: TreeVersion,
  file: string,
): Promise<string> {
  for await (const { path } of readTreeManifest(blobs, digest)) if (path === file) return file;
  throw usage(`the data has no file \`${file}\``, 'give its path below what is added');
}
