// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '../bytes.ts';
import { KernelError } from '../errors.ts';
import type { Primitives } from '../primitives.ts';
import {
  consistencyRanges,
  inclusionRanges,
  isTreeSize,
  type LeafRange,
  type NodeReader,
  rangeHash,
  rangeNodes,
  type TreeNode,
} from './ranges.ts';
import {
  TILE_HEIGHT,
  TILE_WIDTH,
  type TileReader,
  type TileRef,
  tilesBetween,
} from './tile-paths.ts';
import { HASH_BYTES, nodeHash } from './tree-hash.ts';

export interface Tile extends TileRef {
  readonly bytes: Uint8Array;
}

export interface TileGrowth {
  readonly oldSize: number;
  /** Leaf hashes `oldSize`, `oldSize + 1`, … */
  readonly newLeafHashes: readonly Uint8Array[];
  /** Asked only for the tiles of `edgeTiles(oldSize)`. */
  readonly readTile: TileReader;
}

/**
 * The tiles to write when a tree grows: at each level the tiles that are new or wider than before,
 * lower levels first. Written before the checkpoint that covers them, they leave no reader with a
 * hole.
 */
export function newTiles(p: Primitives, growth: TileGrowth): readonly Tile[] {
  refuseBadSize(growth.oldSize + growth.newLeafHashes.length);
  refuseBadSize(growth.oldSize);
  const tiles: Tile[] = [];
  let level = 0;
  let oldCount = growth.oldSize;
  let added = growth.newLeafHashes;
  while (added.length > 0) {
    const grown = growLevel({ level, oldCount, added, readTile: growth.readTile });
    tiles.push(...grown);
    added = grown
      .filter((tile) => tile.width === TILE_WIDTH)
      .map((tile) => tileRoot(p, tile.bytes));
    oldCount = Math.floor(oldCount / TILE_WIDTH);
    level++;
  }
  return tiles;
}

/** The partial tiles at the right edge of a tree: what `newTiles` reads back. */
export function edgeTiles(size: number): readonly TileRef[] {
  refuseBadSize(size);
  const tiles: TileRef[] = [];
  let level = 0;
  for (let count = size; count > 0; count = Math.floor(count / TILE_WIDTH)) {
    const width = count % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(count / TILE_WIDTH), width });
    level++;
  }
  return tiles;
}

export function rootFromTiles(
  p: Primitives,
  tree: { readonly size: number; readonly readTile: TileReader },
): Uint8Array {
  refuseBadSize(tree.size);
  return rangeHash(p, { start: 0, end: tree.size }, tileNodes(p, tree));
}

export function inclusionProofFromTiles(
  p: Primitives,
  tree: { readonly index: number; readonly size: number; readonly readTile: TileReader },
): Uint8Array[] {
  const read = tileNodes(p, tree);
  return inclusionRanges(tree.index, tree.size).map((range) => rangeHash(p, range, read));
}

/** The proofs of many leaves of one tree, in their order: a node under several of them is hashed once. */
export function inclusionProofsFromTiles(
  p: Primitives,
  tree: {
    readonly indexes: readonly number[];
    readonly size: number;
    readonly readTile: TileReader;
  },
): Uint8Array[][] {
  const read = rememberedNodes(p, tree);
  return tree.indexes.map((index) =>
    inclusionRanges(index, tree.size).map((range) => rangeHash(p, range, read)),
  );
}

export function consistencyProofFromTiles(
  p: Primitives,
  tree: { readonly oldSize: number; readonly newSize: number; readonly readTile: TileReader },
): Uint8Array[] {
  const read = tileNodes(p, { size: tree.newSize, readTile: tree.readTile });
  return consistencyRanges(tree.oldSize, tree.newSize).map((range) => rangeHash(p, range, read));
}

/** The tiles that `rootFromTiles` reads, each once. */
export function tilesForRoot(size: number): readonly TileRef[] {
  refuseBadSize(size);
  return tilesOf([{ start: 0, end: size }], size);
}

/** The tiles that `inclusionProofFromTiles` reads, each once. */
export function tilesForInclusion(index: number, size: number): readonly TileRef[] {
  return tilesOf(inclusionRanges(index, size), size);
}

