// SPDX-License-Identifier: Apache-2.0
import { CliError } from '../errors.ts';

export interface ErrorView {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly next?: string;
  readonly missing?: readonly string[];
  readonly problems?: readonly { readonly place: string; readonly message: string }[];
  readonly requestId?: string;
}

/** What to do about a refusal of the system, which says none itself. */
const NEXT_STEPS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'something listens there already: stop it, or give another --port'],
  ['EACCES', 'run it as the user who may, or name another place'],
  ['ERR_OSSL_PEM_NO_START_LINE', 'give the certificate as --tls-cert and its key as --tls-key'],
  ['ENOSPC', 'make room on the disk, then run it again'],
]);

/** An error as people and programs get it: message, code and next step, never a stack. */
export function describeError(error: unknown): {
  readonly error: ErrorView;
  readonly lines: readonly string[];
} {
  const view = viewOf(error);
  const lines = [
    `${view.code}: ${view.message}`,
    ...(view.missing ?? []).map((one) => `  missing: ${one}`),
    ...(view.problems ?? []).map(({ place, message }) => `  ${place}: ${message}`),
    ...(view.next === undefined ? [] : [`next: ${view.next}`]),
    ...(view.requestId === undefined || view.code !== 'internal'
      ? []
      : [`request: ${view.requestId}`]),
  ];
  return { error: view, lines };
}

function viewOf(error: unknown): ErrorView {
  if (error instanceof CliError) {
    const { field, next, missing, problems, requestId } = error.details;
    return {
      code: error.apiCode ?? error.code,
      message: error.message,
      ...(field === undefined ? {} : { field }),
      ...(next === undefined ? {} : { next }),
      ...(missing === undefined ? {} : { missing }),
      ...(problems === undefined ? {} : { problems }),
      ...(requestId === undefined ? {} : { requestId }),
    };
  }
  if (error instanceof Error) {
    // Errors of the other packages carry a code of their own closed unions; Node's say what the system refused.
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
    const next = NEXT_STEPS.get(code);
    return { code, message: error.message, ...(next === undefined ? {} : { next }) };
  }
  return { code: 'internal', message: String(error) };
}
