// SPDX-License-Identifier: Apache-2.0

export const BENCHMARK_FORMULAS = {
  max_abs_difference: 'largest absolute difference of two scorings of the same rows',
  flips: 'rows whose decision differs between two scorings',
  auc_difference:
    'paired DeLong, DeLong & Clarke-Pearson 1988; rows of one unit together, Obuchowski 1997',
  brier_difference: 'paired difference of squared errors; normal interval of a mean',
  accuracy_difference:
    'share of right decisions at the cutoff, paired; interval Bonett & Price 2012, exact test McNemar 1947',
  swapped_in_event_rate:
    'event rate of those whom only the challenger turns away at the cutoff; Wilson 1927',
  swapped_out_event_rate:
    'event rate of those whom only the candidate turns away at the cutoff; Wilson 1927',
  refusals: 'rows that the scorer refuses for a missing value or one outside its declared range',
  failures: 'rows that the scorer answers with any other error',
} as const;
