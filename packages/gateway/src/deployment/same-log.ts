// SPDX-License-Identifier: Apache-2.0
import { fromHex, type Primitives, verifyConsistency } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';
import type { Feed } from './feed.ts';

/** A log at one moment: `size` entries under a root in hex. */
export interface TreeHead {
  readonly size: number;
  readonly root: string;
}

/**
 * Proves that two heads, both signed by the log key, are of one history: the smaller tree is a prefix of the larger
 * (RFC 9162, section 2.1.4.2). The proof is fetched from whoever may have forked the log, and need not be trusted: none
 * exists between trees that differ in an entry of the smaller.
 * @throws GatewayError `log_fork`; `server_unreachable` when no proof could be had, which establishes nothing
 */
export async function requireSameLog(
  feed: Pick<Feed, 'consistency'>,
  primitives: Primitives,
  heads: readonly [TreeHead, TreeHead],
): Promise<void> {
  const [a, b] = heads;
  const [older, newer] = a.size <= b.size ? [a, b] : [b, a];
  // Of an equal or an empty tree the proof is empty: nobody need be asked.
  const isEmptyProof = older.size === newer.size || older.size === 0;
  const proof = isEmptyProof ? [] : await feed.consistency(older.size, newer.size);
  const isPrefix = verifyConsistency(primitives, {
    oldSize: older.size,
    oldRoot: fromHex(older.root),
    newSize: newer.size,
    newRoot: fromHex(newer.root),
    proof,
  });
  if (!isPrefix) throw forked(older, newer);
}

function forked(older: TreeHead, newer: TreeHead): GatewayError {
  const message =
    older.size === newer.size
      ? `the log has another root than it had at the same size of ${older.size}: it was forked`
      : `the log of ${newer.size} entries is not a continuation of the one of ${older.size}: it was forked`;
  return new GatewayError('log_fork', message, {
    size: newer.size,
    root: newer.root,
    seenSize: older.size,
    seenRoot: older.root,
  });
}
