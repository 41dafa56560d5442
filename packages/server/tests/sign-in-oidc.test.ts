// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { type ErrorReply, IdentitiesReply, SessionsReply } from '@countersign/contract';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  oidcProvider,
  type RoguePlan,
  rogueProvider,
  signInAtProvider,
  type TestProvider,
} from './oidc-fixture.ts';
import { PASSWORD, type TestServer, testServer } from './server-fixture.ts';
import { auditRows, type Browser, type SignInApp, signInApp } from './sign-in-fixture.ts';

let server: TestServer;
let provider: Awaited<ReturnType<typeof oidcProvider>>;
let at: SignInApp;
beforeAll(async () => {
  server = await testServer();
  provider = await oidcProvider({
    'sub-of-dev': { email: 'dev@first-river-bank.example', groups: ['watchers', 'admins'] },
    'sub-of-legal': { email: 'legal@elsewhere.example', groups: ['watchers'] },
    // Claims another's address, as a provider may let anybody do.
    mallory: { email: 'ada@first-river-bank.example', groups: ['admins'] },
    'sub-of-new': { email: 'new@first-river-bank.example', groups: ['watchers', 'builders'] },
  });
  at = signInApp(server, { provider: provider.config });
});
afterAll(async () => {
  await at.app.close();
  await provider.close();
  await server.close();
});

const START = '/v1/auth/oidc/start';

/** To the provider and back, without the last step. */
async function toCallback(browser: Browser, login: string, start = START): Promise<URL> {
  const answer = await browser.get(start);
  expect(answer.statusCode, answer.body).toBe(303);
  return signInAtProvider(answer.headers.location ?? '', login);
}

async function through(browser: Browser, login: string): Promise<LightMyRequestResponse> {
  const url = await toCallback(browser, login);
  return browser.get(`${url.pathname}${url.search}`);
}

async function link(account: string, login: string): Promise<LightMyRequestResponse> {
  const browser = await at.signIn(account);
  const begun = await browser.send('POST', '/v1/identities/link', {});
  expect(begun.statusCode, begun.body).toBe(200);
  const url = await signInAtProvider(begun.json<{ url: string }>().url, login);
  return browser.get(`${url.pathname}${url.search}`);
}

const codeOf = (answer: LightMyRequestResponse) => answer.json<ErrorReply>().error.code;

