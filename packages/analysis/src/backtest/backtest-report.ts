// SPDX-License-Identifier: Apache-2.0
import type { BacktestSection } from '@countersign/pipeline';
import type { Cutoff } from '../binary/cutoff.ts';
import { wilson } from '../intervals/wilson.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Finding, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import type { Report } from '../reports/report.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { periodLight } from './judge-light.ts';
import { BACKTEST_METRICS, periodFindings, rateOf, TREND_METRICS } from './period-findings.ts';
import { periodsOf } from './periods.ts';
import type { Light, LightPlan } from './rate-test.ts';
import { type PeriodCells, readPeriods } from './read-periods.ts';
import { trendOf } from './trend.ts';
import { readVintages, type Vintage } from './vintages.ts';

/** A back-test that the plan asks for: the section without its gap. */
export type BacktestPlan = Extract<BacktestSection, { readonly time: string }>;

export interface BacktestInput {
  readonly plan: BacktestPlan;
  readonly roles: Roles;
  readonly confidence?: string | undefined;
  readonly cutoff?: Cutoff | undefined;
  readonly judges?: Judges | undefined;
  /** `one-model` scores every period alike; `rolling` by a fit that saw earlier periods alone, which the caller proved. */
  readonly scores: 'one-model' | 'rolling';
  /** Number and name of the last period in which development rows lie, where that is known. */
  readonly developedUntil?: { readonly index: number; readonly name: string } | undefined;
}

export interface BacktestPeriod {
  readonly period: string;
  readonly n: number;
  readonly events: number;
  /** Rows whose outcome is not known yet. */
  readonly unlabelled: number;
  readonly predicted: DecimalText | null;
  readonly realised: DecimalText | null;
  readonly realised_low: DecimalText | null;
  readonly realised_high: DecimalText | null;
  readonly p_value?: DecimalText | null;
  readonly light?: Light | 'none';
}

export interface VintageCurve {
  readonly cohort: string;
  readonly cases: number;
  readonly points: readonly {
    readonly months: number;
    readonly at_risk: number;
    readonly events: number;
    readonly rate: DecimalText | null;
    readonly low: DecimalText | null;
    readonly high: DecimalText | null;
  }[];
}

export interface BacktestReport extends Report {
  readonly kind: 'backtest';
  readonly time: string;
  readonly window: string;
  readonly scores: 'one-model' | 'rolling';
  readonly lights?: LightPlan;
  /** Ascending in time. */
  readonly periods: readonly BacktestPeriod[];
  readonly vintages?: readonly VintageCurve[];
}

/**
 * The plan's figures period by period against its limits, predicted against realised events with lights, the change from
 * period to period, and cohorts by age. Rows without outcome are left out and counted. Throws AnalysisError for unusable
 * columns and `plan_invalid` for a window or a metric that cannot be.
 */
export async function backtestReport(table: Table, input: BacktestInput): Promise<BacktestReport> {
  const { plan, roles } = input;
  refuseUnknownMetrics(plan.limits, BACKTEST_METRICS, 'backtest.limits');
  const level = levelOf(input.confidence);
  const spans = await periodsOf(table, plan.time, plan.window);
  const plain = { ...roles, weights: undefined };
  const periods = await readPeriods(table, plain, spans);
  const lights = lightsOf(periods, plan);
  const vintages =
    plan.vintages === undefined
      ? undefined
      : await readVintages(table, plain, { plan: plan.vintages, level });
  const options = {
    level,
    cutoff: input.cutoff,
    eventsMin: plan.events_min,
    limited: Object.keys(plan.limits),
  };
  const found = periods.map((period) => ({
    index: period.index,
    findings: periodFindings(period, options),
  }));
  const measurements = [
    ...trendMeasurements(found, input, level),
    ...found.flatMap(({ findings }) => findings.map((finding) => judged(finding, input))),
    ...lights.map(({ measurement }) => measurement),
    ...(vintages ?? []).flatMap((vintage) => vintageMeasurements(vintage, input)),
  ];
  return {
    kind: 'backtest',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: table.rowCount,
    time: plan.time,
    window: plan.window,
    scores: input.scores,
    ...(plan.lights === undefined ? {} : { lights: plan.lights }),
    periods: periods.map((period, at) => periodText(period, level, lights[at])),
    ...(vintages === undefined ? {} : { vintages: vintages.map(curveText) }),
    measurements,
    verdict: worstVerdict(measurements),
    caveats: caveatsOf(periods, input),
  };
}

function lightsOf(periods: readonly PeriodCells[], plan: BacktestPlan) {
  const { lights } = plan;
  if (lights === undefined) return [];
  return periods.map((period) => periodLight(period, { lights, eventsMin: plan.events_min }));
}

