// SPDX-License-Identifier: Apache-2.0

export interface ApiProblem {
  readonly status: number;
  /** Stable code of the API; `unreachable` and `unreadable` are the browser's own. */
  readonly code: string;
  /** The member, parameter or line that is wrong. */
  readonly field?: string | undefined;
  readonly next?: string | undefined;
  readonly missing?: readonly string[] | undefined;
  readonly problems?: readonly { readonly place: string; readonly message: string }[] | undefined;
  readonly requestId?: string | undefined;
}

/** A refusal or failure of the API, as it words it. */
export class ApiError extends Error {
  readonly problem: ApiProblem;

  constructor(message: string, problem: ApiProblem) {
    super(message);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status === 401;
}

export function isMissingRoute(error: unknown): boolean {
  return error instanceof ApiError && error.problem.code === 'route_unknown';
}

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status === 403;
}
