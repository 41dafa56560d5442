// SPDX-License-Identifier: Apache-2.0

/** Added to every count of either side, so that an empty bin costs a finite amount. */
export const SMOOTHING = 0.5;

/**
 * The terms of the population stability index Σ(q − p)·ln(q/p), one a bin: p and q are shares of rows with 0.5 added to each
 * count; a bin that is empty on both sides contributes nothing. Undefined when a side has no rows. The one definition of
 * the index: analysis adds its null distribution.
 */
export function stabilityTerms(
  reference: readonly number[],
  current: readonly number[],
): readonly number[] | undefined {
  const rows = [total(reference), total(current)] as const;
  if (rows[0] === 0 || rows[1] === 0) return undefined;
  const occupied = reference.map((count, index) => count + (current[index] ?? 0) > 0);
  const bins = occupied.filter(Boolean).length;
  const share = (count: number, all: number) => (count + SMOOTHING) / (all + SMOOTHING * bins);
  return reference.map((count, index) => {
    if (!occupied[index]) return 0;
    const p = share(count, rows[0]);
    const q = share(current[index] ?? 0, rows[1]);
    return (q - p) * Math.log(q / p);
  });
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
