// SPDX-License-Identifier: Apache-2.0
import type { SelectiveLabelsPlan } from '@countersign/pipeline';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import type { Limit, Measurement } from '../plan/measurement.ts';
import { CONFIDENCE_DEFAULT, levelOf, refuseUnknownMetrics } from '../plan/testing-plan.ts';
import type { Report } from '../reports/report.ts';
import { type Roles, refuseBadScores } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { POPULATION_METRICS, type PopulationMetric } from './figures.ts';
import { type MeasuredMethod, measuredMethods } from './measured-methods.ts';
import { countStates, type StateCount } from './outcome-states.ts';
import { populationOf } from './population.ts';

/** Figures of everyone were asked for, and outcomes of some were not observable. */
export interface OutcomesUnobserved {
  readonly code: 'outcomes_unobserved';
  readonly message: string;
  readonly next: string;
}

export interface SelectiveLabelsReport extends Report {
  readonly kind: 'selective-labels';
  readonly states: readonly StateCount[];
  readonly methods: readonly {
    readonly method: MeasuredMethod['method'];
    readonly why?: string;
    readonly notes: readonly string[];
  }[];
  /** The method that decides beside the unadjusted figure, or in its place. */
  readonly decides?: SelectiveLabelsPlan['decides'];
  readonly refusal?: OutcomesUnobserved;
}

export interface SelectiveLabelsInput {
  readonly plan: SelectiveLabelsPlan;
  /** The label of rows whose outcome counts, as `countedOutcomes` gives it. */
  readonly roles: Roles;
  readonly confidence?: string | undefined;
}

/**
 * Figures of everyone where some outcomes are unobservable by somebody's choice: unadjusted, and beside it by each declared
 * method. Limits on them are refused without a method (`refusal`, and each such figure inconclusive). The unadjusted figure
 * is held against the limits; a method only where the plan names it, and alone only where the plan says so.
 */
export async function selectiveLabelsReport(
  table: Table,
  input: SelectiveLabelsInput,
): Promise<SelectiveLabelsReport> {
  const { plan, roles } = input;
  refuseUnknownMetrics(plan.limits, POPULATION_METRICS, 'selective_labels.limits');
  await refuseBadScores(table, roles.score);
  const states = await countStates(table, plan);
  const population = await populationOf(table, roles, plan);
  const methods = await measuredMethods(
    population,
    plan.inference ?? [],
    levelOf(input.confidence),
  );
  const refusal = refusalOf(states, plan);
  const measurements = methods.flatMap((method) => methodMeasurements(method, plan, refusal));
  return {
    kind: 'selective-labels',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: table.rowCount,
    states,
    methods: methods.map(({ method, notes, withheld }) => {
      const declared = plan.inference?.find((one) => one.method === method);
      return {
        method,
        ...(declared === undefined ? {} : { why: declared.why }),
        notes: withheld === undefined ? notes : [...notes, withheld],
      };
    }),
    ...(plan.decides === undefined ? {} : { decides: plan.decides }),
    ...(refusal === undefined ? {} : { refusal }),
    measurements,
    verdict: worstVerdict(measurements),
    caveats: caveatsOf(states, plan),
  };
}

function refusalOf(
  states: readonly StateCount[],
  plan: SelectiveLabelsPlan,
): OutcomesUnobserved | undefined {
  const unobserved = rowsOf(states, 'unobserved');
  if (unobserved === 0 || (plan.inference ?? []).length > 0 || plan.limits === undefined) {
    return undefined;
  }
  const all = unobserved + rowsOf(states, 'outcome');
  return {
    code: 'outcomes_unobserved',
    message: `${unobserved} of ${all} rows have no observable outcome, so a figure of everyone cannot be judged from the others`,
    next: 'declare a method under `selective_labels.inference`, or set limits under `metrics`, which speaks of rows with an outcome alone',
  };
}

