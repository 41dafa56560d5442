// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  inclusionProofsFromTiles,
  isTrustRecord,
  type ProofBundle,
  type ProvenRecord,
  type RecordSet,
  type TileRef,
  tilesForInclusion,
  toBase64,
  toHex,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { databaseTiles } from '../ledger/index.ts';
import type { CheckpointedRecords } from './current-records.ts';

/**
 * Everything that a warrant, a change request or a version rests on, with proofs against one checkpoint: the firm's
 * own records (founding, enrolments, policies, packs) and every record of the model that counts. For the founding
 * record it is the firm's own records alone. Decision batches are left out. Whoever gets it verifies it with the
 * kernel's `verifyBundle`; leaving a record out is all we could do.
 * @throws ServerError `bundle_unavailable` for a digest that names no record of a model; `checkpoint_timeout`
 */
export async function assembleBundle(context: ServerContext, digest: string): Promise<ProofBundle> {
  const covered = await coveredWith(context, digest);
  const target = covered.set.byDigest.get(digest)?.statement.predicate;
  if (digest === context.root) {
    const firm = covered.set.records.filter(
      ({ statement }) => statement.predicate.scope === 'firm',
    );
    return { v: 1, checkpoint: covered.text, records: await prove(context, covered, firm) };
  }
  if (target?.subjectRef.model === undefined) {
    throw new ServerError(
      'bundle_unavailable',
      `no warrant, change request or version ${digest.slice(0, 12)} counts in the log; see /v1/records/${digest}`,
      { details: { digest } },
    );
  }
  const records = recordsOf(covered.set, target.subjectRef.workspace, target.subjectRef.model);
  return { v: 1, checkpoint: covered.text, records: await prove(context, covered, records) };
}

/**
 * Every record that says whom the firm trusts, with proofs against the newest checkpoint: how a gateway, `gate` and
 * `keys list` learn of a key that was suspended, replaced or rotated out.
 * @throws ServerError `log_unavailable` before the first checkpoint
 */
export async function assembleTrust(context: ServerContext): Promise<ProofBundle> {
  const covered = await context.records.checkpointed();
  if (covered === undefined) throw noCheckpoint();
  const records = covered.set.records.filter(({ statement }) => isTrustRecord(statement.predicate));
  return { v: 1, checkpoint: covered.text, records: await prove(context, covered, records) };
}

async function coveredWith(context: ServerContext, digest: string): Promise<CheckpointedRecords> {
  const first = await context.records.checkpointed();
  if (first?.set.byDigest.has(digest)) return first;
  // It may have been recorded a moment ago.
  await context.checkpoints.waitForCheckpoint(digest, { timeoutMs: 10_000 });
  const covered = await context.records.checkpointed();
  if (covered === undefined) throw noCheckpoint();
  return covered;
}

function noCheckpoint(): ServerError {
  return new ServerError(
    'log_unavailable',
    'no checkpoint of the log has been published yet; try again in a second',
  );
}

function recordsOf(set: RecordSet, workspace: string, model: string): readonly CountedRecord[] {
  return set.records.filter(({ statement: { predicate } }) => {
    if (isTrustRecord(predicate)) return true;
    const { subjectRef: ref, scope } = predicate;
    return (
      ref.workspace === workspace &&
      (ref.model === model || (scope === 'firm' && ref.model === undefined))
    );
  });
}

async function prove(
  context: ServerContext,
  covered: CheckpointedRecords,
  records: readonly CountedRecord[],
): Promise<readonly ProvenRecord[]> {
  const { size } = covered.checkpoint;
  const client = await context.database.pool.connect();
  try {
    const refs = new Map<string, TileRef>();
    for (const { index } of records) {
      for (const ref of tilesForInclusion(index, size)) refs.set(`${ref.level}/${ref.index}`, ref);
    }
    const readTile = await databaseTiles(client, [...refs.values()]);
    const indexes = records.map(({ index }) => index);
    const leaves = await readLeaves(context, indexes);
    const proofs = inclusionProofsFromTiles(context.primitives, { indexes, size, readTile });
    return records.map(({ envelope, index }, at) => ({
      envelope,
      index,
      leaf: toBase64(leafAt(leaves, index)),
      proof: (proofs[at] ?? []).map(toHex),
    }));
  } finally {
    client.release();
  }
}

async function readLeaves(
  context: ServerContext,
  indexes: readonly number[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  const rows = await context.database.db
    .selectFrom('log_entry')
    .select(['index', 'leaf'])
    .where('index', 'in', indexes)
    .execute();
  return new Map(rows.map(({ index, leaf }) => [index, leaf]));
}

function leafAt(leaves: ReadonlyMap<number, Uint8Array>, index: number): Uint8Array {
  const leaf = leaves.get(index);
  if (leaf === undefined) {
    throw new ServerError(
      'ledger_corrupt',
      `entry ${index} of the log is missing; run \`countersign ledger verify\``,
      {
        details: { index },
      },
    );
  }
  return leaf;
}
