// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyReply } from 'fastify';
import { GatewayError } from '../errors.ts';
import { refusalBody } from '../http/answers.ts';
import { readReview, reviewReply } from './admission-review.ts';
import { answerReview, denied } from './answer-review.ts';
import { WarrantedVersions, type WarrantedVersionsOptions } from './warranted-versions.ts';

export interface AdmissionOptions extends WarrantedVersionsOptions {
  /** Files in PEM; read again once a minute, since certificates of a cluster are short-lived. */
  readonly tls: { readonly certFile: string; readonly keyFile: string };
  /** SHA-256 digests, hex, of images that need no warrant. */
  readonly allowedImages: readonly string[];
  /** Whether naming a live artefact admits a pinned image that is on no list; false unless given. */
  readonly annotatedImages?: boolean;
  readonly host: string;
  readonly port: number;
  readonly pollMs?: number;
  readonly report?: (error: unknown, about: string) => void;
}

export interface Admission {
  readonly url: string;
  readonly warrants: WarrantedVersions;
  close(): Promise<void>;
}

/** A request of the API server has 3 MiB at most, and a review holds the object twice. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;
/** The API server of a cluster waits thirty seconds at most for a webhook. */
const REQUEST_MS_MAX = 30_000;
const POLL_MS = 2000;
const TLS_RELOAD_MS = 60_000;

/**
 * Starts the endpoint that a ValidatingWebhookConfiguration names: POST /admit, GET /healthz. It starts also while nothing
 * can be reached, and denies until it holds a fresh status.
 */
export async function startAdmission(options: AdmissionOptions): Promise<Admission> {
  const report = options.report ?? (() => undefined);
  const warrants = new WarrantedVersions(options);
  const refresh = () => warrants.refresh().catch((error: unknown) => report(error, 'status'));
  await refresh();
  const app = buildApp(options, warrants, report);
  await app.listen({ host: options.host, port: options.port });
  const poll = setInterval(() => void refresh(), options.pollMs ?? POLL_MS);
  const reload = setInterval(() => {
    try {
      app.server.setSecureContext(certificate(options));
    } catch (error) {
      report(error, 'tls');
    }
  }, TLS_RELOAD_MS);
  const { port } = app.server.address() as AddressInfo; // listening on TCP, so it is not a path
  return {
    url: `https://${options.host}:${port}`,
    warrants,
    async close() {
      clearInterval(poll);
      clearInterval(reload);
      await app.close();
    },
  };
}

function certificate({ tls }: AdmissionOptions) {
  return { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) };
}

function buildApp(
  options: AdmissionOptions,
  warrants: WarrantedVersions,
  report: (error: unknown, about: string) => void,
) {
  const { allowedImages, annotatedImages = false, nowMs = Date.now } = options;
  const judging = {
    warrants,
    allowedImages: new Set(allowedImages),
    annotatedImages,
    nowMs,
  };
  const app = fastify({
    https: certificate(options),
    bodyLimit: BODY_BYTES_MAX,
    connectionTimeout: REQUEST_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
    logger: false,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'POST /admit, GET /healthz'));
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof GatewayError) return refuse(reply, 400, error.message);
    const status = statusCodeOf(error);
    if (status >= 500) report(error, request.id);
    // No allowance is ever an error's answer: the API server takes every status but 200 for a failure, and denies.
    return refuse(reply, status, status >= 500 ? 'the check failed' : messageOf(error));
  });
  app.post('/admit', (request) => {
    const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
    const review = readReview(body);
    try {
      return reviewReply(review.uid, answerReview(review, judging));
    } catch (error) {
      report(error, review.uid);
      return reviewReply(review.uid, denied(500, ['the check failed; see the log of admission']));
    }
  });
  app.get('/healthz', (_request, reply) => {
    const live = warrants.live();
    const isReady = !(live instanceof GatewayError);
    const reason = live instanceof GatewayError ? { reason: live.message } : {};
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, ...reason, ...warrants.held() });
  });
  return app;
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send(refusalBody(new GatewayError('request_malformed', message)));
}

function statusCodeOf(error: unknown): number {
  const hasStatus = typeof error === 'object' && error !== null && 'statusCode' in error;
  const status = hasStatus ? Number(error.statusCode) : 500;
  return status >= 400 && status < 500 ? status : 500;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'bad request';
}
