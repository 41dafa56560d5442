// SPDX-License-Identifier: Apache-2.0
import type { SignInBody } from '@countersign/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { attemptedKey, claimAttempt, forgetFailures } from '../../identity/index.ts';
import { recordEvent } from '../audit.ts';
import { authRequest } from '../auth-request.ts';
import { answerOf, tooMany } from './sign-in-answer.ts';

/** One answer for a wrong password, an unknown address, a locked account and a lock-out: nobody learns which it is. */
const REFUSED =
  'e-mail address or password are wrong, or passwords of this account rest after too many failures; wait a while, or sign in by passkey';

/** No account has it, so better-auth counts the caller's address, works as for any stranger, and refuses. */
const NOBODY = 'nobody@invalid.example';

interface PasswordSignIn {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly body: z.infer<typeof SignInBody>;
}

/** Opens a session by password, as often as the account's and the address's failures allow. */
export async function signInByPassword(
  context: ServerContext,
  { request, reply, body }: PasswordSignIn,
): Promise<FastifyReply> {
  const { db } = context.database;
  const known = await accountOf(context, body.email);
  const key = attemptedKey(known?.user, body.email);
  const attempt = await claimAttempt(db, key, Date.parse(context.now()));
  const tried = attempt.allowed ? body : { ...body, email: NOBODY };
  const answer = await context.identity.auth.handler(authRequest(context, request, tried));
  const isOk = attempt.allowed && answer.ok;
  if (isOk) await forgetFailures(db, key);
  const audit = { ...known, email: body.email, requestId: request.id };
  await auditSignIn(context, { ...audit, isOk, isLockedOut: !attempt.allowed });
  if (attempt.allowed && attempt.isLast && !isOk && known !== undefined) {
    await auditLockOut(context, audit, attempt.next.lockedUntil ?? 0);
  }
  if (isOk) return answerOf(answer, { reply, path: '' });
  throw refusal(answer);
}

function refusal(answer: Response): ServerError {
  if (answer.status === 429) return tooMany(answer);
  if (answer.status >= 500) return new ServerError('internal', 'better-auth failed');
  if (answer.status === 401) return new ServerError('not_signed_in', REFUSED);
  if (answer.status === 403) {
    return new ServerError('not_permitted', 'the request comes from another origin');
  }
  return new ServerError('request_malformed', '`body.email`: must be an e-mail address', {
    details: { field: 'body.email' },
  });
}

async function accountOf(
  context: ServerContext,
  email: string,
): Promise<{ readonly user: string; readonly account: string } | undefined> {
  const row = await context.database.db
    .selectFrom('account')
    .select(['auth_user', 'account'])
    .where('workspace', '=', context.workspace)
    .where('email', '=', email.toLowerCase())
    .executeTakeFirst();
  return row === undefined ? undefined : { user: row.auth_user, account: row.account };
}

interface Audited {
  readonly account?: string;
  readonly email: string;
  readonly requestId: string;
}

async function auditSignIn(
  context: ServerContext,
  at: Audited & { readonly isOk: boolean; readonly isLockedOut: boolean },
): Promise<void> {
  const reason = at.isOk
    ? 'signed in by password'
    : at.isLockedOut
      ? 'sign-in by password refused: locked out after too many failures'
      : 'sign-in by password refused';
  await recordEvent(context, {
    // Only who has proven it is named as the one who acted.
    ...(at.isOk && at.account !== undefined ? { account: at.account } : {}),
    action: 'sign-in',
    subject: at.email,
    outcome: at.isOk ? 'allowed' : 'refused',
    ...(at.isOk ? {} : { code: 'not_signed_in' }),
    reason,
    requestId: at.requestId,
  });
}

async function auditLockOut(context: ServerContext, at: Audited, until: number): Promise<void> {
  await recordEvent(context, {
    action: 'lock-out',
    subject: at.email,
    outcome: 'refused',
    code: 'not_signed_in',
    reason: `passwords of this account are not looked at until ${new Date(until).toISOString()}`,
    requestId: at.requestId,
  });
}
