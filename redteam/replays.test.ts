// SPDX-License-Identifier: Apache-2.0
// Approvals that were really given, presented for something else; and signatures that are no approval at all.
import { randomBytes } from 'node:crypto';
import {
  type Envelope,
  fromBase64,
  fromUtf8,
  keyEntryJson,
  pae,
  toBase64,
  utf8,
  verifyBundle,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Deviation,
  FLAGS,
  newPasskey,
  type Passkey,
  withPasskey,
} from '../packages/kernel/tests/passkey.ts';
import { PASSWORD } from '../packages/server/tests/server-fixture.ts';
import { type AttackersServer, attackersServer, forged, warrantDraft } from './attackers-server.ts';
import type { ApprovalChange, Caller } from './firm-api.ts';
import {
  type FirmState,
  type FirmUnderAttack,
  firmUnderAttack,
  type Refusal,
} from './firm-under-attack.ts';

let firm: FirmUnderAttack;
let evil: AttackersServer;
let before: FirmState;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
beforeEach(async () => {
  evil = await attackersServer(firm);
  before = await firm.state();
});
afterEach(async () => {
  await firm.unchanged(before);
  await evil.close();
});
afterAll(() => firm?.close());

const staging = { environment: 'staging' } as const;

/** What a given approval would have to carry: a warrant by the stolen platform key for the version that waits. */
async function refusedFor(envelope: Envelope, says: RegExp): Promise<void> {
  evil.add(envelope);
  const draft = warrantDraft(firm.open.candidate, firm.open.change, staging);
  const warrant = await evil.forge(draft, await firm.serviceSigner('platform'));
  await evil.refuses(warrant, { ...staging, says });
}

/** An approval recorded earlier, as it was signed. */
function given(digest: string): Envelope {
  const record = evil.entries.find((one) => one.digest === digest);
  if (record === undefined) throw new Error(`no record ${digest}`);
  return record.envelope;
}

function rewritten(envelope: Envelope, from: string, to: string): Envelope {
  const text = fromUtf8(fromBase64(envelope.payload));
  if (!text.includes(from)) throw new Error(`the statement holds no ${from}`);
  return { ...envelope, payload: toBase64(utf8(text.replaceAll(from, to))) };
}

async function refusedAtTheDoor(by: Caller, envelope: Envelope, expected: Refusal): Promise<void> {
  await firm.refused(await firm.send(by, envelope), expected);
}

const REFUSED = { status: 409, code: 'record_refused' } as const;
const UNVERIFIED = { status: 422, code: 'signature_invalid' } as const;