describe('sign-in through the firm’s provider', () => {
  test('is offered where one is configured', async () => {
    const offered = await at.browser().get('/v1/sign-in-methods');
    expect(offered.json()).toEqual({
      password: true,
      passkey: true,
      oidc: { name: 'First River sign-in', start: START },
      firm: 'First River Bank',
      demonstration: true,
    });
    const without = await server.app.inject({ url: '/v1/sign-in-methods' });
    expect(without.json()).not.toHaveProperty('oidc');
    expect((await server.app.inject({ url: START })).statusCode).toBe(404);
  });

  test('signs in whom the identity was linked to, with a session that says so', async () => {
    expect((await link('dev', 'sub-of-dev')).statusCode).toBe(303);
    const browser = at.browser();
    const answer = await through(browser, 'sub-of-dev');
    expect(answer.statusCode, answer.body).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect((await browser.get('/v1/me')).json()).toMatchObject({ account: 'dev' });
    const { sessions } = SessionsReply.parse((await browser.get('/v1/sessions')).json());
    expect(sessions.find(({ current }) => current)?.signedInBy).toBe('oidc');
    const { identities } = IdentitiesReply.parse((await browser.get('/v1/identities')).json());
    expect(identities).toMatchObject([
      { issuer: provider.issuer, subject: 'sub-of-dev', linkedBy: 'dev' },
    ]);
  });

  test('makes no account and goes by no e-mail address', async () => {
    const browser = at.browser();
    const answer = await through(browser, 'mallory');
    expect(answer.statusCode).toBe(403);
    expect(codeOf(answer)).toBe('identity_unknown');
    expect((await browser.get('/v1/me')).statusCode).toBe(401);
    const { people } = (await server.as('ada', { url: '/v1/people' })).json<{
      people: { account: string }[];
    }>();
    expect(people.map(({ account }) => account)).not.toContain('mallory');
  });

  test('an identity signs in one account: another cannot link it', async () => {
    expect((await link('dev', 'sub-of-dev')).statusCode).toBe(303);
    const taken = await link('legal', 'sub-of-dev');
    expect(taken.statusCode).toBe(409);
    expect(codeOf(taken)).toBe('identity_taken');
  });

  test('is unlinked by its holder, and by nobody else', async () => {
    expect((await link('legal', 'sub-of-legal')).statusCode).toBe(303);
    const legal = await at.signIn('legal');
    const { identities } = IdentitiesReply.parse((await legal.get('/v1/identities')).json());
    const url = `/v1/identities/${identities[0]?.id}`;
    expect((await (await at.signIn('risk')).send('DELETE', url)).statusCode).toBe(403);
    expect((await through(at.browser(), 'sub-of-legal')).statusCode).toBe(303);
    expect((await legal.send('DELETE', url)).statusCode).toBe(200);
    expect((await through(at.browser(), 'sub-of-legal')).statusCode).toBe(403);
  });

  test('an administrator makes an account that signs in by it alone', async () => {
    const made = await server.as('ada', {
      method: 'POST',
      url: '/v1/people',
      payload: {
        account: 'newcomer',
        printedName: 'New Comer',
        identity: { issuer: provider.issuer, subject: 'sub-of-new' },
      },
    });
    expect(made.statusCode, made.body).toBe(200);
    const browser = at.browser();
    expect((await through(browser, 'sub-of-new')).statusCode).toBe(303);
    expect((await browser.get('/v1/me')).json()).toMatchObject({ account: 'newcomer', roles: [] });
    const password = await at.app.inject({
      method: 'POST',
      url: '/v1/auth/sign-in/email',
      remoteAddress: '10.8.0.1',
      payload: { email: 'newcomer@first-river-bank.example', password: PASSWORD },
    });
    expect(password.statusCode).toBe(401);
    const again = await server.as('ada', {
      method: 'POST',
      url: '/v1/people',
      payload: {
        account: 'shadow',
        printedName: 'Shadow',
        identity: { issuer: provider.issuer, subject: 'sub-of-new' },
      },
    });
    expect(again.statusCode).toBe(409);
    const { rows } = await server.context.database.pool.query(
      `SELECT 1 FROM auth_user WHERE email LIKE 'shadow@%'`,
    );
    expect(rows).toEqual([]);
  });

  test('a person is sent to a page with the code, a program gets the refusal', async () => {
    const browser = at.browser();
    const url = await toCallback(browser, 'mallory');
    const answer = await browser.get(`${url.pathname}${url.search}`, { accept: 'text/html' });
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/sign-in?refused=identity_unknown');
  });

  test('is in the audit: linked, signed in, refused', async () => {
    const rows = await auditRows(server);
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'identity:link', account: 'dev' }),
        expect.objectContaining({
          action: 'sign-in',
          account: 'dev',
          subject: `sub-of-dev at ${provider.issuer}`,
          outcome: 'allowed',
        }),
        expect.objectContaining({
          action: 'sign-in',
          code: 'identity_unknown',
          outcome: 'refused',
        }),
      ]),
    );
  });
});

