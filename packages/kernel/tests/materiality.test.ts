// SPDX-License-Identifier: Apache-2.0
// Refits of one credit model against the version in production, under policies written here by hand.
import {
  changeOf,
  type Json,
  judgeChangeRequest,
  readMaterialityRules,
  verifyWarrant,
} from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import {
  approve,
  type BuildOptions,
  build,
  type Candidate,
  hex,
  intake,
  POLICY,
  report,
  submit,
  validate,
  warrant,
} from './credit-model.ts';
import { type Firm, foundFirm, type Name } from './firm.ts';
import { seed } from './property-seed.ts';

const RULES: Json = {
  material: [
    'features',
    'algorithm',
    'population',
    'cutoff',
    { measure: 'scoreShift', above: '0.05' },
    { measure: 'swapSet', above: '0.02' },
    { measure: 'disparity', above: '0.03' },
  ],
  minor: ['data', 'code', 'parameters', 'artifact'],
};

const CHANGES: Json = {
  classes: ['standard', 'emergency', 'rollback', 'configuration', 'data'],
  afterReviewDays: 5,
};

type Members = { readonly [name: string]: Json };

/** The small firm's policy; lower materiality takes model risk alone in production. */
function policyWith(members: Members): Json {
  const policy = POLICY as unknown as { transitions: { staging: Members; production: Members } };
  const ordinary = { materiality: ['material'], class: ['standard', 'configuration', 'data'] };
  const approval = (role: string, when: Json): Json => ({
    ...{ role, count: 1, gate: 'gate/approval', meaning: `${role} agrees`, when },
  });
  const production = {
    ...policy.transitions.production,
    approvals: [
      approval('legal', ordinary),
      approval('executive', ordinary),
      approval('model-risk', { materiality: ['minor', 'within-envelope'], class: ['standard'] }),
      approval('model-risk', { class: ['emergency', 'rollback'] }),
    ],
  };
  return {
    ...(POLICY as object),
    transitions: { staging: policy.transitions.staging, production },
    ...members,
  } as unknown as Json;
}

const SPEC = {
  algorithm: 'logistic regression',
  inputs: [{ name: 'income', type: 'f32' }],
  output: { name: 'score', index: 0 },
  decision: { cutoff: '0.2', adverse: 'decline' },
  fallback: { kind: 'manual-queue', detail: '' },
  design: {},
  monitoring: {},
};

interface Version {
  readonly candidate: Candidate;
}

interface VersionOptions {
  readonly spec?: Members;
  readonly commit?: string;
  readonly data?: string;
  readonly asOf?: string;
  readonly c?: string;
  readonly population?: string;
  readonly swapSet?: string;
  readonly production?: Candidate;
  readonly bias?: BuildOptions['bias'];
}

/** A version with everything that is compared, and the platform's comparison where one is asked for. */
async function version(
  firm: Firm,
  signed: { policy: string; pack: string },
  n: number,
  options: VersionOptions = {},
): Promise<Version> {
  const spec = { ...SPEC, ...options.spec };
  const { bias } = options;
  const built: BuildOptions = { version: n, spec, ...(bias === undefined ? {} : { bias }) };
  const candidate = await build(firm, signed, built);
  const { ref } = candidate;
  const measured = (type: 'source-revision' | 'training-run', content: Members) =>
    firm.add(
      { type, producer: 'pipeline', basis: 'measured', subjectRef: ref, content } as never,
      'platform',
    );
  await measured('source-revision', {
    commit: options.commit ?? 'aaaa',
    authors: [{ email: 'dana@firm.example', account: 'dana' }],
  });
  const run = await measured('training-run', {
    promotable: true,
    steps: [{ name: 'train', command: 'python train.py', params: { C: options.c ?? '1' } }],
  });
  const dataset = { ...ref, dataset: 'applications' };
  const data = (type: 'dataset-snapshot' | 'representativeness-report', content: Members) =>
    firm.add(
      {
        type,
        scope: 'dataset',
        producer: 'pipeline',
        basis: 'measured',
        subjectRef: dataset,
        content,
      },
      'platform',
    );
  await data('dataset-snapshot', {
    dataset: 'applications',
    split: 'all',
    rows: 3000,
    contentDigest: hex(options.data ?? 'january'),
    columns: [{ name: 'income', type: 'number' }],
    source: { system: 'core', as_of: options.asOf ?? '2026-03-01' },
    exclusions: { rows: [] },
  });
  await data('representativeness-report', {
    dataset: 'applications',
    population: options.population ?? 'applicants of the branch network',
    groups: [],
  });
  if (options.production !== undefined) {
    await compare(firm, candidate, options.production, options.swapSet ?? '0.01');
  }
  return { candidate: { ...candidate, run } };
}