interface FoundPeriod {
  readonly index: number;
  readonly findings: readonly Finding[];
}

function judged(finding: Finding, { plan, judges }: BacktestInput): Measurement {
  return judgeFinding(finding, plan.limits[finding.metric], { judge: judges?.[finding.metric] });
}

function trendMeasurements(
  found: readonly FoundPeriod[],
  input: BacktestInput,
  level: number,
): readonly Measurement[] {
  return TREND_METRICS.map((metric) => {
    const figures = found.flatMap(({ index, findings }) => {
      const finding = findings.find((one) => one.metric === metric);
      return finding?.estimate === undefined
        ? []
        : [{ index, n: finding.n, estimate: finding.estimate }];
    });
    const trend = `${metric}_trend` as const;
    const finding: Finding = {
      metric: trend,
      estimate: trendOf(figures, level),
      n: figures.reduce((sum, { n }) => sum + n, 0),
      source: FORMULA_SOURCES[trend],
      ...(figures.length < 3 ? { tooFew: `${figures.length} periods are fewer than 3` } : {}),
    };
    return judged(finding, input);
  });
}

/** The oldest age of each cohort. */
function vintageMeasurements(vintage: Vintage, input: BacktestInput): readonly Measurement[] {
  const last = vintage.points.at(-1);
  return [
    judged(
      {
        metric: 'cumulative_event_rate',
        estimate: last?.rate,
        n: vintage.cases,
        group: { by: 'vintage', value: vintage.cohort },
        source: FORMULA_SOURCES.cumulative_event_rate,
        ...(last === undefined ? { tooFew: `${vintage.cases} cases are too few` } : {}),
      },
      input,
    ),
  ];
}

function periodText(
  period: PeriodCells,
  level: number,
  light: ReturnType<typeof periodLight> | undefined,
): BacktestPeriod {
  const rate = rateOf(period.cells);
  const realised = rate === undefined ? undefined : wilson(rate.events, rate.n, level);
  return {
    period: period.name,
    n: rate?.n ?? 0,
    events: rate?.events ?? 0,
    unlabelled: period.unlabelled,
    predicted: decimal(rate?.predicted ?? Number.NaN),
    realised: decimal(realised?.value ?? Number.NaN),
    realised_low: decimal(realised?.interval?.low ?? Number.NaN),
    realised_high: decimal(realised?.interval?.high ?? Number.NaN),
    ...(light === undefined ? {} : { p_value: light.p_value, light: light.light }),
  };
}

function curveText({ cohort, cases, points }: Vintage): VintageCurve {
  return {
    cohort,
    cases,
    points: points.map(({ months, atRisk, events, rate }) => ({
      months,
      at_risk: atRisk,
      events,
      rate: decimal(rate?.value ?? Number.NaN),
      low: decimal(rate?.interval?.low ?? Number.NaN),
      high: decimal(rate?.interval?.high ?? Number.NaN),
    })),
  };
}

function caveatsOf(periods: readonly PeriodCells[], input: BacktestInput): readonly string[] {
  const { plan, scores, developedUntil } = input;
  const unlabelled = periods.reduce((sum, period) => sum + period.unlabelled, 0);
  const early =
    developedUntil === undefined
      ? []
      : periods.filter(({ index }) => index <= developedUntil.index).map(({ name }) => name);
  return [
    scores === 'rolling'
      ? 'Rolling origin: each row is scored by a fit that had seen earlier times alone, so figures tell the way of building and not one model.'
      : 'One model scores every period.',
    ...(early.length === 0 || scores === 'rolling'
      ? []
      : [
          `Development rows reach into ${developedUntil?.name}; not out of time: ${early.join(', ')}.`,
        ]),
    ...(unlabelled === 0 ? [] : [`${unlabelled} rows have no outcome yet and are in no figure.`]),
    ...(input.roles.unit === undefined
      ? []
      : [`Intervals take rows as independent; rows of one \`${input.roles.unit}\` are not.`]),
    ...(plan.lights === undefined ? [] : [lightsCaveat(plan.lights, periods.length)]),
  ];
}

function lightsCaveat(lights: LightPlan, periods: number): string {
  const expected = Number((Number(lights.red) * periods).toPrecision(3));
  const material =
    lights.material === undefined ? '' : ` beyond an immaterial gap of ${lights.material}`;
  return `Lights test the events of each period against the mean score${material}, outcomes taken as independent: shared shocks turn lights more often than stated. Of ${periods} periods a right model would see about ${expected} red.`;
}