function methodMeasurements(
  measured: MeasuredMethod,
  plan: SelectiveLabelsPlan,
  refusal: OutcomesUnobserved | undefined,
): readonly Measurement[] {
  const judged = isJudged(measured.method, plan);
  return POPULATION_METRICS.map((metric) => {
    const limit = judged ? plan.limits?.[metric] : undefined;
    const said = measured.withheld ?? (limit === undefined ? undefined : refusalText(refusal));
    if (measured.bounds !== undefined) return boundsMeasurement(measured, metric, limit);
    return judgeFinding(
      {
        metric,
        estimate: measured.figures[metric],
        n: measured.n,
        group: { by: 'outcomes', value: measured.method },
        source: sourceOf(metric, measured.method),
        ...(said === undefined ? {} : { withheld: said }),
      },
      limit,
    );
  });
}

function isJudged(method: MeasuredMethod['method'], { decides }: SelectiveLabelsPlan): boolean {
  if (method === 'unadjusted') return decides?.alone !== true;
  return decides?.method === method;
}

function refusalText(refusal: OutcomesUnobserved | undefined): string | undefined {
  return refusal === undefined ? undefined : `${refusal.code}: ${refusal.message}; ${refusal.next}`;
}

/** Bounds have no point between them that would mean more than another, so the value stays empty. */
function boundsMeasurement(
  { bounds, n, method }: MeasuredMethod,
  metric: PopulationMetric,
  limit: Limit | undefined,
): Measurement {
  const found = bounds?.[metric];
  const group = { by: 'outcomes', value: method };
  const source = sourceOf(metric, method);
  if (found === undefined) {
    return judgeFinding({ metric, estimate: undefined, n, group, source }, limit);
  }
  // Judged as an interval whose middle nobody sees.
  const estimate = {
    value: (found.low + found.high) / 2,
    interval: { ...found, level: 1, method: 'worst case' },
  };
  const judged = judgeFinding({ metric, estimate, n, group, source }, limit);
  return { ...judged, value: null };
}

const METHOD_SOURCES: Readonly<Record<MeasuredMethod['method'], string>> = {
  unadjusted: 'rows with an outcome alone',
  'inverse-probability': 'weighted by one over the chance of an outcome, Horvitz & Thompson 1952',
  parcelling: 'fuzzy parcelling by score band, Siddiqi 2006; no interval: outcomes are assumed',
  'worst-case': 'bounds over all possible outcomes, Manski 1989',
};

function sourceOf(metric: PopulationMetric, method: MeasuredMethod['method']): string {
  const formula =
    metric === 'event_rate' || metric === 'rate_gap'
      ? 'weighted mean of outcomes, Hájek 1971'
      : FORMULA_SOURCES[metric];
  return `${formula}; ${METHOD_SOURCES[method]}`;
}

function caveatsOf(states: readonly StateCount[], plan: SelectiveLabelsPlan): readonly string[] {
  const [seen, unseen, left] = [
    rowsOf(states, 'outcome'),
    rowsOf(states, 'unobserved'),
    rowsOf(states, 'left out'),
  ];
  const { decides } = plan;
  return [
    ...(unseen === 0
      ? []
      : [
          `Outcomes of ${unseen} of ${seen + unseen} rows cannot be observed because of what was decided about them. The unadjusted figures speak of the other ${seen} alone; no method can be checked on these rows.`,
        ]),
    ...(left === 0
      ? []
      : [
          `${left} rows wait for their outcome, or it is indeterminate or censored; they are in no figure.`,
        ]),
    ...(decides?.alone === true
      ? [
          `By the plan ${decides.method} alone decides; the unadjusted figure is reported: ${decides.why}`,
        ]
      : []),
  ];
}

function rowsOf(states: readonly StateCount[], use: StateCount['use']): number {
  return states.filter((one) => one.use === use).reduce((sum, { rows }) => sum + rows, 0);
}
