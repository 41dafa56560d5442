// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { sumOver } from '../numeric/sum.ts';
import { influenceEstimate } from './influence.ts';
import { risingOrder } from './rising-order.ts';

/** What an ordered Lorenz curve is drawn of, one entry a row; none may be negative. */
export interface LorenzRows {
  /** What rows are ordered by, rising: the relativity, score over premium. */
  readonly order: Float64Array;
  readonly premium: Float64Array;
  readonly loss: Float64Array;
  readonly units?: Float64Array | undefined;
}

/** A point of the curve: shares of premium and of loss among the rows up to a relativity. */
export interface LorenzPoint {
  readonly premium: number;
  readonly loss: number;
}

export interface OrderedLorenz {
  /** Twice the area between the curve and the line of equality. */
  readonly gini: Estimate;
  readonly curve: readonly LorenzPoint[];
}

const POINTS = 50;

/**
 * Ordered Lorenz curve and its Gini index: Frees, Meyers & Cummings, "Summarizing insurance scores using a Gini index",
 * Journal of the American Statistical Association 106 (2011) 1085–1098; the standard error is that of their theorem (a
 * U-statistic with both means estimated), equal relativities joined by a straight line. Undefined where premium or loss
 * sums to 0.
 */
export function orderedLorenz(rows: LorenzRows, level: number): OrderedLorenz | undefined {
  const n = rows.order.length;
  const premiums = sumOver(n, (row) => rows.premium[row]!);
  const losses = sumOver(n, (row) => rows.loss[row]!);
  if (!(premiums > 0) || !(losses > 0)) return undefined;
  const order = risingOrder(rows.order);
  const shares = sharesUpTo(rows, order, { premiums, losses });
  // Twice the area under the curve: E[premium₁ loss₂ (1{R₂ < R₁} + ½·1{R₂ = R₁})] over the product of means, doubled.
  const under = 2 * sumOver(n, (row) => (rows.premium[row]! / premiums) * shares.loss[row]!);
  const pulls = rows.order.map((_, row) => {
    const premium = rows.premium[row]! / premiums;
    const loss = rows.loss[row]! / losses;
    const own = 2 * (premium * shares.loss[row]! + loss * (1 - shares.premium[row]!));
    return -(own - under * (premium + loss));
  });
  return {
    gini: influenceEstimate({ value: 1 - under, pulls }, { level, units: rows.units }),
    curve: curveOf(rows, order, { premiums, losses }),
  };
}

// Share below each row's relativity plus half of the share at it.
function sharesUpTo(
  rows: LorenzRows,
  order: Uint32Array,
  { premiums, losses }: { readonly premiums: number; readonly losses: number },
): { readonly premium: Float64Array; readonly loss: Float64Array } {
  const premium = new Float64Array(order.length);
  const loss = new Float64Array(order.length);
  let below = { premium: 0, loss: 0 };
  for (let start = 0; start < order.length; ) {
    const end = tieEnd(rows.order, order, start);
    const own = { premium: 0, loss: 0 };
    for (let place = start; place < end; place += 1) {
      own.premium += rows.premium[order[place]!]! / premiums;
      own.loss += rows.loss[order[place]!]! / losses;
    }
    for (let place = start; place < end; place += 1) {
      premium[order[place]!] = below.premium + own.premium / 2;
      loss[order[place]!] = below.loss + own.loss / 2;
    }
    below = { premium: below.premium + own.premium, loss: below.loss + own.loss };
    start = end;
  }
  return { premium, loss };
}

// A point wherever another fiftieth of the premium is passed; ties stay whole.
function curveOf(
  rows: LorenzRows,
  order: Uint32Array,
  { premiums, losses }: { readonly premiums: number; readonly losses: number },
): readonly LorenzPoint[] {
  const points: LorenzPoint[] = [{ premium: 0, loss: 0 }];
  let [premium, loss] = [0, 0];
  for (let start = 0; start < order.length; ) {
    const end = tieEnd(rows.order, order, start);
    for (let place = start; place < end; place += 1) {
      premium += rows.premium[order[place]!]!;
      loss += rows.loss[order[place]!]!;
    }
    const isLast = end === order.length;
    if (isLast || (premium / premiums) * POINTS >= points.length) {
      points.push(
        isLast ? { premium: 1, loss: 1 } : { premium: premium / premiums, loss: loss / losses },
      );
    }
    start = end;
  }
  return points;
}

function tieEnd(values: Float64Array, order: Uint32Array, start: number): number {
  let end = start + 1;
  while (end < order.length && values[order[end]!] === values[order[start]!]) end += 1;
  return end;
}
