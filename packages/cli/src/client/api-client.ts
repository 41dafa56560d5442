// SPDX-License-Identifier: Apache-2.0
import { ErrorReply, type Route } from '@countersign/contract';
import { type Json, parseStrictJson } from '@countersign/kernel';
import { z } from 'zod';
import { CliError, usage } from '../errors.ts';

export interface ApiClientOptions {
  readonly url: string;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

export interface CallInput {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** JSON, or with `contentType` text or bytes. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends this call, beside what ends the command. */
  readonly signal?: AbortSignal;
  /** Of the whole call. */
  readonly timeoutMs?: number;
}

export interface RawAnswer {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** Larger than any JSON answer; case files and artefacts are read as bytes. */
const JSON_BYTES_MAX = 256 * 1024 * 1024;

/** The HTTP API by the routes of the contract: paths are filled in, answers are read by their schemas. */
export class ApiClient {
  readonly url: string;
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
    this.url = options.url;
  }

  /** @throws CliError `api_refused` with the API's own code, `server_unreachable`, `server_answer_invalid` */
  async call<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
    route: Route<P, Q, B, R>,
    input: CallInput = {},
  ): Promise<z.output<R>> {
    const answer = await this.callRaw(route, input);
    const { reply } = route;
    if (reply === undefined) throw new Error(`${route.path} has no JSON answer: use callRaw`);
    const parsed = reply.safeParse(readJson(answer.bytes, route.path));
    if (parsed.success) return parsed.data;
    throw new CliError(
      'server_answer_invalid',
      `the answer of \`${route.path}\` is not what the contract says: ${z.prettifyError(parsed.error)}`,
      { details: { next: 'client and server are of different versions; install the same one' } },
    );
  }

  /** For answers that are not JSON, and bodies that are bytes or text. */
  async callRaw<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
    route: Route<P, Q, B, R>,
    input: CallInput = {},
  ): Promise<RawAnswer> {
    const response = await this.stream(route, input);
    return { bytes: await bytesOf(response, this.url), mediaType: mediaTypeOf(response) };
  }

  /** The response as it comes, already known to be a success. */
  async stream<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
    route: Route<P, Q, B, R>,
    input: CallInput = {},
  ): Promise<Response> {
    const { token } = this.#options;
    if (this.#options.signal?.aborted === true) throw new CliError('refused', 'stopped');
    const signal = signalOf(this.#options.signal, input);
    const response = await send(`${this.url}${pathOf(route.path, input)}`, {
      method: route.method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...contentTypeOf(input),
        ...input.headers,
      },
      ...(input.body === undefined ? {} : { body: bodyOf(input) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await refusalOf(response, this.url);
    return response;
  }
}

function signalOf(command: AbortSignal | undefined, input: CallInput): AbortSignal | undefined {
  const timeout = input.timeoutMs === undefined ? undefined : AbortSignal.timeout(input.timeoutMs);
  const signals = [command, input.signal, timeout].filter((one) => one !== undefined);
  return signals.length === 0 ? undefined : AbortSignal.any(signals);
}

function contentTypeOf(input: CallInput) {
  if (input.body === undefined) return {};
  return { 'content-type': input.contentType ?? 'application/json' };
}

function bodyOf(input: CallInput): string | Uint8Array<ArrayBuffer> {
  if (input.contentType === undefined) return JSON.stringify(input.body);
  if (typeof input.body === 'string') return input.body;
  if (input.body instanceof Uint8Array) return new Uint8Array(input.body);
  throw new Error('a body that is not JSON must be text or bytes');
}

/** `/v1/models/:model` with its parameters and query filled in; a last `*` takes a path as it is. */
export function pathOf(path: string, { params = {}, query = {} }: CallInput): string {
  const filled = path.replaceAll(/:([A-Za-z]+)|\*/g, (found, name?: string) => {
    const value = params[name ?? '*'];
    if (value === undefined) throw new Error(`no value for \`${found}\` of ${path}`);
    return name === undefined ? String(value) : encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    // The server never redirects; what does would be handed requests and records meant for the server.
    return await fetch(url, { ...init, redirect: 'error' });
  } catch (cause) {
    if (!URL.canParse(url)) {
      throw usage(`\`${url}\` is no address`, 'name the server with --server http://HOST:PORT');
    }
    const { origin } = new URL(url);
    throw new CliError('server_unreachable', `nothing answers at \`${origin}\``, {
      details: { next: 'start the server with `countersign up`, or name it with --server' },
      cause,
    });
  }
}

async function bytesOf(response: Response, url: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new CliError('server_unreachable', `the answer of \`${url}\` broke off`, {
      details: { next: 'try it again' },
      cause,
    });
  }
}

function mediaTypeOf(response: Response): string {
  return response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
}

function readJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CliError('server_answer_invalid', `the answer of \`${what}\` is not JSON`, { cause });
  }
}

/** Strict JSON of an answer, for what the kernel reads: envelopes, bundles, receipts. */
export function strictJson(bytes: Uint8Array): Json {
  return parseStrictJson(bytes, { maxBytes: JSON_BYTES_MAX });
}

async function refusalOf(response: Response, url: string): Promise<CliError> {
  const bytes = await bytesOf(response, url);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    json = undefined; // not our API: reported by its status below
  }
  const parsed = ErrorReply.safeParse(json);
  if (!parsed.success) {
    return new CliError(
      'server_answer_invalid',
      `\`${url}\` answered ${response.status} ${response.statusText}`,
      {
        details: {
          status: response.status,
          next: 'check that --server names a countersign server',
        },
      },
    );
  }
  const { code, message, field, next, missing, problems, requestId } = parsed.data.error;
  return new CliError('api_refused', message, {
    apiCode: code,
    details: {
      status: response.status,
      requestId,
      ...(field === undefined ? {} : { field }),
      ...(next === undefined ? nextFor(code, url) : { next }),
      ...(missing === undefined ? {} : { missing }),
      ...(problems === undefined ? {} : { problems }),
    },
  });
}

/** What to do about codes that a person at a terminal meets, where the server does not say it. */
const NEXT: Readonly<Record<string, string>> = {
  conflict_of_duties: 'ask somebody who took no part in building the version',
  not_permitted: 'ask somebody in one of the roles named, or act as them with --as',
  version_unknown: 'list versions with `countersign versions MODEL`',
  model_unknown: 'list models with `countersign models`',
};

function nextFor(code: string, url: string): { readonly next?: string } {
  // With another port than the configured one it may be another firm's server that does not know the key.
  if (code === 'not_signed_in' && URL.canParse(url))
    return {
      next: `sign in with \`countersign login ACCOUNT\`, or name the right server with --server: this one is \`${new URL(url).origin}\``,
    };
  const next = NEXT[code];
  return next === undefined ? {} : { next };
}
