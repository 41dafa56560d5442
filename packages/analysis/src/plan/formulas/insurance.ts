// SPDX-License-Identifier: Apache-2.0

export const INSURANCE_FORMULAS = {
  actual_expected_ratio: 'sum of actual over sum of predicted; delta method for a ratio of sums',
  mean_deviance:
    'mean unit deviance of the declared family by exposure; McCullagh & Nelder 1989, Jørgensen 1997; normal interval of a mean',
  explained_deviance: 'D², Cameron & Windmeijer 1997; delta method',
  top_tenth_lift:
    'actual rate of the highest tenth of exposure by prediction over the overall one; delta method',
  deviance_difference:
    'mean unit deviance less that of the second prediction on the same rows; normal interval of a mean',
  price_ratio: 'mean price per unit of exposure, group over reference; delta method, log',
  price_to_loss_ratio:
    'price per unit of declared expected loss, group over reference; delta method, log',
  price_ratio_at_equal_loss:
    'mean price within tenths of declared expected loss, group over reference; weights of Mantel & Haenszel 1959; delta method, log',
} as const;
