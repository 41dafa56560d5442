// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { expect } from 'vitest';
import type { AppContext } from '../src/context.ts';
import { buildApp } from '../src/http/app.ts';
import type { Auth } from '../src/identity/auth.ts';
import { createIdentity, signInDomain } from '../src/identity/identity.ts';
import type { ProviderConfig } from '../src/identity/identity-provider-file.ts';
import { createOidcSignIn } from '../src/identity/oidc-sign-in.ts';
import { PASSWORD, type TestServer } from './server-fixture.ts';

export const ORIGIN = 'http://localhost';

export interface SignInApp {
  readonly app: FastifyInstance;
  /** Moves the server's clock; better-auth's own stays. */
  ahead(milliseconds: number): void;
  /** Opens a session by password. */
  signIn(account: string, from?: string): Promise<Browser>;
  browser(): Browser;
}

/** What a browser does with cookies, over injected requests. */
export interface Browser {
  readonly cookies: Map<string, string>;
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<LightMyRequestResponse>;
  send(method: 'POST' | 'DELETE', url: string, payload?: object): Promise<LightMyRequestResponse>;
}

/** The test server's routes under a clock of one's own and, where given, an identity provider. */
export function signInApp(
  server: TestServer,
  options: { readonly provider?: ProviderConfig; readonly auth?: Auth } = {},
): SignInApp {
  const { provider } = options;
  let skew = 0;
  const now = (): string => new Date(Date.now() + skew).toISOString();
  const { context } = server;
  const { db } = context.database;
  const oidc = provider === undefined ? undefined : createOidcSignIn({ db, config: provider, now });
  const identity = createIdentity({
    db,
    auth: options.auth ?? context.identity.auth,
    origin: ORIGIN,
    workspace: context.workspace,
    domain: signInDomain(context.founding.firm),
    now,
    ...(oidc === undefined ? {} : { oidc }),
  });
  const clocked: AppContext = { ...context, identity, now };
  const app = buildApp(clocked, { onFailure: (_id, error) => server.failures.push(error) });
  return {
    app,
    ahead: (milliseconds) => {
      skew += milliseconds;
    },
    browser: () => browserOf(app),
    signIn: async (account, from) => {
      const answer = await signInByPassword(app, { account, from: from ?? freshAddress() });
      expect(answer.statusCode, answer.body).toBe(200);
      const browser = browserOf(app);
      keepCookies(browser.cookies, answer);
      return browser;
    },
  };
}

let addresses = 0;

/** From one address few attempts a minute are let through. */
export function freshAddress(): string {
  addresses += 1;
  return `10.9.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
}

export function signInByPassword(
  app: FastifyInstance,
  at: { readonly account: string; readonly password?: string; readonly from?: string },
): Promise<LightMyRequestResponse> {
  const email = at.account.includes('@') ? at.account : `${at.account}@first-river-bank.example`;
  return app.inject({
    method: 'POST',
    url: '/v1/auth/sign-in/email',
    remoteAddress: at.from ?? freshAddress(),
    payload: { email, password: at.password ?? PASSWORD },
  });
}

function browserOf(app: FastifyInstance): Browser {
  const cookies = new Map<string, string>();
  const headersOf = () => ({
    'user-agent': 'Test Browser 1.0',
    ...(cookies.size === 0
      ? {}
      : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
  });
  return {
    cookies,
    get: async (url, headers = {}) => {
      const answer = await app.inject({
        url,
        remoteAddress: freshAddress(),
        headers: { ...headersOf(), ...headers },
      });
      keepCookies(cookies, answer);
      return answer;
    },
    send: async (method, url, payload) => {
      const headers = { ...headersOf(), origin: ORIGIN };
      const answer = await app.inject({
        method,
        url,
        headers,
        remoteAddress: freshAddress(),
        ...(payload === undefined ? {} : { payload }),
      });
      keepCookies(cookies, answer);
      return answer;
    },
  };
}

function keepCookies(cookies: Map<string, string>, answer: LightMyRequestResponse): void {
  for (const { name, value, maxAge } of answer.cookies) {
    if (maxAge === 0) cookies.delete(name);
    else cookies.set(name, encodeURIComponent(value));
  }
}

export interface AuditRow {
  readonly account: string | null;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly reason: string;
  readonly subject: string | null;
}

/** Newest first, as an auditor reads it. */
export async function auditRows(server: TestServer): Promise<readonly AuditRow[]> {
  const listed = await server.as('audit', { url: '/v1/audit?limit=1000' });
  return listed.json<{ events: AuditRow[] }>().events;
}
