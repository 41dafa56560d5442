// SPDX-License-Identifier: Apache-2.0
// Attacks over HTTP by whoever reaches the port, owns another site that a signed-in person visits, holds a session cookie or
// stands between: on sessions, tokens, files of the server and its attention.
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ReturnTo } from '../packages/contract/src/sign-in.ts';
import { openApiDocument } from '../packages/server/src/http/open-api.ts';
import { createAuth } from '../packages/server/src/identity/auth.ts';
import { PASSWORD, type TestServer, testServer } from '../packages/server/tests/server-fixture.ts';

const ORIGIN = 'http://localhost';
let server: TestServer;
let port: number;
beforeAll(async () => {
  server = await testServer();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const tables = [
  'record',
  'pending_record',
  'auth_session',
  'auth_api_key',
  'auth_user',
  'account',
  'job',
];
/** How many rows each table has that a request could write to; tables that there are not yet are left out. */
async function rows(): Promise<string> {
  const counts: string[] = [];
  for (const table of tables) {
    const found = await server.database.pool
      .query(`SELECT count(*)::int AS n FROM ${table}`)
      .catch(() => undefined);
    counts.push(`${table} ${found?.rows[0].n ?? '-'}`);
  }
  return counts.join(', ');
}

let address = 0;
/** Signs in from an address of its own, since each may try ten times a minute. */
async function signIn(account = 'dev', more: Record<string, string> = {}) {
  address += 1;
  const answer = await server.app.inject({
    method: 'POST',
    url: '/v1/auth/sign-in/email',
    remoteAddress: `10.7.${address >> 8}.${address & 255}`,
    headers: { origin: ORIGIN, ...more },
    payload: { email: server.person(account).email, password: PASSWORD },
  });
  expect(answer.statusCode, answer.body).toBe(200);
  const set = [answer.headers['set-cookie'] ?? []].flat();
  return { set, cookie: set.map((one) => one.split(';')[0]).join('; '), body: answer.body };
}
const me = (cookie: string) => server.app.inject({ url: '/v1/me', headers: { cookie } });

/** Everything that comes back for these bytes on one connection. */
async function raw(bytes: string | Buffer, waitMs = 5_000): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  await Promise.race([closed, sleep(waitMs)]);
  socket.destroy();
  return answer;
}
const statuses = (answer: string) =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

describe('sessions', () => {
  test('RT-083 a cookie that an attacker planted before sign-in is nobody’s session afterwards', async () => {
    const stolen = (await signIn('clerk')).cookie;
    const [name] = stolen.split('=');
    const planted = `${name}=${randomBytes(24).toString('base64url')}.${randomBytes(32).toString('base64')}`;
    for (const before of [planted, stolen, `${name}=; ${name}=x`]) {
      const { cookie } = await signIn('dev', { cookie: before });
      expect(cookie).not.toContain(before.split('=')[1] || 'nothing');
      expect((await me(cookie)).json()).toMatchObject({ account: 'dev' });
      expect((await me(planted)).statusCode).toBe(401);
      expect((await me(stolen)).json()).not.toMatchObject({ account: 'dev' });
    }
    // A session is signed: another token under a true signature, or half of one, is none.
    const { cookie } = await signIn();
    const [key, value = ''] = cookie.split(/=(.*)/s);
    const [token = '', signature = ''] = decodeURIComponent(value).split('.');
    for (const forged of [
      `${token}`,
      `${token}.`,
      `${token}x.${signature}`,
      `${token}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`,
    ]) {
      expect((await me(`${key}=${encodeURIComponent(forged)}`)).statusCode, forged).toBe(401);
    }
    const out = await server.app.inject({
      method: 'POST',
      url: '/v1/auth/sign-out',
      headers: { cookie, origin: ORIGIN },
      payload: {},
    });
    expect(out.statusCode).toBe(200);
    expect((await me(cookie)).statusCode).toBe(401);
  });

  test('RT-084 another site cannot act with the cookie of a signed-in person, with any content type or without an origin', async () => {
    const { cookie } = await signIn('owner');
    const before = await rows();
    const payload = JSON.stringify({ envelopes: [await server.sign(entry(), ['owner'])] });
    const origins = [
      'https://evil.example',
      'null',
      'http://localhost.evil.example',
      'http://localhost:8080',
      'https://localhost',
      'http://localhost@evil.example',
      'HTTP://LOCALHOST',
      undefined,
    ];
    const types = [
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      undefined,
    ];
    const urls = [
      '/v1/records',
      `/v1/change-requests/${'0'.repeat(64)}/promote`,
      '/v1/jobs',
      '/v1/auth/api-key/create',
      '/v1/auth/change-password',
    ];
    for (const url of urls) {
      for (const origin of origins) {
        for (const type of types) {
          const reply = await server.app.inject({
            method: 'POST',
            url,
            remoteAddress: `10.8.${origins.indexOf(origin)}.${types.indexOf(type)}`,
            headers: {
              cookie,
              ...(origin === undefined ? {} : { origin }),
              ...(type === undefined ? {} : { 'content-type': type }),
            },
            payload: url === '/v1/records' ? payload : '{"name":"stolen","model":"m"}',
          });
          expect(reply.statusCode, `${url} ${origin} ${type}`).toBeGreaterThanOrEqual(400);
          expect(reply.statusCode).toBeLessThan(500);
          expect(reply.headers['access-control-allow-origin']).toBeUndefined();
        }
      }
    }
    expect(await rows()).toBe(before);
    // The same request from the site itself is heard.
    const own = await server.app.inject({
      method: 'POST',
      url: '/v1/records',
      headers: { cookie, origin: ORIGIN, 'content-type': 'application/json' },
      payload,
    });
    expect(own.statusCode, own.body).toBe(200);
  });

  function entry() {
    return {
      type: 'inventory-entry' as const,
      actor: 'owner',
      subjectRef: { workspace: 'main', model: 'credit' },
      content: {
        name: 'Credit',
        purpose: 'p',
        owner: 'owner',
        developer: 'dev',
        origin: 'built',
        businessLine: 'retail',
        jurisdictions: ['US'],
        uses: ['u'],
      },
    };
  }

  test('RT-085 the cookie is out of reach of scripts, other sites and plain HTTP', async () => {
    const { set } = await signIn();
    expect(set.length).toBeGreaterThan(0);
    for (const cookie of set) {
      expect(cookie).toMatch(/; *HttpOnly/i);
      expect(cookie).toMatch(/; *SameSite=(Lax|Strict)/i);
      expect(cookie).toMatch(/; *Path=\//i);
      expect(cookie).not.toMatch(/; *Domain=/i);
    }
    // Under the HTTPS origin that production has, the cookie is bound to it.
    const pool = server.database.pool;
    const auth = createAuth({
      pool,
      secret: 'x'.repeat(40),
      origin: 'https://models.bank.example',
    } as Parameters<typeof createAuth>[0]);
    const { authCookies } = await auth.$context;
    expect(authCookies.sessionToken.attributes).toMatchObject({ secure: true, httpOnly: true });
    expect(authCookies.sessionToken.name).toMatch(/^__(Secure|Host)-/);
  });
});

test('RT-086 no token, password or cookie comes back in an error, in the audit, in the process’s log or is taken from a URL', async () => {
  const printed: string[] = [];
  for (const name of ['log', 'error', 'warn', 'info', 'debug'] as const) {
    vi.spyOn(console, name).mockImplementation((...words) => void printed.push(words.join(' ')));
  }
  const { token } = server.person('dev');
  const { cookie } = await signIn();
  const wrong = `cs_${randomBytes(24).toString('base64url')}`;
  const since = new Date(Date.now() - 60_000).toISOString();
  const answers: string[] = [];
  const ask = async (request: InjectOptions) => {
    const reply = await server.app.inject(request);
    answers.push(reply.body, JSON.stringify({ ...reply.headers, 'set-cookie': undefined }));
    return reply.statusCode;
  };
  const bearer = { authorization: `Bearer ${token}` };
  for (const name of ['token', 'access_token', 'api_key', 'apikey', 'key', 'authorization']) {
    expect(await ask({ url: `/v1/me?${name}=${token}` })).toBe(401);
  }
  for (const headers of [{ 'x-api-key': token }, { 'proxy-authorization': `Bearer ${token}` }]) {
    expect(await ask({ url: '/v1/me', headers })).toBe(401);
  }
  await ask({ url: '/v1/me', headers: { authorization: `Bearer ${wrong}` } });
  await ask({ url: '/v1/nothing', headers: { ...bearer, cookie } });
  await ask({ method: 'POST', url: '/v1/records', headers: bearer, payload: { envelopes: [] } });
  await ask({
    method: 'POST',
    url: '/v1/records',
    headers: { ...bearer, 'content-type': 'application/json' },
    payload: '{',
  });
  await ask({ url: '/v1/audit', headers: bearer });
  await ask({ url: '/v1/people', headers: bearer });
  await ask({
    method: 'POST',
    url: '/v1/auth/sign-in/email',
    remoteAddress: '10.9.0.1',
    payload: { email: server.person('dev').email, password: `${PASSWORD}-almost` },
  });
  const { rows: events } = await server.database.pool.query(
    'SELECT * FROM audit_event WHERE at >= $1',
    [since],
  );
  expect(events.length).toBeGreaterThan(0);
  const cookieValue = decodeURIComponent(cookie.split('=')[1] ?? '');
  for (const text of [...answers, ...printed, JSON.stringify(events)]) {
    for (const secret of [
      token,
      wrong,
      `${PASSWORD}-almost`,
      cookieValue,
      cookieValue.split('.')[0] ?? '',
    ]) {
      expect(text.includes(secret), text.slice(0, 200)).toBe(false);
    }
  }
});

test('RT-087 neither `Host` nor a forwarded header moves a cookie, a link or an attacker’s address', async () => {
  const hostile = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-original-url': '/v1/audit',
    'x-rewrite-url': '/v1/audit',
    'x-http-method-override': 'DELETE',
    forwarded: 'for=1.2.3.4;host=evil.example',
  };
  const { set, body } = await signIn('dev', hostile);
  expect(set.join() + body).not.toContain('evil.example');
  for (const url of [
    '/healthz',
    '/openapi.json',
    '/v1/log/checkpoint',
    '/v1/me',
    '/',
    '//evil.example',
    '/\\evil.example',
    '/v1/auth/../../evil',
  ]) {
    const reply = await server.app.inject({ url, headers: hostile });
    expect(reply.headers.location).toBeUndefined();
    expect(Math.floor(reply.statusCode / 100)).not.toBe(3);
    expect(url.includes('evil') ? '' : reply.body).not.toContain('evil.example');
  }
  // Where a browser may be sent after signing in at the firm's provider: either refused, or a path of this site.
  const site = 'https://models.bank.example';
  const returns = [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '///evil.example',
    '/ /evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '',
    ' //evil.example',
    '/./\\evil.example',
    '/\u2028/evil.example',
    '/%2f/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/@evil.example',
    '/models?next=//evil.example',
  ];
  for (const to of returns) {
    if (!ReturnTo.safeParse(to).success) continue;
    expect(new URL(to, site).origin, to).toBe(site);
  }
  expect(ReturnTo.safeParse('/models/credit').success).toBe(true);
  expect(ReturnTo.safeParse('//evil.example').success).toBe(false);
  // The eleventh guess from one socket is refused, whatever addresses it claims.
  const guesses: number[] = [];
  for (let guess = 0; guess < 12; guess += 1) {
    const reply = await server.app.inject({
      method: 'POST',
      url: '/v1/auth/sign-in/email',
      remoteAddress: '10.9.1.1',
      headers: {
        'x-forwarded-for': `203.0.113.${guess}`,
        'x-real-ip': `203.0.113.${guess}`,
        'x-countersign-client-address': `203.0.113.${guess}`,
        'cf-connecting-ip': `203.0.113.${guess}`,
      },
      payload: { email: server.person('legal').email, password: 'a wrong password' },
    });
    guesses.push(reply.statusCode);
  }
  expect(guesses.at(-1)).toBe(429);
  expect(guesses).not.toContain(200);
});

describe('paths', () => {
  const climbs = [
    '..%2f..%2fkeys%2fplatform.json',
    '%2e%2e/%2e%2e/keys/platform.json',
    '..%252f..%252fkeys%252fplatform.json',
    '..%5c..%5ckeys%5cplatform.json',
    '....//....//keys/platform.json',
    '%c0%ae%c0%ae/keys/platform.json',
    '..%00/keys/platform.json',
    '0/000%00.json',
    '/etc/passwd',
    '%2fetc%2fpasswd',
    '../../keys/platform.json',
    '..;/keys/platform.json',
    'file:///etc/passwd',
    '.%2e/keys/log.json',
    '%uff0e%uff0e/keys/log.json',
  ];
  test('RT-088 no spelling of a path leads out of the published log or the blob store, or into a static file of the machine', async () => {
    const opened = /BEGIN|privateKey|"secret|root:x:|scrypt|keyid/;
    for (const climb of climbs) {
      for (const base of [
        '/v1/log/tile/',
        '/v1/log/',
        '/v1/blobs/',
        '/v1/records/',
        '/v1/bundles/',
        '/assets/',
        '/',
        '/v1/jobs/',
      ]) {
        const head = `GET ${base}${climb} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.person('ops').token}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`;
        const answer = await raw(head);
        const [status = 0] = statuses(answer);
        // A page of the application, where it is built, answers any path with the same words.
        if (status === 200) expect(answer).toContain('text/html');
        else
          expect(
            [400, 401, 403, 404, 414, 422],
            `${base}${climb} ${answer.slice(0, 200)}`,
          ).toContain(status);
        expect(answer).not.toMatch(opened);
      }
    }
  });

  test('RT-089 no cache keeps what is personal, or the absence of what is not there yet', async () => {
    const absent = await server.app.inject({ url: '/v1/log/tile/0/999' });
    expect(absent.statusCode).toBe(404);
    expect(absent.headers['cache-control']).toBe('no-store');
    const { paths } = openApiDocument() as unknown as {
      paths: Record<string, Record<string, unknown>>;
    };
    for (const [path, methods] of Object.entries(paths)) {
      if (!('get' in methods) || path.startsWith('/v1/log/tile')) continue;
      const url = path.replaceAll(/\{[^}]*\}/g, '0'.repeat(64));
      const reply = await server.as('audit', { url });
      expect(`${path}: ${String(reply.headers['cache-control'])}`).toBe(`${path}: no-store`);
      expect(reply.headers['x-content-type-options']).toBe('nosniff');
      expect(reply.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(reply.headers['x-frame-options']).toBe('DENY');
      expect(reply.headers['referrer-policy']).toBe('no-referrer');
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    }
    for (const method of [
      'OPTIONS',
      'HEAD',
      'TRACE',
      'CONNECT',
      'PROPFIND',
      'DELETE',
      'PATCH',
    ] as const) {
      const answer = await raw(
        `${method} /v1/me HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\nCookie: a=secret\r\nConnection: close\r\n\r\n`,
      );
      const [status = 0] = statuses(answer);
      // A CONNECT is hung up on without a word.
      if (method !== 'CONNECT') expect([400, 404, 405], method).toContain(status);
      expect(answer.toLowerCase()).not.toContain('access-control-allow');
      expect(answer).not.toContain('secret');
    }
  });

  test('and bytes that somebody stored are never served as a page', async () => {
    const page = Buffer.from('<!doctype html><script>alert(1)</script>');
    const { digest } = await server.context.blobs.put(page);
    const reply = await server.as('val', {
      url: `/v1/blobs/${digest}`,
      headers: { accept: 'text/html' },
    });
    expect(reply.headers['content-type']).toBe('application/octet-stream');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(createHash('sha256').update(reply.rawPayload).digest('hex')).toBe(digest);
  });
});

describe('the wire', () => {
  const SMUGGLED = `GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer `;
  const post = (headers: string, body: string) =>
    `POST /v1/auth/sign-out HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;
  const ambiguous: readonly (readonly [string, () => string])[] = [
    [
      'both lengths, chunked last',
      () => post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled()}`),
    ],
    [
      'both lengths, chunked first',
      () => post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `0\r\n\r\n${smuggled()}`),
    ],
    ['two lengths', () => post('Content-Length: 2\r\nContent-Length: 60\r\n', `{}${smuggled()}`)],
    ['a list of lengths', () => post('Content-Length: 2, 60\r\n', `{}${smuggled()}`)],
    ['a length with a sign', () => post('Content-Length: +2\r\n', `{}${smuggled()}`)],
    ['a length below zero', () => post('Content-Length: -1\r\n', `{}${smuggled()}`)],
    [
      'an encoding that only looks chunked',
      () => post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled()}`),
    ],
    [
      'an encoding after a blank',
      () => post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${smuggled()}`),
    ],
    [
      'chunked twice',
      () => post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${smuggled()}`),
    ],
    [
      'a folded header',
      () =>
        post(
          'X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 2\r\n',
          `{}${smuggled()}`,
        ).replace('Host: x', 'Host:\r\n x'),
    ],
    [
      'a chunk size that overflows',
      () =>
        post('Transfer-Encoding: chunked\r\n', `fffffffffffffffff\r\n{}\r\n0\r\n\r\n${smuggled()}`),
    ],
    [
      'bare line feeds',
      () => `POST /v1/auth/sign-out HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}${smuggled()}`,
    ],
  ];
  const smuggled = () => `${SMUGGLED}${server.person('dev').token}\r\nConnection: close\r\n\r\n`;
  test('RT-090 a request of two readings is refused and hung up on: nothing after it is heard', async () => {
    for (const [what, bytes] of ambiguous) {
      const answer = await raw(bytes(), 3_000);
      expect(statuses(answer), what).toEqual([400]);
      expect(answer, what).not.toContain('dev@');
      expect(answer, what).toMatch(/connection: close/i);
    }
  });

  test('RT-091 what is too large or too slow is refused or ended, and others are served meanwhile', async () => {
    const { token } = server.person('dev');
    const head = (rest: string) =>
      `POST /v1/records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${rest}`;
    expect(statuses(await raw(head('Content-Length: 99999999999\r\n\r\n{')))).toEqual([413]);
    expect(statuses(await raw(head(`X-Long: ${'a'.repeat(70_000)}\r\n\r\n`)))).toEqual([431]);
    expect([400, 404, 414, 431]).toContain(
      statuses(await raw(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`))[0],
    );
    const many = Array.from({ length: 3_000 }, (_, at) => `X-${at}: a\r\n`).join('');
    expect([400, 401, 422, 431]).toContain(
      statuses(await raw(head(`${many}Content-Length: 2\r\n\r\n{}`)))[0],
    );
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const endless = await raw(
      Buffer.from(head(`Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(2_000)}`)),
    );
    expect(statuses(endless)[0] ?? 413).toBe(413);

    // Node counts from the first byte; the bounds are the server's own, here made short.
    const http = server.app.server;
    expect(http.timeout).toBeGreaterThan(0);
    expect(http.timeout).toBeLessThanOrEqual(5 * 60_000);
    expect(http.requestTimeout).toBeGreaterThan(0);
    expect(http.requestTimeout).toBeLessThanOrEqual(60 * 60_000);
    expect(http.headersTimeout).toBeGreaterThan(0);
    expect(http.headersTimeout).toBeLessThanOrEqual(2 * 60_000);
    const usual = http.timeout;
    http.timeout = 300;
    const silent = Array.from({ length: 50 }, () =>
      raw(head('Content-Length: 100\r\n\r\n{"env'), 40_000),
    );
    const began = performance.now();
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(health.status).toBe(200);
    await health.body?.cancel();
    await Promise.all(silent);
    http.timeout = usual;
    expect(performance.now() - began).toBeLessThan(30_000);
  });
});
