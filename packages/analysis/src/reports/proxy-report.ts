// SPDX-License-Identifier: Apache-2.0
import { adverseExpression, type Cutoff } from '../binary/cutoff.ts';
import { EVENTS_MIN_DEFAULT } from '../fairness/compare-groups.ts';
import {
  groupProbabilities,
  type ProbabilitySql,
  type ProxyRelation,
  type ProxySources,
} from '../fairness/proxy/group-probabilities.ts';
import {
  type ProbabilityCells,
  rateBounds,
  thresholdedCounts,
  weightedGroup,
  weightedRate,
  weightedRatio,
} from '../fairness/proxy/proxy-estimators.ts';
import type { ProxyPlan } from '../fairness/proxy/proxy-plan.ts';
import { refuseProxyLimits } from '../fairness/proxy/refuse-proxy-limits.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import { CONFIDENCE_DEFAULT, type FairnessPlan, levelOf } from '../plan/testing-plan.ts';
import { refuseBadScores } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const THRESHOLDS = [0.5, 0.8];
const BY = 'group by proxy';

const CAVEATS = [
  'Groups are estimated from names and places, not stated by anyone: these figures inform and never decide.',
  'Weighting by probability is biased where approvals and group are related among people of equal name and place; the bounds show how far the truth can lie from it, sampling error aside (Chen et al. 2019; Kallus, Mao & Zhou 2022).',
] as const;

export interface ProxyInput {
  readonly plan: FairnessPlan & { readonly proxy: ProxyPlan };
  readonly confidence?: string | undefined;
  readonly score: string;
  readonly cutoff: Cutoff;
  readonly sources: ProxySources;
}

/** The same ratio by another way of telling groups. */
export interface ProxyEstimator {
  readonly estimator: string;
  readonly ratio: DecimalText | null;
}

export interface ProxyGroup {
  readonly group: string;
  /** Sum of probabilities: members among the rows told, in expectation. */
  readonly expected_rows: DecimalText | null;
  readonly rate_bounds?: { readonly low: DecimalText | null; readonly high: DecimalText | null };
  /** Against the reference; absent for it. */
  readonly estimators?: readonly ProxyEstimator[];
  /** Least and most of the estimators, the weighted one included. */
  readonly band?: { readonly low: DecimalText | null; readonly high: DecimalText | null };
  readonly ratio_bounds?: { readonly low: DecimalText | null; readonly high: DecimalText | null };
}

export interface ProxyReport extends Report {
  readonly kind: 'proxy';
  readonly method: ProxyPlan['method'];
  readonly why: string;
  readonly reference: string;
  /** Rows whose name and place are listed; the others are in no figure. */
  readonly told: number;
  readonly untold: number;
  readonly untold_approved: number;
  readonly groups: readonly ProxyGroup[];
}

/**
 * Approval rates by probable group: weighted, thresholded and between bounds. Always informational, whatever the limits.
 * Throws `plan_invalid` for a plan that would decide by them, and AnalysisError for unusable tables or columns.
 */
export async function proxyReport(table: Table, input: ProxyInput): Promise<ProxyReport> {
  const { plan } = input;
  refuseProxyLimits(plan);
  await refuseBadScores(table, input.score);
  const relation = await groupProbabilities(table, plan.proxy, input.sources);
  const [first, ...others] = relation.variants;
  const cells = await readCells(table, input, { relation, variant: first! });
  const variants = new Map<string, ProbabilityCells>();
  for (const variant of others) {
    variants.set(variant.name, await readCells(table, input, { relation, variant }));
  }
  const told = cells.counts.reduce((sum, count) => sum + count, 0);
  const approvedTold = cells.counts.reduce((sum, count, i) => sum + count * cells.approved[i]!, 0);
  const approvedAll = await countApproved(table, input);
  return {
    kind: 'proxy',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: table.rowCount,
    method: plan.proxy.method,
    why: plan.proxy.why,
    reference: plan.proxy.reference,
    told,
    untold: table.rowCount - told,
    untold_approved: approvedAll - approvedTold,
    groups: plan.proxy.groups.map((group) => groupText(group, { cells, variants, plan })),
    measurements: measurementsOf(cells, input, told),
    verdict: 'informational',
    caveats: CAVEATS,
  };
}

async function readCells(
  table: Table,
  { score, cutoff }: ProxyInput,
  from: { readonly relation: ProxyRelation; readonly variant: ProbabilitySql },
): Promise<ProbabilityCells> {
  const { columns } = from.variant;
  const names = columns.map((_, index) => `p${index}`);
  const listed = columns.map((sql, index) => `${sql} AS ${names[index]}`).join(', ');
  const approved = `CAST(NOT ${adverseExpression(`r.${table.column(score)}`, cutoff)} AS DOUBLE)`;
  const known = names.map((name) => `${name} IS NOT NULL`).join(' AND ');
  const found = await table.selectDoubles(
    `SELECT ${names.join(', ')}, d, CAST(count(*) AS DOUBLE) FROM (
       SELECT ${listed}, ${approved} AS d FROM ${from.relation.from}
     ) WHERE ${known} GROUP BY ${names.join(', ')}, d ORDER BY ${names.join(', ')}, d`,
  );
  return {
    shares: found.slice(0, columns.length),
    approved: found[columns.length]!,
    counts: found[columns.length + 1]!,
  };
}

