// SPDX-License-Identifier: Apache-2.0
import { type Json, parseStrictJson } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';

/** A place over HTTP, and how to ask it. */
export interface FetchSource {
  /** A path below it is appended, so that a mirror may lie in a directory. */
  readonly baseUrl: string;
  /** Sent as a bearer token where given. */
  readonly token?: string;
}

export interface FetchLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * The body of a 200 answer.
 * @throws GatewayError `server_unreachable` for anything else, with `details.status` when there was an answer
 */
export async function fetchBytes(
  source: FetchSource,
  path: string,
  limits: FetchLimits,
): Promise<Uint8Array> {
  const arrived = receivedNothing();
  await receive(source, { path, limits }, arrived);
  return new Uint8Array(Buffer.concat(arrived.chunks));
}

/** What has come of a body, in one answer or several. */
export interface Received {
  chunks: Uint8Array[];
  size: number;
  /** Of the answer that it came in; strong ones alone say that two answers are of the same bytes. */
  etag: string | null;
}

export function receivedNothing(): Received {
  return { chunks: [], size: 0, etag: null };
}

/**
 * Adds a body to what has come, or what follows on it where the answer is a range. What came before a failure stays.
 * @throws GatewayError `server_unreachable`
 */
export async function receive(
  source: FetchSource,
  { path, limits }: { readonly path: string; readonly limits: FetchLimits },
  received: Received,
): Promise<void> {
  const headers: Record<string, string> =
    source.token === undefined ? {} : { authorization: `Bearer ${source.token}` };
  if (received.size > 0) headers.range = `bytes=${received.size}-`;
  if (received.size > 0 && received.etag !== null) headers['if-range'] = received.etag;
  let status = 0;
  try {
    const response = await fetch(urlOf(source.baseUrl, path), {
      headers,
      // Where a feed lies was configured; whoever answers for it does not choose another place.
      redirect: 'error',
      signal: AbortSignal.timeout(limits.timeoutMs),
    });
    status = response.status;
    if (!response.ok) throw new Error(await refusalOf(response));
    beginAt(response, received);
    for await (const chunk of response.body ?? []) addBounded(received, chunk, limits.maxBytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'no answer';
    throw new GatewayError(
      'server_unreachable',
      `\`${path}\` could not be fetched from ${new URL(source.baseUrl).origin}: ${reason}`,
      { status },
      { cause },
    );
  }
}

/** An answer with the whole begins again: the place knows no ranges, or holds something else now. */
function beginAt(response: Response, received: Received): void {
  const from = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status === 206 && Number(from) === received.size) return;
  if (response.status === 206) throw new Error('it sent another range than it was asked for');
  const etag = response.headers.get('etag');
  received.etag = etag?.startsWith('"') === true ? etag : null;
  received.chunks = [];
  received.size = 0;
}

/**
 * As `fetchBytes`, read as strict JSON of a shape. Something else, such as a proxy's page of apology, is no answer either:
 * it says nothing about the log and is asked for again.
 */
export async function fetchShape<T>(
  source: FetchSource,
  ask: { readonly path: string; readonly limits: FetchLimits },
  read: (json: Json) => T,
): Promise<T> {
  const bytes = await fetchBytes(source, ask.path, ask.limits);
  try {
    return read(parseStrictJson(bytes, { maxBytes: ask.limits.maxBytes }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    const message = `what \`${ask.path}\` gave is not what belongs there: ${reason}`;
    throw new GatewayError('server_unreachable', message, {}, { cause });
  }
}

function urlOf(baseUrl: string, path: string): URL {
  return new URL(path, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
}

/** Whoever answers without end must not fill the memory. */
function addBounded(received: Received, chunk: Uint8Array, maxBytes: number): void {
  if (received.size + chunk.length > maxBytes) {
    throw new Error(`it is larger than ${maxBytes} bytes`);
  }
  received.size += chunk.length;
  received.chunks.push(chunk);
}

/** What the server says went wrong: for people, since nothing here depends on it. */
async function refusalOf(response: Response): Promise<string> {
  const said = receivedNothing();
  for await (const chunk of response.body ?? []) addBounded(said, chunk, 64 * 1024);
  const text = new TextDecoder().decode(Buffer.concat(said.chunks)).slice(0, 2000);
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return message === undefined ? `HTTP ${response.status}` : `HTTP ${response.status}: ${message}`;
}
