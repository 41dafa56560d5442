// SPDX-License-Identifier: Apache-2.0
import type { ErrorReply } from '@countersign/contract';
import type { CodedError } from './error-status.ts';

/** What a caller sees of an error. Of a failure of ours: its request id, under which the log has the rest. */
export function errorReply(error: CodedError, requestId: string): ErrorReply {
  if (error.status >= 500 && error.status !== 503) {
    return {
      error: {
        code: 'internal',
        message: 'the server failed; quote the request id to whoever operates it',
        requestId,
      },
    };
  }
  const { details } = error;
  const field = textOf(details.field) ?? textOf(details.path);
  const next = textOf(details.next);
  const missing = textsOf(details.missing);
  const problems = problemsOf(details.problems);
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(field === undefined ? {} : { field }),
      ...(next === undefined ? {} : { next }),
      ...(missing === undefined ? {} : { missing }),
      ...(problems === undefined ? {} : { problems }),
      requestId,
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is string => typeof item === 'string');
}

function problemsOf(value: unknown): { place: string; message: string }[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const { place, message } = item as { place?: unknown; message?: unknown };
    return typeof place === 'string' && typeof message === 'string' ? [{ place, message }] : [];
  });
}
