// SPDX-License-Identifier: Apache-2.0
import { type Json, judgeChangeRequest, readPolicy, verifyWarrant } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import {
  approve,
  build,
  intake,
  POLICY,
  report,
  submit,
  validate,
  warrant,
} from './credit-model.ts';
import { type Draft, type Firm, foundFirm, type Name, WORKSPACE } from './firm.ts';

type Members = { readonly [key: string]: Json };
const base = POLICY as Members & { transitions: { staging: Members; production: Members } };

const WAIVER = { by: ['model-risk', 'compliance'], daysMax: 30, compensatingControl: 'required' };
const RULE = {
  tiers: ['high'],
  daysMax: 60,
  limits: { answersMax: 100 },
  extraMonitoring: { everyDays: 7 },
  signers: ['model-risk', 'executive'],
};

const policyWith = (members: Members): Json => ({ ...base, ...members }) as Json;
const inDays = (firm: Firm, days: number) =>
  new Date(Date.parse(firm.now()) + days * 86_400_000).toISOString();
const judge = (firm: Firm, change: string) =>
  judgeChangeRequest(firm.set(), change, { phase: 'promote', now: firm.now() });
const reasons = (firm: Firm, change: string) => judge(firm, change).missing.join('\n');

/** A tier other than the intake's. */
const tiered = (firm: Firm, tier: string) =>
  firm.add(
    {
      type: 'risk-tier',
      scope: 'use',
      subjectRef: { workspace: WORKSPACE, model: 'consumer-credit', use: 'underwriting' },
      content: {
        computed: tier,
        tier,
        fairLending: true,
        floors: [{ metric: 'auc', op: '>=', value: '0.65' }],
      },
    },
    'mia',
  );

async function opened(policy: Json, tier = 'high') {
  const firm = await foundFirm();
  const signed = await intake(firm, policy);
  if (tier !== 'high') await tiered(firm, tier);
  const candidate = await build(firm, signed);
  return { firm, candidate, change: await submit(firm, candidate, 'staging') };
}

type Opened = Awaited<ReturnType<typeof opened>>;

const excuse = (at: Opened, kind: string, content: Members, ...by: readonly Name[]) =>
  at.firm.add(
    {
      type: 'exception-record',
      kind,
      subjectRef: at.candidate.ref,
      content: {
        reason: 'the validator is hired and begins in a month',
        ...(kind === 'waiver'
          ? { compensatingControl: 'a second analyst reads every case' }
          : { limits: 'new customers only', extraMonitoring: 'weekly' }),
        expires: inDays(at.firm, 30),
        ...content,
      },
    } satisfies Draft,
    ...by,
  );

const approvedBy = (at: Opened, change: string, by: string, role: string, gate: string) =>
  approve(at.firm, at.candidate, change, { by, role, gate });

describe('a policy that would waive what never is waivable cannot be read', () => {
  test.each([
    ['signatures', { evidence: 'approval-record', ...WAIVER }, /waivable\[0\]\.evidence/],
    ['electronic signatures', { evidence: 'e-signature', ...WAIVER }, /e-signature/],
    ['the artefact', { evidence: 'model-artifact', ...WAIVER }, /model-artifact/],
    ['separation of duties', { evidence: 'sod-check', ...WAIVER }, /sod-check/],
    ['the tier', { evidence: 'risk-tier', ...WAIVER }, /risk-tier/],
    ['parity', { condition: 'parity', ...WAIVER }, /waivable\[0\]\.condition/],
    ['a draft run', { condition: 'promotable-run', ...WAIVER }, /reproducible/],
    ['validation at every tier', { condition: 'independent-validation', ...WAIVER }, /when\.tier/],
    [
      'validation at high tier',
      { evidence: 'validation-report', ...WAIVER, when: { tier: ['low', 'high'] } },
      /without `high`/,
    ],
    ['for nobody', { condition: 'reproducible', ...WAIVER, by: [] }, /by/],
    ['for its developer', { condition: 'reproducible', ...WAIVER, by: ['developer'] }, /by\[0\]/],
    [
      'for no compensation',
      { condition: 'reproducible', ...WAIVER, compensatingControl: 'no' },
      /Control/,
    ],
    ['for ever', { condition: 'reproducible', ...WAIVER, daysMax: 0 }, /daysMax/],
    ['both', { condition: 'reproducible', evidence: 'test-plan', ...WAIVER }, /not both/],
  ])('%s', (_, rule, reason) => {
    expect(() => readPolicy(policyWith({ waivable: [rule as Json] }))).toThrow(reason);
  });
});

