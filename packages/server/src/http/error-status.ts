// SPDX-License-Identifier: Apache-2.0
import { KernelError } from '@countersign/kernel';
import { PipelineError } from '@countersign/pipeline';
import { ServerError, type ServerErrorCode } from '../errors.ts';
import {
  KERNEL_ERROR_STATUS,
  PIPELINE_ERROR_NEXT,
  PIPELINE_ERROR_STATUS,
  SERVER_ERRORS,
} from './error-catalogue.ts';

export interface CodedError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The one place where an error becomes a code with a status; what is not coded is `internal`. */
export function codedError(error: unknown): CodedError {
  if (error instanceof ServerError) {
    return { ...parts(error), status: SERVER_ERRORS[error.code].status };
  }
  if (error instanceof KernelError) {
    return { ...parts(error), status: KERNEL_ERROR_STATUS[error.code] ?? 422 };
  }
  if (error instanceof PipelineError) {
    const next = PIPELINE_ERROR_NEXT[error.code];
    return {
      ...parts(error),
      ...(next === undefined ? {} : { details: { ...error.details, next } }),
      status: PIPELINE_ERROR_STATUS[error.code] ?? 422,
    };
  }
  return fastifyError(error) ?? { code: 'internal', status: 500, message: '', details: {} };
}

function parts(error: ServerError | KernelError | PipelineError): Omit<CodedError, 'status'> {
  return { code: error.code, message: error.message, details: error.details };
}

/** Fastify's own refusals, in our codes. */
const FASTIFY_CODES: { readonly [code: string]: ServerErrorCode } = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'request_malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request_malformed',
  FST_ERR_BAD_URL: 'request_malformed',
};

const FASTIFY_MESSAGES: { readonly [code in ServerErrorCode]?: string } = {
  request_too_large: 'the body is larger than this route takes',
  media_type_unsupported:
    'the body has a content type that this route does not take; see /openapi.json',
  request_malformed: 'the request cannot be read as HTTP with a JSON body',
};

/** Refusals that have a place of their own. */
const FASTIFY_PLACES: { readonly [code: string]: Pick<CodedError, 'message' | 'details'> } = {
  FST_ERR_BAD_URL: {
    message: '`path`: is not percent-encoded UTF-8',
    details: { field: 'path' },
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    message: '`path`: a segment is longer than any name or digest',
    details: { field: 'path' },
  },
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: {
    message: '`content-type`: is missing; this method sends a body',
    details: { field: 'content-type' },
  },
};

function fastifyError(error: unknown): CodedError | undefined {
  if (!isCoded(error)) return undefined;
  const code = FASTIFY_CODES[error.code] ?? (isRefusal(error) ? 'request_malformed' : undefined);
  if (code === undefined) return undefined;
  return {
    code,
    status: SERVER_ERRORS[code].status,
    ...(FASTIFY_PLACES[error.code] ?? { message: FASTIFY_MESSAGES[code] ?? '', details: {} }),
  };
}

/** What Fastify itself refuses with 4xx is the caller's fault, also where its code has no row above. */
function isRefusal(error: Error & { readonly code: string }): boolean {
  if (!error.code.startsWith('FST_') || !('statusCode' in error)) return false;
  return Number(error.statusCode) >= 400 && Number(error.statusCode) < 500;
}

function isCoded(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
