// SPDX-License-Identifier: Apache-2.0

/** Every code that this package can throw; documents and the HTTP map are kept equal to this union. */
export type PipelineErrorCode =
  | 'blob_corrupt'
  | 'blob_key_missing'
  | 'blob_missing'
  | 'blob_name_invalid'
  | 'checkout_dirty'
  | 'column_missing'
  | 'container_failed'
  | 'container_missing'
  | 'control_total_differs'
  | 'csv_bad_row'
  | 'data_changing'
  | 'data_entry_refused'
  | 'data_version_invalid'
  | 'environment_differs'
  | 'environment_failed'
  | 'environment_unsupported'
  | 'evidence_invalid'
  | 'expression_invalid'
  | 'file_missing'
  | 'git_failed'
  | 'image_invalid'
  | 'image_missing'
  | 'interpreter_differs'
  | 'interpreter_missing'
  | 'job_invalid'
  | 'lock_invalid'
  | 'output_duplicate'
  | 'output_missing'
  | 'output_not_regular'
  | 'output_undeclared'
  | 'pipeline_file_invalid'
  | 'quality_failed'
  | 'sandbox_failed'
  | 'sandbox_missing'
  | 'sealed_input'
  | 'snapshot_unreadable'
  | 'source_changed'
  | 'source_credentials_missing'
  | 'source_differs'
  | 'source_missing'
  | 'source_refused'
  | 'source_unreachable'
  | 'source_unsupported'
  | 'split_invalid'
  | 'step_cycle'
  | 'step_failed'
  | 'step_input_missing'
  | 'step_overfull'
  | 'step_timeout'
  | 'storage_full'
  | 'table_column_unsupported'
  | 'table_file_changed'
  | 'table_file_corrupt'
  | 'table_file_missing'
  | 'table_unsupported'
  | 'table_version_missing'
  | 'upload_busy'
  | 'upload_digest_differs'
  | 'upload_limit'
  | 'upload_offset_wrong'
  | 'upload_too_large'
  | 'upload_unknown'
  | 'wheel_unavailable';

/** A broken input or a broken world. `details` holds the values that the message mentions. */
export class PipelineError extends Error {
  readonly code: PipelineErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: PipelineErrorCode,
    message: string,
    options: { details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PipelineError';
    this.code = code;
    this.details = options.details ?? {};
  }
}