describe('groups of the provider', () => {
  beforeAll(async () => {
    const document = await server.sign(
      {
        type: 'policy-document',
        kind: 'identity-provider',
        actor: 'risk',
        scope: 'firm',
        content: {
          title: 'Identity provider',
          version: '1',
          textDigest: '0'.repeat(64),
          provider: {
            issuer: provider.issuer,
            audience: 'countersign',
            keys: [],
            groups: [
              { group: 'watchers', role: 'auditor' },
              { group: 'builders', role: 'developer' },
              { group: 'admins', role: 'administrator' },
              { group: 'admins', role: 'validator' },
            ],
          },
        },
      },
      ['risk', 'ada'],
    );
    const recorded = await server.as('risk', {
      method: 'POST',
      url: '/v1/records',
      payload: { envelopes: [document] },
    });
    expect(recorded.json()).toMatchObject({ records: [{ state: 'recorded' }] });
    await server.context.records.including(
      recorded.json<{ records: { digest: string }[] }>().records.map(({ digest }) => digest),
    );
  });

  test('give a session the access roles that two persons signed, and none that signs', async () => {
    const browser = at.browser();
    await through(browser, 'sub-of-new');
    const me = await browser.get('/v1/me');
    expect(me.json()).toMatchObject({ account: 'newcomer' });
    expect(me.json<{ roles: string[] }>().roles.sort()).toEqual(['auditor', 'developer']);
    expect((await browser.get('/v1/audit')).statusCode).toBe(200);
    await link('dev', 'sub-of-dev');
    const dev = at.browser();
    await through(dev, 'sub-of-dev');
    // `admins` is mapped to duties that take a key: the session gets none of them.
    expect((await dev.get('/v1/me')).json<{ roles: string[] }>().roles.sort()).toEqual([
      'auditor',
      'developer',
    ]);
    const made = await dev.send('POST', '/v1/people', {
      account: 'sock.puppet',
      printedName: 'Sock Puppet',
      password: PASSWORD,
    });
    expect(made.statusCode).toBe(403);
  });

  test('reach no password session, no token and no other session of the account', async () => {
    const oidc = at.browser();
    await through(oidc, 'sub-of-new');
    const made = await oidc.send('POST', '/v1/tokens', { name: 'all', scopes: ['all'] });
    const headers = { authorization: `Bearer ${made.json<{ token: string }>().token}` };
    const me = await at.app.inject({ url: '/v1/me', headers });
    expect(me.json()).toMatchObject({ account: 'newcomer', roles: [] });
    expect((await at.app.inject({ url: '/v1/audit', headers })).statusCode).toBe(403);
    const password = await at.signIn('dev');
    expect((await password.get('/v1/me')).json()).toMatchObject({ roles: ['developer'] });
  });

  test('are those of the sign-in: who leaves a group loses its role at the next one', async () => {
    provider.people.set('sub-of-new', { email: 'new@x.example', groups: ['builders'] });
    const browser = at.browser();
    await through(browser, 'sub-of-new');
    expect((await browser.get('/v1/me')).json()).toMatchObject({ roles: ['developer'] });
  });
});

