// SPDX-License-Identifier: Apache-2.0
import { ErrorReply, ROUTES } from '@countersign/contract';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../src/http/app.ts';
import { openApiPath } from '../src/http/open-api.ts';
import { type TestServer, testServer } from './server-fixture.ts';

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