async function compare(firm: Firm, after: Candidate, before: Candidate, swapSet: string) {
  const one = (metric: string, value: string) => ({ metric, value, verdict: 'informational' });
  const measurements = [
    one('score_shift', '0.01'),
    one('swap_set_share', swapSet),
    one('disparity_change', '0.004'),
  ];
  const { version: n, artifactDigest } = before;
  await firm.add(
    {
      type: 'benchmark-test',
      kind: 'production',
      producer: 'validation',
      basis: 'measured',
      subjectRef: after.ref,
      content: {
        ...(report(measurements) as object),
        detail: { production: { version: n, artifactDigest } },
      },
    },
    'platform',
  );
}

/** Park and Miller's minimal standard generator (1988). */
function random(start: number): () => number {
  let state = (start % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const PRODUCTION: readonly (readonly [Name, string])[] = [
  ['lena', 'legal'],
  ['eve', 'executive'],
];

async function toStaging(firm: Firm, candidate: Candidate, change: Members = {}) {
  const request = await submit(firm, candidate, 'staging', 'dana', change);
  await validate(firm, candidate);
  await approve(firm, candidate, request, {
    by: 'vera',
    role: 'validator',
    gate: 'gate/validation',
  });
  await warrant(firm, candidate, request);
  await firm.add(
    {
      type: 'implementation-test',
      subjectRef: candidate.ref,
      content: report([{ metric: 'flipped-decisions', value: '0', verdict: 'pass' }]),
    },
    'platform',
  );
}

/** Opens the request for production and lets these people approve; returns request and warrant. */
async function toProduction(
  firm: Firm,
  candidate: Candidate,
  by: readonly (readonly [Name, string])[] = PRODUCTION,
  change: Members = {},
) {
  await toStaging(
    firm,
    candidate,
    change.envelope === undefined ? {} : { envelope: change.envelope },
  );
  const request = await submit(firm, candidate, 'production', 'dana', change);
  for (const [name, role] of by) {
    await approve(firm, candidate, request, { by: name, role, gate: 'gate/approval' });
  }
  const minted = await warrant(firm, candidate, request, { environment: 'production' });
  return { request, minted };
}

const judge = (firm: Firm, request: string) =>
  judgeChangeRequest(firm.set(), request, { phase: 'promote', now: firm.now() });

async function inProduction(members: Members) {
  const firm = await foundFirm();
  const signed = await intake(firm, policyWith(members));
  const { candidate } = await version(firm, signed, 1);
  const { minted, request } = await toProduction(firm, candidate);
  expect(judge(firm, request)).toMatchObject({ allowed: true, missing: [] });
  return { firm, signed, first: candidate, minted };
}

describe('what changed since production', () => {
  test('a first version is material: there is nothing to compare it with', async () => {
    const firm = await foundFirm();
    const signed = await intake(firm, policyWith({ materiality: RULES }));
    const { candidate } = await version(firm, signed, 1);
    const request = await submit(firm, candidate, 'staging');
    expect(judge(firm, request).change).toMatchObject({
      materiality: 'material',
      reasons: [{ reason: 'no version of this use has been in production' }],
    });
  });

  test('new rows and a refit are minor when every measured shift is within its limit', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const { candidate } = await version(firm, signed, 2, { data: 'february', production: first });
    const request = await submit(firm, candidate, 'staging');
    const { change } = judge(firm, request);
    expect(change).toMatchObject({ materiality: 'minor', against: { version: 1 } });
    expect(change?.reasons.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^data changed: was .*\(policy calls it minor\)$/),
      'scoreShift 0.01 is not above 0.05',
      'swapSet 0.01 is not above 0.02',
      'disparity 0.004 is not above 0.03',
    ]);
    for (const { records } of change?.reasons ?? []) expect(records).not.toEqual([]);
  });

  test.each<readonly [string, VersionOptions, RegExp]>([
    [
      'an input more',
      {
        spec: {
          inputs: [
            { name: 'income', type: 'f32' },
            { name: 'age', type: 'f32' },
          ],
        },
      },
      /^features changed: inputs: /,
    ],
    [
      'another algorithm',
      { spec: { algorithm: 'boosting' } },
      /^algorithm changed: algorithm: logistic regression to boosting/,
    ],
    [
      'another cutoff',
      { spec: { decision: { cutoff: '0.3', adverse: 'decline' } } },
      /^cutoff changed: decision: .*0\.2.* to .*0\.3/,
    ],
    ['another population', { population: 'applicants online' }, /^population changed: /],
    [
      'a fallback that policy names nowhere',
      { spec: { fallback: { kind: 'safe-state', detail: '' } } },
      /^serving changed: .*does not call it minor/,
    ],
    ['a swap set beyond its limit', { swapSet: '0.021' }, /^swapSet 0.021 is above 0.02$/],
  ])('%s is material', async (_, options, reason) => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const { candidate } = await version(firm, signed, 2, { production: first, ...options });
    const { change } = judge(firm, await submit(firm, candidate, 'staging'));
    const own = change?.reasons.filter(({ materiality }) => materiality === 'material');
    expect(change?.materiality).toBe('material');
    expect(own?.map((one) => one.reason)).toEqual([expect.stringMatching(reason)]);
  });

  test('a shift that nobody measured is material', async () => {
    const { firm, signed } = await inProduction({ materiality: RULES });
    const { candidate } = await version(firm, signed, 2, { data: 'february' });
    const { change } = judge(firm, await submit(firm, candidate, 'staging'));
    expect(change?.materiality).toBe('material');
    expect(change?.reasons.at(-1)?.reason).toContain('disparity has not been measured');
  });

  test('a comparison with another version than the one in production measures nothing', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const other = { ...first, artifactDigest: hex('other bytes') };
    const { candidate } = await version(firm, signed, 2, { data: 'february', production: other });
    const { change } = judge(firm, await submit(firm, candidate, 'staging'));
    expect(change?.materiality).toBe('material');
  });

  test('a production warrant without its approvals is nothing to be compared with', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const { candidate: second } = await version(firm, signed, 2, {
      spec: { algorithm: 'boosting' },
    });
    const forged = await submit(firm, second, 'production');
    await warrant(firm, second, forged, { environment: 'production' });
    const { candidate } = await version(firm, signed, 3, {
      spec: { algorithm: 'boosting' },
      production: first,
    });
    const { change } = judge(firm, await submit(firm, candidate, 'staging'));
    expect(change).toMatchObject({ materiality: 'material', against: { version: 1 } });
  });

  test('nobody claims less than the records say, and a claim of more is their own affair', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const { candidate } = await version(firm, signed, 2, { production: first, swapSet: '0.5' });
    const low = judge(
      firm,
      await submit(firm, candidate, 'staging', 'dana', { materiality: 'minor' }),
    );
    expect(low.missing).toContain('it says that the change is minor, the records say material');
    const { candidate: third } = await version(firm, signed, 3, { production: first });
    const high = judge(
      firm,
      await submit(firm, third, 'staging', 'dana', { materiality: 'material' }),
    );
    expect(high.change).toMatchObject({ materiality: 'minor', refusals: [] });
  });

  test('a policy without rules asks what it always asked, and the difference is told all the same', async () => {
    const firm = await foundFirm();
    const signed = await intake(firm);
    const { candidate } = await version(firm, signed, 1);
    const { request } = await toProduction(firm, candidate);
    expect(judge(firm, request)).not.toHaveProperty('change');
    expect(changeOf(firm.set(), request, firm.now())).toMatchObject({
      change: { materiality: 'material', class: 'standard' },
    });
  });

  test('a minor change goes into production on model risk’s word, a material one does not', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const { candidate } = await version(firm, signed, 2, { data: 'february', production: first });
    const minor = await toProduction(firm, candidate, [['mia', 'model-risk']]);
    expect(judge(firm, minor.request)).toMatchObject({ allowed: true, missing: [] });
    const { candidate: third } = await version(firm, signed, 3, {
      spec: { algorithm: 'boosting' },
      production: candidate,
    });
    const material = await toProduction(firm, third, [['mia', 'model-risk']]);
    expect(judge(firm, material.request).missing.join('\n')).toContain('by executive missing');
  });
});

