// SPDX-License-Identifier: Apache-2.0
import { type ErrorReply, PeopleReply, SessionsReply } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuth } from '../src/identity/auth.ts';
import { PEOPLE, type TestServer, testServer } from './server-fixture.ts';
import {
  auditRows,
  type Browser,
  type SignInApp,
  signInApp,
  signInByPassword,
} from './sign-in-fixture.ts';

const MINUTE = 60_000;
let server: TestServer;
beforeAll(async () => {
  server = await testServer({ people: [...PEOPLE, { account: 'cleo', roles: ['administrator'] }] });
});
afterAll(async () => {
  await server.close();
});

async function withApp(work: (at: SignInApp) => Promise<void>): Promise<void> {
  const at = signInApp(server);
  try {
    await work(at);
  } finally {
    await at.app.close();
  }
}

const sessionsOf = async (browser: Browser) =>
  SessionsReply.parse((await browser.get('/v1/sessions')).json()).sessions;

describe('a session', () => {
  test('has a cookie that scripts cannot read, and a new one at each sign-in', () =>
    withApp(async (at) => {
      const planted = 'better-auth.session_token=planted.signature';
      const answers = [1, 2].map(() =>
        at.app.inject({
          method: 'POST',
          url: '/v1/auth/sign-in/email',
          headers: { cookie: planted, origin: 'http://localhost' },
          payload: { email: 'dev@first-river-bank.example', password: 'staple correct horse' },
        }),
      );
      const values = (await Promise.all(answers)).map((answer) => {
        expect(answer.statusCode).toBe(200);
        const [cookie] = answer.cookies;
        expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
        // The body is there for scripts: the token must not be in it.
        expect(answer.body).not.toContain(cookie?.value.split('.')[0]);
        return cookie?.value;
      });
      expect(new Set([...values, 'planted.signature']).size).toBe(3);
    }));

  test('has a Secure cookie where the origin is https', async () => {
    const auth = createAuth({
      pool: server.context.database.pool,
      secret: 'a secret of thirty-two characters',
      origin: 'https://countersign.first-river-bank.example',
    });
    const { authCookies } = await auth.$context;
    expect(authCookies.sessionToken.name).toMatch(/^__Secure-/);
    expect(authCookies.sessionToken.attributes).toMatchObject({ secure: true, httpOnly: true });
  });

  test('is listed with how, whence and when it was opened', () =>
    withApp(async (at) => {
      const first = await at.signIn('owner', '10.77.0.1');
      await at.signIn('owner', '10.77.0.2');
      const sessions = await sessionsOf(first);
      expect(sessions.map(({ address }) => address).sort()).toEqual(['10.77.0.1', '10.77.0.2']);
      const current = sessions.filter((one) => one.current);
      expect(current).toHaveLength(1);
      expect(current[0]).toMatchObject({ address: '10.77.0.1', signedInBy: 'password' });
    }));

  test('is ended one by one, and all others together', () =>
    withApp(async (at) => {
      const [here, there, elsewhere] = [
        await at.signIn('val'),
        await at.signIn('val'),
        await at.signIn('val'),
      ];
      const other = (await sessionsOf(there)).find(({ current }) => current);
      const ended = await here.send('DELETE', `/v1/sessions/${other?.id}`);
      expect(ended.json()).toEqual({ ended: 1 });
      expect((await there.get('/v1/me')).statusCode).toBe(401);
      expect((await elsewhere.get('/v1/me')).statusCode).toBe(200);
      const others = await here.send('POST', '/v1/sessions/end-others', {});
      expect(others.json()).toEqual({ ended: 1 });
      expect((await elsewhere.get('/v1/me')).statusCode).toBe(401);
      expect((await here.get('/v1/me')).statusCode).toBe(200);
    }));

  test('of another account cannot be ended', () =>
    withApp(async (at) => {
      const victim = await at.signIn('legal');
      const [session] = await sessionsOf(victim);
      const mallory = await at.signIn('dev');
      const answer = await mallory.send('DELETE', `/v1/sessions/${session?.id}`);
      expect(answer.statusCode).toBe(404);
      expect(answer.json<ErrorReply>().error.code).toBe('session_unknown');
      expect((await victim.get('/v1/me')).statusCode).toBe(200);
    }));

  test('is not ended by another site, nor by a token', () =>
    withApp(async (at) => {
      const browser = await at.signIn('dev');
      const [session] = await sessionsOf(browser);
      const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const foreign = await at.app.inject({
        method: 'DELETE',
        url: `/v1/sessions/${session?.id}`,
        headers: { cookie, origin: 'https://elsewhere.example' },
      });
      expect(foreign.statusCode).toBe(403);
      const token = await server.as('dev', {
        method: 'DELETE',
        url: `/v1/sessions/${session?.id}`,
      });
      expect(token.statusCode).toBe(403);
      expect(token.json<ErrorReply>().error.code).toBe('scope_missing');
    }));

  test('ends after an hour without a request', () =>
    withApp(async (at) => {
      const browser = await at.signIn('ops');
      at.ahead(59 * MINUTE);
      expect((await browser.get('/v1/me')).statusCode).toBe(200);
      at.ahead(59 * MINUTE);
      expect((await browser.get('/v1/me')).statusCode).toBe(200);
      at.ahead(60 * MINUTE);
      expect((await browser.get('/v1/me')).statusCode).toBe(401);
    }));

  test('ends after eight hours however busy it is, for better-auth as for us', () =>
    withApp(async (at) => {
      const [used, kept] = [await at.signIn('ops'), await at.signIn('exec')];
      for (let n = 0; n < 15; n += 1) {
        at.ahead(30 * MINUTE);
        expect((await used.get('/v1/me')).statusCode).toBe(200);
        expect((await kept.get('/v1/me')).statusCode).toBe(200);
      }
      at.ahead(30 * MINUTE);
      expect((await used.get('/v1/me')).statusCode).toBe(401);
      expect((await kept.get('/v1/auth/passkey/list-user-passkeys')).statusCode).toBe(401);
    }));
});

