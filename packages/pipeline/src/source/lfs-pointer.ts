// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';

/** A file whose bytes lie outside of git, under the SHA-256 that its pointer names. */
export interface LfsFile {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

/** Pointers are smaller than this (Git LFS specification, "The Pointer"). */
export const LFS_POINTER_BYTES_MAX = 1023;

const VERSION = 'version https://git-lfs.github.com/spec/v1\n';
const POINTER = /^oid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,15})\n$/;

/**
 * What a pointer of Git LFS names; undefined for any other text. Throws PipelineError `source_unsupported` for a pointer
 * with extensions, whose stored bytes are not the file's.
 */
export function readLfsPointer(
  text: string,
  path: string,
): { readonly digest: string; readonly size: number } | undefined {
  if (!text.startsWith(VERSION)) return undefined;
  const [, digest, size] = POINTER.exec(text.slice(VERSION.length)) ?? [];
  if (digest !== undefined && size !== undefined) return { digest, size: Number(size) };
  throw new PipelineError(
    'source_unsupported',
    `\`${path}\` is a pointer of Git LFS that is not of the plain form; commit it anew without extensions of LFS`,
    { details: { path } },
  );
}
