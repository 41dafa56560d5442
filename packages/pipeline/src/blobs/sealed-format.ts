// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { PipelineError } from '../errors.ts';

/**
 * Bytes at rest under a key that can be destroyed. A header, then the content in chunks of 64 KiB, each with the tag of
 * AES-256-GCM (NIST SP 800-38D) behind it:
 *
 *     "countersign-sealed/1\n" | length of the key's id (1) | id | salt (32) | size of the content (8, big-endian) | chunks
 *
 * The key of one file is HKDF-SHA-256 (RFC 5869) of the data key with the salt, and with header and digest of the content
 * as info: a header or a file put in the place of another opens nothing. Nonces are those of the STREAM construction
 * (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) as age v1 writes them, a counter of 11 bytes and a byte that is 1 for
 * the last chunk: chunks cannot change places, and what was cut off at a chunk does not pass for the whole. Each chunk
 * opens by itself, so that a part can be read without the rest. Why not age itself: its library for JavaScript opens no
 * part of a file, and its recipients have no use here, where one symmetric key stands for one class.
 */
export const SEALED_CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
const MAGIC = Buffer.from('countersign-sealed/1\n');
const SALT_BYTES = 32;
const KEY_ID_BYTES_MAX = 64;
/** More than any header has. */
export const HEADER_BYTES_MAX = MAGIC.length + 1 + KEY_ID_BYTES_MAX + SALT_BYTES + 8;

export interface SealedHeader {
  readonly keyId: string;
  readonly salt: Uint8Array;
  /** Of the content, in bytes. */
  readonly size: number;
}

export function encodeHeader({ keyId, salt, size }: SealedHeader): Buffer {
  const id = Buffer.from(keyId, 'ascii');
  if (id.length === 0 || id.length > KEY_ID_BYTES_MAX || salt.length !== SALT_BYTES)
    throw new Error('a sealed header has an id of 1 to 64 characters and a salt of 32 bytes');
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(size));
  return Buffer.concat([MAGIC, Buffer.from([id.length]), id, salt, length]);
}

/** The header and where the chunks begin; undefined for bytes that begin otherwise or are too few. */
export function decodeHeader(
  bytes: Buffer,
): { readonly header: SealedHeader; readonly bytes: Buffer } | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const idAt = MAGIC.length + 1;
  const saltAt = idAt + (bytes[MAGIC.length] ?? 0);
  const end = saltAt + SALT_BYTES + 8;
  if (saltAt === idAt || bytes.length < end) return undefined;
  const size = bytes.readBigUInt64BE(saltAt + SALT_BYTES);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const header = {
    keyId: bytes.toString('ascii', idAt, saltAt),
    salt: Buffer.from(bytes.subarray(saltAt, saltAt + SALT_BYTES)),
    size: Number(size),
  };
  return { header, bytes: Buffer.from(bytes.subarray(0, end)) };
}

/** Chunks of a content: one for an empty one, so that emptiness is sealed too. */
export function chunkCount(size: number): number {
  return Math.max(1, Math.ceil(size / SEALED_CHUNK_BYTES));
}

/** Length of the file, by which one that was cut off or added to is known before it is read. */
export function sealedLength(headerBytes: number, size: number): number {
  return headerBytes + size + chunkCount(size) * TAG_BYTES;
}

/** The key of one file. @param dataKey 32 bytes @param digest lower-case hex SHA-256 of the content */
export function fileKey(dataKey: Uint8Array, header: Uint8Array, digest: string): Uint8Array {
  const { salt } = decodeHeader(Buffer.from(header))?.header ?? { salt: new Uint8Array() };
  const info = Buffer.concat([header, Buffer.from(digest, 'ascii')]);
  return new Uint8Array(hkdfSync('sha256', dataKey, salt, info, 32));
}

export function sealChunk(
  key: Uint8Array,
  at: { readonly index: number; readonly isLast: boolean },
  content: Uint8Array,
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(at), { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** @throws PipelineError `blob_corrupt` for anything but what `sealChunk` made with this key in this place */
export function openChunk(
  key: Uint8Array,
  at: { readonly index: number; readonly isLast: boolean; readonly digest: string },
  sealed: Uint8Array,
): Buffer {
  if (sealed.length < TAG_BYTES) throw broken(at.digest);
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(at), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
  } catch (cause) {
    throw broken(at.digest, cause);
  }
}

function nonceOf({ index, isLast }: { readonly index: number; readonly isLast: boolean }): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(index), 3);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

export function broken(digest: string, cause?: unknown): PipelineError {
  const message = `the sealed blob \`${digest}\` does not open: it was damaged, or its key is another; delete the file and restore it from a backup`;
  return new PipelineError('blob_corrupt', message, { details: { digest }, cause });
}
