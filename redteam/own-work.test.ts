// SPDX-License-Identifier: Apache-2.0
// A developer, alone or with a helper, against the approvals that others must give.
import { addSignature, keyEntryJson, type Role, type Signer } from '@countersign/kernel';
import { createKeyFile, openSigner, publicKeyOfFile } from '@countersign/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BuildOptions,
  build,
  type Candidate,
  submit,
  validate,
} from '../packages/kernel/tests/credit-model.ts';
import { attackersServer, forged, warrantDraft } from './attackers-server.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';
import { artefact } from './model-in-production.ts';

let firm: FirmUnderAttack;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
afterAll(() => firm?.close());

let version = 10;
/** One more version, rebuilt, validated and submitted to staging by the developer. */
async function candidateOf(options: BuildOptions = {}) {
  version += 1;
  const candidate = await build(firm.recorder, firm.signed, { ...artefact(version), ...options });
  const change = await submit(firm.recorder, candidate, 'staging');
  await validate(firm.recorder, candidate);
  return { candidate, change };
}

interface Attempt {
  readonly by: string;
  readonly role: Role;
  readonly candidate: Candidate;
  readonly change: string;
  readonly says: RegExp;
  /** Instead of the person's own key. */
  readonly key?: Signer;
}

/** The server refuses the approval; put past it, with a warrant by the stolen platform key, verifier and gateway refuse. */
async function refusedEverywhere(attempt: Attempt): Promise<void> {
  const { by, role, candidate, change, says } = attempt;
  const before = await firm.state();
  const own = await firm.approval(by, role, change);
  const approval =
    attempt.key === undefined ? own : await addSignature({ ...own, signatures: [] }, attempt.key);
  const reply = await firm.send(by, approval);
  await firm.refused(reply, { status: 409, code: 'conflict_of_duties', says });
  const promotion = await firm.promote('omar', change);
  await firm.refused(promotion, { status: 409, code: 'promotion_refused' });
  const evil = await attackersServer(firm);
  try {
    evil.add(approval);
    const draft = warrantDraft(candidate, change, { environment: 'staging' });
    const warrant = await evil.forge(draft, await firm.serviceSigner('platform'));
    await evil.refuses(warrant, { environment: 'staging', says });
  } finally {
    await evil.close();
  }
  await firm.unchanged(before);
}

describe('nobody approves their own work', () => {
  test('RT-001 who submitted a version cannot approve it', async () => {
    const candidate = await build(firm.recorder, firm.signed, artefact(3));
    const change = await submit(firm.recorder, candidate, 'staging', 'kai');
    await validate(firm.recorder, candidate);
    const says = /`kai` cannot act as validator: submitted the version/;
    await refusedEverywhere({ by: 'kai', role: 'validator', candidate, change, says });
  });

  test('RT-002 a colleague of the developer’s team cannot approve as validator', async () => {
    const says = /same team `modelling` as `dana`/;
    await refusedEverywhere({ by: 'vic', role: 'validator', ...firm.open, says });
  });

  test('RT-003 who asked for the run, and so for its snapshots, cannot approve its version', async () => {
    const own = await candidateOf({ requestedBy: 'kai' });
    const says = /`kai` cannot act as validator: requested the run/;
    await refusedEverywhere({ by: 'kai', role: 'validator', ...own, says });
  });

  test('RT-004 who signed a design paper cannot approve what was built by it', async () => {
    const own = await candidateOf();
    await firm.recorder.add(
      { type: 'design-rationale', scope: 'version', subjectRef: own.candidate.ref, content: {} },
      'kai',
    );
    const says = /`kai` cannot act as validator: signed design-rationale/;
    await refusedEverywhere({ by: 'kai', role: 'validator', ...own, says });
  });

  test('RT-005 who authored the commit cannot approve it', async () => {
    const own = await candidateOf({ authors: [{ email: 'kai@firm.example', account: 'kai' }] });
    const says = /`kai` cannot act as validator: authored the commit/;
    await refusedEverywhere({ by: 'kai', role: 'validator', ...own, says });
  });

  test('RT-006 a second key, enrolled with every signature, does not make the same person another', async () => {
    const ofAnotherTeam = await secondKey('vic', ['validator'], 'validation');
    const team = /same team `modelling` as `dana`/;
    const attempt = { role: 'validator', ...firm.open } as const;
    await refusedEverywhere({ ...attempt, by: 'vic', key: ofAnotherTeam, says: team });
    const ofAnotherRole = await secondKey('dana', ['validator'], 'elsewhere');
    const duty = /`dana` cannot act as validator: authored the commit/;
    await refusedEverywhere({ ...attempt, by: 'dana', key: ofAnotherRole, says: duty });
  });

  /** A key for somebody who has one, signed by two administrators, somebody in each role and itself. */
  async function secondKey(account: string, roles: readonly Role[], team: string): Promise<Signer> {
    const file = createKeyFile({ algorithm: 'ed25519', passphrase: 'a second passphrase' });
    const holder = { kind: 'person', account, roles, team } as const;
    const key = keyEntryJson({ key: publicKeyOfFile(file), holder });
    const people = await Promise.all(['ada', 'ben', 'vera'].map((one) => firm.signer(one)));
    const draft = {
      type: 'key-enrolment',
      scope: 'firm',
      actor: 'ada',
      producer: 'human',
      content: { key, proofing: 'passport seen at the desk' },
    } as const;
    const own = openSigner(file, 'a second passphrase');
    const reply = await firm.send('ada', await forged(firm, draft, [...people, own]));
    expect(reply.body).toMatchObject({ records: [{ state: 'recorded' }] });
    const [{ digest }] = reply.body.records as [{ digest: string }];
    await firm.server.context.records.including([digest]);
    return own;
  }
});

