// SPDX-License-Identifier: Apache-2.0
// Registers of small histories whose entries were worked out by hand. The firm's clock starts at 2026-03-01T09:00Z and moves a second with each record.
import {
  attestationCampaigns,
  exceptionsRegister,
  findingsAgeing,
  findingsRegister,
  type Json,
  judgeChangeRequest,
  liveWarrants,
  overlaysRegister,
  reviewSchedule,
  validatorWorkload,
  verifyWarrant,
} from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import {
  approve,
  build,
  intake,
  MODEL,
  POLICY,
  produce,
  submit,
  USE,
  validate,
  warrant,
} from './credit-model.ts';
import { type Firm, foundFirm, type Name, WORKSPACE } from './firm.ts';

const use = { workspace: WORKSPACE, model: MODEL, use: USE };
const EVIDENCE = 'e'.repeat(64);

const OPEN = {
  id: 'F-1',
  title: 'Missing values',
  source: 'validation',
  severity: 'medium',
  blocking: false,
  status: 'open',
  owner: 'omar',
  due: '2026-03-31',
  description: 'An incomplete application is scored.',
};

type Members = { readonly [name: string]: Json };

function finding(firm: Firm, by: Name | readonly Name[], content: Members, supersedes?: string) {
  const signers = typeof by === 'string' ? [by] : by;
  return firm.add(
    {
      type: 'finding',
      scope: 'use',
      subjectRef: use,
      content,
      ...(supersedes === undefined ? {} : { supersedes }),
    },
    ...signers,
  );
}

const entries = (firm: Firm) =>
  findingsRegister(firm.set(), { workspace: WORKSPACE, now: firm.now() });

const reasonOf = (firm: Firm, digest: string) =>
  firm.set().rejected.find((one) => one.digest === digest)?.reason;