describe('a waiver', () => {
  const policy = policyWith({
    waivable: [
      { condition: 'independent-validation', ...WAIVER, when: { tier: ['medium', 'low'] } },
      { evidence: 'validation-report', ...WAIVER, when: { tier: ['medium', 'low'] } },
      { condition: 'reproducible', ...WAIVER },
    ],
  });

  test('signed by everybody whom policy names lets a failed rebuild pass, shown as excepted', async () => {
    const at = await opened(policy);
    await validate(at.firm, at.candidate);
    await at.firm.add(
      {
        type: 'reproduction-attestation',
        subjectRef: at.candidate.ref,
        content: { verdict: 'environment unavailable' },
      },
      'platform',
    );
    await approvedBy(at, at.change, 'vera', 'validator', 'gate/validation');
    expect(reasons(at.firm, at.change)).toMatch(/environment unavailable/);
    const waiver = await excuse(at, 'waiver', { condition: 'reproducible' }, 'mia', 'cora');
    const verdict = judge(at.firm, at.change);
    expect(verdict.missing).toEqual([]);
    const judged = verdict.conditions.find(({ id }) => id === 'reproducible');
    expect(judged).toMatchObject({ outcome: 'excepted' });
    expect(judged?.records).toContain(waiver);
  });

  test.each([
    ['one of two', {}, ['mia'], /no independent signature in the role `compliance`/],
    ['for too long', { expires: '2026-06-01T00:00:00.000Z' }, ['mia', 'cora'], /policy allows 30/],
    ['that has run out', { expires: '2026-01-01T00:00:00.000Z' }, ['mia', 'cora'], /expired on/],
    ['without a control', { compensatingControl: '' }, ['mia', 'cora'], /compensatingControl/],
  ] as const)('of validation %s is refused with the reason', async (_, content, by, reason) => {
    const at = await opened(policy, 'low');
    await excuse(at, 'waiver', { condition: 'independent-validation', ...content }, ...by);
    expect(reasons(at.firm, at.change)).toMatch(reason);
  });

  test('of validation holds at low tier and not at high tier', async () => {
    const low = await opened(policy, 'low');
    await excuse(low, 'waiver', { condition: 'independent-validation' }, 'mia', 'cora');
    expect(reasons(low.firm, low.change)).not.toMatch(/no validation report/);
    await tiered(low.firm, 'high');
    expect(reasons(low.firm, low.change)).toMatch(/no validation report/);
  });

  test('of a validation that came out negative excuses nothing', async () => {
    const at = await opened(policy, 'low');
    await excuse(at, 'waiver', { condition: 'independent-validation' }, 'mia', 'cora');
    await at.firm.add(
      {
        type: 'validation-report',
        subjectRef: at.candidate.ref,
        content: { outcome: 'not approved' },
      },
      'vera',
    );
    expect(reasons(at.firm, at.change)).toMatch(/the validator concluded: not approved/);
  });

  test('shows the evidence it does without as waived, and the warrant must name it', async () => {
    const at = await opened(policy, 'medium');
    const waiver = await excuse(at, 'waiver', { evidence: 'validation-report' }, 'mia', 'cora');
    await at.firm.add(
      {
        type: 'reproduction-attestation',
        subjectRef: at.candidate.ref,
        content: { verdict: 'byte-identical' },
      },
      'platform',
    );
    const approval = await approvedBy(at, at.change, 'vera', 'validator', 'gate/validation');
    expect(judge(at.firm, at.change).missing).toEqual([]);
    const question = { environment: 'staging', production: false } as const;
    const mint = (change: Members) => warrant(at.firm, at.candidate, at.change, change);
    const expires = inDays(at.firm, 20);
    const hidden = await mint({ approvals: [approval], expires });
    const shown = await mint({
      warrant: 'provisional',
      approvals: [approval],
      exceptions: [waiver],
      limits: { exceptions: 'a second analyst reads every case' },
      expires,
    });
    const check = (digest: string) =>
      verifyWarrant(at.firm.set(), { ...question, warrant: digest, now: at.firm.now() });
    expect(check(shown).ok).toBe(true);
    expect(JSON.stringify(check(hidden))).toMatch(/hides a waiver/);
    expect(JSON.stringify(check(hidden))).toMatch(/called full/);
  });
});