describe('widening a change', () => {
  const WIDENINGS: readonly VersionOptions[] = [
    { data: 'february' },
    { commit: 'bbbb' },
    { c: '2' },
    { population: 'applicants online' },
    { spec: { algorithm: 'boosting' } },
    { spec: { decision: { cutoff: '0.3', adverse: 'decline' } } },
    { swapSet: '0.5' },
  ];

  test('never lowers its materiality', async () => {
    const draw = random(seed);
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    let n = 2;
    for (let round = 0; round < 6; round += 1) {
      let options: VersionOptions = { production: first };
      let highest = 0;
      for (const widening of [...WIDENINGS].sort(() => draw() - 0.5).slice(0, 4)) {
        options = { ...options, ...widening, spec: { ...options.spec, ...widening.spec } };
        const { candidate } = await version(firm, signed, n, options);
        n += 1;
        const { change } = judge(firm, await submit(firm, candidate, 'staging'));
        const rank = ['within-envelope', 'minor', 'material'].indexOf(change?.materiality ?? '');
        expect(rank).toBeGreaterThanOrEqual(highest);
        highest = rank;
      }
    }
  }, 60_000);
});

const ENVELOPE: Members = {
  title: 'Weekly refit',
  rationale: 'New repayments arrive every week; form and inputs stay.',
  version: 1,
  may: ['data', 'parameters', 'artifact'],
  parameters: [{ name: 'train.params.C', min: '0.5', max: '2' }],
  dataWindow: { from: '2026-03-01', to: '2026-04-30' },
  metrics: [{ metric: 'auc', op: '>=', value: '0.75' }],
  shifts: { swapSet: '0.02', disparity: '0.02' },
  uses: 3,
  expires: '2026-06-01T00:00:00.000Z',
};

