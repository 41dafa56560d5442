// SPDX-License-Identifier: Apache-2.0
import {
  edgeTiles,
  equalBytes,
  leafHash,
  newTiles,
  parseLogLeaf,
  readRecord,
  rootFromTiles,
  TILE_WIDTH,
  tilePath,
  toHex,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { BlobStore } from '@countersign/pipeline';
import type { Pool } from 'pg';
import type { PublishedStore } from '../store/index.ts';
import { tileRoot } from './log-growth.ts';
import { type LogProblem, type ProblemList, problemList } from './log-problems.ts';
import { key, tileReader } from './log-tiles.ts';
import {
  type LogIdentity,
  publishedTiles,
  readEntries,
  readPublishedCheckpoint,
} from './published-log.ts';
import { publishedBundles } from './published-records.ts';
import { type DatabaseAudit, openDatabaseAudit } from './verify-database.ts';

export interface VerifyOptions {
  readonly published: PublishedStore;
  readonly blobs: BlobStore;
  readonly log: LogIdentity;
  /** Also compares this database with what is published. */
  readonly pool?: Pool;
  readonly progress?: (done: number, size: number) => void;
}

export interface LogVerdict {
  readonly ok: boolean;
  /** Of the published checkpoint; 0 when nothing is published. */
  readonly size: number;
  readonly root: string;
  /** The first hundred. */
  readonly problems: readonly LogProblem[];
}

/**
 * Audits the whole log: the checkpoint's signature, every leaf, tile and root, the bytes of every record and
 * their signature sets, and, with a database, every row about them. That the signatures on records are by
 * keys which count is for the kernel's `recordSet`. Damage is a finding, not an exception.
 */
export async function verifyLog(options: VerifyOptions): Promise<LogVerdict> {
  const problems = problemList();
  const checkpoint = await problems.attempt('checkpoint', () =>
    readPublishedCheckpoint(options.published, options.log),
  );
  const size = checkpoint?.size ?? 0;
  const database =
    options.pool === undefined ? undefined : await openDatabaseAudit(options.pool, options);
  try {
    const root = await auditTree(options, { size, problems, database });
    if (checkpoint !== undefined && root !== undefined && !equalBytes(root, checkpoint.root)) {
      problems.add('checkpoint', 'its root is not the root of the published entries');
    }
    await auditRecords(options, size, problems);
    await database?.finish(problems, size);
  } finally {
    database?.close();
  }
  const root = checkpoint === undefined ? '' : toHex(checkpoint.root);
  return { ok: problems.all.length === 0, size, root, problems: problems.all };
}

interface TreeAudit {
  readonly size: number;
  readonly problems: ProblemList;
  readonly database: DatabaseAudit | undefined;
}

/** Rebuilds the tree from the leaves, tile by tile, and compares every copy of it. Returns its root. */
async function auditTree(
  options: VerifyOptions,
  audit: TreeAudit,
): Promise<Uint8Array | undefined> {
  const { size, problems, database } = audit;
  const edge = new Map<string, Uint8Array>();
  let lastTime = '';
  for (let oldSize = 0; oldSize < size; oldSize += TILE_WIDTH) {
    const place = `entries from ${oldSize}`;
    const leaves = await problems.attempt(place, () =>
      readEntries(options.published, oldSize / TILE_WIDTH, size),
    );
    if (leaves === undefined) {
      return undefined; // without these leaves nothing after them can be computed
    }
    lastTime = checkTimes(leaves, { oldSize, lastTime, problems });
    const newLeafHashes = leaves.map((leaf) => leafHash(nodePrimitives, leaf));
    const readTile = tileReader(edge);
    for (const tile of newTiles(nodePrimitives, { oldSize, newLeafHashes, readTile })) {
      edge.set(key(tile.level, tile.index), tile.bytes);
    }
    const newSize = oldSize + leaves.length;
    await database?.checkEntries(problems, { from: oldSize, leaves });
    database?.checkRoots(problems, {
      sizes: [oldSize + 1, newSize],
      rootAt: (at) => rootFromTiles(nodePrimitives, { size: at, readTile }),
    });
    await checkTiles(options, { ...audit, edge, newSize });
    options.progress?.(newSize, size);
  }
  return rootFromTiles(nodePrimitives, { size, readTile: tileReader(edge) });
}

function checkTimes(
  leaves: readonly Uint8Array[],
  at: { readonly oldSize: number; readonly lastTime: string; readonly problems: ProblemList },
): string {
  let last = at.lastTime;
  for (const [place, leaf] of leaves.entries()) {
    const where = `entry ${at.oldSize + place}`;
    try {
      const { time } = parseLogLeaf(leaf);
      if (time < last) {
        at.problems.add(where, `its time \`${time}\` is before that of the entry before it`);
      }
      last = time;
    } catch (error) {
      at.problems.add(where, error instanceof Error ? error.message : 'is not a log leaf');
    }
  }
  return last;
}

/** Full tiles as they fill, the partial ones at the end; a full tile is let go once it is checked. */
async function checkTiles(
  options: VerifyOptions,
  audit: TreeAudit & { readonly edge: Map<string, Uint8Array>; readonly newSize: number },
): Promise<void> {
  const { edge, newSize, size, problems, database } = audit;
  const atEnd = newSize === size ? edgeTiles(size) : [];
  const full = [...edge].filter(([, bytes]) => bytes.length === TILE_WIDTH * 32);
  const refs = full.map(([name]) => {
    const [level = 0, index = 0] = name.split('/').map(Number);
    return { level, index, width: TILE_WIDTH };
  });
  for (const { level, index, width } of [...refs, ...atEnd]) {
    const bytes = edge.get(key(level, index))!;
    const path = tilePath(level, index, width);
    const published = await problems.attempt(path, async () =>
      (await publishedTiles(options.published, [{ level, index, width }], size))(
        level,
        index,
        width,
      ),
    );
    if (published !== undefined && !equalBytes(published, bytes)) {
      problems.add(path, 'its hashes are not those of the published entries');
    }
    if (width === TILE_WIDTH) {
      await database?.checkTile(problems, { level, index, bytes, root: tileRoot(bytes) });
      edge.delete(key(level, index));
    }
  }
}

async function auditRecords(
  { published, blobs }: VerifyOptions,
  size: number,
  problems: ProblemList,
): Promise<void> {
  await problems.attempt('records', async () => {
    for await (const bundle of publishedBundles({ published, blobs }, { from: 0, size })) {
      for (const { index, envelope } of bundle.records) {
        await problems.attempt(`entry ${index}`, async () => readRecord(nodePrimitives, envelope));
      }
    }
  });
}