describe('a provisional use', () => {
  const transitions = {
    ...base.transitions,
    staging: {
      ...base.transitions.staging,
      approvals: [
        {
          role: 'validator',
          count: 1,
          gate: 'gate/validation',
          meaning: 'validated',
          when: { provisional: false },
        },
      ],
    },
  };
  const policy = policyWith({ transitions, provisional: RULE });

  async function provisional(at: Opened) {
    const use = await excuse(at, 'provisional', {}, 'mia', 'eve');
    await at.firm.add(
      {
        type: 'reproduction-attestation',
        subjectRef: at.candidate.ref,
        content: { verdict: 'byte-identical' },
      },
      'platform',
    );
    await at.firm.add(
      {
        type: 'implementation-test',
        subjectRef: at.candidate.ref,
        content: report([{ metric: 'flipped-decisions', value: '0', verdict: 'pass' }]),
      },
      'platform',
    );
    const terms = { warrant: 'provisional', exceptions: [use], expires: inDays(at.firm, 25) };
    const limits = { exceptions: 'new customers only' };
    await warrant(at.firm, at.candidate, at.change, { ...terms, limits });
    return { use, terms };
  }

  test('stands in the place of a validation, and its warrant of the approval that asks for one', async () => {
    const at = await opened(policy);
    expect(reasons(at.firm, at.change)).toMatch(/no validation report/);
    expect(reasons(at.firm, at.change)).toMatch(/1 approval by validator missing/);
    await provisional(at);
    expect(judge(at.firm, at.change).missing).toEqual([]);
  });

  test('in production ends when monitoring is overdue and when its answers are used up', async () => {
    const { production } = transitions;
    const validated = { id: 'independent-validation', gate: 'gate/validation', at: 'submit' };
    const at = await opened(
      policyWith({
        provisional: RULE,
        transitions: {
          ...transitions,
          production: {
            ...production,
            conditions: [...(production.conditions as Json[]), validated],
          },
        },
      }),
    );
    const { terms } = await provisional(at);
    const request = await submit(at.firm, at.candidate, 'production');
    await approvedBy(at, request, 'lena', 'legal', 'gate/approval');
    await approvedBy(at, request, 'eve', 'executive', 'gate/approval');
    const digest = await warrant(at.firm, at.candidate, request, {
      ...terms,
      environment: 'production',
      limits: { exceptions: 'new customers only' },
    });
    const check = (days: number) => {
      const now = inDays(at.firm, days);
      const question = { warrant: digest, environment: 'production', production: false } as const;
      const result = verifyWarrant(at.firm.set(), { ...question, now });
      return result.ok ? 'granted' : result.denials.map(({ reason }) => reason).join('\n');
    };
    expect(check(6)).toBe('granted');
    expect(check(8)).toMatch(/monitored every 7 days, and nothing is recorded/);
    at.firm.pass(6);
    await at.firm.add(
      {
        type: 'monitoring-result',
        kind: 'drift',
        subjectRef: at.candidate.ref,
        content: { warrant: digest },
      },
      'platform',
    );
    expect(check(5)).toBe('granted');
    expect(check(8)).toMatch(/monitored every 7 days/);
    const batch = (answered: number) =>
      at.firm.add(
        {
          type: 'decision-log',
          kind: 'batch',
          scope: 'firm',
          content: { warrants: [digest], answered },
        },
        'gateway',
      );
    await batch(60);
    expect(check(0)).toBe('granted');
    await batch(40);
    expect(check(0)).toMatch(/100 answers were given under provisional use, policy allows 100/);
  });

  test.each([
    ['by one of two', {}, ['mia'], /no independent signature in the role `executive`/],
    ['by one person for both', {}, ['mia', 'alan'], /executive/],
    [
      'for longer than policy allows',
      { expires: '2026-09-01T00:00:00.000Z' },
      ['mia', 'eve'],
      /ends on/,
    ],
  ] as const)('signed %s is refused', async (_, content, by, reason) => {
    const at = await opened(policy);
    await excuse(at, 'provisional', content, ...by);
    expect(reasons(at.firm, at.change)).toMatch(reason);
  });

  test('is refused at a tier that policy does not name', async () => {
    const at = await opened(policy, 'low');
    await excuse(at, 'provisional', {}, 'mia', 'eve');
    expect(reasons(at.firm, at.change)).toMatch(/policy allows none at low tier/);
  });

  test('renewed for ever ends all the same: 60 days after the first record, whatever the version', async () => {
    const at = await opened(policy);
    const first = await excuse(at, 'provisional', {}, 'mia', 'eve');
    at.firm.pass(29);
    await at.firm.add(
      {
        type: 'exception-record',
        kind: 'provisional',
        supersedes: first,
        subjectRef: at.candidate.ref,
        content: {
          reason: 'still hiring',
          limits: 'new customers only',
          extraMonitoring: 'weekly',
          expires: inDays(at.firm, 30),
        },
      },
      'mia',
      'eve',
    );
    expect(reasons(at.firm, at.change)).not.toMatch(/no validation report/);
    at.firm.pass(25);
    await excuse(at, 'provisional', { expires: inDays(at.firm, 20) }, 'mia', 'eve');
    at.firm.pass(10);
    expect(reasons(at.firm, at.change)).toMatch(/a renewal adds nothing/);
  });
});

