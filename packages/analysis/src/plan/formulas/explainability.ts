// SPDX-License-Identifier: Apache-2.0

export const EXPLAINABILITY_FORMULAS = {
  max_logit_error: 'largest absolute gap of summed contributions and the logit of the score',
  reason_accuracy: 'share of stated top reasons whose removal improves the score; Wilson 1927',
} as const;