describe('an administrator', () => {
  test('ends all sessions of an account', () =>
    withApp(async (at) => {
      const victim = await at.signIn('legal');
      const refused = await server.as('dev', {
        method: 'POST',
        url: '/v1/people/legal/end-sessions',
      });
      expect(refused.statusCode).toBe(403);
      const ended = await server.as('ada', {
        method: 'POST',
        url: '/v1/people/legal/end-sessions',
      });
      expect(ended.json<{ ended: number }>().ended).toBeGreaterThan(0);
      expect((await victim.get('/v1/me')).statusCode).toBe(401);
    }));

  test('locks an account, which then calls by nothing, and another one unlocks it', () =>
    withApp(async (at) => {
      const browser = await at.signIn('clerk');
      const lock = (by: string, what: string) =>
        server.as(by, {
          method: 'POST',
          url: `/v1/people/clerk/${what}`,
          payload: { reason: 'left a laptop on a train' },
        });
      expect((await lock('ada', 'lock')).statusCode).toBe(200);
      expect((await browser.get('/v1/me')).statusCode).toBe(401);
      expect((await server.as('clerk', { url: '/v1/me' })).statusCode).toBe(401);
      expect((await signInByPassword(at.app, { account: 'clerk' })).statusCode).toBe(401);
      const { people } = PeopleReply.parse((await server.as('ben', { url: '/v1/people' })).json());
      expect(people.find(({ account }) => account === 'clerk')?.locked).toMatchObject({
        by: 'ada',
        reason: 'left a laptop on a train',
      });
      const own = await lock('ada', 'unlock');
      expect(own.statusCode).toBe(409);
      expect(own.json<ErrorReply>().error.message).toContain('another administrator');
      expect((await lock('ben', 'unlock')).statusCode).toBe(200);
      expect((await signInByPassword(at.app, { account: 'clerk' })).statusCode).toBe(200);
      const rows = await auditRows(server);
      expect(rows.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['account:lock', 'account:unlock', 'session:end']),
      );
    }));

  test('locks another while a third can unlock, and no further', async () => {
    const lock = (account: string) =>
      server.as('ada', {
        method: 'POST',
        url: `/v1/people/${account}/lock`,
        payload: { reason: 'to be alone' },
      });
    expect((await lock('ada')).statusCode).toBe(409);
    expect((await lock('ben')).statusCode).toBe(200);
    const last = await lock('cleo');
    expect(last.statusCode).toBe(409);
    expect(last.json<ErrorReply>().error.message).toContain('suspend its key');
    const unlocked = await server.as('cleo', {
      method: 'POST',
      url: '/v1/people/ben/unlock',
      payload: { reason: 'no ground given' },
    });
    expect(unlocked.statusCode).toBe(200);
  });

  test('three who lock each other at once leave two unlocked', async () => {
    const names = ['ada', 'ben', 'cleo'];
    const answers = await Promise.all(
      names.map((by, n) =>
        server.as(by, {
          method: 'POST',
          url: `/v1/people/${names[(n + 1) % 3]}/lock`,
          payload: { reason: 'to be alone' },
        }),
      ),
    );
    const locked = answers.filter(({ statusCode }) => statusCode === 200);
    expect(locked).toHaveLength(1);
    for (const account of names) {
      for (const by of names) {
        await server.as(by, {
          method: 'POST',
          url: `/v1/people/${account}/unlock`,
          payload: { reason: 'end of the test' },
        });
      }
    }
    expect(
      (await Promise.all(names.map((by) => server.as(by, { url: '/v1/me' })))).map(
        ({ statusCode }) => statusCode,
      ),
    ).toEqual([200, 200, 200]);
  });
});