describe('the findings register', () => {
  test('ages open findings from the day they were raised and from the end of the day they were due', async () => {
    const firm = await foundFirm();
    await finding(firm, 'vera', OPEN); // raised 1 March, due 31 March
    firm.pass(30); // 31 March
    await finding(firm, 'vera', { ...OPEN, id: 'F-2', severity: 'high', due: '2026-06-30' });
    const before = entries(firm);
    expect(before.map(({ id, daysOpen, overdue }) => [id, daysOpen, overdue])).toEqual([
      ['F-1', 30, false],
      ['F-2', 0, false],
    ]);
    firm.pass(35); // 5 May, 09:00: the 31st of March ended 34 days and 9 hours ago
    const after = entries(firm);
    expect(
      after.map(({ daysOpen, daysOverdue, overdue }) => [daysOpen, daysOverdue, overdue]),
    ).toEqual([
      [65, 34, true],
      [35, 0, false],
    ]);
    expect(findingsAgeing(after)).toEqual([
      { severity: 'high', open: 1, overdue: 0, buckets: [0, 1, 0, 0, 0], oldestDays: 35 },
      { severity: 'medium', open: 1, overdue: 1, buckets: [0, 0, 1, 0, 0], oldestDays: 65 },
      { severity: 'low', open: 0, overdue: 0, buckets: [0, 0, 0, 0, 0], oldestDays: 0 },
    ]);
  });

  test('an extension counts when model risk signs it and not when the owner or a developer does', async () => {
    const firm = await foundFirm();
    const opened = await finding(firm, 'vera', OPEN);
    const extended = {
      ...OPEN,
      status: 'extended',
      due: '2026-05-31',
      extensions: 1,
      extension: { from: '2026-03-31', reason: 'the vendor is late' },
    };
    const byOwner = await finding(firm, 'omar', extended, opened);
    const byDeveloper = await finding(firm, 'dana', extended, opened);
    expect(reasonOf(firm, byOwner)).toMatch(/role model-risk/);
    expect(reasonOf(firm, byDeveloper)).toMatch(/role model-risk/);
    expect(entries(firm)[0]?.content).toMatchObject({ status: 'open', due: '2026-03-31' });
    await finding(firm, 'mia', extended, opened);
    expect(entries(firm)[0]?.content).toMatchObject({
      status: 'extended',
      due: '2026-05-31',
      extensions: 1,
    });
  });

  test('model risk does not extend a finding of its own', async () => {
    const firm = await foundFirm();
    const own = { ...OPEN, owner: 'mia' };
    const opened = await finding(firm, 'vera', own);
    const extended = await finding(
      firm,
      'mia',
      {
        ...own,
        status: 'extended',
        due: '2026-05-31',
        extensions: 1,
        extension: { from: '2026-03-31', reason: 'later' },
      },
      opened,
    );
    expect(reasonOf(firm, extended)).toMatch(/`mia` owns or answered the finding/);
  });

  test('is closed with evidence by somebody who neither owns nor answered it', async () => {
    const firm = await foundFirm();
    const opened = await finding(firm, 'vera', OPEN);
    const said = { ...OPEN, status: 'responded', response: 'bounded', respondedBy: 'vic' };
    const responded = await finding(firm, 'vic', said, opened);
    const closed = { ...said, status: 'closed', closure: 'seen', evidence: [EVIDENCE] };
    const byAnswerer = await finding(firm, 'vic', closed, responded);
    expect(reasonOf(firm, byAnswerer)).toMatch(/`vic` owns or answered/);
    expect(entries(firm)[0]?.content.status).toBe('responded');
    const done = await finding(firm, 'vera', closed, responded);
    firm.pass(10);
    expect(entries(firm)[0]).toMatchObject({ daysOpen: 0, overdue: false, digest: done });
    const again = { ...closed, status: 'open', reopened: 'it came back', due: '2026-06-30' };
    expect(reasonOf(firm, await finding(firm, 'dana', again, done))).toMatch(
      /validator or model-risk/,
    );
    await finding(firm, 'vera', again, done);
    expect(entries(firm)[0]).toMatchObject({ daysOpen: 10, content: { status: 'open' } });
  });

  test('an answer in another’s name does not count', async () => {
    const firm = await foundFirm();
    const opened = await finding(firm, 'vera', OPEN);
    const said = { ...OPEN, status: 'responded', response: 'done', respondedBy: 'dana' };
    expect(reasonOf(firm, await finding(firm, 'omar', said, opened))).toMatch(
      /`respondedBy` is not/,
    );
  });
});

/** A validated candidate with an open staging request and a blocking finding. */
async function blocked(firm: Firm, severity: string) {
  const candidate = await build(firm, await intake(firm));
  const change = await submit(firm, candidate, 'staging');
  await validate(firm, candidate);
  await approve(firm, candidate, change, {
    by: 'vera',
    role: 'validator',
    gate: 'gate/validation',
  });
  const content = { ...OPEN, severity, blocking: true };
  const opened = await finding(firm, 'vera', content);
  const accepted = (expires: string, members: Members = {}) => ({
    ...content,
    status: 'accepted',
    acceptance: { reason: 'few cases', compensating: 'by hand', expires },
    ...members,
  });
  const missing = () =>
    judgeChangeRequest(firm.set(), change, { phase: 'promote', now: firm.now() }).missing;
  return { candidate, change, opened, content, accepted, missing };
}

const LAPSE = '2026-03-25T00:00:00.000Z';

describe('a finding of one version', () => {
  test('is inherited by the next and not by the one before', async () => {
    const firm = await foundFirm();
    const signed = await intake(firm);
    const versions = [1, 2, 3].map((version) => ({ version }));
    const requests: string[] = [];
    for (const at of versions) {
      const candidate = await build(firm, signed, at);
      await validate(firm, candidate);
      requests.push(await submit(firm, candidate, 'staging'));
    }
    await firm.add(
      {
        type: 'finding',
        scope: 'use',
        subjectRef: { ...use, version: 2 },
        content: { ...OPEN, blocking: true },
      },
      'vera',
    );
    const blocks = requests.map((change) =>
      judgeChangeRequest(firm.set(), change, { phase: 'promote', now: firm.now() })
        .conditions.filter(({ id }) => id === 'findings')
        .map(({ outcome }) => outcome),
    );
    expect(blocks).toEqual([['pass'], ['fail'], ['fail']]);
  });
});

