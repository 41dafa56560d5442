// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  asSignature,
  credential,
  type Deviation,
  FLAGS,
  newPasskey,
  withPasskey,
} from '../tests/passkey.ts';
import { ed25519Key, p256Key } from '../tests/test-keys.ts';
import { concatBytes, fromHex, toBase64, utf8 } from './bytes.ts';
import { type Envelope, PAYLOAD_TYPE_STATEMENT, pae, verifySignature } from './dsse.ts';
import { ed25519Spki, p256Spki } from './key-format.ts';
import { signNote, verifyNote } from './log/signed-note.ts';
import { noblePrimitives } from './noble.ts';
import { nodePrimitives } from './node.ts';
import { type KeyAlgorithm, type Primitives, type PublicKey, publicKeyOf } from './primitives.ts';
import { webauthnChallenge, webauthnRefusal } from './webauthn.ts';

const both: readonly (readonly [string, Primitives])[] = [
  ['node', nodePrimitives],
  ['noble', noblePrimitives],
];
const algorithms: readonly KeyAlgorithm[] = ['ed25519', 'ecdsa-p256-sha256'];
const cases = both.flatMap(([name, p]) =>
  algorithms.map((algorithm) => [algorithm, name, p] as const),
);

const payload = utf8('{"meaning":"approved"}');
const unsigned: Envelope = {
  payloadType: PAYLOAD_TYPE_STATEMENT,
  payload: toBase64(payload),
  signatures: [],
};
const message = pae(PAYLOAD_TYPE_STATEMENT, payload);
const bothUser = FLAGS.userPresent | FLAGS.userVerified;

function outcome(p: Primitives, envelope: Envelope, publicKey: PublicKey): boolean {
  return verifySignature(p, envelope, envelope.signatures[0]!, publicKey);
}

