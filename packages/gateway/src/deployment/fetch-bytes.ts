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
  const headers: Record<string, string> =
    source.token === undefined ? {} : { authorization: `Bearer ${source.token}` };
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
    return await readBounded(response, limits.maxBytes);
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
async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** What the server says went wrong: for people, since nothing here depends on it. */
async function refusalOf(response: Response): Promise<string> {
  const text = new TextDecoder().decode(await readBounded(response, 64 * 1024)).slice(0, 2000);
  const said = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return said === undefined ? `HTTP ${response.status}` : `HTTP ${response.status}: ${said}`;
}
