// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { Cutoff } from '../binary/cutoff.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Finding } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import { adjustedP } from '../slices/false-discovery.ts';
import { bandColumns, countSlices, type SliceCounts } from '../slices/slice-counts.ts';
import { excessEstimate, restOf, type SliceTest, testSlice } from '../slices/slice-tests.ts';
import type { SliceControl, SliceMetric, SlicesPlan } from '../slices/slices-plan.ts';
import { type Roles, refuseBadRoles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const BINS_DEFAULT = 4;
const ROWS_MIN_DEFAULT = 100;
const EVENTS_MIN_DEFAULT = 5;
const TESTS_MAX_DEFAULT = 2000;
const RATE_DEFAULT = '0.05';
// The list is for reading; how many were found is told whatever its length.
const LISTED_MAX = 50;

const EXCESS_METRICS = {
  error_rate: 'slice_error_rate_excess',
  log_loss: 'slice_log_loss_excess',
  calibration: 'slice_calibration_excess',
} as const satisfies Readonly<Record<SliceMetric, keyof typeof FORMULA_SOURCES>>;

export interface SlicesInput {
  readonly plan: SlicesPlan;
  readonly confidence?: string | undefined;
  readonly roles: Roles;
  readonly cutoff?: Cutoff | undefined;
  readonly judges?: Judges | undefined;
  /** Rows whose outcome is not known yet: an error (default) or left out, with a caveat. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
}

export interface FoundSlice {
  /** `sex: female, age: under 25`. */
  readonly slice: string;
  readonly n: number;
  readonly positives: number;
  readonly inside: DecimalText | null;
  readonly outside: DecimalText | null;
  readonly p: DecimalText | null;
  readonly adjusted_p: DecimalText | null;
  /** A slice of one column that was found too and holds this one: what is wrong may be wrong there. */
  readonly part_of?: string;
}

export interface SlicesReport extends Report {
  readonly kind: 'slices';
  readonly metric: SliceMetric;
  readonly columns: readonly string[];
  /** Slices with enough rows and events, each tested once. */
  readonly tested: number;
  /** Slices with enough rows and too few events to test. */
  readonly too_few: number;
  readonly found: number;
  readonly rows_min: number;
  readonly events_min: number;
  readonly effect_min: DecimalText;
  readonly false_discovery_rate: DecimalText;
  readonly control: SliceControl;
  /** The first fifty by adjusted p, then by size of excess. */
  readonly slices: readonly FoundSlice[];
}

/**
 * Slices of one or two columns where the model does worse than on all other rows, by more than `effect_min`, with the share
 * of false ones among those found held at the declared rate. Counting runs in integers inside the engine. Intervals of the
 * slices found cover at 1 − R(1 − confidence)/m for R found of m tested (Benjamini & Yekutieli 2005), since they were chosen
 * for being large. Throws AnalysisError for unusable columns, and `plan_invalid` for a plan beyond its bounds.
 */
export async function slicesReport(table: Table, input: SlicesInput): Promise<SlicesReport> {
  const { plan, cutoff } = input;
  refuseUnknownMetrics(plan.limits, ['slices_found'], 'slices.limits');
  const roles = { ...input.roles, weights: undefined };
  await refuseBadRoles(table, roles, input.unlabelled ?? 'refuse');
  const columns = await bandColumns(table, plan.columns, plan.bins ?? BINS_DEFAULT);
  const ground = { table, roles, cutoff, metric: plan.metric };
  const rowsMin = plan.rows_min ?? ROWS_MIN_DEFAULT;
  const eventsMin = plan.events_min ?? EVENTS_MIN_DEFAULT;
  const { all, slices } = await countSlices(ground, columns, {
    rowsMin,
    slicesMax: plan.tests_max ?? TESTS_MAX_DEFAULT,
  });
  const testable = slices.filter(
    (slice) => Math.min(eventsOf(slice), eventsOf(restOf(slice, all))) >= eventsMin,
  );
  const tests = testable.map((slice) =>
    testSlice(slice, all, { metric: plan.metric, effectMin: Number(plan.effect_min ?? 0) }),
  );
  const control = plan.control ?? 'benjamini-yekutieli';
  const rate = plan.false_discovery_rate ?? RATE_DEFAULT;
  const found = foundOf(tests, { control, rate: Number(rate) });
  const measurements = measurementsOf(found, { all, tested: tests.length, columns, input });
  return {
    kind: 'slices',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: all.n,
    metric: plan.metric,
    columns: columns.map(({ name }) => name),
    tested: tests.length,
    too_few: slices.length - testable.length,
    found: found.length,
    rows_min: rowsMin,
    events_min: eventsMin,
    effect_min: plan.effect_min ?? '0',
    false_discovery_rate: rate,
    control,
    slices: found.slice(0, LISTED_MAX).map((one) => sliceText(one, found, columns)),
    measurements,
    verdict: worstVerdict(measurements),
    caveats: [
      ...(input.roles.weights === undefined ? [] : ['Slices count rows; weights are not used.']),
      ...(all.n === table.rowCount
        ? []
        : [`${table.rowCount - all.n} rows have no outcome yet and are in no slice.`]),
    ],
  };
}

interface Found extends SliceTest {
  readonly adjusted: number;
}

function foundOf(
  tests: readonly SliceTest[],
  at: { readonly control: SliceControl; readonly rate: number },
): readonly Found[] {
  const adjusted = adjustedP(
    tests.map(({ p }) => p),
    at.control,
  );
  return tests
    .map((test, index) => ({ ...test, adjusted: adjusted[index]! }))
    .filter((test) => test.adjusted <= at.rate)
    .toSorted((a, b) => a.adjusted - b.adjusted || b.excess - a.excess);
}

function measurementsOf(
  found: readonly Found[],
  at: {
    readonly all: SliceCounts;
    readonly tested: number;
    readonly columns: readonly Grouping[];
    readonly input: SlicesInput;
  },
) {
  const { all, tested, columns, input } = at;
  const { metric } = input.plan;
  const miss = 1 - levelOf(input.confidence);
  const level = 1 - (found.length * miss) / Math.max(1, tested);
  const excess = found.slice(0, LISTED_MAX).map((one): Finding => {
    const name = EXCESS_METRICS[metric];
    return {
      metric: name,
      estimate: excessEstimate(one.slice, all, { metric, level }),
      n: one.slice.n,
      events: eventsOf(one.slice),
      group: { by: 'slice', value: sliceName(one.slice, columns) },
      source: FORMULA_SOURCES[name],
    };
  });
  const count: Finding = {
    metric: 'slices_found',
    estimate: { value: found.length },
    n: all.n,
    source: FORMULA_SOURCES.slices_found,
  };
  return [
    judgeFinding(count, input.plan.limits?.slices_found, { judge: 'estimate' }),
    ...excess.map((finding) => judgeFinding(finding, undefined)),
  ];
}

function sliceText(found: Found, all: readonly Found[], columns: readonly Grouping[]): FoundSlice {
  const whole = all.find((other) => isPartOf(found.slice, other.slice));
  return {
    slice: sliceName(found.slice, columns),
    n: found.slice.n,
    positives: found.slice.positives,
    inside: decimal(found.inside),
    outside: decimal(found.outside),
    p: decimal(found.p),
    adjusted_p: decimal(found.adjusted),
    ...(whole === undefined ? {} : { part_of: sliceName(whole.slice, columns) }),
  };
}

function isPartOf(slice: SliceCounts, whole: SliceCounts): boolean {
  const [only] = whole.values;
  return (
    slice.values.size === 2 &&
    whole.values.size === 1 &&
    only !== undefined &&
    slice.values.get(only[0]) === only[1]
  );
}

function sliceName({ values }: SliceCounts, columns: readonly Grouping[]): string {
  return [...values].map(([place, value]) => `${columns[place]!.name}: ${value}`).join(', ');
}

function eventsOf({ n, positives }: SliceCounts): number {
  return Math.min(positives, n - positives);
}
