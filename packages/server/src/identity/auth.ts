// SPDX-License-Identifier: Apache-2.0
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import type { Pool } from 'pg';

/** Header that the HTTP layer sets from the socket's address; never taken from the request. */
export const CLIENT_ADDRESS_HEADER = 'x-countersign-client-address';

export const AUTH_PATH = '/v1/auth';
const SESSION_SECONDS = 8 * 60 * 60;
export const PASSWORD_LENGTH_MIN = 12;

export interface AuthOptions {
  readonly pool: Pool;
  readonly secret: string;
  /** Origin under which the server is reached; cookies and origin checks follow it. */
  readonly origin: string;
}

/**
 * Sign-in by better-auth: passwords, sessions, API keys. It says who calls and nothing else: no role comes from its
 * tables, and nobody signs up. Its tables are migrations/0102_sign_in.sql.
 */
export function createAuth({ pool, secret, origin }: AuthOptions) {
  return betterAuth({
    appName: 'Countersign',
    secret,
    baseURL: origin,
    basePath: AUTH_PATH,
    database: pool,
    user: { modelName: 'auth_user' },
    session: { modelName: 'auth_session', expiresIn: SESSION_SECONDS, updateAge: 60 * 60 },
    account: { modelName: 'auth_account' },
    verification: { modelName: 'auth_verification' },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
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
    ],
  });
}

/** The loopback address and its name are one place. */
export function trustedOrigins(origin: string): readonly string[] {
  return [origin, origin.replace('127.0.0.1', 'localhost')];
}

/** Expected refusals, which the caller is told of. */
const EXPECTED = /^(Failed to validate API key|Invalid origin|Invalid password|User not found)/;

function printUnexpected(level: string, message: string): void {
  if (level === 'error' && !EXPECTED.test(message)) console.error(`sign-in: ${message}`);
}

export type Auth = ReturnType<typeof createAuth>;
