// SPDX-License-Identifier: Apache-2.0
import { ErrorReply, MeReply, PeopleReply } from '@countersign/contract';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient } from '../src/store/database.ts';
import { PASSWORD, type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(async () => {
  await server.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('who calls', () => {
  test('an API key of founding says who calls, with roles of enrolled keys', async () => {
    const answer = await server.as('dev', { url: '/v1/me' });
    expect(answer.statusCode).toBe(200);
    const me = MeReply.parse(answer.json());
    expect(me).toMatchObject({
      account: 'dev',
      name: 'Dev Example',
      email: 'dev@first-river-bank.example',
      roles: ['developer'],
      root: server.context.root,
      demonstration: true,
    });
    expect(me.keys).toHaveLength(1);
  });

  test.each([
    ['no key', {}],
    ['an unknown key', bearer('cs_unknown')],
    ['a key in another scheme', { authorization: 'Basic ZGV2OmRldg==' }],
    ['a key with spaces', { authorization: 'Bearer a b' }],
  ])('%s is refused with 401', async (_name, headers) => {
    const answer = await server.app.inject({ url: '/v1/me', headers });
    expect(answer.statusCode).toBe(401);
    const { error } = ErrorReply.parse(answer.json());
    expect(error.code).toBe('not_signed_in');
    expect(answer.headers['x-request-id']).toBe(error.requestId);
  });

  test('the API key is stored as a hash only', async () => {
    const { rows } = await sql<{
      row: string;
    }>`SELECT to_json(k)::text AS row FROM auth_api_key k`.execute(server.database.db);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ row }) => row.includes(server.person('dev').token))).toBe(false);
  });

  test('everybody with a duty sees people and services', async () => {
    const answer = await server.as('legal', { url: '/v1/people' });
    const { people, services } = PeopleReply.parse(answer.json());
    expect(people.map(({ account }) => account)).toContain('val');
    expect(services.map(({ service }) => service).sort()).toEqual(['gateway', 'log', 'platform']);
  });
});

describe('sign-in by password', () => {
  const signIn = (
    password: string,
    remoteAddress: string,
    email = 'dev@first-river-bank.example',
  ) =>
    server.app.inject({
      method: 'POST',
      url: '/v1/auth/sign-in/email',
      remoteAddress,
      payload: { email, password },
    });

  test('opens a session whose cookie says who calls', async () => {
    const answer = await signIn(PASSWORD, '10.0.0.1');
    expect(answer.statusCode).toBe(200);
    const cookie = answer.cookies
      .map(({ name, value }) => `${name}=${encodeURIComponent(value)}`)
      .join('; ');
    const me = await server.app.inject({ url: '/v1/me', headers: { cookie } });
    expect(me.json()).toMatchObject({ account: 'dev' });
  });

  test('a session makes an API key and withdraws it', async () => {
    const answer = await signIn(PASSWORD, '10.0.0.2');
    const cookie = answer.cookies
      .map(({ name, value }) => `${name}=${encodeURIComponent(value)}`)
      .join('; ');
    const made = await server.app.inject({
      method: 'POST',
      url: '/v1/tokens',
      headers: { cookie, origin: 'http://localhost' },
      payload: { name: 'laptop', scopes: ['all'] },
    });
    expect(made.statusCode).toBe(200);
    const { token, id } = made.json<{ token: string; id: string }>();
    const me = () => server.app.inject({ url: '/v1/me', headers: bearer(token) });
    expect((await me()).json()).toMatchObject({ account: 'dev' });
    const withdrawn = await server.app.inject({
      method: 'DELETE',
      url: `/v1/tokens/${id}`,
      headers: { cookie, origin: 'http://localhost' },
    });
    expect(withdrawn.statusCode).toBe(200);
    expect((await me()).statusCode).toBe(401);
  });

  test('a cookie sent from another origin makes no API key', async () => {
    const answer = await signIn(PASSWORD, '10.0.0.3');
    const cookie = answer.cookies
      .map(({ name, value }) => `${name}=${encodeURIComponent(value)}`)
      .join('; ');
    const made = await server.app.inject({
      method: 'POST',
      url: '/v1/tokens',
      headers: { cookie, origin: 'http://elsewhere.example' },
      payload: { name: 'stolen', scopes: ['all'] },
    });
    expect(made.statusCode).toBe(403);
  });

  test('a wrong password and an unknown address get the same answer', async () => {
    const wrong = await signIn('wrong password 1', '10.0.0.4');
    const unknown = await signIn('wrong password 1', '10.0.0.4', 'nobody@first-river-bank.example');
    for (const answer of [wrong, unknown]) {
      expect(answer.statusCode).toBe(401);
      expect(answer.json<ErrorReply>().error.code).toBe('not_signed_in');
    }
    expect(wrong.json<ErrorReply>().error.message).toBe(unknown.json<ErrorReply>().error.message);
  });

  test('the eleventh attempt of a minute from one address is refused, whatever header it claims', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const answer = await server.app.inject({
        method: 'POST',
        url: '/v1/auth/sign-in/email',
        remoteAddress: '10.0.0.5',
        headers: {
          'x-forwarded-for': `10.1.1.${attempt}`,
          'x-countersign-client-address': `10.1.2.${attempt}`,
        },
        payload: { email: 'dev@first-river-bank.example', password: 'wrong password 1' },
      });
      expect(answer.statusCode).toBe(401);
    }
    const refused = await signIn(PASSWORD, '10.0.0.5');
    expect(refused.statusCode).toBe(429);
    expect(refused.json<ErrorReply>().error.code).toBe('too_many_requests');
  });

  test.each(['/v1/auth/sign-up/email', '/v1/auth/get-session', '/v1/auth/update-user'])(
    '%s is not offered',
    async (url) => {
      const answer = await server.app.inject({
        method: 'POST',
        url,
        payload: { email: 'mallory@x.example', password: PASSWORD, name: 'Mallory' },
      });
      expect(answer.statusCode).toBe(404);
    },
  );
});