function signEnvelope(firm: Firm, content: Members, signers: readonly Name[] = ['lena', 'eve']) {
  return firm.add(
    {
      type: 'change-plan',
      kind: 'envelope',
      scope: 'use',
      subjectRef: { workspace: 'main', model: 'consumer-credit', use: 'underwriting' },
      content,
    },
    ...signers,
  );
}

describe('an envelope', () => {
  test('takes three weekly refits on one confirmation each; the fourth is refused as used up', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const envelope = await signEnvelope(firm, ENVELOPE);
    let production = first;
    for (const week of [2, 3, 4]) {
      firm.pass(7);
      const { candidate } = await version(firm, signed, week, { data: `week ${week}`, production });
      const { request, minted } = await toProduction(firm, candidate, [['mia', 'model-risk']], {
        envelope,
      });
      const verdict = judge(firm, request);
      expect(verdict).toMatchObject({ allowed: true, missing: [] });
      expect(verdict.change).toMatchObject({
        materiality: 'within-envelope',
        envelope: { outside: [], used: week - 2, uses: 3 },
      });
      const question = { environment: 'production', now: firm.now(), production: false } as const;
      expect(verifyWarrant(firm.set(), { warrant: minted, ...question })).toMatchObject({
        ok: true,
      });
      production = candidate;
    }
    const { candidate } = await version(firm, signed, 5, { data: 'week 5', production });
    const fourth = await submit(firm, candidate, 'staging', 'dana', { envelope });
    expect(judge(firm, fourth)).toMatchObject({
      allowed: false,
      change: { materiality: 'minor', envelope: { used: 3 } },
      missing: expect.arrayContaining([
        "out of the envelope's bounds: all 3 uses of the envelope are used up",
      ]),
    });
  });

  test('names every bound that a change breaks', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const envelope = await signEnvelope(firm, {
      ...ENVELOPE,
      metrics: [{ metric: 'auc', op: '>=', value: '0.79' }],
    });
    const { candidate } = await version(firm, signed, 2, {
      spec: { algorithm: 'boosting' },
      asOf: '2026-05-01',
      c: '2.5',
      swapSet: '0.021',
      production: first,
    });
    const request = await submit(firm, candidate, 'staging', 'dana', { envelope });
    expect(judge(firm, request).change?.envelope?.outside).toEqual([
      'algorithm may not change: algorithm: logistic regression to boosting',
      'parameter train.params.C is 2.5, outside 0.5 to 2',
      'data of `applications` are as of 2026-05-01, outside 2026-03-01 to 2026-04-30',
      'auc 0.78 is not >= 0.79',
      'swapSet 0.021 is above 0.02',
    ]);
  });

  test.each<readonly [string, readonly Name[]]>([
    ['a role is missing', ['eve']],
    ['a developer of the version signed for it', ['lena', 'dana']],
    ['one person would stand for two', ['lena']],
  ])('counts for nothing when %s', async (_, signers) => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const envelope = await signEnvelope(firm, ENVELOPE, signers);
    const { candidate } = await version(firm, signed, 2, { data: 'february', production: first });
    const request = await submit(firm, candidate, 'staging', 'dana', { envelope });
    expect(judge(firm, request).change?.envelope?.outside).toEqual([
      expect.stringContaining('not signed by legal, executive'),
    ]);
  });

  test('ends with its expiry, its replacement, and a change by the ordinary way', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const envelope = await signEnvelope(firm, ENVELOPE);
    const { candidate: ordinary } = await version(firm, signed, 2, {
      data: 'new',
      production: first,
    });
    await toProduction(firm, ordinary, [['mia', 'model-risk']]);
    const { candidate } = await version(firm, signed, 3, { data: 'newer', production: ordinary });
    const request = await submit(firm, candidate, 'staging', 'dana', { envelope });
    expect(judge(firm, request).change?.envelope?.outside).toEqual([
      expect.stringContaining('neither @1, which it was approved for'),
    ]);
    firm.pass(100);
    expect(judge(firm, request).missing.join('\n')).toContain('the envelope expired');
    await firm.add(
      {
        type: 'change-plan',
        kind: 'envelope',
        scope: 'use',
        subjectRef: { workspace: 'main', model: 'consumer-credit', use: 'underwriting' },
        supersedes: envelope,
        content: ENVELOPE,
      },
      'lena',
    );
    expect(judge(firm, request).missing.join('\n')).toContain('the envelope was replaced');
  });

  test('that nobody signed covers nothing', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES });
    const { candidate } = await version(firm, signed, 2, { data: 'new', production: first });
    const request = await submit(firm, candidate, 'staging', 'dana', { envelope: hex('none') });
    expect(judge(firm, request).missing).toContain(
      "out of the envelope's bounds: no envelope of this digest counts",
    );
  });
});

