// SPDX-License-Identifier: Apache-2.0
// Roles for those to whom nobody gave them: by an administrator or two, by SQL, by replay, before the delay is over.
import {
  type Envelope,
  type Holder,
  type Json,
  type KeyEntry,
  keyEntryJson,
  type Role,
  type Signer,
} from '@countersign/kernel';
import { createKeyFile, openSigner, publicKeyOfFile } from '@countersign/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertAsOwner } from '../packages/cli/src/demo/forged-firm.ts';
import { PASSWORD } from '../packages/server/tests/server-fixture.ts';
import { attackersServer, forged, warrantDraft } from './attackers-server.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';

let firm: FirmUnderAttack;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
afterAll(() => firm?.close());

interface NewKey {
  readonly entry: KeyEntry;
  readonly signer: Signer;
}

function newKey(account: string, roles: readonly Role[]): NewKey {
  const file = createKeyFile({ algorithm: 'ed25519', passphrase: 'a long passphrase' });
  const holder: Holder = { kind: 'person', account, roles };
  return {
    entry: { key: publicKeyOfFile(file), holder },
    signer: openSigner(file, 'a long passphrase'),
  };
}

/** An enrolment signed by these people and the new key itself. */
async function enrolment(
  at: FirmUnderAttack,
  key: NewKey,
  people: readonly string[],
  content: { readonly [member: string]: Json } = {},
): Promise<Envelope> {
  const draft = {
    type: 'key-enrolment',
    scope: 'firm',
    actor: people[0] ?? 'dana',
    producer: 'human',
    content: { key: keyEntryJson(key.entry), proofing: 'passport seen at the desk', ...content },
  } as const;
  const signers = await Promise.all(people.map((one) => at.signer(one)));
  return forged(at, draft, [...signers, key.signer]);
}

/** Put past the door: it enrols nobody, and what its key signs approves nothing. */
async function enrolsNobody(key: NewKey, envelope: Envelope, says: RegExp): Promise<void> {
  const evil = await attackersServer(firm);
  try {
    evil.add(envelope);
    const { register, rejected } = evil.set();
    expect(register.has(key.entry.key.keyid)).toBe(false);
    expect(rejected.at(-1)?.reason).toMatch(says);
    const { account } = key.entry.holder as { readonly account: string };
    const draft = await firm.approvalDraft(account, 'validator', firm.open.change);
    const { subjectDigest, ...rest } = draft;
    const subject = [{ name: 'change-request', digest: { sha256: subjectDigest! } }];
    const approval = { ...rest, producer: 'human', subject, subjectRef: firm.open.candidate.ref };
    await evil.forge(approval as never, key.signer);
    const over = { environment: 'staging' };
    const platform = await firm.serviceSigner('platform');
    const warrant = await evil.forge(
      warrantDraft(firm.open.candidate, firm.open.change, over),
      platform,
    );
    const refused = { environment: 'staging', says: /1 approval by validator missing/ } as const;
    await evil.refuses(warrant, refused);
  } finally {
    await evil.close();
  }
}

const VALIDATOR = ['validator'] as const;

