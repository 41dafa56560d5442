// SPDX-License-Identifier: Apache-2.0
import { signInRoutes } from '@countersign/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import {
  accountOfIdentity,
  isHttps,
  linkIdentity,
  OIDC_PATH,
  OIDC_SECONDS,
  type OidcSignIn,
  trustedOrigins,
} from '../../identity/index.ts';
import { recordEvent } from '../audit.ts';
import { authHeaders } from '../auth-request.ts';
import { codedError } from '../error-status.ts';
import { registerPublicRoute } from '../register-route.ts';

const COOKIE = 'countersign-oidc';

export function registerOidcRoutes(app: FastifyInstance, context: ServerContext): void {
  registerPublicRoute(app, signInRoutes.oidcStart, async ({ query, request, reply }) => {
    const begun = await oidcOf(context).begin({
      origin: originOf(context, request),
      returnTo: query.callbackURL ?? '/',
    });
    return reply
      .header('set-cookie', browserCookie(context, begun.browser))
      .redirect(begun.url, 303);
  });
  registerPublicRoute(app, signInRoutes.oidcCallback, async ({ request, reply }) => {
    reply.header('set-cookie', browserCookie(context, undefined));
    try {
      return await endSignIn(context, request, reply);
    } catch (error) {
      await auditRefused(context, request, error);
      if (!wantsPage(request)) throw error;
      // A person looks at it: the sign-in page says what the code means.
      return reply.redirect(`/sign-in?refused=${codedError(error).code}`, 303);
    }
  });
}

/** @throws ServerError `provider_unknown` */
export function oidcOf(context: ServerContext): OidcSignIn {
  const { oidc } = context.identity;
  if (oidc !== undefined) return oidc;
  throw new ServerError(
    'provider_unknown',
    'no identity provider is configured here; sign in by passkey or password',
  );
}

/** Where this browser reaches us: the loopback address and its name are one place, but have cookies of their own. */
export function originOf(context: ServerContext, { headers }: FastifyRequest): string {
  const { origin } = context.identity;
  const asked = `${new URL(origin).protocol}//${headers.host ?? ''}`;
  const same = (one: string): boolean =>
    URL.canParse(asked) && new URL(asked).origin === new URL(one).origin;
  return trustedOrigins(origin).find(same) ?? origin;
}

/** Ties a sign-in to the browser that began it; `lax`, since the provider sends the browser back from its own site. */
export function browserCookie(context: ServerContext, value: string | undefined): string {
  const secure = isHttps(context.identity.origin) ? '; Secure' : '';
  const life = value === undefined ? 0 : OIDC_SECONDS;
  return `${COOKIE}=${value ?? ''}; Path=${OIDC_PATH}; Max-Age=${life}; HttpOnly; SameSite=Lax${secure}`;
}

async function endSignIn(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const cookie = new RegExp(`(?:^|; )${COOKIE}=([A-Za-z0-9_-]{1,64})(?:;|$)`);
  const browser = cookie.exec(request.headers.cookie ?? '')?.[1];
  const url = new URL(request.url, originOf(context, request));
  const ended = await oidcOf(context).end(url, browser);
  if (ended.linkUser === undefined) await signIn(context, { ...ended, request, reply });
  else await link(context, { ...ended, linkUser: ended.linkUser, request });
  return reply.redirect(ended.returnTo, 303);
}

interface Identified {
  readonly issuer: string;
  readonly subject: string;
  readonly request: FastifyRequest;
}

async function signIn(
  context: ServerContext,
  at: Identified & { readonly groups: readonly string[]; readonly reply: FastifyReply },
): Promise<void> {
  const { issuer, subject, groups, request, reply } = at;
  const { db } = context.database;
  const { user, account } = await accountOfIdentity(db, context.workspace, { issuer, subject });
  const answer = await context.identity.auth.api.openOidcSession({
    body: { userId: user, issuer, groups: [...groups] },
    headers: authHeaders(request),
    asResponse: true,
  });
  if (!answer.ok) throw new ServerError('not_signed_in', 'the account is locked, or gone');
  for (const one of answer.headers.getSetCookie()) reply.header('set-cookie', one);
  await recordEvent(context, {
    account,
    action: 'sign-in',
    subject: named({ issuer, subject }),
    outcome: 'allowed',
    reason: 'signed in through the identity provider',
    requestId: request.id,
  });
}

/** Whoever began to link must be signed in still, as the same: else the identity would go to another account. */
async function link(
  context: ServerContext,
  at: Identified & { readonly linkUser: string },
): Promise<void> {
  const { issuer, subject, linkUser, request } = at;
  const caller = await context.identity.authenticate(authHeaders(request));
  if (caller?.via.kind !== 'session' || caller.user !== linkUser) {
    throw new ServerError(
      'sign_in_state_invalid',
      'the session that began to link this identity has ended; sign in and begin again',
    );
  }
  const to = {
    workspace: context.workspace,
    user: caller.user,
    linkedBy: caller.account,
    at: context.now(),
  };
  await linkIdentity(context.database.db, { issuer, subject }, to);
  await recordEvent(context, {
    account: caller.account,
    action: 'identity:link',
    subject: named({ issuer, subject }),
    outcome: 'allowed',
    reason: 'linked by its holder',
    requestId: request.id,
  });
}

export function named({ issuer, subject }: { issuer: string; subject: string }): string {
  return `${subject} at ${issuer}`;
}

async function auditRefused(
  context: ServerContext,
  request: FastifyRequest,
  error: unknown,
): Promise<void> {
  const { code, status, message } = codedError(error);
  // Anybody can send a state that nobody began: such would fill the table.
  if (status >= 500 || code === 'sign_in_state_invalid' || code === 'provider_unknown') return;
  await recordEvent(context, {
    action: 'sign-in',
    subject: `GET ${OIDC_PATH}/callback`,
    outcome: 'refused',
    code,
    reason: message,
    requestId: request.id,
  });
}

function wantsPage(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') ?? false;
}
