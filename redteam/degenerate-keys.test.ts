// SPDX-License-Identifier: Apache-2.0
// Keys under which signatures verify that nobody made, and signatures that verify under no key.
import {
  type Envelope,
  ed25519Spki,
  fromHex,
  type KeyAlgorithm,
  keyEntryJson,
  keyIdOf,
  p256Spki,
  toBase64,
  verifySignature,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import { nodePrimitives } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AttackersServer, attackersServer, forged } from './attackers-server.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';

let firm: FirmUnderAttack;
let evil: AttackersServer;
beforeAll(async () => {
  firm = await firmUnderAttack();
  evil = await attackersServer(firm);
});
afterAll(async () => {
  await evil?.close();
  await firm?.close();
});

const zeros = (bytes: number) => '00'.repeat(bytes);
const SMALL_ORDER = [
  `01${zeros(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  zeros(32),
  `${zeros(31)}80`,
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
];
/** y = p + 1, which reduces to the identity's 1, and y = p. */
const NOT_REDUCED = [`ee${'ff'.repeat(30)}7f`, `ed${'ff'.repeat(30)}7f`];
/** FIPS 186-5, base point of P-256, with its last byte changed. */
const GX = '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296';
const GY = '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
const OFF_CURVE = [`${GX}${GY.slice(0, -2)}f6`, zeros(64)];
const P256_HEADER = '3059301306072a8648ce3d020106082a8648ce3d030107034200';
const COMPRESSED = `3039301306072a8648ce3d020106082a8648ce3d030107032200${'03'}${GX}`;
const INFINITY = '301a301306072a8648ce3d020106082a8648ce3d03010703020000';
const HYBRID = `${P256_HEADER}07${GX}${GY}`;

/** With R the identity and S zero, S·B = R + k·A holds for an A of small order and no secret at all. */
const TRIVIAL_ED25519 = fromHex(`01${zeros(63)}`);
const ZERO_ED25519 = new Uint8Array(64);
const derOf = (r: string, s: string) => {
  const integer = (hex: string) => `02${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`;
  const body = integer(r) + integer(s);
  return fromHex(`30${(body.length / 2).toString(16).padStart(2, '0')}${body}`);
};
const ORDER = '00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const DEGENERATE_P256 = [
  derOf('00', '00'),
  derOf('01', '00'),
  derOf('00', '01'),
  derOf(ORDER, '01'),
  derOf('01', ORDER),
];

interface Degenerate {
  readonly algorithm: KeyAlgorithm;
  readonly spki: Uint8Array;
  readonly signatures: readonly Uint8Array[];
}

/** An enrolment in due form whose new key "accepts" with each of these signatures. */
async function refusesKey({ algorithm, spki, signatures }: Degenerate): Promise<void> {
  const before = await firm.state();
  const key = { keyid: keyIdOf(nodePrimitives, spki), algorithm, spki: toBase64(spki) };
  const entry = { key, holder: { kind: 'person', account: 'dana', roles: ['validator'] } } as const;
  const people = await Promise.all(['ada', 'ben', 'vera'].map((one) => firm.signer(one)));
  const draft = { type: 'key-enrolment', scope: 'firm', actor: 'ada', producer: 'human' } as const;
  const content = { key: keyEntryJson(entry), proofing: 'seen' };
  const envelope = await forged(firm, { ...draft, content }, people);
  for (const sig of signatures) {
    const signature = { keyid: key.keyid, sig: toBase64(sig) };
    for (const primitives of [nodePrimitives, noblePrimitives]) {
      expect(verifySignature(primitives, envelope, signature, key)).toBe(false);
    }
    const signed: Envelope = { ...envelope, signatures: [...envelope.signatures, signature] };
    const reply = await firm.send('ada', signed);
    expect([409, 422]).toContain(reply.status);
    const code = (reply.body.error as { code: string }).code;
    await firm.refused(reply, { status: reply.status, code });
    evil.add(signed);
    expect(evil.set().register.has(key.keyid)).toBe(false);
    evil.entries.pop();
  }
  await firm.unchanged(before);
}

const ed25519 = (raw: string): Degenerate => ({
  algorithm: 'ed25519',
  spki: ed25519Spki(fromHex(raw)),
  signatures: [TRIVIAL_ED25519, ZERO_ED25519],
});
const p256 = (spki: Uint8Array): Degenerate => ({
  algorithm: 'ecdsa-p256-sha256',
  spki,
  signatures: DEGENERATE_P256,
});

describe('a key that needs no secret is enrolled for nobody', () => {
  test('RT-207 an Ed25519 key of small order, all zeros among them', async () => {
    for (const raw of SMALL_ORDER) await refusesKey(ed25519(raw));
  });
  test('RT-208 an Ed25519 key whose coordinate is not reduced', async () => {
    for (const raw of NOT_REDUCED) await refusesKey(ed25519(raw));
  });
  test('RT-209 a P-256 key off the curve, at infinity, compressed or hybrid', async () => {
    for (const point of OFF_CURVE) await refusesKey(p256(p256Spki(fromHex(point))));
    for (const spki of [COMPRESSED, INFINITY, HYBRID]) await refusesKey(p256(fromHex(spki)));
  });
  test('RT-210 a P-256 key that is sound, accepted with r or s zero or beyond the order', async () => {
    await refusesKey(p256(p256Spki(fromHex(GX + GY))));
  });
});
