// SPDX-License-Identifier: Apache-2.0
import { ErrorReply, PackEffectReply, PacksReply } from '@countersign/contract';
import type { Json } from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measured, runRequestDraft, tierDraft, useRef } from './credit-drafts.ts';
import { type Recorder, recorder } from './recorder.ts';
import { type TestDraft, type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
  await person(tierDraft('medium'), ['risk']);
  await person(scopeDraft('house', true), ['risk']);
  const request = await person(runRequestDraft(), ['dev']);
  const manifest = { v: 1, scorer: 'onnx', entry: 'model.onnx', files: [] };
  await platform(measured('model-artifact', { run: 'run-1', manifest }, [request]));
  await platform(measured('model-spec', { algorithm: 'logistic' }, [request]));
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

const person: Recorder['person'] = (...given) => recorder(server).person(...given);
const platform: Recorder['platform'] = (...given) => recorder(server).platform(...given);

const clause = (name: string, evidence: readonly object[], more: object = {}) => ({
  id: `house/${name}`,
  ref: 'House rules, 1',
  basis: 'practice',
  requirement: 'Have it.',
  evidence,
  producers: ['human'],
  enforcedBy: ['gate/candidate'],
  level: { high: 'block', medium: 'warn', low: 'warn' },
  ...more,
});

function pack(version: string, clauses: readonly object[], more: object = {}): Json {
  const made = {
    id: 'house',
    version,
    title: 'House rules',
    authority: 'Model risk committee',
    force: 'house',
    effectiveFrom: '2026-01-01',
    effectiveTo: null,
    supersedes: [],
    appliesIf: {},
    notes: [],
    clauses,
    documents: [],
    retention: ['mrm-default'],
    ...more,
  };
  return made as unknown as Json;
}

const RATIONALE = clause('rationale', [{ id: 'design-rationale' }]);
const FIRST = pack('1.0.0', [RATIONALE, clause('spec', [{ id: 'model-spec' }])]);
const SECOND = pack('2.0.0', [
  { ...RATIONALE, level: { high: 'block', medium: 'block', low: 'warn' } },
  clause('spec', [{ id: 'model-spec' }, { id: 'test-plan' }]),
  clause('use', [{ id: 'instructions-for-use', due: 'production' }]),
]);

function packDraft(written: Json, version: string, more: object = {}): TestDraft {
  return {
    type: 'policy-document',
    kind: 'framework-pack',
    actor: 'risk',
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    content: { title: 'House rules', version, textDigest: '0'.repeat(64), pack: written },
    ...more,
  };
}

function scopeDraft(id: string, inScope: boolean): TestDraft {
  return {
    type: 'scope-determination',
    actor: 'risk',
    scope: 'use',
    subjectRef: useRef,
    content: { pack: id, inScope, rationale: 'a rule of the house', revisitTrigger: 'none' },
  };
}

const dryEffect = (written: Json, models: readonly string[] = []) =>
  server.as('risk', {
    method: 'POST',
    url: '/v1/packs/effect',
    payload: { pack: written, models },
  });
const effectOf = async (written: Json) =>
  PackEffectReply.parse((await dryEffect(written)).json<unknown>());
const listed = async () => {
  const answer = await server.as('risk', { method: 'GET', url: '/v1/packs' });
  return PacksReply.parse(answer.json<unknown>()).packs;
};
const problemsOf = (answer: { json: <T>() => T }) =>
  ErrorReply.parse(answer.json<unknown>()).error.problems ?? [];

const AT = { model: 'credit', use: 'underwriting', version: 1, stage: 'development' };
const lacking = (name: string, evidence: string, blocks: boolean) => ({
  clause: `house/${name}`,
  evidence,
  due: 'candidate',
  status: 'missing',
  blocks,
});

test('a pack that nobody adopted says what it would ask of the versions in its scope', async () => {
  const answer = await server.as('risk', { method: 'GET', url: '/v1/packs' });
  expect(PacksReply.parse(answer.json<unknown>())).toEqual({
    packs: [],
    notAdopted: [{ id: 'house', scope: [{ model: 'credit', use: 'underwriting' }] }],
  });
  const effect = await effectOf(FIRST);
  expect(effect).toMatchObject({ pack: { id: 'house', version: '1.0.0' }, versions: 1 });
  expect(effect).not.toHaveProperty('before');
  expect(effect.items).toEqual([
    {
      ...AT,
      tier: 'medium',
      reached: 'candidate',
      newlyLacks: [lacking('rationale', 'design-rationale', false)],
      noLongerLacks: [],
      askedLater: [],
    },
  ]);
});

test('a pack that is malformed, or keeps by a rule that nobody has, is refused with every place', async () => {
  const broken = await dryEffect(pack('1.0.0', [clause('a', [{ id: 'nothing' }])], { force: '' }));
  expect(broken.statusCode).toBe(422);
  expect(problemsOf(broken).map(({ place }) => place)).toEqual([
    'clauses[0].evidence[0].id',
    'force',
  ]);
  const unkept = pack('1.0.0', [RATIONALE], { retention: ['mrm-default', 'for-a-while'] });
  const sent = await recorder(server).send(packDraft(unkept, '1.0.0'), ['risk', 'ada']);
  expect(JSON.stringify(problemsOf(sent))).toContain(
    '`for-a-while` is no rule of the retention policy',
  );
  expect(await listed()).toEqual([]);
});

test('an adopted pack is listed with its scope, and beside itself changes nothing', async () => {
  await person(packDraft(FIRST, '1.0.0'), ['risk', 'ada']);
  expect(await listed()).toMatchObject([
    {
      id: 'house',
      version: '1.0.0',
      signedBy: ['ada', 'risk'],
      inForce: true,
      clauses: 2,
      earlier: [],
      scope: [{ model: 'credit', use: 'underwriting' }],
    },
  ]);
  expect(await effectOf(FIRST)).toMatchObject({ changes: [], versions: 1, lacking: 0, items: [] });
});

const NEWLY = {
  ...AT,
  tier: 'medium',
  reached: 'candidate',
  // A gap that was there and warned now blocks: that is new too.
  newlyLacks: [lacking('rationale', 'design-rationale', true), lacking('spec', 'test-plan', false)],
  noLongerLacks: [],
  askedLater: [
    {
      clause: 'house/use',
      evidence: 'instructions-for-use',
      due: 'production',
      status: 'not yet due',
      blocks: false,
    },
  ],
};

test('a new version says before it is signed what each version newly lacks, and signing nothing changes', async () => {
  const effect = await effectOf(SECOND);
  expect(effect).toMatchObject({
    before: { version: '1.0.0' },
    versions: 1,
    lacking: 1,
    blocked: 1,
  });
  expect(effect.items).toEqual([NEWLY]);
  expect(effect.changes.map(({ of, change }) => [of, change])).toEqual([
    ['house/rationale', 'changed'],
    ['house/spec', 'changed'],
    ['house/use', 'added'],
  ]);
  expect((await listed())[0]?.version).toBe('1.0.0');
});

test('once it is adopted the same is told of it, and the evidence names what it newly asks', async () => {
  const [first] = await listed();
  await person(packDraft(SECOND, '2.0.0', { supersedes: first?.digest }), ['risk', 'ada']);
  const answer = await server.as('risk', { method: 'GET', url: '/v1/packs/house/effect' });
  expect(PackEffectReply.parse(answer.json<unknown>()).items).toEqual([NEWLY]);
  expect((await listed())[0]).toMatchObject({ version: '2.0.0', earlier: ['1.0.0'] });
  const url = '/v1/models/credit/versions/1/evidence?framework=house';
  const evidence = await server.as('risk', { method: 'GET', url });
  expect(evidence.json()).toMatchObject({
    frameworks: [
      {
        packVersion: '2.0.0',
        replaced: '1.0.0',
        newlyAsked: [
          { clause: 'house/spec', evidence: 'test-plan' },
          { clause: 'house/use', evidence: 'instructions-for-use' },
        ],
      },
    ],
  });
});

test('a version out of its scope is not judged, unless it is supposed to be in it', async () => {
  await person(scopeDraft('house', false), ['risk']);
  expect(await effectOf(SECOND)).toMatchObject({ versions: 0, items: [] });
  expect((await listed())[0]?.scope).toEqual([]);
  const supposed = await dryEffect(pack('3.0.0', [RATIONALE]), ['credit']);
  expect(PackEffectReply.parse(supposed.json<unknown>())).toMatchObject({ versions: 1 });
});

test('the effect of a pack that nobody adopted is unknown', async () => {
  const answer = await server.as('risk', { method: 'GET', url: '/v1/packs/soc-2/effect' });
  expect(ErrorReply.parse(answer.json<unknown>()).error).toMatchObject({ code: 'pack_unknown' });
});
