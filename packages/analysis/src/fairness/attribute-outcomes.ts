// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { Cells } from '../binary/cells.ts';
import type { Cutoff } from '../binary/cutoff.ts';
import { CALIBRATION_BINS } from '../binary/performance-findings.ts';
import { readGroupedCells } from '../binary/read-cells.ts';
import { scoreBins } from '../binary/score-bins.ts';
import { fisherExact, supportSize } from '../numeric/hypergeometric.ts';
import { type DecimalText, decimal, type Finding } from '../plan/measurement.ts';
import { groupName } from '../table/grouping.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { DecisionBasis } from './decision-counts.ts';
import { groupAccuracy } from './group-accuracy.ts';
import { type GroupOutcomes, type OutcomeCounts, readOutcomes } from './outcome-counts.ts';
import {
  compareOutcomes,
  hiddenOutcomes,
  needsDeclined,
  OUTCOME_RATES,
  type OutcomeOptions,
  outcomeRates,
  rateTable,
} from './outcome-criteria.ts';
import { weightedCriteria } from './weighted-criteria.ts';

// Beyond this many tables with equal margins the exact p is not computed; counts are then far from small.
const EXACT_SUPPORT_MAX = 1_000_000;

/** What the criteria that need outcomes are measured with. */
export interface OutcomeGround {
  readonly roles: Roles;
  readonly unlabelled: 'refuse' | 'skip';
  readonly basis: DecisionBasis;
  /** Tells which label is unfavourable where the basis is an action; adverse at or above without it. */
  readonly cutoff?: Cutoff | undefined;
  readonly options: OutcomeOptions;
}

/** A bin of one group's scores, for its calibration curve. */
export interface GroupCalibrationBin {
  readonly n: number;
  readonly mean_score: DecimalText | null;
  readonly rate: DecimalText | null;
  readonly rate_low: DecimalText | null;
  readonly rate_high: DecimalText | null;
}

export interface OutcomeGroup {
  readonly group: string;
  readonly counts: OutcomeCounts;
  /** Five bins of about equal rows; none under the minimum of events. */
  readonly calibration: readonly GroupCalibrationBin[];
}

export interface AttributeOutcomes {
  readonly groups: readonly OutcomeGroup[];
  /** Two-sided Fisher exact p of equal rates against the reference, by group and rate. */
  readonly exact_p: Readonly<Record<string, Readonly<Record<string, DecimalText | null>>>>;
  /** Comparisons with the reference, still to be judged. */
  readonly comparisons: readonly Finding[];
  /** Figures of one group alone. */
  readonly figures: readonly Finding[];
}

/** Criteria that need outcomes, for one protected grouping. Undefined where no outcome of the reference is known. */
export async function attributeOutcomes(
  table: Table,
  ground: OutcomeGround,
  at: { readonly groupings: readonly Grouping[]; readonly reference: string },
): Promise<AttributeOutcomes | undefined> {
  const { roles, unlabelled, basis, options } = ground;
  const cutoff = basis.on === 'recommendation' ? basis.cutoff : ground.cutoff;
  const source = { roles, unlabelled, adverseWhen: cutoff?.adverseWhen ?? 'at-or-above' };
  const groups = await readOutcomes(table, basis, { groupings: at.groupings, source });
  const against = groups.find(({ group }) => group === at.reference);
  if (against === undefined) return undefined;
  const by = groupName(at.groupings);
  const cells = await scoreCells(table, ground, at.groupings);
  return {
    groups: groups.map(({ group, counts }) => ({
      group,
      counts,
      calibration:
        hiddenOutcomes([counts], options) === undefined
          ? calibrationOf(cells.get(group), options)
          : [],
    })),
    exact_p: Object.fromEntries(
      groups
        .filter((one) => one !== against)
        .map(({ group, counts }) => [group, exactOf(counts, against.counts, options)]),
    ),
    comparisons: groups
      .filter((one) => one !== against)
      .flatMap((one) => comparisonsOf(one, against, { by, ground })),
    figures: groups.flatMap((one) => figuresOf(one, cells.get(one.group), { by, ground })),
  };
}

const CURVE_BINS = CALIBRATION_BINS / 2;

// The score does not depend on what was done with it, so it is judged beside the recommendation only.
async function scoreCells(
  table: Table,
  { roles, unlabelled, basis }: OutcomeGround,
  groupings: readonly Grouping[],
): Promise<ReadonlyMap<string, Cells>> {
  if (basis.on === 'action') return new Map();
  return readGroupedCells(table, { ...roles, weights: undefined }, groupings, { unlabelled });
}

function comparisonsOf(
  group: GroupOutcomes,
  reference: GroupOutcomes,
  { by, ground }: { readonly by: string; readonly ground: OutcomeGround },
): readonly Finding[] {
  const about = {
    group: { by, value: group.group, reference: reference.group },
    options: ground.options,
  };
  const hidden = hiddenOutcomes([group.counts, reference.counts], ground.options);
  const weighted =
    ground.roles.weights === undefined
      ? []
      : weightedCriteria(group, reference, { ...ground.options, group: about.group, hidden });
  return [...compareOutcomes(group.counts, reference.counts, about), ...weighted];
}

function figuresOf(
  { group, counts }: GroupOutcomes,
  cells: Cells | undefined,
  { by, ground }: { readonly by: string; readonly ground: OutcomeGround },
): readonly Finding[] {
  const about = { group: { by, value: group }, options: ground.options };
  const rates = outcomeRates(counts, about);
  if (cells === undefined) return rates;
  const hidden = hiddenOutcomes([counts], ground.options);
  return [...rates, ...groupAccuracy(cells, { ...ground.options, group: about.group, hidden })];
}

function calibrationOf(
  cells: Cells | undefined,
  { level, eventsMin }: OutcomeOptions,
): readonly GroupCalibrationBin[] {
  if (cells === undefined) return [];
  const bins = scoreBins(cells, CURVE_BINS, level);
  const events = bins.reduce((sum, { positives }) => sum + positives, 0);
  const rows = bins.reduce((sum, { n }) => sum + n, 0);
  if (Math.min(events, rows - events) < eventsMin) return [];
  return bins.map(({ n, meanScore, rate }) => ({
    n,
    mean_score: decimal(meanScore),
    rate: decimal(rate.value),
    rate_low: decimal(rate.interval?.low ?? Number.NaN),
    rate_high: decimal(rate.interval?.high ?? Number.NaN),
  }));
}

function exactOf(
  group: OutcomeCounts,
  reference: OutcomeCounts,
  options: OutcomeOptions,
): Readonly<Record<string, DecimalText | null>> {
  const hidden = hiddenOutcomes([group, reference], options);
  return Object.fromEntries(
    OUTCOME_RATES.map((rate) => {
      if (hidden !== undefined && needsDeclined(rate)) return [rate, null];
      const counts = rateTable(rate, group, reference);
      const huge = supportSize(counts) > EXACT_SUPPORT_MAX;
      return [rate, huge ? null : decimal(fisherExact(counts))];
    }),
  );
}
