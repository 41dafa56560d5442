// SPDX-License-Identifier: Apache-2.0

/**
 * Every way in which bytes handed to the kernel can be unfit. Denials and failed proofs are values,
 * not these.
 */
export type KernelErrorCode =
  | 'bad_hex'
  | 'bad_base64'
  | 'bad_utf8'
  | 'json_syntax'
  | 'json_duplicate_key'
  | 'json_forbidden_key'
  | 'json_lone_surrogate'
  | 'json_unsafe_number'
  | 'json_too_deep'
  | 'json_too_large'
  | 'json_unsupported_value'
  | 'bad_decimal'
  | 'bad_key'
  | 'bad_envelope'
  | 'bad_tree_range'
  | 'bad_tile'
  | 'bad_log_leaf'
  | 'bad_note'
  | 'bad_checkpoint'
  | 'bad_row'
  | 'bad_decision'
  | 'bad_receipt'
  | 'record_malformed'
  | 'record_not_canonical';

export type KernelErrorDetails = { readonly [name: string]: string | number | boolean };

/**
 * Thrown for input that cannot be read; `details` names the place (for JSON: `line` and `column`,
 * from 1).
 */
export class KernelError extends Error {
  readonly code: KernelErrorCode;
  readonly details: KernelErrorDetails;

  constructor(
    code: KernelErrorCode,
    message: string,
    details: KernelErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'KernelError';
    this.code = code;
    this.details = details;
  }
}
