// SPDX-License-Identifier: Apache-2.0
import {
  type Json,
  judgeChangeRequest,
  readCommitteeCharter,
  readDeputies,
} from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { build, hex, intake, POLICY, submit, validate } from './credit-model.ts';
import { type Firm, foundFirm, type Name, WORKSPACE } from './firm.ts';

type Members = { readonly [key: string]: Json };
const base = POLICY as Members & { transitions: { staging: Members; production: Members } };

/** Staging is asked for by legal, and by the executive or a committee in their place. */
const policy = (committee?: string): Json => ({
  ...base,
  transitions: {
    ...base.transitions,
    staging: {
      ...base.transitions.staging,
      approvals: [
        { role: 'legal', count: 1, gate: 'gate/approval', meaning: 'lawful' },
        {
          role: 'executive',
          count: 1,
          gate: 'gate/approval',
          meaning: 'accepted',
          ...(committee === undefined ? {} : { committee }),
        },
      ],
    },
  },
});

async function opened(committee?: string) {
  const firm = await foundFirm();
  const candidate = await build(firm, await intake(firm, policy(committee)));
  const change = await submit(firm, candidate, 'staging');
  await validate(firm, candidate);
  return { firm, candidate, change };
}
type Opened = Awaited<ReturnType<typeof opened>>;

const approval = (at: Opened, by: Name, role: string, more: Members = {}) =>
  at.firm.add(
    {
      type: 'approval-record',
      subjectRef: at.candidate.ref,
      subject: [{ name: 'change-request', digest: { sha256: at.change } }],
      content: {
        changeRequest: at.change,
        gate: 'gate/approval',
        role,
        decision: 'approve',
        meaning: 'approved',
        printedName: by,
        statement: 'I approve.',
        evidence: [at.candidate.run, at.candidate.spec],
        ...more,
      },
    },
    by,
  );

const verdictOf = (at: Opened) =>
  judgeChangeRequest(at.firm.set(), at.change, { phase: 'promote', now: at.firm.now() });
const reasons = (at: Opened) => verdictOf(at).missing.join('\n');

const firmDocument = (firm: Firm, kind: string, content: Members, ...by: readonly Name[]) =>
  firm.add(
    {
      type: 'policy-document',
      kind,
      scope: 'firm',
      subjectRef: { workspace: WORKSPACE },
      content: { title: kind, version: '1', textDigest: hex(kind), ...content },
    },
    ...by,
  );

const MEMBERS = ['eve', 'mia', 'cora', 'dana', 'vera'];
const charter = (firm: Firm, change: Members = {}) =>
  firmDocument(
    firm,
    'committee',
    {
      committee: {
        name: 'model-risk-committee',
        members: MEMBERS,
        chair: 'eve',
        quorum: 3,
        ...change,
      },
    },
    'ada',
    'mia',
  );

const decision = (digest: string, change: Members = {}) => ({
  committee: {
    name: 'model-risk-committee',
    charter: digest,
    attendance: ['eve', 'mia', 'cora'],
    votes: { for: ['eve', 'mia'], against: ['cora'], abstain: [] },
    dissent: 'Cora: the cutoff is not explained to applicants.',
    minutes: hex('minutes'),
    ...change,
  },
});

