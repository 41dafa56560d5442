// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import { refuseRows } from '../table/roles.ts';
import type { Table } from '../table/table.ts';

/** Consecutive periods of equal length, numbered in time. */
export interface Periods {
  /** SQL of a row's period as DOUBLE; never null once `periodsOf` has returned. */
  readonly expression: string;
  /** What people call period `index`: `2016`, `2016 Q2`, `2016-03`, `2016-03-07 to 2016-03-13`. */
  nameOf(index: number): string;
}

/** How a column tells time. */
interface TimeColumn {
  /** SQL of a DATE. */
  readonly date: string;
  /** Finest step that the column can tell. */
  readonly step: 'day' | 'month' | 'year';
}

const DAY_MS = 86_400_000;
const MONTHS_PER_YEAR = 12;
// The first of January 1970 was a Thursday: weeks from Monday begin three days before it.
const DAYS_MONDAY_TO_EPOCH = 3;

/**
 * Periods of `window` (`1y`, `3m`, `2w`, `30d`) over a date, a timestamp, or an integer that is a year or a month (yyyymm).
 * Months, quarters and years are those of the calendar, weeks begin on Monday, days count from 1970. Throws `column_type`
 * for another column, `value_missing` for a row without time, `plan_invalid` for a window finer than the column.
 */
export async function periodsOf(table: Table, time: string, window: string): Promise<Periods> {
  const column = await timeColumn(table, time);
  const [, digits, unit] = /^(\d{1,4})([dwmy])$/.exec(window) ?? [];
  const count = Number(digits);
  if (!(count > 0)) throw badWindow(window, 'is not a length such as `3m`');
  if (unit === 'm' || unit === 'y') {
    const months = unit === 'y' ? count * MONTHS_PER_YEAR : count;
    if (column.step === 'year' && months % MONTHS_PER_YEAR !== 0) {
      throw badWindow(window, `is finer than column \`${time}\`, which holds years`);
    }
    return monthPeriods(column.date, months);
  }
  if (column.step !== 'day') {
    throw badWindow(window, `is finer than column \`${time}\`, which holds ${column.step}s`);
  }
  return unit === 'w'
    ? dayPeriods(column.date, count * 7, DAYS_MONDAY_TO_EPOCH)
    : dayPeriods(column.date, count, 0);
}

/** SQL of the column's time as DATE, with the same refusals as `periodsOf`. */
export async function dateExpression(table: Table, time: string): Promise<string> {
  return (await timeColumn(table, time)).date;
}

async function timeColumn(table: Table, time: string): Promise<TimeColumn> {
  const column = table.column(time);
  await refuseRows(table, [
    {
      code: 'value_missing',
      column: time,
      fails: `${column} IS NULL`,
      message: 'has no time; leave the row out or say when it was',
    },
  ]);
  return readableTime(table, time);
}

async function readableTime(table: Table, time: string): Promise<TimeColumn> {
  const column = table.column(time);
  const type = table.columns.get(time);
  if (type === 'date' || type === 'timestamp') {
    return { date: `CAST(${column} AS DATE)`, step: 'day' };
  }
  if (type === 'integer') {
    const [low, high] = await table.select(
      `SELECT CAST(min(${column}) AS DOUBLE), CAST(max(${column}) AS DOUBLE) FROM ${table.relation}`,
    );
    const within = (from: number, to: number) =>
      Number(low![0]) >= from && Number(high![0]) <= to && table.rowCount > 0;
    if (within(1000, 9999)) return { date: `make_date(${column}, 1, 1)`, step: 'year' };
    if (within(100_001, 999_912)) {
      const month = `(${column} % 100)`;
      await refuseRows(table, [
        {
          code: 'value_invalid',
          column: time,
          fails: `${month} NOT BETWEEN 1 AND 12`,
          message: 'is no month written yyyymm',
        },
      ]);
      return { date: `make_date(${column} // 100, ${month}, 1)`, step: 'month' };
    }
  }
  throw new AnalysisError(
    'column_type',
    `column \`${time}\` tells no time; expected a date, a timestamp, or an integer such as 2016 or 201603`,
    { details: { column: time } },
  );
}

function monthPeriods(date: string, months: number): Periods {
  const number = `(year(${date}) * ${MONTHS_PER_YEAR} + month(${date}) - 1)`;
  return {
    expression: `CAST(floor(${number} / ${months}) AS DOUBLE)`,
    nameOf: (index) => monthsName(index * months, months),
  };
}

function monthsName(first: number, months: number): string {
  const year = Math.floor(first / MONTHS_PER_YEAR);
  const last = first + months - 1;
  if (months === 3) return `${year} Q${(first % MONTHS_PER_YEAR) / 3 + 1}`;
  if (months === MONTHS_PER_YEAR) return String(year);
  if (months % MONTHS_PER_YEAR === 0) return `${year} to ${Math.floor(last / MONTHS_PER_YEAR)}`;
  return months === 1 ? monthName(first) : `${monthName(first)} to ${monthName(last)}`;
}

function monthName(number: number): string {
  const month = String((number % MONTHS_PER_YEAR) + 1).padStart(2, '0');
  return `${Math.floor(number / MONTHS_PER_YEAR)}-${month}`;
}

function dayPeriods(date: string, days: number, shift: number): Periods {
  const number = `(date_diff('day', DATE '1970-01-01', ${date}) + ${shift})`;
  return {
    expression: `CAST(floor(${number} / ${days}) AS DOUBLE)`,
    nameOf: (index) => {
      const first = index * days - shift;
      return days === 1 ? dayName(first) : `${dayName(first)} to ${dayName(first + days - 1)}`;
    },
  };
}

function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function badWindow(window: string, why: string): AnalysisError {
  return new AnalysisError('plan_invalid', `window \`${window}\` ${why}`, {
    details: { field: 'window' },
  });
}
