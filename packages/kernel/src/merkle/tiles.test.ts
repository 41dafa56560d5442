// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../../tests/property-seed.ts';
import { toHex } from '../bytes.ts';
import { nodePrimitives as p } from '../node.ts';
import { decodeEntries, encodeEntries } from './entries.ts';
import { entriesPath, type TileReader, type TileRef, tilePath } from './tile-paths.ts';
import {
  consistencyProofFromTiles,
  edgeTiles,
  inclusionProofFromTiles,
  inclusionProofsFromTiles,
  newTiles,
  rootFromTiles,
  tilesForConsistency,
  tilesForInclusion,
  tilesForRoot,
} from './tiles.ts';
import { merkleTree } from './tree.ts';
import { leafHash } from './tree-hash.ts';

const SIZE_MAX = 65_536 + 257;
const hashes = Array.from({ length: SIZE_MAX }, (_, i) =>
  leafHash(p, Uint8Array.of(i >> 16, i >> 8, i)),
);

class TileStore {
  readonly tiles = new Map<string, Uint8Array>();
  readonly asked = new Set<string>();

  readonly read: TileReader = (level, index, width) => {
    const path = tilePath(level, index, width);
    this.asked.add(path);
    const bytes = this.tiles.get(path);
    if (bytes === undefined) throw new Error(`no tile ${path}`);
    return bytes;
  };

  grow(oldSize: number, newSize: number): void {
    const newLeafHashes = hashes.slice(oldSize, newSize);
    for (const tile of newTiles(p, { oldSize, newLeafHashes, readTile: this.read })) {
      this.tiles.set(tilePath(tile.level, tile.index, tile.width), tile.bytes);
    }
  }
}

const pathsOf = (tiles: readonly TileRef[]) =>
  tiles.map((t) => tilePath(t.level, t.index, t.width));

describe('tiles', () => {
  it('give the roots and proofs of the plain tree across the borders of tiles', () => {
    const sizes = [1, 2, 254, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, SIZE_MAX];
    const store = new TileStore();
    let oldSize = 0;
    for (const size of sizes) {
      store.grow(oldSize, size);
      const tree = merkleTree(p, hashes.slice(0, size));
      expect(toHex(rootFromTiles(p, { size, readTile: store.read }))).toBe(toHex(tree.root));
      const some = new Set([0, 1, 255, 256, size >> 1, size - 257, size - 2, size - 1]);
      const indexes = [...some].filter((index) => index >= 0 && index < size);
      const together = inclusionProofsFromTiles(p, { indexes, size, readTile: store.read });
      for (const [at, index] of indexes.entries()) {
        const proof = inclusionProofFromTiles(p, { index, size, readTile: store.read });
        expect(proof.map(toHex)).toEqual(tree.inclusionProof(index).map(toHex));
        expect(together[at]?.map(toHex)).toEqual(proof.map(toHex));
      }
      for (const from of sizes.filter((one) => one <= size)) {
        const sizesOf = { oldSize: from, newSize: size, readTile: store.read };
        const proof = consistencyProofFromTiles(p, sizesOf);
        expect(proof.map(toHex)).toEqual(tree.consistencyProof(from).map(toHex));
      }
      oldSize = size;
    }
  });

  it('are the same bytes however a tree grows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 6 }), (steps) => {
        const store = new TileStore();
        let size = 0;
        for (const step of steps) {
          store.grow(size, size + step);
          size += step;
        }
        const atOnce = new TileStore();
        atOnce.grow(0, size);
        for (const [path, bytes] of atOnce.tiles) expect(store.tiles.get(path)).toEqual(bytes);
        if (size > 0) {
          const root = merkleTree(p, hashes.slice(0, size)).root;
          expect(rootFromTiles(p, { size, readTile: store.read })).toEqual(root);
        }
      }),
      { seed, numRuns: 60 },
    );
  });

  it('of a tree of 70,000 are those that C2SP tlog-tiles counts', () => {
    const leaf = hashes[0]!;
    const tiles = newTiles(p, {
      oldSize: 0,
      newLeafHashes: Array.from({ length: 70_000 }, () => leaf),
      readTile: () => {
        throw new Error('nothing to read');
      },
    });
    const count = (level: number, width: (w: number) => boolean) =>
      tiles.filter((tile) => tile.level === level && width(tile.width)).length;
    expect([count(0, (w) => w === 256), count(0, (w) => w === 112)]).toEqual([273, 1]);
    expect([count(1, (w) => w === 256), count(1, (w) => w === 17)]).toEqual([1, 1]);
    expect([count(2, (w) => w === 1), tiles.length]).toEqual([1, 277]);
    expect(pathsOf(edgeTiles(70_000))).toEqual([
      'tile/0/273.p/112',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);
  });

  it('of a tree of 256 are a full one and one of width 1 above', () => {
    const store = new TileStore();
    store.grow(0, 256);
    expect([...store.tiles.keys()]).toEqual(['tile/0/000', 'tile/1/000.p/1']);
    expect(pathsOf(edgeTiles(256))).toEqual(['tile/1/000.p/1']);
  });

  it('are none when nothing is added', () => {
    const readTile = () => new Uint8Array(0);
    expect(newTiles(p, { oldSize: 300, newLeafHashes: [], readTile })).toEqual([]);
    expect(edgeTiles(0)).toEqual([]);
    expect(toHex(rootFromTiles(p, { size: 0, readTile }))).toMatch(/^e3b0c442/);
  });

  it('that are named for prefetching are the ones read', () => {
    const store = new TileStore();
    const sizes = [1, 200, 256, 300, 1000, 65_536, SIZE_MAX];
    sizes.forEach((size, i) => {
      store.asked.clear();
      const oldSize = sizes[i - 1] ?? 0;
      store.grow(oldSize, size);
      // Growth reads the edge of the levels that it changes; a proof reads exactly what is named.
      expect(pathsOf(edgeTiles(oldSize))).toEqual(expect.arrayContaining([...store.asked]));
      store.asked.clear();
      rootFromTiles(p, { size, readTile: store.read });
      expect([...store.asked].sort()).toEqual([...pathsOf(tilesForRoot(size))].sort());
      store.asked.clear();
      inclusionProofFromTiles(p, { index: size >> 1, size, readTile: store.read });
      expect([...store.asked].sort()).toEqual(
        [...pathsOf(tilesForInclusion(size >> 1, size))].sort(),
      );
      store.asked.clear();
      consistencyProofFromTiles(p, { oldSize, newSize: size, readTile: store.read });
      expect([...store.asked].sort()).toEqual(
        [...pathsOf(tilesForConsistency(oldSize, size))].sort(),
      );
    });
  });

  it('of the wrong length are refused', () => {
    const readTile = () => new Uint8Array(31);
    expect(() => rootFromTiles(p, { size: 1, readTile })).toThrow(
      expect.objectContaining({ code: 'bad_tile' }),
    );
    expect(() => newTiles(p, { oldSize: 1, newLeafHashes: [hashes[0]!], readTile })).toThrow(
      expect.objectContaining({ code: 'bad_tile' }),
    );
  });

  it.each([-1, 1.5, 2 ** 53])('of a tree of %d leaves are refused', (size) => {
    const readTile = () => new Uint8Array(0);
    for (const run of [
      () => rootFromTiles(p, { size, readTile }),
      () => edgeTiles(size),
      () => tilesForRoot(size),
      () => newTiles(p, { oldSize: size, newLeafHashes: [], readTile }),
    ]) {
      expect(run).toThrow(expect.objectContaining({ code: 'bad_tree_range' }));
    }
  });
});

