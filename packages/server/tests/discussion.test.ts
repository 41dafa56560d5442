// SPDX-License-Identifier: Apache-2.0
// What people write on a change request: over the API, attested by the platform, and signed with their own key.
import {
  DiscussionReply,
  type InboxReply,
  REMARKS_PER_TEN_MINUTES,
  type RemarkPosted,
} from '@countersign/contract';
import { type Json, judgeChangeRequest, recordsOfType } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlatformDraft } from '../src/records/index.ts';
import { recorder } from './recorder.ts';
import { type TestDraft, type TestServer, testServer } from './server-fixture.ts';

const ARTIFACT = 'a'.repeat(64);
const useRef = { workspace: 'main', model: 'credit', use: 'underwriting' };
const versionRef = { ...useRef, version: 1, artifactDigest: ARTIFACT };

let server: TestServer;
let request: string;

beforeAll(async () => {
  server = await testServer();
  request = await openRequest();
}, 60_000);
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

/** Production takes legal and, as a condition, that no blocking question is open. */
const POLICY: Json = {
  id: 'test',
  version: '1',
  transitions: {
    staging: {
      conditions: [],
      approvals: [],
      warrantDaysMax: { high: 30, medium: 30, low: 30 },
    },
    production: {
      conditions: [{ id: 'discussion', gate: 'gate/approval', at: 'promote' }],
      approvals: [{ role: 'legal', count: 1, gate: 'gate/approval', meaning: 'lawful' }],
      warrantDaysMax: { high: 30, medium: 30, low: 30 },
    },
  },
  exceptions: [],
};

async function openRequest(): Promise<string> {
  const { person, platform } = recorder(server);
  const document = { title: 'Promotion', version: '1', textDigest: '0'.repeat(64), policy: POLICY };
  const firm = { scope: 'firm', subjectRef: { workspace: 'main' } } as const;
  const policy = await person(
    {
      type: 'policy-document',
      kind: 'promotion-policy',
      actor: 'risk',
      ...firm,
      content: document,
    },
    ['risk', 'ada'],
  );
  const use = { scope: 'use', subjectRef: useRef } as const;
  const tier = { tier: 'low', computed: 'low', fairLending: false, floors: [] };
  await person({ type: 'risk-tier', actor: 'risk', ...use, content: tier }, ['risk']);
  const asked = await person(
    { type: 'run-request', actor: 'dev', ...use, content: { job: 'run', params: {} } },
    ['dev'],
  );
  const measured = (type: PlatformDraft['type'], content: object): PlatformDraft => ({
    ...{ type, scope: 'version', subjectRef: versionRef, producer: 'pipeline', content },
    source: [asked],
  });
  const run = await platform(measured('training-run', { promotable: true, run: 'run-1' }));
  await platform(measured('model-artifact', { run: 'run-1' }));
  const spec = await platform(measured('model-spec', { algorithm: 'logistic' }));
  const content = {
    ...{ transition: 'production', class: 'standard', artifactDigest: ARTIFACT, spec, run, policy },
    ...{
      evidence: [],
      packs: [],
      rulesVersion: '1',
      reason: 'first',
      impact: 'all',
      rollback: 'none',
    },
  };
  const draft: TestDraft = {
    ...{ type: 'change-record', actor: 'dev', scope: 'version', subjectRef: versionRef, content },
  };
  return person(draft, ['dev']);
}

const url = () => `/v1/change-requests/${request}/discussion`;
const post = (account: string, payload: object) =>
  server.as(account, { method: 'POST', url: url(), payload });

async function written(account: string, payload: object): Promise<RemarkPosted> {
  const reply = await post(account, payload);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json();
}

async function read(account: string): Promise<DiscussionReply> {
  const reply = await server.as(account, { method: 'GET', url: url() });
  expect(reply.statusCode, reply.body).toBe(200);
  return DiscussionReply.parse(reply.json());
}

async function mentionsOf(account: string) {
  const reply = await server.as(account, { method: 'GET', url: '/v1/inbox' });
  return reply.json<InboxReply>().items.filter(({ kind }) => kind === 'mention');
}

const judged = async () =>
  judgeChangeRequest(await server.context.records.current(), request, {
    phase: 'promote',
    now: server.context.now(),
  });

