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
  ['EADDRINUSE', 'something listens there already: stop it, or choose another port'],
  ['EACCES', 'run it as the user who may, or name another place'],
  ['ERR_OSSL_PEM_NO_START_LINE', 'give the certificate as --tls-cert and its key as --tls-key'],
  ['ENOENT', 'check the path'],
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
    ...furtherProblems(view).map(({ place, message }) => `  ${place}: ${message}`),
    ...(view.next === undefined ? [] : [`next: ${view.next}`]),
    ...(view.requestId === undefined || view.code !== 'internal'
      ? []
      : [`request: ${view.requestId}`]),
  ];
  return { error: view, lines };
}

/** A refusal of one member names it in its message already. */
function furtherProblems({ message, problems = [] }: ErrorView) {
  return problems.filter((one) => message !== `\`${one.place}\`: ${one.message}`);
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
    // Node begins its message with the code, which stands before it anyway.
    const begins = `${code}: `;
    const message = error.message.startsWith(begins)
      ? error.message.slice(begins.length)
      : error.message;
    return { code, message, ...(next === undefined ? {} : { next }) };
  }
  return { code: 'internal', message: String(error) };
}
