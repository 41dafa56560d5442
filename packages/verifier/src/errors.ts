// SPDX-License-Identifier: Apache-2.0

export type VerifierErrorCode =
  | 'case_too_large'
  | 'case_entry_name'
  | 'zip_malformed'
  | 'zip_not_canonical';

/** `entry` names the entry that is at fault, or `container` for the zip structure around the entries. */
export class VerifierError extends Error {
  readonly code: VerifierErrorCode;
  readonly entry: string;

  constructor(code: VerifierErrorCode, entry: string, message: string) {
    super(message);
    this.name = 'VerifierError';
    this.code = code;
    this.entry = entry;
  }
}
