// SPDX-License-Identifier: Apache-2.0
import {
  approvalDraft,
  approvalMeaning,
  approvalSentence,
  changeRequestRecord,
  changeRequestReview,
  evidenceToName,
  isInForce,
  isJudgedOtherwise,
  personStatement,
  rolesActedIn,
  rolesOpenTo,
  statementBytes,
  subjectText,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { build, intake, MODEL, POLICY, produce, report, submit, USE } from './credit-model.ts';
import { type Firm, foundFirm } from './firm.ts';

const VALIDATOR = { role: 'validator', gate: 'gate/validation', meaning: 'validated' } as const;

describe('what a signer recomputes', () => {
  let firm: Firm;
  let change: string;

  beforeAll(async () => {
    firm = await foundFirm();
    const candidate = await build(firm, await intake(firm), {});
    change = await submit(firm, candidate, 'staging');
  });

  const reviewed = (of = firm, digest = change) => {
    const found = changeRequestReview(of.set(), digest, of.now());
    if ('refused' in found) throw new Error(found.refused);
    return found.review;
  };

  test('is the request with both verdicts, from records alone', () => {
    const review = reviewed();
    expect(review).toMatchObject({
      digest: change,
      subject: { model: MODEL, use: USE },
      request: { transition: 'staging' },
      submitVerdict: { allowed: true },
      verdict: { allowed: false },
    });
  });

  test('tells the promotion as the gates stood then, whatever has lapsed since', async () => {
    const own = await foundFirm();
    const { candidate, request, production } = await produce(own);
    await own.add(
      {
        type: 'implementation-test',
        subjectRef: candidate.ref,
        content: report([{ metric: 'flipped-decisions', value: '1', verdict: 'fail' }]),
      },
      'platform',
    );
    const review = changeRequestReview(own.set(), request, own.now());
    if ('refused' in review) throw new Error(review.refused);
    const { promotion, verdict } = review.review;
    expect(promotion).toMatchObject({
      warrant: production,
      verdict: { allowed: true, missing: [] },
    });
    expect(verdict.allowed).toBe(false);
    expect(promotion && isJudgedOtherwise(promotion.verdict, verdict)).toBe(true);
    expect(reviewed().promotion).toBeUndefined();
  });

  test('is refused for a digest that is no change request, and says why one does not count', () => {
    const set = firm.set();
    const absent = 'f'.repeat(64);
    expect(changeRequestRecord(set, absent)).toEqual({
      refused: 'no change request `ffffffffffff` counts in the log',
    });
    expect(changeRequestReview(set, firm.root, firm.now())).toHaveProperty('refused');
    const rejected = { ...set, rejected: [{ digest: absent, reason: 'nobody signed it' }] };
    expect(changeRequestRecord(rejected as typeof set, absent)).toEqual({
      refused: 'no change request `ffffffffffff` counts in the log: nobody signed it',
    });
  });

  test('names the roles of a person’s keys in force, and the conflict in each that is asked for', () => {
    const review = reviewed();
    const set = firm.set();
    const now = firm.now();
    for (const key of set.register.values()) {
      if (key.holder.kind !== 'person' || !isInForce(key, now)) continue;
      const { account, roles } = key.holder;
      const acted = rolesActedIn(set, review, { account, now });
      expect(acted).toEqual(expect.arrayContaining([...roles]));
    }
    expect(rolesActedIn(set, review, { account: 'nobody', now })).toEqual([]);
    const vera = { account: 'vera', roles: ['validator', 'legal'] as const, now };
    expect(rolesOpenTo(set, review, vera)).toEqual([{ ...VALIDATOR, conflict: undefined }]);
    const developer = { account: review.submitter, roles: ['validator'] as const, now };
    const [own] = rolesOpenTo(set, review, developer);
    expect(own?.conflict).toMatch(/cannot act as validator/);
    const elsewhere = { ...vera, roles: ['executive'] as const };
    expect(rolesOpenTo(set, review, elsewhere)).toEqual([]);
  });

  test('says where policy takes no passkey', async () => {
    const other = await foundFirm();
    const policy = JSON.parse(JSON.stringify(POLICY));
    policy.transitions.staging.approvals[0].signing = 'key';
    const candidate = await build(other, await intake(other, policy), {});
    const review = reviewed(other, await submit(other, candidate, 'staging'));
    const who = { account: 'vera', roles: ['validator'] as const, now: other.now() };
    expect(rolesOpenTo(other.set(), review, who)).toEqual([
      { ...VALIDATOR, signing: 'key', conflict: undefined },
    ]);
  });

  test('covers the evidence that is told, when all of it was verified and nothing frozen is left out', () => {
    const review = reviewed();
    const set = firm.set();
    const { evidence } = review.request;
    expect(evidenceToName(set, review, evidence)).toEqual({ evidence });
    expect(evidenceToName(set, review, [...evidence, 'e'.repeat(64)])).toEqual({
      refused: 'evidence `eeeeeeeeeeee` is not among the verified records',
    });
    expect(evidenceToName(set, review, evidence.slice(1))).toEqual({
      refused: `the server left out frozen evidence \`${evidence[0]?.slice(0, 12)}\``,
    });
  });
});

describe('what a signer signs', () => {
  const request = { transition: 'production' };
  const subject = { workspace: 'main', model: MODEL, use: USE, version: 3 };
  const review = { digest: 'c'.repeat(64), subject, request } as unknown as Parameters<
    typeof approvalDraft
  >[0];
  const words = {
    decision: 'approve',
    role: VALIDATOR,
    evidence: ['e'.repeat(64)],
    printedName: 'Vera Validator',
    statement: 'Sound.',
  } as const;

  test('holds printed name, meaning and statement, about the change request’s digest', () => {
    const by = { account: 'vera', founding: 'f'.repeat(64), now: '2026-03-01T09:00:00.000Z' };
    const statement = personStatement(p, approvalDraft(review, words), by);
    expect(statement.subject).toEqual([
      { name: 'change-request', digest: { sha256: 'c'.repeat(64) } },
    ]);
    expect(statement.predicate).toEqual({
      type: 'approval-record',
      kind: 'approve',
      scope: 'version',
      subjectRef: subject,
      producer: 'human',
      actor: 'vera',
      claimedAt: by.now,
      basis: 'declared',
      source: ['c'.repeat(64)],
      founding: by.founding,
      content: {
        changeRequest: 'c'.repeat(64),
        gate: 'gate/validation',
        role: 'validator',
        decision: 'approve',
        meaning: 'validated',
        printedName: 'Vera Validator',
        statement: 'Sound.',
        evidence: ['e'.repeat(64)],
      },
    });
    expect(statementBytes(statement).length).toBeGreaterThan(0);
  });

  test('says of a rejection that it is one', () => {
    expect(approvalMeaning('reject', VALIDATOR)).toBe('rejected: validated');
    expect(approvalSentence(review, 'reject', VALIDATOR)).toBe(
      'As validator I reject consumer-credit@3 for underwriting to production.',
    );
    expect(approvalSentence(review, 'approve', VALIDATOR)).toBe(
      'As validator I approve consumer-credit@3 for underwriting to production: validated.',
    );
  });

  test('a run request is no claim, and members that are undefined are left out', () => {
    const by = { account: 'dana', founding: 'f'.repeat(64), now: '2026-03-01T09:00:00.000Z' };
    const draft = {
      type: 'run-request',
      scope: 'use',
      subjectRef: subject,
      producer: 'human',
      blobs: ['b'.repeat(64)],
      supersedes: 'a'.repeat(64),
      content: { job: 'run', seed: undefined },
    } as const;
    const { subject: about, predicate } = personStatement(p, draft, by);
    expect(about).toHaveLength(1);
    expect(predicate).not.toHaveProperty('basis');
    expect(predicate).toMatchObject({
      blobs: ['b'.repeat(64)],
      supersedes: 'a'.repeat(64),
      source: [],
    });
    expect(predicate.content).toEqual({ job: 'run' });
  });

  test.each([
    [{ workspace: 'main' }, 'the firm (main)'],
    [{ workspace: 'main', model: 'credit' }, 'credit'],
    [{ workspace: 'main', model: 'credit', version: 2 }, 'credit@2'],
    [
      { workspace: 'main', model: 'credit', use: 'cards', dataset: 'loans' },
      'credit for cards, data loans',
    ],
  ])('writes a subject as people do: %j', (ref, text) => {
    expect(subjectText(ref)).toBe(text);
  });
});
