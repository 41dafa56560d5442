// SPDX-License-Identifier: Apache-2.0
// Whom the firm trusts: recovery and rotation by too few, keys brought back, forged attestations, keys that ended, records
// about keys held back. The firm is no demonstration, so that its delays are real; the attacker's log is dated at will.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkpointOf,
  type Envelope,
  type Holder,
  type Json,
  type KeyEntry,
  keyEntryJson,
  keyStanding,
  parseCheckpoint,
  type RecordSet,
  readRecord,
  type Signer,
  signCheckpoint,
  verifyBundle,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import {
  createKeyFile,
  createNextServiceKey,
  openSigner,
  publicKeyOfFile,
  readServiceKey,
} from '@countersign/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Draft } from '../packages/kernel/tests/firm.ts';
import { type AttackersServer, attackersServer, forged } from './attackers-server.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';

let firm: FirmUnderAttack;
let evil: AttackersServer;
beforeAll(async () => {
  firm = await firmUnderAttack({ demonstration: false });
});
beforeEach(async () => {
  evil = await attackersServer(firm);
});
afterEach(() => evil.close());
afterAll(() => firm?.close());

interface NewKey {
  readonly entry: KeyEntry;
  readonly signer: Signer;
}

function newKey(holder: Holder): NewKey {
  const file = createKeyFile({ algorithm: 'ed25519' });
  return { entry: { key: publicKeyOfFile(file), holder }, signer: openSigner(file) };
}

const person = (account: string, role: 'administrator' | 'validator'): NewKey =>
  newKey({ kind: 'person', account, roles: [role] });

/** Signed by people of the firm, whoever asks for it first, and by any other keys. */
async function signed(
  draft: Omit<Draft, 'producer' | 'scope'>,
  people: readonly string[],
  ...others: readonly Signer[]
): Promise<Envelope> {
  const signers = await Promise.all(people.map((one) => firm.signer(one)));
  const actor = people[0] ?? 'ada';
  return forged(firm, { scope: 'firm', producer: 'human', actor, ...draft }, [
    ...signers,
    ...others,
  ]);
}

const enrolment = (key: NewKey, content: { readonly [member: string]: Json } = {}) => ({
  type: 'key-enrolment' as const,
  content: { key: keyEntryJson(key.entry), proofing: 'passport seen at the desk', ...content },
});

const rotation = (
  kind: 'rotate' | 'recover',
  administrators: readonly KeyEntry[],
  over: { readonly [member: string]: Json } = {},
) => ({
  type: 'founding-rotation' as const,
  kind,
  content: {
    quorum: 2,
    delayHours: 24,
    reason: 'as it pleases',
    administrators: administrators.map(keyEntryJson),
    ...over,
  },
});

const change = (kind: 'suspend' | 'reinstate' | 'retire', keyid: string) => ({
  type: 'key-change' as const,
  kind,
  content: { keyid, reason: 'as it pleases' },
});

const hours = (n: number) => new Date(Date.now() + n * 3_600_000).toISOString();

/** The door keeps it waiting or refuses it; put past the door it counts for nothing, for the same reason. */
async function countsForNothing(
  envelope: Envelope,
  says: RegExp,
  at?: { readonly loggedAt: string },
): Promise<void> {
  evil.add(envelope, at?.loggedAt);
  expect(evil.set().rejected.at(-1)?.reason ?? 'it counts').toMatch(says);
}

const keyOf = async (account: string) => (await firm.signer(account)).keyid;
const registered = async () => (await firm.server.context.records.current()).register;

async function waits(caller: string, envelope: Envelope, says: RegExp): Promise<void> {
  const { body } = await firm.send(caller, envelope);
  expect(body).toMatchObject({
    records: [{ state: 'awaiting-signatures', needs: expect.stringMatching(says) }],
  });
}

