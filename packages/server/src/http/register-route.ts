// SPDX-License-Identifier: Apache-2.0
import type { Action, Route } from '@countersign/contract';
import type { Role } from '@countersign/kernel';
import { providerAt } from '@countersign/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import type { AccessQuestion, Caller, Principal, Via } from '../identity/index.ts';
import { actionsOf, groupRoles, modelLimits, rolesOf, trustedOrigins } from '../identity/index.ts';
import { auditRead, auditRefusal } from './audit.ts';
import { readPart } from './validate.ts';

/** A known caller, with the roles of enrolled keys at this moment, and of a session's groups. */
export type Actor = Caller & Principal;

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
      await refuseOtherModels(context, call);
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

/** @throws ServerError `scope_missing`, `not_permitted` with the deciding policy's reason */
export function authorise(
  context: Pick<ServerContext, 'access'>,
  actor: Principal & { readonly via: Via },
  question: AccessQuestion,
): void {
  refuseBeyondScopes(actor.via, question.action);
  const answer = context.access.decide(actor, question);
  if (!answer.allowed) {
    throw new ServerError('not_permitted', answer.reason, { details: { action: question.action } });
  }
}

/** Cedar knows roles, not models: what an external validator's key is limited to is looked up here. */
async function refuseOtherModels(context: ServerContext, call: Call): Promise<void> {
  const { account } = call.actor;
  const limits = modelLimits(context.records.register(), account, context.now());
  if (limits === undefined) return;
  const named = [call.params, call.query, call.body].map((part) => memberOf(part, 'model'));
  const digest = memberOf(call.params, 'digest');
  const record =
    digest === undefined ? undefined : (await context.records.current()).byDigest.get(digest);
  const other = [...named, record?.statement.predicate.subjectRef.model].find(
    (model) => model !== undefined && !limits.has(model),
  );
  if (other === undefined) return;
  throw new ServerError(
    'not_permitted',
    `the key of \`${account}\` is for ${[...limits].join(', ')}, not for \`${other}\``,
    { details: { model: other } },
  );
}

function memberOf(part: unknown, name: string): string | undefined {
  if (typeof part !== 'object' || part === null) return undefined;
  const value: unknown = Reflect.get(part, name);
  return typeof value === 'string' ? value : undefined;
}

/** A token does what its account may and its scopes allow. */
function refuseBeyondScopes(via: Via, action: Action): void {
  if (via.kind !== 'token' || actionsOf(via.scopes).has(action)) return;
  const reason =
    action === 'sign-in:manage'
      ? 'an API token makes no tokens and changes nothing about how somebody signs in, whatever its scopes: sign in for that'
      : `the API token has the scope ${via.scopes.map((one) => `\`${one}\``).join(', ') || 'of nothing'}; this takes \`${action}\``;
  throw new ServerError('scope_missing', reason, { details: { action } });
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
  const caller = await context.identity.authenticate(headers);
  if (caller === undefined) {
    throw new ServerError(
      'not_signed_in',
      'no valid API key or session came with the request; send `Authorization: Bearer KEY` or sign in',
    );
  }
  return { ...caller, roles: await rolesOfCaller(context, caller) };
}

async function rolesOfCaller(context: ServerContext, caller: Caller): Promise<readonly Role[]> {
  const held = rolesOf(context.records.register(), caller.account, context.now());
  const groups = caller.via.kind === 'session' ? caller.via.groups : undefined;
  if (groups === undefined) return held;
  return [
    ...new Set([
      ...held,
      ...groupRoles(providerAt(await context.records.current(), context.now()), groups),
    ]),
  ];
}

/**
 * A browser sends the session's cookie with requests that other sites make; it says so in `Origin`, which it sends with
 * everything but a read. What comes with a cookie and without an origin is no page of ours.
 */
function refuseForeignOrigin(context: ServerContext, request: FastifyRequest): void {
  const { authorization, cookie, origin } = request.headers;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (authorization !== undefined || cookie === undefined || isRead) return;
  if (origin !== undefined && trustedOrigins(context.identity.origin).includes(origin)) return;
  throw new ServerError(
    'not_permitted',
    origin === undefined
      ? 'a request with a session says which site it comes from, in `Origin`'
      : `a request from \`${origin}\` may not use the session of this site`,
  );
}