/** Staged on what the envelope's signers approved beforehand: rebuilt by the platform, judged again by nobody. */
async function insideToProduction(firm: Firm, candidate: Candidate, envelope: string) {
  const staging = await submit(firm, candidate, 'staging', 'dana', { envelope });
  await firm.add(
    {
      type: 'reproduction-attestation',
      subjectRef: candidate.ref,
      content: { verdict: 'byte-identical' },
    },
    'platform',
  );
  const staged = judge(firm, staging);
  await warrant(firm, candidate, staging);
  await firm.add(
    {
      type: 'implementation-test',
      subjectRef: candidate.ref,
      content: report([{ metric: 'flipped-decisions', value: '0', verdict: 'pass' }]),
    },
    'platform',
  );
  const request = await submit(firm, candidate, 'production', 'dana', { envelope });
  const unconfirmed = judge(firm, request);
  await approve(firm, candidate, request, { by: 'mia', role: 'model-risk', gate: 'gate/approval' });
  const minted = await warrant(firm, candidate, request, { environment: 'production' });
  return { staged, unconfirmed, minted };
}

/** In staging a validator signs what is material or minor; inside an envelope it was signed with the envelope. */
function carryingPolicy(): Json {
  const carries = {
    minor: ['design-rationale'],
    'within-envelope': ['validation-report', 'exception-record'],
  };
  const envelope = { approves: ['staging', 'production'] };
  const policy = structuredClone(
    policyWith({ materiality: { ...(RULES as object), carries, envelope } as unknown as Json }),
  ) as unknown as { transitions: { staging: { approvals: Json } } };
  policy.transitions.staging.approvals = [
    {
      ...{ role: 'validator', count: 1, gate: 'gate/validation', meaning: 'validated' },
      when: { materiality: ['material', 'minor'] },
    },
  ];
  return policy as unknown as Json;
}