describe('paths', () => {
  it.each([
    [0, 0, 256, 'tile/0/000'],
    [1, 5, 3, 'tile/1/005.p/3'],
    [0, 999, 256, 'tile/0/999'],
    [0, 1000, 256, 'tile/0/x001/000'],
    [0, 1_234_067, 256, 'tile/0/x001/x234/067'],
    [2, 1_234_067, 255, 'tile/2/x001/x234/067.p/255'],
  ])('of level %i, index %i, width %i is %s', (level, index, width, path) => {
    expect(tilePath(level, index, width)).toBe(path);
    expect(entriesPath(index, width)).toBe(path.replace(/^tile\/\d/, 'tile/entries'));
  });

  it.each([
    [-1, 0, 1],
    [7, 0, 1],
    [0.5, 0, 1],
    [0, -1, 1],
    [0, 2 ** 53, 1],
    [0, 0, 0],
    [0, 0, 257],
    [0, 0, 1.5],
  ])('of level %d, index %d, width %d do not exist', (level, index, width) => {
    expect(() => tilePath(level, index, width)).toThrow(
      expect.objectContaining({ code: 'bad_tile' }),
    );
  });
});

describe('entry bundles', () => {
  it('have each entry after its length in two bytes', () => {
    const bundle = encodeEntries([
      Uint8Array.of(7),
      new Uint8Array(0),
      new Uint8Array(258).fill(9),
    ]);
    expect(toHex(bundle.slice(0, 8))).toBe('0001070000010209');
    expect(bundle).toHaveLength(7 + 258);
  });

  it('read back as they were written, also as a view into larger bytes', () => {
    const entry = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 256 }), (list) => {
        const bundle = encodeEntries(list);
        const within = new Uint8Array(bundle.length + 5);
        within.set(bundle, 3);
        expect(decodeEntries(within.subarray(3, 3 + bundle.length))).toEqual(list);
      }),
      { seed, numRuns: 50 },
    );
  });

  it.each([
    ['nothing', []],
    ['half a length', [0]],
    ['a cut entry', [0, 2, 1]],
    ['a cut second entry', [0, 1, 1, 0, 1]],
    ['257 entries', new Array(257 * 2).fill(0)],
  ])('are refused with %s', (_, bytes) => {
    expect(() => decodeEntries(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'bad_tile' }),
    );
  });

  it('are not written empty, too wide or with an entry of over 65,535 bytes', () => {
    const none = new Uint8Array(0);
    for (const list of [[], Array.from({ length: 257 }, () => none), [new Uint8Array(65_536)]]) {
      expect(() => encodeEntries(list)).toThrow(expect.objectContaining({ code: 'bad_tile' }));
    }
    expect(decodeEntries(encodeEntries([new Uint8Array(65_535)]))[0]).toHaveLength(65_535);
  });
});
