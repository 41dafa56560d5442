// SPDX-License-Identifier: Apache-2.0

/** Every way in which the gateway refuses; the HTTP status of each is in `http/status-of.ts`. */
export type GatewayErrorCode =
  | 'request_malformed'
  | 'request_unauthenticated'
  | 'key_conflict'
  | 'input_invalid'
  | 'model_not_served'
  | 'not_warranted'
  | 'status_stale'
  | 'key_not_in_force'
  | 'not_durable'
  | 'overloaded'
  | 'scorer_unavailable'
  | 'artifact_mismatch'
  | 'log_rollback'
  | 'log_fork'
  | 'state_invalid'
  | 'server_unreachable';

export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  readonly details: { readonly [name: string]: string | number | readonly string[] };

  constructor(
    code: GatewayErrorCode,
    message: string,
    details: GatewayError['details'] = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'GatewayError';
    this.code = code;
    this.details = details;
  }
}

/** What proves that somebody rewrote the log: it went backwards, or another way. */
export function isRewritten(error: unknown): error is GatewayError {
  return (
    error instanceof GatewayError && (error.code === 'log_rollback' || error.code === 'log_fork')
  );
}

export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const message = error instanceof Error ? error.message : 'unreadable';
  return new GatewayError('not_warranted', message, {}, { cause: error });
}
