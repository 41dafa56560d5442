// SPDX-License-Identifier: Apache-2.0
import { wilson } from '@countersign/analysis';
import { canonicalDecimal, MEASURE_METRICS, type MeasurementContent } from '@countersign/kernel';

export interface Answer {
  readonly score: number;
  readonly isAdverse: boolean;
}

/** One case as two versions answer it; a side that refuses the case is absent. */
export interface ComparedRow {
  readonly before?: Answer;
  readonly after?: Answer;
}

/** The group of every row, in row order, by one attribute. */
export interface RowGroups {
  readonly name: string;
  readonly groups: readonly string[];
  readonly reference?: string;
}

export interface SwapCounts {
  readonly rows: number;
  readonly toAdverse: number;
  readonly toFavourable: number;
  /** Refused by one version and answered by the other. */
  readonly refusedByOne: number;
  readonly refusedByBoth: number;
}

export function swapCounts(rows: readonly ComparedRow[]): SwapCounts {
  const count = (holds: (row: ComparedRow) => boolean) => rows.filter(holds).length;
  return {
    rows: rows.length,
    toAdverse: count(
      ({ before, after }) => before?.isAdverse === false && after?.isAdverse === true,
    ),
    toFavourable: count(
      ({ before, after }) => before?.isAdverse === true && after?.isAdverse === false,
    ),
    refusedByOne: count(({ before, after }) => (before === undefined) !== (after === undefined)),
    refusedByBoth: count(({ before, after }) => before === undefined && after === undefined),
  };
}

/** A case is swapped when the two versions decide it differently, or when one of them alone refuses it. */
function isSwapped({ before, after }: ComparedRow): boolean {
  return before?.isAdverse !== after?.isAdverse;
}

const LEVEL = 0.95;
const INFORMATIONAL = 'informational';

/**
 * Mean absolute shift of the score, share of swapped cases over all and by group, and how much the approval ratio of a group
 * to its reference moved (the largest of all groups). Every figure is of these rows: what a limit is set against.
 * @param at.comparedBy protected attributes that the ratio is measured by
 * @param at.dropped protected attributes that only the version in production declares: the ratio is then not defined
 */
export function shiftMeasurements(
  rows: readonly ComparedRow[],
  attributes: readonly RowGroups[],
  at: { readonly comparedBy: readonly string[]; readonly dropped: readonly string[] },
): readonly MeasurementContent[] {
  const byGroup = attributes.flatMap((attribute) =>
    groupsOf(attribute).map((group) => ({
      segment: `${attribute.name}=${group}`,
      rows: rows.filter((_, index) => attribute.groups[index] === group),
    })),
  );
  const ratios = attributes
    .filter(({ name }) => at.comparedBy.includes(name))
    .flatMap((attribute) => ratioChanges(rows, attribute));
  return [
    shift(rows),
    swapShare(rows),
    ...byGroup.map((one) => swapShare(one.rows, one.segment)),
    disparity(ratios, rows.length, at.dropped),
    ...ratios.map(({ measurement }) => measurement),
  ];
}

function shift(rows: readonly ComparedRow[]): MeasurementContent {
  const shifts = rows.flatMap(({ before, after }) =>
    before === undefined || after === undefined ? [] : [Math.abs(after.score - before.score)],
  );
  // Sorted, so that the order of rows cannot change the last digit.
  const total = shifts.sort((a, b) => a - b).reduce((sum, one) => sum + one, 0);
  return {
    metric: MEASURE_METRICS.scoreShift,
    value: shifts.length === 0 ? NOT_DEFINED : canonicalDecimal(total / shifts.length),
    n: shifts.length,
    verdict: INFORMATIONAL,
    method: 'mean absolute difference of the two scores, cases that both answer',
  };
}

const NOT_DEFINED = 'not defined';

function swapShare(rows: readonly ComparedRow[], segment?: string): MeasurementContent {
  const swapped = rows.filter(isSwapped).length;
  const estimate = wilson(swapped, rows.length, LEVEL);
  const interval = estimate?.interval;
  return {
    metric: MEASURE_METRICS.swapSet,
    ...(segment === undefined ? {} : { segment }),
    value: estimate === undefined ? NOT_DEFINED : canonicalDecimal(estimate.value),
    ...(interval?.low === undefined || interval.high === undefined
      ? {}
      : {
          interval: {
            low: canonicalDecimal(interval.low),
            high: canonicalDecimal(interval.high),
            level: String(LEVEL),
            method: interval.method,
          },
        }),
    n: rows.length,
    events: swapped,
    verdict: INFORMATIONAL,
    method: 'share of cases decided differently, or refused by one version alone (Wilson 1927)',
  };
}

interface RatioChange {
  readonly change: number | undefined;
  readonly measurement: MeasurementContent;
}

function ratioChanges(rows: readonly ComparedRow[], attribute: RowGroups): readonly RatioChange[] {
  const { name, reference } = attribute;
  if (reference === undefined) return [];
  const rate = (group: string, side: 'before' | 'after') => {
    const answered = rows.flatMap((row, index) =>
      attribute.groups[index] === group ? (row[side] ?? []) : [],
    );
    const approved = answered.filter(({ isAdverse }) => !isAdverse).length;
    return answered.length === 0 ? undefined : approved / answered.length;
  };
  const ratio = (group: string, side: 'before' | 'after') => {
    const [own, other] = [rate(group, side), rate(reference, side)];
    return own === undefined || other === undefined || other === 0 ? undefined : own / other;
  };
  return groupsOf(attribute)
    .filter((group) => group !== reference)
    .map((group) => {
      const [before, after] = [ratio(group, 'before'), ratio(group, 'after')];
      const change =
        before === undefined || after === undefined ? undefined : Math.abs(after - before);
      const measurement: MeasurementContent = {
        metric: 'approval_ratio_change',
        group: `${name}=${group}`,
        reference,
        value: change === undefined ? NOT_DEFINED : canonicalDecimal(change),
        n: attribute.groups.filter((one) => one === group).length,
        verdict: INFORMATIONAL,
        method: `approval ratio ${text(before)} in production, ${text(after)} proposed`,
      };
      return { change, measurement };
    });
}

function disparity(
  ratios: readonly RatioChange[],
  n: number,
  dropped: readonly string[],
): MeasurementContent {
  const isOpen = dropped.length > 0 || ratios.some(({ change }) => change === undefined);
  const largest = Math.max(0, ...ratios.map(({ change }) => change ?? 0));
  const what = 'largest change of a group’s approval ratio to its reference';
  const why =
    dropped.length > 0
      ? `; ${dropped.join(', ')} is declared for the version in production only`
      : ratios.length === 0
        ? '; no protected attribute with a reference is declared'
        : '';
  return {
    metric: MEASURE_METRICS.disparity,
    value: isOpen ? NOT_DEFINED : canonicalDecimal(largest),
    n,
    verdict: INFORMATIONAL,
    method: `${what}${why}`,
  };
}

function text(value: number | undefined): string {
  return value === undefined ? NOT_DEFINED : canonicalDecimal(value, 4);
}

function groupsOf({ groups }: RowGroups): readonly string[] {
  return [...new Set(groups)].sort();
}
