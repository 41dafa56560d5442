// SPDX-License-Identifier: Apache-2.0

export const BENCHMARK_FORMULAS = {
  max_abs_difference: 'largest absolute difference of two scorings of the same rows',
  flips: 'rows whose decision differs between two scorings',
  auc_difference: 'paired DeLong, DeLong & Clarke-Pearson 1988',
  brier_difference: 'paired difference of squared errors; normal interval of a mean',
  refusals: 'rows that the scorer refuses for a missing value or one outside its declared range',
  failures: 'rows that the scorer answers with any other error',
} as const;
