// SPDX-License-Identifier: Apache-2.0
import { apiKey } from '@better-auth/api-key';
import { passkey } from '@better-auth/passkey';
import { betterAuth } from 'better-auth';
import { APIError } from 'better-auth/api';
import type { Pool } from 'pg';
import { openSession } from './open-session.ts';

/** Header that the HTTP layer sets from the socket's address; never taken from the request. */
export const CLIENT_ADDRESS_HEADER = 'x-countersign-client-address';

export const AUTH_PATH = '/v1/auth';
/** However busy a session is. */
export const SESSION_SECONDS = 8 * 60 * 60;
/** Without a request. */
export const SESSION_IDLE_SECONDS = 60 * 60;
/** A new way to sign in outlives the session that adds it: it takes a sign-in no older than this. */
export const SESSION_FRESH_SECONDS = 15 * 60;
export const PASSWORD_LENGTH_MIN = 12;

export interface AuthOptions {
  readonly pool: Pool;
  readonly secret: string;
  /** Origin under which the server is reached; cookies and origin checks follow it. */
  readonly origin: string;
  /** Whether a credential is enrolled as a signing key: such a one never signs in. */
  readonly isSigningCredential?: (credentialId: string) => boolean;
}

/** How a session was opened, by the endpoint that opens it. */
const SIGNED_IN_BY: Readonly<Record<string, string>> = {
  '/sign-in/email': 'password',
  // Ends the other sessions and opens a new one, with the current password.
  '/change-password': 'password',
  '/passkey/verify-authentication': 'passkey',
};

/**
 * Sign-in by better-auth: passwords, passkeys, sessions, API keys. It says who calls and nothing else: no role comes
 * from its tables, and nobody signs up. Its tables are migrations/0102_sign_in.sql and 0103_sign_in_methods.sql.
 */
export function createAuth(options: AuthOptions) {
  const { pool, secret, origin } = options;
  return betterAuth({
    appName: 'Countersign',
    secret,
    baseURL: origin,
    basePath: AUTH_PATH,
    database: pool,
    user: { modelName: 'auth_user' },
    session: {
      modelName: 'auth_session',
      expiresIn: SESSION_SECONDS,
      disableSessionRefresh: true,
      freshAge: SESSION_FRESH_SECONDS,
      additionalFields: {
        signedInBy: { type: 'string', required: false, input: false },
        lastUsedAt: { type: 'date', required: false, input: false },
        oidcIssuer: { type: 'string', required: false, input: false },
        oidcGroups: { type: 'string', required: false, input: false },
      },
    },
    account: { modelName: 'auth_account' },
    verification: { modelName: 'auth_verification' },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
    },
    databaseHooks: {
      session: {
        create: {
          before: async (session, context) => {
            await refuseLocked(pool, session.userId);
            const signedInBy = SIGNED_IN_BY[context?.path ?? ''] ?? session.signedInBy;
            return { data: { signedInBy, lastUsedAt: session.createdAt } };
          },
        },
      },
    },
    rateLimit: {
      enabled: true,
      storage: 'memory',
      window: 60,
      max: 300,
      // A person mistypes a few times a minute; a guesser needs thousands.
      customRules: { '/sign-in/email': { window: 60, max: 10 } },
    },
    trustedOrigins: [...trustedOrigins(origin)],
    advanced: {
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', secure: isHttps(origin) },
      // Said explicitly: better-auth turns both checks off by itself where NODE_ENV is `test`.
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    telemetry: { enabled: false },
    logger: { level: 'error', log: printUnexpected },
    plugins: [
      apiKey({
        defaultPrefix: 'cs_',
        rateLimit: { enabled: false },
        schema: { apikey: { modelName: 'auth_api_key' } },
      }),
      signInPasskey(options),
      openSession,
    ],
  });
}

/** Passkeys that sign in. The plugin only prefers user verification; here nothing passes without. */
function signInPasskey({ origin, isSigningCredential = () => false }: AuthOptions) {
  const rpID = relyingParty(origin);
  return passkey({
    rpID,
    rpName: 'Countersign sign-in',
    origin: trustedOrigins(origin).filter((one) => new URL(one).hostname === rpID),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    schema: { passkey: { modelName: 'auth_passkey' } },
    registration: {
      afterVerification: async ({ verification }) => {
        const { registrationInfo } = verification;
        if (registrationInfo?.userVerified !== true) throw notVerified();
        if (isSigningCredential(registrationInfo.credential.id)) {
          throw new APIError('CONFLICT', { code: 'SIGNING_CREDENTIAL' });
        }
      },
    },
    authentication: {
      afterVerification: async ({ verification }) => {
        if (!verification.authenticationInfo.userVerified) throw notVerified();
      },
    },
  });
}

function notVerified(): APIError {
  return new APIError('UNAUTHORIZED', { code: 'USER_NOT_VERIFIED' });
}

/** A locked account opens no session, by whatever way; the answer is that of a wrong password. */
async function refuseLocked(pool: Pool, user: string): Promise<void> {
  const { rows } = await pool.query<{ locked: boolean }>(
    'SELECT locked_at IS NOT NULL AS locked FROM account WHERE auth_user = $1',
    [user],
  );
  if (rows.some(({ locked }) => locked)) {
    throw new APIError('UNAUTHORIZED', { code: 'ACCOUNT_LOCKED' });
  }
}

/** WebAuthn knows no addresses, only names: the loopback address is asked for by its name. */
function relyingParty(origin: string): string {
  const { hostname } = new URL(origin);
  return hostname === '127.0.0.1' ? 'localhost' : hostname;
}

/** Where people open the pages: a browser gives passkeys to the loopback's name alone, not to its address. */
export function pagesOrigin(origin: string): string {
  return origin.replace('127.0.0.1', 'localhost');
}

/** The loopback address and its name are one place. */
export function trustedOrigins(origin: string): readonly string[] {
  return [...new Set([origin, pagesOrigin(origin)])];
}

export function isHttps(origin: string): boolean {
  return new URL(origin).protocol === 'https:';
}

/** Expected refusals, which the caller is told of. */
const EXPECTED =
  /^(Failed to validate API key|Failed to verify (registration|authentication)|Invalid origin|Invalid password|User not found)/;

/** The message alone: what came with it may hold a request, and with it a secret. */
function printUnexpected(level: string, message: string): void {
  if (level === 'error' && !EXPECTED.test(message)) console.error(`sign-in: ${message}`);
}

export type Auth = ReturnType<typeof createAuth>;