async function inProductionCarrying() {
  const firm = await foundFirm();
  const signed = await intake(firm, carryingPolicy());
  const { candidate } = await version(firm, signed, 1);
  await toProduction(firm, candidate);
  return { firm, signed, first: candidate };
}

const SIGNERS: readonly Name[] = ['vera', 'lena', 'eve'];

describe('what a small change carries', () => {
  test('inside an envelope the validation of the version before, link by link, and one person confirms', async () => {
    const { firm, signed, first } = await inProductionCarrying();
    const envelope = await signEnvelope(firm, ENVELOPE, SIGNERS);
    let production = first;
    for (const week of [2, 3]) {
      const { candidate } = await version(firm, signed, week, { data: `week ${week}`, production });
      const { staged, unconfirmed, minted } = await insideToProduction(firm, candidate, envelope);
      expect(staged).toMatchObject({ allowed: true, missing: [], approvals: [] });
      expect(staged.carried).toMatchObject([{ evidence: 'validation-report', version: 1 }]);
      expect(unconfirmed.missing).toEqual(['gate/approval: 1 approval by model-risk missing']);
      const question = { environment: 'production', now: firm.now(), production: false } as const;
      expect(verifyWarrant(firm.set(), { warrant: minted, ...question })).toMatchObject({
        ok: true,
      });
      production = candidate;
    }
  });

  test('is not what a validator never signed for, nor what a developer of the version signed', async () => {
    const { firm, signed, first } = await inProductionCarrying();
    for (const [n, signers] of [
      [2, ['lena', 'eve', 'mia']],
      [3, ['dana', 'lena', 'eve']],
    ] as const) {
      const envelope = await signEnvelope(firm, ENVELOPE, signers);
      const { candidate } = await version(firm, signed, n, { data: `${n}`, production: first });
      const { change, carried, missing } = judge(
        firm,
        await submit(firm, candidate, 'staging', 'dana', { envelope }),
      );
      expect(change?.envelope?.outside).toEqual([
        expect.stringContaining('not signed by validator, legal, executive'),
      ]);
      expect(carried).toBeUndefined();
      expect(missing.join('\n')).toContain('no validation report is signed');
    }
  });

  test('ends when the validator concludes otherwise of the version that it was carried from', async () => {
    const { firm, signed, first } = await inProductionCarrying();
    const envelope = await signEnvelope(firm, ENVELOPE, SIGNERS);
    const { candidate } = await version(firm, signed, 2, { data: 'february', production: first });
    const request = await submit(firm, candidate, 'staging', 'dana', { envelope });
    expect(judge(firm, request).carried).toHaveLength(1);
    await firm.add(
      { type: 'validation-report', subjectRef: first.ref, content: { outcome: 'rejected' } },
      'vera',
    );
    expect(judge(firm, request).missing.join('\n')).toContain('the validator concluded: rejected');
  });

  test.each([
    ['still inconclusive', 'inconclusive', 1, 'excepted'],
    ['failed since', 'fail', 1, 'fail'],
    ['still inconclusive, but the exception ran out', 'inconclusive', 31, 'inconclusive'],
  ] as const)(
    'is an exception for a figure that is %s: %s after %i days is %s',
    async (...given) => {
      const [, bias, days, outcome] = given;
      const firm = await foundFirm();
      const signed = await intake(firm, carryingPolicy());
      const { candidate: first } = await version(firm, signed, 1, { bias: 'inconclusive' });
      const exception = await firm.add(
        {
          type: 'exception-record',
          subjectRef: first.ref,
          content: {
            ...{ condition: 'bias', measurements: ['approval-ratio/age=under 25'] },
            ...{ reason: 'few', limits: 'declines are read', extraMonitoring: 'monthly' },
            expires: new Date(Date.parse(firm.now()) + 30 * 86_400_000).toISOString(),
          },
        },
        'mia',
        'cora',
      );
      await toProduction(firm, first);
      const envelope = await signEnvelope(firm, ENVELOPE, SIGNERS);
      const { candidate } = await version(firm, signed, 2, {
        ...{ data: 'february', production: first, bias },
      });
      firm.pass(days);
      const request = await submit(firm, candidate, 'staging', 'dana', { envelope });
      const { carried, conditions } = judge(firm, request);
      expect(conditions.find(({ id }) => id === 'bias')?.outcome).toBe(outcome);
      const stands = carried?.some(({ record }) => record === exception) === true;
      expect(stands).toBe(days <= 30);
    },
  );

  test('for a minor change is never the conclusion of a validation', async () => {
    const { firm, signed, first } = await inProductionCarrying();
    const { candidate } = await version(firm, signed, 2, { data: 'february', production: first });
    const verdict = judge(firm, await submit(firm, candidate, 'staging'));
    expect(verdict.change?.materiality).toBe('minor');
    expect(verdict.missing.join('\n')).toContain('no validation report is signed');
    const rules = { ...(RULES as object), carries: { minor: ['validation-report'] } };
    expect(() => readMaterialityRules(rules as unknown as Json, 'materiality')).toThrow(/minor/);
    const unsigned = {
      ...(RULES as object),
      carries: { 'within-envelope': ['validation-report'] },
    };
    expect(() => readMaterialityRules(unsigned as unknown as Json, 'materiality')).toThrow(
      /a validator signs the envelope/,
    );
  });
});

