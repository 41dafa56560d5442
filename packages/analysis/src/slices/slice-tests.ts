// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { scoreDifference, scoreStatistic } from '../intervals/proportion-difference.ts';
import { regularisedBeta } from '../numeric/beta.ts';
import { fisherUpper, supportSize } from '../numeric/hypergeometric.ts';
import { normalTwoSided } from '../numeric/normal.ts';
import { studentCritical } from '../numeric/student.ts';
import { LOSS_UNITS, type SliceCounts } from './slice-counts.ts';
import type { SliceMetric } from './slices-plan.ts';

// The exact tail walks the support of the table once for each slice.
const EXACT_SUPPORT_MAX = 10_000;

/** A slice against all other rows. */
export interface SliceTest {
  readonly slice: SliceCounts;
  /** Mean loss in the slice and elsewhere; signed for calibration: mean of label less score. */
  readonly inside: number;
  readonly outside: number;
  /** How much worse the slice is; without sign for calibration. */
  readonly excess: number;
  /** Of no excess beyond `effectMin`. */
  readonly p: number;
}

/** Tests that the slice is worse than the rest by more than `effectMin`. */
export function testSlice(
  slice: SliceCounts,
  all: SliceCounts,
  { metric, effectMin }: { readonly metric: SliceMetric; readonly effectMin: number },
): SliceTest {
  const [inside, outside] = [momentsOf(slice), momentsOf(restOf(slice, all))];
  const gap = inside.mean - outside.mean;
  const means = { inside: inside.mean, outside: outside.mean };
  if (metric === 'error_rate') {
    return { slice, ...means, excess: gap, p: errorP(slice, all, effectMin) };
  }
  const signed = metric === 'calibration' ? Math.abs(gap) : gap;
  const upper = welchUpper(inside, outside, signed - effectMin);
  const p = metric === 'calibration' ? Math.min(1, 2 * upper) : upper;
  return { slice, ...means, excess: signed, p };
}

/** The excess with an interval at `level`. */
export function excessEstimate(
  slice: SliceCounts,
  all: SliceCounts,
  { metric, level }: { readonly metric: SliceMetric; readonly level: number },
): Estimate | undefined {
  if (metric === 'error_rate') return scoreDifference(errorCounts(slice, all), level);
  const [inside, outside] = [momentsOf(slice), momentsOf(restOf(slice, all))];
  const gap = inside.mean - outside.mean;
  const sign = metric === 'calibration' && gap < 0 ? -1 : 1;
  const error = Math.sqrt(inside.variance / inside.n + outside.variance / outside.n);
  if (!(error > 0)) return { value: sign * gap };
  const half = studentCritical(level, welchDegrees(inside, outside)) * error;
  return {
    value: sign * gap,
    interval: { low: sign * gap - half, high: sign * gap + half, level, method: 'welch' },
  };
}

/** All rows outside a slice. */
export function restOf(slice: SliceCounts, all: SliceCounts): SliceCounts {
  return {
    values: new Map(),
    n: all.n - slice.n,
    positives: all.positives - slice.positives,
    loss: all.loss - slice.loss,
    squares: all.squares - slice.squares,
  };
}

interface LossMoments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

// The difference of squares is formed in integers: in doubles it would cancel.
function momentsOf({ n, loss, squares }: SliceCounts): LossMoments {
  const spread = Number(BigInt(n) * squares - loss * loss) / n / (n - 1);
  return { n, mean: Number(loss) / LOSS_UNITS / n, variance: spread / LOSS_UNITS ** 2 };
}

function errorCounts(slice: SliceCounts, all: SliceCounts) {
  const rest = restOf(slice, all);
  const errors = ({ loss }: SliceCounts) => Number(loss / BigInt(LOSS_UNITS));
  return { x1: errors(slice), n1: slice.n, x2: errors(rest), n2: rest.n };
}

function errorP(slice: SliceCounts, all: SliceCounts, effectMin: number): number {
  const counts = errorCounts(slice, all);
  const { x1, n1, x2, n2 } = counts;
  const table = { a: x1, b: n1 - x1, c: x2, d: n2 - x2 };
  if (effectMin === 0 && supportSize(table) <= EXACT_SUPPORT_MAX) return fisherUpper(table);
  const z = scoreStatistic(counts, effectMin);
  const tail = normalTwoSided(z) / 2;
  return z < 0 ? 1 - tail : tail;
}

function welchUpper(inside: LossMoments, outside: LossMoments, gap: number): number {
  const error = Math.sqrt(inside.variance / inside.n + outside.variance / outside.n);
  if (!(error > 0)) return gap > 0 ? 0 : 1;
  const t = gap / error;
  const degrees = welchDegrees(inside, outside);
  const tail = regularisedBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t < 0 ? 1 - tail : tail;
}

/** Welch–Satterthwaite degrees of freedom (Welch 1947). */
function welchDegrees(inside: LossMoments, outside: LossMoments): number {
  const [a, b] = [inside.variance / inside.n, outside.variance / outside.n];
  return (a + b) ** 2 / (a ** 2 / (inside.n - 1) + b ** 2 / (outside.n - 1));
}
