// SPDX-License-Identifier: Apache-2.0

export const MARKET_RISK_FORMULAS = {
  exception_rate: 'days whose loss exceeds the forecast; Wilson 1927',
  kupiec_p: 'p of the stated rate of exceptions, proportion of failures; Kupiec 1995',
  independence_p: 'p of independent exceptions; Christoffersen 1998',
  conditional_coverage_p: 'p of independent exceptions at the stated rate; Christoffersen 1998',
  basel_exceptions:
    'exceptions in the latest days; Basel Committee 1996, MAR32: green to 4, yellow to 9, red from 10 in 250 days at 99 %',
} as const;