describe('an accepted risk', () => {
  test('of a high finding needs an executive and model risk, two persons, neither its owner', async () => {
    const firm = await foundFirm();
    const at = await blocked(firm, 'high');
    expect(at.missing()).toEqual([expect.stringMatching(/finding F-1 \(high\) is open/)]);
    const alone = await finding(firm, 'eve', at.accepted(LAPSE), at.opened);
    expect(reasonOf(firm, alone)).toMatch(
      /different persons in the roles executive, and model-risk/,
    );
    await finding(firm, ['eve', 'mia'], at.accepted(LAPSE), at.opened);
    expect(at.missing()).toEqual([]);
  });

  test('blocks nothing while it runs, and the promotion as well as the warrant once it has lapsed', async () => {
    const firm = await foundFirm();
    const at = await blocked(firm, 'medium');
    await finding(firm, 'eve', at.accepted(LAPSE), at.opened);
    expect(at.missing()).toEqual([]);
    const digest = await warrant(firm, at.candidate, at.change);
    const check = () =>
      verifyWarrant(firm.set(), {
        warrant: digest,
        environment: 'staging',
        now: firm.now(),
        production: false,
      });
    expect(check()).toMatchObject({ ok: true });
    expect(liveWarrants(firm.set(), firm.now())).toEqual([digest]);
    firm.pass(23); // 24 March
    expect(check()).toMatchObject({ ok: true });
    firm.pass(0.9); // 25 March, 06:36
    expect(check()).toMatchObject({
      ok: false,
      denials: expect.arrayContaining([
        {
          code: 'warrant_condition_lapsed',
          reason: `the accepted risk of finding F-1 lapsed at ${LAPSE}`,
        },
      ]),
    });
    expect(at.missing()).toEqual([expect.stringMatching(/finding F-1 \(medium\) is accepted/)]);
  });

  test('does not hold when its severity was lowered on the way', async () => {
    const firm = await foundFirm();
    const at = await blocked(firm, 'high');
    await finding(firm, 'eve', at.accepted(LAPSE, { severity: 'low' }), at.opened);
    expect(at.missing()).toEqual([expect.stringMatching(/finding F-1/)]);
  });

  test('an answer that drops the blocking member unblocks nothing', async () => {
    const firm = await foundFirm();
    const at = await blocked(firm, 'high');
    const said = { ...at.content, status: 'responded', response: 'done', respondedBy: 'omar' };
    await finding(firm, 'omar', { ...said, blocking: false }, at.opened);
    expect(firm.set().rejected).toEqual([]);
    expect(at.missing()).toEqual([expect.stringMatching(/finding F-1/)]);
  });
});