describe('one person is one person', () => {
  test('RT-007 one person’s judgement counts once, whatever roles the person holds', async () => {
    const request = { reason: 'asked again, for one person to approve twice' };
    const { candidate } = firm.live;
    const change = await submit(firm.recorder, candidate, 'production', 'dana', request);
    for (const role of ['legal', 'executive']) {
      const reply = await firm.send('duo', await firm.approval('duo', role, change));
      expect(reply.status).toBe(200);
    }
    const before = await firm.state();
    const says = /`duo` approved as legal and executive/;
    const refused = await firm.promote('omar', change);
    await firm.refused(refused, { status: 409, code: 'promotion_refused' });
    expect(JSON.stringify(refused.body)).toMatch(says);
    const evil = await attackersServer(firm);
    const draft = warrantDraft(candidate, change);
    const warrant = await evil.forge(draft, await firm.serviceSigner('platform'));
    await evil.refuses(warrant, { says });
    await evil.close();
    await firm.unchanged(before);
  });

  test('RT-008 a stolen token signs nothing: an approval in its owner’s name needs the owner’s key', async () => {
    const before = await firm.state();
    const draft = await firm.approvalDraft('vera', 'validator', firm.open.change);
    const byThief = await firm.sign(draft, 'dana');
    await firm.refused(await firm.send('vera', byThief), {
      status: 409,
      code: 'record_refused',
      says: /`vera` did not sign it with a key in the role validator/,
    });
    const unsigned = { ...byThief, signatures: [] };
    const reply = await firm.send('vera', unsigned);
    expect(reply.status).toBe(400);
    await firm.refused(reply, { status: 400, code: 'request_malformed' });
    await firm.unchanged(before);
  });

  test('RT-009 an approval under somebody else’s printed name is refused', async () => {
    const before = await firm.state();
    const content = { printedName: 'Vera Example' };
    const approval = await firm.approval('kai', 'validator', firm.open.change, { content });
    await firm.refused(await firm.send('kai', approval), {
      status: 409,
      code: 'record_refused',
      says: /printed name of `kai` is `Kai Example`/,
    });
    await firm.unchanged(before);
  });

  test('RT-010 an account renamed by SQL to an approver’s borrows the name, never the key', async () => {
    const before = await firm.state();
    await firm.sqlAsOwner(async (sql) => {
      await sql.query(`UPDATE account SET account = 'vera-was' WHERE account = 'vera'`);
      await sql.query(
        `UPDATE account SET account = 'vera', printed_name = 'Vera Example' WHERE account = 'dana'`,
      );
    });
    try {
      const draft = await firm.approvalDraft('vera', 'validator', firm.open.change);
      const reply = await firm.send('dana', await firm.sign(draft, 'dana'));
      const says = /`vera` did not sign it with a key in the role validator/;
      await firm.refused(reply, { status: 409, code: 'record_refused', says });
    } finally {
      await firm.sqlAsOwner(async (sql) => {
        await sql.query(
          `UPDATE account SET account = 'dana', printed_name = 'Dana Example' WHERE account = 'vera'`,
        );
        await sql.query(`UPDATE account SET account = 'vera' WHERE account = 'vera-was'`);
      });
    }
    await firm.unchanged(before);
  });
});
