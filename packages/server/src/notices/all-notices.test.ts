// SPDX-License-Identifier: Apache-2.0
import { canonicalBytes, legacyTerms, sha256Hex } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import {
  build,
  hex,
  intake,
  MODEL,
  POLICY,
  produce,
  submit,
  USE,
  validate,
  warrant,
} from '../../../kernel/tests/credit-model.ts';
import { type Firm, foundFirm, type Name, WORKSPACE } from '../../../kernel/tests/firm.ts';
import { allNotices } from './all-notices.ts';
import { noticeFacts } from './duties.ts';
import { isFor, type Notice, type Person } from './notice.ts';

function peopleOf(firm: Firm): readonly Person[] {
  return Object.values(firm.people).flatMap(({ holder }) =>
    holder.kind === 'person' ? [{ account: holder.account, roles: holder.roles }] : [],
  );
}

function told(firm: Firm, now = firm.now()): readonly Notice[] {
  const people = peopleOf(firm);
  return allNotices(noticeFacts(firm.set(), { workspace: WORKSPACE, now, people }));
}

function whoHears(firm: Firm, notice: Notice | undefined): readonly string[] {
  if (notice === undefined) return [];
  return peopleOf(firm)
    .filter((one) => isFor(notice, one))
    .map(({ account }) => account)
    .sort();
}

const ofKind = (firm: Firm, kind: Notice['kind']) => told(firm).filter((one) => one.kind === kind);
const inDays = (firm: Firm, days: number) =>
  new Date(Date.parse(firm.now()) + days * 86_400_000).toISOString();
const useOfModel = { workspace: WORKSPACE, model: MODEL, use: USE };

async function ownedBy(firm: Firm, owner: string): Promise<void> {
  await firm.add(
    {
      type: 'inventory-entry',
      scope: 'model',
      subjectRef: { workspace: WORKSPACE, model: MODEL },
      content: { name: 'Credit', purpose: 'credit', owner, origin: 'built' },
    },
    'mia',
  );
}

describe('what waits', () => {
  test('for a validator is told to validators who did not build it, under a key that stays', async () => {
    const firm = await foundFirm();
    const candidate = await build(firm, await intake(firm));
    const change = await submit(firm, candidate, 'staging');
    const before = told(firm).filter(({ key }) => key === `waiting:assess:${change}:validator`);
    expect(before.map((one) => whoHears(firm, one))).toEqual([['vera']]);
    await validate(firm, candidate);
    const approve = told(firm).find(({ key }) => key === `waiting:approve:${change}:validator`);
    expect(whoHears(firm, approve)).toEqual(['vera']);
    expect(approve).toMatchObject({ link: `/changes/${change}`, urgent: false, record: change });
    firm.pass(3);
    expect(told(firm).find(({ key }) => key === approve?.key)).toEqual(approve);
  });
});

describe('a warrant', () => {
  test('is told of at 60, 30, 14, 7 and 1 day, and once it ran out for a week', async () => {
    const firm = await foundFirm();
    await ownedBy(firm, 'omar');
    const { production } = await produce(firm, { expires: inDays(firm, 62) });
    const marks: (string | undefined)[] = [];
    for (let day = 0; day < 74; day += 1) {
      const one = told(firm).find(
        ({ kind, record }) => kind === 'warrant-lapse' && record === production,
      );
      const name = one?.key.split(':').at(-1);
      if (marks.length === 0 || marks.at(-1) !== name) marks.push(name);
      firm.pass(1);
    }
    expect(marks).toEqual([undefined, '60', '30', '14', '7', '1', 'late', undefined]);
  });

  test('that will run out is told to its owner, model risk and operators, urgently on the last day', async () => {
    const firm = await foundFirm();
    await ownedBy(firm, 'omar');
    const { production } = await produce(firm, { expires: inDays(firm, 8.5) });
    firm.pass(2);
    const [week] = ofKind(firm, 'warrant-lapse').filter(({ record }) => record === production);
    expect(week).toMatchObject({ urgent: false, link: `/models/${MODEL}/versions/1` });
    expect(week?.text).toMatch(/^the warrant runs out in 6 days, on 2026-03-/);
    expect(whoHears(firm, week)).toEqual(['alan', 'mia', 'omar']);
    firm.pass(6);
    const [last] = ofKind(firm, 'warrant-lapse').filter(({ record }) => record === production);
    expect(last?.urgent).toBe(true);
  });

  test('that was suspended or revoked is told at once to those who work with it, for a week', async () => {
    const firm = await foundFirm();
    await ownedBy(firm, 'omar');
    const { candidate, production } = await produce(firm);
    const content = { warrant: production, environment: 'production', reason: 'it drifts' };
    await firm.add(
      { type: 'deployment-record', kind: 'suspend', subjectRef: candidate.ref, content },
      'mia',
    );
    const [one, ...others] = ofKind(firm, 'warrant-ended');
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      urgent: true,
      text: 'the warrant was suspended by mia: it drifts',
    });
    expect(whoHears(firm, one)).toEqual(['alan', 'dana', 'mia', 'omar', 'vera', 'vic']);
    expect(ofKind(firm, 'warrant-lapse').filter(({ record }) => record === production)).toEqual([]);
    firm.pass(8);
    expect(ofKind(firm, 'warrant-ended')).toEqual([]);
  });
});