describe('administrators', () => {
  test('RT-100 a recovery that two persons of watching duties signed waits for ever', async () => {
    const [nia, noa] = [person('nia', 'administrator'), person('noa', 'administrator')];
    const draft = rotation('recover', [nia.entry, noa.entry]);
    const envelope = await signed(draft, ['cora', 'lena'], nia.signer, noa.signer);
    await waits('cora', envelope, /signed by 2 persons/);
    await countsForNothing(envelope, /3 persons in 3 roles are needed/);
    expect((await registered()).has(nia.entry.key.keyid)).toBe(false);
  });

  test('RT-101 who is to become administrator does not count towards the recovery', async () => {
    const [eve, noa] = [person('eve', 'administrator'), person('noa', 'administrator')];
    const draft = rotation('recover', [eve.entry, noa.entry]);
    const envelope = await signed(draft, ['cora', 'lena', 'eve'], eve.signer, noa.signer);
    await waits('cora', envelope, /none of whom becomes administrator/);
    await countsForNothing(envelope, /signed by 2 persons/);
  });

  test('RT-102 new administrators do not rotate the old ones out', async () => {
    const [nia, noa] = [person('nia', 'administrator'), person('noa', 'administrator')];
    const draft = rotation('rotate', [nia.entry, noa.entry]);
    const envelope = await signed(draft, ['ada'], nia.signer, noa.signer);
    await waits('ada', envelope, /1 of the administrators in force, 2 are needed/);
    await countsForNothing(envelope, /1 of the administrators in force/);
  });

  test('RT-103 a rotation does not shorten the delay that it takes effect after itself', async () => {
    const register = await registered();
    const keep = await Promise.all(
      ['ada', 'ben'].map(async (one) => register.get(await keyOf(one))!),
    );
    const none = rotation('rotate', keep, { delayHours: 0 });
    const reply = await firm.send('ada', await signed(none, ['ada', 'ben']));
    await firm.refused(reply, { status: 422, code: 'record_malformed', says: /delayHours/ });
    // Legitimate in itself, past the door of a firm whose delay was set to three days before.
    evil.add(await signed(rotation('rotate', keep, { delayHours: 72 }), ['ada', 'ben']), hours(0));
    evil.add(await signed(rotation('rotate', keep), ['ada', 'ben']), hours(25));
    const rules = evil.set().rules.map(({ delayHours, from }) => ({ delayHours, from }));
    expect(rules.at(-1)?.delayHours).toBe(24);
    expect(Date.parse(rules.at(-1)!.from) - Date.parse(hours(25))).toBeGreaterThan(71 * 3_600_000);
  });

  test('RT-104 nobody reinstates a key of their own, nor with the suspended key', async () => {
    const ada = await keyOf('ada');
    evil.add(await signed(change('suspend', ada), ['ben']), hours(1));
    const own = await signed(change('reinstate', ada), ['ada', 'ben']);
    await countsForNothing(own, /signed by 1 administrators, 2 are needed/, { loggedAt: hours(2) });
    expect(keyStanding(evil.set().register.get(ada)!, hours(100))).toBe('suspended');
    const reply = await firm.send('ada', own);
    await firm.refused(reply, { status: 409, code: 'record_refused', says: /not suspended/ });
  });

  test('RT-105 an objection stops a recovery only by an administrator, and only before it takes effect', async () => {
    const [nia, noa] = [person('nia', 'administrator'), person('noa', 'administrator')];
    const draft = rotation('recover', [nia.entry, noa.entry]);
    const recovery = await signed(draft, ['cora', 'lena', 'eve'], nia.signer, noa.signer);
    const digest = evil.add(recovery, hours(0));
    const objection = {
      type: 'founding-rotation' as const,
      kind: 'object',
      content: { rotation: digest, reason: 'no' },
    };
    await countsForNothing(await signed(objection, ['olaf']), /an administrator .* objects/, {
      loggedAt: hours(1),
    });
    await countsForNothing(await signed(objection, ['ada']), /it took effect/, {
      loggedAt: hours(169),
    });
    expect(keyStanding(evil.set().register.get(await keyOf('ada'))!, hours(170))).toBe('retired');
  });
});

