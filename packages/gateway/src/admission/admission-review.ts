// SPDX-License-Identifier: Apache-2.0
import { type Json, parseStrictJson } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';

const API_VERSION = 'admission.k8s.io/v1';
const UID = /^[0-9A-Za-z._-]{1,128}$/;

/** What is used of an AdmissionReview request (k8s.io/api/admission/v1). */
export interface ReviewRequest {
  readonly uid: string;
  readonly operation: string;
  /** null for DELETE and CONNECT. */
  readonly object: Json;
  /** What an UPDATE replaces. */
  readonly oldObject: Json;
}

export interface ReviewAnswer {
  readonly allowed: boolean;
  /** HTTP status that the API server gives its client when it is denied. */
  readonly code: number;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  /** The API server puts the webhook's name before each key. */
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/**
 * Reads a request. Unknown members are left alone, as Kubernetes adds some with each release; the ones used are checked.
 * @throws GatewayError `request_malformed` for what is no AdmissionReview
 */
export function readReview(body: Uint8Array): ReviewRequest {
  const review = fields(parsed(body), 'the body');
  if (review.apiVersion !== API_VERSION || review.kind !== 'AdmissionReview')
    throw malformed(`the body is no AdmissionReview of ${API_VERSION}`);
  const request = fields(review.request, '`request`');
  const { uid, operation, object = null, oldObject = null } = request;
  if (typeof uid !== 'string' || !UID.test(uid)) throw malformed('`request.uid` is missing');
  if (typeof operation !== 'string') throw malformed('`request.operation` is missing');
  return { uid, operation, object, oldObject };
}

function parsed(body: Uint8Array): Json {
  try {
    return parseStrictJson(body, { maxBytes: body.length });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new GatewayError(
      'request_malformed',
      `the body is not strict JSON: ${reason}`,
      {},
      { cause },
    );
  }
}

function fields(value: Json | undefined, what: string): { readonly [name: string]: Json } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`${what} is not an object`);
  return value as { readonly [name: string]: Json };
}

function malformed(message: string): GatewayError {
  return new GatewayError('request_malformed', message);
}

/** The API server drops warnings past 4,096 characters in all, and messages this long help nobody. */
const MESSAGE_MAX = 8000;
const WARNING_MAX = 250;

export function reviewReply(uid: string, answer: ReviewAnswer): object {
  const { allowed, code, reasons, warnings, auditAnnotations } = answer;
  const message = `countersign: ${reasons.join('; ')}`.slice(0, MESSAGE_MAX);
  return {
    apiVersion: API_VERSION,
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      ...(allowed ? {} : { status: { code, message } }),
      ...(warnings.length === 0
        ? {}
        : { warnings: warnings.map((one) => one.slice(0, WARNING_MAX)) }),
      auditAnnotations,
    },
  };
}
