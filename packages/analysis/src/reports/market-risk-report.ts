// SPDX-License-Identifier: Apache-2.0
import type { MarketRiskPlan } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { type BaselZone, baselZone } from '../market-risk/basel-zones.ts';
import {
  conditionalCoverage,
  independence,
  proportionOfFailures,
  type Transitions,
  transitionsOf,
} from '../market-risk/coverage-tests.ts';
import { isException, type RiskDay, readDays } from '../market-risk/read-days.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Finding, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
  type TestingPlan,
} from '../plan/testing-plan.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { SegmentReport } from './performance-report.ts';
import type { Report } from './report.ts';

/** What a plan may set limits on for a value-at-risk forecast; the p values bear `min`, the counts `max`. */
export const MARKET_RISK_METRICS = [
  'exception_rate',
  'kupiec_p',
  'independence_p',
  'conditional_coverage_p',
  'basel_exceptions',
] as const satisfies readonly MetricId[];

const WINDOW_DEFAULT = 250;
/** Fewer days say nothing about a tail. */
const DAYS_MIN = 20;

export interface MarketRiskInput {
  /** `score` is the forecast, `label` the profit or loss. */
  readonly roles: Pick<Roles, 'score' | 'label'>;
  readonly plan: Pick<TestingPlan, 'confidence' | 'metrics' | 'market_risk'>;
  readonly judges?: Judges | undefined;
}

export interface RiskException {
  readonly date: string;
  readonly profit: DecimalText | null;
  readonly value_at_risk: DecimalText | null;
}

/** One forecast over all days. */
export interface ForecastBacktest {
  readonly column: string;
  readonly level: DecimalText;
  readonly from: string;
  readonly to: string;
  readonly expected: DecimalText | null;
  readonly exceptions: readonly RiskException[];
  readonly transitions: Transitions;
  /** Likelihood ratios: `pof`, `independence`, `conditional_coverage`. */
  readonly statistics: Readonly<Record<string, DecimalText | null>>;
  /** The supervisory count over the latest days. */
  readonly basel?: {
    readonly days: number;
    readonly exceptions: number;
    readonly zone: BaselZone;
    readonly cumulative: DecimalText | null;
    readonly multipliers?: { readonly mar32: string; readonly framework1996: string };
  };
  /** At most 500 days, evenly taken with every exception, for a picture. */
  readonly course: readonly RiskException[];
}

export interface MarketRiskReport extends Report {
  readonly kind: 'market-risk';
  readonly forecasts: readonly ForecastBacktest[];
  readonly segments: readonly SegmentReport[];
}

/**
 * Back-test of value-at-risk forecasts: exceptions against the stated rate, their independence, both together, and the
 * supervisory zone. Throws AnalysisError for unusable columns, `plan_invalid` for a plan without `market_risk`.
 */
export async function marketRiskReport(
  table: Table,
  input: MarketRiskInput,
): Promise<MarketRiskReport> {
  refuseUnknownMetrics(input.plan.metrics, MARKET_RISK_METRICS, 'metrics');
  const section = sectionOf(input.plan);
  const confidence = levelOf(input.plan.confidence);
  const forecasts = [
    { column: input.roles.score, level: section.level },
    ...(section.forecasts ?? []),
  ];
  const tested = [];
  for (const forecast of forecasts) {
    const days = await readDays(table, {
      date: section.date,
      profit: input.roles.label,
      forecast: forecast.column,
      sign: section.sign,
    });
    tested.push(forecastTest(days, { ...forecast, section, confidence }));
  }
  const isOne = tested.length === 1;
  const measurements = tested.flatMap(({ findings }) =>
    findings.map((finding) => judged(isOne ? withoutGroup(finding) : finding, input)),
  );
  return {
    kind: 'market-risk',
    confidence: input.plan.confidence ?? CONFIDENCE_DEFAULT,
    rows: table.rowCount,
    measurements,
    forecasts: tested.map(({ backtest }) => backtest),
    segments: [],
    verdict: worstVerdict(measurements),
    caveats: [],
  };
}

