// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from 'node:fs/promises';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { PipelineError } from '../errors.ts';
import { type OpenedS3, s3Failure } from './s3-client.ts';

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string | undefined;
}

/** One object at one moment: what GET must find unchanged. */
export interface PinnedObject extends S3Object {
  readonly etag: string;
  readonly size: number;
  readonly lastModified: string | null;
}

/** Whoever fetches: how far it has come, and whether to go on. */
export interface FetchWatch {
  readonly report: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A broken transfer goes on from where it broke, this often. */
const TRANSFERS_MAX = 5;
const REPORT_EVERY_BYTES = 256 * 1024 * 1024;

/** The object as it stands; in a versioned bucket with the version that is current. Throws PipelineError. */
export async function pinObject(
  { client, sdk }: OpenedS3,
  wanted: S3Object,
  { signal }: FetchWatch,
): Promise<PinnedObject> {
  const { bucket, key, version } = wanted;
  const head = await client
    .send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: version }), {
      ...(signal === undefined ? {} : { abortSignal: signal }),
    })
    .catch((cause: unknown) => {
      throw s3Failure(cause, addressOf(wanted));
    });
  const { ETag: etag, ContentLength: size, VersionId, LastModified } = head;
  if (etag === undefined || size === undefined) {
    const message = `the store tells neither size nor ETag of \`${addressOf(wanted)}\`; it does not speak S3`;
    throw new PipelineError('source_refused', message);
  }
  // The store answers `null` for objects from before versioning was switched on: no version to ask for.
  const pinned = version ?? (VersionId === 'null' ? undefined : VersionId);
  return {
    bucket,
    key,
    version: pinned,
    etag,
    size,
    lastModified: LastModified?.toISOString() ?? null,
  };
}

/**
 * Writes the pinned object to a new file at `path`, a chunk at a time, and gives the version that the store says it
 * was. A transfer that breaks is taken up where it broke. Throws PipelineError `source_changed` when the object is no
 * longer the pinned one, `source_unreachable` when the bytes do not arrive whole.
 */
export async function fetchObject(
  opened: OpenedS3,
  object: PinnedObject,
  { path, watch }: { readonly path: string; readonly watch: FetchWatch },
): Promise<{ readonly version: string | null }> {
  const file = await open(path, 'wx', 0o600);
  try {
    let version = object.version ?? null;
    let written = 0;
    for (let transfer = 1; written < object.size || transfer === 1; transfer += 1) {
      watch.signal?.throwIfAborted();
      if (transfer > TRANSFERS_MAX) throw cutShort(object, written);
      const answer = await ask(opened, object, written, watch);
      version = answer.VersionId === 'null' ? version : (answer.VersionId ?? version);
      written += await writeBody(file, answer, { object, from: written, watch });
    }
    return { version };
  } finally {
    await file.close();
  }
}

export function addressOf({ bucket, key }: S3Object): string {
  return `s3://${bucket}/${key}`;
}

/** If-Match makes the store itself refuse any other object under this key; a range begins within the same one. */
async function ask(
  { client, sdk }: OpenedS3,
  object: PinnedObject,
  from: number,
  { signal }: FetchWatch,
): Promise<GetObjectCommandOutput> {
  const { bucket, key, version, etag } = object;
  const command = new sdk.GetObjectCommand({
    Bucket: bucket,
    Key: key,
    VersionId: version,
    IfMatch: etag,
    ...(from === 0 ? {} : { Range: `bytes=${from}-` }),
  });
  const answer = await client
    .send(command, { ...(signal === undefined ? {} : { abortSignal: signal }) })
    .catch((cause: unknown) => {
      throw s3Failure(cause, addressOf(object));
    });
  // A store that does not know If-Match must not slip another object in.
  if (answer.ETag !== etag || lengthOf(answer, from) !== object.size) {
    const message = `\`${addressOf(object)}\` was replaced while it was read; run it again`;
    throw new PipelineError('source_changed', message, {
      details: { address: addressOf(object), expected: etag, found: answer.ETag ?? null },
    });
  }
  return answer;
}

function lengthOf({ ContentLength, ContentRange }: GetObjectCommandOutput, from: number): number {
  const whole = /\/(\d+)$/.exec(ContentRange ?? '')?.[1];
  return whole === undefined ? (ContentLength ?? 0) + from : Number(whole);
}

/** Gives the number of bytes that were written; a connection that breaks ends it early and is no error yet. */
async function writeBody(
  file: FileHandle,
  answer: GetObjectCommandOutput,
  place: { readonly object: PinnedObject; readonly from: number; readonly watch: FetchWatch },
): Promise<number> {
  const { object, from, watch } = place;
  let written = 0;
  try {
    for await (const chunk of answer.Body as AsyncIterable<Uint8Array>) {
      watch.signal?.throwIfAborted();
      await file.writeFile(chunk);
      const before = Math.floor((from + written) / REPORT_EVERY_BYTES);
      written += chunk.length;
      const total = from + written;
      if (Math.floor(total / REPORT_EVERY_BYTES) > before) watch.report(progress(object, total));
    }
  } catch (cause) {
    if (!isBrokenTransfer(cause)) throw cause;
  }
  return written;
}

function progress(object: PinnedObject, written: number): string {
  const [now, all] = [written, object.size].map((bytes) => Math.round(bytes / 1_000_000));
  return `${addressOf(object)}: ${now} of ${all} MB`;
}

/** Of the socket or the parser; a full disk, a bad checksum or an end on request is something else. */
function isBrokenTransfer(cause: unknown): boolean {
  if (!(cause instanceof Error) || cause.name === 'AbortError') return false;
  const code = 'code' in cause ? String(cause.code) : '';
  return (
    /^(?:ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE)$/.test(code) ||
    cause.message === 'aborted' ||
    cause.name === 'TimeoutError'
  );
}

function cutShort(object: PinnedObject, written: number): PipelineError {
  const message = `\`${addressOf(object)}\` broke off after ${written} of ${object.size} bytes, ${TRANSFERS_MAX} times; run it again`;
  return new PipelineError('source_unreachable', message, {
    details: { address: addressOf(object), written, size: object.size },
  });
}
