// SPDX-License-Identifier: Apache-2.0
import { ErrorReply, type Route } from '@countersign/contract';
import { config, prettifyError, type z } from 'zod';
import { ApiError } from './api-error.ts';

// Zod would otherwise try to compile its parsers with `new Function`, which our content security policy refuses.
config({ jitless: true });

export interface CallInput {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** JSON. */
  readonly body?: unknown;
  /** In the place of JSON, for a route that takes bytes. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The HTTP API by the routes of the contract, with the session's cookie: paths are filled in, answers read by their
 * schemas.
 * @throws ApiError
 */
export async function call<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
>(route: Route<P, Q, B, R>, input: CallInput = {}): Promise<z.output<R>> {
  const bytes = await callBytes(route, input);
  if (route.reply === undefined) throw new Error(`${route.path} has no JSON answer: use callBytes`);
  const parsed = route.reply.safeParse(readJson(bytes));
  if (parsed.success) return parsed.data;
  throw new ApiError(
    `the answer of ${route.path} is not what this page expects: ${prettifyError(parsed.error)}`,
    { status: 200, code: 'unreadable', next: 'reload the page: it may be older than the server' },
  );
}

/** The answer as the bytes that came: what is to be verified is never parsed twice. @throws ApiError */
export async function callBytes<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
>(route: Route<P, Q, B, R>, input: CallInput = {}): Promise<Uint8Array> {
  const response = await send(route, input);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) throw refusal(response.status, bytes);
  return bytes;
}

async function send(route: Pick<Route, 'method' | 'path'>, input: CallInput): Promise<Response> {
  const { signal } = input;
  try {
    return await fetch(pathOf(route.path, input), {
      method: route.method,
      credentials: 'same-origin',
      ...contentOf(input),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError('the server does not answer', {
      status: 0,
      code: 'unreachable',
      next: 'check your connection and try again; nothing was changed by this page',
    });
  }
}

function contentOf({ body, bytes }: CallInput): Pick<RequestInit, 'headers' | 'body'> {
  const accept = 'application/json';
  if (bytes !== undefined)
    return { headers: { accept, 'content-type': 'application/octet-stream' }, body: bytes };
  if (body === undefined) return { headers: { accept } };
  return { headers: { accept, 'content-type': accept }, body: JSON.stringify(body) };
}

/** `/v1/models/:model` with its parameters and query filled in. */
export function pathOf(path: string, { params = {}, query = {} }: CallInput): string {
  const filled = path.replaceAll(/:([A-Za-z]+)/g, (found, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`no value for ${found} of ${path}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined; // reported by the schema that does not find what it expects
  }
}

function refusal(status: number, bytes: Uint8Array): ApiError {
  const parsed = ErrorReply.safeParse(readJson(bytes));
  if (!parsed.success) {
    return new ApiError(`the server answered ${status}`, { status, code: 'unreadable' });
  }
  const { code, message, field, next, missing, problems, requestId } = parsed.data.error;
  return new ApiError(message, { status, code, field, next, missing, problems, requestId });
}