describe.each(cases)('a passkey of %s, by %s,', (algorithm, _, p) => {
  const passkey = newPasskey(algorithm);
  const { publicKey } = passkey;

  it('signs a record: its assertion over SHA-256 of the PAE verifies', () => {
    expect(outcome(p, withPasskey(unsigned, passkey), publicKey)).toBe(true);
    expect(webauthnRefusal(p, passkey.assert(message), { message, publicKey })).toBeUndefined();
  });

  it.each<[string, Deviation]>([
    ['any of the enrolled origins', { client: { origin: credential.origins[1] } }],
    ['no crossOrigin, as browsers of Level 1 write', { client: { crossOrigin: undefined } }],
    ['members that no release knows', { client: { future: { a: [1] } } }],
    ['members in another order and with spaces', { clientText: reordered }],
    ['a counter of 0, as synced passkeys report', { signCount: 0 }],
    ['a counter as high as it goes', { signCount: 2 ** 32 - 1 }],
    ['a backed-up credential', { flags: bothUser | 0x18 }],
    ['reserved flags', { flags: bothUser | 0x22 }],
  ])('verifies with %s', (__, deviation) => {
    expect(outcome(p, withPasskey(unsigned, passkey, deviation), publicKey)).toBe(true);
  });

  it.each<[string, string, Deviation]>([
    ['type webauthn.create', 'not_an_assertion', { client: { type: 'webauthn.create' } }],
    ['type payment.get', 'not_an_assertion', { client: { type: 'payment.get' } }],
    ['no type', 'not_an_assertion', { client: { type: undefined } }],
    [
      'the random challenge of a sign-in',
      'another_challenge',
      { client: { challenge: randomBytes(32).toString('base64url') } },
    ],
    ['no challenge', 'another_challenge', { client: { challenge: undefined } }],
    [
      'a challenge with padding',
      'another_challenge',
      { client: { challenge: `${challengeText(p, message)}=` } },
    ],
    [
      'the PAE itself as its challenge',
      'another_challenge',
      { client: { challenge: Buffer.from(message).toString('base64url') } },
    ],
    ['another origin', 'another_origin', { client: { origin: 'https://firm.example' } }],
    [
      'an enrolled origin over http',
      'another_origin',
      { client: { origin: 'http://countersign.firm.example' } },
    ],
    [
      'an origin with a slash more',
      'another_origin',
      { client: { origin: `${credential.origins[0]}/` } },
    ],
    ['origins as a list', 'another_origin', { client: { origin: credential.origins } }],
    ['no origin', 'another_origin', { client: { origin: undefined } }],
    ['a frame of another origin', 'cross_origin', { client: { crossOrigin: true } }],
    ['crossOrigin as text', 'cross_origin', { client: { crossOrigin: 'false' } }],
    ['crossOrigin null', 'cross_origin', { client: { crossOrigin: null } }],
    ['a top origin', 'cross_origin', { client: { topOrigin: 'https://firm.example' } }],
    ['another rpId', 'another_relying_party', { rpId: 'firm.example' }],
    ['nobody present', 'user_not_present', { flags: FLAGS.userVerified }],
    ['nobody verified', 'user_not_verified', { flags: FLAGS.userPresent }],
    ['no flag', 'user_not_present', { flags: 0 }],
    [
      'a credential backed up but not eligible',
      'authenticator_data_malformed',
      { flags: bothUser | 0x10 },
    ],
    [
      'authenticator data cut short',
      'authenticator_data_malformed',
      { authenticatorData: (sound) => sound.subarray(0, 36) },
    ],
    [
      'no authenticator data',
      'authenticator_data_malformed',
      { authenticatorData: () => new Uint8Array(0) },
    ],
    [
      'a byte after the counter',
      'authenticator_data_malformed',
      { authenticatorData: (sound) => concatBytes(sound, Uint8Array.of(0)) },
    ],
    [
      'extensions nobody asked for',
      'authenticator_data_malformed',
      {
        flags: bothUser | 0x80,
        authenticatorData: (sound) => concatBytes(sound, Uint8Array.of(0xa0)),
      },
    ],
    ['the flag of extensions alone', 'authenticator_data_malformed', { flags: bothUser | 0x80 }],
    [
      'attested credential data',
      'authenticator_data_malformed',
      {
        flags: bothUser | 0x40,
        authenticatorData: (sound) => concatBytes(sound, new Uint8Array(18)),
      },
    ],
    [
      'a repeated member',
      'client_data_malformed',
      { clientText: (sound) => sound.replace('{', '{"type":"webauthn.get",') },
    ],
    [
      'a repeated member in another spelling',
      'client_data_malformed',
      { clientText: (sound) => sound.replace('{', '{"\\u006frigin":"https://firm.example",') },
    ],
    ['text that is no JSON', 'client_data_malformed', { clientText: (sound) => `${sound},` }],
    ['a list', 'client_data_malformed', { clientText: (sound) => `[${sound}]` }],
    ['a byte order mark', 'client_data_malformed', { clientText: (sound) => `\ufeff${sound}` }],
    ['no client data', 'client_data_malformed', { clientText: () => '' }],
    [
      'client data over 4096 bytes',
      'client_data_malformed',
      { client: { padding: 'x'.repeat(4096) } },
    ],
  ])('is refused with %s: %s', (__, refusal, deviation) => {
    const assertion = passkey.assert(message, deviation);
    expect(webauthnRefusal(p, assertion, { message, publicKey })).toBe(refusal);
    expect(outcome(p, withPasskey(unsigned, passkey, deviation), publicKey)).toBe(false);
  });

  it('signs one record: another payload or payload type is another challenge', () => {
    const signed = withPasskey(unsigned, passkey);
    const otherPayload = { ...signed, payload: toBase64(utf8('{"meaning":"refused"}')) };
    expect(outcome(p, otherPayload, publicKey)).toBe(false);
    expect(outcome(p, { ...signed, payloadType: 'application/json' }, publicKey)).toBe(false);
    const other = { message: utf8('another'), publicKey };
    expect(webauthnRefusal(p, passkey.assert(message), other)).toBe('another_challenge');
  });

  it('is not taken for another credential, whatever key id it is given', () => {
    const other = newPasskey(algorithm);
    const assertion = other.assert(message);
    expect(webauthnRefusal(p, assertion, { message, publicKey })).toBe('another_signature');
    const claimed = { ...unsigned, signatures: [asSignature(publicKey.keyid, assertion)] };
    expect(outcome(p, claimed, publicKey)).toBe(false);
    const renamed = { ...other.publicKey, keyid: publicKey.keyid };
    expect(outcome(p, claimed, renamed)).toBe(false);
    expect(outcome(p, claimed, other.publicKey)).toBe(false);
  });

  it('covers every byte of client data and authenticator data', () => {
    const assertion = passkey.assert(message);
    const respaced = utf8(`${new TextDecoder().decode(assertion.clientDataJSON)} `);
    const counted = Uint8Array.from(assertion.authenticatorData);
    counted[36]! ^= 1;
    for (const changed of [{ clientDataJSON: respaced }, { authenticatorData: counted }]) {
      expect(webauthnRefusal(p, { ...assertion, ...changed }, { message, publicKey })).toBe(
        'another_signature',
      );
    }
  });

  it('verifies no signature over the PAE itself', () => {
    const sig = toBase64(passkey.signRaw(message));
    const raw = { ...unsigned, signatures: [{ keyid: publicKey.keyid, sig }] };
    expect(outcome(p, raw, publicKey)).toBe(false);
    const { webauthn: _webauthn, ...plainKey } = publicKey;
    expect(outcome(p, raw, plainKey)).toBe(true);
    const dressed = { ...passkey.assert(message), signature: passkey.signRaw(message) };
    expect(webauthnRefusal(p, dressed, { message, publicKey })).toBe('another_signature');
  });

  it('signs nothing for a key that was enrolled without WebAuthn', () => {
    const { webauthn: _webauthn, ...plainKey } = publicKey;
    const assertion = passkey.assert(message);
    expect(webauthnRefusal(p, assertion, { message, publicKey: plainKey })).toBe(
      'not_a_webauthn_key',
    );
    expect(outcome(p, withPasskey(unsigned, passkey), plainKey)).toBe(false);
    const stripped = { ...unsigned, signatures: [rawOf(withPasskey(unsigned, passkey))] };
    expect(outcome(p, stripped, plainKey)).toBe(false);
    expect(outcome(p, stripped, publicKey)).toBe(false);
  });

  it('with parts that are not base64 verifies nothing', () => {
    const signed = withPasskey(unsigned, passkey);
    const [signature] = signed.signatures;
    for (const part of ['authenticatorData', 'clientDataJSON'] as const) {
      const webauthn = { ...signature!.webauthn!, [part]: '*' };
      const broken = { ...signed, signatures: [{ ...signature!, webauthn }] };
      expect(outcome(p, broken, publicKey)).toBe(false);
    }
  });
});

