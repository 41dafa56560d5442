// SPDX-License-Identifier: Apache-2.0

export const FAIRNESS_FORMULAS = {
  approval_rate: 'Wilson 1927',
  approval_ratio: 'ratio of proportions; Miettinen & Nurminen 1985',
  denial_ratio: 'ratio of proportions; Miettinen & Nurminen 1985',
  odds_ratio: 'Woolf 1955; exact conditional (Cornfield 1956) when a cell is below ten',
  smd: 'Hedges 1981; Hedges & Olkin 1985',
  conditional_approval_ratio: 'Mantel & Haenszel 1959; Greenland & Robins 1985',
  conditional_denial_ratio: 'Mantel & Haenszel 1959; Greenland & Robins 1985',
  conditional_odds_ratio: 'Mantel & Haenszel 1959; Robins, Breslow & Greenland 1986',
  equal_opportunity_difference:
    'approval rate among favourable outcomes, group less reference; Hardt, Price & Srebro 2016; interval Miettinen & Nurminen 1985',
  equal_opportunity_ratio:
    'approval rate among favourable outcomes, group over reference; Hardt, Price & Srebro 2016; interval Miettinen & Nurminen 1985',
  false_approval_difference:
    'approval rate among unfavourable outcomes, group less reference; interval Miettinen & Nurminen 1985',
  equalised_odds_difference:
    'larger gap of the approval rates among favourable and among unfavourable outcomes; Hardt, Price & Srebro 2016; Miettinen & Nurminen 1985 with Bonferroni',
  predictive_parity_difference:
    'favourable outcomes among the approved, group less reference; Chouldechova 2017; interval Miettinen & Nurminen 1985',
  declined_outcome_difference:
    'favourable outcomes among the declined, group less reference; interval Miettinen & Nurminen 1985',
  favourable_approval_rate: 'approved among favourable outcomes; Wilson 1927',
  unfavourable_approval_rate: 'approved among unfavourable outcomes; Wilson 1927',
  approved_favourable_rate: 'favourable outcomes among the approved; Wilson 1927',
  declined_favourable_rate: 'favourable outcomes among the declined; Wilson 1927',
  observed_expected_ratio: 'events over the sum of scores; Wilson 1927, expectation held fixed',
  disparity:
    'largest distance from equality of the governing criterion over groups: of a ratio its logarithm without sign, of a difference its size',
  alternatives_tried: 'candidates measured against the model, each a score with one cutoff',
  disparity_change:
    'disparity of the alternative less that of the model on the same rows; delta method over paired decisions',
  performance_loss:
    'performance that the alternative gives up against the model on the same rows; paired',
  proxy_approval_rate:
    'approvals weighted by group probability; Chen, Kallus, Mao, Svacha & Udell 2019; linearised',
  proxy_approval_ratio:
    'ratio of approval rates weighted by group probability; Chen et al. 2019; linearised, log',
} as const;
