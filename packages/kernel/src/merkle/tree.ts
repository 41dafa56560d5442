// SPDX-License-Identifier: Apache-2.0
import type { Primitives } from '../primitives.ts';
import { consistencyRanges, inclusionRanges, type NodeReader, rangeHash } from './ranges.ts';
import { nodeHash } from './tree-hash.ts';

/**
 * A tree held in memory. Building costs one hash a leaf; each proof then costs at most log2(size)
 * more.
 */
export interface MerkleTree {
  readonly size: number;
  readonly root: Uint8Array;
  /** Throws `bad_tree_range` if `index` is not below `size`. */
  inclusionProof(index: number): Uint8Array[];
  /**
   * From the tree of the first `oldSize` leaves; throws `bad_tree_range` if that is above `size`.
   */
  consistencyProof(oldSize: number): Uint8Array[];
}

export function merkleTree(p: Primitives, leafHashes: readonly Uint8Array[]): MerkleTree {
  const levels = perfectSubtrees(p, leafHashes);
  const size = leafHashes.length;
  const read: NodeReader = ({ level, index }) => levels[level]![index]!;
  return {
    size,
    root: rangeHash(p, { start: 0, end: size }, read),
    inclusionProof: (index) =>
      inclusionRanges(index, size).map((range) => rangeHash(p, range, read)),
    consistencyProof: (oldSize) =>
      consistencyRanges(oldSize, size).map((range) => rangeHash(p, range, read)),
  };
}

/** RFC 6962 MTH over leaf hashes. */
export function merkleRoot(p: Primitives, leafHashes: readonly Uint8Array[]): Uint8Array {
  return merkleTree(p, leafHashes).root;
}

/** Audit path, leaf side first. For many proofs of one tree build `merkleTree` once. */
export function inclusionProof(
  p: Primitives,
  leafHashes: readonly Uint8Array[],
  index: number,
): Uint8Array[] {
  return merkleTree(p, leafHashes).inclusionProof(index);
}

export function consistencyProof(
  p: Primitives,
  leafHashes: readonly Uint8Array[],
  oldSize: number,
): Uint8Array[] {
  return merkleTree(p, leafHashes).consistencyProof(oldSize);
}

function perfectSubtrees(
  p: Primitives,
  leafHashes: readonly Uint8Array[],
): readonly (readonly Uint8Array[])[] {
  const levels = [leafHashes];
  let below = leafHashes;
  while (below.length > 1) {
    const level: Uint8Array[] = [];
    for (let i = 0; i + 1 < below.length; i += 2) level.push(nodeHash(p, below[i]!, below[i + 1]!));
    levels.push(level);
    below = level;
  }
  return levels;
}