describe('the class of a change', () => {
  test('emergency: the warrant holds until its review is due, and on only with a review in time', async () => {
    const members = { materiality: RULES, changes: CHANGES };
    const emergency = { class: 'emergency', urgency: 'answers are wrong for a whole region' };
    const lives = await Promise.all(
      [undefined, 'mia', 'dana'].map(async (reviewer) => {
        const { firm, signed } = await inProduction(members);
        const { candidate } = await version(firm, signed, 2, { spec: { algorithm: 'boosting' } });
        const { request, minted } = await toProduction(
          firm,
          candidate,
          [['mia', 'model-risk']],
          emergency,
        );
        expect(judge(firm, request)).toMatchObject({ allowed: true, missing: [] });
        if (reviewer !== undefined) {
          await firm.add(
            {
              type: 'periodic-review',
              kind: 'after-review',
              subjectRef: candidate.ref,
              content: { changeRequest: request, outcome: 'stands', rationale: 'tested since' },
            },
            reviewer as Name,
          );
        }
        const at = (days: number) => {
          const now = new Date(Date.parse(firm.now()) + days * 86_400_000).toISOString();
          const check = verifyWarrant(firm.set(), {
            ...{ warrant: minted, environment: 'production', now, production: false },
          });
          return check.ok ? 'holds' : check.denials.map(({ code }) => code);
        };
        return [at(4), at(6)];
      }),
    );
    expect(lives).toEqual([
      ['holds', ['warrant_after_review_missed']],
      ['holds', 'holds'],
      ['holds', ['warrant_after_review_missed']],
    ]);
  });

  test('emergency without a reason why it cannot wait is refused', async () => {
    const { firm, signed } = await inProduction({ materiality: RULES, changes: CHANGES });
    const { candidate } = await version(firm, signed, 2);
    const request = await submit(firm, candidate, 'staging', 'dana', { class: 'emergency' });
    expect(judge(firm, request).missing).toContain('an emergency change says why it cannot wait');
  });

  test('rollback: only to bytes that were warranted in production before', async () => {
    const { firm, signed, first } = await inProduction({ materiality: RULES, changes: CHANGES });
    const { candidate } = await version(firm, signed, 2, { spec: { algorithm: 'boosting' } });
    const no = await submit(firm, candidate, 'staging', 'dana', { class: 'rollback' });
    expect(judge(firm, no).missing.join('\n')).toContain('a rollback is to a version that was');
    await toProduction(firm, candidate);
    const back = await submit(firm, first, 'production', 'dana', { class: 'rollback' });
    await approve(firm, first, back, { by: 'mia', role: 'model-risk', gate: 'gate/approval' });
    expect(judge(firm, back)).toMatchObject({ allowed: true, change: { class: 'rollback' } });
  });

  test('data: refused when more than rows changed', async () => {
    const { firm, signed } = await inProduction({ materiality: RULES, changes: CHANGES });
    const { candidate } = await version(firm, signed, 2, { data: 'february', c: '2' });
    const request = await submit(firm, candidate, 'staging', 'dana', { class: 'data' });
    expect(judge(firm, request).change?.refusals).toEqual([
      'not a data change: parameters changed (train.params.C: 1 to 2)',
    ]);
  });
});
