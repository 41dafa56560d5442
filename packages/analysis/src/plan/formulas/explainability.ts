// SPDX-License-Identifier: Apache-2.0

export const EXPLAINABILITY_FORMULAS = {
  max_logit_error: 'largest absolute gap of summed contributions and the logit of the score',
  reason_accuracy: 'share of stated top reasons whose removal improves the score; Wilson 1927',
  dependence_range:
    'highest less lowest mean score as one input takes each value of its grid; Friedman 2001',
  dependence_spread:
    'largest standard deviation of individual curves that start together; Goldstein et al. 2015',
  permutation_importance:
    'metric without less with the input shuffled among rows (loss: with less without); Breiman 2001, Fisher, Rudin & Dominici 2019; interval of the shuffles, Student 1908',
  permutation_baseline: 'the metric on these rows before anything is shuffled',
  mean_abs_shapley:
    'mean absolute interventional Shapley value, Lundberg & Lee 2017; interval over rows, Student 1908',
  shapley_share: 'share of an input in the sum of all mean absolute Shapley values',
  shapley_efficiency_error: 'largest |base + sum of contributions − score| over the explained rows',
  shapley_standard_error:
    'largest standard error of a contribution from drawing orders; Štrumbelj & Kononenko 2014; 0 by enumeration',
  reason_best_value_improves:
    'share of stated reasons with a value in the background that makes the score more favourable',
  reason_removal_improves:
    'share of stated reasons whose replacement by the background’s values makes the score more favourable on average; Wilson 1927',
} as const;
