// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ed25519Key, p256Key } from '../tests/test-keys.ts';
import { fromBase64, fromHex, fromUtf8, toBase64, utf8 } from './bytes.ts';
import {
  addSignature,
  type Envelope,
  envelopePayload,
  PAYLOAD_TYPE_STATEMENT,
  pae,
  parseEnvelope,
  signatureSetDigest,
  signEnvelope,
  verifySignature,
} from './dsse.ts';
import type { Json } from './json/parse.ts';
import { p256Spki } from './key-format.ts';
import { noblePrimitives } from './noble.ts';
import { nodePrimitives } from './node.ts';
import { type Primitives, type PublicKey, publicKeyOf } from './primitives.ts';

const both: readonly (readonly [string, Primitives])[] = [
  ['node', nodePrimitives],
  ['noble', noblePrimitives],
];
const payload = utf8('{"a":1}');
const anna = ed25519Key(1);
const bert = p256Key();

describe('the pre-authentication encoding', () => {
  it('is that of the DSSE specification', () => {
    expect(fromUtf8(pae('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('counts bytes, not characters, and may have an empty body', () => {
    expect(fromUtf8(pae('é', utf8('ü€')))).toBe('DSSEv1 2 é 5 ü€');
    expect(fromUtf8(pae('t', new Uint8Array(0)))).toBe('DSSEv1 1 t 0 ');
  });

  it('carries bytes that are no text', () => {
    expect(pae('t', Uint8Array.of(0xff, 0))).toEqual(
      Uint8Array.from([...utf8('DSSEv1 1 t 2 '), 0xff, 0]),
    );
  });
});

describe.each(both)('signatures, by %s', (_, p) => {
  it("verify the DSSE specification's example", () => {
    const coordinates =
      (46950820868899156662930047687818585632848591499744589407958293238635476079160n << 256n) |
      5640078356564379163099075877009565129882514886557779369047442380624545832820n;
    const spki = p256Spki(fromHex(coordinates.toString(16).padStart(128, '0')));
    const raw = fromBase64(
      'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==',
    );
    // The example writes r and s side by side; both are positive as they stand. We write them as
    // DER.
    const sig = Uint8Array.from([0x30, 68, 2, 32, ...raw.slice(0, 32), 2, 32, ...raw.slice(32)]);
    const publicKey = publicKeyOf(p, 'ecdsa-p256-sha256', spki);
    const signature = { keyid: publicKey.keyid, sig: toBase64(sig) };
    const envelope: Envelope = {
      payload: 'aGVsbG8gd29ybGQ=',
      payloadType: 'http://example.com/HelloWorld',
      signatures: [signature],
    };
    expect(verifySignature(p, envelope, signature, publicKey)).toBe(true);
    expect(
      verifySignature(p, { ...envelope, payload: 'aGVsbG8gd29ybGE=' }, signature, publicKey),
    ).toBe(false);
  });

  it('of several signers verify each under its own key only', async () => {
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [
      anna.signer,
      bert.signer,
    ]);
    const [first, second] = envelope.signatures;
    expect(verifySignature(p, envelope, first!, anna.publicKey)).toBe(true);
    expect(verifySignature(p, envelope, second!, bert.publicKey)).toBe(true);
    expect(verifySignature(p, envelope, first!, bert.publicKey)).toBe(false);
    expect(verifySignature(p, envelope, second!, anna.publicKey)).toBe(false);
  });

  it('cover the payload type', async () => {
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [anna.signer]);
    const other = { ...envelope, payloadType: 'application/json' };
    expect(verifySignature(p, other, envelope.signatures[0]!, anna.publicKey)).toBe(false);
  });

  it('verify nothing under a key that was enrolled with the id of another', async () => {
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [anna.signer]);
    const [signature] = envelope.signatures;
    const renamed: PublicKey = { ...anna.publicKey, keyid: bert.publicKey.keyid };
    expect(verifySignature(p, envelope, { ...signature!, keyid: renamed.keyid }, renamed)).toBe(
      false,
    );
  });

  it.each([
    ['base64 that is not strict', { sig: 'AA' }],
    ['no bytes', { sig: '' }],
    [
      'WebAuthn parts, not verified yet',
      { webauthn: { authenticatorData: '', clientDataJSON: '' } },
    ],
  ])('with %s verify nothing', async (__, change) => {
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [anna.signer]);
    expect(
      verifySignature(p, envelope, { ...envelope.signatures[0]!, ...change }, anna.publicKey),
    ).toBe(false);
  });

  it('over a payload or by a key that is not base64 verify nothing', async () => {
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [anna.signer]);
    const [signature] = envelope.signatures;
    expect(verifySignature(p, { ...envelope, payload: '*' }, signature!, anna.publicKey)).toBe(
      false,
    );
    expect(verifySignature(p, envelope, signature!, { ...anna.publicKey, spki: '*' })).toBe(false);
  });

  it('let errors of broken code through', async () => {
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [anna.signer]);
    const broken: Primitives = {
      ...p,
      verify: () => {
        throw new TypeError('broken');
      },
    };
    expect(() =>
      verifySignature(broken, envelope, envelope.signatures[0]!, anna.publicKey),
    ).toThrow(TypeError);
  });
});

