// SPDX-License-Identifier: Apache-2.0

/** Other scores that the run left behind, on the same rows as its own. */
export interface AlternativeScore {
  readonly name: string;
  /** A file of a step, as the predictions are; without it the predictions' own file. */
  readonly file?: string | undefined;
  /** Column of the file; the predictions' score column without it. */
  readonly column?: string | undefined;
}

/** The `fairness.alternatives` part of a plan. */
export interface AlternativesPlan {
  /** What must not fall: of the score, or of its decisions. */
  readonly performance: 'auc' | 'brier' | 'accuracy' | 'balanced_accuracy' | 'decision_cost';
  /** Costs of `decision_cost`: of an approval with an unfavourable outcome, and of a denial with a favourable one. */
  readonly costs?: { readonly wrong_approval: string; readonly wrong_denial: string } | undefined;
  /** How much of the performance may be given up, in its own unit. */
  readonly tolerance: string;
  readonly scores?: readonly AlternativeScore[] | undefined;
  /** Other cutoffs, each one for everyone. */
  readonly cutoffs?: readonly string[] | undefined;
  /** Rows kept out of the search by a hash of this column, for the one confirmation. */
  readonly untouched?: { readonly by: string; readonly share: string } | undefined;
  /** The alternative that was chosen elsewhere: no search on these rows, this one is confirmed on all of them. */
  readonly confirm?:
    | { readonly score?: string | undefined; readonly cutoff?: string | undefined }
    | undefined;
  /** Alternatives tried before, outside this search, and printed with its own. */
  readonly tried_before?: number | undefined;
}

/** Column of the table that holds an alternative score. */
export function alternativeColumn(name: string): string {
  return `alternative score ${name}`;
}
