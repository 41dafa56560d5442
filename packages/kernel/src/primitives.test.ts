// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../tests/property-seed.ts';
import { concatBytes, fromHex, toHex, utf8 } from './bytes.ts';
import {
  ed25519Spki,
  isEd25519Signature,
  p256SignatureScalars,
  p256Spki,
  rawPublicKey,
} from './key-format.ts';
import { noblePrimitives } from './noble.ts';
import { nodePrimitives, nodeSigner } from './node.ts';
import {
  isDigest,
  type KeyAlgorithm,
  keyIdOf,
  type Primitives,
  publicKeyOf,
} from './primitives.ts';

const both: readonly (readonly [string, Primitives])[] = [
  ['node', nodePrimitives],
  ['noble', noblePrimitives],
];

interface Case {
  readonly title: string;
  readonly algorithm: KeyAlgorithm;
  readonly spki: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly holds: boolean;
}

const FIELD = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

describe.each(both)('%s', (_, p) => {
  it.each([...rfc8032(), ...ed25519Edges(), ...ecdsaVectors(), ...ecdsaEdges()])(
    '$title: $holds',
    ({ algorithm, spki, message, signature, holds }) => {
      expect(p.verify(algorithm, spki, message, signature)).toBe(holds);
    },
  );

  it('hashes as FIPS 180-4 has it', () => {
    expect(toHex(p.sha256(new Uint8Array(0)))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(toHex(p.sha256(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(toHex(p.sha256(utf8('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')))).toBe(
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    );
  });

  it('returns a plain array that shares nothing', () => {
    const digest = p.sha256(utf8('abc'));
    expect(digest.constructor).toBe(Uint8Array);
    digest.slice().fill(0);
    expect(digest[0]).toBe(0xba);
  });

  it('refuses an algorithm it does not know', () => {
    const [vector] = rfc8032();
    const { spki, message, signature } = vector!;
    expect(p.verify('rsa' as KeyAlgorithm, spki, message, signature)).toBe(false);
  });
});

describe('both primitives', () => {
  it('hash alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const expected = createHash('sha256').update(bytes).digest('hex');
        expect(toHex(nodePrimitives.sha256(bytes))).toBe(expected);
        expect(toHex(noblePrimitives.sha256(bytes))).toBe(expected);
      }),
      { seed },
    );
  });

  it.each(['ed25519', 'ecdsa-p256-sha256'] as const)(
    'give the same answer on damaged %s signatures, keys and messages',
    async (algorithm) => {
      const { signer, spki } = freshKey(algorithm);
      const message = utf8('a record of some length, to be damaged');
      const signature = await signer.sign(message);
      const triple = [spki, message, signature] as const;
      const damage = fc.tuple(fc.nat(2), fc.nat(200), fc.nat(7), fc.nat(2));
      fc.assert(
        fc.property(damage, ([which, at, bit, kind]) => {
          const [key, text, sig] = triple.map((bytes, i) =>
            i === which ? damaged(bytes, { at, bit, kind }) : bytes,
          );
          const answer = nodePrimitives.verify(algorithm, key!, text!, sig!);
          expect(answer).toBe(false);
          expect(noblePrimitives.verify(algorithm, key!, text!, sig!)).toBe(answer);
        }),
        { seed, numRuns: 300 },
      );
    },
  );

  it('agree on signatures under a key with a part of small order', () => {
    // k ≡ 0 (mod 8) makes such a signature hold without the cofactor, any other k does not: both
    // must occur.
    const answers = new Set<boolean>();
    for (let i = 0; i < 64; i++) {
      const { spki, message, signature } = mixedOrderKey(utf8(`message ${i}`));
      const answer = nodePrimitives.verify('ed25519', spki, message, signature);
      expect(noblePrimitives.verify('ed25519', spki, message, signature)).toBe(answer);
      answers.add(answer);
    }
    expect(answers).toEqual(new Set([true, false]));
  });

  it.each(['ed25519', 'ecdsa-p256-sha256'] as const)(
    'verify what nodeSigner signs with %s',
    async (algorithm) => {
      const { signer, spki } = freshKey(algorithm);
      expect(signer.algorithm).toBe(algorithm);
      expect(signer.keyid).toBe(keyIdOf(noblePrimitives, spki));
      expect(rawPublicKey(algorithm, spki)).toBeDefined();
      const message = utf8('signed once');
      const signature = await signer.sign(message);
      for (const [, p] of both) {
        expect(p.verify(algorithm, spki, message, signature)).toBe(true);
        expect(p.verify(algorithm, spki, utf8('signed twice'), signature)).toBe(false);
      }
    },
  );
});

