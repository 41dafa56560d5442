// SPDX-License-Identifier: Apache-2.0
import { signInRoutes } from '@countersign/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ServerError, type ServerErrorCode } from '../../errors.ts';

const Refused = z.looseObject({ code: z.string() });

/** Codes of better-auth and of our hooks in it; their messages are not passed on. */
const REFUSALS: Readonly<Record<string, readonly [ServerErrorCode, string]>> = {
  SESSION_NOT_FRESH: [
    'session_not_fresh',
    'a passkey is registered within a quarter of an hour of signing in; sign in again',
  ],
  SIGNING_CREDENTIAL: [
    'passkey_refused',
    'this passkey is enrolled for signing records; make another one for signing in',
  ],
  FAILED_TO_VERIFY_REGISTRATION: ['passkey_refused', 'what the authenticator sent does not verify'],
  CHALLENGE_NOT_FOUND: [
    'sign_in_state_invalid',
    'this browser was given no such challenge, or more than five minutes ago, or it was used already; ask for a new one',
  ],
};

const NOT_SIGNED_IN = 'the passkey signs nobody in here, or no session came with the request';

/** What a refusal of better-auth is in our codes. */
export async function refusalOf(answer: Response, request: FastifyRequest): Promise<ServerError> {
  const body = Refused.safeParse(await answer.json().catch(() => undefined));
  const code = body.success ? body.data.code : '';
  const path = request.url.split('?')[0] ?? '';
  if (answer.status === 429) return tooMany(answer);
  const isRegistration = path === signInRoutes.passkeyRegister.path;
  if (isRegistration && code === 'USER_NOT_VERIFIED') {
    return new ServerError(
      'passkey_refused',
      'the authenticator has to verify its user: by PIN, finger or face',
    );
  }
  const known = REFUSALS[code];
  if (known !== undefined) return new ServerError(...known);
  return byStatus(answer.status, path);
}

function byStatus(status: number, path: string): ServerError {
  if (status >= 500) return new ServerError('internal', 'better-auth failed');
  if (path === signInRoutes.passkeySignIn.path && status !== 403) {
    return new ServerError('not_signed_in', NOT_SIGNED_IN);
  }
  if (path === signInRoutes.passkeyDelete.path && status === 404) {
    return new ServerError('passkey_unknown', 'no passkey of that id signs you in');
  }
  if (status === 401) return new ServerError('not_signed_in', NOT_SIGNED_IN);
  if (status === 403) {
    return new ServerError(
      'not_permitted',
      'the request comes from another origin, or may not do this',
    );
  }
  return new ServerError(
    'request_malformed',
    'better-auth refused the request; see /openapi.json for its members',
    { details: { field: 'body' } },
  );
}

export function tooMany(answer: Response): ServerError {
  const seconds = answer.headers.get('x-retry-after') ?? '60';
  return new ServerError(
    'too_many_requests',
    `too many attempts from this address; try again in ${seconds} s`,
  );
}

const Answer = z.looseObject({});

/** Passes an answer of better-auth on: its cookies, and its JSON without the session's token. */
export async function answerOf(
  answer: Response,
  at: { readonly reply: FastifyReply; readonly path: string },
): Promise<FastifyReply> {
  for (const cookie of answer.headers.getSetCookie()) at.reply.header('set-cookie', cookie);
  const json: unknown = await answer.json().catch(() => null);
  return at.reply.status(answer.status).send(presented(json, at.path));
}

/** The token is the cookie's, which scripts of the page cannot read; the answer's body must not give it to them. */
function presented(json: unknown, path: string): unknown {
  const read = Answer.safeParse(json);
  if (!read.success || Array.isArray(json)) return json;
  const { token: _, ...rest } = read.data;
  if (path === signInRoutes.passkeySignInOptions.path) {
    // The plugin says `preferred`; an assertion without is refused, so browsers are told.
    return { ...rest, userVerification: 'required' };
  }
  const session = Answer.safeParse(rest.session);
  if (!session.success) return rest;
  const { token: __, oidcGroups: ___, ...kept } = session.data;
  return { ...rest, session: kept };
}
