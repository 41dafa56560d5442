// SPDX-License-Identifier: Apache-2.0
import {
  type Envelope,
  fromHex,
  type Json,
  type ProofBundle,
  parseEnvelope,
  parseStrictJson,
  readProofBundle,
} from '@countersign/kernel';
import { GatewayError } from '../errors.ts';

const BUNDLE_BYTES_MAX = 64 * 1024 * 1024;
const STATUS_BYTES_MAX = 1024 * 1024;
const PROOF_BYTES_MAX = 64 * 1024;
const TIMEOUT_MS = 4000;

/** Where a gateway gets what it then verifies for itself. Nothing it returns is trusted. */
export interface Feed {
  status(): Promise<Envelope>;
  /** Hashes that are said to prove the log of `from` entries a prefix of the log of `to` (RFC 6962, section 2.1.2). */
  consistency(from: number, to: number): Promise<readonly Uint8Array[]>;
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
    consistency: (from, to) => consistency(options, from, to),
    bundle: async (digest) =>
      readProofBundle(await json(options, `/v1/bundles/${digest}`, BUNDLE_BYTES_MAX)),
    blob: (digest) => bytes(options, `/v1/blobs/${digest}`),
  };
}

async function consistency(
  options: FeedOptions,
  from: number,
  to: number,
): Promise<readonly Uint8Array[]> {
  const path = `/v1/log/consistency?from=${from}&to=${to}`;
  try {
    const reply = await json(options, path, PROOF_BYTES_MAX);
    return readProof(reply);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    // What is no proof at all proves no fork either: it is asked for again.
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    const message = `the answer to \`${path}\` is no proof: ${reason}`;
    throw new GatewayError('server_unreachable', message, {}, { cause });
  }
}

function readProof(reply: Json): readonly Uint8Array[] {
  const isObject = typeof reply === 'object' && reply !== null && !Array.isArray(reply);
  const proof = isObject && 'proof' in reply ? reply.proof : undefined;
  if (!Array.isArray(proof)) throw new TypeError('it has no list `proof`');
  return proof.map((hash: Json) => {
    if (typeof hash !== 'string') throw new TypeError('a member of `proof` is not text');
    return fromHex(hash);
  });
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
