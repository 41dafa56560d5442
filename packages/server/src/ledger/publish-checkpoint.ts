// SPDX-License-Identifier: Apache-2.0
import {
  consistencyProofFromTiles,
  type EnvelopeSignature,
  edgeTiles,
  encodeEntries,
  entriesPath,
  equalBytes,
  leafHash,
  newTiles,
  rootFromTiles,
  TILE_WIDTH,
  tilePath,
  tilesForConsistency,
  tilesForRoot,
  toHex,
  utf8,
  verifyConsistency,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { ClientBase } from 'pg';
import { ServerError } from '../errors.ts';
import { logSize } from './log-growth.ts';
import { signCheckpointWith } from './log-signers.ts';
import { databaseTiles } from './log-tiles.ts';
import { CHECKPOINT_PATH } from './published-log.ts';
import { bundlePath, encodeRecordBundle } from './record-bundle.ts';
import { checkFence } from './sequence-batch.ts';
import type { SequencerContext } from './sequencer-context.ts';

/** The tree head that is published now; size 0 before the first. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Listened to by `openCheckpointWatch`; the payload is the size. */
export const CHECKPOINT_CHANNEL = 'countersign_checkpoint';

/**
 * Publishes the next sequenced entries: covered bytes first, the checkpoint last. Each step may be the last
 * of a crashed attempt, and the next attempt starts again from the published checkpoint with the same code.
 * @returns the new head, or `head` itself when nothing is sequenced beyond it
 */
export async function publishCheckpoint(
  context: SequencerContext,
  head: TreeHead,
): Promise<TreeHead> {
  const { client, published, observe, keys } = context;
  const size = Math.min(await logSize(client), head.size + context.batchMax);
  if (size === head.size) {
    return head;
  }
  const root = await extendedRoot(client, head, size);
  const leaves = await readLeaves(client, head.size, size);

  // Bytes of the records. A crash here leaves a bundle that no checkpoint covers; its name holds its end, so
  // a later bundle of another end stands beside it, and readers keep to the one that the leaves match.
  await published.put(bundlePath(head.size, size), await recordBundle(client, head.size, size));
  observe('records-published');

  // Entries and hashes. All are functions of the leaves: a crashed attempt, or a fenced sequencer that lags
  // behind, writes the same bytes under the same paths or paths that no checkpoint names.
  const objects = [
    ...entryBundles(leaves, head.size),
    ...(await hashTiles(client, head.size, leaves)),
  ];
  await Promise.all(objects.map(({ path, bytes }) => published.put(path, bytes)));
  observe('tiles-published');

  // From here on the tree is signed. A crash leaves a signature nobody saw, of entries that are committed and
  // therefore the same next time: two different trees of one size are never signed.
  await checkFence(context, { lock: false });
  const next = { origin: keys.origin, size, root };
  const text = await signCheckpointWith(await keys.signers(), next);
  observe('checkpoint-signed');

  // The entries are checkpointed with this rename. A sequencer that was fenced between the check and here can
  // still replace a newer checkpoint with this older one: both are true, and its successor publishes next.
  await published.put(CHECKPOINT_PATH, utf8(text));
  observe('checkpoint-published');

  // A crash before this leaves the database unaware; on start the published checkpoint is recorded first.
  await recordCheckpoint(client, { size, root, text, at: context.now() });
  observe('checkpoint-recorded');
  await removePartials(context, head.size, size);
  return { size, root };
}

/** Idempotent: tells the database, and all who wait for it, of a checkpoint that is published. */
export async function recordCheckpoint(
  client: ClientBase,
  checkpoint: TreeHead & { readonly text: string; readonly at: Date },
): Promise<void> {
  const { size, root, text, at } = checkpoint;
  await client.query(
    `INSERT INTO checkpoint (size, root, text, published_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (size) DO NOTHING`,
    [size, toHex(root), text, at],
  );
  await client.query('SELECT pg_notify($1, $2)', [CHECKPOINT_CHANNEL, String(size)]);
}

/**
 * Root of the first `size` entries, proven to extend what is published: whatever happened to the rows in
 * between, a tree that takes back a published entry is never signed.
 * @throws ServerError `ledger_fork`
 */
async function extendedRoot(client: ClientBase, head: TreeHead, size: number): Promise<Uint8Array> {
  const refs = [...tilesForRoot(size), ...tilesForConsistency(head.size, size)];
  const readTile = await databaseTiles(client, refs);
  const newRoot = rootFromTiles(nodePrimitives, { size, readTile });
  const { size: oldSize, root: oldRoot } = head;
  const proof = consistencyProofFromTiles(nodePrimitives, { oldSize, newSize: size, readTile });
  const claim = { oldSize, oldRoot, newSize: size, newRoot, proof };
  if (!verifyConsistency(nodePrimitives, claim)) {
    throw new ServerError(
      'ledger_fork',
      `the database's log of ${size} entries does not extend the published one of ${oldSize}; run \`countersign ledger verify\` to see which rows were changed`,
      { details: { size, published: oldSize } },
    );
  }
  return newRoot;
}

interface Leaves {
  /** Index of the first, a multiple of the tile width: entry bundles are rewritten whole. */
  readonly start: number;
  readonly data: readonly Uint8Array[];
}

async function readLeaves(client: ClientBase, from: number, to: number): Promise<Leaves> {
  const start = from - (from % TILE_WIDTH);
  const { rows } = await client.query<{ leaf: Uint8Array; leaf_hash: Uint8Array }>(
    'SELECT leaf, leaf_hash FROM log_entry WHERE index >= $1 AND index < $2 ORDER BY index',
    [start, to],
  );
  // The tree was proven over the hashes. A leaf that is not its hash's was changed since, and would replace the sound one in
  // the published copy, which the database is rebuilt from.
  const changed = rows.findIndex(
    ({ leaf, leaf_hash }) => !equalBytes(leafHash(nodePrimitives, leaf), leaf_hash),
  );
  if (changed !== -1) {
    throw new ServerError(
      'ledger_fork',
      `entry ${start + changed} of the database is not the one that the log holds; run \`countersign ledger verify\` to see which rows were changed`,
      { details: { index: start + changed } },
    );
  }
  return { start, data: rows.map((row) => row.leaf) };
}

interface PublishedObject {
  readonly path: string;
  readonly bytes: Uint8Array;
}

function entryBundles({ start, data }: Leaves, from: number): readonly PublishedObject[] {
  const bundles: PublishedObject[] = [];
  for (let at = from - start - ((from - start) % TILE_WIDTH); at < data.length; at += TILE_WIDTH) {
    const entries = data.slice(at, at + TILE_WIDTH);
    const path = entriesPath((start + at) / TILE_WIDTH, entries.length);
    bundles.push({ path, bytes: encodeEntries(entries) });
  }
  return bundles;
}

async function hashTiles(
  client: ClientBase,
  oldSize: number,
  { start, data }: Leaves,
): Promise<readonly PublishedObject[]> {
  const newLeafHashes = data.slice(oldSize - start).map((leaf) => leafHash(nodePrimitives, leaf));
  const readTile = await databaseTiles(client, edgeTiles(oldSize));
  const tiles = newTiles(nodePrimitives, { oldSize, newLeafHashes, readTile });
  return tiles.map(({ level, index, width, bytes }) => ({
    path: tilePath(level, index, width),
    bytes,
  }));
}

async function recordBundle(client: ClientBase, from: number, to: number): Promise<Uint8Array> {
  const { rows } = await client.query<{
    payload: Uint8Array | null;
    signatures: readonly EnvelopeSignature[];
  }>(
    `SELECT payload, signatures FROM log_entry JOIN record ON digest = record
      WHERE index >= $1 AND index < $2 ORDER BY index`,
    [from, to],
  );
  return encodeRecordBundle(
    rows.map(({ payload, signatures }) => ({ payload: payload ?? undefined, signatures })),
  );
}

/** Partial tiles of the published head that this step has made full: at most one a level, and one entry bundle. */
async function removePartials(
  { published }: SequencerContext,
  from: number,
  to: number,
): Promise<void> {
  const edge = edgeTiles(from);
  const full = edge.filter(({ level, index }) => (index + 1) * TILE_WIDTH ** (level + 1) <= to);
  for (const { level, index } of full) {
    const whole = tilePath(level, index, TILE_WIDTH);
    const bundle = entriesPath(index, TILE_WIDTH);
    for (const base of level === 0 ? [whole, bundle] : [whole]) {
      for (const path of await published.list(`${base}.p/`)) {
        await published.remove(path);
      }
    }
  }
}
