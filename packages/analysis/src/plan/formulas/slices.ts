// SPDX-License-Identifier: Apache-2.0

export const SLICE_FORMULAS = {
  slices_found: 'slices worse than the rest at the declared false discovery rate',
  slice_error_rate_excess:
    'errors at the cutoff in the slice less those in the rest; p by Fisher 1935, one-sided; interval Miettinen & Nurminen 1985',
  slice_log_loss_excess:
    'mean negative log-likelihood (nats) in the slice less that in the rest; Welch 1947',
  slice_calibration_excess:
    'mean of label less score in the slice less that in the rest, without sign; Welch 1947',
} as const;
