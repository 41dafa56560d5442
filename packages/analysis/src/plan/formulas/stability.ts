// SPDX-License-Identifier: Apache-2.0

export const STABILITY_FORMULAS = {
  psi: 'population stability index, 0.5 added to each count; null distribution Yurdakul 2018',
  csi: 'change of the mean score by the column’s mix alone, Σ(q − p)·reference mean score of the bin; Kitagawa 1955',
} as const;