describe('nobody gets a role that others did not give', () => {
  test('RT-043 a developer who enrols a key for herself gets no role', async () => {
    const { live, answers } = await firm.state();
    const key = newKey('dana', VALIDATOR);
    const envelope = await enrolment(firm, key, ['dana']);
    const reply = await firm.send('dana', envelope);
    // She may propose it: it waits, for everybody to see, for signatures that nobody gives.
    const needs = expect.stringMatching(/administrators/);
    expect(reply.body).toMatchObject({ records: [{ state: 'awaiting-signatures', needs }] });
    expect((await firm.as('dana').get('/v1/me')).body).toMatchObject({ roles: ['developer'] });
    await enrolsNobody(key, envelope, /signed by 0 administrators/);
    expect(await firm.state()).toMatchObject({ live, answers });
  });

  test('RT-044 an administrator’s second account is nobody in the role until somebody in the role says so', async () => {
    const account = { account: 'puppet', printedName: 'Puppet Example', password: PASSWORD };
    const made = await firm.as('ada').post('/v1/people', account);
    expect(made.status).toBe(200);
    const token = { token: String(made.body.token) };
    expect((await firm.as(token).get('/v1/me')).body).toMatchObject({ roles: [] });
    const before = await firm.state();
    const key = newKey('puppet', VALIDATOR);
    const alone = await enrolment(firm, key, ['ada']);
    await enrolsNobody(key, alone, /signed by 1 administrators/);
    const both = await enrolment(firm, key, ['ada', 'ben']);
    await enrolsNobody(key, both, /nobody in the role `validator` confirmed it/);
    const approval = { ...(await firm.approval('vera', 'validator', firm.open.change)) };
    await firm.refused(await firm.send(token, approval), { status: 403, code: 'not_permitted' });
    await firm.unchanged(before);
  });

  test('RT-045 one administrator’s two keys are one administrator', async () => {
    const second = newKey('ada', ['administrator']);
    const evil = await attackersServer(firm);
    evil.add(await enrolment(firm, second, ['ada', 'ben']));
    const key = newKey('puppet', VALIDATOR);
    const draft = {
      type: 'key-enrolment',
      scope: 'firm',
      actor: 'ada',
      producer: 'human',
    } as const;
    const content = { key: keyEntryJson(key.entry), proofing: 'none' };
    const signers = [
      await firm.signer('ada'),
      second.signer,
      await firm.signer('vera'),
      key.signer,
    ];
    evil.add(await forged(firm, { ...draft, content }, signers));
    const { register, rejected } = evil.set();
    expect(register.has(second.entry.key.keyid)).toBe(false);
    expect(register.has(key.entry.key.keyid)).toBe(false);
    expect(rejected.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/nobody enrols a key for themselves|signed by 1 administrators/),
      expect.stringMatching(/signed by 1 administrators/),
    ]);
    await evil.close();
  });

  test('RT-046 a key is enrolled under nobody else’s account without the signature of the role', async () => {
    const key = newKey('vera', VALIDATOR);
    const envelope = await enrolment(firm, key, ['ada', 'ben']);
    await enrolsNobody(key, envelope, /nobody in the role `validator` confirmed it/);
  });

  test('RT-047 an enrolment is no good twice, in another firm, or for a key under another’s id', async () => {
    const evil = await attackersServer(firm);
    const { vera } = {
      vera: firm.server.context.founding.keys.find(
        ({ holder }) => holder.kind === 'person' && holder.account === 'vera',
      )!,
    };
    const mine = newKey('puppet', VALIDATOR);
    const people = ['ada', 'ben', 'vera'];
    const again = { entry: vera, signer: mine.signer };
    evil.add(await enrolment(firm, again, people));
    const asVera = { ...mine.entry, key: { ...mine.entry.key, keyid: vera.key.keyid } };
    evil.add(await enrolment(firm, { ...mine, entry: asVera }, people));
    const elsewhere = await enrolment({ ...firm, root: 'ab'.repeat(32) }, mine, people);
    evil.add(elsewhere);
    expect(evil.set().rejected.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/enrolled already/),
      expect.stringMatching(/not the digest of the key/),
      expect.stringMatching(/another founding record/),
    ]);
    expect(evil.set().register.size).toBe(firm.server.context.records.register().size);
    await firm.refused(await firm.send('ada', elsewhere), {
      status: 422,
      code: 'record_of_another_firm',
    });
    await evil.close();
  });

  test('RT-048 an enrolment inserted by SQL enrols nobody', async () => {
    const before = await firm.state();
    const key = newKey('dana', VALIDATOR);
    const envelope = await enrolment(firm, key, ['dana']);
    await firm.sqlAsOwner((sql) => insertAsOwner(sql as never, [envelope]));
    await expect
      .poll(async () => (await firm.server.context.records.current()).rejected.length)
      .toBe(1);
    expect((await firm.as('dana').get('/v1/me')).body).toMatchObject({ roles: ['developer'] });
    const after = await firm.state();
    expect(after).toEqual({ ...before, records: before.records + 1 });
  });
});

describe('a firm that is no demonstration', () => {
  let real: FirmUnderAttack;
  beforeAll(async () => {
    real = await firmUnderAttack({ demonstration: false });
  });
  afterAll(() => real?.close());

  test('RT-049 a key counts for nothing before its delay is over, whatever time the stolen log key writes', async () => {
    const key = newKey('kai', VALIDATOR);
    const envelope = await enrolment(real, key, ['ada', 'ben', 'vera']);
    const sent = await real.send('ada', envelope);
    expect(sent.body).toMatchObject({ records: [{ state: 'recorded' }] });
    const [{ digest }] = sent.body.records as [{ digest: string }];
    await real.server.context.records.including([digest]);
    const before = await real.state();
    const own = await real.approval('kai', 'validator', real.open.change);
    const approval = await forgedBy(real, own, key.signer);
    const reply = await real.send('kai', approval);
    await real.refused(reply, { status: 422, code: 'signature_invalid', says: /takes effect at/ });
    const evil = await attackersServer(real);
    const platform = await real.serviceSigner('platform');
    const over = { environment: 'staging', demonstration: false };
    const { candidate, change } = real.open;
    evil.add(approval);
    const refused = { environment: 'staging', production: true } as const;
    const today = await evil.forge(warrantDraft(candidate, change, over), platform);
    await evil.refuses(today, { ...refused, says: /1 approval by validator missing/ });
    // With the log's key the attacker dates what it likes: the delay would be over by the log's own times.
    evil.entries.splice(-2);
    const tomorrow = new Date(Date.now() + 25 * 3_600_000).toISOString();
    evil.add(approval, tomorrow);
    const early = await forged(real, warrantDraft(candidate, change, over), [platform]);
    await evil.refuses(evil.add(early, tomorrow), {
      ...refused,
      byVerifier: false,
      says: /in the future/,
    });
    evil.entries.splice(-1);
    const backdated = evil.add(early, new Date().toISOString());
    await evil.refuses(backdated, {
      ...refused,
      byVerifier: false,
      says: /times go back|in the future/,
    });
    await evil.close();
    await real.unchanged(before);
  });
});

async function forgedBy(
  at: FirmUnderAttack,
  envelope: Envelope,
  signer: Signer,
): Promise<Envelope> {
  const { addSignature } = await import('@countersign/kernel');
  expect(at.root).toHaveLength(64);
  return addSignature({ ...envelope, signatures: [] }, signer);
}
