// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { DifferenceNature, NumericDistance } from './divergence.ts';

/** How numbers were stored, which decides what one unit in the last place is. */
export type NumberType = 'f64' | 'f32' | 'integer';

type Numbers = ArrayLike<number>;

/**
 * Another order of summation moves a result by a few units in the last place per operation, which a solver then
 * amplifies; measured on the example models this stays below 1e-7 of the largest value. A new draw of random numbers
 * is many orders above.
 */
const ROUNDING_SCALED_MAX = 1e-6;

export interface ComparedNumbers {
  readonly distance: NumericDistance;
  readonly nature: Extract<DifferenceNature, 'rounding' | 'numbers' | 'order'>;
  readonly firstAt: number;
}

/** Compares two lists of one length; undefined when every bit of every value agrees (0 and -0 do not). */
export function compareNumbers(
  original: Numbers,
  rebuilt: Numbers,
  type: NumberType,
): ComparedNumbers | undefined {
  const most = { absolute: 0, relative: 0, ulp: 0n, scale: 0 };
  let differing = 0;
  let firstAt = -1;
  for (let at = 0; at < original.length; at += 1) {
    const [a, b] = [original[at] ?? Number.NaN, rebuilt[at] ?? Number.NaN];
    if (Number.isFinite(a)) most.scale = Math.max(most.scale, Math.abs(a));
    if (Object.is(a, b)) continue;
    differing += 1;
    if (firstAt < 0) firstAt = at;
    const absolute = Math.abs(a - b);
    most.absolute = Number.isNaN(absolute)
      ? Number.POSITIVE_INFINITY
      : Math.max(most.absolute, absolute);
    const larger = Math.max(Math.abs(a), Math.abs(b));
    if (larger > 0) most.relative = Math.max(most.relative, absolute / larger);
    if (type !== 'integer') {
      const ulp = ulpDistance(a, b, type);
      if (ulp > most.ulp) most.ulp = ulp;
    }
  }
  if (differing === 0) return undefined;
  const isMeasured = Number.isFinite(most.absolute) && Number.isFinite(most.relative);
  const distance: NumericDistance = {
    compared: original.length,
    differing,
    maxAbsolute: isMeasured ? canonicalDecimal(most.absolute) : 'not finite',
    maxRelative: isMeasured && most.relative > 0 ? canonicalDecimal(most.relative) : null,
    maxUlp: type === 'integer' || !isMeasured ? null : most.ulp.toString(),
  };
  const isRounding =
    type !== 'integer' && isMeasured && most.absolute <= ROUNDING_SCALED_MAX * most.scale;
  const isOrder =
    !isRounding && isPermutation(Array.from(original, String), Array.from(rebuilt, String));
  return { distance, firstAt, nature: isRounding ? 'rounding' : isOrder ? 'order' : 'numbers' };
}

/** The same members, each as often, in another order. */
export function isPermutation(original: readonly string[], rebuilt: readonly string[]): boolean {
  if (original.length !== rebuilt.length || original.length < 2) return false;
  const before = original.toSorted();
  const after = rebuilt.toSorted();
  return before.every((value, at) => value === after[at]);
}

const SIGN_64 = 1n << 63n;
const SIGN_32 = 1n << 31n;

/** Steps between two floating-point numbers on the line of all of them (Dawson, Comparing Floating Point Numbers, 2012). */
function ulpDistance(a: number, b: number, type: 'f64' | 'f32'): bigint {
  const [one, two] = [place(a, type), place(b, type)];
  return one > two ? one - two : two - one;
}

function place(value: number, type: 'f64' | 'f32'): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (type === 'f64') {
    view.setFloat64(0, value);
    const bits = view.getBigUint64(0);
    return bits >= SIGN_64 ? -(bits - SIGN_64) : bits;
  }
  view.setFloat32(0, value);
  const bits = BigInt(view.getUint32(0));
  return bits >= SIGN_32 ? -(bits - SIGN_32) : bits;
}
