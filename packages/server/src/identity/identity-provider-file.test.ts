// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readProviderConfig } from './identity-provider-file.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-provider-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const SECRET = 'do-not-print-me';
const FILE = {
  issuer: 'https://login.first-river-bank.example',
  clientId: 'countersign',
  clientSecret: SECRET,
};

const write = (file: unknown) =>
  writeFile(
    join(dataDir, 'identity-provider.json'),
    typeof file === 'string' ? file : JSON.stringify(file),
  );

describe('identity-provider.json', () => {
  test('may be absent', async () => {
    expect(await readProviderConfig(dataDir)).toBeUndefined();
  });

  test('is read with what follows of itself', async () => {
    await write({ ...FILE, scopes: ['groups'] });
    expect(await readProviderConfig(dataDir)).toEqual({
      ...FILE,
      name: 'login.first-river-bank.example',
      clientAuthentication: 'client_secret_basic',
      scopes: ['openid', 'groups'],
      groupsClaim: 'groups',
    });
  });

  test('may name a file with the secret', async () => {
    const { clientSecret: _, ...rest } = FILE;
    await writeFile(join(dataDir, 'secret'), `${SECRET}\n`);
    await write({ ...rest, clientSecretFile: 'secret' });
    expect(await readProviderConfig(dataDir)).toMatchObject({ clientSecret: SECRET });
  });

  test.each<[string, unknown]>([
    ['issuer', { ...FILE, issuer: 'http://login.first-river-bank.example' }],
    ['issuer', { ...FILE, issuer: 'ftp://127.0.0.1' }],
    ['issuer', { ...FILE, issuer: 'not an address' }],
    ['clientId', { ...FILE, clientId: '' }],
    ['clientSecret', { issuer: FILE.issuer, clientId: 'a' }],
    ['clientSecret', { ...FILE, clientSecretFile: 'secret' }],
    ['clientSecretFile', { issuer: FILE.issuer, clientId: 'a', clientSecretFile: 'missing' }],
    ['scopes.0', { ...FILE, scopes: ['two words'] }],
    ['secret', { ...FILE, secret: SECRET }],
  ])('is refused naming `%s`, without the secret', async (field, file) => {
    await write(file);
    const refused = await readProviderConfig(dataDir).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'config_invalid', details: { field } });
    expect(String(refused)).toContain(`\`${field}\``);
    expect(JSON.stringify(refused) + String(refused)).not.toContain(SECRET);
  });

  test.each([
    ['cut off', `{"clientSecret":"${SECRET}"`],
    ['with a member twice', `{"clientSecret":"${SECRET}","clientSecret":"${SECRET}"}`],
  ])('%s is refused without quoting it', async (_what, text) => {
    await write(text);
    const refused = await readProviderConfig(dataDir).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'config_invalid' });
    expect(JSON.stringify(refused) + String(refused)).not.toContain(SECRET);
  });
});
