// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';
import { isTreeSize } from './ranges.ts';
import { emptyRoot, HASH_BYTES, nodeHash } from './tree-hash.ts';

export interface InclusionClaim {
  /** The leaf hash, not the leaf's data. */
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** RFC 9162 section 2.1.3.2. Never throws: all of the claim may come from an attacker. */
export function verifyInclusion(p: Primitives, claim: InclusionClaim): boolean {
  const { index, size, proof } = claim;
  if (!isTreeSize(index) || !isTreeSize(size) || index >= size) return false;
  if (!areHashes([claim.leaf, claim.root, ...proof])) return false;
  let fn = index;
  let sn = size - 1;
  let hash = claim.leaf;
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(p, sibling, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      hash = nodeHash(p, hash, sibling);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equalBytes(hash, claim.root);
}

/**
 * RFC 9162 section 2.1.4.2. An empty old tree is a prefix of every tree: its root must be the empty
 * root and its proof empty. Never throws.
 */
export function verifyConsistency(p: Primitives, claim: ConsistencyClaim): boolean {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize > newSize) return false;
  if (!areHashes([oldRoot, newRoot, ...proof])) return false;
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, emptyRoot(p));
  return foldConsistency(p, claim);
}

function foldConsistency(p: Primitives, claim: ConsistencyClaim): boolean {
  const { oldSize, oldRoot } = claim;
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...claim.proof] : [...claim.proof];
  const first = path.shift();
  if (first === undefined) return false;
  let fn = oldSize - 1;
  let sn = claim.newSize - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let oldHash = first;
  let newHash = first;
  for (const sibling of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      oldHash = nodeHash(p, sibling, oldHash);
      newHash = nodeHash(p, sibling, newHash);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      newHash = nodeHash(p, newHash, sibling);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equalBytes(oldHash, oldRoot) && equalBytes(newHash, claim.newRoot);
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === HASH_BYTES);
}

function isPowerOfTwo(size: number): boolean {
  let power = 1;
  while (power < size) power *= 2;
  return power === size;
}