describe.each(both)('degenerate keys, by %s,', (_, p) => {
  const sound = newPasskey('ed25519').assert(message);

  it('verify nothing: an Ed25519 key of small order, for which R = S = 0 is a signature', () => {
    const identity = Uint8Array.from([1, ...new Uint8Array(31)]);
    const forged = concatBytes(identity, new Uint8Array(32));
    const key = { ...publicKeyOf(p, 'ed25519', ed25519Spki(identity)), webauthn: credential };
    const assertion = { ...sound, signature: forged };
    expect(webauthnRefusal(p, assertion, { message, publicKey: key })).toBe('another_signature');
  });

  it('verify nothing: a P-256 point that is not on the curve', () => {
    const point = new Uint8Array(64).fill(1);
    const key = { ...publicKeyOf(p, 'ecdsa-p256-sha256', p256Spki(point)), webauthn: credential };
    const assertion = { ...sound, signature: fromHex('3006020101020101') };
    expect(webauthnRefusal(p, assertion, { message, publicKey: key })).toBe('another_signature');
  });

  it('verify nothing: r and s side by side instead of DER', () => {
    const passkey = newPasskey('ecdsa-p256-sha256');
    const assertion = { ...passkey.assert(message), signature: new Uint8Array(64).fill(1) };
    const by = { message, publicKey: passkey.publicKey };
    expect(webauthnRefusal(p, assertion, by)).toBe('another_signature');
  });
});

describe('keys of one kind and signatures of the other', () => {
  it.each([
    ['ed25519', ed25519Key(3)],
    ['ecdsa-p256-sha256', p256Key()],
  ] as const)('of a key in a file (%s) wrapped as an assertion verify nothing', async (_, key) => {
    const assertion = { ...newPasskey('ed25519').assert(message) };
    const signature = await key.signer.sign(message);
    const wrapped = {
      ...unsigned,
      signatures: [asSignature(key.publicKey.keyid, { ...assertion, signature })],
    };
    for (const [, p] of both) {
      expect(outcome(p, wrapped, key.publicKey)).toBe(false);
      expect(outcome(p, wrapped, { ...key.publicKey, webauthn: credential })).toBe(false);
    }
  });

  it('sign no checkpoint: a note of a passkey is not verified', async () => {
    const { signer, publicKey } = ed25519Key(5);
    const note = await signNote(nodePrimitives, 'text\n', { name: 'log', signer, publicKey });
    expect(verifyNote(nodePrimitives, note, { name: 'log', publicKey })).toBe('text\n');
    const passkey = { ...publicKey, webauthn: credential };
    expect(verifyNote(nodePrimitives, note, { name: 'log', publicKey: passkey })).toBeUndefined();
  });
});

function reordered(sound: string): string {
  const entries = Object.entries(JSON.parse(sound)).reverse();
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function challengeText(p: Primitives, over: Uint8Array): string {
  return Buffer.from(webauthnChallenge(p, over)).toString('base64url');
}

function rawOf(envelope: Envelope) {
  const { keyid, sig } = envelope.signatures[0]!;
  return { keyid, sig };
}
