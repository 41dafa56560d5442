// SPDX-License-Identifier: Apache-2.0
import {
  concatBytes,
  KernelError,
  TILE_WIDTH,
  type TileReader,
  type TileRef,
} from '@countersign/kernel';
import type { ClientBase } from 'pg';

/** Reads the given hash tiles from the database, at the width asked for, even where the tile has grown since. */
export async function databaseTiles(
  client: ClientBase,
  refs: readonly TileRef[],
): Promise<TileReader> {
  const read = new Map<string, Uint8Array>();
  for (const ref of refs) {
    read.set(key(ref.level, ref.index), await databaseTile(client, ref));
  }
  return tileReader(read);
}

/** A reader over tiles held in memory; a narrower tile is the beginning of a wider one. */
export function tileReader(tiles: ReadonlyMap<string, Uint8Array>): TileReader {
  return (level, index, width) => {
    const bytes = tiles.get(key(level, index));
    if (bytes === undefined) {
      throw new KernelError('bad_tile', `tile ${level}/${index} was not read beforehand`);
    }
    return bytes.subarray(0, width * HASH_BYTES);
  };
}

export function key(level: number, index: number): string {
  return `${level}/${index}`;
}

const HASH_BYTES = 32;

async function databaseTile(client: ClientBase, ref: TileRef): Promise<Uint8Array> {
  const { level, index, width } = ref;
  if (width === TILE_WIDTH) {
    const { rows } = await client.query<{ hashes: Uint8Array }>(
      'SELECT hashes FROM log_tile WHERE level = $1 AND index = $2',
      [level, index],
    );
    return rows[0]?.hashes ?? new Uint8Array(0);
  }
  // A partial tile is not stored: its hashes are leaf hashes, or roots of the full tiles one level below.
  const from = index * TILE_WIDTH;
  const { rows } =
    level === 0
      ? await client.query<{ hash: Uint8Array }>(
          'SELECT leaf_hash AS hash FROM log_entry WHERE index >= $1 AND index < $2 ORDER BY index',
          [from, from + width],
        )
      : await client.query<{ hash: Uint8Array }>(
          'SELECT root AS hash FROM log_tile WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index',
          [level - 1, from, from + width],
        );
  return concatBytes(...rows.map((row) => row.hash));
}