describe('accounts and roles', () => {
  test('an administrator makes an account, which has no role and may read nothing but itself', async () => {
    const made = await server.as('ada', {
      method: 'POST',
      url: '/v1/people',
      payload: { account: 'newcomer', printedName: 'New Comer', password: PASSWORD },
    });
    expect(made.statusCode).toBe(200);
    const headers = bearer(made.json<{ token: string }>().token);
    const me = await server.app.inject({ url: '/v1/me', headers });
    expect(me.json()).toMatchObject({ account: 'newcomer', roles: [] });
    const refused = await server.app.inject({ url: '/v1/records', headers });
    expect(refused.statusCode).toBe(403);
    expect(refused.json<ErrorReply>().error.message).toContain('holds no role');
  });

  test('an account is made once', async () => {
    const answer = await server.as('ada', {
      method: 'POST',
      url: '/v1/people',
      payload: { account: 'dev', printedName: 'Dev Example', password: PASSWORD },
    });
    expect(answer.statusCode).toBe(409);
    expect(answer.json<ErrorReply>().error.code).toBe('account_exists');
  });

  test('SQL as database owner can lend an account another name, but gives it no role', async () => {
    const owner = await connectClient(server.database.ownerUrl);
    await owner.query(
      `UPDATE account SET account = 'admin', printed_name = 'Administrator' WHERE account = 'clerk'`,
    );
    try {
      const me = await server.as('clerk', { url: '/v1/me' });
      expect(me.json()).toMatchObject({ account: 'admin', roles: [] });
    } finally {
      await owner.query(
        `UPDATE account SET account = 'clerk', printed_name = 'Clerk Example' WHERE account = 'admin'`,
      );
      await owner.end();
    }
  });

  test('refused attempts are listed to auditors with their reason, and to no developer', async () => {
    const refused = await server.as('dev', { url: '/v1/audit' });
    expect(refused.statusCode).toBe(403);
    const { requestId } = refused.json<ErrorReply>().error;
    const listed = await server.as('audit', { url: '/v1/audit?account=dev&outcome=refused' });
    expect(listed.statusCode).toBe(200);
    const { events } = listed.json<{
      events: { requestId: string; code: string; reason: string }[];
    }>();
    const event = events.find((one) => one.requestId === requestId);
    expect(event).toMatchObject({ code: 'not_permitted', action: 'audit:read' });
    expect(event?.reason).toContain('auditor');
  });

  test('sign-ins are in the audit, refused and allowed', async () => {
    const listed = await server.as('audit', { url: '/v1/audit?limit=1000' });
    const { events } = listed.json<{ events: { action: string; outcome: string }[] }>();
    const outcomes = events
      .filter(({ action }) => action === 'sign-in')
      .map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(new Set(['allowed', 'refused']));
  });
});
