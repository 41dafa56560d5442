// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';

/** A body as it arrives. @throws ServerError `media_type_unsupported` for one that no stream was made of */
export function bodyStream(request: FastifyRequest, mediaType: string): Readable {
  if (request.body instanceof Readable) return request.body;
  throw new ServerError('media_type_unsupported', `the bytes are sent as \`${mediaType}\``);
}