describe('enrolments', () => {
  test('RT-106 an old enrolment sent again does not bring a retired key back', async () => {
    const zoe = person('zoe', 'validator');
    const envelope = await signed(enrolment(zoe), ['ada', 'ben', 'vera'], zoe.signer);
    expect((await firm.send('ada', envelope)).body).toMatchObject({
      records: [{ state: 'recorded' }],
    });
    const { keyid } = zoe.entry.key;
    const retire = await firm.send('ada', await signed(change('retire', keyid), ['ada', 'ben']));
    expect(retire.body).toMatchObject({ records: [{ state: 'recorded' }] });
    const again = await firm.send('ada', envelope);
    const says = /the key is retired/;
    await firm.refused(again, { status: 422, code: 'signature_invalid', says });
    const later = (await registered()).get(keyid)!;
    expect(keyStanding(later, hours(100))).toBe('retired');
    const anew = await signed(
      enrolment(zoe, { proofing: 'again' }),
      ['ada', 'ben', 'vera'],
      zoe.signer,
    );
    const reply = await firm.send('ada', anew);
    await firm.refused(reply, {
      status: 422,
      code: 'signature_invalid',
      says: /the key is retired/,
    });
    evil.add(envelope);
    await countsForNothing(anew, /retired|enrolled already/);
  });

  test('RT-107 a second log or platform key beside the first is enrolled by nobody', async () => {
    for (const service of ['log', 'platform'] as const) {
      const second = newKey({ kind: 'service', service, name: service });
      const { proofing: _none, ...content } = enrolment(second).content;
      const envelope = await signed(
        { type: 'key-enrolment', content },
        ['ada', 'ben'],
        second.signer,
      );
      const reply = await firm.send('ada', envelope);
      const says = /in place of the one before/;
      await firm.refused(reply, { status: 409, code: 'record_refused', says });
      await countsForNothing(envelope, says);
    }
  });

  test('RT-108 the key of a service is not enrolled as a person’s', async () => {
    const file = await readServiceKey(firm.server.dataDir, 'platform');
    const holder: Holder = { kind: 'person', account: 'dana', roles: ['validator'] };
    const platform = { entry: { key: publicKeyOfFile(file), holder }, signer: openSigner(file) };
    const envelope = await signed(enrolment(platform), ['ada', 'ben', 'vera'], platform.signer);
    const reply = await firm.send('ada', envelope);
    await firm.refused(reply, { status: 422, code: 'signature_invalid', says: /by a service/ });
    await countsForNothing(envelope, /the key is enrolled already/);
  });

  test('RT-109 a log key whose private half is not on the host takes no one’s place', async () => {
    const register = await registered();
    const log = [...register.values()].find(
      ({ holder }) => holder.kind === 'service' && holder.service === 'log',
    )!;
    const stolen = newKey(log.holder);
    const content = { key: keyEntryJson(stolen.entry), replaces: log.key.keyid };
    const envelope = await signed(
      { type: 'key-enrolment', content },
      ['ada', 'ben'],
      stolen.signer,
    );
    const before = await firm.state();
    const reply = await firm.send('ada', envelope);
    await firm.refused(reply, {
      status: 409,
      code: 'record_refused',
      says: /does not hold the new log key/,
    });
    await firm.unchanged(before);
  });

  test('RT-110 what a suspended administrator signed while it was in force completes nothing later', async () => {
    const zed = person('zed', 'validator');
    await waits(
      'ada',
      await signed(enrolment(zed), ['ada', 'vera'], zed.signer),
      /1 administrators/,
    );
    const draft = await signed(enrolment(zed), ['ada', 'ben', 'vera'], zed.signer);
    evil.add(await signed(change('suspend', await keyOf('ada')), ['ben']), hours(1));
    await countsForNothing(draft, /signed by 1 administrators, 2 are needed/, {
      loggedAt: hours(2),
    });
  });
});

