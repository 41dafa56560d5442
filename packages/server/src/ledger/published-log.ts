// SPDX-License-Identifier: Apache-2.0
import {
  type Checkpoint,
  checkpointSignedBy,
  decodeEntries,
  entriesPath,
  type PublicKey,
  parseCheckpoint,
  TILE_WIDTH,
  type TileReader,
  type TileRef,
  tilePath,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { ServerError } from '../errors.ts';
import { getPublished, type PublishedStore } from '../store/index.ts';
import { key, tileReader } from './log-tiles.ts';

/** Names a log: the origin line of its checkpoints and the keys that sign them. */
export interface LogIdentity {
  readonly origin: string;
  /** Signs its checkpoints now. */
  readonly publicKey: PublicKey;
  /** Signed earlier ones; none where the log's key was never replaced. */
  readonly replaced?: readonly ReplacedLogKey[];
}

/** A log key that another has taken the place of. What it signed before stays true; what it signs later is refused. */
export interface ReplacedLogKey {
  readonly publicKey: PublicKey;
  /** Size of the largest tree without the record that replaced it. */
  readonly lastSize: number;
}

export const CHECKPOINT_PATH = 'checkpoint';

export interface PublishedCheckpoint extends Checkpoint {
  readonly text: string;
}

/**
 * The last published checkpoint, its signature verified; undefined when nothing was ever published.
 * @throws ServerError `ledger_corrupt` when it is not signed by the log's key
 */
export async function readPublishedCheckpoint(
  published: PublishedStore,
  log: LogIdentity,
): Promise<PublishedCheckpoint | undefined> {
  const bytes = await published.get(CHECKPOINT_PATH);
  if (bytes === undefined) {
    return undefined;
  }
  return trustCheckpoint(new TextDecoder().decode(bytes), log, 'the published checkpoint');
}

/** @throws ServerError `ledger_corrupt` */
export function trustCheckpoint(text: string, log: LogIdentity, what: string): PublishedCheckpoint {
  const { origin: name, publicKey } = log;
  const checkpoint = checkpointSignedBy(nodePrimitives, text, { name, keys: keysFor(text, log) });
  if (checkpoint === undefined) {
    throw new ServerError(
      'ledger_corrupt',
      `${what} is not signed by the key \`${publicKey.keyid}\` of log \`${name}\`; restore it from a copy`,
      { details: { origin: name, keyid: publicKey.keyid } },
    );
  }
  return { ...checkpoint, text };
}

function keysFor(text: string, { publicKey, replaced = [] }: LogIdentity): readonly PublicKey[] {
  const size = sizeOf(text);
  const earlier = replaced.filter(({ lastSize }) => size <= lastSize);
  return [publicKey, ...earlier.map((one) => one.publicKey)];
}

/** What an unreadable note claims is nobody's: no replaced key vouches for it. */
function sizeOf(text: string): number {
  try {
    return parseCheckpoint(text).size;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Reads hash tiles of the published log, whose tree has `size` leaves, also for a smaller tree: tiles are read
 * as wide as the published tree has them.
 */
export async function publishedTiles(
  published: PublishedStore,
  refs: readonly TileRef[],
  size: number,
): Promise<TileReader> {
  const read = new Map<string, Uint8Array>();
  for (const { level, index } of refs) {
    const hashes = Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH;
    const ref = { level, index, width: Math.min(TILE_WIDTH, hashes) };
    read.set(key(level, index), await readTile(published, ref, tilePath));
  }
  return tileReader(read);
}

/** The leaves of one entry bundle, in a tree of `size`. */
export async function readEntries(
  published: PublishedStore,
  index: number,
  size: number,
): Promise<readonly Uint8Array[]> {
  const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
  const path = (_: number, at: number, wide: number) => entriesPath(at, wide);
  const bundle = await readTile(published, { level: 0, index, width }, path);
  const entries = decodeEntries(bundle).slice(0, width);
  // A damaged length may swallow its neighbours and still decode.
  if (entries.length < width) {
    throw new ServerError(
      'ledger_corrupt',
      `entry bundle ${index} holds ${entries.length} entries, not ${width}; run \`countersign ledger verify\``,
    );
  }
  return entries;
}

/** A partial tile may be removed once it is full (C2SP tlog-tiles, "Partial Tiles"): then the full one answers. */
async function readTile(
  published: PublishedStore,
  { level, index, width }: TileRef,
  pathOf: (level: number, index: number, width: number) => string,
): Promise<Uint8Array> {
  const partial = await published.get(pathOf(level, index, width));
  return partial ?? getPublished(published, pathOf(level, index, TILE_WIDTH));
}
