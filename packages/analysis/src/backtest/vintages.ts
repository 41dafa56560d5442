// SPDX-License-Identifier: Apache-2.0
import type { BacktestSection } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { criticalValue } from '../numeric/normal.ts';
import { labelExpression, type Roles, refuseRows } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { dateExpression, type Periods, periodsOf } from './periods.ts';

export type VintagePlan = NonNullable<
  Extract<BacktestSection, { readonly time: string }>['vintages']
>;

/** A cohort of cases by the period in which they began. */
export interface Vintage {
  readonly cohort: string;
  readonly cases: number;
  /** Ascending by age. */
  readonly points: readonly VintagePoint[];
}

export interface VintagePoint {
  /** Whole months since origination, counted from 1 where cases are dated to the event. */
  readonly months: number;
  /** Cases observed at that age. */
  readonly atRisk: number;
  /** Events in that month, or up to it where rows are cases at an age. */
  readonly events: number;
  /** Share of cases with an event by that age. */
  readonly rate: Estimate | undefined;
}

/** Beyond this age a cohort has too few cases left to say anything. */
export const AT_RISK_MIN = 20;

/**
 * Cumulative event rate of each cohort by months on book. Cases dated to the event: one less the Kaplan–Meier estimate,
 * with Greenwood's variance on the complementary log-log scale (Kaplan & Meier 1958; Kalbfleisch & Prentice 1980); a case
 * is watched until `observed_until`. Rows that are cases at an age: the share with an event, Wilson 1927. Points with
 * fewer than 20 cases are left out.
 */
export async function readVintages(
  table: Table,
  roles: Roles,
  at: { readonly plan: VintagePlan; readonly level: number },
): Promise<readonly Vintage[]> {
  const { plan, level } = at;
  const cohorts = await periodsOf(table, plan.origination, plan.cohort);
  return 'event_at' in plan
    ? datedVintages(table, { plan, cohorts, level })
    : agedVintages(table, roles, { plan, cohorts, level });
}

interface Dated {
  readonly plan: Extract<VintagePlan, { readonly event_at: string }>;
  readonly cohorts: Periods;
  readonly level: number;
}

async function datedVintages(table: Table, at: Dated): Promise<readonly Vintage[]> {
  const { plan, cohorts, level } = at;
  const start = await dateExpression(table, plan.origination);
  const until = await dateExpression(table, plan.observed_until);
  const event = `CAST(${dated(table, plan.event_at)} AS DATE)`;
  await refuseRows(table, [
    refusal(plan.event_at, `${event} < ${start}`, 'has its event before it began'),
    refusal(plan.observed_until, `${until} < ${start}`, 'is observed until before it began'),
  ]);
  // An event after the end of observation is one that nobody had seen by then.
  const seen = `coalesce(${event} <= ${until}, false)`;
  const end = `CASE WHEN ${seen} THEN ${event} ELSE ${until} END`;
  const rows = await table.select(
    `SELECT ${cohorts.expression} AS g, least(date_sub('month', ${start}, ${end}) + 1, ${plan.months + 1}) AS m,
       CAST(count(*) FILTER (WHERE ${seen}) AS DOUBLE), CAST(count(*) AS DOUBLE)
     FROM ${table.relation} GROUP BY g, m ORDER BY g, m`,
  );
  return cohortsOf(rows).map(({ index, ages }) => ({
    cohort: cohorts.nameOf(index),
    cases: ages.reduce((sum, age) => sum + age.count, 0),
    points: kaplanMeier(ages, plan.months, level),
  }));
}

async function agedVintages(
  table: Table,
  roles: Roles,
  at: {
    readonly plan: Extract<VintagePlan, { readonly months_on_book: string }>;
    readonly cohorts: Periods;
    readonly level: number;
  },
): Promise<readonly Vintage[]> {
  const { plan, cohorts, level } = at;
  const age = table.column(plan.months_on_book);
  await refuseRows(table, [
    refusal(plan.months_on_book, `coalesce(${age} < 0, true)`, 'has no age of zero or more months'),
  ]);
  const rows = await table.select(
    `SELECT ${cohorts.expression} AS g, CAST(${age} AS BIGINT) AS m,
       CAST(sum(${labelExpression(table, roles)}) AS DOUBLE), CAST(count(*) AS DOUBLE)
     FROM ${table.relation} WHERE ${table.column(roles.label)} IS NOT NULL GROUP BY g, m ORDER BY g, m`,
  );
  return cohortsOf(rows).map(({ index, ages }) => ({
    cohort: cohorts.nameOf(index),
    cases: Math.max(...ages.map(({ count }) => count)),
    points: ages
      .filter(({ count }) => count >= AT_RISK_MIN)
      .map(({ months, events, count }) => ({
        months,
        atRisk: count,
        events,
        rate: wilson(events, count, level),
      })),
  }));
}

/** Cases of one cohort that left at one age. */
export interface AgeCount {
  readonly months: number;
  readonly events: number;
  /** Events, and cases whose observation ended. */
  readonly count: number;
}

/** One less the survivor function at each month up to `last`; events of a month come before what ends in it. */
export function kaplanMeier(
  ages: readonly AgeCount[],
  last: number,
  level: number,
): readonly VintagePoint[] {
  const byMonth = new Map(ages.map((age) => [age.months, age]));
  const points: VintagePoint[] = [];
  let atRisk = ages.reduce((sum, { count }) => sum + count, 0);
  let survival = 1;
  let variance = 0;
  for (let months = 1; months <= last && atRisk >= AT_RISK_MIN; months += 1) {
    const { events, count } = byMonth.get(months) ?? { events: 0, count: 0 };
    survival *= 1 - events / atRisk;
    variance += events === 0 ? 0 : events / (atRisk * (atRisk - events));
    points.push({ months, atRisk, events, rate: cumulative(survival, variance, level) });
    atRisk -= count;
  }
  return points;
}

function cumulative(survival: number, variance: number, level: number): Estimate {
  const value = 1 - survival;
  // At 0 and 1 the scale of the interval has no value.
  if (!(survival > 0 && survival < 1)) return { value };
  const width = (criticalValue(level) * Math.sqrt(variance)) / Math.abs(Math.log(survival));
  const low = 1 - survival ** Math.exp(-width);
  const high = 1 - survival ** Math.exp(width);
  return { value, interval: { low, high, level, method: 'greenwood, complementary log-log' } };
}

function cohortsOf(
  rows: readonly (readonly unknown[])[],
): readonly { readonly index: number; readonly ages: readonly AgeCount[] }[] {
  const [cohorts, months, events, counts] = rows.map((column) => column.map(Number));
  const found = new Map<number, AgeCount[]>();
  cohorts!.forEach((index, at) => {
    const ages = found.get(index) ?? [];
    ages.push({ months: months![at]!, events: events![at]!, count: counts![at]! });
    found.set(index, ages);
  });
  return [...found].map(([index, ages]) => ({ index, ages }));
}

function dated(table: Table, column: string): string {
  const type = table.columns.get(column);
  const name = table.column(column);
  if (type === 'date' || type === 'timestamp') return name;
  throw new AnalysisError(
    'column_type',
    `column \`${column}\` is ${type}; an event is dated by a date or a timestamp`,
    { details: { column } },
  );
}

function refusal(column: string, fails: string, message: string) {
  return { code: 'value_invalid' as const, column, fails, message };
}
