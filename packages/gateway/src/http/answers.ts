// SPDX-License-Identifier: Apache-2.0
import { decodeRow, fromUtf8, type Receipt, type RowField } from '@countersign/kernel';
import type { Reason } from '../decision/answer.ts';
import type { DecisionHeader, SealedPart } from '../decision/decision.ts';
import { GatewayError, type GatewayErrorCode } from '../errors.ts';

/** What a caller gets, made from the recorded parts alone, so that a repeated request gets the very same. */
export interface DecideAnswer {
  readonly id: string;
  /** `fallback`: the model did not answer, and `fallback` says why and what did. */
  readonly basis: 'model' | 'fallback';
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly stage: string;
  /** Null where no model answered. */
  readonly score: number | null;
  /** `refer` from a fallback: nothing is decided, a person decides. */
  readonly decision: string;
  readonly reasons: readonly Reason[];
  readonly warrant: string;
  readonly fallback?: FallbackNotice;
  readonly receipt: Receipt;
}

/** Why the model did not answer, and by what it was answered. */
export interface FallbackNotice {
  readonly kind: string;
  /** `warrant_revoked`, `warrant_suspended`, `warrant_expired`, `status_stale`, `scorer_timeout`, … */
  readonly code: string;
  readonly message: string;
  /** The warrant that does not hold, or under which the model gave no answer. */
  readonly warrant: string;
}

export function headerOfParts(parts: readonly SealedPart[]): DecisionHeader {
  return JSON.parse(fromUtf8(bytesOf(parts, 'header'))) as DecisionHeader; // our own canonical bytes
}

function bytesOf(parts: readonly SealedPart[], name: string): Uint8Array {
  const part = parts.find((one) => one.name === name);
  if (part === undefined) {
    throw new GatewayError(
      'key_conflict',
      `part \`${name}\` of the earlier answer has been erased`,
    );
  }
  return part.bytes;
}

export function answerOf(parts: readonly SealedPart[], receipt: Receipt): DecideAnswer {
  const header = headerOfParts(parts);
  const fields = decodeRow(bytesOf(parts, 'output'));
  const fallback = noticeOf(header);
  return {
    id: header.id,
    basis: fallback === undefined ? 'model' : 'fallback',
    model: header.model,
    use: header.use ?? '',
    version: header.version ?? 0,
    stage: header.stage,
    score: scoreOf(fields),
    decision: String(fields.at(-1)?.value ?? ''),
    reasons: JSON.parse(fromUtf8(bytesOf(parts, 'reasons'))) as readonly Reason[],
    warrant: header.warrant ?? '',
    ...(fallback === undefined ? {} : { fallback }),
    receipt,
  };
}

function noticeOf(header: DecisionHeader): FallbackNotice | undefined {
  if (header.kind !== 'fallback') return undefined;
  const { fallback = '', code = '', message = '', fallbackOf = '' } = header;
  return { kind: fallback, code, message, warrant: fallbackOf };
}

/** The first field of a model's output; a fallback without a model writes the decision alone. */
function scoreOf(fields: readonly RowField[]): number | null {
  const value = fields.length === 2 ? fields[0]?.value : undefined;
  const isNumber = typeof value === 'object' && value !== null && 'f64' in value;
  return isNumber ? value.f64 : null;
}

/** The same answer in the Open Inference Protocol v2; what it has no place for is in `parameters`. */
export function inferAnswerOf(answer: DecideAnswer) {
  return {
    model_name: answer.model,
    model_version: String(answer.version),
    id: answer.id,
    parameters: {
      warrant: answer.warrant,
      basis: answer.basis,
      ...(answer.fallback === undefined ? {} : { fallback: JSON.stringify(answer.fallback) }),
      reasons: JSON.stringify(answer.reasons),
      receipt: JSON.stringify(answer.receipt),
    },
    outputs: [
      ...(answer.score === null
        ? []
        : [{ name: 'score', datatype: 'FP64', shape: [1], data: [answer.score] }]),
      { name: 'decision', datatype: 'BYTES', shape: [1], data: [answer.decision] },
    ],
  };
}

const STATUS: { readonly [code in GatewayErrorCode]: number } = {
  request_malformed: 400,
  request_unauthenticated: 401,
  model_not_served: 404,
  key_conflict: 409,
  input_invalid: 422,
  overloaded: 429,
  scorer_unavailable: 503,
  not_warranted: 403,
  status_stale: 403,
  artifact_mismatch: 403,
  log_rollback: 403,
  log_fork: 403,
  key_not_in_force: 503,
  state_invalid: 503,
  not_durable: 503,
  server_unreachable: 503,
};

export function statusOf(code: GatewayErrorCode): number {
  return STATUS[code];
}

export function refusalBody(error: GatewayError, more: { readonly [name: string]: unknown } = {}) {
  return { error: { code: error.code, message: error.message, ...error.details, ...more } };
}
