// SPDX-License-Identifier: Apache-2.0

/** Every code that this package can throw itself; codes of the API and of other packages pass through as they are. */
export type CliErrorCode =
  | 'usage'
  | 'no_account'
  | 'no_data'
  | 'no_root'
  | 'no_token'
  | 'not_founded'
  | 'profile_invalid'
  | 'key_invalid'
  | 'passphrase_missing'
  | 'passphrase_wrong'
  | 'server_unreachable'
  | 'server_answer_invalid'
  | 'api_refused'
  | 'file_missing'
  | 'file_invalid'
  | 'record_unverified'
  | 'job_failed'
  | 'cache_unusable'
  | 'not_found'
  | 'refused';

export interface CliErrorDetails {
  readonly field?: string;
  /** What to do about it. */
  readonly next?: string;
  readonly missing?: readonly string[];
  readonly problems?: readonly { readonly place: string; readonly message: string }[];
  readonly status?: number;
  readonly requestId?: string;
}

/**
 * What a command could not do. `code` is one of ours or, for an answer of the API or a gateway, theirs in `apiCode`.
 */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly apiCode: string | undefined;
  readonly details: CliErrorDetails;

  constructor(
    code: CliErrorCode,
    message: string,
    options: {
      readonly details?: CliErrorDetails;
      readonly apiCode?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.code = code;
    this.apiCode = options.apiCode;
    this.details = options.details ?? {};
  }
}

/** Misuse of a command: exit code 2. */
export function usage(message: string, next?: string): CliError {
  return new CliError('usage', message, { details: next === undefined ? {} : { next } });
}

/** A problem at a place in a file that a person wrote. */
export function atFile(file: string, line: number, problem: string, cause?: unknown): CliError {
  return new CliError(
    'file_invalid',
    `${file}:${line}: ${problem}`,
    cause === undefined ? {} : { cause },
  );
}
