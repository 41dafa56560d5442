// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SessionsReply, SignInMethodsReply, TokenReply, TokensReply } from '@countersign/contract';
import { type RunningServer, startServer } from '@countersign/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Io } from '../src/io.ts';
import { runCommand } from '../src/run-command.ts';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-sign-in-'));
const data = join(scratch, 'bank');
const PEOPLE = ['ada.admin:administrator', 'alan.admin:administrator', 'dana.developer:developer'];
let server: RunningServer | undefined;

interface Ran {
  readonly exitCode: number;
  readonly result: unknown;
  readonly text: string;
}

async function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const lines: string[] = [];
  const io: Io = {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: { HOME: scratch, COUNTERSIGN_DATA: data, ...env },
    cwd: scratch,
    now: () => new Date(),
  };
  const { exitCode, result } = await runCommand(argv, io);
  return { exitCode, result, text: lines.join('\n') };
}

const asDana = (...argv: readonly string[]) =>
  run([...argv, '--as', 'dana.developer'], {
    COUNTERSIGN_PASSWORD: 'dana.developer password',
  });

async function freePort(): Promise<number> {
  return new Promise((settle) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

beforeAll(async () => {
  const people = PEOPLE.map((one) => one.split(':')).map(
    ([account, role]) =>
      `  - { account: ${account}, name: ${account}, roles: [${role}], passphrase: ${account} passphrase, password: ${account} password }`,
  );
  writeFileSync(join(scratch, 'people.yaml'), `people:\n${people.join('\n')}\n`);
  const port = await freePort();
  const founded = await run([
    ...['found', '--firm', 'Test Bank', '--people', 'people.yaml', '--demonstration'],
    ...['--data', data, '--port', String(port)],
  ]);
  expect(founded.exitCode, founded.text).toBe(0);
  const provider = {
    name: 'Bank sign-in',
    issuer: 'https://login.bank.example',
    clientId: 'countersign',
    clientSecret: 'a secret of the tests',
  };
  writeFileSync(join(data, 'identity-provider.json'), JSON.stringify(provider));
  server = await startServer({ dataDir: data });
}, 60_000);

afterAll(async () => {
  await server?.close();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

describe('tokens and sessions at the command line', () => {
  test('login keeps a token with an end and leaves no session open', async () => {
    const ran = await asDana('login', 'dana.developer', '--renew');
    expect(ran.exitCode, ran.text).toBe(0);
    const listed = await asDana('tokens');
    const { tokens } = TokensReply.parse(listed.result);
    expect(tokens.map(({ name }) => name).sort()).toEqual(['countersign login', 'first']);
    expect(tokens.find(({ name }) => name === 'countersign login')?.expiresAt).not.toBeNull();
    expect(SessionsReply.parse((await asDana('sessions')).result).sessions).toEqual([]);
  });

  test('a token is made with scopes, does what they allow, and is revoked', async () => {
    const made = await asDana(
      'tokens',
      'new',
      'nightly',
      '--scope',
      'registry:read',
      '--days',
      '3',
    );
    expect(made.exitCode, made.text).toBe(0);
    const { token, id, scopes } = TokenReply.parse(made.result);
    expect(scopes).toEqual(['registry:read']);
    const file = join(scratch, 'token');
    writeFileSync(file, `${token}\n`);
    const login = ['login', 'dana.developer', '--token-file', file];
    expect((await asDana(...login)).exitCode).toBe(0);
    expect(readFileSync(join(data, 'people/dana.developer/token'), 'utf8').trim()).toBe(token);
    expect((await asDana('models')).exitCode).toBe(0);
    const refused = await asDana('people');
    expect(refused.exitCode).toBe(1);
    expect(refused.result).toHaveProperty('error.code', 'scope_missing');
    expect((await asDana('tokens', 'revoke', id)).exitCode).toBe(0);
    expect((await asDana('models')).result).toHaveProperty('error.code', 'not_signed_in');
    expect((await asDana('login', 'dana.developer', '--renew')).exitCode).toBe(0);
  });

  test('a scope that is none and days that are none are misuse', async () => {
    expect((await asDana('tokens', 'new', 'x', '--scope', 'root')).exitCode).toBe(2);
    const days = await asDana('tokens', 'new', 'x', '--scope', 'read', '--days', 'ten');
    expect(days.exitCode).toBe(2);
  });

  test('sessions are listed and ended', async () => {
    const opened = await fetch(`${server?.url}/v1/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        email: 'dana.developer@test-bank.example',
        password: 'dana.developer password',
      }),
    });
    expect(opened.status).toBe(200);
    const [session] = SessionsReply.parse((await asDana('sessions')).result).sessions;
    expect(session).toMatchObject({ signedInBy: 'password', address: '127.0.0.1' });
    expect((await asDana('sessions', 'end', session?.id ?? '')).exitCode).toBe(0);
    expect((await asDana('sessions', 'end-others')).result).toEqual({ ended: 0 });
  });
});

describe('a server with an identity-provider.json', () => {
  test('offers the provider, and starts although it does not answer', async () => {
    const answer = await fetch(`${server?.url}/v1/sign-in-methods`);
    expect(SignInMethodsReply.parse(await answer.json())).toMatchObject({
      oidc: { name: 'Bank sign-in', start: '/v1/auth/oidc/start' },
    });
    const start = await fetch(`${server?.url}/v1/auth/oidc/start`, { redirect: 'manual' });
    expect(start.status).toBe(503);
    expect(await start.text()).not.toContain('a secret of the tests');
  });
});
