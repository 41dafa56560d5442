// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import type { TwoByTwo } from '../numeric/hypergeometric.ts';
import { criticalValue } from '../numeric/normal.ts';

/** One table per stratum: first row the group, second the reference; first column the event. */
type Strata = readonly TwoByTwo[];

/**
 * Common risk ratio over strata (Mantel & Haenszel 1959) with the interval of Greenland & Robins, Biometrics 41 (1985).
 * Undefined when either row has no event in any informative stratum.
 */
export function commonRiskRatio(tables: Strata, level: number): Estimate | undefined {
  const strata = informative(tables);
  const sum = (term: (table: TwoByTwo) => number) =>
    strata.reduce((total, table) => total + term(table), 0);
  const top = sum((t) => (t.a * (t.c + t.d)) / size(t));
  const bottom = sum((t) => (t.c * (t.a + t.b)) / size(t));
  if (top === 0 || bottom === 0) return undefined;
  const spread = sum(
    (t) => ((t.a + t.b) * (t.c + t.d) * (t.a + t.c) - t.a * t.c * size(t)) / size(t) ** 2,
  );
  return logInterval(top / bottom, spread / (top * bottom), level, 'greenland-robins');
}

/**
 * Common odds ratio over strata (Mantel & Haenszel 1959) with the interval of Robins, Breslow & Greenland, Biometrics
 * 42 (1986). Undefined when one of its sums is empty.
 */
export function commonOddsRatio(tables: Strata, level: number): Estimate | undefined {
  const terms = informative(tables).map((t) => ({
    r: (t.a * t.d) / size(t),
    s: (t.b * t.c) / size(t),
    p: (t.a + t.d) / size(t),
    q: (t.b + t.c) / size(t),
  }));
  const sum = (term: (entry: (typeof terms)[number]) => number) =>
    terms.reduce((total, entry) => total + term(entry), 0);
  const r = sum((t) => t.r);
  const s = sum((t) => t.s);
  if (r === 0 || s === 0) return undefined;
  const variance =
    sum((t) => t.p * t.r) / (2 * r * r) +
    sum((t) => t.p * t.s + t.q * t.r) / (2 * r * s) +
    sum((t) => t.q * t.s) / (2 * s * s);
  return logInterval(r / s, variance, level, 'robins-breslow-greenland');
}

/** Strata where both groups occur; the others cannot compare anything. */
export function informative(tables: Strata): Strata {
  return tables.filter((table) => table.a + table.b > 0 && table.c + table.d > 0);
}

function size({ a, b, c, d }: TwoByTwo): number {
  return a + b + c + d;
}

function logInterval(value: number, variance: number, level: number, method: string): Estimate {
  if (variance <= 0) return { value };
  const half = criticalValue(level) * Math.sqrt(variance);
  return {
    value,
    interval: { low: value * Math.exp(-half), high: value * Math.exp(half), level, method },
  };
}