describe('an envelope', () => {
  it('keeps its payload bytes as they are', async () => {
    const bytes = Uint8Array.of(0xff, 0, 0xfe);
    const envelope = await signEnvelope('application/octet-stream', bytes, [anna.signer]);
    expect(envelopePayload(envelope)).toEqual(bytes);
  });

  it('is signed once a key, and by someone', async () => {
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [anna.signer]);
    await expect(addSignature(envelope, anna.signer)).rejects.toMatchObject({
      code: 'bad_envelope',
    });
    await expect(signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [])).rejects.toMatchObject({
      code: 'bad_envelope',
    });
  });

  it('has at most 64 signatures', async () => {
    const one = { keyid: 'f'.repeat(64), sig: 'AA==' };
    const signatures = Array.from({ length: 64 }, (_, i) => ({
      ...one,
      keyid: i.toString(16).padStart(64, '0'),
    }));
    const full: Envelope = { payloadType: 't', payload: '', signatures };
    expect(parseEnvelope(full as unknown as Json).signatures).toHaveLength(64);
    await expect(addSignature(full, anna.signer)).rejects.toMatchObject({ code: 'bad_envelope' });
    const over = { ...full, signatures: [...signatures, one] };
    expect(() => parseEnvelope(over as unknown as Json)).toThrow('1 to 64');
  });

  it('reads back as it was written', async () => {
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [
      anna.signer,
      bert.signer,
    ]);
    const webauthn = { authenticatorData: 'AA==', clientDataJSON: 'e30=' };
    const signed = {
      ...envelope,
      signatures: envelope.signatures.map((one) => ({ ...one, webauthn })),
    };
    for (const written of [envelope, signed]) {
      expect(parseEnvelope(JSON.parse(JSON.stringify(written)))).toEqual(written);
    }
  });

  const keyid = 'a'.repeat(64);
  const good = { payloadType: 't', payload: 'AA==', signatures: [{ keyid, sig: 'AA==' }] };
  const withSignature = (change: object) => ({
    ...good,
    signatures: [{ keyid, sig: 'AA==', ...change }],
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'envelope'],
    ['a list', [good], 'envelope'],
    ['an unknown member', { ...good, extra: 1 }, 'envelope.extra'],
    ['no payload', { payloadType: 't', signatures: good.signatures }, 'envelope.payload'],
    ['a payload that is no text', { ...good, payload: 1 }, 'envelope.payload'],
    ['URL base64', { ...good, payload: '_-8=' }, 'envelope.payload'],
    ['an empty payload type', { ...good, payloadType: '' }, 'envelope.payloadType'],
    ['no signature', { ...good, signatures: [] }, 'envelope.signatures'],
    ['signatures that are no list', { ...good, signatures: {} }, 'envelope.signatures'],
    [
      'a key that signs twice',
      { ...good, signatures: [...good.signatures, { keyid, sig: 'AQ==' }] },
      'envelope.signatures',
    ],
    ['a signature that is no object', { ...good, signatures: ['AA=='] }, 'envelope.signatures[0]'],
    [
      'an unknown member of a signature',
      withSignature({ cert: 'x' }),
      'envelope.signatures[0].cert',
    ],
    [
      'a key id in capitals',
      withSignature({ keyid: 'A'.repeat(64) }),
      'envelope.signatures[0].keyid',
    ],
    [
      'a key id that is no digest',
      withSignature({ keyid: 'anna' }),
      'envelope.signatures[0].keyid',
    ],
    ['a signature that is not base64', withSignature({ sig: 'A' }), 'envelope.signatures[0].sig'],
    [
      'WebAuthn without its parts',
      withSignature({ webauthn: {} }),
      'envelope.signatures[0].webauthn.authenticatorData',
    ],
    ['WebAuthn as text', withSignature({ webauthn: 'x' }), 'envelope.signatures[0].webauthn'],
  ])('is refused with %s', (_, json, path) => {
    expect(() => parseEnvelope(json as Json)).toThrow(
      expect.objectContaining({ code: 'bad_envelope', details: { path } }),
    );
  });
});

describe('the digest of a set of signatures', () => {
  it('is that of the canonical JSON, whatever the order', () => {
    const a = { keyid: 'a'.repeat(64), sig: 'AA==' };
    const b = { sig: 'AA==', keyid: 'b'.repeat(64) };
    const b2 = { sig: 'AQ==', keyid: 'b'.repeat(64) };
    const text = JSON.stringify([a, b, b2].map(({ keyid, sig }) => ({ keyid, sig })));
    const expected = createHash('sha256').update(text).digest('hex');
    expect(signatureSetDigest(nodePrimitives, [a, b, b2])).toBe(expected);
    expect(signatureSetDigest(noblePrimitives, [b2, b, a])).toBe(expected);
  });

  it('covers the WebAuthn parts and the number of signatures', () => {
    const one = { keyid: 'a'.repeat(64), sig: 'AA==' };
    const other = { ...one, webauthn: { authenticatorData: 'AA==', clientDataJSON: 'AA==' } };
    const digests = [[one], [other], [one, one], []].map((set) =>
      signatureSetDigest(nodePrimitives, set),
    );
    expect(new Set(digests).size).toBe(4);
  });
});