describe("the kernel's own checks", () => {
  // Asked by themselves, since behind them a library may refuse the same: that must not be what we rest on.
  const isReadable = ({ algorithm, signature }: Case) =>
    algorithm === 'ed25519'
      ? isEd25519Signature(signature)
      : p256SignatureScalars(signature) !== undefined;

  it('let every true signature through', () => {
    for (const vector of [...rfc8032(), ...ecdsaVectors()]) expect(isReadable(vector)).toBe(true);
  });

  it.each([
    'Ed25519, S plus the group order',
    'Ed25519, S of all ones',
    'Ed25519, a signature cut short',
    'Ed25519, R with y not reduced',
    'Ed25519, R the identity',
    'Ed25519, R of order 8',
    'P-256, r of 0',
    'P-256, s of 0',
    'P-256, r of the order',
    'P-256, s of the order',
    'P-256, r plus the order',
    'P-256, r as a negative integer',
    'P-256, r with two zeros before it',
    'P-256, s with a needless 0',
    'P-256, s without bytes',
    'P-256, a long-form length',
    'P-256, an indefinite length',
    'P-256, a byte after',
    'P-256, a byte after, counted in',
    'P-256, cut short',
    'P-256, r as an octet string',
  ])('refuse: %s', (title) => {
    const found = [...ed25519Edges(), ...ecdsaEdges()].find((one) => one.title === title);
    expect(isReadable(found!)).toBe(false);
  });
});

describe('keys', () => {
  it('other than Ed25519 and P-256 make no signer', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const ed = generateKeyPairSync('ed25519');
    for (const key of [rsa.privateKey, p384.privateKey, ed.publicKey]) {
      expect(() => nodeSigner(key)).toThrow(expect.objectContaining({ code: 'bad_key' }));
    }
  });

  it('have the length of their kind', () => {
    expect(() => ed25519Spki(new Uint8Array(31))).toThrow(
      expect.objectContaining({ code: 'bad_key' }),
    );
    expect(() => p256Spki(new Uint8Array(65))).toThrow(
      expect.objectContaining({ code: 'bad_key' }),
    );
  });

  it('are named by the SHA-256 of their SPKI', () => {
    const spki = ed25519Spki(
      fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
    );
    const key = publicKeyOf(nodePrimitives, 'ed25519', spki);
    expect(key.keyid).toBe(createHash('sha256').update(spki).digest('hex'));
    expect(Buffer.from(key.spki, 'base64').equals(spki)).toBe(true);
    expect(isDigest(key.keyid)).toBe(true);
    expect(isDigest(key.keyid.toUpperCase())).toBe(false);
  });

  it('of small order are the eight that the curve has', () => {
    const found = new Set<string>();
    let point = ed25519.Point.ZERO;
    for (let i = 0; i < 8; i++) {
      found.add(toHex(point.toBytes()));
      expect(rawPublicKey('ed25519', ed25519Spki(point.toBytes()))).toBeUndefined();
      point = point.add(torsion());
    }
    expect(found.size).toBe(8);
  });
});

