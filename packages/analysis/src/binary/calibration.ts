// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { CompensatedSum } from '../numeric/sum.ts';
import { type Cells, eventsOf, isUnweighted, sizesOf } from './cells.ts';
import { type Coefficients, type Moments, type MomentsAt, momentsOf } from './logit-moments.ts';
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
  const logits = new Float64Array(cells.scores.length);
  for (let index = 0; index < logits.length; index += 1)
    logits[index] = logit(cells.scores[index]!);
  const source = { logits, momentsAt: momentsOf(cells, logits) };
  const shift = fitLogistic(cells, source, 'intercept');
  const joint = fitLogistic(cells, source, 'both');
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

function fitLogistic(
  cells: Cells,
  { logits, momentsAt }: { readonly logits: Float64Array; readonly momentsAt: MomentsAt },
  free: 'intercept' | 'both',
): Fit | undefined {
  let a = 0;
  let b = 1;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const change = newtonStep(momentsAt({ a, b }), free);
    if (change === undefined) return undefined;
    a += change[0];
    b += change[1];
    if (!(Math.abs(a) < COEFFICIENT_MAX && Math.abs(b) < COEFFICIENT_MAX)) return undefined;
    if (Math.abs(change[0]) + Math.abs(change[1]) < STEP_TOLERANCE) {
      const at = { a, b };
      return { ...at, ...variances(cells, { logits, at, h: momentsAt(at).h }, free) };
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

// Inverse information when all weights are 1, else information⁻¹ · Σ w²e²xxᵀ · information⁻¹ (Huber 1967).
function variances(
  cells: Cells,
  fit: { readonly logits: Float64Array; readonly at: Coefficients; readonly h: Moments['h'] },
  free: 'intercept' | 'both',
): Pick<Fit, 'varianceA' | 'varianceB'> {
  const inverse = invert(fit.h, free);
  if (isUnweighted(cells)) return { varianceA: inverse[0], varianceB: inverse[2] };
  const [aa, ab, bb] = squaredScores(cells, fit.logits, fit.at);
  const [p, q, r] = inverse;
  return {
    varianceA: p * p * aa + 2 * p * q * ab + q * q * bb,
    varianceB: q * q * aa + 2 * q * r * ab + r * r * bb,
  };
}

function squaredScores(
  cells: Cells,
  logits: Float64Array,
  { a, b }: Coefficients,
): readonly [number, number, number] {
  const [aa, ab, bb] = [new CompensatedSum(), new CompensatedSum(), new CompensatedSum()];
  for (let index = 0; index < logits.length; index += 1) {
    const x = logits[index]!;
    const fitted = 1 / (1 + Math.exp(-(a + b * x)));
    const pull = cells.weights[index]! * (cells.labels[index]! - fitted);
    const square = cells.counts[index]! * pull ** 2;
    aa.add(square);
    ab.add(square * x);
    bb.add(square * x ** 2);
  }
  return [aa.value, ab.value, bb.value];
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