describe('the decision of a committee', () => {
  test('with quorum and majority is one approval, signed by the chair', async () => {
    const at = await opened('model-risk-committee');
    await approval(at, 'lena', 'legal');
    await approval(at, 'eve', 'executive', decision(await charter(at.firm)));
    expect(verdictOf(at)).toMatchObject({ missing: [], allowed: true });
    expect(verdictOf(at).approvals[1]).toMatchObject({ committee: 'model-risk-committee' });
  });

  const votes = (yes: string[], no: string[], abstain: string[]) => ({
    attendance: [...yes, ...no, ...abstain],
    votes: { for: yes, against: no, abstain },
  });

  test.each([
    ['without a quorum', votes(['eve', 'mia'], [], []), /quorum is 3 .*, 2 attended/],
    [
      'with a quorum only by who built the version',
      votes(['eve', 'mia', 'dana'], [], []),
      /quorum is 3 members without a conflict, 2 attended/,
    ],
    ['without a majority', votes(['eve'], [], ['mia', 'cora']), /1 of 3 .* no majority/],
    [
      'with a majority only by who built the version',
      votes(['eve', 'mia', 'dana'], ['cora', 'vera'], []),
      /2 of 4 who count/,
    ],
    ['with a stranger', votes(['eve', 'mia', 'lena'], [], []), /`lena` is no member/],
    ['without its chair', votes(['vera', 'mia', 'cora'], [], []), /chair did not attend/],
    [
      'by votes of the absent',
      {
        attendance: ['eve', 'mia', 'cora'],
        votes: { for: ['eve', 'mia', 'vera'], against: [], abstain: ['cora'] },
      },
      /`vera` voted without attending/,
    ],
    [
      'with a vote for and against by one',
      { votes: { for: ['eve', 'mia', 'cora'], against: ['cora'], abstain: [] } },
      /voted twice/,
    ],
    [
      'with silence',
      { votes: { for: ['eve', 'mia'], against: [], abstain: [] } },
      /`cora` attended/,
    ],
    ['with dissent that nobody wrote down', { dissent: ' ' }, /dissent is not recorded/],
    ['of another committee', { name: 'golf-committee' }, /asks for the decision of the committee/],
    ['under a charter that is not in force', { charter: hex('old') }, /it met under charter/],
  ])('%s is refused', async (_, change, reason) => {
    const at = await opened('model-risk-committee');
    await approval(at, 'lena', 'legal');
    await approval(at, 'eve', 'executive', decision(await charter(at.firm), change as Members));
    expect(reasons(at)).toMatch(reason);
  });

  test('that nobody but an executive signs is no decision of the committee', async () => {
    const at = await opened('model-risk-committee');
    await charter(at.firm);
    await approval(at, 'eve', 'executive');
    expect(reasons(at)).toMatch(/asks for the decision of the committee/);
  });

  test('signed by somebody who does not chair it is refused', async () => {
    const at = await opened('model-risk-committee');
    const digest = await charter(at.firm, { chair: 'cora' });
    await approval(at, 'eve', 'executive', decision(digest));
    expect(reasons(at)).toMatch(/`eve` does not chair/);
  });

  test('goes stale when the charter is replaced', async () => {
    const at = await opened('model-risk-committee');
    const digest = await charter(at.firm);
    await approval(at, 'eve', 'executive', decision(digest));
    await charter(at.firm, { quorum: 5 });
    expect(reasons(at)).toMatch(/it met under charter .*, in force is/);
  });

  test('counts for nothing where policy asks for a person', async () => {
    const at = await opened();
    await approval(at, 'eve', 'executive', decision(await charter(at.firm)));
    expect(reasons(at)).toMatch(/policy asks for no committee here/);
  });

  test.each([
    ['a chair outside it', { chair: 'lena' }, /committee\.chair/],
    ['a quorum of half', { quorum: 2 }, /committee\.quorum/],
    ['more for a quorum than there are', { quorum: 6 }, /committee\.quorum/],
    ['a member twice', { members: ['eve', 'eve', 'mia'] }, /members\[1\]/],
  ])('a charter with %s cannot be read', (_, change, reason) => {
    const sound = { name: 'c', members: MEMBERS, chair: 'eve', quorum: 3 };
    expect(() => readCommitteeCharter({ ...sound, ...change })).toThrow(reason);
  });
});

const JUNE = { from: '2026-02-01T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z' };
const deputation = (change: Members = {}) => ({
  deputy: 'cora',
  for: 'eve',
  role: 'executive',
  ...JUNE,
  ...change,
});
const appoint = (firm: Firm, change: Members = {}, ...by: readonly Name[]) =>
  firmDocument(
    firm,
    'deputies',
    { deputies: { deputations: [deputation(change)] } },
    ...(by.length > 0 ? by : (['ada', 'mia'] as const)),
  );

