// SPDX-License-Identifier: Apache-2.0

export const CLINICAL_FORMULAS = {
  ppv_at_prevalence: 'Bayes at the declared prevalence; Mercaldo, Lau & Zhou 2007',
  npv_at_prevalence: 'Bayes at the declared prevalence; Mercaldo, Lau & Zhou 2007',
  likelihood_ratio_positive: 'sensitivity over 1 − specificity; Miettinen & Nurminen 1985',
  likelihood_ratio_negative: '1 − sensitivity over specificity; Miettinen & Nurminen 1985',
  sensitivity_difference: 'less the reference’s; paired: Tango 1998',
  specificity_difference: 'less the reference’s; paired: Tango 1998',
} as const;
