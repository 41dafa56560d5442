// SPDX-License-Identifier: Apache-2.0
import { CompensatedSum } from '../numeric/sum.ts';
import type { Cells } from './cells.ts';

/** Where a logistic fit of intercept and slope stands. */
export interface Coefficients {
  readonly a: number;
  readonly b: number;
}

/** Sums of the likelihood at some coefficients. */
export interface Moments {
  /** Score (gradient) sums. */
  readonly g: readonly [number, number];
  /** Information matrix: aa, ab, bb. */
  readonly h: readonly [number, number, number];
}

/** The moments of fixed rows at any coefficients. */
export type MomentsAt = (at: Coefficients) => Moments;

// Below this many cells a pass per Newton step costs nothing, and no series need be summed.
const SERIES_CELLS_MIN = 20_000;
const BIN_WIDTH = 1 / 32;
const TERMS = 9;
const SUMS = TERMS + 2;
// The series in b·δ, |δ| ≤ 1/64, converges within π of the real axis: nine terms leave less than 1e-15 up to this slope.
const SLOPE_MAX = 4;

/** Moments of the cells, by a pass over them or, where they are many, by a series over bins of their logits. */
export function momentsOf(cells: Cells, logits: Float64Array): MomentsAt {
  const exact = (at: Coefficients) => exactMoments(cells, logits, at);
  if (cells.scores.length < SERIES_CELLS_MIN) return exact;
  const bins = binLogits(cells, logits);
  return (at) => (Math.abs(at.b) <= SLOPE_MAX ? seriesMoments(bins, at) : exact(at));
}

function exactMoments(cells: Cells, logits: Float64Array, { a, b }: Coefficients): Moments {
  const sums = Array.from({ length: 5 }, () => new CompensatedSum());
  const [g0, g1, h0, h1, h2] = sums as [
    CompensatedSum,
    CompensatedSum,
    CompensatedSum,
    CompensatedSum,
    CompensatedSum,
  ];
  for (let index = 0; index < logits.length; index += 1) {
    const x = logits[index]!;
    const fitted = 1 / (1 + Math.exp(-(a + b * x)));
    const mass = cells.weights[index]! * cells.counts[index]!;
    const pull = mass * (cells.labels[index]! - fitted);
    const curve = mass * fitted * (1 - fitted);
    g0.add(pull);
    g1.add(pull * x);
    h0.add(curve);
    h1.add(curve * x);
    h2.add(curve * x ** 2);
  }
  return { g: [g0.value, g1.value], h: [h0.value, h1.value, h2.value] };
}

interface LogitBins {
  /** Lowest logit. */
  readonly low: number;
  /** `SUMS` numbers a bin: Σ mass·δ^k, δ the distance from the bin's centre. */
  readonly powers: Float64Array;
  /** Σ mass·y and Σ mass·y·x. */
  readonly events: readonly [number, number];
}

function binLogits(cells: Cells, logits: Float64Array): LogitBins {
  const low = logits[0]!;
  const bins = Math.floor((logits.at(-1)! - low) / BIN_WIDTH) + 1;
  const powers = new Float64Array(bins * SUMS);
  const events = new CompensatedSum();
  const eventLogits = new CompensatedSum();
  for (let index = 0; index < logits.length; index += 1) {
    const x = logits[index]!;
    const mass = cells.weights[index]! * cells.counts[index]!;
    const bin = Math.floor((x - low) / BIN_WIDTH);
    const off = x - centre(low, bin);
    let power = mass;
    for (let k = bin * SUMS; k < (bin + 1) * SUMS; k += 1) {
      powers[k]! += power;
      power *= off;
    }
    if (cells.labels[index] !== 1) continue;
    events.add(mass);
    eventLogits.add(mass * x);
  }
  return { low, powers, events: [events.value, eventLogits.value] };
}

function centre(low: number, bin: number): number {
  return low + (bin + 0.5) * BIN_WIDTH;
}

// Around each bin's centre σ(t + bδ) = Σ s_k (bδ)^k with (k + 1)·s_(k+1) = s_k − Σ s_i s_(k−i), from σ' = σ(1 − σ).
function seriesMoments({ low, powers, events }: LogitBins, { a, b }: Coefficients): Moments {
  const sums = Array.from({ length: 5 }, () => new CompensatedSum());
  const series = new Float64Array(TERMS + 1);
  for (let bin = 0; bin * SUMS < powers.length; bin += 1) {
    const start = bin * SUMS;
    if (powers[start] === 0) continue;
    const at = centre(low, bin);
    sigmoidSeries(series, a + b * at);
    const [p0, p1, c0, c1, c2] = [0, 0, 0, 0, 0].map((_, place) => {
      const isCurve = place >= 2;
      return dotSeries(series, powers, {
        start: start + (isCurve ? place - 2 : place),
        b,
        isCurve,
      });
    }) as [number, number, number, number, number];
    sums[0]!.add(-p0);
    sums[1]!.add(-(at * p0 + p1));
    sums[2]!.add(c0);
    sums[3]!.add(at * c0 + c1);
    sums[4]!.add(at * at * c0 + 2 * at * c1 + c2);
  }
  const [g0, g1, h0, h1, h2] = sums.map(({ value }) => value) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { g: [events[0] + g0, events[1] + g1], h: [h0, h1, h2] };
}

function sigmoidSeries(series: Float64Array, t: number): void {
  series[0] = 1 / (1 + Math.exp(-t));
  for (let k = 0; k < TERMS; k += 1) {
    let product = 0;
    for (let i = 0; i <= k; i += 1) product += series[i]! * series[k - i]!;
    series[k + 1] = (series[k]! - product) / (k + 1);
  }
}

/** Σ over rows of σ (or of σ' where `isCurve`) times δ^m, m the offset of `start` in its bin. */
function dotSeries(
  series: Float64Array,
  powers: Float64Array,
  { start, b, isCurve }: { readonly start: number; readonly b: number; readonly isCurve: boolean },
): number {
  let sum = 0;
  let slope = 1;
  for (let k = 0; k < TERMS; k += 1) {
    const term = isCurve ? (k + 1) * series[k + 1]! : series[k]!;
    sum += term * slope * powers[start + k]!;
    slope *= b;
  }
  return sum;
}
