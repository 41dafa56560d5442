// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { webPages } from '../src/http/routes/web.ts';

const HTML = { accept: 'text/html,application/xhtml+xml' };
let directory: string;

function serve(from: string): FastifyInstance {
  const app = Fastify();
  const pages = webPages(from);
  app.setNotFoundHandler(async (request, reply) => {
    const page = await pages(request, reply);
    return page ?? reply.status(404).send('not a page');
  });
  return app;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-web-'));
  await mkdir(join(directory, 'dist/assets'), { recursive: true });
  await writeFile(join(directory, 'dist/index.html'), '<meta nonce="__CSP_NONCE__">');
  await writeFile(join(directory, 'dist/assets/index-abc.js'), 'console.log(1);');
  await writeFile(join(directory, 'secret.txt'), 'not for anybody');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the browser interface', () => {
  test('answers every page address with index.html and a policy that allows nothing inline', async () => {
    const app = serve(join(directory, 'dist'));
    const nonces = new Set<string>();
    for (const url of ['/', '/inbox', '/changes/abc/sign?role=legal']) {
      const answer = await app.inject({ url, headers: HTML });
      expect(answer.statusCode).toBe(200);
      const policy = String(answer.headers['content-security-policy']);
      const nonce = /'nonce-([A-Za-z0-9+/]{24})'/.exec(policy)?.[1] ?? '';
      expect(answer.body).toBe(`<meta nonce="${nonce}">`);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-frame-options': 'DENY',
      });
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });

  test('hands out built files for ever, compressed to those who take it', async () => {
    const app = serve(join(directory, 'dist'));
    const url = '/assets/index-abc.js';
    const plain = await app.inject({ url });
    expect(plain.body).toBe('console.log(1);');
    expect(plain.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
    });
    const brotli = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } });
    expect(brotli.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(brotli.rawPayload).toString()).toBe('console.log(1);');
  });

  test.each([
    ['a path out of the build', '/../secret.txt'],
    ['an encoded path out of the build', '/%2e%2e/secret.txt'],
    ['an encoded slash', '/assets/..%2f..%2fsecret.txt'],
    ['a file that is not there', '/assets/index-old.js'],
    ['index.html by its name', '/index.html'],
    ['an unknown path of the API', '/v1/nothing'],
    ['the API itself', '/v1'],
  ])('leaves %s to the API', async (_, url) => {
    const answer = await serve(join(directory, 'dist')).inject({ url, headers: HTML });
    expect([answer.statusCode, answer.body]).toEqual([404, 'not a page']);
  });

  test('is for browsers: a client that asks for JSON, or posts, gets the API’s answer', async () => {
    const app = serve(join(directory, 'dist'));
    const json = await app.inject({ url: '/inbox', headers: { accept: 'application/json' } });
    const post = await app.inject({ method: 'POST', url: '/inbox', headers: HTML });
    expect([json.body, post.body]).toEqual(['not a page', 'not a page']);
  });

  test('says how to build it where it has not been built, and is there once it has', async () => {
    const later = join(directory, 'later');
    const app = serve(later);
    const before = await app.inject({ url: '/', headers: HTML });
    expect([before.statusCode, before.body]).toEqual([
      404,
      expect.stringContaining('npm run build -w @countersign/web'),
    ]);
    await mkdir(later);
    await writeFile(join(later, 'index.html'), 'built');
    expect((await app.inject({ url: '/', headers: HTML })).body).toBe('built');
  });
});