test('a legacy warrant is told of before the day by which its model is to be validated', async () => {
  const firm = await foundFirm();
  const legacy = {
    daysMax: { high: 90, medium: 180, low: 365 },
    signers: ['model-owner', 'model-risk'],
  };
  await intake(firm, { ...(POLICY as object), legacy });
  const files = [{ path: 'm', digest: hex('m'), size: 1 }];
  const manifest = { v: 1, scorer: 'remote', entry: 'm', files };
  const artifactDigest = sha256Hex(nodePrimitives, canonicalBytes(manifest));
  const subjectRef = { ...useOfModel, version: 1, artifactDigest };
  const card = { name: 'Vendor score', owner: 'omar', inUseSince: '2019-04-01' };
  const model = { workspace: WORKSPACE, model: MODEL };
  await firm.add(
    { type: 'inventory-entry', scope: 'model', subjectRef: model, content: card },
    'omar',
  );
  await firm.add(
    { type: 'model-artifact', subjectRef, content: { manifest, origin: 'external' } },
    'platform',
  );
  const asked = { job: 'onboard', params: { inUseSince: '2019-04-01' } };
  const request = await firm.add(
    { type: 'run-request', kind: 'onboard', subjectRef, content: asked },
    'omar',
    'mia',
  );
  const terms = legacyTerms(firm.set(), request, firm.now());
  if (!terms.ok) throw new Error(terms.missing.join());
  const minted = await firm.add(
    {
      type: 'deployment-record',
      kind: 'legacy',
      subjectRef,
      source: [request],
      content: { ...terms.warrant },
    },
    'platform',
  );
  expect(ofKind(firm, 'warrant-lapse')).toEqual([]);
  firm.pass(84);
  const [one, ...others] = ofKind(firm, 'warrant-lapse');
  expect(others).toEqual([]);
  expect(one).toMatchObject({ record: minted, key: expect.stringMatching(/:7$/) });
  expect(one?.text).toMatch(/^the legacy warrant runs out in 5 days/);
  expect(whoHears(firm, one)).toEqual(['alan', 'mia', 'omar']);
  firm.pass(7);
  expect(ofKind(firm, 'warrant-lapse')[0]?.text).toMatch(/^the legacy warrant ran out/);
});

describe('a finding', () => {
  const open = (firm: Firm, over: object = {}, by: Name = 'vera') =>
    firm.add(
      {
        type: 'finding',
        scope: 'use',
        subjectRef: useOfModel,
        content: {
          id: 'F-1',
          title: 'Missing values',
          source: 'validation',
          severity: 'medium',
          blocking: false,
          status: 'open',
          owner: 'omar',
          due: inDays(firm, 20).slice(0, 10),
          description: 'An incomplete application must not be scored.',
          ...over,
        },
      },
      by,
    );

  test('is told to its owner when it comes, again as its day comes near, and to model risk once it is late', async () => {
    const firm = await foundFirm();
    await ownedBy(firm, 'omar');
    await open(firm);
    const [waiting] = ofKind(firm, 'waiting').filter(({ key }) => key.includes('finding'));
    expect(whoHears(firm, waiting)).toEqual(['omar']);
    expect(ofKind(firm, 'finding-due')).toEqual([]);
    firm.pass(7);
    const [due] = ofKind(firm, 'finding-due');
    expect(due?.key).toMatch(/:14$/);
    expect(whoHears(firm, due)).toEqual(['omar']);
    firm.pass(14);
    const [late] = ofKind(firm, 'finding-due');
    expect(late).toMatchObject({ urgent: true });
    expect(whoHears(firm, late)).toEqual(['alan', 'mia', 'omar']);
  });

  test('that is a condition of an approval is told as such', async () => {
    const firm = await foundFirm();
    await ownedBy(firm, 'omar');
    const { request } = await produce(firm);
    await open(firm, { condition: request, due: inDays(firm, 6).slice(0, 10) }, 'mia');
    const [one] = ofKind(firm, 'condition-due');
    expect(whoHears(firm, one)).toEqual(['alan', 'mia', 'omar']);
  });
});

