// SPDX-License-Identifier: Apache-2.0
import { type Route, signInRoutes } from '@countersign/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { type Caller, claimAttempt, forgetFailures, OIDC_PATH } from '../../identity/index.ts';
import { recordEvent } from '../audit.ts';
import { authHeaders, authRequest } from '../auth-request.ts';
import { registerPublicRoute } from '../register-route.ts';
import { createWorkQueue } from '../work-queue.ts';
import { registerOidcRoutes } from './oidc.ts';
import { signInByPassword } from './password-sign-in.ts';
import { answerOf, refusalOf } from './sign-in-answer.ts';

/** As many as Node has threads for their hashes. */
const PASSWORDS_AT_ONCE = 4;
/** Some seconds' worth. */
const PASSWORDS_WAITING_MAX = 200;

/** Hands the offered routes of better-auth on to it; whatever else it has is not reachable. */
export function registerSignInRoutes(app: FastifyInstance, context: ServerContext): void {
  registerPublicRoute(app, signInRoutes.methods, async () => {
    const { oidc } = context.identity;
    return {
      password: true as const,
      passkey: true as const,
      ...(oidc === undefined ? {} : { oidc: { name: oidc.name, start: `${OIDC_PATH}/start` } }),
      firm: context.founding.firm,
      demonstration: context.founding.demonstration,
    };
  });
  const passwords = createWorkQueue({
    atOnce: PASSWORDS_AT_ONCE,
    waitingMax: PASSWORDS_WAITING_MAX,
  });
  registerPublicRoute(app, signInRoutes.signIn, ({ request, reply, body }) =>
    passwords.run(() => signInByPassword(context, { request, reply, body })),
  );
  registerPublicRoute(app, signInRoutes.changePassword, ({ request, reply, body }) =>
    passwords.run(() => changePassword(context, { request, reply, body })),
  );
  for (const { route, audited } of HANDED_ON) {
    registerPublicRoute(app, route, ({ request, reply, body }) =>
      handOn(context, { request, reply, body, audited }),
    );
  }
  registerOidcRoutes(app, context);
}

/** With what the audit calls them; reads of one's own settings leave no trace. */
const HANDED_ON: readonly { readonly route: Route; readonly audited?: string }[] = [
  { route: signInRoutes.signOut, audited: 'sign-out' },
  { route: signInRoutes.passkeyRegisterOptions },
  { route: signInRoutes.passkeyRegister, audited: 'passkey:register' },
  { route: signInRoutes.passkeySignInOptions },
  { route: signInRoutes.passkeySignIn, audited: 'sign-in' },
  { route: signInRoutes.passkeys },
  { route: signInRoutes.passkeyDelete, audited: 'passkey:delete' },
];

interface HandedOn {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly body: unknown;
  readonly audited?: string | undefined;
}

async function handOn(context: ServerContext, at: HandedOn): Promise<FastifyReply> {
  const { request, reply, body, audited } = at;
  const before = await callerBefore(context, request);
  const answer = await context.identity.auth.handler(authRequest(context, request, body));
  const error = answer.ok ? undefined : await refusalOf(answer, request);
  if (audited !== undefined) {
    // Whoever was signed in before has not signed in now.
    const caller = audited === 'sign-in' ? await callerAfter(context, answer) : before;
    await audit(context, { request, action: audited, caller, error });
  }
  if (error !== undefined) throw error;
  return answerOf(answer, { reply, path: request.url.split('?')[0] ?? '' });
}

/**
 * The session that comes with the request; one that is overdue ends here, before better-auth sees it, which knows only
 * the hour after which a session ends in any case.
 */
function callerBefore(
  context: ServerContext,
  request: FastifyRequest,
): Promise<Caller | undefined> {
  return context.identity.authenticate(authHeaders(request));
}

/** Whom an answer signs in, for the audit. */
async function callerAfter(context: ServerContext, answer: Response): Promise<Caller | undefined> {
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  return cookie === '' ? undefined : context.identity.authenticate(new Headers({ cookie }));
}

/** The password in force is asked for again, so it can be guessed here too: such attempts count with the others. */
async function changePassword(context: ServerContext, at: HandedOn): Promise<FastifyReply> {
  const { request, reply, body } = at;
  const { db } = context.database;
  const caller = await callerBefore(context, request);
  if (caller !== undefined) await refuseGuessing(context, caller.user);
  const answer = await context.identity.auth.handler(authRequest(context, request, body));
  if (answer.ok && caller !== undefined) await forgetFailures(db, caller.user);
  const error = answer.ok ? undefined : await refusalOf(answer, request);
  await audit(context, { request, action: 'password:change', caller, error });
  if (error !== undefined) throw error;
  return answerOf(answer, { reply, path: signInRoutes.changePassword.path });
}

async function refuseGuessing(context: ServerContext, user: string): Promise<void> {
  const attempt = await claimAttempt(context.database.db, user, Date.parse(context.now()));
  if (attempt.allowed) return;
  throw new ServerError(
    'too_many_requests',
    'the password of this account was wrong too often; it is not looked at for a while',
  );
}

async function audit(
  context: ServerContext,
  at: {
    readonly request: FastifyRequest;
    readonly action: string;
    readonly caller: Caller | undefined;
    readonly error: ServerError | undefined;
  },
): Promise<void> {
  const { request, action, caller, error } = at;
  // A stranger's refusal says nothing about anybody, but for a refused sign-in.
  if (caller === undefined && error !== undefined && action !== 'sign-in') return;
  await recordEvent(context, {
    ...(caller === undefined ? {} : { account: caller.account }),
    action,
    subject: `${request.method} ${request.url.split('?')[0]}`,
    outcome: error === undefined ? 'allowed' : 'refused',
    ...(error === undefined ? {} : { code: error.code }),
    reason: error?.message ?? (action === 'sign-in' ? 'signed in by passkey' : 'done'),
    requestId: request.id,
  });
}
