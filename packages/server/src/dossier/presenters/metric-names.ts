// SPDX-License-Identifier: Apache-2.0
import { labelOf } from './content.ts';

/** Names of metrics as the field writes them; any other id is printed as words. */
const NAMES: Readonly<Record<string, string>> = {
  auc: 'AUC',
  auc_difference: 'Difference of AUC',
  brier: 'Brier score',
  brier_difference: 'Difference of Brier score',
  gini: 'Gini',
  ks: 'KS',
  psi: 'PSI',
  smd: 'Standardised mean difference',
  log_loss: 'Log loss (nats)',
  approval_ratio: 'Ratio of approvals (AIR)',
  denial_ratio: 'Ratio of denials',
  odds_ratio: 'Odds ratio of denial',
  flip_share: 'Share of flipped decisions',
  max_abs_change: 'Largest absolute change',
  mean_abs_change: 'Mean absolute change',
  max_abs_difference: 'Largest absolute difference',
  max_logit_error: 'Largest error of the logit',
};

const WEIGHTED = '_weighted';

export function metricName(metric: string): string {
  if (metric.endsWith(WEIGHTED)) {
    return `${metricName(metric.slice(0, -WEIGHTED.length))}, weighted`;
  }
  return NAMES[metric] ?? labelOf(metric);
}