describe('an approval approves what it was signed over and nothing else', () => {
  test('RT-011 an approval of version 1 approves nothing of version 2', async () => {
    const old = given(firm.live.approvals.vera);
    await refusedFor(old, /1 approval by validator missing/);
    const moved = rewritten(old, firm.live.stagingRequest, firm.open.change);
    await refusedAtTheDoor('vera', moved, {
      ...UNVERIFIED,
      says: /does not verify over these bytes/,
    });
    await refusedFor(moved, /1 approval by validator missing/);
    expect(evil.set().rejected.at(-1)?.reason).toMatch(
      /no enrolled key signed this approval-record/,
    );
  });

  test('RT-012 approvals for one request to production carry no second one', async () => {
    const { candidate, approvals } = firm.live;
    const second = await evil.forge(
      { ...changeOf(firm.live.productionRequest), producer: 'human', actor: 'dana' },
      await firm.signer('dana'),
    );
    const over = { approvals: [approvals.lena, approvals.eve] };
    const warrant = await evil.forge(
      warrantDraft(candidate, second, over),
      await firm.serviceSigner('platform'),
    );
    await evil.refuses(warrant, { says: /1 approval by legal missing/ });
  });

  test('RT-013 approvals for staging approve nothing for production', async () => {
    const { candidate, stagingRequest } = firm.live;
    const draft = warrantDraft(candidate, stagingRequest);
    const warrant = await evil.forge(draft, await firm.serviceSigner('platform'));
    await evil.refuses(warrant, { says: /stage is not the one that was approved/ });
  });

  test('RT-014 approvals for one use or model approve nothing for another', async () => {
    const { candidate, productionRequest } = firm.live;
    for (const [subject, says] of [
      [{ use: 'marketing' }, /use is not the one that was approved/],
      [{ model: 'mortgages' }, /model is not the one that was approved/],
      [{ version: 2 }, /version is not the one that was approved/],
    ] as const) {
      const draft = warrantDraft(candidate, productionRequest);
      const moved = { ...draft, subjectRef: { ...candidate.ref, ...subject } };
      const warrant = await evil.forge(moved, await firm.serviceSigner('platform'));
      await evil.refuses(warrant, {
        says,
        gatewaySays: new RegExp(`${says.source}|no warrant lets`),
      });
    }
  });

  test('RT-015 approvals under one policy approve nothing under another', async () => {
    const { candidate, productionRequest } = firm.live;
    const draft = warrantDraft(candidate, productionRequest, { policy: 'ab'.repeat(32) });
    const warrant = await evil.forge(draft, await firm.serviceSigner('platform'));
    await evil.refuses(warrant, { says: /policy is not the one that was approved/ });
  });

  test('RT-016 an approval given in another firm counts for nothing in this one', async () => {
    const foreign = await forged(firm, await asDraft({}, 'cd'.repeat(32)), [
      await firm.signer('vera'),
    ]);
    await refusedAtTheDoor('vera', foreign, { status: 422, code: 'record_of_another_firm' });
    await refusedFor(foreign, /1 approval by validator missing/);
    expect(evil.set().rejected.map(({ reason }) => reason)).toContain(
      'it belongs to another founding record',
    );
  });

  test.each<[string, string, ApprovalChange, RegExp]>([
    [
      'RT-017 in a role that its signer does not hold',
      'mia',
      {},
      /`mia` did not sign it (with a key )?in the role validator/,
    ],
    [
      'RT-018 that is about another request than it names',
      'vera',
      { subject: 'ab'.repeat(32) },
      /subject is (not the change request it names|another change request)/,
    ],
  ])('%s is refused by server, verifier and gateway', async (_, by, over, says) => {
    const envelope = await firm.approval(by, 'validator', firm.open.change, over);
    await refusedAtTheDoor(by, envelope, { ...REFUSED, says });
    await refusedFor(envelope, says);
  });

  test('RT-019 an approval for another gate than policy names counts for nothing', async () => {
    const content = { gate: 'gate/approval' };
    const envelope = await firm.approval('vera', 'validator', firm.open.change, { content });
    await refusedFor(envelope, /given for gate\/approval/);
  });

  test('RT-020 an approval that leaves out what the request froze counts for nothing', async () => {
    const content = { evidence: [] };
    const envelope = await firm.approval('vera', 'validator', firm.open.change, { content });
    await refusedFor(envelope, /does not cover evidence/);
  });

  test('RT-021 a statement changed after it was signed, or whose signature is gone or doubled, is refused', async () => {
    const sound = await firm.approval('vera', 'validator', firm.open.change);
    const changed = rewritten(sound, '"decision":"approve"', '"decision":"approve" ');
    await refusedAtTheDoor('vera', changed, { status: 422, code: 'record_not_canonical' });
    const rejection = { content: { decision: 'reject' } };
    const rejected = await firm.approval('vera', 'validator', firm.open.change, rejection);
    const turned = rewritten(rejected, '"decision":"reject"', '"decision":"approve"');
    await refusedAtTheDoor('vera', turned, UNVERIFIED);
    const [signature] = sound.signatures;
    for (const signatures of [[], [signature!, signature!]]) {
      const envelope = { ...sound, signatures };
      const reply = await firm.send('vera', envelope);
      expect([400, 422]).toContain(reply.status);
      evil.lies.bundle = (bundle) => ({
        ...bundle,
        records: bundle.records.map((one, at) =>
          at === 5 ? { ...one, envelope: { ...one.envelope, signatures } } : one,
        ),
      });
      const verified = verifyBundle(p, await evil.bundle(), firm.root);
      expect(verified).toMatchObject({ ok: false, reason: expect.stringMatching(/other bytes/) });
      await expect(
        firm.startGateway({ feeds: [{ kind: 'server', url: evil.url }] }),
      ).rejects.toThrow(/signatures` must be (a list of 1|one signature a key)/);
    }
  });

  test('RT-022 an approval after a rejection does not undo it', async () => {
    const no = await firm.approval('vera', 'validator', firm.open.change, {
      content: { decision: 'reject', statement: 'The sample is too small.' },
    });
    evil.add(no);
    const yes = await firm.approval('kai', 'validator', firm.open.change);
    await refusedFor(yes, /`vera` rejected the request/);
  });

  async function asDraft(over: ApprovalChange, founding: string) {
    const draft = await firm.approvalDraft('vera', 'validator', firm.open.change, over);
    const { subjectDigest, ...rest } = draft;
    const subject = [{ name: 'change-request', digest: { sha256: subjectDigest! } }];
    return {
      ...rest,
      producer: 'human',
      subject,
      founding,
      subjectRef: firm.open.candidate.ref,
      content: draft.content as never,
    } as const;
  }

  function changeOf(digest: string) {
    const { predicate } = evil.set().byDigest.get(digest)!.statement;
    const { type, kind, scope, subjectRef, content } = predicate;
    return { type, kind: kind!, scope, subjectRef, content: { ...content, reason: 'once more' } };
  }
});

describe('an assertion of a passkey is an approval only of the bytes it was asked for', () => {
  let passkey: Passkey;
  let nora: { readonly token: string };

  beforeAll(async () => {
    const account = { account: 'nora', printedName: 'Nora Example', password: PASSWORD };
    const { body } = await firm.as('ada').post('/v1/people', account);
    nora = { token: String(body.token) };
    passkey = newPasskey('ecdsa-p256-sha256');
    const holder = { kind: 'person', account: 'nora', roles: ['validator'] } as const;
    const key = keyEntryJson({ key: passkey.publicKey, holder });
    const draft = {
      type: 'key-enrolment',
      scope: 'firm',
      actor: 'ada',
      producer: 'human',
      content: { key, proofing: 'passport seen at the desk' },
    } as const;
    const people = await Promise.all(['ada', 'ben', 'vera'].map((one) => firm.signer(one)));
    const enrolment = withPasskey(await forged(firm, draft, people), passkey);
    const reply = await firm.send('ada', enrolment);
    expect(reply.body).toMatchObject({ records: [{ state: 'recorded' }] });
    const [{ digest }] = reply.body.records as [{ digest: string }];
    await firm.server.context.records.including([digest]);
  });

  const unsigned = async (): Promise<Envelope> => {
    const content = { printedName: 'Nora Example' };
    const draft = await firm.approvalDraft('nora', 'validator', firm.open.change, { content });
    return { ...(await firm.sign(draft, 'dana')), signatures: [] };
  };
  const challenge = randomBytes(32).toString('base64url');

  test.each<[string, Deviation]>([
    ['RT-023 an assertion made for a sign-in, over a random challenge,', { client: { challenge } }],
    ['RT-024 an assertion given at another origin', { client: { origin: 'https://evil.example' } }],
    ['RT-025 an assertion for another relying party', { rpId: 'sign-in.firm.example' }],
    ['RT-026 an assertion without user verification', { flags: FLAGS.userPresent }],
    ['RT-027 an assertion made to create a credential', { client: { type: 'webauthn.create' } }],
    ['RT-028 an assertion from inside another site’s frame', { client: { crossOrigin: true } }],
  ])('%s approves nothing', async (_, deviation) => {
    const envelope = withPasskey(await unsigned(), passkey, deviation);
    await refusedAtTheDoor(nora, envelope, UNVERIFIED);
    await refusedFor(envelope, /1 approval by validator missing/);
  });

  test('RT-029 an assertion over other bytes, or the bare key without an assertion, approves nothing', async () => {
    const envelope = await unsigned();
    const other = withPasskey({ ...envelope, payload: toBase64(utf8('{}')) }, passkey);
    const bare = passkey.signRaw(pae(envelope.payloadType, fromBase64(envelope.payload)));
    for (const signatures of [
      other.signatures,
      [{ keyid: passkey.publicKey.keyid, sig: toBase64(bare) }],
    ]) {
      const presented = { ...envelope, signatures };
      await refusedAtTheDoor(nora, presented, UNVERIFIED);
      await refusedFor(presented, /1 approval by validator missing/);
    }
  });

  test('the same person’s approval over the statement itself is one', async () => {
    const taken = evil.add(withPasskey(await unsigned(), passkey));
    expect(evil.set().byDigest.has(taken)).toBe(true);
  });
});
