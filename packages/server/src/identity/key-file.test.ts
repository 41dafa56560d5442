// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyFile, openSigner, readKeyFile, writeKeyFile } from './key-file.ts';

const PASSPHRASE = 'a passphrase to sign with';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe.each(['ed25519', 'ecdsa-p256-sha256'] as const)('a key file of %s', (algorithm) => {
  test('opens with its passphrase and signs what its public key verifies', async () => {
    const file = createKeyFile({ algorithm, passphrase: PASSPHRASE });
    const signature = await openSigner(file, PASSPHRASE).sign(utf8('words'));
    const spki = Buffer.from(file.spki, 'base64');
    expect(nodePrimitives.verify(algorithm, spki, utf8('words'), signature)).toBe(true);
    expect(nodePrimitives.verify(algorithm, spki, utf8('other'), signature)).toBe(false);
  });

  test('is PKCS#8 under the passphrase, and opens with no other', () => {
    const file = createKeyFile({ algorithm, passphrase: PASSPHRASE });
    expect(file.privateKey).toContain('-----BEGIN ENCRYPTED PRIVATE KEY-----');
    expect(() => openSigner(file, 'another passphrase')).toThrow(/does not open/);
    expect(() => openSigner(file)).toThrow(/does not open/);
  });

  test('is refused when the halves are of two keys', () => {
    const one = createKeyFile({ algorithm });
    const other = createKeyFile({ algorithm });
    expect(() => openSigner({ ...one, privateKey: other.privateKey })).toThrow(/another key's/);
  });
});

test('a passphrase of less than 12 characters is refused', () => {
  expect(() => createKeyFile({ algorithm: 'ed25519', passphrase: 'short' })).toThrow(
    /12 characters/,
  );
});

describe('on disk', () => {
  test('only its owner may read it, and it is never replaced', async () => {
    const path = join(folder, 'key.json');
    const file = createKeyFile({ algorithm: 'ed25519', passphrase: PASSPHRASE });
    await writeKeyFile(path, file);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readKeyFile(path)).toEqual(file);
    await expect(writeKeyFile(path, file)).rejects.toThrow(/EEXIST/);
    expect(await readFile(path, 'utf8')).not.toContain(PASSPHRASE);
  });

  test.each([
    ['is not there', undefined, /no key file/],
    ['is not JSON', 'key', /not a key file/],
    [
      'has an unknown member',
      (file: object) => JSON.stringify({ ...file, note: 1 }),
      /not a key file/,
    ],
    [
      'names another key id',
      (file: object) => JSON.stringify({ ...file, keyid: '0'.repeat(64) }),
      /not the digest/,
    ],
  ] as const)('one that %s is refused with its path', async (name, content, says) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.json`);
    const file = createKeyFile({ algorithm: 'ed25519' });
    if (content !== undefined) {
      await writeFile(path, typeof content === 'string' ? content : content(file));
    }
    await expect(readKeyFile(path)).rejects.toThrow(says);
    await expect(readKeyFile(path)).rejects.toThrow(path);
  });

  test('a service key is in clear', () => {
    const file = createKeyFile({ algorithm: 'ed25519' });
    expect(createPrivateKey(file.privateKey).asymmetricKeyType).toBe('ed25519');
  });
});
