// SPDX-License-Identifier: Apache-2.0

export const BACKTEST_FORMULAS = {
  rate_gap: 'realised less predicted event rate; interval of the realised rate, Wilson 1927',
  predicted_against_realised:
    'p value of the realised events at the predicted rate; Jeffreys (ECB 2019, section 2.5.3.1) or exact binomial',
  auc_trend:
    'change from period to period; inverse-variance weighted least squares, Thompson & Sharp 1999',
  brier_trend:
    'change from period to period; inverse-variance weighted least squares, Thompson & Sharp 1999',
  rate_gap_trend:
    'change from period to period; inverse-variance weighted least squares, Thompson & Sharp 1999',
  cumulative_event_rate:
    'Kaplan & Meier 1958, Greenwood 1926; Wilson 1927 where rows are cases at an age',
} as const;