describe('a condition of an approval', () => {
  const restricted = (firm: Firm, digest: string) => {
    const result = verifyWarrant(firm.set(), {
      warrant: digest,
      environment: 'production',
      now: firm.now(),
      production: false,
    });
    return result.ok ? 'holds' : result.denials.map(({ code }) => code).join();
  };
  const condition = (request: string, members: Members = {}) => ({
    ...OPEN,
    condition: request,
    due: '2026-03-10',
    ...members,
  });

  test('that was not closed by its day restricts the warrant, until it is extended or closed', async () => {
    const firm = await foundFirm();
    const { production, request } = await produce(firm);
    const opened = await finding(firm, 'vera', condition(request));
    firm.pass(9); // 10 March: the day itself is in time
    expect(restricted(firm, production)).toBe('holds');
    firm.pass(1);
    expect(restricted(firm, production)).toBe('warrant_condition_lapsed');
    expect(liveWarrants(firm.set(), firm.now())).not.toContain(production);
    const extended = await finding(
      firm,
      'mia',
      condition(request, {
        status: 'extended',
        due: '2026-03-20',
        extensions: 1,
        extension: { from: '2026-03-10', reason: 'late' },
      }),
      opened,
    );
    expect(restricted(firm, production)).toBe('holds');
    firm.pass(10);
    expect(restricted(firm, production)).toBe('warrant_condition_lapsed');
    const last = firm.set().byDigest.get(extended)?.statement.predicate.content ?? {};
    await finding(
      firm,
      'vera',
      { ...last, status: 'closed', closure: 'mended', evidence: [EVIDENCE] },
      extended,
    );
    expect(restricted(firm, production)).toBe('holds');
  });

  test('of another request, or that a developer sets, restricts nothing', async () => {
    const firm = await foundFirm();
    const { production, request } = await produce(firm);
    await finding(firm, 'vera', condition('d'.repeat(64)));
    const own = await finding(firm, 'dana', condition(request, { id: 'F-2' }));
    expect(reasonOf(firm, own)).toMatch(/must be signed by/);
    firm.pass(20);
    expect(restricted(firm, production)).toBe('holds');
  });

  test('is not got rid of by a record that drops it, moves its day or closes it without evidence', async () => {
    const firm = await foundFirm();
    const { production, request } = await produce(firm);
    const opened = await finding(firm, 'vera', condition(request));
    const said = { status: 'responded', response: 'done', respondedBy: 'omar' };
    const { condition: _dropped, ...without } = condition(request, said);
    const one = await finding(firm, 'omar', without, opened);
    const two = await finding(
      firm,
      'omar',
      condition(request, { ...said, due: '2027-01-01' }),
      one,
    );
    await finding(firm, 'vera', condition(request, { status: 'closed', closure: 'fine' }), two);
    expect(firm.set().rejected).toEqual([]);
    firm.pass(10);
    expect(restricted(firm, production)).toBe('warrant_condition_lapsed');
  });
});

const REVIEWED = {
  ...(POLICY as Members),
  reviews: { high: 20, medium: 100, low: 200, overdueRestricts: true, graceDays: 5 },
};

const review = (firm: Firm, by: Name, outcome = 'stands') =>
  firm.add(
    {
      type: 'periodic-review',
      kind: 'model',
      scope: 'use',
      subjectRef: use,
      content: { outcome, rationale: 'looked at drift', triggers: [], evidence: [] },
    },
    by,
  );

