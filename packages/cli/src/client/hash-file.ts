// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { CliError } from '../errors.ts';

const CHUNK_BYTES = 1024 * 1024;

export interface HashedFile {
  readonly digest: string;
  readonly size: number;
}

/**
 * SHA-256 and length of a file, read once in pieces. A link in its place is not followed.
 * @throws CliError `file_missing`
 */
export async function hashFile(
  path: string,
  options: { readonly read?: (bytes: number) => void; readonly isLinkFollowed?: boolean } = {},
): Promise<HashedFile> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    const link = options.isLinkFollowed === true ? 0 : constants.O_NOFOLLOW;
    const file = await open(path, constants.O_RDONLY | link);
    const stream = createReadStream('', { fd: file, highWaterMark: CHUNK_BYTES });
    for await (const chunk of stream) {
      hash.update(chunk);
      size += chunk.length;
      options.read?.(chunk.length);
    }
  } catch (cause) {
    throw new CliError('file_missing', `\`${path}\` cannot be read; check the path`, { cause });
  }
  return { digest: hash.digest('hex'), size };
}
