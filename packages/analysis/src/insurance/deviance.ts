// SPDX-License-Identifier: Apache-2.0
import type { InsurancePlan } from '@countersign/pipeline';
import { type Influenced, influenceEstimate, weightedMean } from '../estimate/influence.ts';
import type { Estimate } from '../intervals/interval.ts';
import type { PolicyRows } from './policy-rows.ts';

/** A distribution by the power p of its variance, φ·μᵖ: 1 Poisson, 2 Gamma, between them Tweedie's compound. */
export function powerOf({ family, power }: Pick<InsurancePlan, 'family' | 'power'>): number {
  if (family === 'tweedie') return Number(power);
  return family === 'poisson' ? 1 : 2;
}

/**
 * Unit deviance of a response and its mean: McCullagh & Nelder, Generalized Linear Models, 2nd ed. 1989, 2.3; for other
 * powers Jørgensen, The Theory of Dispersion Models, 1997, chapter 4. `y` is at least 0, above 0 for a power of 2.
 */
export function unitDeviance(y: number, mean: number, power: number): number {
  if (power === 1) return 2 * ((y === 0 ? 0 : y * Math.log(y / mean)) - y + mean);
  if (power === 2) return 2 * (y / mean - 1 - Math.log(y / mean));
  const free = y === 0 ? 0 : y ** (2 - power) / ((1 - power) * (2 - power));
  return 2 * (free - (y * mean ** (1 - power)) / (1 - power) + mean ** (2 - power) / (2 - power));
}

/** Mean unit deviance per unit of exposure. */
export function meanDeviance(rows: PolicyRows, power: number, level: number): Estimate {
  return influenceEstimate(devianceOf(rows, rows.rate, power), {
    level,
    units: rows.units,
    low: 0,
  });
}

/**
 * Share of the deviance of the overall mean that the predictions explain, D² (Cameron & Windmeijer 1997). The overall mean
 * minimises its deviance, so estimating it adds nothing at first order. Undefined where the actual rates are all equal.
 */
export function explainedDeviance(
  rows: PolicyRows,
  power: number,
  level: number,
): Estimate | undefined {
  const mean = weightedMean(rows.exposure, (row) => rows.actual[row]!).value;
  if (!(mean > 0)) return undefined;
  const own = devianceOf(rows, rows.rate, power);
  const none = devianceOf(
    rows,
    rows.rate.map(() => mean),
    power,
  );
  if (!(none.value > 0)) return undefined;
  const share = own.value / none.value;
  const pulls = own.pulls.map((pull, row) => -(pull - share * none.pulls[row]!) / none.value);
  return influenceEstimate({ value: 1 - share, pulls }, { level, units: rows.units, high: 1 });
}

/** Mean unit deviance of the model less that of the second prediction on the same rows: below 0 where the model fits better. */
export function devianceDifference(
  rows: PolicyRows,
  power: number,
  level: number,
): Estimate | undefined {
  const { against } = rows;
  if (against === undefined) return undefined;
  const difference = weightedMean(
    rows.exposure,
    (row) =>
      unitDeviance(rows.actual[row]!, rows.rate[row]!, power) -
      unitDeviance(rows.actual[row]!, against[row]!, power),
  );
  return influenceEstimate(difference, { level, units: rows.units });
}

function devianceOf(rows: PolicyRows, means: Float64Array, power: number): Influenced {
  return weightedMean(rows.exposure, (row) => unitDeviance(rows.actual[row]!, means[row]!, power));
}