describe('a discussion', () => {
  let question: RemarkPosted;

  test('holds what somebody without a key at hand wrote, marked as the platform’s word', async () => {
    question = await written('val', { act: 'question', text: 'Why this cutoff, @dev? <b>x</b>' });
    expect(await read('audit')).toMatchObject({
      threads: [
        {
          digest: question.digest,
          kind: 'question',
          state: 'open',
          blocking: false,
          remarks: [{ author: 'val', standing: 'attested', via: 'token', mentions: ['dev'] }],
        },
      ],
      counts: { remarks: 1, open: 1, openBlocking: 0 },
      isCondition: true,
      may: { write: false, block: false },
    });
    const set = await server.context.records.current();
    const [record] = recordsOfType(set, 'change-remark');
    expect(record?.signers.map(({ holder }) => holder)).toMatchObject([{ kind: 'service' }]);
    expect(record?.statement.predicate).toMatchObject({
      actor: 'val',
      source: [request],
      content: { onBehalfOf: { account: 'val', via: 'token' } },
    });
  });

  test('is read as plain text: markup in it is shown as it was written', async () => {
    const { threads } = await read('dev');
    expect(threads[0]?.remarks[0]?.blocks).toEqual([
      {
        kind: 'paragraph',
        text: expect.arrayContaining([{ kind: 'text', text: '<b>' }]),
      },
    ]);
  });

  test('waits in the inbox of whom it names until they write in the thread', async () => {
    expect(await mentionsOf('dev')).toMatchObject([{ digest: request, text: 'val named you' }]);
    await written('dev', { act: 'answer', text: 'the cost matrix', inReplyTo: question.digest });
    expect(await mentionsOf('dev')).toEqual([]);
  });

  test('takes a blocking mark from approvers alone, and shows it at the gate', async () => {
    const block = { act: 'block', inReplyTo: question.digest };
    for (const account of ['dev', 'val']) {
      const refused = await post(account, block);
      expect(refused.statusCode).toBe(409);
      expect(refused.json().error).toMatchObject({
        code: 'remark_refused',
        message: expect.stringContaining('a role that policy asks to approve the request'),
      });
    }
    await written('legal', block);
    expect((await read('legal')).counts).toEqual({ remarks: 3, open: 1, openBlocking: 1 });
    expect((await judged()).missing).toContain(
      `gate/approval discussion (fail): question ${question.digest.slice(0, 12)}, marked as blocking by \`legal\`, is not resolved`,
    );
  });

  test('lets an approver resolve a blocking question, not whoever asked or answered', async () => {
    const resolve = { act: 'resolve', inReplyTo: question.digest };
    for (const account of ['dev', 'val'])
      expect((await post(account, resolve)).statusCode).toBe(409);
    await written('legal', { ...resolve, text: 'answered' });
    expect((await judged()).conditions).toMatchObject([{ id: 'discussion', outcome: 'pass' }]);
    expect((await read('dev')).threads[0]).toMatchObject({
      state: 'resolved',
      resolvedBy: 'legal',
    });
  });

  test('keeps a thread open that is resolved and opened again', async () => {
    await written('val', { act: 'reopen', inReplyTo: question.digest });
    expect((await judged()).allowed).toBe(false);
    await written('legal', { act: 'resolve', inReplyTo: question.digest });
  });

  test('takes a signed mark off by a signed resolution alone', async () => {
    const remark = (content: object): TestDraft => ({
      ...{ type: 'change-remark', actor: 'legal', scope: 'version', subjectRef: versionRef },
      source: [request],
      content: { changeRequest: request, ...content },
    });
    const { person } = recorder(server);
    const asked = { act: 'question', text: 'are the notices reviewed?', blocking: true };
    const signed = await person(remark(asked), ['legal']);
    const attested = await post('legal', { act: 'resolve', inReplyTo: signed });
    expect(attested.statusCode).toBe(409);
    expect(attested.json().error.message).toContain('sign its resolution');
    await person(remark({ act: 'resolve', text: 'they are', inReplyTo: signed }), ['legal']);
    const thread = (await read('audit')).threads.find(({ digest }) => digest === signed);
    expect(thread).toMatchObject({ state: 'resolved', remarks: [{ standing: 'signed' }, {}] });
  });
});

describe('a discussion refuses', () => {
  test('auditors, who read, and users, who do not', async () => {
    expect((await post('audit', { act: 'remark', text: 'x' })).statusCode).toBe(403);
    expect((await post('clerk', { act: 'remark', text: 'x' })).statusCode).toBe(403);
    expect((await server.as('clerk', { method: 'GET', url: url() })).statusCode).toBe(403);
  });

  test.each([
    ['a remark of nothing', { act: 'remark', text: ' ' }, 422],
    ['more than 4,000 characters', { act: 'remark', text: 'x'.repeat(4001) }, 400],
    ['an answer to nothing', { act: 'answer', text: 'x' }, 422],
    ['an answer to another record', { act: 'answer', text: 'x', inReplyTo: ARTIFACT }, 409],
    ['a blocking remark', { act: 'remark', text: 'x', blocking: true }, 422],
    ['a member that nobody knows', { act: 'remark', text: 'x', author: 'exec' }, 400],
  ])('%s', async (_, payload, status) => {
    const reply = await post('legal', payload);
    expect([reply.statusCode, reply.body]).toEqual([status, expect.any(String)]);
  });

  test('words in another’s name, even with one’s own key', async () => {
    const forged: TestDraft = {
      ...{ type: 'change-remark', actor: 'exec', scope: 'version', subjectRef: versionRef },
      source: [request],
      content: { changeRequest: request, act: 'remark', text: 'I agree' },
    };
    const reply = await recorder(server).send(forged, ['dev'], 'dev');
    expect(reply.statusCode).toBeGreaterThanOrEqual(400);
    const attested = {
      ...forged,
      actor: 'dev',
      content: { ...forged.content, onBehalfOf: { account: 'dev', via: 'session' } },
    };
    expect((await recorder(server).send(attested, ['dev'])).body).toContain('the platform alone');
  });

  test('more than its bound in ten minutes, also when all come at once', async () => {
    const tries = Array.from({ length: REMARKS_PER_TEN_MINUTES + 5 }, (_, n) =>
      post('ops', { act: 'remark', text: `note ${n}` }),
    );
    const statuses = (await Promise.all(tries)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((one) => one === 200)).toHaveLength(REMARKS_PER_TEN_MINUTES);
    expect(statuses.filter((one) => one === 429)).toHaveLength(5);
  });

  test('a request that is not there', async () => {
    const nowhere = `/v1/change-requests/${'b'.repeat(64)}/discussion`;
    const reply = await server.as('dev', { method: 'GET', url: nowhere });
    expect(reply.json().error.code).toBe('change_request_unknown');
  });
});
