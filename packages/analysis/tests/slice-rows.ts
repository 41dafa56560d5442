// SPDX-License-Identifier: Apache-2.0
import {
  loadTable,
  type SlicesInput,
  type SlicesReport,
  slicesReport,
  type Table,
} from '../src/index.ts';

export type SlicePlan = SlicesInput['plan'];
export const ROLES = { score: 'score', label: 'label' };
export const CUTOFF = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;
const COLUMNS = {
  score: 'number',
  label: 'integer',
  sex: 'text',
  region: 'text',
  age: 'integer',
  income: 'number',
} as const;
export const PLAN: SlicePlan = {
  columns: ['sex', 'region', 'age', 'income'].map((column) => ({ name: column, column })),
  metric: 'log_loss',
  rows_min: 60,
};

export interface SliceRow {
  readonly score: number;
  /** Empty where the outcome is not known. */
  readonly label: 0 | 1 | '';
  readonly sex: string;
  readonly region: string;
  readonly age: number;
  readonly income: number;
}

/** Labels follow the scores, so that no slice is worse than another; `planted` rows get a coin's label instead. */
export function drawRows(
  count: number,
  random: () => number,
  planted: (row: Omit<SliceRow, 'label'>) => boolean = () => false,
): readonly SliceRow[] {
  return Array.from({ length: count }, () => {
    const row = {
      score: Math.round((0.05 + 0.9 * random()) * 1000) / 1000,
      sex: random() < 0.5 ? 'f' : 'm',
      region: ['north', 'south', 'east', 'west'][Math.floor(random() * 4)]!,
      age: 20 + Math.floor(random() * 50),
      income: Math.round(random() * 100_000) / 100,
    };
    const risk = planted(row) ? 1 - row.score : row.score;
    return { ...row, label: random() < risk ? 1 : 0 };
  });
}

export function tableOf(rows: readonly SliceRow[], threads?: number): Promise<Table> {
  const lines = rows.map(({ score, label, sex, region, age, income }) =>
    [score, label, sex, region, age, income].join(','),
  );
  const bytes = Buffer.from([Object.keys(COLUMNS).join(','), ...lines, ''].join('\n'));
  return loadTable({ format: 'csv', bytes }, COLUMNS, threads === undefined ? {} : { threads });
}

export async function reported(
  rows: readonly SliceRow[],
  change: Partial<SlicePlan> = {},
  threads?: number,
): Promise<SlicesReport> {
  const table = await tableOf(rows, threads);
  try {
    return await reportedOn(table, change);
  } finally {
    table.close();
  }
}

export function reportedOn(table: Table, change: Partial<SlicePlan> = {}): Promise<SlicesReport> {
  const plan = { ...PLAN, ...change };
  return slicesReport(table, { plan, roles: ROLES, cutoff: CUTOFF });
}
