// SPDX-License-Identifier: Apache-2.0
import {
  type HeldMatter,
  type LegalHold,
  legalHolds,
  modelLives,
  type PolicyInForce,
  packScopes,
  type RecordSet,
  type RetentionFacts,
  retentionPolicies,
} from '@countersign/kernel';
import { type Kysely, sql } from 'kysely';
import type { ServerContext } from '../context.ts';
import type { Database } from '../store/index.ts';

/** Where facts are read: the pool, or the transaction that deletes. */
export interface Reading {
  readonly db: Kysely<Database>;
  readonly set: RecordSet;
}

/**
 * What things are judged by. Policies of both moments count, of now and of the time that is judged for: a clock that was
 * moved takes none of them away.
 */
export async function retentionFacts(
  context: Pick<ServerContext, 'workspace' | 'now'>,
  { db, set }: Reading,
  at: string,
): Promise<RetentionFacts> {
  const holds: HeldMatter[] = [];
  for (const hold of legalHolds(set).filter(({ lifted }) => lifted === undefined)) {
    holds.push({ hold, versions: await heldVersions(context.workspace, db, hold) });
  }
  return {
    policies: policiesOf(set, [context.now(), at]),
    scopes: packScopes(set),
    lives: modelLives(set),
    holds,
  };
}

function policiesOf(set: RecordSet, times: readonly string[]): readonly PolicyInForce[] {
  const all = times.flatMap((time) => retentionPolicies(set, time));
  const byPlace = new Map(all.map((one) => [`${one.digest} ${one.until ?? ''}`, one]));
  // The newest of one time may be a replaced one of the other: as both it decides as the stricter.
  return [...byPlace.values()];
}

async function heldVersions(
  workspace: string,
  db: Kysely<Database>,
  { decision, subject }: LegalHold,
): Promise<HeldMatter['versions']> {
  if (decision === undefined && subject === undefined) return [];
  const { rows } = await sql<{ model: string; version: number }>`
    SELECT DISTINCT model, version FROM decision
     WHERE workspace = ${workspace} AND version IS NOT NULL
       AND (id = ${decision ?? null} OR id IN (
         SELECT decision FROM decision_key
          WHERE workspace = ${workspace} AND subject_hmac = ${subject ?? null}))`.execute(db);
  return rows;
}