describe('a deputy', () => {
  test('approves in the role of whom they stand in for, and the verdict says so', async () => {
    const at = await opened();
    await appoint(at.firm);
    await approval(at, 'lena', 'legal');
    await approval(at, 'cora', 'executive', { asDeputyOf: 'eve' });
    expect(verdictOf(at).missing).toEqual([]);
    expect(verdictOf(at).approvals[1]?.given).toMatchObject([
      { account: 'cora', asDeputyOf: 'eve' },
    ]);
  });

  test.each([
    ['whom nobody appointed', undefined, /no deputation lets `cora`/],
    ['for another role', { role: 'legal' }, /no deputation lets/],
    ['before the time', { from: '2026-03-20T00:00:00.000Z' }, /no deputation lets/],
    ['after the time', { until: '2026-02-20T00:00:00.000Z' }, /no deputation lets/],
    ['for another model', { model: 'fraud' }, /no deputation lets/],
    ['for somebody without the role', { for: 'omar' }, /`omar` does not hold the role/],
  ])('%s is refused', async (_, change, reason) => {
    const at = await opened();
    if (change !== undefined) await appoint(at.firm, change);
    const principal = change !== undefined && 'for' in change ? String(change.for) : 'eve';
    await approval(at, 'cora', 'executive', { asDeputyOf: principal });
    expect(reasons(at)).toMatch(reason);
  });

  test('is not made after the fact', async () => {
    const at = await opened();
    await approval(at, 'cora', 'executive', { asDeputyOf: 'eve' });
    await appoint(at.firm);
    expect(reasons(at)).toMatch(/no deputation lets/);
  });

  test('who built the version has the conflict that they have as themselves', async () => {
    const at = await opened();
    await appoint(at.firm, { deputy: 'dana' });
    await approval(at, 'dana', 'executive', { asDeputyOf: 'eve' });
    expect(reasons(at)).toMatch(/`dana` cannot act as executive/);
  });

  test('who appointed themselves is none', async () => {
    const at = await opened();
    await appoint(at.firm, { deputy: 'mia' });
    await approval(at, 'mia', 'executive', { asDeputyOf: 'eve' });
    expect(reasons(at)).toMatch(/no deputation lets `mia`/);
  });

  test('never stands in for a counterpart: who judged the request as themselves is refused', async () => {
    const at = await opened();
    await appoint(at.firm, { deputy: 'lena' });
    await approval(at, 'lena', 'legal');
    await approval(at, 'lena', 'executive', { asDeputyOf: 'eve' });
    expect(reasons(at)).toMatch(/`lena` has signed as legal .*deputises for a counterpart/);
  });

  test('gives no second judgement beside whom they stand in for', async () => {
    const at = await opened();
    await appoint(at.firm, { for: 'lena', role: 'legal' });
    await approval(at, 'lena', 'legal');
    await approval(at, 'cora', 'legal', { asDeputyOf: 'lena' });
    const legal = verdictOf(at).approvals[0];
    expect(legal?.given).toHaveLength(1);
    expect(legal?.refused[0]?.reason).toMatch(/nobody stands in beside them/);
  });

  test('of two persons at once is one person', async () => {
    const at = await opened();
    await appoint(at.firm);
    await appoint(at.firm, { for: 'lena', role: 'legal' });
    await approval(at, 'cora', 'legal', { asDeputyOf: 'lena' });
    await approval(at, 'cora', 'executive', { asDeputyOf: 'eve' });
    expect(reasons(at)).toMatch(/`cora` approved as legal and executive/);
  });

  test.each([
    ['of oneself', { deputy: 'eve' }, /deputations\[0\]\.deputy/],
    ['for more than 90 days', { until: '2026-05-03T00:00:00.000Z' }, /by 90 days/],
    ['that ends before it begins', { until: '2026-01-03T00:00:00.000Z' }, /after `from`/],
  ])('a deputation %s cannot be read', (_, change, reason) => {
    expect(() => readDeputies({ deputations: [deputation(change)] })).toThrow(reason);
  });
});