test('what the firm granted for a time is told of before it runs out: exception, overlay, envelope, deputy, campaign', async () => {
  const firm = await foundFirm();
  await ownedBy(firm, 'omar');
  const { candidate } = await produce(firm);
  await firm.add(
    {
      type: 'exception-record',
      subjectRef: candidate.ref,
      content: {
        condition: 'bias',
        measurements: ['x'],
        reason: 'few',
        limits: 'none',
        extraMonitoring: 'weekly',
        expires: inDays(firm, 6),
      },
    },
    'cora',
    'lena',
  );
  await firm.add(
    {
      type: 'override-record',
      kind: 'overlay',
      scope: 'use',
      subjectRef: useOfModel,
      content: {
        id: 'O-1',
        segment: 'region=north',
        size: '+0.02 PD',
        reason: 'flood',
        authority: 'eve',
        expires: inDays(firm, 6),
        status: 'active',
      },
    },
    'mia',
  );
  await firm.add(
    {
      type: 'change-plan',
      kind: 'envelope',
      scope: 'use',
      subjectRef: useOfModel,
      content: {
        title: 'weekly refit',
        rationale: 'the same code on newer rows',
        version: 1,
        may: ['data'],
        metrics: [],
        shifts: { swapSet: '0.02' },
        uses: 3,
        expires: inDays(firm, 6),
      },
    },
    'dana',
  );
  const deputation = { deputy: 'cora', for: 'eve', role: 'executive' };
  await firm.add(
    {
      type: 'policy-document',
      kind: 'deputies',
      scope: 'firm',
      content: {
        title: 'deputies',
        version: '1',
        textDigest: '0'.repeat(64),
        deputies: {
          deputations: [{ ...deputation, from: firm.now(), until: inDays(firm, 6) }],
        },
      },
    },
    'mia',
    'ada',
  );
  await firm.add(
    {
      type: 'periodic-review',
      kind: 'attestation-campaign',
      scope: 'firm',
      content: { campaign: '2026-h1', title: 'half year', due: inDays(firm, 6).slice(0, 10) },
    },
    'mia',
  );
  const hears = (kind: Notice['kind']) => ofKind(firm, kind).map((one) => whoHears(firm, one));
  expect(hears('exception-lapse')).toEqual([['alan', 'cora', 'lena', 'mia', 'omar']]);
  expect(hears('overlay-lapse')).toEqual([['alan', 'eve', 'mia', 'omar']]);
  expect(hears('envelope-lapse')).toEqual([['alan', 'dana', 'mia', 'omar']]);
  expect(hears('deputy-lapse')).toEqual([['alan', 'cora', 'eve', 'mia']]);
  expect(hears('attestation-due')).toEqual([['omar']]);
  expect(ofKind(firm, 'waiting').some(({ key }) => key.startsWith('waiting:attest:'))).toBe(true);
});

test('the review of an emergency change is told to reviewers until it was made, urgently once it is missed', async () => {
  const firm = await foundFirm();
  await ownedBy(firm, 'omar');
  const changes = { classes: ['standard', 'emergency'], afterReviewDays: 10 };
  const candidate = await build(firm, await intake(firm, { ...(POLICY as object), changes }));
  const emergency = { class: 'emergency', urgency: 'answers are wrong for a whole region' };
  const change = await submit(firm, candidate, 'staging', 'dana', emergency);
  await warrant(firm, candidate, change);
  const marks: unknown[] = [];
  for (const days of [0, 1, 6, 3, 7]) {
    firm.pass(days);
    const [one] = ofKind(firm, 'after-review-due');
    marks.push([one?.key.split(':').at(-1), one?.urgent]);
    expect(whoHears(firm, one)).toEqual(['alan', 'mia', 'omar', 'vera', 'vic']);
  }
  expect(marks).toEqual([
    ['14', false],
    ['14', false],
    ['7', false],
    ['late', true],
    ['late-7', false],
  ]);
  await firm.add(
    {
      type: 'periodic-review',
      kind: 'after-review',
      subjectRef: candidate.ref,
      content: { changeRequest: change, outcome: 'stands', rationale: 'tested since' },
    },
    'mia',
  );
  // Late, it lifts nothing: the way back is an ordinary request.
  expect(ofKind(firm, 'after-review-due')).toHaveLength(1);
});

test('limits that monitoring found broken are told at once', async () => {
  const firm = await foundFirm();
  await ownedBy(firm, 'omar');
  const { candidate } = await produce(firm);
  const result = (breaches: readonly string[]) =>
    firm.add(
      {
        type: 'monitoring-result',
        kind: 'drift',
        producer: 'monitoring',
        subjectRef: candidate.ref,
        content: { breaches, conclusion: breaches.length === 0 ? 'pass' : 'fail' },
      },
      'platform',
    );
  await result([]);
  expect(ofKind(firm, 'breach')).toEqual([]);
  await result(['stability-index/income']);
  const [one] = ofKind(firm, 'breach');
  expect(one).toMatchObject({ urgent: true });
  expect(one?.text).toContain('stability-index/income');
  expect(whoHears(firm, one)).toEqual(['alan', 'mia', 'omar', 'vera', 'vic']);
});

test('a model whose owner has no account is told of to every model owner', async () => {
  const firm = await foundFirm();
  await ownedBy(firm, 'the credit department');
  const { production } = await produce(firm, { expires: inDays(firm, 5) });
  const one = told(firm).find(
    ({ kind, record }) => kind === 'warrant-lapse' && record === production,
  );
  expect(whoHears(firm, one)).toEqual(['alan', 'mia', 'omar']);
});
