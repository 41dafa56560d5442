// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import { afterAll, describe, expect, test } from 'vitest';
import { type BacktestPlan, backtestReport } from '../src/backtest/backtest-report.ts';
import { periodsOf } from '../src/backtest/periods.ts';
import {
  AnalysisError,
  type ColumnTypes,
  evaluatePlan,
  loadTable,
  type Table,
} from '../src/index.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';

const opened: Table[] = [];
afterAll(() => {
  for (const table of opened) table.close();
});

async function tableOf(rows: readonly string[], columns: ColumnTypes): Promise<Table> {
  const text = `${Object.keys(columns).join(',')}\n${rows.join('\n')}\n`;
  const table = await loadTable({ format: 'csv', bytes: Buffer.from(text) }, columns);
  opened.push(table);
  return table;
}

async function refusal(action: () => Promise<unknown>): Promise<AnalysisError> {
  const error = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AnalysisError) return error;
  throw new Error(`expected an AnalysisError, got ${String(error)}`);
}

const random = seededNumbers(printedSeed('backtest'));
const ROLES = { score: 'score', label: 'label' };
const COLUMNS: ColumnTypes = { year: 'integer', score: 'number', label: 'integer' };

/** Rows of one year whose true risk is the score moved by `drift`; the last ones without outcome. */
function yearRows(year: number, count: number, at: { drift: number; open?: number }): string[] {
  return Array.from({ length: count }, (_, index) => {
    const score = 0.05 + 0.5 * random();
    const event = random() < score + at.drift ? 1 : 0;
    return `${year},${score},${index < (at.open ?? 0) ? '' : event}`;
  });
}

const PLAN: BacktestPlan = {
  time: 'year',
  window: '1y',
  limits: { auc: { min: '0.5' }, rate_gap: { min: '-0.05', max: '0.05' } },
  lights: { test: 'jeffreys', side: 'either', amber: '0.05', red: '0.0001' },
};

