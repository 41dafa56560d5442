// SPDX-License-Identifier: Apache-2.0
import { type Route, signInRoutes } from '@countersign/contract';
import type { Json } from '@countersign/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { CLIENT_ADDRESS_HEADER } from '../../identity/index.ts';
import { recordEvent } from '../audit.ts';
import { registerPublicRoute } from '../register-route.ts';

/** Hands the offered routes of better-auth on to it; whatever else it has is not reachable. */
export function registerSignInRoutes(app: FastifyInstance, context: ServerContext): void {
  for (const route of Object.values<Route>(signInRoutes)) {
    registerPublicRoute(app, route, async ({ request, reply, body }) => {
      const answer = await context.identity.auth.handler(webRequest(context, request, body));
      const isSignIn = route.path === signInRoutes.signIn.path;
      if (isSignIn) await auditSignIn(context, { request, body, isOk: answer.ok });
      if (!answer.ok) throw await refusal(answer);
      return sendAnswer(answer, reply);
    });
  }
}

/** Headers that better-auth needs; the caller's address is the socket's, whatever the request claims. */
function webRequest(context: ServerContext, request: FastifyRequest, body: unknown): Request {
  const headers = new Headers({ [CLIENT_ADDRESS_HEADER]: request.ip });
  for (const name of ['cookie', 'origin', 'referer', 'user-agent'] as const) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  const url = new URL(request.url, context.identity.origin);
  if (request.method === 'GET') return new Request(url, { headers });
  headers.set('content-type', 'application/json');
  return new Request(url, { method: request.method, headers, body: JSON.stringify(body ?? {}) });
}

async function auditSignIn(
  context: ServerContext,
  at: { readonly request: FastifyRequest; readonly body: unknown; readonly isOk: boolean },
): Promise<void> {
  const { email } = at.body as { readonly email: string }; // the route's schema has read it
  await recordEvent(context, {
    action: 'sign-in',
    subject: email,
    outcome: at.isOk ? 'allowed' : 'refused',
    reason: at.isOk ? 'signed in by password' : 'sign-in by password refused',
    requestId: at.request.id,
  });
}

async function refusal(answer: Response): Promise<ServerError> {
  await answer.body?.cancel();
  if (answer.status === 429) {
    const seconds = answer.headers.get('x-retry-after') ?? '60';
    return new ServerError(
      'too_many_requests',
      `too many attempts from this address; try again in ${seconds} s`,
    );
  }
  if (answer.status >= 500) return new ServerError('internal', 'better-auth failed');
  if (answer.status === 401) {
    return new ServerError(
      'not_signed_in',
      'e-mail address or password are wrong, or no session came with the request',
    );
  }
  if (answer.status === 403)
    return new ServerError(
      'not_permitted',
      'the request comes from another origin, or may not do this',
    );
  return new ServerError(
    'request_malformed',
    'better-auth refused the request; see /openapi.json for its members',
    {
      details: { field: 'body' },
    },
  );
}

async function sendAnswer(answer: Response, reply: FastifyReply): Promise<FastifyReply> {
  for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie);
  const json = (await answer.json().catch(() => null)) as Json; // better-auth's own answer
  return reply.status(answer.status).send(json);
}