describe('an attested identity', () => {
  const provider = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = provider.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  let other: FirmUnderAttack;
  // A provider is believed after the delay, like a key: here in a firm that has none.
  beforeAll(async () => {
    other = firm;
    firm = await firmUnderAttack();
    await firm.recorder.add(
      {
        type: 'policy-document',
        kind: 'identity-provider',
        scope: 'firm',
        content: {
          title: 'Sign-in of the firm',
          version: '1',
          textDigest: 'a'.repeat(64),
          provider: {
            issuer: 'https://login.test',
            audience: 'countersign',
            keys: [{ kid: 'one', algorithm: 'ecdsa-p256-sha256', spki }],
            groups: [{ group: 'validation', role: 'validator' }],
          },
        },
      } as never,
      'mia',
      'ada',
    );
  });
  afterAll(async () => {
    await firm.close();
    firm = other;
  });

  interface Forgery {
    readonly claims?: { readonly [claim: string]: Json };
    readonly header?: { readonly [member: string]: Json };
    readonly by?: KeyObject;
    readonly unsigned?: boolean;
  }

  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

  function token(nonce: string, { claims, header, by, unsigned = false }: Forgery): string {
    const iat = Math.floor(Date.now() / 1_000);
    const honest = {
      iss: 'https://login.test',
      aud: 'countersign',
      sub: 'yan',
      iat,
      exp: iat + 300,
    };
    const head = encoded({ alg: 'ES256', kid: 'one', ...header });
    const text = `${head}.${encoded({ ...honest, nonce, groups: ['validation'], ...claims })}`;
    if (unsigned) return `${text}.`;
    const key = by ?? provider.privateKey;
    const sig = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${sig.toString('base64url')}`;
  }

  /** Everything else is right: two administrators, the new key, and the token alone for the duty. */
  async function attested(forgery: Forgery): Promise<Envelope> {
    const yan = person('yan', 'validator');
    const idToken = token(yan.entry.key.keyid, forgery);
    return signed(enrolment(yan, { attestation: { idToken } }), ['ada', 'ben'], yan.signer);
  }

  async function attestsNothing(forgery: Forgery, says: RegExp): Promise<void> {
    const envelope = await attested(forgery);
    await waits('ada', envelope, says);
    await countsForNothing(envelope, says);
  }

  test('the same token without a forgery confirms the duty', async () => {
    evil.add(await attested({}));
    expect(evil.set().rejected).toEqual([]);
  });

  test('RT-111 with another nonce attests another key', () =>
    attestsNothing({ claims: { nonce: 'b'.repeat(64) } }, /nonce is not the id of the key/));

  test('RT-112 for another audience or of another issuer attests nothing', async () => {
    await attestsNothing({ claims: { aud: 'payroll' } }, /another audience/);
    await attestsNothing({ claims: { aud: ['countersign', 'payroll'] } }, /another audience/);
    await attestsNothing({ claims: { iss: 'https://login.evil' } }, /another issuer/);
  });

  test('RT-113 older than a week, or of tomorrow, attests nothing', async () => {
    const iat = Math.floor(Date.now() / 1_000);
    await attestsNothing({ claims: { iat: iat - 8 * 86_400 } }, /older than seven days/);
    await attestsNothing({ claims: { iat: iat + 86_400 } }, /issued after/);
  });

  test('RT-114 without a signature, by a key not named, or under another algorithm attests nothing', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await attestsNothing({ header: { alg: 'none' }, unsigned: true }, /`alg`/);
    await attestsNothing({ header: { alg: 'HS256' } }, /`alg`/);
    await attestsNothing({ by: other }, /signed by the key it names/);
    await attestsNothing({ header: { kid: 'two' }, by: other }, /`kid`/);
    await attestsNothing({ claims: { groups: ['canteen'] } }, /neither somebody in the role/);
  });
});

describe('keys that end', () => {
  test('RT-115 an external validator signs for no other model, and nothing after the end', async () => {
    const { model } = firm.live.candidate.ref;
    const until = hours(48);
    const holder = (models: readonly string[]): Holder => ({
      kind: 'person',
      account: 'xena',
      roles: ['external-validator'],
      limits: { models, until },
    });
    const [here, elsewhere] = [newKey(holder([model!])), newKey(holder(['another-model']))];
    for (const key of [here, elsewhere]) {
      evil.add(await signed(enrolment(key), ['ada', 'ben', 'vera'], key.signer), hours(0));
    }
    expect(evil.set().rejected).toEqual([]);
    const plan = {
      type: 'test-plan' as const,
      kind: 'validation',
      actor: 'xena',
      subjectRef: firm.live.candidate.ref,
      content: { phase: 'validation' },
    };
    const counted = await signed(plan, [], here.signer);
    evil.add(counted, hours(25));
    expect(evil.set().byDigest.has(readRecord(p, counted).digest)).toBe(true);
    await countsForNothing(await signed(plan, [], elsewhere.signer), /must be signed by/, {
      loggedAt: hours(25),
    });
    await countsForNothing(await signed(plan, [], here.signer), /no enrolled key signed/, {
      loggedAt: hours(49),
    });
  });

  test('RT-116 a suspended key signs nothing, and its approval counts at no promotion', async () => {
    const { change: request } = firm.open;
    const approval = await firm.approval('vera', 'validator', request);
    expect((await firm.send('vera', approval)).status).toBe(200);
    const vera = await keyOf('vera');
    expect((await firm.send('mia', await signed(change('suspend', vera), ['mia']))).status).toBe(
      200,
    );
    const before = await firm.state();
    const reply = await firm.promote('omar', request);
    const says = /approval by validator|suspended/;
    await firm.refused(reply, { status: 409, code: 'promotion_refused', says });
    const again = await firm.send(
      'mia',
      await signed({ ...change('retire', vera), actor: 'vera' }, ['vera']),
    );
    const suspended = /the key is suspended/;
    await firm.refused(again, { status: 422, code: 'signature_invalid', says: suspended });
    await firm.unchanged(before);
  });

  test('RT-117 a suspension held back: whoever knew it refuses, whoever never saw it believes until told', async () => {
    const bundle = await evil.bundle();
    const isSuspension = ({ envelope }: (typeof bundle.records)[number]) =>
      readRecord(p, envelope).statement.predicate.kind === 'suspend';
    expect(bundle.records.filter(isSuspension)).toHaveLength(1);
    const hiding = { ...bundle, records: bundle.records.filter((one) => !isSuspension(one)) };
    const standing = async (set: RecordSet) =>
      keyStanding(set.register.get(await keyOf('vera'))!, hours(0));
    const [told, untold] = [bundle, hiding].map((one) => verifyBundle(p, one, firm.root));
    if (!told?.ok || !untold?.ok) throw new Error('both bundles prove what they hold');
    expect(await standing(told.set)).toBe('suspended');
    // The residual risk: proofs show that nothing was added, not that nothing is missing.
    expect(await standing(untold.set)).toBe('in force');
    // A gateway that was told once keeps what it learnt, over a restart too.
    const { production } = firm.live;
    const stateDir = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
    await (await evil.accepts(production, { stateDir })).close();
    evil.lies.bundle = () => hiding;
    await expect(evil.accepts(production, { stateDir })).rejects.toThrow(
      /lack .* was there before/,
    );
  });

  test('RT-118 a gateway that has heard of a log key’s end refuses what the old key signs', async () => {
    const old = await readServiceKey(firm.server.dataDir, 'log');
    const register = await registered();
    const next = await createNextServiceKey(firm.server.dataDir, 'log');
    const holder = register.get(old.keyid)!.holder;
    const key = keyEntryJson({ key: publicKeyOfFile(next), holder });
    const draft = { type: 'key-enrolment' as const, content: { key, replaces: old.keyid } };
    const rotated = await firm.send('ada', await signed(draft, ['ada', 'ben'], openSigner(next)));
    expect(rotated.body).toMatchObject({ records: [{ state: 'recorded' }] });
    expect(await firm.decide()).toBe('200');
    const set = await firm.server.context.records.current();
    expect(set.register.get(old.keyid)?.endings).toHaveLength(1);
    const text = (await firm.as(undefined).get('/v1/log/checkpoint')).body.text as string;
    const head = parseCheckpoint(text);
    expect(checkpointOf(p, text, set)?.size).toBe(head.size);
    const stolen = { name: head.origin, signer: openSigner(old), publicKey: publicKeyOfFile(old) };
    expect(
      checkpointOf(p, await signCheckpoint(p, { ...head, size: head.size + 1 }, stolen), set),
    ).toBeUndefined();
    // The attacker holds the old key and a copy of the log without the rotation. Who never heard of it is deceived, for
    // as long as nothing else is heard; who has, refuses.
    const { production } = firm.live;
    const stateDir = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
    await (await evil.accepts(production, { stateDir })).close();
    const server = {
      kind: 'server',
      url: firm.url,
      token: firm.server.person('olaf').token,
    } as const;
    await (await firm.startGateway({ name: 'gateway-2', stateDir, feeds: [server] })).close();
    await expect(evil.accepts(production, { stateDir })).rejects.toThrow(
      /lack .* was there before/,
    );
  });

  test('RT-119 the key of a log or a stranger’s key is not ended by one person', async () => {
    const register = await registered();
    const log = [...register.values()].findLast(
      ({ holder }) => holder.kind === 'service' && holder.service === 'log',
    )!;
    const noLog = await firm.send('ada', await signed(change('suspend', log.key.keyid), ['ada']));
    await firm.refused(noLog, {
      status: 409,
      code: 'record_refused',
      says: /replaced, never suspended/,
    });
    const lena = await keyOf('lena');
    const byOne = await signed(change('retire', lena), ['ada']);
    await waits('ada', byOne, /signed by 1 administrators, 2 are needed/);
    const byPeer = await firm.send('dana', await signed(change('suspend', lena), ['dana']));
    expect(JSON.stringify(byPeer.body)).toMatch(/an administrator or model risk/);
    await countsForNothing(byOne, /signed by 1 administrators/);
  });
});