function rfc8032(): Case[] {
  const vectors = [
    [
      'test 1',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      'test 2',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'test 3',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
    [
      'test SHA(abc)',
      'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
    ],
  ] as const;
  return vectors.map(([name, key, message, signature]) => ({
    title: `RFC 8032 section 7.1, ${name}`,
    algorithm: 'ed25519',
    spki: ed25519Spki(fromHex(key)),
    message: fromHex(message),
    signature: fromHex(signature),
    holds: true,
  }));
}

function ed25519Edges(): Case[] {
  const good = rfc8032()[1]!;
  const edge = (title: string, change: Partial<Case>): Case => ({
    ...good,
    title: `Ed25519, ${title}`,
    holds: false,
    ...change,
  });
  const r = good.signature.slice(0, 32);
  const s = littleEndianNumber(good.signature.slice(32));
  const rawKey = good.spki.slice(12);
  return [
    edge('S plus the group order', { signature: concatBytes(r, littleEndianBytes(s + ORDER)) }),
    edge('S of all ones', { signature: concatBytes(r, new Uint8Array(32).fill(255)) }),
    edge('a signature cut short', { signature: good.signature.slice(0, 63) }),
    edge('a signature with a byte more', {
      signature: concatBytes(good.signature, Uint8Array.of(0)),
    }),
    edge('no signature', { signature: new Uint8Array(0) }),
    edge('R and S of zeros', { signature: new Uint8Array(64) }),
    edge('another message', { message: utf8('s') }),
    edge('the raw key without its SPKI', { spki: rawKey }),
    edge('a byte after the SPKI', { spki: concatBytes(good.spki, Uint8Array.of(0)) }),
    edge('the SPKI of X25519', { spki: damaged(good.spki, { at: 8, bit: 1, kind: 0 }) }),
    edge('the key with its sign flipped', {
      spki: damaged(good.spki, { at: 43, bit: 7, kind: 0 }),
    }),
    edge('the key taken for P-256', { algorithm: 'ecdsa-p256-sha256' }),
    edge('a key whose y has no x', { spki: ed25519Spki(littleEndianBytes(2n)) }),
    ...smallOrderKeys().map(([name, key]) => edge(`the forgery under ${name}`, forgery(key))),
    edge('a key with y not reduced', unreducedKey()),
    edge('R with y not reduced', identityR(littleEndianBytes(FIELD + 1n))),
    // OpenSSL 3.0 accepts this one and OpenSSL 3.5 does not: the kernel's own check decides.
    edge('R the identity', identityR(ed25519.Point.ZERO.toBytes())),
    edge('R of order 8', smallOrderR()),
    edge('R with a part of small order, which only the cofactor would hide', mixedOrderR()),
  ];
}

/** Encodings of the small-order points, the reduced and the ones that RFC 8032 forbids. */
function smallOrderKeys(): (readonly [string, Uint8Array])[] {
  const keys: (readonly [string, Uint8Array])[] = [];
  let point = ed25519.Point.ZERO;
  for (let i = 0; i < 8; i++) {
    keys.push([`${i} times a point of order 8`, point.toBytes()]);
    point = point.add(torsion());
  }
  const sign = 1n << 255n;
  for (const [name, y] of [
    ['y = p', FIELD],
    ['y = p + 1', FIELD + 1n],
    ['y = p with sign', FIELD | sign],
    ['y = p + 1 with sign', (FIELD + 1n) | sign],
    ['y = 1 with sign', 1n | sign],
    ['y = p - 1 with sign', (FIELD - 1n) | sign],
  ] as const) {
    keys.push([name, littleEndianBytes(y)]);
  }
  return keys;
}

/** R = 1·B and S = 1 hold for any message whose k is a multiple of 8, without a secret. */
function forgery(key: Uint8Array): Partial<Case> {
  const r = ed25519.Point.BASE.toBytes();
  for (let i = 0; ; i++) {
    const message = utf8(`approved ${i}`);
    if (challenge(r, key, message) % 8n !== 0n) continue;
    return { spki: ed25519Spki(key), message, signature: concatBytes(r, littleEndianBytes(1n)) };
  }
}

/** A point of order 8: any point times the prime order has only its small-order part left. */
function torsion() {
  for (let y = 2n; ; y++) {
    const point = decodePoint(littleEndianBytes(y));
    if (point === undefined) continue;
    const part = point.multiplyUnsafe(ORDER - 1n).add(point);
    if (!part.double().double().is0()) return part;
  }
}

function decodePoint(bytes: Uint8Array) {
  try {
    return ed25519.Point.fromBytes(bytes, true);
  } catch {
    return undefined;
  }
}

/** A key of large order in an encoding with y + p: the same point, spelled twice. */
function unreducedKey(): Partial<Case> {
  for (let y = 2n; y < 19n; y++) {
    const unreduced = littleEndianBytes(y + FIELD);
    if (decodePoint(unreduced) !== undefined) return { spki: ed25519Spki(unreduced) };
  }
  throw new Error('no such point');
}

/** R of the identity and S = k·a: the equation holds, so only R's spelling decides. */
function identityR(encodedR: Uint8Array): Partial<Case> {
  const key = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(7));
  const message = utf8('R is the identity');
  const k = challenge(encodedR, key.pointBytes, message);
  const s = (k * key.scalar) % ORDER;
  return {
    spki: ed25519Spki(key.pointBytes),
    message,
    signature: concatBytes(encodedR, littleEndianBytes(s)),
  };
}

