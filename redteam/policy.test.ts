// SPDX-License-Identifier: Apache-2.0
// The rules themselves loosened: by one person, by SQL, under an older policy, or by exceptions that nobody may give.
import type { Json } from '@countersign/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertAsOwner } from '../packages/cli/src/demo/forged-firm.ts';
import { build, hex, POLICY, submit, validate } from '../packages/kernel/tests/credit-model.ts';
import { type AttackersServer, attackersServer, forged, warrantDraft } from './attackers-server.ts';
import { type FirmState, type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';
import { artefact } from './model-in-production.ts';

let firm: FirmUnderAttack;
let evil: AttackersServer;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
beforeEach(async () => {
  evil = await attackersServer(firm);
});
afterEach(() => evil.close());
afterAll(() => firm?.close());

/** The house policy without a single approval. */
const LOOSE = (() => {
  const { transitions, ...rest } = POLICY as {
    readonly transitions: { readonly staging: object; readonly production: object };
  };
  const bare = {
    conditions: [],
    approvals: [],
    warrantDaysMax: { high: 365, medium: 540, low: 730 },
  };
  return { ...rest, version: '6.6.6', transitions: { staging: bare, production: bare } } as Json;
})();

const policyDraft = (actor: string, policy: Json, reason = 'looser') => ({
  type: 'policy-document' as const,
  kind: 'promotion-policy',
  scope: 'firm' as const,
  actor,
  producer: 'human' as const,
  subjectRef: { workspace: 'main' },
  content: { title: reason, version: '6.6.6', textDigest: hex(reason), policy },
});

/** A warrant under a policy that does not stand: refused by verifier and gateway for this reason. */
async function carriesNothing(policy: string, says: RegExp): Promise<void> {
  const { candidate } = firm.open;
  const request = evil.set().byDigest.get(firm.open.change)!.statement.predicate;
  const { type, kind, scope, subjectRef, content } = request;
  const change = await evil.forge(
    {
      type,
      kind: kind!,
      scope,
      subjectRef,
      producer: 'human',
      actor: 'dana',
      content: { ...content, policy },
    },
    await firm.signer('dana'),
  );
  const over = { environment: 'staging', policy };
  const warrant = await evil.forge(
    warrantDraft(candidate, change, over),
    await firm.serviceSigner('platform'),
  );
  await evil.refuses(warrant, { environment: 'staging', says });
}

describe('a policy', () => {
  test('RT-200 that one person signed, or administrators among themselves, is no policy', async () => {
    const before = await firm.state();
    const byDeveloper = await forged(firm, policyDraft('dana', LOOSE), [await firm.signer('dana')]);
    await firm.refused(await firm.send('dana', byDeveloper), {
      status: 403,
      code: 'not_permitted',
    });
    await firm.unchanged(before);
    const alone = await forged(firm, policyDraft('mia', LOOSE), [await firm.signer('mia')]);
    const reply = await firm.send('mia', alone);
    expect(reply.body).toMatchObject({ records: [{ state: 'awaiting-signatures' }] });
    const administrators = [await firm.signer('ada'), await firm.signer('ben')];
    const among = await forged(firm, policyDraft('ada', LOOSE, 'among us'), administrators);
    const awaiting = await firm.send('ada', among);
    expect(awaiting.body).toMatchObject({ records: [{ state: 'awaiting-signatures' }] });
    for (const envelope of [byDeveloper, alone, among]) {
      const digest = evil.add(envelope);
      expect(evil.set().rejected.at(-1)).toMatchObject({ digest });
      await carriesNothing(digest, /policy .* is not in force/);
    }
    expect(await firm.state()).toMatchObject({ live: before.live, answers: before.answers });
  });

  test('RT-201 that was inserted by SQL, signed by nobody of the firm, is no policy', async () => {
    const before = await firm.state();
    const { generateKeyPairSync } = await import('node:crypto');
    const { nodeSigner } = await import('@countersign/kernel/node');
    const keys = [0, 1].map(() => nodeSigner(generateKeyPairSync('ed25519').privateKey));
    const envelope = await forged(firm, policyDraft('ada', LOOSE, 'by SQL'), keys);
    await firm.sqlAsOwner((sql) => insertAsOwner(sql as never, [envelope]));
    const rejected = async () => (await firm.server.context.records.current()).rejected.length;
    await expect.poll(rejected).toBe(1);
    const digest = evil.add(envelope);
    await carriesNothing(digest, /policy .* is not in force/);
    expect(await firm.state()).toEqual({ ...before, records: before.records + 1 });
  });

  test('RT-202 that excuses what is never excused is refused, and judges nothing', async () => {
    for (const condition of ['parity', 'findings', 'independent-validation']) {
      const exceptions = [{ condition, signers: ['model-risk', 'compliance'], daysMax: 180 }];
      const policy = { ...(POLICY as object), exceptions } as Json;
      const signers = [await firm.signer('ada'), await firm.signer('mia')];
      const envelope = await forged(firm, policyDraft('ada', policy, condition), signers);
      const before = await firm.state();
      const reply = await firm.send('ada', envelope);
      await firm.refused(reply, { status: 422, code: 'record_malformed' });
      await firm.unchanged(before);
      const digest = evil.add(envelope);
      await carriesNothing(digest, /never|exceptions/);
    }
  });

  test('RT-203 that was replaced cannot be named by a new request', async () => {
    const stricter = { ...(POLICY as object), version: '2.0.0' } as Json;
    const signers = [await firm.signer('ada'), await firm.signer('mia')];
    evil.add(await forged(firm, policyDraft('ada', stricter, 'stricter'), signers));
    await carriesNothing(firm.signed.policy, /was replaced before the request was opened/);
  });
});

describe('an exception', () => {
  const exception = (days: number) => ({
    condition: 'bias',
    measurements: ['approval-ratio/age=under 25'],
    reason: 'few applicants under 25',
    limits: 'declines under 25 are reviewed by hand',
    extraMonitoring: 'monthly',
    expires: new Date(Date.now() + days * 86_400_000).toISOString(),
  });
  let before: FirmState;
  let candidate: Awaited<ReturnType<typeof build>>;
  let change: string;
  beforeAll(async () => {
    candidate = await build(firm.recorder, firm.signed, { ...artefact(40), bias: 'inconclusive' });
    change = await submit(firm.recorder, candidate, 'staging');
    await validate(firm.recorder, candidate);
    const approval = await firm.send('vera', await firm.approval('vera', 'validator', change));
    expect(approval.status).toBe(200);
    const [{ digest }] = approval.body.records as [{ digest: string }];
    await firm.server.context.records.including([digest]);
  });
  beforeEach(async () => {
    before = await firm.state();
  });

  const draft = (actor: string, days: number) => ({
    type: 'exception-record' as const,
    scope: 'version' as const,
    producer: 'human' as const,
    actor,
    subjectRef: candidate.ref,
    content: exception(days),
  });

  test.each<[string, readonly string[], number, RegExp]>([
    [
      'RT-204 by one of the two who must sign',
      ['mia'],
      30,
      /no independent signature in the role `compliance`/,
    ],
    ['RT-205 that has run out', ['mia', 'cora'], -1, /it expired on/],
    ['RT-206 that outlasts what policy allows', ['mia', 'cora'], 400, /policy allows 180/],
  ])('%s excuses nothing', async (_, by, days, says) => {
    const signers = await Promise.all(by.map((one) => firm.signer(one)));
    const envelope = await forged(firm, draft(by[0]!, days), signers);
    if (by.length > 1) {
      const reply = await firm.send(by[0]!, envelope);
      await firm.refused(reply, { status: 409, code: 'record_refused', says: /within 180 days/ });
    }
    evil.add(envelope);
    const platform = await firm.serviceSigner('platform');
    const over = { environment: 'staging', warrant: 'provisional' };
    const warrant = await evil.forge(warrantDraft(candidate, change, over), platform);
    await evil.refuses(warrant, { environment: 'staging', says });
    const promotion = await firm.promote('omar', change);
    await firm.refused(promotion, { status: 409, code: 'promotion_refused' });
    await firm.unchanged(before);
  });
});
