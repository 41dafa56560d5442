// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../../intervals/interval.ts';
import { criticalValue } from '../../numeric/normal.ts';
import { CompensatedSum, sumOver } from '../../numeric/sum.ts';

/** Rows with equal probabilities and decision counted together, in a fixed order; `shares[g][i]` is group g's in cell i. */
export interface ProbabilityCells {
  readonly shares: readonly Float64Array[];
  readonly approved: Float64Array;
  readonly counts: Float64Array;
}

/** What is known of one group by weighting: expected rows, approvals and denials of its members. */
export interface WeightedGroup {
  readonly expected: number;
  readonly approvals: number;
  readonly rate: number;
}

/**
 * Rows weighted by the probability of the group (Chen, Kallus, Mao, Svacha & Udell 2019, the weighted estimator). Unbiased
 * only if decision and group are independent given what the probability was made of; else off by their mean covariance
 * over the group's share.
 */
export function weightedGroup(cells: ProbabilityCells, group: number): WeightedGroup {
  const shares = cells.shares[group]!;
  const { length } = shares;
  const expected = sumOver(length, (i) => cells.counts[i]! * shares[i]!);
  const approvals = sumOver(length, (i) => cells.counts[i]! * shares[i]! * cells.approved[i]!);
  return { expected, approvals, rate: approvals / expected };
}

/** Weighted approval rate with its linearised interval, probabilities taken as given. */
export function weightedRate(
  cells: ProbabilityCells,
  group: number,
  level: number,
): Estimate | undefined {
  const { expected, rate } = weightedGroup(cells, group);
  if (!(expected > 0)) return undefined;
  const shares = cells.shares[group]!;
  const squares = sumOver(shares.length, (i) => {
    const pull = shares[i]! * (cells.approved[i]! - rate);
    return cells.counts[i]! * pull * pull;
  });
  const half = (criticalValue(level) * Math.sqrt(squares)) / expected;
  const [low, high] = [Math.max(0, rate - half), Math.min(1, rate + half)];
  return { value: rate, interval: { low, high, level, method: 'linearised' } };
}

/** Ratio of weighted approval rates, group over reference; the same rows stand in both, so their pulls are joined. */
export function weightedRatio(
  cells: ProbabilityCells,
  [group, reference]: readonly [number, number],
  level: number,
): Estimate | undefined {
  const [own, other] = [weightedGroup(cells, group), weightedGroup(cells, reference)];
  if (!(own.approvals > 0 && other.approvals > 0)) return undefined;
  const pull = (place: number, of: WeightedGroup, i: number) =>
    (cells.shares[place]![i]! * (cells.approved[i]! - of.rate)) / of.approvals;
  const squares = sumOver(cells.counts.length, (i) => {
    const joint = pull(group, own, i) - pull(reference, other, i);
    return cells.counts[i]! * joint * joint;
  });
  const value = own.rate / other.rate;
  const factor = Math.exp(criticalValue(level) * Math.sqrt(squares));
  return {
    value,
    interval: { low: value / factor, high: value * factor, level, method: 'linearised, log' },
  };
}

/** Approved and all rows whose probability of the group is above `threshold` (Chen et al. 2019, the thresholded estimator). */
export function thresholdedCounts(
  cells: ProbabilityCells,
  group: number,
  threshold: number,
): { readonly approved: number; readonly n: number } {
  let approved = 0;
  let n = 0;
  cells.shares[group]!.forEach((share, i) => {
    if (share <= threshold) return;
    n += cells.counts[i]!;
    approved += cells.counts[i]! * cells.approved[i]!;
  });
  return { approved, n };
}

const BOUND_BINS = 20;

/**
 * Lowest and highest approval rate of a group that agree with the probabilities and decisions seen: Fréchet's bounds
 * max(0, p + m − 1) ≤ P(group, approved) ≤ min(p, m) in bins of equal probability (Kallus, Mao & Zhou 2022, proposition
 * 2, over the bin as proxy). Whatever depends on what no proxy shows lies between; sampling error is not in them.
 */
export function rateBounds(
  cells: ProbabilityCells,
  group: number,
): { readonly low: number; readonly high: number } | undefined {
  const shares = cells.shares[group]!;
  const order = Uint32Array.from(shares, (_, i) => i).sort(
    (a, b) => shares[a]! - shares[b]! || a - b,
  );
  const rows = cells.counts.reduce((sum, count) => sum + count, 0);
  const totals = [new CompensatedSum(), new CompensatedSum(), new CompensatedSum()] as const;
  let [bin, seen] = [emptyBin(), 0];
  let closed = 0;
  order.forEach((place, index) => {
    const count = cells.counts[place]!;
    bin = {
      n: bin.n + count,
      approved: bin.approved + count * cells.approved[place]!,
      share: bin.share + count * shares[place]!,
    };
    seen += count;
    const last = index === order.length - 1;
    const tied = !last && shares[order[index + 1]!] === shares[place];
    if (!last && (tied || seen * BOUND_BINS < rows * (closed + 1))) return;
    totals[0].add(Math.max(0, bin.share + bin.approved - bin.n));
    totals[1].add(Math.min(bin.share, bin.approved));
    totals[2].add(bin.share);
    bin = emptyBin();
    closed += 1;
  });
  const [low, high, expected] = totals.map(({ value }) => value);
  return expected! > 0 ? { low: low! / expected!, high: high! / expected! } : undefined;
}

function emptyBin() {
  return { n: 0, approved: 0, share: 0 };
}
