// SPDX-License-Identifier: Apache-2.0
import { fromHex, type Json, parseEnvelope, readProofBundle } from '@countersign/kernel';
import {
  BLOB_BYTES_MAX,
  BUNDLE_BYTES_MAX,
  type Feed,
  PROOF_BYTES_MAX,
  STATUS_BYTES_MAX,
  STATUS_TIMEOUT_MS,
  TIMEOUT_MS,
} from './feed.ts';
import { fetchBlob } from './fetch-blob.ts';
import { type FetchSource, fetchShape } from './fetch-bytes.ts';

export interface HttpFeedOptions {
  readonly serverUrl: string;
  /** API token for bundles and blobs; the status is public. */
  readonly token?: string;
}

/** The feed of a server's API. */
export function httpFeed(options: HttpFeedOptions): Feed {
  const source: FetchSource = {
    baseUrl: options.serverUrl,
    ...(options.token === undefined ? {} : { token: options.token }),
  };
  const bundles = { maxBytes: BUNDLE_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  const statuses = { maxBytes: STATUS_BYTES_MAX, timeoutMs: STATUS_TIMEOUT_MS };
  const proofs = { maxBytes: PROOF_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  const blobs = { maxBytes: BLOB_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  return {
    status: () => fetchShape(source, { path: '/v1/status', limits: statuses }, parseEnvelope),
    trust: () => fetchShape(source, { path: '/v1/trust', limits: bundles }, readProofBundle),
    consistency: (from, to) => {
      const path = `/v1/log/consistency?from=${from}&to=${to}`;
      return fetchShape(source, { path, limits: proofs }, readProof);
    },
    bundle: (digest) =>
      fetchShape(source, { path: `/v1/bundles/${digest}`, limits: bundles }, readProofBundle),
    blob: (digest) => fetchBlob(source, `/v1/blobs/${digest}`, blobs),
  };
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