describe('a tier that is raised while a request is open', () => {
  async function lowInProduction() {
    const at = await opened(base, 'low');
    await validate(at.firm, at.candidate);
    await approvedBy(at, at.change, 'vera', 'validator', 'gate/validation');
    await warrant(at.firm, at.candidate, at.change);
    await at.firm.add(
      {
        type: 'implementation-test',
        subjectRef: at.candidate.ref,
        content: report([{ metric: 'flipped-decisions', value: '0', verdict: 'pass' }]),
      },
      'platform',
    );
    const request = await submit(at.firm, at.candidate, 'production');
    await approvedBy(at, request, 'lena', 'legal', 'gate/approval');
    return { at, request };
  }

  test('asks for the approvals of the new tier: those of the lower one do not suffice', async () => {
    const { at, request } = await lowInProduction();
    expect(judge(at.firm, request).missing).toEqual([]);
    await tiered(at.firm, 'high');
    expect(judge(at.firm, request).missing).toEqual([
      'gate/approval: 1 approval by executive missing',
    ]);
  });

  test('makes an approval stale that named the old tier, and leaves a warrant that was given before it', async () => {
    const { at, request } = await lowInProduction();
    const tier = at.firm
      .set()
      .records.findLast(({ statement }) => statement.predicate.type === 'risk-tier');
    const approval = await approve(at.firm, at.candidate, request, {
      by: 'lena',
      role: 'legal',
      gate: 'gate/approval',
      evidence: [at.candidate.run, at.candidate.spec, tier?.digest ?? ''],
    });
    const minted = await warrant(at.firm, at.candidate, request, {
      environment: 'production',
      approvals: [approval],
    });
    await tiered(at.firm, 'high');
    const stale = judge(at.firm, request).approvals[0]?.refused;
    expect(stale).toEqual([
      { record: approval, reason: expect.stringMatching(/superseded after signing/) },
    ]);
    const question = { warrant: minted, environment: 'production', production: false } as const;
    expect(verifyWarrant(at.firm.set(), { ...question, now: at.firm.now() }).ok).toBe(true);
  });
});