describe('the review schedule', () => {
  const row = (firm: Firm) => {
    const [entry] = reviewSchedule(firm.set(), { workspace: WORKSPACE, now: firm.now() });
    return [entry?.state, entry?.daysLeft, entry?.from?.what];
  };

  test('counts from validation, then from the last review, in the days of the tier', async () => {
    const firm = await foundFirm();
    const candidate = await build(firm, await intake(firm, REVIEWED));
    expect(row(firm)).toEqual(['unstarted', undefined, undefined]);
    await validate(firm, candidate);
    expect(row(firm)).toEqual(['due', 20, 'validation']);
    firm.pass(21);
    expect(row(firm)).toEqual(['overdue', -1, 'validation']);
    await review(firm, 'vera');
    expect(row(firm)).toEqual(['due', 20, 'review']);
  });

  test('a high tier without a cadence in the policy is looked at every 365 days', async () => {
    const firm = await foundFirm();
    await validate(firm, await build(firm, await intake(firm)));
    expect(row(firm)).toEqual(['current', 365, 'validation']);
  });

  test('a review by a developer, or by a validator who built the model, counts for nothing', async () => {
    const firm = await foundFirm();
    const candidate = await build(firm, await intake(firm), { requestedBy: 'vic' });
    await validate(firm, candidate);
    expect(reasonOf(firm, await review(firm, 'dana'))).toMatch(/validator or model-risk/);
    await review(firm, 'vic');
    expect(row(firm)).toEqual(['current', 364, 'validation']);
  });

  test('a breach, another tier and a newer pack call for a review before its time', async () => {
    const firm = await foundFirm();
    await validate(firm, await build(firm, await intake(firm)));
    await finding(firm, 'platform', { ...OPEN, source: 'monitoring', title: 'Breach of drift' });
    await firm.add(
      {
        type: 'risk-tier',
        scope: 'use',
        subjectRef: use,
        content: { computed: 'medium', tier: 'medium', fairLending: true, floors: [] },
      },
      'mia',
    );
    await firm.add(
      {
        type: 'policy-document',
        kind: 'framework-pack',
        scope: 'firm',
        subjectRef: { workspace: WORKSPACE },
        content: {
          title: 'pack',
          version: '2',
          textDigest: EVIDENCE,
          pack: { id: 'test-pack', version: '2.0.0' },
        },
      },
      'ada',
      'mia',
    );
    const [entry] = reviewSchedule(firm.set(), { workspace: WORKSPACE, now: firm.now() });
    expect(entry?.state).toBe('triggered');
    expect(entry?.triggers.map(({ kind, text }) => [kind, text])).toEqual([
      ['breach', 'Breach of drift'],
      ['re-tier', 'tier high became medium'],
      ['pack', 'framework pack test-pack 2.0.0 took effect'],
    ]);
    await review(firm, 'mia');
    expect(row(firm)).toEqual(['current', 730, 'review']);
  });

  test('an overdue review denies a warrant after the days of grace, under a policy that says so only', async () => {
    const firm = await foundFirm();
    const candidate = await build(firm, await intake(firm, REVIEWED));
    const change = await submit(firm, candidate, 'staging');
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    firm.pass(10); // a warrant made later puts the review off by nothing
    const digest = await warrant(firm, candidate, change);
    const codes = () => {
      const at = { warrant: digest, environment: 'staging', now: firm.now() } as const;
      const result = verifyWarrant(firm.set(), { ...at, production: false });
      return result.ok ? [] : result.denials.map(({ code }) => code);
    };
    firm.pass(14.9);
    expect(codes()).toEqual([]);
    firm.pass(0.2);
    expect(codes()).toEqual(['warrant_review_overdue']);
    expect(liveWarrants(firm.set(), firm.now())).toEqual([]);
    await review(firm, 'vera');
    expect(codes()).toEqual([]);
    const plain = await foundFirm();
    const { production } = await produce(plain);
    plain.pass(29);
    const at = { warrant: production, environment: 'production', now: plain.now() } as const;
    expect(verifyWarrant(plain.set(), { ...at, production: false }).ok).toBe(true);
  });
});

describe('what waits for validators', () => {
  test('is what each may do: not the validation of a model of their own team', async () => {
    const firm = await foundFirm();
    const candidate = await build(firm, await intake(firm));
    await submit(firm, candidate, 'staging');
    const opened = await finding(firm, 'vera', OPEN);
    const said = { ...OPEN, status: 'responded', response: 'done', respondedBy: 'omar' };
    await finding(firm, 'omar', said, opened);
    const rows = validatorWorkload(firm.set(), {
      workspace: WORKSPACE,
      now: firm.now(),
      validators: ['vera', 'vic'],
    });
    expect(rows).toEqual([
      {
        validator: 'vera',
        validations: [`${MODEL}@1 for ${USE}`],
        reviews: [],
        findings: [`${MODEL}/F-1`],
      },
      { validator: 'vic', validations: [], reviews: [], findings: [] },
    ]);
  });
});

