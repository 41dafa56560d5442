// SPDX-License-Identifier: Apache-2.0
import { KernelError } from '../errors.ts';

/** Hashes in a full tile: height 8 (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;
/** tlog-tiles allows levels 0 to 63; above 6 a tree would exceed 2^53 leaves. */
const TILE_LEVEL_MAX = 6;

/** A tile's place, and how many hashes it holds (256: full). */
export interface TileRef {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/**
 * Reads the tile at a place, `width` × 32 bytes. Synchronous: callers fetch what `tilesFor…` names
 * beforehand.
 */
export type TileReader = (level: number, index: number, width: number) => Uint8Array;

/** C2SP tlog-tiles "Merkle Tree": `tile/<L>/<N>[.p/<W>]`, e.g. `tile/0/x001/x234/067.p/8`. */
export function tilePath(level: number, index: number, width: number): string {
  if (!Number.isInteger(level) || level < 0 || level > TILE_LEVEL_MAX) {
    throw badTile(`level \`${level}\``);
  }
  return `tile/${level}/${indexPath(index, width)}`;
}

/** C2SP tlog-tiles "Log Entries": `tile/entries/<N>[.p/<W>]`. */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexPath(index, width)}`;
}

/**
 * The tiles of one level, from the one that holds hash `from`, in a tree with `to` hashes there.
 */
export function tilesBetween(level: number, from: number, to: number): readonly TileRef[] {
  const tiles: TileRef[] = [];
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
    tiles.push({ level, index, width: Math.min(TILE_WIDTH, to - index * TILE_WIDTH) });
  }
  return tiles;
}

function indexPath(index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw badTile(`index \`${index}\``);
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH)
    throw badTile(`width \`${width}\``);
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g)!;
  const path = groups.map((group, i) => (i + 1 < groups.length ? `x${group}` : group)).join('/');
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

function badTile(what: string): KernelError {
  return new KernelError('bad_tile', `${what} is outside what a tile can have`);
}
