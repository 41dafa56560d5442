// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorReply, ROUTES } from '@countersign/contract';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../src/http/app.ts';
import { recordEvent } from '../src/http/audit.ts';
import { openApiPath } from '../src/http/open-api.ts';
import { type TestDraft, type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

const json = { 'content-type': 'application/json' };
const records = (payload: string, headers: object = json): InjectOptions => ({
  method: 'POST',
  url: '/v1/records',
  payload,
  headers: { ...headers },
});
const envelope = `{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"${'0'.repeat(64)}","sig":"AA=="}]}`;
const digest = '0'.repeat(64);

test('the body of an unknown caller is not read', async () => {
  const answer = await server.app.inject(records('{"envelopes":['));
  expect(answer.statusCode).toBe(401);
  expect(answer.json<ErrorReply>().error.code).toBe('not_signed_in');
});

describe('a request that cannot be read names the place', () => {
  const cases: readonly [
    name: string,
    request: InjectOptions,
    status: number,
    code: string,
    says: RegExp,
  ][] = [
    ['JSON cut off', records('{"envelopes":['), 400, 'request_malformed', /strict JSON/],
    [
      'a key twice',
      records('{"envelopes":[],"envelopes":[]}'),
      400,
      'request_malformed',
      /envelopes/,
    ],
    ['a lone surrogate', records('{"envelopes":"\\ud800"}'), 400, 'request_malformed', /surrogate/],
    [
      'an unsafe integer',
      records('{"envelopes":9007199254740993}'),
      400,
      'request_malformed',
      /strict JSON/,
    ],
    [
      'invalid UTF-8',
      { ...records(''), payload: Buffer.from([0x22, 0xff, 0x22]) },
      400,
      'request_malformed',
      /strict JSON/,
    ],
    [
      'depth beyond 64',
      records(`${'['.repeat(70)}${']'.repeat(70)}`),
      400,
      'request_malformed',
      /strict JSON/,
    ],
    ['an empty body', records(''), 400, 'request_malformed', /body/],
    ['no envelope', records('{"envelopes":[]}'), 400, 'request_malformed', /body\.envelopes/],
    [
      'an unknown key',
      records(`{"envelopes":[${envelope}],"extra":1}`),
      400,
      'request_malformed',
      /`extra` not known/,
    ],
    [
      'an unknown key in an envelope',
      records(`{"envelopes":[${envelope.replace('{', '{"note":"",')}]}`),
      400,
      'request_malformed',
      /body\.envelopes\.0`: `note` not known/,
    ],
    ['a wrong type', records('{"envelopes":{}}'), 400, 'request_malformed', /body\.envelopes/],
    ['a list for a body', records('[]'), 400, 'request_malformed', /body/],
    [
      'too many envelopes',
      records(`{"envelopes":[${Array(101).fill(envelope).join()}]}`),
      400,
      'request_malformed',
      /100/,
    ],
    [
      'lax base64',
      records(`{"envelopes":[${envelope.replace('e30=', 'e30')}]}`),
      422,
      'bad_envelope',
      /payload/,
    ],
    [
      'a payload that is no statement',
      records(`{"envelopes":[${envelope}]}`),
      422,
      'record_malformed',
      /statement|_type/,
    ],
    [
      'another content type',
      records('x', { 'content-type': 'text/plain' }),
      415,
      'media_type_unsupported',
      /content type/,
    ],
    [
      'CSV where JSON is due',
      records('a,b', { 'content-type': 'text/csv' }),
      415,
      'media_type_unsupported',
      /application\/json/,
    ],
    [
      'a body above its limit',
      records(`"${'x'.repeat(8 * 1024 * 1024)}"`),
      413,
      'request_too_large',
      /larger/,
    ],
    [
      'a record above 1 MiB',
      records(`{"envelopes":[${envelope.replace('e30=', 'A'.repeat(1_398_108))}]}`),
      413,
      'record_too_large',
      /1048576 bytes/,
    ],
    [
      'a digest in capitals',
      { url: `/v1/records/${'A'.repeat(64)}` },
      400,
      'request_malformed',
      /params\.digest/,
    ],
    ['a digest too short', { url: '/v1/blobs/abc' }, 400, 'request_malformed', /params\.digest/],
    ['a limit of zero', { url: '/v1/records?limit=0' }, 400, 'request_malformed', /query\.limit/],
    [
      'a limit in words',
      { url: '/v1/records?limit=many' },
      400,
      'request_malformed',
      /query\.limit/,
    ],
    [
      'a query key twice',
      { url: '/v1/records?type=a&type=b' },
      400,
      'request_malformed',
      /query\.type/,
    ],
    [
      'an unknown query key',
      { url: '/v1/records?colour=red' },
      400,
      'request_malformed',
      /`colour` not known/,
    ],
    [
      'a query where none is taken',
      { url: '/v1/me?verbose=1' },
      400,
      'request_malformed',
      /takes none/,
    ],
    ['an unknown record', { url: `/v1/records/${digest}` }, 404, 'record_unknown', /not known/],
    [
      'an unknown record as page mark',
      { url: `/v1/records?before=${digest}` },
      404,
      'record_unknown',
      /known/,
    ],
    ['no such route', { url: '/v1/nothing' }, 404, 'route_unknown', /openapi/],
    [
      'a method that is not there',
      { method: 'DELETE', url: '/v1/records' },
      404,
      'route_unknown',
      /DELETE/,
    ],
    [
      'bytes in JSON',
      { method: 'PUT', url: '/v1/blobs', payload: '{}', headers: json },
      415,
      'media_type_unsupported',
      /octet-stream/,
    ],
    [
      'no bytes',
      { method: 'PUT', url: '/v1/blobs' },
      415,
      'media_type_unsupported',
      /octet-stream/,
    ],
    [
      'a password too short',
      people({ account: 'x', printedName: 'X', password: 'short' }),
      400,
      'request_malformed',
      /password/,
    ],
    [
      'an account id with capitals',
      people({ account: 'X Y', printedName: 'X', password: 'long enough to do' }),
      400,
      'request_malformed',
      /account/,
    ],
  ];

  test.each(cases)('%s', async (_name, request, status, code, says) => {
    const answer = await server.as('ada', request);
    const { error } = ErrorReply.parse(answer.json());
    expect(`${answer.statusCode} ${error.code}: ${error.message}`).toMatch(says);
    expect(answer.statusCode).toBe(status);
    expect(error.code).toBe(code);
    expect(error.requestId).toBe(answer.headers['x-request-id']);
  });

  test('strict JSON errors give line and column', async () => {
    const answer = await server.as('ada', records('{\n  "envelopes": [],\n  "envelopes": []\n}'));
    expect(answer.json<ErrorReply>().error.field).toBe('body line 3 column 3');
  });
});

/** U+0000 in a path or query. */
const NUL = '%00';
const rows = (url: string, payload: string, type = 'text/csv'): InjectOptions => ({
  method: 'POST',
  url,
  payload,
  headers: { 'content-type': type },
});

describe('what the database cannot hold is refused with its place', () => {
  const BIG = '9'.repeat(15);
  const refused = 400;
  const cases: readonly [name: string, by: string, InjectOptions, status: number, field: string][] =
    [
      [
        'a NUL in an account',
        'audit',
        { url: `/v1/audit?account=${NUL}` },
        refused,
        'query.account',
      ],
      ['a NUL in a type', 'ada', { url: `/v1/records?type=${NUL}` }, refused, 'query.type'],
      ['a NUL in a kind', 'ada', { url: `/v1/records?kind=a${NUL}b` }, refused, 'query.kind'],
      [
        'a NUL in a page mark',
        'audit',
        { url: `/v1/decisions?before=${NUL}` },
        refused,
        'query.before',
      ],
      ['a NUL in a decision', 'audit', { url: `/v1/decisions/${NUL}` }, refused, 'params.id'],
      [
        'a NUL in an export',
        'audit',
        { url: `/v1/export?decision=${NUL}` },
        refused,
        'query.decision',
      ],
      [
        'a version beyond integers',
        'ada',
        { url: `/v1/records?version=${BIG}` },
        refused,
        'query.version',
      ],
      [
        'a version of a decision beyond integers',
        'audit',
        { url: `/v1/decisions?version=${BIG}` },
        refused,
        'query.version',
      ],
      [
        'a NUL in a sign-in',
        'ada',
        {
          method: 'POST',
          url: '/v1/auth/sign-in/email',
          payload: { email: 'a\0@b', password: 'x' },
        },
        refused,
        'body.email',
      ],
      [
        'a NUL in a printed name',
        'ada',
        people({ account: 'nul', printedName: 'a\0b', password: 'long enough to do' }),
        refused,
        'body.printedName',
      ],
      [
        'a NUL in the name of a parameter',
        'dev',
        { method: 'POST', url: '/v1/jobs', payload: { kind: 'test', params: { 'a\0': 1 } } },
        refused,
        "body.params: a member's name",
      ],
      [
        'a NUL in a CSV row',
        'ops',
        rows('/v1/actions', 'decision,action\na,b\n\0,c'),
        422,
        'line 3',
      ],
      ['a NUL in a CSV header', 'ops', rows('/v1/outcomes', '\0'), 422, 'line 1'],
      [
        'a NUL in an NDJSON row',
        'ops',
        rows('/v1/actions', '{"decision":"\\u0000","action":"x"}', 'application/x-ndjson'),
        422,
        'line 1',
      ],
      ['a path that is no UTF-8', 'ada', { url: '/v1/models/%ff' }, refused, 'path'],
      [
        'a segment beyond any name',
        'ada',
        { url: `/v1/models/${'x'.repeat(600)}` },
        refused,
        'path',
      ],
    ];

  test.each(cases)('%s', async (_name, by, request, status, field) => {
    const answer = await server.as(by, request);
    const { error } = ErrorReply.parse(answer.json());
    expect(`${answer.statusCode} ${error.field}: ${error.message}`).toMatch(
      new RegExp(`^${status} ${field.replaceAll('.', '\\.')}: `),
    );
    expect(error.requestId).toBe(answer.headers['x-request-id']);
  });

  test('a name of 128 characters reaches its route', async () => {
    const answer = await server.as('ada', { url: `/v1/models/${'x'.repeat(128)}` });
    expect(answer.json<ErrorReply>().error.code).toBe('model_unknown');
  });

  test('a path of the log that names a directory, or goes beyond a file, is unknown', async () => {
    await expect.poll(() => statusOf('/v1/log/tile/0/000.p/1')).toBe(200);
    expect(await statusOf('/v1/log/tile/0')).toBe(404);
    expect(await statusOf('/v1/log/tile/0/000.p/1/2')).toBe(404);
  });

  test('a method with a body to come needs its content type', async () => {
    const answer = await server.app.inject({ method: 'QUERY', url: '/v1/me' } as InjectOptions);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<ErrorReply>().error.field).toBe('content-type');
  });

  test('a NUL that a refusal quotes does not lose its audit event', async () => {
    const event = {
      action: 'test',
      subject: 'GET /\0',
      outcome: 'refused',
      reason: 'quotes \0',
      requestId: 'r-nul',
    } as const;
    await recordEvent(server.context, event);
    const answer = await server.as('audit', { url: '/v1/audit?limit=1000' });
    const { events } = answer.json<{ events: { requestId: string; reason: string }[] }>();
    expect(events.find(({ requestId }) => requestId === 'r-nul')?.reason).toBe('quotes \ufffd');
  });
});

const statusOf = async (url: string) => (await server.app.inject({ url })).statusCode;

describe('a signed record that the database cannot hold is malformed, and nothing of it is written', () => {
  const draft = {
    type: 'inventory-entry',
    actor: 'owner',
    subjectRef: { workspace: 'main', model: 'credit' },
    content: {},
  } as const;
  const long = 'x'.repeat(3_000);
  const cases: readonly [name: string, draft: TestDraft, field: RegExp][] = [
    ['a NUL in its kind', { ...draft, kind: 'a\0b' }, /^predicate\.kind$/],
    [
      'a version beyond integers',
      { ...draft, subjectRef: { ...draft.subjectRef, version: 2 ** 40 } },
      /^predicate\.subjectRef\.version$/,
    ],
    [
      'a day that no calendar has',
      { ...draft, claimedAt: '2026-02-30T00:00:00.000Z' },
      /^predicate\.claimedAt$/,
    ],
    ['the year 0', { ...draft, claimedAt: '0000-01-01T00:00:00.000Z' }, /^predicate\.claimedAt$/],
    [
      'a NUL on the way to a digest',
      { ...draft, content: { 'a\0b': digest } },
      /^\/predicate\/content\/a\ufffdb$/,
    ],
    [
      'a digest at a path beyond an index row',
      { ...draft, content: { [long]: digest } },
      /^\/predicate\/content\/x+$/,
    ],
  ];

  test.each(cases)('%s', async (_name, one, field) => {
    const countRecords = () =>
      server.database.pool.query<{ n: string }>('SELECT count(*) AS n FROM record');
    const before = await countRecords();
    const envelope = await server.sign(one, ['owner']);
    const answer = await server.as('owner', {
      method: 'POST',
      url: '/v1/records',
      payload: { envelopes: [envelope] },
    });
    const { error } = ErrorReply.parse(answer.json());
    expect(`${answer.statusCode} ${error.code}`).toBe('422 record_malformed');
    expect(error.field).toMatch(field);
    expect((await countRecords()).rows).toEqual(before.rows);
  });
});

describe('bytes that are no HTTP', () => {
  const head = (more: string) =>
    `PUT /v1/blobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.person('dev').token}\r\n` +
    `content-type: application/octet-stream\r\n${more}\r\n\r\n`;
  const cases: readonly [name: string, bytes: () => string, status: number][] = [
    ['a body shorter than its length', () => `${head('content-length: 100')}abc`, 400],
    ['chunks cut off', () => `${head('transfer-encoding: chunked')}10\r\nabc`, 400],
    ['a chunk without a length', () => `${head('transfer-encoding: chunked')}zz\r\n`, 400],
    ['two lengths', () => head('content-length: 1\r\ncontent-length: 2'), 400],
    ['a header too large', () => head(`x-fill: ${'a'.repeat(20_000)}`), 431],
    ['noise', () => '\u0001\u0002 noise\r\n\r\n', 400],
  ];

  test('get a coded refusal, count as no failure of ours and leave no blob', async () => {
    const seen: unknown[] = [];
    const app = buildApp(server.context, { onFailure: (_id, error) => seen.push(error) });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const before = await countBlobs();
    for (const [name, bytes, status] of cases) {
      const answer = await exchange(port, bytes());
      expect(`${name}: ${answer.slice(0, 12)}`).toBe(`${name}: HTTP/1.1 ${status}`);
      const { error } = ErrorReply.parse(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))));
      expect(error.code).toBe('request_malformed');
    }
    await hangUp(port, `${head('content-length: 100')}abc`);
    const open = () =>
      new Promise<number>((resolve) => app.server.getConnections((_error, n) => resolve(n)));
    await expect.poll(open).toBe(0);
    await app.close();
    expect(seen).toEqual([]);
    expect(await countBlobs()).toBe(before);
  });
});

/** Sends these bytes, lets the server begin on them, and resets the connection. */
async function hangUp(port: number, bytes: string): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  await new Promise((resolve) => socket.write(bytes, resolve));
  await sleep(200);
  socket.resetAndDestroy();
}

async function countBlobs(): Promise<number> {
  const entries = await readdir(server.dataDir, { recursive: true });
  return entries.filter((one) => /^blobs\b.*[0-9a-f]{64}$/.test(one)).length;
}

/** Everything that the server answers to these bytes, after which it hears that no more come. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')));
  socket.end(bytes, 'latin1');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

function people(payload: object): InjectOptions {
  return { method: 'POST', url: '/v1/people', payload };
}

describe('a failure of ours', () => {
  test('shows its request id and nothing else', async () => {
    const broken = {
      ...server.context,
      published: {
        ...server.context.published,
        get: () => Promise.reject(new Error('secret path /var/x')),
      },
    };
    const seen: unknown[] = [];
    const app = buildApp(broken, { onFailure: (id, error) => seen.push([id, error]) });
    const answer = await app.inject({ url: '/v1/log/checkpoint' });
    expect(answer.statusCode).toBe(500);
    const { error } = ErrorReply.parse(answer.json());
    expect(error).toEqual({
      code: 'internal',
      message: 'the server failed; quote the request id to whoever operates it',
      requestId: answer.headers['x-request-id'],
    });
    expect(seen).toEqual([[error.requestId, new Error('secret path /var/x')]]);
    await app.close();
  });
});

describe('the OpenAPI document', () => {
  test('is served to everybody and lists every route that is registered, and no other', async () => {
    const routes: { method: string; url: string }[] = [];
    const app = buildApp(server.context, {
      onRoute: (method, url) => routes.push({ method, url }),
    });
    const answer = await app.inject({ url: '/openapi.json' });
    const document = answer.json<{
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    }>();
    expect(document.openapi).toBe('3.1.0');
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const registered = routes.map(({ method, url }) => `${method} ${openApiPath(url)}`);
    expect([...documented].sort()).toEqual([...registered].sort());
    expect(documented).toHaveLength(ROUTES.length);
    await app.close();
  });

  test('refers to nothing it does not hold, and every parameter of a path is declared', async () => {
    const answer = await server.app.inject({ url: '/openapi.json' });
    const document = answer.json<{
      paths: Record<string, Record<string, { parameters: { name: string; in: string }[] }>>;
      components: { schemas: Record<string, unknown> };
    }>();
    const references = [...answer.body.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
    expect(new Set(references)).toEqual(new Set(['#/components/schemas/Error']));
    expect(document.components.schemas).toHaveProperty('Error');
    for (const [path, methods] of Object.entries(document.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(methods)) {
        const declared = operation.parameters
          .filter((one) => one.in === 'path')
          .map(({ name }) => name);
        expect(declared).toEqual(named);
      }
    }
  });

  test('every route but the public ones refuses a caller without a key', async () => {
    for (const route of ROUTES) {
      if (route.access === 'public') continue;
      const url = route.path.replaceAll(/:[A-Za-z]+/g, digest);
      const answer = await server.app.inject({ method: route.method, url });
      expect(`${route.method} ${route.path}: ${answer.statusCode}`).toBe(
        `${route.method} ${route.path}: 401`,
      );
    }
  });
});
