// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { TUS_MEDIA_TYPE } from '@countersign/contract';
import { KernelError, parseStrictJson } from '@countersign/kernel';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { answerClientError } from './client-error.ts';
import { OWN_DAMAGE } from './error-catalogue.ts';
import { errorReply } from './error-reply.ts';
import { codedError } from './error-status.ts';
import { registerAsOfRoutes } from './routes/as-of.ts';
import { registerBlobsRoutes } from './routes/blobs.ts';
import { registerDecisionsRoutes } from './routes/decisions.ts';
import { registerDiscussionRoutes } from './routes/discussion.ts';
import { registerDocumentsRoutes } from './routes/documents.ts';
import { registerEnforcementRoutes } from './routes/enforcement.ts';
import { registerExamRoutes } from './routes/exam.ts';
import { registerFindingsRoutes } from './routes/findings.ts';
import { registerGovernanceRoutes } from './routes/governance.ts';
import { registerIdentityRoutes } from './routes/identity.ts';
import { registerJobsRoutes } from './routes/jobs.ts';
import { registerLogRoutes } from './routes/log.ts';
import { registerNoticesRoutes } from './routes/notices.ts';
import { registerOperationsRoutes } from './routes/operations.ts';
import { registerPackRoutes } from './routes/packs.ts';
import { registerPolicyRoutes } from './routes/policy.ts';
import { registerRecordsRoutes } from './routes/records.ts';
import { registerRegistersRoutes } from './routes/registers.ts';
import { registerRegistryRoutes } from './routes/registry.ts';
import { registerRetentionRoutes } from './routes/retention.ts';
import { registerSessionsRoutes } from './routes/sessions.ts';
import { registerSignInRoutes } from './routes/sign-in.ts';
import { registerSigningRoutes } from './routes/signing.ts';
import { registerStatementsRoutes } from './routes/statements.ts';
import { registerTokensRoutes } from './routes/tokens.ts';
import { webPages } from './routes/web.ts';

/** Of a body without a limit of its own. */
const BODY_BYTES_MAX = 1024 * 1024;
const PARAM_LENGTH_MAX = 512;
/** Of a connection on which nothing moves, and of a request until its last byte: who sends slowly holds one no longer. */
const SILENT_MS_MAX = 2 * 60_000;
const REQUEST_MS_MAX = 30 * 60_000;

export interface AppOptions {
  /** Told of every failure that is ours, with its request id. */
  readonly onFailure?: (requestId: string, error: unknown) => void;
  /** Told of every route as it is registered. */
  readonly onRoute?: (method: string, path: string) => void;
  /** Where the built browser interface lies; packages/web/dist unless given. */
  readonly webDirectory?: string;
}

/** The HTTP application over a context; it listens to nothing yet. */
export function buildApp(context: AppContext, options: AppOptions = {}): FastifyInstance {
  const app = Fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES_MAX,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    connectionTimeout: SILENT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    // Names have 128 characters at most, digests 64: what is longer is refused by the schema, with its place.
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    frameworkErrors: (error, request, reply) => {
      reply.headers(ownHeaders(request.id));
      answerError(error, { request, reply, options });
    },
    clientErrorHandler: answerClientError,
  });
  addParsers(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(ownHeaders(request.id));
  });
  app.addHook('onRoute', ({ method, url }) => options.onRoute?.(String(method), url));
  const pages = webPages(options.webDirectory);
  app.setNotFoundHandler(async (request, reply) => {
    const page = await pages(request, reply);
    if (page !== undefined) return page;
    throw new ServerError(
      'route_unknown',
      `nothing is at \`${request.method} ${request.url}\`; see /openapi.json`,
    );
  });
  app.setErrorHandler((error, request, reply) => answerError(error, { request, reply, options }));
  registerOperationsRoutes(app, context);
  registerSignInRoutes(app, context);
  registerSessionsRoutes(app, context);
  registerTokensRoutes(app, context);
  registerIdentityRoutes(app, context);
  registerRecordsRoutes(app, context);
  registerBlobsRoutes(app, context, options);
  registerSigningRoutes(app, context);
  registerStatementsRoutes(app, context);
  registerLogRoutes(app, context);
  registerEnforcementRoutes(app, context);
  registerRegistryRoutes(app, context);
  registerAsOfRoutes(app, context);
  registerGovernanceRoutes(app, context);
  registerDiscussionRoutes(app, context);
  registerPolicyRoutes(app, context);
  registerPackRoutes(app, context);
  registerFindingsRoutes(app, context);
  registerNoticesRoutes(app, context);
  registerRegistersRoutes(app, context);
  registerJobsRoutes(app, context);
  registerDecisionsRoutes(app, context);
  registerDocumentsRoutes(app, context);
  registerExamRoutes(app, context);
  registerRetentionRoutes(app, context);
  return app;
}

function ownHeaders(requestId: string) {
  return {
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "frame-ancestors 'none'",
    'x-frame-options': 'DENY',
  };
}

/** JSON by the kernel's strict parser; bytes as a stream; rows as bytes. Nothing else is read. */
function addParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    try {
      done(null, parseStrictJson(bytes, { maxBytes: bytes.length }));
    } catch (error) {
      done(malformedJson(error));
    }
  });
  const streams = ['application/octet-stream', TUS_MEDIA_TYPE];
  app.addContentTypeParser(streams, (_request, payload, done) => done(null, payload));
  app.addContentTypeParser(
    ['text/csv', 'application/x-ndjson'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
}

function malformedJson(error: unknown): Error {
  if (!(error instanceof KernelError))
    return error instanceof Error ? error : new Error(String(error));
  const { line, column } = error.details;
  return new ServerError('request_malformed', `the body is not strict JSON: ${error.message}`, {
    details:
      line === undefined ? { field: 'body' } : { field: `body line ${line} column ${column}` },
    cause: error,
  });
}

const CUT_OFF = new ServerError('request_malformed', 'the body ended before its length', {
  details: { field: 'body' },
});

/** Whoever hangs up amid a body is no failure of ours, and must not be able to fill the log with them. */
function isCutOff(error: unknown, { raw }: FastifyRequest): boolean {
  const isReset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  return isReset && raw.destroyed && !raw.complete;
}

function answerError(
  error: unknown,
  at: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly options: AppOptions;
  },
): FastifyReply {
  const coded = codedError(isCutOff(error, at.request) ? CUT_OFF : error);
  if (coded.status >= 500 || OWN_DAMAGE.has(coded.code)) {
    at.options.onFailure?.(at.request.id, error);
  }
  return at.reply
    .status(coded.status)
    .type('application/json; charset=utf-8')
    .send(errorReply(coded, at.request.id));
}
