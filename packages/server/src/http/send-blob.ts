// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { RangeHeaders } from '@countersign/contract';
import type { ByteRange } from '@countersign/pipeline';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { erasedBlob } from '../retention/index.ts';
import { readByteRange } from './byte-range.ts';
import { readPart } from './validate.ts';

/**
 * A blob up to this length is read through before its first byte goes out, unless that has been done: damage is then an
 * answer. Above it, reading twice costs more than it tells: damage ends the transfer before its last byte.
 */
export const READ_FIRST_BYTES_MAX = 64 * 1024 * 1024;

interface Sending {
  readonly digest: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Told of damage that is found when the answer has begun. */
  readonly onFailure?: ((requestId: string, error: unknown) => void) | undefined;
}

/** Length and validator of a blob, without reading it. @throws ServerError `blob_unknown` */
export async function describeBlob(
  context: ServerContext,
  { digest, reply }: Pick<Sending, 'digest' | 'reply'>,
): Promise<number> {
  const standing = await context.blobs.standing(digest);
  if (standing === undefined) {
    throw await missingBlob(context, digest);
  }
  reply.type('application/octet-stream').headers({
    'accept-ranges': 'bytes',
    // The name is the content: a strong validator (RFC 9110, section 8.8.3).
    etag: etagOf(digest),
    'content-length': standing.size,
  });
  return standing.size;
}

/**
 * The whole or a range. What is sent whole is hashed beside the sending, and its last chunk waits for the result. A range
 * is not hashed: whoever asks for ranges hashes what they make together.
 * @throws ServerError `blob_unknown`, `range_unsatisfiable`; PipelineError `blob_corrupt`
 */
export async function sendBlob(context: ServerContext, sending: Sending): Promise<FastifyReply> {
  const { digest, request, reply } = sending;
  const size = await describeBlob(context, sending);
  const range = rangeOf(request, reply, { digest, size });
  if (size <= READ_FIRST_BYTES_MAX) await context.blobs.checkOnce(digest);
  if (range === undefined) return reply.send(toldOfDamage(context.blobs.open(digest), sending));
  const { start, end } = range;
  reply.status(206).headers({
    'content-range': `bytes ${start}-${end}/${size}`,
    'content-length': end - start + 1,
  });
  return reply.send(Readable.from(context.blobs.openRange(digest, range)));
}

/** What the rules deleted is gone for good, and says by which record; anything else was never here. */
async function missingBlob(context: ServerContext, digest: string): Promise<ServerError> {
  const erased = await erasedBlob(context, [digest]);
  if (erased === undefined) {
    return new ServerError('blob_unknown', `no bytes ${digest} are stored here`, {
      details: { digest },
    });
  }
  const { deletion, rule, at } = erased;
  return new ServerError(
    'blob_deleted',
    `the bytes ${digest} were deleted on ${at} by rule \`${rule}\`; record ${deletion} says so`,
    { details: { digest, deletion, rule, at, next: `read /v1/records/${deletion}` } },
  );
}

function rangeOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { digest, size }: { readonly digest: string; readonly size: number },
): ByteRange | undefined {
  const headers = readPart(RangeHeaders, request.headers, 'headers');
  // Another validator is of other bytes, which are not here: the whole is the answer (RFC 9110, section 13.1.5).
  const ifRange = headers['if-range'];
  if (ifRange !== undefined && ifRange !== etagOf(digest)) return undefined;
  try {
    return readByteRange(headers.range, size);
  } catch (cause) {
    reply.removeHeader('content-length');
    reply.header('content-range', `bytes */${size}`);
    throw cause;
  }
}

function etagOf(digest: string): string {
  return `"${digest}"`;
}

function toldOfDamage(
  chunks: AsyncIterable<Uint8Array>,
  { request, onFailure }: Sending,
): Readable {
  const told = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      onFailure?.(request.id, error);
      throw error;
    }
  };
  return Readable.from(told());
}
