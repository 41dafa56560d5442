// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';

/**
 * `open`: bytes are still to come; `verifying`: all are here and are hashed; `stored`: they are a blob;
 * `refused`: they were not the bytes of their digest and are gone.
 */
export type UploadState = 'open' | 'verifying' | 'stored' | 'refused';

/** Bytes on their way to becoming a blob. Nobody but who opened it sees it. */
export interface Upload {
  readonly id: string;
  readonly account: string;
  /** SHA-256 in lower-case hex of the whole, as the sender named it. */
  readonly digest: string;
  /** Of the whole, in bytes. */
  readonly size: number;
  /** Bytes that are here. */
  readonly offset: number;
  readonly state: UploadState;
  /** Milliseconds since 1970; when nothing arrives until then it is swept. */
  readonly expires: number;
}

export interface UploadLimits {
  /** Largest blob in bytes. */
  readonly bytesMax: number;
  /** Open uploads of one person. */
  readonly openMax: number;
  /** Milliseconds that an upload waits for its next byte. */
  readonly keptMs: number;
  /** Bytes of the disk that no upload takes: the log and the database need them. */
  readonly reserveBytes: number;
}

export const DAY_MS = 86_400_000;

/** 100 GiB, 32 at once, a week of patience, 1 GiB left for the log. */
export const UPLOAD_LIMITS: UploadLimits = {
  bytesMax: 100 * 1024 ** 3,
  openMax: 32,
  keptMs: 7 * DAY_MS,
  reserveBytes: 1024 ** 3,
};

export function uploadUnknown(id: string): PipelineError {
  return new PipelineError(
    'upload_unknown',
    `no upload \`${id}\` of yours is open; it may have expired: ask which bytes are missing and open another`,
    { details: { upload: id } },
  );
}

export function digestDiffers(digest: string): PipelineError {
  return new PipelineError(
    'upload_digest_differs',
    `the bytes that arrived are not those of ${digest}; nothing was kept: the file may have changed while it was sent`,
    { details: { digest } },
  );
}

export function storageFull(cause?: unknown): PipelineError {
  return new PipelineError(
    'storage_full',
    'the disk of the server has no room for these bytes; tell whoever operates it and try again later: what has arrived of an upload is kept',
    cause === undefined ? {} : { cause },
  );
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** A disk, a quota or a largest file size that is used up. */
export function isFull(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && FULL.has(String(cause.code));
}
