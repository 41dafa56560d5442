// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { PipelineError } from '../errors.ts';
import { type OpenedS3, openS3, s3Failure } from '../extract/s3-client.ts';
import type { LakeFiles } from './check-lease.ts';
import { fileRef } from './file-ref.ts';
import { localPath } from './table-place.ts';

export interface OpenLakeFiles extends LakeFiles {
  close(): void;
}

interface LakeAccess {
  readonly region: string | null;
  readonly endpoint: string | null;
  /** Credentials are taken from here. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Files of a table on this machine's disks or in S3. A file that may not be read or a store that cannot be reached
 * throws: it is not known to be gone.
 */
export function openLakeFiles(access: LakeAccess): OpenLakeFiles {
  let opened: Promise<OpenedS3> | undefined;
  const store = () => {
    const { region, endpoint, environment } = access;
    opened ??= openS3({
      region: region ?? undefined,
      endpoint: endpoint ?? undefined,
      environment,
    });
    return opened;
  };
  return {
    size: async (uri) => {
      const path = localPath(uri);
      return path === undefined ? remoteSize(await store(), uri, access) : localSize(path);
    },
    digest: async (uri) => {
      const path = localPath(uri);
      if (path === undefined) return remoteDigest(await store(), uri, access);
      return fileRef(path, access.signal).catch(goneOrThrow);
    },
    close: () => void opened?.then(({ client }) => client.destroy()),
  };
}

async function localSize(path: string) {
  return stat(path)
    .then(({ size }) => ({ size }))
    .catch(goneOrThrow);
}

function goneOrThrow(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}

function objectOf(uri: string): { readonly Bucket: string; readonly Key: string } {
  const [, bucket, key] = /^s3a?:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new PipelineError(
      'source_unsupported',
      `\`${uri}\` is neither a path nor an object in S3`,
    );
  }
  return { Bucket: bucket, Key: key };
}

async function remoteSize({ client, sdk }: OpenedS3, uri: string, { signal }: LakeAccess) {
  const options = signal === undefined ? {} : { abortSignal: signal };
  try {
    const found = await client.send(new sdk.HeadObjectCommand(objectOf(uri)), options);
    return { size: found.ContentLength ?? 0 };
  } catch (error) {
    return missingOrThrow(error, uri);
  }
}

async function remoteDigest({ client, sdk }: OpenedS3, uri: string, { signal }: LakeAccess) {
  const options = signal === undefined ? {} : { abortSignal: signal };
  try {
    const found = await client.send(new sdk.GetObjectCommand(objectOf(uri)), options);
    const hash = createHash('sha256');
    let size = 0;
    const body = found.Body as AsyncIterable<Uint8Array> | undefined; // a stream in Node
    for await (const piece of body ?? []) {
      hash.update(piece);
      size += piece.length;
    }
    return { digest: hash.digest('hex'), size };
  } catch (error) {
    return missingOrThrow(error, uri);
  }
}

function missingOrThrow(error: unknown, uri: string): null {
  const told = s3Failure(error, uri);
  if (told instanceof PipelineError && told.code === 'source_missing') return null;
  throw told;
}
