// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import type { Finding, MeasuredGroup } from '../plan/measurement.ts';
import type { GroupOutcomes, WeightedCell } from './outcome-counts.ts';

interface WeightedShare {
  readonly value: number;
  /** Of the linearised estimator: rows drawn independently, weights as given. */
  readonly variance: number;
  readonly n: number;
  readonly events: number;
}

/**
 * Ratio of approvals, gap of approvals among favourable outcomes and gap of favourable outcomes among the approved, over
 * weighted labelled rows. Intervals by linearisation (Särndal, Swensson & Wretman 1992, 5.6; log scale for the ratio).
 */
export function weightedCriteria(
  group: GroupOutcomes,
  reference: GroupOutcomes,
  about: {
    readonly group: MeasuredGroup;
    readonly level: number;
    readonly eventsMin: number;
    readonly hidden: string | undefined;
  },
): readonly Finding[] {
  const approved = ({ denied }: WeightedCell) => !denied;
  const favourable = ({ favourable: is }: WeightedCell) => is;
  const finding = (
    metric: 'approval_ratio' | 'equal_opportunity_difference' | 'predictive_parity_difference',
    of: { readonly among: (cell: WeightedCell) => boolean; readonly is: typeof approved },
    hidden: string | undefined,
  ): Finding => {
    const first = share(group.cells.filter(of.among), of.is);
    const second = share(reference.cells.filter(of.among), of.is);
    const events = Math.min(first?.events ?? 0, second?.events ?? 0);
    const few = events < about.eventsMin;
    const measurable = first !== undefined && second !== undefined && !few && hidden === undefined;
    const compare = metric === 'approval_ratio' ? logRatio : difference;
    return {
      metric,
      estimate: measurable ? compare(first, second, about.level) : undefined,
      n: (first?.n ?? 0) + (second?.n ?? 0),
      events,
      group: about.group,
      weighted: true,
      ...(hidden === undefined ? {} : { withheld: hidden }),
      ...(few
        ? { tooFew: `${events} rows of the rarer kind are fewer than ${about.eventsMin}` }
        : {}),
      source: FORMULA_SOURCES[metric],
    };
  };
  return [
    finding('approval_ratio', { among: () => true, is: approved }, about.hidden),
    finding('equal_opportunity_difference', { among: favourable, is: approved }, about.hidden),
    finding('predictive_parity_difference', { among: approved, is: favourable }, undefined),
  ];
}

function share(
  cells: readonly WeightedCell[],
  is: (cell: WeightedCell) => boolean,
): WeightedShare | undefined {
  const n = cells.reduce((sum, { count }) => sum + count, 0);
  if (n < 2) return undefined;
  const hits = cells.filter(is).reduce((sum, { count }) => sum + count, 0);
  const at = (index: number) => cells[index]!;
  const total = sumOver(cells.length, (index) => at(index).weight * at(index).count);
  const value =
    sumOver(cells.length, (index) => (is(at(index)) ? at(index).weight * at(index).count : 0)) /
    total;
  const squares = sumOver(cells.length, (index) => {
    const { weight, count } = at(index);
    return count * (weight * ((is(at(index)) ? 1 : 0) - value)) ** 2;
  });
  const variance = ((n / (n - 1)) * squares) / (total * total);
  return { value, variance, n, events: Math.min(hits, n - hits) };
}

function logRatio(first: WeightedShare, second: WeightedShare, level: number): Estimate {
  const value = first.value / second.value;
  const error = Math.sqrt(first.variance / first.value ** 2 + second.variance / second.value ** 2);
  const factor = Math.exp(criticalValue(level) * error);
  return {
    value,
    interval: { low: value / factor, high: value * factor, level, method: 'linearised, log' },
  };
}

function difference(first: WeightedShare, second: WeightedShare, level: number): Estimate {
  const value = first.value - second.value;
  const half = criticalValue(level) * Math.sqrt(first.variance + second.variance);
  return {
    value,
    interval: { low: value - half, high: value + half, level, method: 'linearised' },
  };
}
