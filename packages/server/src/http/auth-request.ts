// SPDX-License-Identifier: Apache-2.0
import type { FastifyRequest } from 'fastify';
import type { ServerContext } from '../context.ts';
import { CLIENT_ADDRESS_HEADER } from '../identity/index.ts';

/** Headers that better-auth needs; the caller's address is the socket's, whatever the request claims. */
export function authHeaders(request: FastifyRequest): Headers {
  const headers = new Headers({ [CLIENT_ADDRESS_HEADER]: request.ip });
  for (const name of ['cookie', 'origin', 'referer', 'user-agent'] as const) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

/** A request as better-auth reads it: never with a bearer token, by which nobody changes how they sign in. */
export function authRequest(
  context: ServerContext,
  request: FastifyRequest,
  body: unknown,
): Request {
  const headers = authHeaders(request);
  const url = new URL(request.url, context.identity.origin);
  if (request.method === 'GET') return new Request(url, { headers });
  headers.set('content-type', 'application/json');
  return new Request(url, { method: request.method, headers, body: JSON.stringify(body ?? {}) });
}
