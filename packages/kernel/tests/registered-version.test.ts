// SPDX-License-Identifier: Apache-2.0
// Versions that no run made: how they are graded, what the gates make of them, and what attached files are worth.
import {
  attachmentsFor,
  canonicalBytes,
  completeness,
  dutiesOf,
  enforcementCaveat,
  enforcementGrade,
  type Json,
  judgeChangeRequest,
  parsePack,
  readAttachmentContent,
  readInventoryFacts,
  sha256Hex,
  versionContext,
  weakestGrade,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import {
  build,
  type Candidate,
  hex,
  intake,
  MODEL,
  PACK,
  report,
  submit,
  USE,
} from './credit-model.ts';
import { type Draft, type Firm, foundFirm, WORKSPACE } from './firm.ts';

interface Registered {
  readonly firm: Firm;
  readonly candidate: Candidate;
  readonly request: string;
}

async function registered(options: {
  readonly origin: string;
  readonly scorer?: string;
  readonly withSpec?: boolean;
}): Promise<Registered> {
  const firm = await foundFirm();
  const signed = await intake(firm);
  const { origin, scorer = 'onnx', withSpec = true } = options;
  const manifest = { v: 1, scorer, entry: 'm', files: [{ path: 'm', digest: hex('m'), size: 1 }] };
  const artifactDigest = sha256Hex(p, canonicalBytes(manifest));
  const ref = { workspace: WORKSPACE, model: MODEL, use: USE, version: 1, artifactDigest };
  const request = await firm.add(
    {
      type: 'run-request',
      kind: 'register',
      scope: 'model',
      subjectRef: { workspace: WORKSPACE, model: MODEL, use: USE },
      content: { job: 'register', params: {} },
    },
    'omar',
  );
  const byPlatform = (draft: Draft) => firm.add({ subjectRef: ref, ...draft }, 'platform');
  await byPlatform({ type: 'model-artifact', source: [request], content: { manifest, origin } });
  const spec = withSpec ? await byPlatform({ type: 'model-spec', content: {} }) : hex('none');
  const candidate = { version: 1, artifactDigest, ref, run: request, spec, ...signed };
  return { firm, candidate, request };
}

function contextOf(firm: Firm) {
  const ref = { workspace: WORKSPACE, model: MODEL, use: USE, version: 1 };
  const found = versionContext(firm.set(), ref);
  if (!found.ok) throw new Error(found.reason);
  return found.context;
}

const gradeIn = ({ firm }: { readonly firm: Firm }) =>
  enforcementGrade(firm.set(), contextOf(firm));

const conditionOf = (firm: Firm, change: string, id: string) =>
  judgeChangeRequest(firm.set(), change, { phase: 'submit', now: firm.now() }).conditions.find(
    (one) => one.id === id,
  );

describe('the enforcement grade', () => {
  test.each([
    [{ origin: 'imported' }, 'enforced'],
    [{ origin: 'imported', withSpec: false }, 'checked'],
    [{ origin: 'imported', scorer: 'command' }, 'checked'],
    [{ origin: 'external', scorer: 'remote' }, 'attested'],
    [{ origin: 'external', scorer: 'onnx' }, 'attested'],
  ])('of %j is %s', async (options, grade) => {
    expect(gradeIn(await registered(options))).toBe(grade);
  });

  test('of a version that a run built and the gateway serves is enforced', async () => {
    const firm = await foundFirm();
    await build(firm, await intake(firm));
    expect(gradeIn({ firm })).toBe('enforced');
  });

  test.each<readonly [string, Json | undefined, string, string | undefined]>([
    ['in Python', { environment: { kind: 'python' } }, 'enforced', 'standard library'],
    ['of the machine', { environment: { kind: 'host' } }, 'enforced', 'whatever is installed'],
    ['that does not say how it is started', undefined, 'checked', undefined],
  ])('of a program %s says what is weaker', async (_, command, grade, caveat) => {
    const firm = await foundFirm();
    const signed = await intake(firm);
    const manifest = { scorer: 'command', ...(command === undefined ? {} : { command }) };
    await build(firm, signed, { manifest });
    expect(gradeIn({ firm })).toBe(grade);
    const said = enforcementCaveat(firm.set(), contextOf(firm));
    if (caveat === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(caveat);
  });

  test('of an ONNX version has nothing that is weaker', async () => {
    const firm = await foundFirm();
    await build(firm, await intake(firm));
    expect(enforcementCaveat(firm.set(), contextOf(firm))).toBeUndefined();
  });

  test('of several is the weakest, and of none what an owner says', () => {
    expect(weakestGrade(['enforced', 'checked'])).toBe('checked');
    expect(weakestGrade(['enforced', 'attested', 'checked'])).toBe('attested');
    expect(weakestGrade([])).toBe('attested');
  });
});

describe('the condition `promotable-run`', () => {
  test('does not apply to an imported version, says so, and relaxes nothing else', async () => {
    const { firm, candidate } = await registered({ origin: 'imported' });
    const change = await submit(firm, candidate, 'staging', 'omar');
    expect(conditionOf(firm, change, 'promotable-run')).toMatchObject({
      outcome: 'pass',
      reasons: ['not applicable: the version is imported, no run of this platform made it'],
    });
    for (const id of ['evidence-complete', 'threshold-floors', 'performance', 'bias'])
      expect(conditionOf(firm, change, id)?.outcome).toBe('fail');
  });

  test('fails for a built version that names a request for registration instead of its run', async () => {
    const firm = await foundFirm();
    const candidate = await build(firm, await intake(firm));
    const request = await firm.add(
      {
        type: 'run-request',
        scope: 'model',
        subjectRef: { workspace: WORKSPACE, model: MODEL },
        content: { job: 'register' },
      },
      'dana',
    );
    const change = await submit(firm, { ...candidate, run: request }, 'staging');
    expect(conditionOf(firm, change, 'promotable-run')).toMatchObject({
      outcome: 'fail',
      reasons: ['the version was built: it names the run that built it'],
    });
  });

  test('fails for another request than the one at which the version was registered', async () => {
    const { firm, candidate } = await registered({ origin: 'external', scorer: 'remote' });
    const other = await firm.add(
      {
        type: 'run-request',
        scope: 'model',
        subjectRef: { workspace: WORKSPACE, model: MODEL },
        content: { job: 'register' },
      },
      'dana',
    );
    const change = await submit(firm, { ...candidate, run: other }, 'staging');
    expect(conditionOf(firm, change, 'promotable-run')?.reasons).toEqual([
      'the version was registered at another request',
    ]);
  });

  test('counts whoever asked for the registration among the developers', async () => {
    const { firm, request } = await registered({ origin: 'imported' });
    expect(dutiesOf(firm.set(), contextOf(firm)).developers).toContainEqual({
      account: 'omar',
      because: 'asked for its registration',
      record: request,
    });
  });
});

const attachment = (evidence: string, change: { readonly [key: string]: Json } = {}) => ({
  evidence,
  title: 'Figures of the vendor',
  file: { name: 'f.pdf', digest: hex('f'), size: 1, mediaType: 'application/pdf' },
  statement: 'received with the contract',
  ...change,
});

const attached = (evidence: string, content: Draft['content'] = attachment(evidence)): Draft => ({
  type: 'evidence-attachment',
  scope: 'version',
  subjectRef: { workspace: WORKSPACE, model: MODEL, use: USE, version: 1 },
  content,
});

function statusOf(firm: Firm, id: string, origin: 'built' | 'imported') {
  const parsed = parsePack(PACK);
  if (!parsed.ok) throw new Error('the pack does not parse');
  const query = { tier: 'high', origin, reached: 'production', now: firm.now() } as const;
  return completeness(firm.set(), contextOf(firm), parsed.pack, query)
    .flatMap(({ evidence }) => evidence)
    .find((item) => item.id === id)?.status;
}

describe('an attached file', () => {
  test('fills a clause for a version that no run made, and for no other', async () => {
    const { firm } = await registered({ origin: 'imported' });
    expect(statusOf(firm, 'performance-test', 'imported')).toBe('missing');
    await firm.add(attached('performance-test'), 'omar');
    expect(statusOf(firm, 'performance-test', 'imported')).toBe('met');
    expect(statusOf(firm, 'performance-test', 'built')).toBe('missing');
    expect(attachmentsFor(firm.set(), contextOf(firm), { id: 'performance-test' })).toHaveLength(1);
  });

  test('is never a measurement, whatever it says of itself', async () => {
    const { firm, candidate } = await registered({ origin: 'imported' });
    const measured = report([{ metric: 'auc', value: '0.99', verdict: 'pass' }]);
    await firm.add(
      attached('performance-test', attachment('performance-test', { ...measured })),
      'omar',
    );
    const change = await submit(firm, candidate, 'staging', 'omar');
    expect(conditionOf(firm, change, 'performance')).toMatchObject({
      outcome: 'fail',
      reasons: ['no performance-test is recorded for this version'],
    });
  });

  test('expires, and is replaced by a later one of its own evidence id alone', async () => {
    const { firm } = await registered({ origin: 'imported' });
    const until = '2020-01-01T00:00:00.000Z';
    const first = await firm.add(
      attached('performance-test', attachment('performance-test', { expires: until })),
      'omar',
    );
    expect(statusOf(firm, 'performance-test', 'imported')).toBe('expired');
    await firm.add({ ...attached('robustness-test'), supersedes: first }, 'omar');
    expect(statusOf(firm, 'performance-test', 'imported')).toBe('expired');
    await firm.add({ ...attached('performance-test'), supersedes: first }, 'omar');
    expect(statusOf(firm, 'performance-test', 'imported')).toBe('met');
  });

  test.each([
    ['validation-report', /content\.evidence/],
    ['approval-record', /content\.evidence/],
    ['model-artifact', /content\.evidence/],
  ])('is not taken as %s', (evidence, says) => {
    expect(() => readAttachmentContent(attachment(evidence))).toThrow(says);
  });

  test('with a member that nobody knows is malformed', () => {
    expect(() => readAttachmentContent(attachment('benchmark-test', { measurements: [] }))).toThrow(
      /content\.measurements.* absent/,
    );
  });
});

describe('an inventory entry', () => {
  const said = { name: 'n', owner: 'o' };

  test('that says no more than it did before is read as before', () => {
    expect(readInventoryFacts({})).toEqual({});
    expect(readInventoryFacts(said)).toEqual({});
  });

  test('is read whole', () => {
    const facts = {
      kind: 'sas',
      vendor: 'Vendor Inc.',
      location: [{ what: 'endpoint', name: 'https://score.example', digest: hex('x') }],
      exposure: { amount: '1250000.5', currency: 'USD', asOf: '2026-09-30' },
      inUseSince: '2019-04-01',
      links: [{ type: 'feeds', model: 'pricing', note: 'monthly' }],
      assumptions: ['unemployment-path'],
      sources: ['bureau-file'],
      useTerms: [{ use: 'underwriting', population: 'new applicants' }],
    };
    expect(readInventoryFacts({ ...said, ...facts })).toEqual(facts);
  });

  test.each([
    ['an unknown member', { tier: 'high' }, /content\.tier/],
    ['an unknown kind', { kind: 'magic' }, /content\.kind/],
    ['a day that is none', { inUseSince: '2019-02-30' }, /content\.inUseSince/],
    ['an amount with zeros at its end', { exposure: { amount: '1.50', currency: 'USD' } }, /1\.5/],
    ['an unknown currency', { exposure: { amount: '1', currency: 'usd' } }, /exposure\.currency/],
    ['a link of no type', { links: [{ type: 'eats', model: 'm' }] }, /links\[0\]\.type/],
    ['a tag twice', { sources: ['a', 'a'] }, /content\.sources/],
    ['a place without a name', { location: [{ what: 'file', name: '' }] }, /location\[0\]\.name/],
  ] as const)('with %s is malformed', (_, change, says) => {
    expect(() => readInventoryFacts({ ...said, ...(change as object) })).toThrow(says);
  });
});
