// SPDX-License-Identifier: Apache-2.0
import { KernelError } from './errors.ts';

const DIGITS_DEFAULT = 12;
/**
 * Up to 15 significant digits survive decimal → binary64 → decimal, so the text has exactly the
 * digits asked for.
 */
const DIGITS_MAX = 15;

/**
 * A measured value as text: rounded to `digits` significant digits (12), then written like
 * `exactDecimal`. Equal measurements on different machines differ in the last bits at most, and
 * those are cut here. NaN and infinities throw `bad_decimal`: what could not be measured is said in
 * words, not numbers.
 */
export function canonicalDecimal(n: number, digits: number = DIGITS_DEFAULT): string {
  if (!Number.isInteger(digits) || digits < 1 || digits > DIGITS_MAX) {
    throw new KernelError(
      'bad_decimal',
      `\`${digits}\` significant digits is outside 1 to ${DIGITS_MAX}`,
    );
  }
  refuseNonFinite(n);
  return exactDecimal(Number(n.toPrecision(digits)));
}

/**
 * The shortest text that reads back as the same binary64 number. Positional from 1e-6 to below
 * 1e21, else `1.5e-7` or `1e21`: ECMAScript's Number::toString without its `+`. Zero has no sign.
 */
export function exactDecimal(n: number): string {
  refuseNonFinite(n);
  return String(n).replace('e+', 'e');
}

/**
 * The number of a text that `exactDecimal` could have written; any other spelling throws
 * `bad_decimal`.
 */
export function parseDecimal(text: string): number {
  const n = /^-?\d/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(n) || exactDecimal(n) !== text) {
    const hint = Number.isFinite(n)
      ? `write \`${exactDecimal(n)}\``
      : 'write a plain number such as `0.25`';
    throw new KernelError(
      'bad_decimal',
      `\`${text.slice(0, 60)}\` is not a canonical decimal; ${hint}`,
    );
  }
  return n;
}

function refuseNonFinite(n: number): void {
  if (!Number.isFinite(n)) throw new KernelError('bad_decimal', `\`${n}\` has no decimal text`);
}
