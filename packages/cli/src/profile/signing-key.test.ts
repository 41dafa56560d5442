// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  changePassphrase,
  createKeyFile,
  isReadByOthers,
  openKey,
  readKeyFile,
  writeKeyFile,
} from './signing-key.ts';

const PASSPHRASE = 'a long passphrase';
const scratch = mkdtempSync(join(tmpdir(), 'countersign-key-'));
const key = createKeyFile('ed25519', PASSPHRASE);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('a key that was written opens again, and only its owner may read it', async () => {
  const path = join(scratch, 'people', 'ada.admin', 'key.json');
  await writeKeyFile(path, key);
  expect(openKey(await readKeyFile(path), PASSPHRASE).keyid).toBe(key.keyid);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(writeKeyFile(path, key)).rejects.toMatchObject({
    name: 'CliError',
    code: 'key_invalid',
    details: { next: expect.stringContaining('--out') },
  });
});

test('a key under another passphrase is the same key, and the old passphrase opens it no more', async () => {
  const folder = join(scratch, 'people', 'bea.validator');
  const path = join(folder, 'key.json');
  await writeKeyFile(path, key);
  const wrong = changePassphrase(path, 'not the passphrase', 'another long passphrase');
  await expect(wrong).rejects.toMatchObject({ code: 'passphrase_wrong' });
  const short = changePassphrase(path, PASSPHRASE, 'short');
  await expect(short).rejects.toMatchObject({ code: 'key_invalid' });
  expect(openKey(await readKeyFile(path), PASSPHRASE).keyid).toBe(key.keyid);
  await changePassphrase(path, PASSPHRASE, 'another long passphrase');
  const changed = await readKeyFile(path);
  expect(openKey(changed, 'another long passphrase').keyid).toBe(key.keyid);
  expect(() => openKey(changed, PASSPHRASE)).toThrow(/does not open/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['key.json']);
});

test('a key that others may read is told of', async () => {
  const path = join(scratch, 'open.json');
  await writeKeyFile(path, key);
  expect(await isReadByOthers(path)).toBe(false);
  chmodSync(path, 0o644);
  expect(await isReadByOthers(path)).toBe(true);
});

describe('what is refused has a code of the command and says what to do', () => {
  test('a file that is not there', async () => {
    await expect(readKeyFile(join(scratch, 'none.json'))).rejects.toMatchObject({
      name: 'CliError',
      code: 'key_invalid',
      message: expect.stringContaining(join(scratch, 'none.json')),
      details: { next: expect.stringContaining('countersign keys new') },
    });
  });

  test('a file whose key id is another key’s', async () => {
    const path = join(scratch, 'exchanged.json');
    writeFileSync(path, JSON.stringify({ ...key, keyid: '0'.repeat(64) }));
    await expect(readKeyFile(path)).rejects.toMatchObject({
      name: 'CliError',
      code: 'key_invalid',
    });
  });

  test('a wrong passphrase', () => {
    expect(() => openKey(key, 'not the passphrase')).toThrow(
      expect.objectContaining({
        name: 'CliError',
        code: 'passphrase_wrong',
        details: { next: expect.stringContaining('COUNTERSIGN_PASSPHRASE') },
      }),
    );
  });

  test('a private key that is not of the public one', () => {
    const { privateKey } = createKeyFile('ed25519', PASSPHRASE);
    expect(() => openKey({ ...key, privateKey }, PASSPHRASE)).toThrow(
      expect.objectContaining({ name: 'CliError', code: 'key_invalid' }),
    );
  });

  test('a short passphrase', () => {
    expect(() => createKeyFile('ed25519', 'short')).toThrow(
      expect.objectContaining({ name: 'CliError', code: 'key_invalid' }),
    );
  });
});
