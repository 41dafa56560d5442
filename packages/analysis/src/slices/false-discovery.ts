// SPDX-License-Identifier: Apache-2.0
import type { SliceControl } from './slices-plan.ts';

/**
 * p values adjusted so that calling those up to q keeps the expected share of false calls at q: Benjamini & Hochberg, JRSS B 57
 * (1995), under independence or positive dependence; Benjamini & Yekutieli, Annals of Statistics 29 (2001), under any.
 */
export function adjustedP(p: readonly number[], control: SliceControl): readonly number[] {
  const tests = p.length;
  const order = p.map((_, index) => index).sort((a, b) => p[b]! - p[a]! || b - a);
  const price = control === 'benjamini-hochberg' ? 1 : harmonic(tests);
  const adjusted = new Array<number>(tests);
  let least = 1;
  order.forEach((place, index) => {
    const rank = tests - index;
    least = Math.min(least, (p[place]! * tests * price) / rank);
    adjusted[place] = least;
  });
  return adjusted;
}

function harmonic(count: number): number {
  let sum = 0;
  for (let term = count; term >= 1; term -= 1) sum += 1 / term;
  return sum;
}
