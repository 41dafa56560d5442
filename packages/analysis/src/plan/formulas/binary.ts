// SPDX-License-Identifier: Apache-2.0

export const BINARY_FORMULAS = {
  auc: 'DeLong, DeLong & Clarke-Pearson 1988; Sun & Xu 2014',
  gini: '2·AUC − 1; interval from the AUC',
  ks: 'two-sample Kolmogorov–Smirnov; interval Raghavachari 1973',
  average_precision:
    'mean precision at the positives; infinitesimal jackknife on the log odds, Efron 1982; Boyd, Eng & Page 2013',
  brier: 'Brier 1950; normal interval of a mean',
  log_loss: 'mean negative log-likelihood (nats); normal interval of a mean',
  calibration_intercept: 'Cox 1958, slope held at 1; Wald interval',
  calibration_slope: 'Cox 1958; Wald interval',
  calibration_gap: 'expected calibration error over ten bins of equal count',
  event_rate: 'Wilson 1927',
  sensitivity: 'Wilson 1927',
  specificity: 'Wilson 1927',
  precision: 'Wilson 1927',
  negative_predictive_value: 'Wilson 1927',
  accuracy: 'Wilson 1927',
  adverse_rate: 'Wilson 1927',
  expected_cost: 'mean declared cost of a row’s decision, Elkan 2001; normal interval of a mean',
} as const;
