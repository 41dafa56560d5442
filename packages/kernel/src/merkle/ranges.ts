// SPDX-License-Identifier: Apache-2.0
import { KernelError } from '../errors.ts';
import type { Primitives } from '../primitives.ts';
import { emptyRoot, nodeHash } from './tree-hash.ts';

/**
 * Which hashes a proof consists of, as pure arithmetic: every hash of RFC 6962 is the root of a
 * range of leaves, and every such range is a row of perfect subtrees. Proofs from leaves and proofs
 * from tiles differ only in where they read those subtrees.
 */

/** Leaves `start` up to and without `end`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The perfect subtree over the 2^level leaves from index × 2^level. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

export type NodeReader = (node: TreeNode) => Uint8Array;

/** PATH(index, D[size]) of RFC 6962 section 2.1.1, leaf side first. */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (!isTreeSize(size) || !isTreeSize(index) || index >= size) {
    throw new KernelError(
      'bad_tree_range',
      `leaf \`${index}\` is not in a tree of \`${size}\` leaves`,
    );
  }
  const ranges: LeafRange[] = [];
  let whole: LeafRange = { start: 0, end: size };
  while (whole.end - whole.start > 1) {
    const middle = split(whole);
    const left = { start: whole.start, end: middle };
    const right = { start: middle, end: whole.end };
    ranges.unshift(index < middle ? right : left);
    whole = index < middle ? left : right;
  }
  return ranges;
}

/**
 * PROOF(oldSize, D[newSize]) of RFC 6962 section 2.1.2; empty for an empty or an equal old tree.
 */
export function consistencyRanges(oldSize: number, newSize: number): readonly LeafRange[] {
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize > newSize) {
    throw new KernelError(
      'bad_tree_range',
      `size \`${oldSize}\` does not precede size \`${newSize}\``,
    );
  }
  if (oldSize === 0 || oldSize === newSize) return [];
  const ranges: LeafRange[] = [];
  let whole: LeafRange = { start: 0, end: newSize };
  while (whole.end !== oldSize) {
    const middle = split(whole);
    const left = { start: whole.start, end: middle };
    const right = { start: middle, end: whole.end };
    ranges.unshift(oldSize <= middle ? right : left);
    whole = oldSize <= middle ? left : right;
  }
  // A subtree that starts at 0 is the old root itself, which the verifier has.
  if (whole.start > 0) ranges.unshift(whole);
  return ranges;
}

/**
 * The perfect subtrees of a range, left to right and falling in size. `start` must be a multiple of
 * the largest.
 */
export function rangeNodes(range: LeafRange): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  let start = range.start;
  while (start < range.end) {
    let level = 0;
    let width = 1;
    while (width * 2 <= range.end - start) {
      width *= 2;
      level++;
    }
    nodes.push({ level, index: start / width });
    start += width;
  }
  return nodes;
}

/** MTH of a range: the right-hand subtrees are folded into the ones to their left. */
export function rangeHash(p: Primitives, range: LeafRange, read: NodeReader): Uint8Array {
  const hashes = rangeNodes(range).map(read);
  return hashes.length === 0
    ? emptyRoot(p)
    : hashes.reduceRight((right, left) => nodeHash(p, left, right));
}

/** Sizes stay exact in a double; nothing here uses 32-bit operators on them. */
export function isTreeSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

/** First leaf after the largest power of two that is smaller than the range. */
function split(range: LeafRange): number {
  let width = 1;
  while (width * 2 < range.end - range.start) width *= 2;
  return range.start + width;
}
