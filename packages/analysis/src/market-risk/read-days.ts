// SPDX-License-Identifier: Apache-2.0
import type { MarketRiskPlan } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import { numberSql, refuseBadNumbers } from '../estimate/read-columns.ts';
import { refuseRows } from '../table/roles.ts';
import type { Table } from '../table/table.ts';

/** One day: its profit or loss, and the loss that was forecast not to be exceeded. */
export interface RiskDay {
  /** ISO date. */
  readonly date: string;
  readonly profit: number;
  /** Size of a loss. */
  readonly valueAtRisk: number;
}

export interface DayColumns {
  readonly date: string;
  readonly profit: string;
  readonly forecast: string;
  readonly sign: MarketRiskPlan['sign'];
}

/** Days in order of time. Throws AnalysisError naming the row of a missing value, and for a date that occurs twice. */
export async function readDays(table: Table, columns: DayColumns): Promise<readonly RiskDay[]> {
  await refuseBadNumbers(table, [
    { name: columns.profit, needs: 'finite' },
    { name: columns.forecast, needs: 'finite' },
  ]);
  await refuseBadDates(table, columns.date);
  const date = `CAST(CAST(${table.column(columns.date)} AS DATE) AS VARCHAR)`;
  const [dates, profits, forecasts] = await table.select(
    `SELECT ${date} AS d, ${numberSql(table, columns.profit)}, ${numberSql(table, columns.forecast)}
     FROM ${table.relation} ORDER BY d`,
  );
  const turn = columns.sign === 'return' ? -1 : 1;
  return dates!.map((day, row) => ({
    date: String(day),
    profit: Number(profits![row]),
    valueAtRisk: turn * Number(forecasts![row]),
  }));
}

export function isException({ profit, valueAtRisk }: RiskDay): boolean {
  return profit < -valueAtRisk;
}

async function refuseBadDates(table: Table, name: string): Promise<void> {
  const column = table.column(name);
  const type = table.columns.get(name);
  if (type !== 'date' && type !== 'timestamp') {
    throw new AnalysisError('column_type', `column \`${name}\` is \`${type}\`; name a date`, {
      details: { column: name },
    });
  }
  await refuseRows(table, [
    {
      code: 'value_missing',
      column: name,
      fails: `${column} IS NULL`,
      message: 'has no date; leave the row out',
    },
  ]);
  const [twice] = await table.select(
    `SELECT CAST(CAST(${column} AS DATE) AS VARCHAR) AS d FROM ${table.relation} GROUP BY d HAVING count(*) > 1 ORDER BY d LIMIT 1`,
  );
  if (twice?.[0] === undefined) return;
  throw new AnalysisError(
    'value_invalid',
    `column \`${name}\` holds ${String(twice[0])} twice; give one row a day`,
    { details: { column: name, date: String(twice[0]) } },
  );
}
