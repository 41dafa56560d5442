// SPDX-License-Identifier: Apache-2.0
import { emptyRoot, equalBytes, rootFromTiles, tilesForRoot, toHex } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { Client, ClientBase } from 'pg';
import { ServerError } from '../errors.ts';
import type { PublishedStore } from '../store/index.ts';
import { logSize } from './log-growth.ts';
import type { LogKeys } from './log-signers.ts';
import { databaseTiles } from './log-tiles.ts';
import { recordCheckpoint, type TreeHead } from './publish-checkpoint.ts';
import {
  type LogIdentity,
  type PublishedCheckpoint,
  readPublishedCheckpoint,
  trustCheckpoint,
} from './published-log.ts';

export interface PositionContext {
  readonly client: Client;
  readonly published: PublishedStore;
  readonly keys: Pick<LogKeys, 'identity'>;
  readonly now: () => Date;
}

/**
 * Compares the database with every tree head it could contradict, before anything is signed: the published
 * checkpoint and the last one that the database itself remembers (the blob store may be the restored one).
 * Returns the published head, from where publishing goes on.
 * @throws ServerError `ledger_behind`, `ledger_fork`, `ledger_corrupt`
 */
export async function checkPosition(context: PositionContext): Promise<TreeHead> {
  const { client, published } = context;
  const log = await context.keys.identity();
  const size = await logSize(client);
  const remembered = await rememberedCheckpoint(client, log);
  if (remembered !== undefined) {
    await checkHead(client, size, remembered);
  }
  const checkpoint = await readPublishedCheckpoint(published, log);
  if (checkpoint === undefined) {
    return { size: 0, root: emptyRoot(nodePrimitives) };
  }
  await checkHead(client, size, checkpoint);
  await recordCheckpoint(client, { ...checkpoint, at: context.now() });
  return { size: checkpoint.size, root: checkpoint.root };
}

/** Root of the first `size` entries of the database's log, from its tiles. */
export async function databaseRoot(client: ClientBase, size: number): Promise<Uint8Array> {
  const readTile = await databaseTiles(client, tilesForRoot(size));
  return rootFromTiles(nodePrimitives, { size, readTile });
}

async function checkHead(
  client: ClientBase,
  size: number,
  checkpoint: PublishedCheckpoint,
): Promise<void> {
  if (size < checkpoint.size) {
    throw new ServerError(
      'ledger_behind',
      `the database's log has ${size} entries, but ${checkpoint.size} are published: it is an older copy; run \`countersign ledger rebuild\` to take in what is missing`,
      { details: { size, published: checkpoint.size } },
    );
  }
  const root = await databaseRoot(client, checkpoint.size);
  if (!equalBytes(root, checkpoint.root)) {
    throw new ServerError(
      'ledger_fork',
      `the database's first ${checkpoint.size} entries are not the published ones; run \`countersign ledger verify\` to see which, and rebuild from the blob store into a new database`,
      { details: { size: checkpoint.size, root: toHex(root), published: toHex(checkpoint.root) } },
    );
  }
}

async function rememberedCheckpoint(
  client: ClientBase,
  log: LogIdentity,
): Promise<PublishedCheckpoint | undefined> {
  const { rows } = await client.query<{ text: string }>(
    'SELECT text FROM checkpoint ORDER BY size DESC LIMIT 1',
  );
  const text = rows[0]?.text;
  return text === undefined
    ? undefined
    : trustCheckpoint(text, log, 'the last checkpoint of the database');
}
