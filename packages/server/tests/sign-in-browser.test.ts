// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasNoChromium, launchChromium } from '../../kernel/tests/chromium.ts';
import { buildApp } from '../src/http/app.ts';
import { createAuth } from '../src/identity/auth.ts';
import { createIdentity, signInDomain } from '../src/identity/identity.ts';
import { PASSWORD, type TestServer, testServer } from './server-fixture.ts';

if (hasNoChromium) {
  console.warn('SKIPPED: no Chromium found; install it with `apt-get install chromium`');
}

interface Steps {
  readonly signedIn: number;
  readonly registered: number;
  readonly signedOut: number;
  readonly byPasskey: number;
  readonly account: string;
  readonly cookiesOfScripts: string;
}

describe.skipIf(hasNoChromium)('a real browser', () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await testServer();
    browser = await launchChromium();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('registers a passkey, signs out, and signs in by it', async () => {
    const port = await freePort();
    const app = appAt(server, `http://127.0.0.1:${port}`);
    await app.listen({ host: '127.0.0.1', port });
    const page = await browser.newPage();
    try {
      const devices = await page.context().newCDPSession(page);
      await devices.send('WebAuthn.enable');
      await devices.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
      // Any page of the origin: passkeys belong to the name, not to the loopback address.
      await page.goto(`http://localhost:${port}/healthz`);
      expect(await page.evaluate(steps, PASSWORD)).toEqual({
        signedIn: 200,
        registered: 200,
        signedOut: 401,
        byPasskey: 200,
        account: 'dev',
        cookiesOfScripts: '',
      });
    } finally {
      await page.close();
      await app.close();
    }
    expect(server.failures).toEqual([]);
  }, 60_000);
});

/** Runs in the page. */
async function steps(password: string): Promise<Steps> {
  const post = (url: string, body: object) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const get = async (url: string) => (await fetch(url)).json();
  const json = (made: Credential | null) => (made as PublicKeyCredential).toJSON();
  const auth = '/v1/auth';
  const email = 'dev@first-river-bank.example';
  const { status: signedIn } = await post(`${auth}/sign-in/email`, { email, password });
  const creation = PublicKeyCredential.parseCreationOptionsFromJSON(
    await get(`${auth}/passkey/generate-register-options`),
  );
  const made = json(await navigator.credentials.create({ publicKey: creation }));
  const { status: registered } = await post(`${auth}/passkey/verify-registration`, {
    response: made,
  });
  await post(`${auth}/sign-out`, {});
  const { status: signedOut } = await fetch('/v1/me');
  const request = PublicKeyCredential.parseRequestOptionsFromJSON(
    await get(`${auth}/passkey/generate-authenticate-options`),
  );
  const assertion = json(await navigator.credentials.get({ publicKey: request }));
  const { status: byPasskey } = await post(`${auth}/passkey/verify-authentication`, {
    response: assertion,
  });
  const { account } = await get('/v1/me');
  return {
    signedIn,
    registered,
    signedOut,
    byPasskey,
    account,
    cookiesOfScripts: document.cookie,
  };
}

function appAt(server: TestServer, origin: string) {
  const { context } = server;
  const auth = createAuth({
    pool: context.database.pool,
    secret: 'a secret of thirty-two characters',
    origin,
  });
  const identity = createIdentity({
    db: context.database.db,
    auth,
    origin,
    workspace: context.workspace,
    domain: signInDomain(context.founding.firm),
    now: context.now,
  });
  return buildApp(
    { ...context, identity },
    { onFailure: (_id, error) => server.failures.push(error) },
  );
}

function freePort(): Promise<number> {
  return new Promise((settle) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
