// SPDX-License-Identifier: Apache-2.0
import { sql } from 'kysely';
import type { ServerContext } from '../context.ts';

export interface OverrideCount {
  /** `2026-11`, of the time of the action in UTC. */
  readonly month: string;
  readonly reason: string;
  readonly overrides: number;
}

export interface OverrideTrend {
  readonly counts: readonly OverrideCount[];
  /** Actions on record by month, overridden or not. */
  readonly actions: readonly { readonly month: string; readonly actions: number }[];
}

/** A chart holds no more, and no request reads without a bound. */
const ROWS_MAX = 1_000;

/** How often people acted against a model's answer, by month and reason; from the rows that `action-record`s commit to. */
export async function overrideTrend(
  context: ServerContext,
  at: { readonly model?: string | undefined },
): Promise<OverrideTrend> {
  const month = sql<string>`to_char(action.acted_at AT TIME ZONE 'UTC', 'YYYY-MM')`;
  const rows = context.database.db
    .selectFrom('action')
    .innerJoin('decision', 'decision.id', 'action.decision')
    .where('action.workspace', '=', context.workspace)
    .$if(at.model !== undefined, (query) => query.where('decision.model', '=', at.model ?? ''));
  const counts = await rows
    .where('action.override', '=', true)
    .select((eb) => [
      month.as('month'),
      sql<string>`coalesce(action.reason, '')`.as('reason'),
      eb.fn.countAll<string>().as('overrides'),
    ])
    .groupBy([month, 'action.reason'])
    .orderBy('month', 'desc')
    .limit(ROWS_MAX)
    .execute();
  const actions = await rows
    .select((eb) => [month.as('month'), eb.fn.countAll<string>().as('actions')])
    .groupBy(month)
    .orderBy('month', 'desc')
    .limit(ROWS_MAX)
    .execute();
  return {
    counts: counts.map((row) => ({ ...row, overrides: Number(row.overrides) })),
    actions: actions.map((row) => ({ ...row, actions: Number(row.actions) })),
  };
}
