// SPDX-License-Identifier: Apache-2.0
// An attested identity from a real OpenID Connect provider confirms an enrolment that nobody in the role could: provider
// document, sign-in over a loopback redirect with PKCE, enrolment, and what the kernel makes of it.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startServer } from '@countersign/server';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signInAtProvider } from '../../server/tests/oidc-fixture.ts';
import { type Io, runCommand } from '../src/index.ts';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-attest-'));
const dataDir = join(scratch, 'bank');
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  yan: ['model-validation'],
  zed: ['canteen'],
};
let server: RunningServer;
let http: Server;
let issuer = '';

async function run(account: string, argv: readonly string[], opened?: (url: string) => void) {
  const lines: string[] = [];
  const io: Io = {
    out: (text) => lines.push(text),
    err: (text) => {
      lines.push(text);
      const [, url] = /^open in a browser: (.*)$/.exec(text) ?? [];
      if (url !== undefined) opened?.(url);
    },
    isTerminal: false,
    env: {
      COUNTERSIGN_DATA: dataDir,
      COUNTERSIGN_AS: account,
      COUNTERSIGN_PASSPHRASE: `${account} has a passphrase`,
    },
    cwd: scratch,
    now: () => new Date(),
  };
  const { exitCode, result } = await runCommand(argv, io);
  return {
    exitCode,
    result: (result ?? {}) as Readonly<Record<string, unknown>>,
    text: lines.join('\n'),
  };
}

async function ok(account: string, ...argv: readonly string[]) {
  const ran = await run(account, argv);
  expect(ran.exitCode, `${argv.join(' ')}\n${ran.text}`).toBe(0);
  return ran.result;
}

/** A native client, as RFC 8252 has it: public, any loopback port, PKCE. */
function provider(): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Provider(issuer, {
    clients: [
      {
        client_id: 'countersign',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    cookies: { keys: ['cookies of the test provider'] },
    claims: { openid: ['sub'], groups: ['groups'] },
    scopes: ['openid', 'groups'],
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, groups: GROUPS[sub] }),
    }),
  });
}

/** What a browser does with the address, for a person who types this name; it ends at our loopback page. */
async function browse(start: string, login: string): Promise<string> {
  const answer = await fetch(await signInAtProvider(start, login), { redirect: 'manual' });
  return answer.text();
}

beforeAll(async () => {
  http = createServer();
  await new Promise<void>((settle) => http.listen(0, '127.0.0.1', settle));
  issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  http.on('request', provider().callback());
  const people = Object.entries({ ada: 'administrator', ben: 'administrator', mia: 'model-risk' });
  const entries = people.map(
    ([account, role]) =>
      `  - { account: ${account}, name: ${account}, roles: [${role}], passphrase: ${account} has a passphrase, password: ${account} has a password }`,
  );
  writeFileSync(join(scratch, 'people.yaml'), `people:\n${entries.join('\n')}\n`);
  writeFileSync(join(scratch, 'first.txt'), 'a first password\n');
  writeFileSync(
    join(scratch, 'provider.yaml'),
    `title: Provider of the firm\nversion: '1'\nissuer: ${issuer}\naudience: countersign\ngroups:\n  - { group: model-validation, role: validator }\n`,
  );
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });
  const found = ['found', '--firm', 'Attest Bank', '--people', 'people.yaml', '--demonstration'];
  await ok('ada', ...found, '--port', String(port));
  server = await startServer({ dataDir });
}, 90_000);

afterAll(async () => {
  await server?.close();
  http?.closeAllConnections();
  http?.close();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

test('the provider’s keys are fetched once, shown, and signed by two', async () => {
  const proposed = await run('mia', ['identity-provider', 'propose', 'provider.yaml']);
  expect(proposed.exitCode, proposed.text).toBe(0);
  expect(proposed.text).toMatch(/kid +algorithm +public key/);
  expect(proposed.text).toContain('provider.groups[1].role: validator');
  const signed = await ok('ada', 'sign', '--add', String(proposed.result.digest));
  expect(signed).toMatchObject({ state: 'recorded' });
}, 60_000);

async function attestAndEnrol(account: string) {
  await ok('ada', 'people', 'add', account, '--name', account, '--password-file', 'first.txt');
  await ok(account, 'login', account, '--password-file', 'first.txt');
  const key = join('bank', 'people', account, 'key.json');
  const { keyid } = await ok(account, 'keys', 'new');
  const out = `${account}.attestation.json`;
  let page: Promise<string> = Promise.resolve('nothing was opened');
  const asked = ['--issuer', issuer, '--client-id', 'countersign', '--key', key, '--out', out];
  const attested = await run(account, ['keys', 'attest', ...asked], (url) => {
    page = browse(url, account);
  });
  expect(attested.exitCode, attested.text).toBe(0);
  expect(await page).toContain('Signed in');
  expect(attested.result).toMatchObject({
    keyid,
    issuer,
    subject: account,
    groups: GROUPS[account],
  });
  const enrol = ['keys', 'enrol', account, '--role', 'validator', '--key', key];
  const proof = ['--proofing', 'signed in at the provider', '--attestation', out];
  const { digest } = await ok('ada', ...enrol, ...proof, '--out', `${account}.json`);
  await ok('ben', 'sign', '--add', String(digest));
  return run(account, ['sign', '--add', `${account}.json`]);
}

test('an attested validator is enrolled although the firm has none to confirm it', async () => {
  const accepted = await attestAndEnrol('yan');
  expect(accepted.result, accepted.text).toMatchObject({ state: 'recorded' });
  expect(accepted.text).toContain(
    'attestation (claims of the ID token).groups[1]: model-validation',
  );
  const { result } = await run('ada', ['keys', 'list', '--account', 'yan']);
  expect(result).toMatchObject([{ standing: 'in force', roles: ['validator'] }]);
}, 90_000);

test('a group that stands for no duty confirms none', async () => {
  const accepted = await attestAndEnrol('zed');
  expect(accepted.result).toMatchObject({
    state: 'awaiting-signatures',
    needs: expect.stringContaining('`validator`'),
  });
  const { text } = await run('ada', ['keys', 'list', '--account', 'zed']);
  expect(text).not.toContain('zed');
}, 90_000);

test('an attestation for another key is not even proposed', async () => {
  const file = join('bank', 'people', 'zed', 'other.json');
  await ok('zed', 'keys', 'new', '--out', file);
  const argv = ['keys', 'enrol', 'zed', '--role', 'validator', '--key', file, '--proofing', 'x'];
  const refused = await run('ada', [...argv, '--attestation', 'yan.attestation.json']);
  expect(refused.result).toHaveProperty('error.code', 'file_invalid');
}, 30_000);
