// SPDX-License-Identifier: Apache-2.0

export const ESTIMATE_FORMULAS = {
  rmse: 'root of the mean squared difference of predicted and actual; delta method',
  mae: 'mean absolute difference of predicted and actual; normal interval of a mean',
  bias: 'mean of predicted less actual; normal interval of a mean',
  r2: '1 − mean squared error over variance; delta method',
  mape: 'mean absolute difference relative to actual, where no actual number is 0; normal interval of a mean',
  spearman: 'Spearman 1904; interval Bonett & Wright 2000',
  lorenz_gini: 'Gini index of the ordered Lorenz curve; Frees, Meyers & Cummings 2011',
  quantile_coverage: 'share of actual numbers at or below the predicted quantile; Wilson 1927',
  quantile_coverage_gap: 'that share less the quantile’s own; Wilson 1927',
  pinball_loss: 'Koenker & Bassett 1978; normal interval of a mean',
} as const;