async function countApproved(table: Table, { score, cutoff }: ProxyInput): Promise<number> {
  const [counts] = await table.select(
    `SELECT count(*) FROM ${table.relation} WHERE NOT ${adverseExpression(table.column(score), cutoff)}`,
  );
  return Number(counts![0]);
}

function groupText(
  group: string,
  of: {
    readonly cells: ProbabilityCells;
    readonly variants: ReadonlyMap<string, ProbabilityCells>;
    readonly plan: ProxyInput['plan'];
  },
): ProxyGroup {
  const { groups, reference } = of.plan.proxy;
  const places = [groups.indexOf(group), groups.indexOf(reference)] as const;
  const bounds = rateBounds(of.cells, places[0]);
  const against = rateBounds(of.cells, places[1]);
  const common = {
    group,
    expected_rows: decimal(weightedGroup(of.cells, places[0]).expected),
    ...(bounds === undefined ? {} : { rate_bounds: textOf(bounds) }),
  };
  if (group === reference) return common;
  const estimators = estimatorsOf(places, of);
  const ratios = estimators.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]));
  return {
    ...common,
    estimators: estimators.map(({ estimator, ratio }) => ({
      estimator,
      ratio: decimal(ratio ?? Number.NaN),
    })),
    ...(ratios.length === 0
      ? {}
      : { band: textOf({ low: Math.min(...ratios), high: Math.max(...ratios) }) }),
    ...(bounds === undefined || against === undefined
      ? {}
      : {
          ratio_bounds: textOf({
            low: bounds.low / against.high,
            high: bounds.high / against.low,
          }),
        }),
  };
}

function textOf({ low, high }: { readonly low: number; readonly high: number }) {
  return { low: decimal(low), high: decimal(high) };
}

type Places = readonly [number, number];

function estimatorsOf(
  places: Places,
  of: {
    readonly cells: ProbabilityCells;
    readonly variants: ReadonlyMap<string, ProbabilityCells>;
    readonly plan: ProxyInput['plan'];
  },
): readonly { readonly estimator: string; readonly ratio: number | undefined }[] {
  const eventsMin = of.plan.events_min ?? EVENTS_MIN_DEFAULT;
  return [
    { estimator: 'weighted', ratio: weightedValue(of.cells, places, eventsMin) },
    ...[...of.variants].map(([name, cells]) => ({
      estimator: `weighted, ${name}`,
      ratio: weightedValue(cells, places, eventsMin),
    })),
    ...THRESHOLDS.map((threshold) => ({
      estimator: `probability above ${threshold}`,
      ratio: thresholdedRatio(of.cells, places, { threshold, eventsMin }),
    })),
  ];
}

function weightedValue(
  cells: ProbabilityCells,
  places: Places,
  eventsMin: number,
): number | undefined {
  if (tooFewOf(cells, places, eventsMin) !== undefined) return undefined;
  const [own, other] = places.map((place) => weightedGroup(cells, place));
  return own!.rate / other!.rate;
}

function thresholdedRatio(
  cells: ProbabilityCells,
  places: Places,
  at: { readonly threshold: number; readonly eventsMin: number },
): number | undefined {
  const [own, other] = places.map((place) => thresholdedCounts(cells, place, at.threshold));
  const few = [own!, other!].some(
    ({ approved, n }) => Math.min(approved, n - approved) < at.eventsMin,
  );
  return few ? undefined : own!.approved / own!.n / (other!.approved / other!.n);
}

/** Expected approvals and denials of either group stand below every figure. */
function tooFewOf(cells: ProbabilityCells, places: readonly number[], eventsMin: number) {
  const fewest = fewestEvents(cells, places);
  return fewest < eventsMin
    ? `the smallest expected count, ${fewest}, is below ${eventsMin}`
    : undefined;
}

function fewestEvents(cells: ProbabilityCells, places: readonly number[]): number {
  const events = places.flatMap((place) => {
    const { expected, approvals } = weightedGroup(cells, place);
    return [approvals, expected - approvals];
  });
  return Math.floor(Math.min(...events));
}

function measurementsOf(
  cells: ProbabilityCells,
  { plan, confidence }: ProxyInput,
  told: number,
): readonly Measurement[] {
  const { groups, reference } = plan.proxy;
  const level = levelOf(confidence);
  const eventsMin = plan.events_min ?? EVENTS_MIN_DEFAULT;
  const against = groups.indexOf(reference);
  return groups.flatMap((value, place) => {
    const figures = [
      {
        metric: 'proxy_approval_rate' as const,
        places: [place],
        group: { by: BY, value },
        estimate: () => weightedRate(cells, place, level),
      },
      {
        metric: 'proxy_approval_ratio' as const,
        places: [place, against],
        group: { by: BY, value, reference },
        estimate: () => weightedRatio(cells, [place, against], level),
      },
    ].slice(0, place === against ? 1 : 2);
    return figures.map(({ metric, places, group, estimate }) => {
      const tooFew = tooFewOf(cells, places, eventsMin);
      return judgeFinding(
        {
          metric,
          estimate: tooFew === undefined ? estimate() : undefined,
          n: told,
          events: fewestEvents(cells, places),
          group,
          ...(tooFew === undefined ? {} : { tooFew }),
          source: FORMULA_SOURCES[metric],
        },
        undefined,
      );
    });
  });
}
