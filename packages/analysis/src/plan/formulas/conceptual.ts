// SPDX-License-Identifier: Apache-2.0

export const CONCEPTUAL_FORMULAS = {
  variance_inflation:
    'diagonal of the inverse correlation matrix, Marquardt 1970; several columns of one input: Fox & Monette 1992, to the power 1/columns',
  condition_number: 'columns with intercept scaled to unit length; Belsley, Kuh & Welsch 1980',
  separated_inputs:
    'inputs of which one cut, or the level, tells every outcome; Albert & Anderson 1984',
  quasi_separated_inputs:
    'inputs with a level of one outcome alone, or a cut that tells all outcomes but those on it; Albert & Anderson 1984',
  overfit_auc_gap:
    'AUC of the artefact on these rows less that of the table’s scores (out of fold), paired; DeLong, DeLong & Clarke-Pearson 1988',
  overfit_brier_gap:
    'Brier score of the table’s scores (out of fold) less that of the artefact on these rows, paired',
  single_input_auc:
    'area under the ROC curve of one number alone, whichever way it points; DeLong, DeLong & Clarke-Pearson 1988',
  single_input_uncertainty: 'Theil’s U of the label given the levels of one text; Theil 1970',
  reversed_inputs:
    'numbers whose direction in the model is not that in which they go with the outcome by themselves',
} as const;
