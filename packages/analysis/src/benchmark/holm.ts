// SPDX-License-Identifier: Apache-2.0

/**
 * p-values adjusted for being several (S. Holm, Scandinavian Journal of Statistics 6 (1979) 65–70), in the order given: held
 * against a level, the chance of any false finding among them stays below it. Absent ones stay absent and are not counted.
 */
export function holmAdjusted(
  pValues: readonly (number | undefined)[],
): readonly (number | undefined)[] {
  const known = pValues.flatMap((p, at) => (p === undefined ? [] : [{ p, at }]));
  const ordered = known.sort((a, b) => a.p - b.p || a.at - b.at);
  const adjusted: (number | undefined)[] = pValues.map(() => undefined);
  let highest = 0;
  ordered.forEach(({ p, at }, rank) => {
    highest = Math.max(highest, Math.min(1, (ordered.length - rank) * p));
    adjusted[at] = highest;
  });
  return adjusted;
}
