// SPDX-License-Identifier: Apache-2.0
import type { Dataset } from '../file/data-section.ts';
import type { SnapshotPlace } from './columns.ts';
import type { ControlTotal } from './dataset-snapshot.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { checkRowCondition } from './row-condition.ts';
import { quoteName } from './sql-text.ts';

/** Figures of the source system compared with the rows as read; sums are taken exactly, in decimals. */
export async function compareControlTotals(
  database: SnapshotDatabase,
  { dataset, place }: { readonly dataset: Dataset; readonly place: SnapshotPlace },
): Promise<readonly ControlTotal[]> {
  const totals = dataset.source?.control_totals ?? {};
  const results: ControlTotal[] = [];
  const add = async (what: string, declared: string, figure: string): Promise<void> => {
    const [row] = await database.rows(
      `SELECT CAST((${figure}) = ${declared} AS BOOLEAN) AS agrees, CAST((${figure}) AS VARCHAR) AS found FROM t`,
    );
    results.push({
      what,
      declared,
      found: String(row?.found ?? '0'),
      agrees: row?.agrees === true,
    });
  };
  if (totals.rows !== undefined) await add('rows', String(totals.rows), 'count(*)');
  for (const [column, declared] of Object.entries(totals.sums ?? {})) {
    await add(`sum of ${column}`, declared, exactSum(column, declared));
  }
  for (const [condition, declared] of Object.entries(totals.counts ?? {})) {
    await checkRowCondition(
      database,
      condition,
      place.locate(['source', 'control_totals', 'counts', condition]),
    );
    await add(
      `rows where ${condition}`,
      String(declared),
      `count(*) FILTER (WHERE (${condition}))`,
    );
  }
  return results;
}

/** The sums that the source declares, of the rows that are left in `t`. */
export async function declaredSums(
  database: SnapshotDatabase,
  dataset: Dataset,
): Promise<readonly { readonly what: string; readonly sum: string }[]> {
  const declared = Object.entries(dataset.source?.control_totals?.sums ?? {});
  if (declared.length === 0) return [];
  const picks = declared.map(
    ([column, sum], index) => `CAST((${exactSum(column, sum)}) AS VARCHAR) AS s${index}`,
  );
  const [row] = await database.rows(`SELECT ${picks.join(', ')} FROM t`);
  return declared.map(([column], index) => ({
    what: `sum of ${column}`,
    sum: String(row?.[`s${index}`]),
  }));
}

function exactSum(column: string, declared: string): string {
  const digits = (declared.split('.')[1] ?? '').length;
  const exact = `CAST(CAST(${quoteName(column)} AS VARCHAR) AS DECIMAL(38, ${Math.min(18, Math.max(digits, 6))}))`;
  return `coalesce(sum(${exact}), 0)`;
}
