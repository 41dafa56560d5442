// SPDX-License-Identifier: Apache-2.0

export const STABILITY_FORMULAS = {
  psi: 'population stability index; null distribution Yurdakul 2018',
} as const;
