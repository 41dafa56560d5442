// SPDX-License-Identifier: Apache-2.0
import type { Action, Route } from '@countersign/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import type { AccessQuestion, Account, Principal } from '../identity/index.ts';
import { rolesOf, trustedOrigins } from '../identity/index.ts';
import { auditRead, auditRefusal } from './audit.ts';
import { readPart } from './validate.ts';

/** A known caller, with the roles of enrolled keys at this moment. */
export type Actor = Account & Principal;

interface Parts<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params: z.infer<P>;
  readonly query: z.infer<Q>;
  /** JSON by its schema; for other media types what the content-type parser of app.ts made of it. */
  readonly body: z.infer<B>;
  readonly requestId: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface PublicCall<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> extends Parts<P, Q, B> {}

export interface Call<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> extends Parts<P, Q, B> {
  readonly actor: Actor;
}

/** Actions that policies decide by more than their name: the route says what is asked about. */
const SPECIFIC: ReadonlySet<Action | 'public'> = new Set([
  'records:write',
  'jobs:run',
  'blobs:read',
]);

/** Reads of personal data leave a trace also when they are allowed. */
const SENSITIVE: ReadonlySet<Action> = new Set(['decisions:read', 'export']);

/**
 * Registers a route: authenticate, parse, authorise, act, present. The handler's result is the JSON answer; one that
 * has sent its reply itself returns the reply.
 * @param questions what the access policies are asked, where the action alone does not say
 */
export function registerRoute<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
>(
  app: FastifyInstance,
  context: ServerContext,
  route: Route<P, Q, B, R>,
  act: (call: Call<P, Q, B>) => Promise<z.input<R> | FastifyReply>,
  questions?: (
    call: Call<P, Q, B>,
  ) => readonly AccessQuestion[] | Promise<readonly AccessQuestion[]>,
): void {
  if (route.access === 'public')
    throw new Error(`${route.path} is public: use registerPublicRoute`);
  if (SPECIFIC.has(route.access) && questions === undefined) {
    throw new Error(`${route.path}: say what ${route.access} is asked about`);
  }
  const { access } = route;
  const actors = new WeakMap<FastifyRequest, Actor>();
  // Before the body is read: bytes of an unknown caller fill no memory and reach no parser.
  const authenticate = async (request: FastifyRequest): Promise<void> => {
    actors.set(request, await actorOf(context, request));
  };
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const actor = actors.get(request);
    if (actor === undefined) throw new Error(`${route.path} was reached without authentication`);
    try {
      const call = { ...readRequest(route, request, reply), actor };
      const asked =
        questions === undefined ? [{ action: access } as AccessQuestion] : await questions(call);
      for (const question of asked) authorise(context, actor, question);
      const answer = await act(call);
      if (SENSITIVE.has(access)) await auditRead(context, { actor, action: access, request });
      return answer;
    } catch (error) {
      await auditRefusal(context, { actor, action: access, request, error });
      throw error;
    }
  };
  declare(app, route, { handler, onRequest: authenticate });
}

/** Registers a route for everybody: published data, health. */
export function registerPublicRoute<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
>(
  app: FastifyInstance,
  route: Route<P, Q, B, R>,
  act: (call: PublicCall<P, Q, B>) => Promise<z.input<R> | FastifyReply>,
): void {
  if (route.access !== 'public') throw new Error(`${route.path} is not public`);
  declare(app, route, {
    handler: async (request, reply) => act(readRequest(route, request, reply)),
  });
}

/** @throws ServerError `not_permitted` with the deciding policy's reason */
export function authorise(
  context: Pick<ServerContext, 'access'>,
  actor: Principal,
  question: AccessQuestion,
): void {
  const answer = context.access.decide(actor, question);
  if (!answer.allowed) {
    throw new ServerError('not_permitted', answer.reason, { details: { action: question.action } });
  }
}

function declare(
  app: FastifyInstance,
  route: Route,
  parts: {
    readonly handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
    readonly onRequest?: (request: FastifyRequest) => Promise<void>;
  },
): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { contract: route },
    ...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax }),
    ...parts,
  });
}

function readRequest<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
>(route: Route<P, Q, B, R>, request: FastifyRequest, reply: FastifyReply): Parts<P, Q, B> {
  refuseMedia(route, request);
  const body =
    route.consumes === undefined ? readPart(route.body, request.body, 'body') : request.body;
  return {
    params: readPart(route.params, request.params, 'params'),
    query: readPart(route.query, request.query, 'query'),
    body: body as z.infer<B>, // a body that is not JSON has no schema
    requestId: request.id,
    request,
    reply,
  };
}

function refuseMedia(route: Route, request: FastifyRequest): void {
  const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const taken = route.consumes?.split(',').map((one) => one.trim()) ?? ['application/json'];
  if (request.body === undefined || request.body === null) return;
  if (given === undefined || !taken.includes(given)) {
    throw new ServerError(
      'media_type_unsupported',
      `this route takes ${taken.map((one) => `\`${one}\``).join(' or ')}, not \`${given ?? 'nothing'}\``,
    );
  }
}

/** @throws ServerError `not_signed_in` */
async function actorOf(context: ServerContext, request: FastifyRequest): Promise<Actor> {
  refuseForeignOrigin(context, request);
  const headers = new Headers();
  for (const name of ['authorization', 'cookie'] as const) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  const account = await context.identity.authenticate(headers);
  if (account === undefined) {
    throw new ServerError(
      'not_signed_in',
      'no valid API key or session came with the request; send `Authorization: Bearer KEY` or sign in',
    );
  }
  return { ...account, roles: rolesOf(context.records.register(), account.account, context.now()) };
}

/** A browser sends the session's cookie with requests that other sites make; it says so in `Origin`. */
function refuseForeignOrigin(context: ServerContext, request: FastifyRequest): void {
  const { authorization, origin } = request.headers;
  if (authorization !== undefined || origin === undefined || request.method === 'GET') return;
  if (!trustedOrigins(context.identity.origin).includes(origin)) {
    throw new ServerError(
      'not_permitted',
      `a request from \`${origin}\` may not use the session of this site`,
    );
  }
}
