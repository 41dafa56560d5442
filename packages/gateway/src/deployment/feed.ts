// SPDX-License-Identifier: Apache-2.0
import type { Envelope, ProofBundle } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';

/** Where a gateway gets what it then verifies for itself. Nothing it returns is trusted. */
export interface Feed {
  status(): Promise<Envelope>;
  /** The founding record and every record that says which keys count. */
  trust(): Promise<ProofBundle>;
  /** Hashes that are said to prove the log of `from` entries a prefix of the log of `to` (RFC 6962, section 2.1.2). */
  consistency(from: number, to: number): Promise<readonly Uint8Array[]>;
  bundle(digest: string): Promise<ProofBundle>;
  blob(digest: string): Promise<Uint8Array>;
}

export const BUNDLE_BYTES_MAX = 64 * 1024 * 1024;
export const STATUS_BYTES_MAX = 1024 * 1024;
export const PROOF_BYTES_MAX = 64 * 1024;
export const BLOB_BYTES_MAX = 4 * 1024 * 1024 * 1024;
export const TIMEOUT_MS = 4000;
/** A feed that hangs must leave a second one its turn before a revocation is five seconds old. */
export const STATUS_TIMEOUT_MS = 1500;

/**
 * Several feeds as one: each question goes to the first, and on only from one that cannot be reached. What is verified
 * afterwards is the same whoever answers.
 */
export function firstOf(feeds: readonly Feed[]): Feed {
  const ask = async <T>(question: (feed: Feed) => Promise<T>): Promise<T> => {
    const failures: GatewayError[] = [];
    for (const feed of feeds) {
      try {
        return await question(feed);
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== 'server_unreachable') throw error;
        failures.push(error);
      }
    }
    throw unreachable(failures);
  };
  return {
    status: () => ask((feed) => feed.status()),
    trust: () => ask((feed) => feed.trust()),
    consistency: (from, to) => ask((feed) => feed.consistency(from, to)),
    bundle: (digest) => ask((feed) => feed.bundle(digest)),
    blob: (digest) => ask((feed) => feed.blob(digest)),
  };
}

/** One error for all that were asked in vain. */
export function unreachable(failures: readonly GatewayError[]): GatewayError {
  const reasons = failures.map(({ message }) => message);
  const message = reasons.length === 0 ? 'no feed is configured' : reasons.join('; ');
  return new GatewayError('server_unreachable', message, {}, { cause: failures[0] });
}
