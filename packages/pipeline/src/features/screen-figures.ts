// SPDX-License-Identifier: Apache-2.0
import { aucOfLevels } from '../snapshot/association.ts';

/** Rows by level of an input (outer), fold (middle) and group of an attribute (inner). */
export type FoldedCells = readonly (readonly (readonly number[])[])[];

/**
 * How well the input's level alone tells a row of group `group` from a row of any other: the area under the ROC curve, each
 * level scored by the share of the group among the rows of the *other* folds, so that a level of few rows is not credited
 * with what it merely happens to hold. Pairs are compared within a fold and pooled over folds by their number. 0.5 is
 * chance; levels are ordered by what they were seen to tell, so no direction is assumed. Undefined when a fold has no pair.
 */
export function crossFittedAuc(cells: FoldedCells, group: number): number | undefined {
  const folds = Math.max(0, ...cells.map((level) => level.length));
  let wins = 0;
  let pairs = 0;
  for (let fold = 0; fold < folds; fold += 1) {
    const scored = scoredLevels(cells, { group, fold });
    const positives = scored.reduce((sum, { counts }) => sum + counts[1], 0);
    const negatives = scored.reduce((sum, { counts }) => sum + counts[0], 0);
    const area = aucOfLevels(mergedTies(scored), 1);
    if (area === undefined) continue;
    wins += area * positives * negatives;
    pairs += positives * negatives;
  }
  return pairs === 0 ? undefined : wins / pairs;
}

interface ScoredLevel {
  readonly score: number;
  /** Rows of the fold that are not, and that are, of the group. */
  readonly counts: readonly [number, number];
}

/** A level's score is shrunk to the share over all levels by one row's weight: an unseen level is scored by that alone. */
function scoredLevels(
  cells: FoldedCells,
  { group, fold }: { readonly group: number; readonly fold: number },
): readonly ScoredLevel[] {
  const outside = cells.map((level) => countsOf(level, group, (at) => at !== fold));
  const all = outside.reduce((sum, { rows }) => sum + rows, 0);
  const share = all === 0 ? 0 : outside.reduce((sum, { held }) => sum + held, 0) / all;
  return cells
    .map((level, index) => {
      const { rows, held } = outside[index] ?? { rows: 0, held: 0 };
      const inside = countsOf(level, group, (at) => at === fold);
      const counts = [inside.rows - inside.held, inside.held] as const;
      return { score: (held + share) / (rows + 1), counts };
    })
    .toSorted((a, b) => a.score - b.score);
}

function countsOf(
  level: FoldedCells[number],
  group: number,
  isCounted: (fold: number) => boolean,
): { readonly rows: number; readonly held: number } {
  let rows = 0;
  let held = 0;
  level.forEach((groups, fold) => {
    if (!isCounted(fold)) return;
    rows += groups.reduce((sum, count) => sum + count, 0);
    held += groups[group] ?? 0;
  });
  return { rows, held };
}

/** Levels of one score are one level: their rows are ties. */
function mergedTies(levels: readonly ScoredLevel[]): readonly (readonly [number, number])[] {
  const merged: { score: number; counts: [number, number] }[] = [];
  for (const { score, counts } of levels) {
    const last = merged.at(-1);
    if (last !== undefined && last.score === score) {
      last.counts[0] += counts[0];
      last.counts[1] += counts[1];
    } else merged.push({ score, counts: [counts[0], counts[1]] });
  }
  return merged.map(({ counts }) => counts);
}

/**
 * Mutual information of level and group over the mean of their entropies (Kvålseth, "Entropy and correlation: some
 * comments", IEEE Trans. SMC 17, 1987; scikit-learn's `normalized_mutual_info_score`): 0 independent, 1 each tells the
 * other. Upward biased by about (levels − 1)(groups − 1) / 2n nats of information. 0 where either has one value.
 */
export function normalisedMutualInformation(cells: readonly (readonly number[])[]): number {
  const levels = cells.map((groups) => groups.reduce((sum, count) => sum + count, 0));
  const width = Math.max(0, ...cells.map((groups) => groups.length));
  const groups = Array.from({ length: width }, (_, at) =>
    cells.reduce((sum, level) => sum + (level[at] ?? 0), 0),
  );
  const joint = entropy(cells.flat());
  const [a, b] = [entropy(levels), entropy(groups)];
  if (a === 0 || b === 0) return 0;
  return Math.min(1, Math.max(0, (2 * (a + b - joint)) / (a + b)));
}

/** In nats; the base cancels. */
function entropy(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / total) * Math.log(count / total)),
    0,
  );
}
