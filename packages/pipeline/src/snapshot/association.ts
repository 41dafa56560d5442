// SPDX-License-Identifier: Apache-2.0

/** Rows by level of a column (outer, in order) and class of the label (inner). */
export type Crosstab = readonly (readonly number[])[];

/**
 * Theil's uncertainty coefficient U(label | column) = (H(Y) − H(Y|X)) / H(Y): 0 when the column tells nothing, 1 when it
 * determines the label (H. Theil, "On the estimation of relationships involving qualitative variables", American Journal
 * of Sociology 76, 1970, 103–154). 0 for a label of one class.
 */
export function theilsU(cells: Crosstab): number {
  const whole = entropy(classTotals(cells));
  if (whole === 0) return 0;
  const total = rowsOf(cells);
  const rest = cells.reduce((sum, level) => sum + (levelRows(level) / total) * entropy(level), 0);
  return Math.max(0, (whole - rest) / whole);
}

/**
 * Goodman and Kruskal's λ of the label given the column: (Σ max_j n_ij − max_j n_j) / (n − max_j n_j) ("Measures of
 * association for cross classifications", JASA 49, 1954, 732–764). 0 for a label of one class.
 */
export function goodmanKruskalLambda(cells: Crosstab): number {
  const commonest = Math.max(0, ...classTotals(cells));
  const wrong = rowsOf(cells) - commonest;
  if (wrong === 0) return 0;
  const right = cells.reduce((sum, level) => sum + Math.max(0, ...level), 0);
  return (right - commonest) / wrong;
}

/**
 * The area under the ROC curve of ordered levels for class `positive` against the rest, ties counted half (D. Bamber,
 * Journal of Mathematical Psychology 12, 1975, 387–415). Undefined when a side has no rows.
 */
export function aucOfLevels(cells: Crosstab, positive: number): number | undefined {
  const positives = cells.reduce((sum, level) => sum + (level[positive] ?? 0), 0);
  const negatives = rowsOf(cells) - positives;
  if (positives === 0 || negatives === 0) return undefined;
  let below = 0;
  let wins = 0;
  for (const level of cells) {
    const high = level[positive] ?? 0;
    const low = levelRows(level) - high;
    wins += high * (below + low / 2);
    below += low;
  }
  return wins / (positives * negatives);
}

function classTotals(cells: Crosstab): readonly number[] {
  const classes = Math.max(0, ...cells.map((level) => level.length));
  return Array.from({ length: classes }, (_, one) =>
    cells.reduce((sum, level) => sum + (level[one] ?? 0), 0),
  );
}

function rowsOf(cells: Crosstab): number {
  return cells.reduce((sum, level) => sum + levelRows(level), 0);
}

function levelRows(level: readonly number[]): number {
  return level.reduce((sum, count) => sum + count, 0);
}

/** In nats; the base cancels. */
function entropy(counts: readonly number[]): number {
  const total = levelRows(counts);
  return counts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / total) * Math.log(count / total)),
    0,
  );
}