function sectionOf(plan: MarketRiskInput['plan']): MarketRiskPlan {
  if (plan.market_risk !== undefined) return plan.market_risk;
  throw new AnalysisError(
    'plan_invalid',
    '`task: market-risk` needs `market_risk` with date and level',
    { details: { field: 'market_risk' } },
  );
}

function judged(finding: Finding, { plan, judges }: MarketRiskInput): Measurement {
  return judgeFinding(finding, plan.metrics?.[finding.metric], {
    judge: judges?.[finding.metric],
  });
}

function withoutGroup({ group: _one, ...finding }: Finding): Finding {
  return finding;
}

interface ForecastAt {
  readonly column: string;
  readonly level: string;
  readonly section: MarketRiskPlan;
  readonly confidence: number;
}

function forecastTest(
  days: readonly RiskDay[],
  { column, level, section, confidence }: ForecastAt,
): { readonly findings: readonly Finding[]; readonly backtest: ForecastBacktest } {
  const tail = 1 - Number(level);
  const hits = days.map(isException);
  const exceptions = days.filter(isException);
  const transitions = transitionsOf(hits);
  const pof =
    days.length === 0 ? undefined : proportionOfFailures(exceptions.length, days.length, tail);
  const free = independence(transitions);
  const both = conditionalCoverage(transitions, tail);
  const window = section.window ?? WINDOW_DEFAULT;
  const latest = days.length < window ? undefined : hits.slice(-window).filter(Boolean).length;
  const tooFew =
    days.length < DAYS_MIN ? `${days.length} days are fewer than ${DAYS_MIN}` : undefined;
  const finding = (metric: MetricId, estimate: Estimate | undefined): Finding => ({
    metric,
    estimate,
    n: metric === 'basel_exceptions' ? Math.min(window, days.length) : days.length,
    events: exceptions.length,
    group: { by: 'forecast', value: column },
    ...(tooFew === undefined ? {} : { tooFew }),
    source: FORMULA_SOURCES[metric],
  });
  const p = (test: { readonly pValue: number } | undefined) =>
    test === undefined ? undefined : { value: test.pValue };
  return {
    findings: [
      finding('exception_rate', wilson(exceptions.length, days.length, confidence)),
      finding('kupiec_p', p(pof)),
      finding('independence_p', p(free)),
      finding('conditional_coverage_p', p(both)),
      finding('basel_exceptions', latest === undefined ? undefined : { value: latest }),
    ],
    backtest: {
      column,
      level,
      from: days[0]?.date ?? '',
      to: days.at(-1)?.date ?? '',
      expected: decimal(days.length * tail),
      exceptions: exceptions.map(exceptionText),
      transitions,
      statistics: {
        pof: decimal(pof?.statistic ?? Number.NaN),
        independence: decimal(free?.statistic ?? Number.NaN),
        conditional_coverage: decimal(both?.statistic ?? Number.NaN),
      },
      ...(latest === undefined ? {} : { basel: baselText(latest, window, tail) }),
      course: courseOf(days),
    },
  };
}

function baselText(exceptions: number, days: number, tail: number) {
  const { zone, cumulative, multipliers } = baselZone(exceptions, days, tail);
  return {
    days,
    exceptions,
    zone,
    cumulative: decimal(cumulative),
    ...(multipliers === undefined ? {} : { multipliers }),
  };
}

const COURSE_MAX = 500;

function courseOf(days: readonly RiskDay[]): readonly RiskException[] {
  const stride = Math.max(1, Math.ceil(days.length / COURSE_MAX));
  return days.filter((day, at) => at % stride === 0 || isException(day)).map(exceptionText);
}

function exceptionText({ date, profit, valueAtRisk }: RiskDay): RiskException {
  return { date, profit: decimal(profit), value_at_risk: decimal(valueAtRisk) };
}