describe('the overlays register', () => {
  const overlay = (firm: Firm, by: Name, members: Members = {}, supersedes?: string) =>
    firm.add(
      {
        type: 'override-record',
        kind: 'overlay',
        scope: 'use',
        subjectRef: use,
        content: {
          id: 'O-1',
          segment: 'region=north',
          size: '+0.02 PD',
          reason: 'flood',
          authority: 'eve',
          expires: '2026-03-31T23:59:59.999Z',
          status: 'active',
          ...members,
        },
        ...(supersedes === undefined ? {} : { supersedes }),
      },
      by,
    );
  const rows = (firm: Firm) =>
    overlaysRegister(firm.set(), { workspace: WORKSPACE, now: firm.now() }).map((one) => [
      one.id,
      one.state,
      one.daysRunning,
      one.daysLeft,
      one.recurrence,
    ]);

  test('shows what runs, expired and ended, and how often a segment came back', async () => {
    const firm = await foundFirm();
    const first = await overlay(firm, 'mia');
    expect(reasonOf(firm, await overlay(firm, 'dana', { id: 'O-9' }))).toMatch(/model-owner or/);
    firm.pass(10);
    expect(rows(firm)).toEqual([['O-1', 'active', 10, 20, 0]]);
    await overlay(firm, 'omar', { status: 'ended', ended: 'mended' }, first);
    firm.pass(5);
    await overlay(firm, 'mia', { id: 'O-2' });
    firm.pass(30);
    expect(rows(firm)).toEqual([
      ['O-1', 'ended', 10, 0, 0],
      ['O-2', 'expired', 15, 0, 1],
    ]);
  });
});

describe('the exceptions register', () => {
  test('counts earlier exceptions for the same figure of the same condition as renewals', async () => {
    const firm = await foundFirm();
    const { ref } = await build(firm, await intake(firm));
    const except = (measurements: readonly string[], expires: string) =>
      firm.add(
        {
          type: 'exception-record',
          subjectRef: ref,
          content: {
            condition: 'bias',
            measurements,
            reason: 'few',
            limits: 'none',
            extraMonitoring: 'weekly',
            expires,
          },
        },
        'mia',
        'cora',
      );
    await except(['ratio/age'], '2026-03-11T09:00:00.000Z');
    firm.pass(20);
    await except(['ratio/age', 'ratio/sex'], '2026-04-20T09:00:00.000Z');
    await except(['ratio/other'], '2026-04-20T09:00:00.000Z');
    const found = exceptionsRegister(firm.set(), { workspace: WORKSPACE, now: firm.now() });
    expect(found.map((one) => [one.state, one.daysRunning, one.daysLeft, one.renewals])).toEqual([
      ['running', 0, 29, 0],
      ['running', 0, 29, 1],
      ['expired', 9, 0, 0],
    ]);
  });
});

describe('an attestation campaign', () => {
  test('asks each owner for each entry, and an answer goes stale when the entry changes', async () => {
    const firm = await foundFirm();
    const entry = (owner: string) =>
      firm.add(
        {
          type: 'inventory-entry',
          scope: 'model',
          subjectRef: { workspace: WORKSPACE, model: MODEL },
          content: { name: MODEL, owner, origin: 'built' },
        },
        'mia',
      );
    const first = await entry('omar');
    const campaign = await firm.add(
      {
        type: 'periodic-review',
        kind: 'attestation-campaign',
        scope: 'firm',
        subjectRef: { workspace: WORKSPACE },
        content: { campaign: '2026-h1', title: 'half year', due: '2026-03-15' },
      },
      'mia',
    );
    const attest = (by: Name) =>
      firm.add(
        {
          type: 'periodic-review',
          kind: 'attestation',
          scope: 'model',
          subjectRef: { workspace: WORKSPACE, model: MODEL },
          content: { campaign, entry: first, answer: 'confirmed', note: 'right' },
        },
        by,
      );
    const status = () => {
      const [one] = attestationCampaigns(firm.set(), { workspace: WORKSPACE, now: firm.now() });
      return [one?.answers.map(({ state }) => state), one?.overdue];
    };
    await attest('dana');
    expect(status()).toEqual([['waiting'], false]);
    firm.pass(15);
    expect(status()).toEqual([['waiting'], true]);
    await attest('omar');
    expect(status()).toEqual([['confirmed'], false]);
    await entry('omar');
    expect(status()).toEqual([['stale'], true]);
  });
});
