// SPDX-License-Identifier: Apache-2.0
import {
  ChangeRequestReply,
  ErrorReply,
  PolicyEffectReply,
  PolicyHistoryReply,
  PolicyReply,
} from '@countersign/contract';
import type { Json } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changeDraft,
  measured,
  policyDraft,
  runRequestDraft,
  tierDraft,
  useRef,
  versionRef,
} from './credit-drafts.ts';
import { type Recorder, recorder } from './recorder.ts';
import { printedName, type TestDraft, type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
let first: string;
let changeRequest: string;

const approval = (role: string) => ({ role, count: 1, gate: 'gate/approval', meaning: 'accepted' });
const DAYS = { high: 30, medium: 30, low: 30 };

function policyJson(version: string, roles: readonly string[], more: object = {}): Json {
  const staging = { conditions: [], approvals: [], warrantDaysMax: DAYS };
  const production = { ...staging, approvals: roles.map(approval) };
  return {
    id: 'test',
    version,
    transitions: { staging, production },
    exceptions: [],
    ...more,
  } as unknown as Json;
}

const WAIVER = { by: ['model-risk', 'executive'], daysMax: 30, compensatingControl: 'required' };
const SECOND = policyJson('2', ['legal', 'executive'], {
  waivable: [{ evidence: 'dataset-datasheet', ...WAIVER }],
  provisional: {
    tiers: ['low'],
    daysMax: 60,
    limits: { answersMax: 100 },
    extraMonitoring: { everyDays: 7 },
    signers: ['model-risk', 'executive'],
  },
});

beforeAll(async () => {
  server = await testServer();
  first = await person(policyDraft(policyJson('1', ['legal']), '1'), ['risk', 'ada']);
  await person(tierDraft('low'), ['risk']);
  const request = await person(runRequestDraft(), ['dev']);
  const run = await platform(
    measured('training-run', { promotable: true, run: 'run-1' }, [request]),
  );
  const manifest = { v: 1, scorer: 'onnx', entry: 'model.onnx', files: [] };
  await platform(measured('model-artifact', { run: 'run-1', manifest }, [request]));
  const spec = await platform(measured('model-spec', { algorithm: 'logistic' }, [request]));
  changeRequest = await person(changeDraft({ policy: first, spec, run }), ['dev']);
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

const send: Recorder['send'] = (...given) => recorder(server).send(...given);
const person: Recorder['person'] = (...given) => recorder(server).person(...given);
const platform: Recorder['platform'] = (...given) => recorder(server).platform(...given);

const errorOf = (answer: { json: <T>() => T }) => ErrorReply.parse(answer.json<unknown>()).error;
const effectOf = async (policy: Json) => {
  const answer = await server.as('risk', {
    method: 'POST',
    url: '/v1/policy/effect',
    payload: { policy },
  });
  return PolicyEffectReply.parse(answer.json());
};

describe('the effect of a policy', () => {
  test('that is in force already is none', async () => {
    expect(await effectOf(policyJson('1', ['legal']))).toEqual({
      requests: 1,
      warrants: 0,
      affected: 0,
      stopped: 0,
      items: [],
    });
  });

  test('that asks for one more approval is named for the open request', async () => {
    const { items, ...counts } = await effectOf(SECOND);
    expect(counts).toEqual({ requests: 1, warrants: 0, affected: 1, stopped: 1 });
    expect(items).toEqual([
      {
        kind: 'request',
        digest: changeRequest,
        changeRequest,
        subject: versionRef,
        transition: 'production',
        newlyAsked: ['gate/approval: 1 approval by executive'],
        noLongerAsked: [],
        newlyMissing: ['gate/approval: 1 approval by executive missing'],
        noLongerMissing: [],
      },
    ]);
  });

  test('that asks for less says what nobody would be asked for any more', async () => {
    const { items, stopped } = await effectOf(policyJson('3', []));
    expect(stopped).toBe(0);
    expect(items[0]).toMatchObject({
      noLongerAsked: ['gate/approval: 1 approval by legal'],
      noLongerMissing: ['gate/approval: 1 approval by legal missing'],
    });
  });

  test('that cannot be read is refused with its member', async () => {
    const payload = {
      policy: policyJson('4', [], { waivable: [{ evidence: 'sod-check', ...WAIVER }] }),
    };
    const answer = await server.as('risk', { method: 'POST', url: '/v1/policy/effect', payload });
    expect(answer.statusCode).toBe(422);
    expect(errorOf(answer)).toMatchObject({ code: 'record_malformed' });
    expect(errorOf(answer).message).toMatch(/policy\.waivable\[0\]\.evidence/);
  });

  test('is hidden from users of a model', async () => {
    const answer = await server.as('clerk', { url: '/v1/policy' });
    expect(answer.statusCode).toBe(403);
  });
});

test('a policy that awaits its second signature shows its effect first, then its place in the history', async () => {
  const draft = policyDraft(SECOND, '2');
  const envelope = await server.sign(draft, ['risk']);
  const proposed = await server.as('risk', {
    method: 'POST',
    url: '/v1/records',
    payload: { envelopes: [envelope] },
  });
  const [pending] = proposed.json<{ records: { digest: string; state: string }[] }>().records;
  expect(pending?.state).toBe('awaiting-signatures');
  const effect = await server.as('ada', { url: `/v1/policy/effect?digest=${pending?.digest}` });
  expect(PolicyEffectReply.parse(effect.json())).toMatchObject({ affected: 1, stopped: 1 });
  const before = PolicyReply.parse((await server.as('ada', { url: '/v1/policy' })).json());
  expect(before).toMatchObject({ version: '1', digest: first, inForce: true });

  const second = await person(draft, ['risk', 'ada']);
  const after = PolicyReply.parse((await server.as('ada', { url: '/v1/policy' })).json());
  expect(after).toMatchObject({ version: '2', digest: second, signedBy: ['ada', 'risk'] });
  const history = await server.as('ada', { url: '/v1/policy/history' });
  const { versions } = PolicyHistoryReply.parse(history.json());
  expect(versions.map(({ version, inForce }) => ({ version, inForce }))).toEqual([
    { version: '2', inForce: true },
    { version: '1', inForce: false },
  ]);
  const lines = versions[0]?.changes.map(({ op, line }) => `${op} ${line}`);
  expect(lines).toContain('- version: "1"');
  expect(lines).toContain('+ version: "2"');
  expect(lines?.join('\n')).toMatch(/\+ transitions\.production\.approvals: .*executive/);
  expect(versions[1]?.changes).toEqual([]);
});

test.each([
  ['of no policy', '/v1/policy/effect?digest=DIGEST', 404, /no promotion policy/],
  ['of a kind nobody signed', '/v1/policy?kind=committee', 404, /no document of kind `committee`/],
])('a question %s is answered with what to do', async (_, url, status, says) => {
  const answer = await server.as('ada', { url: url.replace('DIGEST', changeRequest) });
  expect(answer.statusCode).toBe(status);
  expect(errorOf(answer).message).toMatch(says);
});

describe('at the door', () => {
  const inDays = (days: number) =>
    new Date(Date.parse(server.context.now()) + days * 86_400_000).toISOString();
  const waiver = (content: object): TestDraft => ({
    type: 'exception-record',
    kind: 'waiver',
    actor: 'risk',
    scope: 'use',
    subjectRef: useRef,
    content: {
      evidence: 'dataset-datasheet',
      reason: 'the vendor gives none',
      compensatingControl: 'a quarterly audit of the vendor',
      expires: inDays(20),
      ...content,
    },
  });

  test('a waiver waits for everybody whom policy names', async () => {
    const alone = await send(waiver({}), ['risk']);
    expect(alone.json()).toMatchObject({ records: [{ state: 'awaiting-signatures' }] });
    expect(JSON.stringify(alone.json())).toMatch(/executive/);
    await person(waiver({ reason: 'signed by both' }), ['risk', 'exec']);
    const listed = await server.as('risk', { url: '/v1/exceptions' });
    expect(JSON.stringify(listed.json())).toMatch(/a quarterly audit of the vendor/);
  });

  test.each([
    [
      'of what policy lets nobody waive',
      { evidence: 'test-plan' },
      /does not let anybody do without/,
    ],
    ['for longer than policy allows', { expires: '2100-01-01T00:00:00.000Z' }, /within 30 days/],
    ['without a compensating control', { compensatingControl: '' }, /compensatingControl/],
  ])('a waiver %s is refused', async (_, content, says) => {
    const answer = await send(waiver(content), ['risk', 'exec']);
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(errorOf(answer).message).toMatch(says);
  });

  const firmDocument = (kind: string, content: object): TestDraft => ({
    type: 'policy-document',
    kind,
    actor: 'risk',
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    content: { title: kind, version: '1', textDigest: '0'.repeat(64), ...content },
  });

  test.each([
    [
      'committee whose chair is no member',
      'committee',
      { committee: { name: 'c', members: ['a', 'b'], chair: 'x', quorum: 2 } },
      /chair/,
    ],
    [
      'deputy of oneself',
      'deputies',
      {
        deputies: {
          deputations: [
            {
              deputy: 'a',
              for: 'a',
              role: 'legal',
              from: '2026-01-01T00:00:00.000Z',
              until: '2026-01-02T00:00:00.000Z',
            },
          ],
        },
      },
      /deputations\[0\]\.deputy/,
    ],
  ] as const)('a %s is refused', async (_, kind, content, says) => {
    const answer = await send(firmDocument(kind, content), ['risk', 'ada']);
    expect(errorOf(answer).message).toMatch(says);
  });

  test('a deputy is let in while a signed deputation runs, and the verdict names whom they stand in for', async () => {
    const approval: TestDraft = {
      type: 'approval-record',
      actor: 'exec',
      scope: 'version',
      subjectRef: versionRef,
      subjectDigest: changeRequest,
      content: {
        changeRequest,
        gate: 'gate/approval',
        role: 'legal',
        decision: 'approve',
        meaning: 'accepted',
        printedName: printedName('exec'),
        statement: 'I approve.',
        evidence: [],
        asDeputyOf: 'legal',
      },
    };
    const early = await send(approval, ['exec']);
    expect(errorOf(early).message).toMatch(/no deputation lets `exec` stand in for `legal`/);
    const term = { from: inDays(-1), until: inDays(30) };
    const deputations = [{ deputy: 'exec', for: 'legal', role: 'legal', ...term }];
    await person(firmDocument('deputies', { deputies: { deputations } }), ['risk', 'ada']);
    const given = await person({ ...approval, claimedAt: server.context.now() }, ['exec']);
    const view = await server.as('risk', { url: `/v1/change-requests/${changeRequest}` });
    expect(view.json()).not.toHaveProperty('error');
    const { verdict } = ChangeRequestReply.parse(view.json());
    expect(verdict.approvals[0]?.given).toEqual([
      { account: 'exec', record: given, asDeputyOf: 'legal' },
    ]);
  });

  test('a run of a model whose intake is not signed is refused, with what is missing', async () => {
    const draft: TestDraft = {
      type: 'run-request',
      actor: 'dev',
      subjectRef: useRef,
      scope: 'use',
      content: { job: 'run', commit: 'b'.repeat(40), bundle: 'c'.repeat(64), params: {} },
    };
    const answer = await server.as('dev', {
      method: 'POST',
      url: '/v1/jobs',
      payload: { kind: 'run', params: {}, request: await server.sign(draft, ['dev']) },
    });
    expect(answer.statusCode).toBe(409);
    expect(errorOf(answer)).toMatchObject({ code: 'job_request_refused' });
    expect(errorOf(answer).message).toMatch(
      /not authorised yet: it lacks inventory-entry, .*intended-use/,
    );
    expect(errorOf(answer).message).toMatch(/countersign propose/);
  });
});
