// SPDX-License-Identifier: Apache-2.0

export const SENSITIVITY_FORMULAS = {
  max_abs_change: 'one input at a time; largest absolute change of the score',
  mean_abs_change: 'one input at a time; mean absolute change of the score',
  flip_share: 'one input at a time; share of rows whose decision changes; Wilson 1927',
  boundary_failures:
    'probes of each input answered neither by a refusal nor by a score that the task allows',
  scenario_mean_score:
    'mean score under the scenario, the event rate that the model then expects; Student 1908',
  scenario_mean_change: 'mean score under the scenario less without it, same rows; Student 1908',
  scenario_adverse_change:
    'share of adverse decisions under the scenario less without it, same rows; Bonett & Price 2012',
  scenario_flip_share: 'share of rows whose decision the scenario changes; Wilson 1927',
  noise_flip_share:
    'share of noisy scorings whose decision differs, rows as clusters of their repeats; Wilson 1927 at the effective sample size (Dean & Pagano 2015)',
  noise_mean_abs_change:
    'mean absolute change of the score under noise, rows as clusters of their repeats; Student 1908',
} as const;