describe('attacks on a sign-in through the provider', () => {
  test('a state that this browser did not begin is refused, and so is none', async () => {
    const victim = at.browser();
    const mallory = await toCallback(at.browser(), 'sub-of-dev');
    for (const search of [mallory.search, '', '?code=x', '?code=x&state=guessed']) {
      const answer = await victim.get(`/v1/auth/oidc/callback${search}`);
      expect(answer.statusCode).toBe(400);
      expect(codeOf(answer)).toBe('sign_in_state_invalid');
    }
    expect((await victim.get('/v1/me')).statusCode).toBe(401);
  });

  test('a changed state ends the sign-in', async () => {
    const browser = at.browser();
    const url = await toCallback(browser, 'sub-of-dev');
    url.searchParams.set('state', 'another');
    const answer = await browser.get(`${url.pathname}${url.search}`);
    expect(codeOf(answer)).toBe('sign_in_state_invalid');
  });

  test('an answer is used once', async () => {
    const browser = at.browser();
    const url = await toCallback(browser, 'sub-of-dev');
    const cookies = new Map(browser.cookies);
    expect((await browser.get(`${url.pathname}${url.search}`)).statusCode).toBe(303);
    const replay = at.browser();
    for (const [name, value] of cookies) replay.cookies.set(name, value);
    const again = await replay.get(`${url.pathname}${url.search}`);
    expect(codeOf(again)).toBe('sign_in_state_invalid');
  });

  test('a code of one sign-in is of no use in another', async () => {
    const stolen = (await toCallback(at.browser(), 'sub-of-dev')).searchParams.get('code') ?? '';
    const browser = at.browser();
    const url = await toCallback(browser, 'mallory');
    url.searchParams.set('code', stolen);
    const answer = await browser.get(`${url.pathname}${url.search}`);
    expect(answer.statusCode).toBe(403);
    expect(codeOf(answer)).toBe('provider_answer_refused');
  });

  test('a sign-in that is begun and left for ten minutes is over', async () => {
    const clocked = signInApp(server, { provider: provider.config });
    const browser = clocked.browser();
    const url = await toCallback(browser, 'sub-of-dev');
    clocked.ahead(10 * 60_000);
    const answer = await browser.get(`${url.pathname}${url.search}`);
    await clocked.app.close();
    expect(codeOf(answer)).toBe('sign_in_state_invalid');
  });

  test('to link takes the very session that began it', async () => {
    const browser = await at.signIn('risk');
    const begun = await browser.send('POST', '/v1/identities/link', {});
    const url = await signInAtProvider(begun.json<{ url: string }>().url, 'mallory');
    await browser.send('POST', '/v1/auth/sign-out', {});
    const answer = await browser.get(`${url.pathname}${url.search}`);
    expect(codeOf(answer)).toBe('sign_in_state_invalid');
    expect((await through(at.browser(), 'mallory')).statusCode).toBe(403);
  });

  test('to link takes a sign-in just made, and this site', async () => {
    const clocked = signInApp(server, { provider: provider.config });
    const browser = await clocked.signIn('risk');
    clocked.ahead(15 * 60_000);
    const stale = await browser.send('POST', '/v1/identities/link', {});
    expect(codeOf(stale)).toBe('session_not_fresh');
    await clocked.app.close();
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const foreign = await at.app.inject({
      method: 'POST',
      url: '/v1/identities/link',
      headers: { cookie, origin: 'https://elsewhere.example' },
    });
    expect(foreign.statusCode).toBe(403);
  });

  test.each([
    'https://elsewhere.example/',
    '//elsewhere.example/',
    '/\\elsewhere.example',
    '/a\r\nset-cookie: x=y',
    'javascript:alert(1)',
    '',
  ])('a sign-in leads back to this site, not to %j', async (callbackURL) => {
    const query = new URLSearchParams({ callbackURL });
    const answer = await at.browser().get(`${START}?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<ErrorReply>().error.field).toBe('query.callbackURL');
  });

  test('the redirect address is ours, whatever host a request claims', async () => {
    const answer = await at.browser().get(START, { host: 'elsewhere.example' });
    const location = new URL(answer.headers.location ?? '');
    expect(location.searchParams.get('redirect_uri')).toBe(
      'http://localhost/v1/auth/oidc/callback',
    );
  });

  test('it leads back to the page that it was begun on', async () => {
    const browser = at.browser();
    const url = await toCallback(browser, 'sub-of-dev', `${START}?callbackURL=/models%3Fuse=a`);
    const answer = await browser.get(`${url.pathname}${url.search}`);
    expect(answer.headers.location).toBe('/models?use=a');
  });

  test('a locked account signs in by no provider', async () => {
    await link('clerk', 'sub-of-legal');
    const lock = await server.as('ada', {
      method: 'POST',
      url: '/v1/people/clerk/lock',
      payload: { reason: 'left the firm' },
    });
    expect(lock.statusCode).toBe(200);
    const answer = await through(at.browser(), 'sub-of-legal');
    expect(answer.statusCode).toBe(401);
    expect(answer.cookies.some(({ name }) => name.includes('session'))).toBe(false);
  });
});

describe('a provider that lies', () => {
  let rogue: Awaited<ReturnType<typeof rogueProvider>>;
  let lied: SignInApp;
  beforeAll(async () => {
    rogue = await rogueProvider();
    lied = signInApp(server, { provider: rogue.config });
    await server.context.database.pool.query(
      `INSERT INTO external_identity (id, issuer, subject, auth_user, linked_by, linked_at)
       SELECT gen_random_uuid(), $1, 'sub-of-dev', auth_user, 'dev', now() FROM account WHERE account = 'dev'`,
      [rogue.issuer],
    );
  });
  afterAll(async () => {
    await lied.app.close();
    await rogue.close();
  });

  async function answerTo(plan: RoguePlan, iss = rogue.issuer): Promise<LightMyRequestResponse> {
    const browser = lied.browser();
    const begun = new URL((await browser.get(START)).headers.location ?? '');
    rogue.nonce = begun.searchParams.get('nonce') ?? '';
    rogue.plan = plan;
    const query = new URLSearchParams({
      code: 'any',
      state: begun.searchParams.get('state') ?? '',
      iss,
    });
    return browser.get(`/v1/auth/oidc/callback?${query}`);
  }

  test('is believed while it does not lie', async () => {
    expect((await answerTo({})).statusCode).toBe(303);
  });

  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const past = Math.floor(Date.now() / 1_000) - 3_600;

  test.each<[string, RoguePlan]>([
    ['of another nonce', { claims: { nonce: 'of another sign-in' } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['for another audience', { claims: { aud: 'another-client' } }],
    [
      'for several audiences and another party',
      { claims: { aud: ['countersign', 'b'], azp: 'b' } },
    ],
    ['of another issuer', { claims: { iss: 'https://elsewhere.example' } }],
    ['that has expired', { claims: { iat: past - 300, exp: past } }],
    ['without a subject', { claims: { sub: undefined } }],
    ['that nobody signed', { header: { alg: 'none' } }],
    ['that a stranger signed', { signWith: stranger }],
    ['by an algorithm that its key is not of', { header: { alg: 'HS256' } }],
    ['of another key id', { header: { kid: 'another' } }],
  ])('an ID token %s signs nobody in', async (_what, plan) => {
    const answer = await answerTo(plan);
    expect(answer.statusCode).toBe(403);
    expect(codeOf(answer)).toBe('provider_answer_refused');
    expect(answer.body).not.toContain(rogue.config.clientSecret);
  });

  test('an answer without an ID token signs nobody in', async () => {
    expect(codeOf(await answerTo({ noIdToken: true }))).toBe('provider_answer_refused');
  });

  test('an answer of another issuer is not taken to this one (RFC 9207)', async () => {
    const answer = await answerTo({}, 'https://elsewhere.example');
    expect(codeOf(answer)).toBe('provider_answer_refused');
  });

  test('the same subject at another issuer is another identity', async () => {
    const other: TestProvider & { plan: RoguePlan; nonce: string } = await rogueProvider();
    const app = signInApp(server, { provider: other.config });
    const browser = app.browser();
    const begun = new URL((await browser.get(START)).headers.location ?? '');
    other.nonce = begun.searchParams.get('nonce') ?? '';
    const state = begun.searchParams.get('state') ?? '';
    const query = new URLSearchParams({ code: 'any', state, iss: other.issuer });
    const answer = await browser.get(`/v1/auth/oidc/callback?${query}`);
    await app.app.close();
    await other.close();
    expect(codeOf(answer)).toBe('identity_unknown');
  });

  test('a provider that does not answer leaves the other ways open', async () => {
    const gone = await rogueProvider();
    await gone.close();
    const app = signInApp(server, { provider: gone.config });
    const answer = await app.browser().get(START);
    expect(answer.statusCode).toBe(503);
    expect(codeOf(answer)).toBe('provider_unavailable');
    await app.signIn('ops');
    await app.app.close();
  });
});
