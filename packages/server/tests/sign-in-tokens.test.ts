// SPDX-License-Identifier: Apache-2.0
import {
  ACTIONS,
  type ErrorReply,
  scopeActions,
  TOKEN_SCOPES,
  TokenReply,
  TokensReply,
} from '@countersign/contract';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient } from '../src/store/database.ts';
import { type TestServer, testServer } from './server-fixture.ts';
import { auditRows, type Browser, type SignInApp, signInApp } from './sign-in-fixture.ts';

let server: TestServer;
let at: SignInApp;
let dev: Browser;
beforeAll(async () => {
  server = await testServer();
  at = signInApp(server);
  dev = await at.signIn('dev');
});
afterAll(async () => {
  await at.app.close();
  await server.close();
});

async function make(body: object, browser = dev): Promise<TokenReply> {
  const answer = await browser.send('POST', '/v1/tokens', body);
  expect(answer.statusCode, answer.body).toBe(200);
  return TokenReply.parse(answer.json());
}

const by = (token: string, request: InjectOptions) =>
  at.app.inject({ ...request, headers: { authorization: `Bearer ${token}` } });

describe('an API token', () => {
  test('says who calls, and ends 90 days after it was made unless told otherwise', async () => {
    const { token, createdAt, expiresAt, scopes } = await make({ name: 'laptop', scopes: ['all'] });
    const days = (Date.parse(expiresAt ?? '') - Date.parse(createdAt)) / 86_400_000;
    expect(Math.round(days)).toBe(90);
    expect(scopes).toEqual(['all']);
    const me = await by(token, { url: '/v1/me' });
    expect(me.json()).toMatchObject({ account: 'dev', roles: ['developer'] });
  });

  test('does only what its scopes allow, and the refusal names the one it takes', async () => {
    const { token } = await make({ name: 'dashboard', scopes: ['registry:read'] });
    expect((await by(token, { url: '/v1/inventory' })).statusCode).toBe(200);
    expect((await by(token, { url: '/v1/me' })).statusCode).toBe(200);
    const refused = await by(token, { url: '/v1/records' });
    expect(refused.statusCode).toBe(403);
    const { error } = refused.json<ErrorReply>();
    expect(error.code).toBe('scope_missing');
    expect(error.message).toContain('`records:read`');
  });

  test('does no more than its account may, whatever its scopes', async () => {
    const { token } = await make({ name: 'greedy', scopes: ['all', 'audit:read', 'people:write'] });
    const refused = await by(token, { url: '/v1/audit' });
    expect(refused.statusCode).toBe(403);
    expect(refused.json<ErrorReply>().error.code).toBe('not_permitted');
  });

  test('makes no token, revokes none and changes nothing about signing in', async () => {
    const { token, id } = await make({ name: 'all', scopes: [...TOKEN_SCOPES] });
    const attempts: InjectOptions[] = [
      { method: 'POST', url: '/v1/tokens', payload: { name: 'child', scopes: ['all'] } },
      { method: 'DELETE', url: `/v1/tokens/${id}` },
      { method: 'POST', url: '/v1/sessions/end-others' },
      { method: 'POST', url: '/v1/identities/link' },
    ];
    for (const request of attempts) {
      const answer = await by(token, request);
      expect(answer.statusCode, request.url as string).toBe(403);
      expect(answer.json<ErrorReply>().error.code).toBe('scope_missing');
    }
    const passkeys = await by(token, { url: '/v1/auth/passkey/generate-register-options' });
    expect(passkeys.statusCode).toBe(401);
    const password = await by(token, {
      method: 'POST',
      url: '/v1/auth/change-password',
      payload: { currentPassword: 'staple correct horse', newPassword: 'another long password' },
    });
    expect(password.statusCode).toBe(401);
  });

  test('of founding keeps all its scopes and its endlessness', async () => {
    const listed = await server.as('risk', { url: '/v1/tokens' });
    const { tokens } = TokensReply.parse(listed.json());
    expect(tokens).toEqual([
      expect.objectContaining({ name: 'first', scopes: ['all'], expiresAt: null }),
    ]);
  });

  test('is listed without itself, and revoked', async () => {
    const { token, id } = await make({ name: 'short', scopes: ['read'], expiresInDays: 1 });
    await by(token, { url: '/v1/me' });
    const listed = await dev.get('/v1/tokens');
    expect(listed.body).not.toContain(token);
    const found = TokensReply.parse(listed.json()).tokens.find((one) => one.id === id);
    expect(found).toMatchObject({ name: 'short', scopes: ['read'], start: token.slice(0, 6) });
    expect(found?.lastUsedAt).not.toBeNull();
    expect((await dev.send('DELETE', `/v1/tokens/${id}`)).json()).toEqual({ revoked: id });
    expect((await by(token, { url: '/v1/me' })).statusCode).toBe(401);
    expect((await dev.send('DELETE', `/v1/tokens/${id}`)).statusCode).toBe(404);
  });

  test('of another is neither listed nor revoked', async () => {
    const { id } = await make({ name: 'mine', scopes: ['read'] });
    const legal = await at.signIn('legal');
    const listed = TokensReply.parse((await legal.get('/v1/tokens')).json());
    expect(listed.tokens.some((one) => one.id === id)).toBe(false);
    expect((await legal.send('DELETE', `/v1/tokens/${id}`)).statusCode).toBe(404);
  });

  test('counts for nothing once its day has come', async () => {
    const { token, id } = await make({ name: 'old', scopes: ['all'], expiresInDays: 1 });
    const owner = await connectClient(server.database.ownerUrl);
    await owner.query(
      `UPDATE auth_api_key SET "expiresAt" = now() - interval '1 s' WHERE id = $1`,
      [id],
    );
    await owner.end();
    expect((await by(token, { url: '/v1/me' })).statusCode).toBe(401);
  });

  test('whose stored scopes cannot be read may only ask who it is', async () => {
    const { token, id } = await make({ name: 'odd', scopes: ['read'] });
    const owner = await connectClient(server.database.ownerUrl);
    await owner.query('UPDATE auth_api_key SET permissions = $2 WHERE id = $1', [
      id,
      '{"scopes":["everything"]}',
    ]);
    await owner.end();
    expect((await by(token, { url: '/v1/me' })).statusCode).toBe(200);
    expect((await by(token, { url: '/v1/inventory' })).statusCode).toBe(403);
  });

  test.each([
    [{ name: 'x', scopes: [] }, 'body.scopes'],
    [{ name: 'x', scopes: ['sign-in:manage'] }, 'body.scopes.0'],
    [{ name: 'x', scopes: ['root'] }, 'body.scopes.0'],
    [{ name: 'x', scopes: ['read'], expiresInDays: 366 }, 'body.expiresInDays'],
    [{ name: 'x', scopes: ['read'], expiresInDays: 0 }, 'body.expiresInDays'],
    [{ name: '', scopes: ['read'] }, 'body.name'],
  ])('%j is refused, naming %s', async (body, field) => {
    const answer = await dev.send('POST', '/v1/tokens', body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<ErrorReply>().error.field).toBe(field);
  });

  test('is in the audit when it is made and when it is revoked, without itself', async () => {
    const { token, id } = await make({ name: 'watched', scopes: ['ci'] });
    await dev.send('DELETE', `/v1/tokens/${id}`);
    const rows = (await auditRows(server)).filter(({ subject }) => subject === id);
    expect(rows.map(({ action }) => action)).toEqual(['token:revoke', 'token:create']);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  test('the old ways to make one are gone', async () => {
    const answer = await dev.send('POST', '/v1/auth/api-key/create', { name: 'unscoped' });
    expect(answer.statusCode).toBe(404);
  });
});

describe('scopes', () => {
  test('no scope, nor all of them together, manages how somebody signs in', () => {
    expect(scopeActions([...TOKEN_SCOPES]).has('sign-in:manage')).toBe(false);
  });

  test('all of them allow every other action', () => {
    const allowed = scopeActions(['all']);
    expect(ACTIONS.filter((action) => !allowed.has(action))).toEqual(['sign-in:manage']);
  });

  test('`read` and `gateway` reach no single decision, and `ci` promotes nothing', () => {
    expect(scopeActions(['read', 'gateway', 'ci']).has('decisions:read')).toBe(false);
    expect(scopeActions(['ci']).has('changes:promote')).toBe(false);
  });
});
