// SPDX-License-Identifier: Apache-2.0
import { type ErrorReply, SessionsReply } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuth } from '../src/identity/auth.ts';
import { isSignInCredential } from '../src/identity/sign-in-credentials.ts';
import { connectClient } from '../src/store/database.ts';
import { type TestServer, testServer } from './server-fixture.ts';
import {
  auditRows,
  type Browser,
  ORIGIN,
  type SignInApp,
  signInApp,
  signInByPassword,
} from './sign-in-fixture.ts';
import {
  type Deviation,
  type SoftwareAuthenticator,
  softwareAuthenticator,
} from './software-authenticator.ts';

let server: TestServer;
let at: SignInApp;
beforeAll(async () => {
  server = await testServer();
  at = signInApp(server);
});
afterAll(async () => {
  await at.app.close();
  await server.close();
});

const REGISTER = '/v1/auth/passkey/generate-register-options';
const ASSERT = '/v1/auth/passkey/generate-authenticate-options';

async function challengeOf(browser: Browser, url: string): Promise<string> {
  const answer = await browser.get(url);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<{ challenge: string }>().challenge;
}

async function register(
  browser: Browser,
  authenticator: SoftwareAuthenticator,
  deviation: Deviation = {},
) {
  const challenge = await challengeOf(browser, REGISTER);
  const response = authenticator.register(challenge, deviation);
  return browser.send('POST', '/v1/auth/passkey/verify-registration', { name: 'laptop', response });
}

async function signIn(authenticator: SoftwareAuthenticator, deviation: Deviation = {}) {
  const browser = at.browser();
  const challenge = await challengeOf(browser, ASSERT);
  const response = authenticator.assert(challenge, deviation);
  const answer = await browser.send('POST', '/v1/auth/passkey/verify-authentication', { response });
  return { browser, answer, response };
}

async function registered(account: string): Promise<SoftwareAuthenticator> {
  const authenticator = softwareAuthenticator();
  const answer = await register(await at.signIn(account), authenticator);
  expect(answer.statusCode, answer.body).toBe(200);
  return authenticator;
}

