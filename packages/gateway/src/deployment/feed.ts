// SPDX-License-Identifier: Apache-2.0
import {
  type Envelope,
  type Json,
  type ProofBundle,
  parseEnvelope,
  parseStrictJson,
  readProofBundle,
} from '@countersign/kernel';
import { GatewayError } from '../errors.ts';

const BUNDLE_BYTES_MAX = 64 * 1024 * 1024;
const STATUS_BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 4000;

/** Where a gateway gets what it then verifies for itself. Nothing it returns is trusted. */
export interface Feed {
  status(): Promise<Envelope>;
  bundle(digest: string): Promise<ProofBundle>;
  blob(digest: string): Promise<Uint8Array>;
}

export interface FeedOptions {
  readonly serverUrl: string;
  /** API token for blobs; status and bundles are public. */
  readonly token?: string;
}

export function httpFeed(options: FeedOptions): Feed {
  return {
    status: async () => parseEnvelope(await json(options, '/v1/status', STATUS_BYTES_MAX)),
    bundle: async (digest) =>
      readProofBundle(await json(options, `/v1/bundles/${digest}`, BUNDLE_BYTES_MAX)),
    blob: (digest) => bytes(options, `/v1/blobs/${digest}`),
  };
}

async function json(options: FeedOptions, path: string, maxBytes: number): Promise<Json> {
  return parseStrictJson(await bytes(options, path), { maxBytes });
}

async function bytes(options: FeedOptions, path: string): Promise<Uint8Array> {
  const headers: Record<string, string> =
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  try {
    const response = await fetch(new URL(path, options.serverUrl), {
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(await refusalOf(response));
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'no answer';
    throw new GatewayError(
      'server_unreachable',
      `\`${path}\` could not be fetched: ${reason}`,
      {},
      { cause },
    );
  }
}

/** What the server says went wrong: for people, since nothing here depends on it. */
async function refusalOf(response: Response): Promise<string> {
  const text = (await response.text()).slice(0, 2000);
  const said = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return said === undefined ? `HTTP ${response.status}` : `HTTP ${response.status}: ${said}`;
}
