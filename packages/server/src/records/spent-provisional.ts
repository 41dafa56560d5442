// SPDX-License-Identifier: Apache-2.0
import { provisionalWarrants, type RecordSet } from '@countersign/kernel';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../store/index.ts';

/**
 * Provisional warrants in production whose model and use have given all the answers that policy allows, under all their
 * provisional warrants together. Headers of decision batches are not among the records that are held in memory, so the
 * decisions themselves are counted, and no further than to the limit.
 */
export async function spentProvisional(
  db: Kysely<Database>,
  set: RecordSet,
  now: string,
): Promise<ReadonlySet<string>> {
  const spent = new Set<string>();
  const all = provisionalWarrants(set);
  for (const { record, subject, answersMax } of all.filter(
    ({ warrant }) => now < warrant.expires,
  )) {
    const { workspace, model, use } = subject;
    const together = all
      .filter((one) => one.subject.workspace === workspace && one.subject.model === model)
      .filter((one) => one.subject.use === use)
      .map((one) => one.record.digest);
    const { rows } = await sql<{ readonly answers: number }>`
      SELECT count(*)::int AS answers FROM (
        SELECT 1 FROM decision
        WHERE workspace = ${workspace} AND model = ${model} AND use = ${use}
          AND kind = 'answer' AND warrant = ANY(${together})
        LIMIT ${answersMax}) AS given`.execute(db);
    if ((rows[0]?.answers ?? 0) >= answersMax) spent.add(record.digest);
  }
  return spent;
}
