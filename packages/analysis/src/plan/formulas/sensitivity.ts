// SPDX-License-Identifier: Apache-2.0

export const SENSITIVITY_FORMULAS = {
  max_abs_change: 'one input at a time; largest absolute change of the score',
  mean_abs_change: 'one input at a time; mean absolute change of the score',
  flip_share: 'one input at a time; share of rows whose decision changes; Wilson 1927',
  boundary_failures: 'probes of each input answered neither by a refusal nor by a probability',
} as const;