/** R = T of order 8 under A = a·B + T: with k ≡ 7 (mod 8), R + k·A = k·a·B, so no nonce is needed. */
function smallOrderR(): Partial<Case> {
  const a = 987654321n;
  const key = ed25519.Point.BASE.multiply(a).add(torsion()).toBytes();
  const r = torsion().toBytes();
  for (let i = 0; ; i++) {
    const message = utf8(`R of order 8, ${i}`);
    const k = challenge(r, key, message);
    if (k % 8n !== 7n) continue;
    const signature = concatBytes(r, littleEndianBytes((k * a) % ORDER));
    return { spki: ed25519Spki(key), message, signature };
  }
}

function mixedOrderR(): Partial<Case> {
  const key = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(8));
  const message = utf8('R has a part of small order');
  const r = ed25519.Point.BASE.multiply(12345n).add(torsion()).toBytes();
  const s = (12345n + challenge(r, key.pointBytes, message) * key.scalar) % ORDER;
  return {
    spki: ed25519Spki(key.pointBytes),
    message,
    signature: concatBytes(r, littleEndianBytes(s)),
  };
}

function mixedOrderKey(message: Uint8Array) {
  const a = 987654321n;
  const key = ed25519.Point.BASE.multiply(a).add(torsion()).toBytes();
  const r = ed25519.Point.BASE.multiply(12345n).toBytes();
  const s = (12345n + challenge(r, key, message) * a) % ORDER;
  return { spki: ed25519Spki(key), message, signature: concatBytes(r, littleEndianBytes(s)) };
}

function challenge(r: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return littleEndianNumber(sha512(concatBytes(r, key, message))) % ORDER;
}

