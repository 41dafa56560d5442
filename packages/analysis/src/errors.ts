// SPDX-License-Identifier: Apache-2.0

/** Every way in which input to a measurement can be wrong. Expected outcomes (too few, inconclusive) are values instead. */
export const ANALYSIS_ERROR_CODES = [
  'file_missing',
  'table_unreadable',
  'row_malformed',
  'column_missing',
  'column_unknown',
  'column_type',
  'value_missing',
  'value_invalid',
  'table_empty',
  'label_not_binary',
  'score_out_of_range',
  'weight_invalid',
  'group_missing',
  'model_unreadable',
  'model_mismatch',
  'input_missing',
  'input_unknown',
  'input_type',
  'input_out_of_range',
  'output_invalid',
  'scorer_closed',
  'scoring_failed',
  'scorer_timeout',
  'scorer_ended',
  'scorer_protocol',
  'scorer_busy',
  'scorer_down',
  'scorer_unsupported',
  'sandbox_missing',
  'environment_differs',
  'environment_failed',
  'bins_invalid',
  'reasons_invalid',
  'plan_invalid',
] as const;

export type AnalysisErrorCode = (typeof ANALYSIS_ERROR_CODES)[number];

export type AnalysisErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** Broken input or a broken world; `details` names the field, column, file or line. */
export class AnalysisError extends Error {
  readonly code: AnalysisErrorCode;
  readonly details: AnalysisErrorDetails;

  constructor(
    code: AnalysisErrorCode,
    message: string,
    options: { readonly details?: AnalysisErrorDetails; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AnalysisError';
    this.code = code;
    this.details = options.details ?? {};
  }
}
