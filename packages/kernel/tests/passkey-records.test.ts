// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  addSignature,
  type Envelope,
  envelopePayload,
  type Holder,
  keyEntryJson,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  pae,
  type Role,
  recordSet,
  signersOf,
  statementBytes,
  subjectOf,
  toBase64,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import { type Firm, foundFirm } from './firm.ts';
import { type Deviation, newPasskey, type Passkey, withPasskey } from './passkey.ts';

const nora: Holder = { kind: 'person', account: 'nora', roles: ['model-risk'] };
const signInChallenge: Deviation = {
  client: { challenge: Buffer.alloc(32, 9).toString('base64url') },
};

describe.each(['ed25519', 'ecdsa-p256-sha256'] as const)(
  'a person enrolled with a passkey of %s',
  (algorithm) => {
    test('signs records that count, and both primitives agree on the whole set', async () => {
      const { firm, passkey } = await firmWith(newPasskey(algorithm));
      const digest = firm.log(withPasskey(unsigned(tierBy(firm, 'nora')), passkey));
      const set = firm.set();
      expect(set.rejected).toEqual([]);
      const record = set.byDigest.get(digest)!;
      expect(signersOf(p, record, set.register).map(accountOf)).toEqual(['nora']);
      const byNoble = recordSet(noblePrimitives, firm.root, firm.entries);
      expect(byNoble).toEqual({ ok: true, set });
    });

    test.each<[string, (envelope: Envelope, passkey: Passkey) => Envelope]>([
      ['a sign-in', (envelope, passkey) => withPasskey(envelope, passkey, signInChallenge)],
      [
        'an assertion over another record',
        (envelope, passkey) => ({
          ...envelope,
          signatures: withPasskey({ ...envelope, payload: toBase64(Uint8Array.of(1)) }, passkey)
            .signatures,
        }),
      ],
      ['the key itself without an assertion', signedRaw],
    ])('signs no record by %s', async (_, sign) => {
      const { firm, passkey } = await firmWith(newPasskey(algorithm));
      const digest = firm.log(sign(unsigned(tierBy(firm, 'nora')), passkey));
      expect(firm.set().rejected).toEqual([
        { digest, reason: 'no enrolled key signed this risk-tier' },
      ]);
    });

    test('accepts the enrolment by an assertion over it, never by a sign-in', async () => {
      for (const [deviation, isEnrolled] of [
        [{}, true],
        [signInChallenge, false],
      ] as const) {
        const { firm, passkey } = await firmWith(newPasskey(algorithm), deviation);
        const { register, rejected } = firm.set();
        expect(register.has(passkey.publicKey.keyid)).toBe(isEnrolled);
        expect(rejected.map(({ reason }) => reason)).toEqual(
          isEnrolled ? [] : [expect.stringContaining('not accepted with the new key itself')],
        );
      }
    });
  },
);

test('a person enrolled without a passkey signs no record by an assertion', async () => {
  const passkey = newPasskey('ed25519');
  const { webauthn: _webauthn, ...publicKey } = passkey.publicKey;
  const firm = await foundFirm();
  const accept = (envelope: Envelope) => signedRaw(envelope, passkey);
  firm.log(accept(await enrolment(firm, keyEntryJson({ key: publicKey, holder: nora }))));
  const digest = firm.log(withPasskey(unsigned(tierBy(firm, 'nora')), passkey));
  const { register, rejected } = firm.set();
  expect(register.has(publicKey.keyid)).toBe(true);
  expect(rejected).toEqual([{ digest, reason: 'no enrolled key signed this risk-tier' }]);
});

test('a founding record may enrol passkeys, and counts administrators that sign with them', async () => {
  const firm = await foundFirm();
  const passkeys = [newPasskey('ed25519'), newPasskey('ecdsa-p256-sha256')];
  const founding = firm.entries[0]!.statement.predicate;
  const roles: readonly Role[] = ['administrator'];
  const administrators = passkeys.map(({ publicKey }, i) =>
    keyEntryJson({ key: publicKey, holder: { kind: 'person', account: `chief-${i}`, roles } }),
  );
  const keys = [...(founding.content.keys as readonly object[]), ...administrators];
  const envelope = unsigned({
    ...founding,
    actor: 'chief-0',
    content: { ...founding.content, keys } as Predicate['content'],
  });
  const [first, second] = passkeys;
  const signed = withPasskey(withPasskey(envelope, first!), second!);
  const spoilt = withPasskey(withPasskey(envelope, first!), second!, signInChallenge);
  for (const [given, isFounded] of [
    [signed, true],
    [spoilt, false],
  ] as const) {
    firm.entries.length = 0;
    const root = firm.log(given);
    expect(recordSet(p, root, firm.entries).ok).toBe(isFounded);
  }
});

/** A firm in which two administrators and the passkey have enrolled nora; mia confirms her role. */
async function firmWith(
  passkey: Passkey,
  deviation: Deviation = {},
): Promise<{ readonly firm: Firm; readonly passkey: Passkey }> {
  const firm = await foundFirm();
  const envelope = await enrolment(firm, keyEntryJson({ key: passkey.publicKey, holder: nora }));
  firm.log(withPasskey(envelope, passkey, deviation));
  return { firm, passkey };
}

async function enrolment(firm: Firm, key: Predicate['content']): Promise<Envelope> {
  let envelope = unsigned({
    ...tierBy(firm, 'ada'),
    type: 'key-enrolment',
    scope: 'firm',
    content: { key, proofing: 'passport seen' },
  });
  const { ada, alan, mia } = firm.people;
  for (const { signer } of [ada, alan, mia]) envelope = await addSignature(envelope, signer);
  return envelope;
}

function tierBy(firm: Firm, actor: string): Predicate {
  return {
    type: 'risk-tier',
    scope: 'version',
    subjectRef: { workspace: 'main' },
    producer: 'human',
    actor,
    claimedAt: firm.now(),
    source: [],
    founding: firm.root,
    content: {},
  };
}

function unsigned(predicate: Predicate): Envelope {
  const payload = statementBytes({ subject: [subjectOf(p, predicate.subjectRef)], predicate });
  return { payloadType: PAYLOAD_TYPE_STATEMENT, payload: toBase64(payload), signatures: [] };
}

function signedRaw(envelope: Envelope, passkey: Passkey): Envelope {
  const { keyid } = passkey.publicKey;
  const sig = toBase64(passkey.signRaw(pae(envelope.payloadType, envelopePayload(envelope))));
  return { ...envelope, signatures: [...envelope.signatures, { keyid, sig }] };
}
