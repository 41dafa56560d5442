// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { credential, newPasskey } from '../../tests/passkey.ts';
import { ed25519Key } from '../../tests/test-keys.ts';
import type { Json } from '../json/parse.ts';
import { type Holder, keyEntryJson, readKeyEntry } from './key-entry.ts';

const holder: Holder = { kind: 'person', account: 'anna', roles: ['validator'], team: 'risk' };
const { publicKey } = newPasskey('ecdsa-p256-sha256');
const entryWith = (webauthn: unknown) =>
  ({ ...keyEntryJson({ key: publicKey, holder }), webauthn }) as Json;

describe('the key entry of a passkey', () => {
  it('reads back as it was written', () => {
    const entry = { key: publicKey, holder };
    const json = JSON.parse(JSON.stringify(keyEntryJson(entry)));
    expect(json.webauthn).toEqual(credential);
    expect(readKeyEntry(json, 'key')).toEqual(entry);
  });

  it('of a key in a file has no WebAuthn member, absent from its JSON too', () => {
    const entry = { key: ed25519Key(1).publicKey, holder };
    expect(keyEntryJson(entry)).not.toHaveProperty('webauthn');
    expect(readKeyEntry(keyEntryJson(entry), 'key').key).not.toHaveProperty('webauthn');
  });

  it.each<[string, string, readonly string[]]>([
    ['localhost over http', 'localhost', ['http://localhost:8080', 'https://localhost']],
    ['a name below localhost', 'localhost', ['http://firm.localhost:3000']],
    ['a domain below the rpId', 'firm.example', ['https://a-b.firm.example:65535']],
  ])('may name %s', (_, rpId, origins) => {
    const webauthn = { ...credential, rpId, origins };
    expect(readKeyEntry(entryWith(webauthn), 'key').key.webauthn).toEqual(webauthn);
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'key.webauthn'],
    ['a list', [credential], 'key.webauthn'],
    ['an unknown member', { ...credential, userHandle: 'x' }, 'key.webauthn.userHandle'],
    ['no rpId', { ...credential, rpId: undefined }, 'key.webauthn.rpId'],
    ['an rpId in capitals', { ...credential, rpId: 'Firm.example' }, 'key.webauthn.rpId'],
    ['an rpId with a scheme', { ...credential, rpId: 'https://firm' }, 'key.webauthn.rpId'],
    ['an rpId with an empty label', { ...credential, rpId: 'firm..example' }, 'key.webauthn.rpId'],
    ['no origin', { ...credential, origins: [] }, 'key.webauthn.origins'],
    ['origins as text', { ...credential, origins: 'https://x' }, 'key.webauthn.origins'],
    [
      'an origin twice',
      { ...credential, origins: [credential.origins[0], credential.origins[0]] },
      'key.webauthn.origins',
    ],
    [
      'over 16 origins',
      {
        ...credential,
        origins: Array.from({ length: 17 }, (_, i) => `https://o${i}.countersign.firm.example`),
      },
      'key.webauthn.origins',
    ],
    ...(
      [
        ['of another domain', 'https://firm.example'],
        ['whose name only ends like the rpId', 'https://evilcountersign.firm.example'],
        ['with a path', 'https://countersign.firm.example/'],
        ['over http', 'http://countersign.firm.example'],
        ['with its default port', 'https://countersign.firm.example:443'],
        ['with a port beyond 65535', 'https://countersign.firm.example:65536'],
        ['with a user', 'https://a@countersign.firm.example'],
        ['of an application', 'android:apk-key-hash:x'],
        ['that is null', 'null'],
      ] as const
    ).map(([what, origin]): [string, unknown, string] => [
      `an origin ${what}`,
      { ...credential, origins: [origin] },
      'key.webauthn.origins[0]',
    ]),
    ['no credential id', { ...credential, credentialId: '' }, 'key.webauthn.credentialId'],
    [
      'a credential id in URL base64',
      { ...credential, credentialId: '_-8' },
      'key.webauthn.credentialId',
    ],
    [
      'a credential id over 1023 bytes',
      { ...credential, credentialId: Buffer.alloc(1024).toString('base64') },
      'key.webauthn.credentialId',
    ],
  ])('is refused with %s', (_, webauthn, path) => {
    expect(() => readKeyEntry(entryWith(webauthn), 'key')).toThrow(
      expect.objectContaining({ code: 'record_malformed', details: { path } }),
    );
  });

  it('is refused for a service, which nobody can verify to be present', () => {
    const service: Holder = { kind: 'service', service: 'gateway', name: 'gateway-1' };
    const json = keyEntryJson({ key: publicKey, holder: service });
    expect(() => readKeyEntry(json, 'key')).toThrow(
      expect.objectContaining({ code: 'record_malformed', details: { path: 'key.webauthn' } }),
    );
  });
});
