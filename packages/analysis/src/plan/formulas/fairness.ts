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
} as const;