/** The tiles that `consistencyProofFromTiles` reads, each once. */
export function tilesForConsistency(oldSize: number, newSize: number): readonly TileRef[] {
  return tilesOf(consistencyRanges(oldSize, newSize), newSize);
}

function growLevel(at: {
  readonly level: number;
  readonly oldCount: number;
  readonly added: readonly Uint8Array[];
  readonly readTile: TileReader;
}): Tile[] {
  const { level, oldCount, added } = at;
  const oldWidth = oldCount % TILE_WIDTH;
  return tilesBetween(level, oldCount, oldCount + added.length).map((ref, i) => {
    const kept =
      i === 0 && oldWidth > 0
        ? readChecked(at.readTile, { level, index: ref.index, width: oldWidth })
        : new Uint8Array(0);
    const from = Math.max(0, ref.index * TILE_WIDTH - oldCount);
    const to = ref.index * TILE_WIDTH + ref.width - oldCount;
    return { ...ref, bytes: concatBytes(kept, ...added.slice(from, to)) };
  });
}

function tileNodes(
  p: Primitives,
  tree: { readonly size: number; readonly readTile: TileReader },
): NodeReader {
  return (node) => {
    const place = tileOf(node, tree.size);
    const bytes = readChecked(tree.readTile, place.tile);
    return tileRoot(
      p,
      bytes.subarray(place.from * HASH_BYTES, (place.from + place.count) * HASH_BYTES),
    );
  };
}

/** As `tileNodes`, but from the two nodes below, each of which is kept. */
function rememberedNodes(
  p: Primitives,
  tree: { readonly size: number; readonly readTile: TileReader },
): NodeReader {
  const stored = tileNodes(p, tree);
  const known = new Map<string, Uint8Array>();
  const read: NodeReader = (node) => {
    const { level, index } = node;
    const name = `${level}/${index}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const below = (at: number) => read({ level: level - 1, index: at });
    const hash =
      level % TILE_HEIGHT === 0
        ? stored(node)
        : nodeHash(p, below(index * 2), below(index * 2 + 1));
    known.set(name, hash);
    return hash;
  };
  return read;
}

/**
 * The tile with the hashes under a node, and which of them. A node never straddles tiles: both are
 * aligned to 2^n.
 */
function tileOf(
  node: TreeNode,
  size: number,
): { readonly tile: TileRef; readonly from: number; readonly count: number } {
  const level = Math.floor(node.level / TILE_HEIGHT);
  const count = 2 ** (node.level % TILE_HEIGHT);
  const first = node.index * count;
  const index = Math.floor(first / TILE_WIDTH);
  const hashesAtLevel = Math.floor(size / TILE_WIDTH ** level);
  const width = Math.min(TILE_WIDTH, hashesAtLevel - index * TILE_WIDTH);
  return { tile: { level, index, width }, from: first - index * TILE_WIDTH, count };
}

function tilesOf(ranges: readonly LeafRange[], size: number): readonly TileRef[] {
  const tiles = new Map<string, TileRef>();
  for (const node of ranges.flatMap(rangeNodes)) {
    const { tile } = tileOf(node, size);
    tiles.set(`${tile.level}/${tile.index}`, tile);
  }
  return [...tiles.values()];
}

/** Root of a perfect subtree given as its hashes side by side. */
function tileRoot(p: Primitives, bytes: Uint8Array): Uint8Array {
  let row: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) row.push(bytes.slice(at, at + HASH_BYTES));
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) above.push(nodeHash(p, row[i]!, row[i + 1]!));
    row = above;
  }
  return row[0]!;
}

function readChecked(readTile: TileReader, ref: TileRef): Uint8Array {
  const bytes = readTile(ref.level, ref.index, ref.width);
  if (bytes.length !== ref.width * HASH_BYTES) {
    const place = `level ${ref.level}, index ${ref.index}, width ${ref.width}`;
    throw new KernelError('bad_tile', `tile at ${place} has ${bytes.length} bytes`, { ...ref });
  }
  return bytes;
}

function refuseBadSize(size: number): void {
  if (!isTreeSize(size)) {
    throw new KernelError('bad_tree_range', `\`${size}\` is not the size of a tree`);
  }
}
