// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';
import { type Cells, eventsOf, mass, sizesOf } from './cells.ts';
import { PROBABILITY_MARGIN } from './mean-loss.ts';

// Newton converges quadratically from the identity; more steps than this mean there is no finite maximum.
const STEPS_MAX = 50;
const STEP_TOLERANCE = 1e-12;
const COEFFICIENT_MAX = 1e4;

export interface Calibration {
  /** Intercept of logit P(y) = a + logit(p), the slope held at 1: 0 when the mean risk is right. */
  readonly intercept?: Estimate;
  /** Slope b of logit P(y) = a + b·logit(p): 1 when risks are spread as they should be. */
  readonly slope?: Estimate;
  /** Intercept a of that joint fit. */
  readonly jointIntercept?: Estimate;
}

interface Fit {
  readonly a: number;
  readonly b: number;
  readonly varianceA: number;
  readonly varianceB: number;
}

/**
 * Logistic recalibration (Cox, Biometrika 45 (1958) 562–565) by Newton's method with Wald intervals; with weights the
 * variance is the sandwich. Parts are absent when no finite maximum exists (one label only, separation, equal scores).
 */
export function calibration(cells: Cells, level: number): Calibration {
  if (eventsOf(sizesOf(cells)) === 0) return {};
  const logits = cells.scores.map(logit);
  const shift = fitLogistic(cells, logits, 'intercept');
  const joint = fitLogistic(cells, logits, 'both');
  return {
    ...(shift === undefined ? {} : { intercept: wald(shift.a, shift.varianceA, level) }),
    ...(joint === undefined
      ? {}
      : {
          slope: wald(joint.b, joint.varianceB, level),
          jointIntercept: wald(joint.a, joint.varianceA, level),
        }),
  };
}

/** Log odds of a probability kept off 0 and 1. */
export function logit(probability: number): number {
  const p = Math.min(1 - PROBABILITY_MARGIN, Math.max(PROBABILITY_MARGIN, probability));
  return Math.log(p) - Math.log1p(-p);
}

interface Moments {
  /** Score (gradient) sums. */
  readonly g: readonly [number, number];
  /** Information matrix: aa, ab, bb. */
  readonly h: readonly [number, number, number];
}

function fitLogistic(
  cells: Cells,
  logits: Float64Array,
  free: 'intercept' | 'both',
): Fit | undefined {
  let a = 0;
  let b = 1;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const moments = momentsAt(cells, logits, { a, b });
    const change = newtonStep(moments, free);
    if (change === undefined) return undefined;
    a += change[0];
    b += change[1];
    if (!(Math.abs(a) < COEFFICIENT_MAX && Math.abs(b) < COEFFICIENT_MAX)) return undefined;
    if (Math.abs(change[0]) + Math.abs(change[1]) < STEP_TOLERANCE) {
      return { a, b, ...variances(cells, logits, { a, b }, free) };
    }
  }
  return undefined;
}

function newtonStep({ g, h }: Moments, free: 'intercept' | 'both'): [number, number] | undefined {
  if (free === 'intercept') return h[0] > 0 ? [g[0] / h[0], 0] : undefined;
  const determinant = h[0] * h[2] - h[1] * h[1];
  if (!(determinant > h[0] * h[2] * 1e-14)) return undefined;
  return [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
}

function momentsAt(cells: Cells, logits: Float64Array, at: { a: number; b: number }): Moments {
  const fitted = logits.map((x) => 1 / (1 + Math.exp(-(at.a + at.b * x))));
  const gradient = (index: number) => mass(cells, index) * (cells.labels[index]! - fitted[index]!);
  const curvature = (index: number) => mass(cells, index) * fitted[index]! * (1 - fitted[index]!);
  const { length } = logits;
  return {
    g: [sumOver(length, gradient), sumOver(length, (i) => gradient(i) * logits[i]!)],
    h: [
      sumOver(length, curvature),
      sumOver(length, (i) => curvature(i) * logits[i]!),
      sumOver(length, (i) => curvature(i) * logits[i]! ** 2),
    ],
  };
}

// Inverse information when all weights are 1, else information⁻¹ · Σ w²e²xxᵀ · information⁻¹ (Huber 1967).
function variances(
  cells: Cells,
  logits: Float64Array,
  at: { a: number; b: number },
  free: 'intercept' | 'both',
): Pick<Fit, 'varianceA' | 'varianceB'> {
  const { h } = momentsAt(cells, logits, at);
  const inverse = invert(h, free);
  if (cells.weights.every((weight) => weight === 1)) {
    return { varianceA: inverse[0], varianceB: inverse[2] };
  }
  const square = (index: number) => {
    const fitted = 1 / (1 + Math.exp(-(at.a + at.b * logits[index]!)));
    return cells.counts[index]! * (cells.weights[index]! * (cells.labels[index]! - fitted)) ** 2;
  };
  const { length } = logits;
  const meat = [
    sumOver(length, square),
    sumOver(length, (i) => square(i) * logits[i]!),
    sumOver(length, (i) => square(i) * logits[i]! ** 2),
  ] as const;
  const [p, q, r] = inverse;
  return {
    varianceA: p * p * meat[0] + 2 * p * q * meat[1] + q * q * meat[2],
    varianceB: q * q * meat[0] + 2 * q * r * meat[1] + r * r * meat[2],
  };
}

function invert(h: Moments['h'], free: 'intercept' | 'both'): readonly [number, number, number] {
  if (free === 'intercept') return [1 / h[0], 0, 0];
  const determinant = h[0] * h[2] - h[1] * h[1];
  return [h[2] / determinant, -h[1] / determinant, h[0] / determinant];
}

function wald(value: number, variance: number, level: number): Estimate {
  const half = criticalValue(level) * Math.sqrt(variance);
  return { value, interval: { low: value - half, high: value + half, level, method: 'wald' } };
}
