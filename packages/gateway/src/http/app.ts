// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import { sha256Hex } from '@countersign/kernel';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.ts';
import { type DecideAnswer, inferAnswerOf, refusalBody, statusOf } from './answers.ts';
import { answerClientError } from './client-error.ts';
import type { DecideService } from './decide-service.ts';
import { parseDecideRequest, parseInferRequest, parseModelName } from './requests.ts';

/** Callers by the SHA-256 of their token; tokens themselves are not kept. */
export interface Caller {
  readonly caller: string;
  readonly tokenDigest: string;
}

const BODY_BYTES_MAX = 256 * 1024;
/** Of a connection on which nothing moves, and of one request of 256 KiB at most until its last byte. */
const SILENT_MS_MAX = 60_000;
const REQUEST_MS_MAX = 30_000;
/** A model's name has 128 characters at most. */
const PARAM_LENGTH_MAX = 512;

export function buildGatewayApp(
  service: DecideService,
  callers: readonly Caller[],
): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    connectionTimeout: SILENT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    logger: false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    frameworkErrors: (error, request, reply) => {
      sendError(service, { error, request, reply });
    },
    clientErrorHandler: answerClientError,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => sendError(service, { error, request, reply }));
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(refusalBody(new GatewayError('model_not_served', 'no such path'))),
  );
  const callerOf = (request: FastifyRequest) => authenticate(service, callers, request);
  app.post('/v1/decide/:model', (request, reply) =>
    answer(service, { request, reply, callerOf, parse: parseDecideRequest, present: (one) => one }),
  );
  app.post('/v2/models/:model/infer', (request, reply) =>
    answer(service, { request, reply, callerOf, parse: parseInferRequest, present: inferAnswerOf }),
  );
  app.get('/v1/warrant', () => service.held());
  app.get('/v2/health/live', () => ({ live: true }));
  app.get('/v2/health/ready', (_request, reply) => readiness(service, reply));
  app.get('/healthz', (_request, reply) => readiness(service, reply));
  return app;
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly callerOf: (request: FastifyRequest) => string;
  readonly parse: typeof parseDecideRequest;
  readonly present: (answer: DecideAnswer) => object;
}

async function answer(service: DecideService, exchange: Exchange): Promise<FastifyReply> {
  const { request, reply } = exchange;
  const caller = exchange.callerOf(request);
  const params = request.params as { readonly model: string };
  const model = parseModelName(params.model);
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
  const outcome = await service.answer({ model, caller, body, parse: exchange.parse });
  if (outcome.ok) return reply.code(200).send(exchange.present(outcome.answer));
  const { error, id, receipt, fallback } = outcome;
  return reply.code(statusOf(error.code)).send(refusalBody(error, { id, fallback, receipt }));
}

/** Throws `request_unauthenticated` unless the bearer token is one of the callers'. */
function authenticate(
  service: DecideService,
  callers: readonly Caller[],
  request: FastifyRequest,
): string {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = Buffer.from(sha256Hex(service.primitives, new TextEncoder().encode(token)), 'hex');
  const found = callers.find(({ tokenDigest }) =>
    timingSafeEqual(Buffer.from(tokenDigest, 'hex'), digest),
  );
  if (found !== undefined) return found.caller;
  throw new GatewayError(
    'request_unauthenticated',
    'no caller has this token; send `Authorization: Bearer TOKEN`',
  );
}

/** Ready while a model answers; a gateway that answers by fallbacks alone says so. */
function readiness(service: DecideService, reply: FastifyReply) {
  const { warrants, ended, refusals, statusAgeMs, freshnessMs } = service.held();
  const isFresh = statusAgeMs !== undefined && statusAgeMs <= freshnessMs;
  const ready = warrants.length > 0 && isFresh;
  const fallbacks = ended.length + (isFresh ? 0 : warrants.length);
  return reply.code(ready ? 200 : 503).send({ ready, fallbacks, refusals });
}

function sendError(
  service: DecideService,
  at: { readonly error: unknown; readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply {
  const { error, request, reply } = at;
  if (error instanceof GatewayError)
    return reply.code(statusOf(error.code)).send(refusalBody(error));
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error
      ? Number(error.statusCode)
      : 500;
  if (status < 500) {
    const reason = error instanceof Error ? error.message : 'bad request';
    return reply.code(status).send(refusalBody(new GatewayError('request_malformed', reason)));
  }
  // What went wrong inside is for the operator, not for the caller.
  service.report(error, request.id);
  return reply.code(500).send({ error: { code: 'internal', requestId: request.id } });
}