describe('a back-test', () => {
  test('tells each period, its light, and the trend of what drifts', async () => {
    const table = await tableOf(
      [
        ...yearRows(2019, 4, { drift: 0 }),
        ...yearRows(2016, 4000, { drift: 0 }),
        ...yearRows(2017, 4000, { drift: 0.06 }),
        ...yearRows(2018, 4000, { drift: 0.18, open: 100 }),
      ],
      COLUMNS,
    );
    const report = await backtestReport(table, { plan: PLAN, roles: ROLES, scores: 'one-model' });
    expect(report.periods.map(({ period, n, unlabelled }) => [period, n, unlabelled])).toEqual([
      ['2016', 4000, 0],
      ['2017', 4000, 0],
      ['2018', 3900, 100],
      ['2019', 4, 0],
    ]);
    expect(report.periods.slice(1).map(({ light }) => light)).toEqual(['red', 'red', 'none']);
    const gap = report.measurements.filter(({ metric }) => metric === 'rate_gap');
    expect(gap.map(({ verdict }) => verdict)[2]).toBe('fail');
    expect(gap[3]).toMatchObject({ verdict: 'inconclusive', reason: '4 rows are fewer than 20' });
    const trend = report.measurements.find(({ metric }) => metric === 'rate_gap_trend')!;
    expect(Number(trend.interval!.low)).toBeGreaterThan(0.05);
    expect(Number(trend.value)).toBeLessThan(0.13);
    expect(report.verdict).toBe('fail');
    expect(report.caveats.some((text) => text.startsWith('100 rows have no outcome yet'))).toBe(
      true,
    );
    expect(() => assertRecordJson(parseStrictJson(JSON.stringify(report)))).not.toThrow();
  });

  test('gives the same digits whatever the order of rows', async () => {
    const rows = [...yearRows(2016, 500, { drift: 0 }), ...yearRows(2017, 500, { drift: 0 })];
    const texts: string[] = [];
    for (const ordered of [rows, [...rows].reverse()]) {
      const table = await tableOf(ordered, COLUMNS);
      const report = await backtestReport(table, { plan: PLAN, roles: ROLES, scores: 'one-model' });
      texts.push(JSON.stringify(report));
    }
    expect(texts[0]).toBe(texts[1]);
  });

  test('follows cohorts by age, cases dated to the event', async () => {
    const day = (months: number) => new Date(Date.UTC(2015, months, 15)).toISOString().slice(0, 10);
    const rows = Array.from({ length: 400 }, (_, index) => {
      const start = index % 6;
      const defaults = index % 4 === 0;
      return `${day(start)},${defaults ? day(start + 2 + (index % 3)) : ''},${day(start + 9)},0.25,${defaults ? 1 : 0}`;
    });
    const table = await tableOf(rows, {
      booked: 'date',
      defaulted: 'date',
      seen_until: 'date',
      score: 'number',
      label: 'integer',
    });
    const report = await backtestReport(table, {
      plan: {
        time: 'booked',
        window: '3m',
        limits: { cumulative_event_rate: { max: '0.4' } },
        vintages: {
          origination: 'booked',
          event_at: 'defaulted',
          observed_until: 'seen_until',
          cohort: '3m',
          months: 8,
        },
      },
      roles: ROLES,
      scores: 'one-model',
    });
    expect(report.vintages!.map(({ cohort, cases }) => [cohort, cases])).toEqual([
      ['2015 Q1', 201],
      ['2015 Q2', 199],
    ]);
    const [first] = report.vintages!;
    expect(first!.points.map(({ events }) => events).slice(0, 2)).toEqual([0, 0]);
    const last = first!.points.at(-1)!;
    const defaulted = rows.filter(
      (row) => row.endsWith(',1') && row.slice(0, 10) < '2015-04',
    ).length;
    expect(Number(last.rate)).toBeCloseTo(defaulted / 201, 11);
    expect(
      report.measurements.filter(({ metric }) => metric === 'cumulative_event_rate'),
    ).toHaveLength(2);
  });

  test('of rows that are cases at an age counts the share with an event', async () => {
    const rows = [3, 6].flatMap((age) =>
      Array.from({ length: 50 }, (_, index) => `201603,${age},0.2,${index < age ? 1 : 0}`),
    );
    const table = await tableOf(rows, {
      month: 'integer',
      age: 'integer',
      score: 'number',
      label: 'integer',
    });
    const report = await backtestReport(table, {
      plan: {
        time: 'month',
        window: '1m',
        limits: {},
        vintages: { origination: 'month', months_on_book: 'age', cohort: '3m' },
      },
      roles: ROLES,
      scores: 'one-model',
    });
    expect(report.vintages![0]!.points.map(({ months, rate }) => [months, rate])).toEqual([
      [3, '0.06'],
      [6, '0.12'],
    ]);
    expect(report.verdict).toBe('informational');
  });

  test('refuses a rolling score whose fit had seen the row’s own time', async () => {
    const columns: ColumnTypes = { ...COLUMNS, rolled: 'number', until: 'integer' };
    const rows = yearRows(2017, 30, { drift: 0 }).map(
      (row, index) => `${row},0.3,${index === 7 ? 2017 : 2016}`,
    );
    const later = await tableOf(rows, columns);
    const own = await tableOf(yearRows(2016, 100, { drift: 0 }), COLUMNS);
    const plan = {
      backtest: {
        ...PLAN,
        predictions: { file: 'rolling.csv', score: 'rolled', trained_until: 'until' },
      },
    };
    const given = {
      table: later,
      roles: ROLES,
      data: { description: 'people.later', digest: '00', rows: 30 },
      rolling: { score: 'rolled', trainedUntil: 'until' },
    };
    const error = await refusal(() => evaluatePlan(plan, own, { roles: ROLES, later: given }));
    expect([error.code, error.details]).toEqual(['value_invalid', { column: 'until', row: 8 }]);
    const without = await refusal(() => evaluatePlan(plan, own, { roles: ROLES }));
    expect([without.code, without.details.field]).toEqual(['plan_invalid', 'backtest.predictions']);
  });

  test('is recorded under its kind with the rows it was measured on', async () => {
    const own = await tableOf(yearRows(2016, 300, { drift: 0 }), COLUMNS);
    const table = await tableOf(
      [...yearRows(2016, 300, { drift: 0 }), ...yearRows(2017, 300, { drift: 0 })],
      COLUMNS,
    );
    const data = { description: 'people.later', digest: '00', rows: 600 };
    const { parts } = await evaluatePlan({ backtest: PLAN }, own, {
      roles: ROLES,
      later: { table, roles: ROLES, data },
    });
    const part = parts.find(({ kind }) => kind === 'backtest')!;
    expect([part.evidence, part.data]).toEqual(['performance-test', data]);
    expect(part.report.caveats).toContain(
      'Development rows reach into 2016; not out of time: 2016.',
    );
    const gap = await evaluatePlan({ backtest: { gap: 'the table has no date' } }, own, {
      roles: ROLES,
    });
    expect(gap.parts).toEqual([]);
  });
});

describe('periods', () => {
  test.each([
    ['1y', '2016-03-07', '2016'],
    ['2y', '2016-03-07', '2016 to 2017'],
    ['3m', '2016-12-31', '2016 Q4'],
    ['1m', '2016-02-29', '2016-02'],
    ['6m', '2016-08-01', '2016-07 to 2016-12'],
    ['1w', '2016-03-09', '2016-03-07 to 2016-03-13'],
    ['1d', '1969-12-31', '1969-12-31'],
  ])('of %s put %s into %s', async (window, day, name) => {
    const table = await tableOf([day], { day: 'date' });
    const periods = await periodsOf(table, 'day', window);
    const [index] = await table.select(`SELECT ${periods.expression} FROM rows`);
    expect(periods.nameOf(Number(index![0]))).toBe(name);
  });

  test('are refused where the column cannot tell them', async () => {
    const years = await tableOf(['2016', '2017'], { year: 'integer' });
    const months = await tableOf(['201613'], { month: 'integer' });
    const texts = await tableOf(['soon'], { when: 'text' });
    const missing = await tableOf(['2016-01-01', ''], { day: 'date' });
    const codes = [];
    for (const [table, column, window] of [
      [years, 'year', '3m'],
      [months, 'month', '1m'],
      [texts, 'when', '1y'],
      [missing, 'day', '1y'],
    ] as const) {
      codes.push((await refusal(() => periodsOf(table, column, window))).code);
    }
    expect(codes).toEqual(['plan_invalid', 'value_invalid', 'column_type', 'value_missing']);
  });
});
