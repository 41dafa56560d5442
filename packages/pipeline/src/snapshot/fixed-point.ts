// SPDX-License-Identifier: Apache-2.0

/** 2^60 times 2^63 rows is below 2^127, the greatest HUGEINT: the sum cannot overflow. */
const BITS = 60;
const EXPONENT_MAX = 1000;

export interface FixedPointSum {
  /** An aggregate expression whose value `read` understands. */
  readonly sql: string;
  readonly read: (value: unknown) => number;
}

/**
 * A sum of doubles that does not depend on their order: each is scaled by a power of two (exact) and rounded to an
 * integer of 60 bits, so that a value is off by at most 2^-61 of `reach`, and integers add exactly. `reach` bounds the
 * absolute value of every term.
 */
export function fixedPoint(term: string, reach: number): FixedPointSum {
  if (reach === 0 || !Number.isFinite(reach)) {
    return { sql: `sum(${term})`, read: (value) => Number(value ?? 0) };
  }
  const exponent = Math.min(EXPONENT_MAX, BITS - 1 - Math.floor(Math.log2(reach)));
  const scale = 2 ** exponent;
  return {
    sql: `sum(CAST(${term} * ${doubleText(scale)} AS BIGINT))`,
    // A HUGEINT comes as text, and Number rounds it once.
    read: (value) => Number(value ?? 0) / scale,
  };
}

/** A DOUBLE literal with every bit of the number. */
export function doubleText(value: number): string {
  return `CAST('${value}' AS DOUBLE)`;
}
