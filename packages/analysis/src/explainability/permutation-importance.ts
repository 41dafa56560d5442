// SPDX-License-Identifier: Apache-2.0
import { auc } from '../binary/auc.ts';
import { type Cells, cellsOf } from '../binary/cells.ts';
import { brier, logLoss } from '../binary/mean-loss.ts';
import type { Estimate } from '../intervals/interval.ts';
import { drawsOf, shuffledPlaces } from '../numeric/draws.ts';
import { meanOf } from '../numeric/student.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { scoreRows } from '../scorer/score-table.ts';

export const IMPORTANCE_METRICS = ['auc', 'brier', 'log_loss'] as const;
export type ImportanceMetric = (typeof IMPORTANCE_METRICS)[number];

/** Rows with their outcome. */
export interface LabelledInputs {
  readonly rows: readonly InputRow[];
  readonly labels: readonly (0 | 1)[];
  readonly weights: readonly number[];
}

export interface Importance {
  /** How much worse the metric is with the input shuffled, mean over the shuffles; the interval is of the shuffling alone. */
  readonly estimate: Estimate | undefined;
  readonly lowest: number;
  readonly highest: number;
}

/** The metric of scores in row order; undefined unless it is defined on these rows. */
export function metricOf(
  metric: ImportanceMetric,
  data: LabelledInputs,
  scores: readonly number[],
): number | undefined {
  const cells: Cells = cellsOf(
    scores.map((score, row) => ({ score, label: data.labels[row]!, weight: data.weights[row]! })),
  );
  // The level only shapes an interval, which is not used.
  const found = { auc, brier, log_loss: logLoss }[metric](cells, 0.5);
  return found?.value;
}

/**
 * Permutation importance (L. Breiman, Machine Learning 45 (2001) 5–32; A. Fisher, C. Rudin & F. Dominici, JMLR 20 (2019)): an
 * input's values are dealt out among the rows anew and the model's metric is taken again. Shuffles are drawn for seed,
 * input and repeat over rows ordered by content.
 */
export async function permutationImportance(
  scorer: Scorer,
  data: LabelledInputs,
  about: {
    readonly input: string;
    readonly metric: ImportanceMetric;
    /** The metric without shuffling. */
    readonly before: number;
    readonly repeats: number;
    readonly seed: number;
    readonly level: number;
  },
): Promise<Importance> {
  const { input, metric, before } = about;
  const worse: number[] = [];
  for (let repeat = 0; repeat < about.repeats; repeat += 1) {
    const draws = drawsOf('permutation', about.seed, input, repeat);
    const places = shuffledPlaces(data.rows.length, draws);
    const dealt = data.rows.map((row, at) => ({ ...row, [input]: data.rows[places[at]!]![input] }));
    const scores = (await scoreRows(scorer, dealt)).map(({ score }) => score);
    const after = metricOf(metric, data, scores);
    if (after !== undefined) worse.push(metric === 'auc' ? before - after : after - before);
  }
  return {
    estimate: meanOf(worse, about.level),
    lowest: Math.min(...worse),
    highest: Math.max(...worse),
  };
}
