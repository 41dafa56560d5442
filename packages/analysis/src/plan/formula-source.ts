// SPDX-License-Identifier: Apache-2.0

/** Where each figure's formula comes from; the key is the metric id used in plans and reports. */
export const FORMULA_SOURCES = {
  auc: 'DeLong, DeLong & Clarke-Pearson 1988; Sun & Xu 2014',
  gini: '2·AUC − 1; interval from the AUC',
  ks: 'two-sample Kolmogorov–Smirnov; interval Raghavachari 1973',
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
  approval_rate: 'Wilson 1927',
  approval_ratio: 'ratio of proportions; Miettinen & Nurminen 1985',
  denial_ratio: 'ratio of proportions; Miettinen & Nurminen 1985',
  odds_ratio: 'Woolf 1955; exact conditional (Cornfield 1956) when a cell is below ten',
  smd: 'Hedges 1981; Hedges & Olkin 1985',
  conditional_approval_ratio: 'Mantel & Haenszel 1959; Greenland & Robins 1985',
  conditional_denial_ratio: 'Mantel & Haenszel 1959; Greenland & Robins 1985',
  conditional_odds_ratio: 'Mantel & Haenszel 1959; Robins, Breslow & Greenland 1986',
  psi: 'population stability index; null distribution Yurdakul 2018',
  max_abs_change: 'one input at a time; largest absolute change of the score',
  mean_abs_change: 'one input at a time; mean absolute change of the score',
  flip_share: 'one input at a time; share of rows whose decision changes; Wilson 1927',
  max_abs_difference: 'largest absolute difference of two scorings of the same rows',
  flips: 'rows whose decision differs between two scorings',
  auc_difference: 'paired DeLong, DeLong & Clarke-Pearson 1988',
  brier_difference: 'paired difference of squared errors; normal interval of a mean',
  boundary_failures: 'probes of each input answered neither by a refusal nor by a probability',
  constraint_violations:
    'rows, coefficients, columns or parameters that break a declared constraint; rows by individual conditional expectation, Goldstein et al. 2015',
  refusals: 'rows that the scorer refuses for a missing value or one outside its declared range',
  failures: 'rows that the scorer answers with any other error',
  max_logit_error: 'largest absolute gap of summed contributions and the logit of the score',
  reason_accuracy: 'share of stated top reasons whose removal improves the score; Wilson 1927',
} as const;

export type MetricId = keyof typeof FORMULA_SOURCES;

export function isMetricId(name: string): name is MetricId {
  return Object.hasOwn(FORMULA_SOURCES, name);
}