const RFC6979_KEY = p256Spki(
  fromHex(
    '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  ),
);

function ecdsaVectors(): Case[] {
  const vector = (
    title: string,
    change: Pick<Case, 'spki' | 'message'>,
    rs: readonly [bigint, bigint],
  ): Case => ({
    title,
    algorithm: 'ecdsa-p256-sha256',
    holds: true,
    signature: der(...rs),
    ...change,
  });
  return [
    vector('RFC 6979 A.2.5, `sample`', { spki: RFC6979_KEY, message: utf8('sample') }, [
      0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n,
      0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n,
    ]),
    vector('RFC 6979 A.2.5, `test`', { spki: RFC6979_KEY, message: utf8('test') }, [
      0xf1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367n,
      0x019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083n,
    ]),
    vector(
      'NIST CAVP SigGen, P-256 with SHA-256',
      {
        spki: p256Spki(
          fromHex(
            '1ccbe91c075fc7f4f033bfa248db8fccd3565de94bbfb12f3c59ff46c271bf83ce4014c68811f9a21a1fdb2c0e6113e06db7ca93b7404e78dc7ccd5ca89a4ca9',
          ),
        ),
        message: fromHex(
          '5905238877c77421f73e43ee3da6f2d9e2ccad5fc942dcec0cbd25482935faaf416983fe165b1a045ee2bcd2e6dca3bdf46c4310a7461f9a37960ca672d3feb5473e253605fb1ddfd28065b53cb5858a8ad28175bf9bd386a5e471ea7a65c17cc934a9d791e91491eb3754d03799790fe2d308d16146d5c9b0d0debd97d79ce8',
        ),
      },
      [
        0xf3ac8061b514795b8843e3d6629527ed2afd6b1f6a555a7acabb5e6f79c8c2acn,
        0x8bf77819ca05a6b2786c76262bf7371cef97b218e96f175a3ccdda2acc058903n,
      ],
    ),
  ];
}

function ecdsaEdges(): Case[] {
  const good = ecdsaVectors()[0]!;
  const r = 0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n;
  const s = 0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n;
  const edge = (title: string, change: Partial<Case>): Case => ({
    ...good,
    title: `P-256, ${title}`,
    holds: false,
    ...change,
  });
  const signed = (title: string, signature: Uint8Array) => edge(title, { signature });
  const point = good.spki.slice(27);
  return [
    { ...signed('the other s (both are ECDSA)', der(r, P256_ORDER - s)), holds: true },
    signed('r and s exchanged', der(s, r)),
    signed('r of 0', der(0n, s)),
    signed('s of 0', der(r, 0n)),
    signed('r and s of 0', der(0n, 0n)),
    signed('r of 1 and s of 1', der(1n, 1n)),
    signed('r of the order', der(P256_ORDER, s)),
    signed('s of the order', der(r, P256_ORDER)),
    signed('r plus the order', der(r + P256_ORDER, s)),
    signed('s plus the order', der(r, s + P256_ORDER)),
    signed('r as a negative integer', tlv(0x30, tlv(0x02, bigEndianBytes(r)), integer(s))),
    signed(
      'r with two zeros before it',
      tlv(0x30, tlv(0x02, concatBytes(Uint8Array.of(0, 0), bigEndianBytes(r))), integer(s)),
    ),
    edge('s with a needless 0', needlessZero()),
    signed('s without bytes', tlv(0x30, integer(r), tlv(0x02, new Uint8Array(0)))),
    signed('a long-form length', longForm(good.signature)),
    signed(
      'an indefinite length',
      concatBytes(Uint8Array.of(0x30, 0x80), good.signature.slice(2), Uint8Array.of(0, 0)),
    ),
    signed('a byte after', concatBytes(good.signature, Uint8Array.of(0))),
    signed('a byte after, counted in', tlv(0x30, integer(r), integer(s), Uint8Array.of(0))),
    signed('a third integer', tlv(0x30, integer(r), integer(s), integer(1n))),
    signed('only r', tlv(0x30, integer(r))),
    signed('the wrong tag', tlv(0x31, integer(r), integer(s))),
    signed('r as an octet string', tlv(0x30, tlv(0x04, bigEndianBytes(r)), integer(s))),
    signed('cut short', good.signature.slice(0, -1)),
    signed('r and s side by side, without DER', concatBytes(bigEndianBytes(r), bigEndianBytes(s))),
    signed('no bytes', new Uint8Array(0)),
    edge('another message', { message: utf8('Sample') }),
    edge('another key', { spki: ecdsaVectors()[2]!.spki }),
    edge('the key taken for Ed25519', { algorithm: 'ed25519' }),
    edge('a key off the curve', { spki: damaged(good.spki, { at: 90, bit: 0, kind: 0 }) }),
    edge('the point (0, 0)', { spki: p256Spki(new Uint8Array(64)) }),
    edge('coordinates beyond the field', { spki: p256Spki(new Uint8Array(64).fill(255)) }),
    edge('y and x exchanged', { spki: p256Spki(concatBytes(point.slice(32), point.slice(0, 32))) }),
    edge('the identity as key', {
      spki: fromHex('3019301306072a8648ce3d020106082a8648ce3d03010703020000'),
    }),
    edge('a compressed point', { spki: compressed(point) }),
    edge('a key on another curve', { spki: p384Spki() }),
    edge('a byte after the SPKI', { spki: concatBytes(good.spki, Uint8Array.of(0)) }),
  ];
}

/** The `test` signature of RFC 6979, whose s needs no 0 before it, with one. */
function needlessZero(): Partial<Case> {
  const { message, signature } = ecdsaVectors()[1]!;
  const s = signature.slice(-32);
  const padded = tlv(0x02, concatBytes(Uint8Array.of(0), s));
  return { message, signature: tlv(0x30, signature.slice(2, -34), padded) };
}

function compressed(point: Uint8Array): Uint8Array {
  const bytes = p256.Point.fromBytes(concatBytes(Uint8Array.of(4), point)).toBytes(true);
  return concatBytes(fromHex('3039301306072a8648ce3d020106082a8648ce3d030107032200'), bytes);
}

function p384Spki(): Uint8Array {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
}

function freshKey(algorithm: KeyAlgorithm) {
  const { privateKey, publicKey } =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  return { signer: nodeSigner(privateKey), spki };
}

function damaged(
  bytes: Uint8Array,
  damage: { readonly at: number; readonly bit: number; readonly kind: number },
): Uint8Array {
  const at = damage.at % bytes.length;
  if (damage.kind === 1) return bytes.slice(0, at);
  if (damage.kind === 2)
    return concatBytes(bytes.slice(0, at), Uint8Array.of(damage.bit), bytes.slice(at));
  const copy = bytes.slice();
  copy[at]! ^= 1 << damage.bit;
  return copy;
}

function der(r: bigint, s: bigint): Uint8Array {
  return tlv(0x30, integer(r), integer(s));
}

function integer(n: bigint): Uint8Array {
  const hex = n.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return tlv(0x02, fromHex(/^[89a-f]/.test(even) ? `00${even}` : even));
}

function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents);
  return concatBytes(Uint8Array.of(tag, content.length), content);
}

function longForm(signature: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0x30, 0x81, signature[1]!), signature.slice(2));
}

function bigEndianBytes(n: bigint): Uint8Array {
  return fromHex(n.toString(16).padStart(64, '0'));
}

function littleEndianBytes(n: bigint): Uint8Array {
  return bigEndianBytes(n).reverse();
}

function littleEndianNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}