describe('a passkey for signing in', () => {
  test('is registered while signed in, signs in, is listed and is deleted', async () => {
    const browser = await at.signIn('dev');
    const authenticator = softwareAuthenticator();
    expect((await register(browser, authenticator)).statusCode).toBe(200);
    const signedIn = await signIn(authenticator);
    expect(signedIn.answer.statusCode, signedIn.answer.body).toBe(200);
    expect((await signedIn.browser.get('/v1/me')).json()).toMatchObject({ account: 'dev' });
    const { sessions } = SessionsReply.parse((await signedIn.browser.get('/v1/sessions')).json());
    expect(sessions.find(({ current }) => current)?.signedInBy).toBe('passkey');
    const listed = await browser.get('/v1/auth/passkey/list-user-passkeys');
    const [passkey] = listed.json<{ id: string; name: string; credentialID: string }[]>();
    expect(passkey).toMatchObject({ name: 'laptop', credentialID: authenticator.credentialId });
    const deleted = await browser.send('POST', '/v1/auth/passkey/delete-passkey', {
      id: passkey?.id,
    });
    expect(deleted.statusCode).toBe(200);
    expect((await signIn(authenticator)).answer.statusCode).toBe(401);
  });

  test('asks the browser for user verification, and takes nothing without', async () => {
    const browser = await at.signIn('owner');
    const options = (await browser.get(REGISTER)).json<{
      authenticatorSelection: object;
      rp: object;
    }>();
    expect(options.authenticatorSelection).toMatchObject({ userVerification: 'required' });
    expect(options.rp).toEqual({ name: 'Countersign sign-in', id: 'localhost' });
    expect((await at.browser().get(ASSERT)).json()).toMatchObject({ userVerification: 'required' });
    const unverified = await register(browser, softwareAuthenticator(), { userVerified: false });
    expect(unverified.statusCode).toBe(409);
    expect(unverified.json<ErrorReply>().error.code).toBe('passkey_refused');
    const authenticator = await registered('owner');
    expect((await signIn(authenticator, { userVerified: false })).answer.statusCode).toBe(401);
    expect((await signIn(authenticator)).answer.statusCode).toBe(200);
  });

  test.each<[string, Deviation]>([
    ['of another origin', { origin: 'https://countersign.elsewhere.example' }],
    ['of another relying party', { rpId: 'elsewhere.example' }],
    ['under an unknown credential', { credentialId: Buffer.alloc(32).toString('base64url') }],
  ])('an assertion %s signs nobody in', async (_what, deviation) => {
    const authenticator = await registered('risk');
    const { answer, browser } = await signIn(authenticator, deviation);
    expect(answer.statusCode).toBe(401);
    expect((await browser.get('/v1/me')).statusCode).toBe(401);
  });

  test('an assertion signs in once, and only in the browser that asked', async () => {
    const authenticator = await registered('legal');
    const { browser, response, answer } = await signIn(authenticator);
    expect(answer.statusCode).toBe(200);
    const again = await browser.send('POST', '/v1/auth/passkey/verify-authentication', {
      response,
    });
    expect(again.statusCode).toBe(400);
    const asked = at.browser();
    const other = authenticator.assert(await challengeOf(asked, ASSERT));
    const elsewhere = at.browser();
    await challengeOf(elsewhere, ASSERT);
    const stolen = await elsewhere.send('POST', '/v1/auth/passkey/verify-authentication', {
      response: other,
    });
    expect(stolen.statusCode).toBe(401);
  });

  test('is registered only within a quarter of an hour of signing in', async () => {
    const browser = await at.signIn('exec');
    const owner = await connectClient(server.database.ownerUrl);
    await owner.query(
      `UPDATE auth_session SET "createdAt" = now() - interval '16 minutes'
        WHERE "userId" = (SELECT auth_user FROM account WHERE account = 'exec')`,
    );
    await owner.end();
    const answer = await browser.get(REGISTER);
    expect(answer.statusCode).toBe(403);
    expect(answer.json<ErrorReply>().error.code).toBe('session_not_fresh');
  });

  test('of another is neither seen nor deleted', async () => {
    const authenticator = await registered('ops');
    const mallory = await at.signIn('clerk');
    const listed = await mallory.get('/v1/auth/passkey/list-user-passkeys');
    expect(listed.json()).toEqual([]);
    const { rows } = await server.context.database.pool.query<{ id: string }>(
      'SELECT id FROM auth_passkey WHERE "credentialID" = $1',
      [authenticator.credentialId],
    );
    const deleted = await mallory.send('POST', '/v1/auth/passkey/delete-passkey', rows[0]);
    expect(deleted.statusCode).toBeGreaterThanOrEqual(400);
    expect(deleted.statusCode).toBeLessThan(500);
    expect((await signIn(authenticator)).answer.statusCode).toBe(200);
  });

  test('still signs in where the password is locked out, and not where the account is locked', async () => {
    const authenticator = await registered('val');
    for (let n = 0; n < 10; n += 1) {
      await signInByPassword(at.app, { account: 'val', password: 'wrong password 1' });
    }
    expect((await signInByPassword(at.app, { account: 'val' })).statusCode).toBe(401);
    expect((await signIn(authenticator)).answer.statusCode).toBe(200);
    const locked = await server.as('ada', {
      method: 'POST',
      url: '/v1/people/val/lock',
      payload: { reason: 'a lost phone' },
    });
    expect(locked.statusCode).toBe(200);
    expect((await signIn(authenticator)).answer.statusCode).toBe(401);
  });

  test.each([
    ['registration', '/v1/auth/passkey/verify-registration', REGISTER],
    ['authentication', '/v1/auth/passkey/verify-authentication', ASSERT],
  ])('bytes that are no %s are refused as such', async (_what, url, options) => {
    const browser = await at.signIn('audit');
    await challengeOf(browser, options);
    const response = {
      id: 'AAAA',
      rawId: 'AAAA',
      type: 'public-key',
      response: url.endsWith('registration')
        ? { clientDataJSON: 'AAAA', attestationObject: 'AAAA' }
        : { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' },
    };
    const answer = await browser.send('POST', url, { response });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
  });

  test('is in the audit when it is made, used and refused', async () => {
    const rows = await auditRows(server);
    const seen = new Set(rows.map(({ action, outcome }) => `${action} ${outcome}`));
    for (const one of ['passkey:register allowed', 'passkey:register refused', 'sign-in refused']) {
      expect(seen).toContain(one);
    }
    expect(rows.some(({ reason }) => reason === 'signed in by passkey')).toBe(true);
  });
});

describe('a credential for signing in and one for signing records', () => {
  test('is known as the one, in either alphabet, until it is deleted', async () => {
    const { db } = server.context.database;
    const { credentialId } = await registered('risk');
    const standard = Buffer.from(credentialId, 'base64url').toString('base64');
    expect(await server.context.identity.isSignInCredential(credentialId)).toBe(true);
    expect(await isSignInCredential(db, standard)).toBe(true);
    expect(await isSignInCredential(db, softwareAuthenticator().credentialId)).toBe(false);
  });

  test('the other is not registered for signing in', async () => {
    const authenticator = softwareAuthenticator();
    const auth = createAuth({
      pool: server.context.database.pool,
      secret: 'a secret of thirty-two characters',
      origin: ORIGIN,
      isSigningCredential: (id) => id === authenticator.credentialId,
    });
    const guarded = signInApp(server, { auth });
    const answer = await register(await guarded.signIn('dev'), authenticator);
    await guarded.app.close();
    expect(answer.statusCode).toBe(409);
    expect(answer.json<ErrorReply>().error.message).toContain('enrolled for signing records');
    expect(await server.context.identity.isSignInCredential(authenticator.credentialId)).toBe(
      false,
    );
  });
});
