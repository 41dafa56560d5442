// SPDX-License-Identifier: Apache-2.0
import type { Primitives } from '../primitives.ts';

export const HASH_BYTES = 32;
const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;

/** RFC 6962 section 2.1: SHA-256(0x00 || data). */
export function leafHash(p: Primitives, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + data.length);
  message[0] = LEAF_PREFIX;
  message.set(data, 1);
  return p.sha256(message);
}

/** RFC 6962 section 2.1: SHA-256(0x01 || left || right). */
export function nodeHash(p: Primitives, left: Uint8Array, right: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + 2 * HASH_BYTES);
  message[0] = NODE_PREFIX;
  message.set(left, 1);
  message.set(right, 1 + HASH_BYTES);
  return p.sha256(message);
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(p: Primitives): Uint8Array {
  return p.sha256(new Uint8Array(0));
}
