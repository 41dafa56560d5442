// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { AsOfReply, LineageGraphReply, PostureReply } from '@countersign/contract';
import { parseStrictJson } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { readZip, verifyExamPackage } from '@countersign/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlatformDraft } from '../src/records/index.ts';
import { connectClient } from '../src/store/database.ts';
import {
  ARTIFACT,
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
let tier: string;
let run: string;
let change: string;
let warrant: string;
let revocation: string;
/** Moments of the firm's life: at work, after the revocation, after the corrections. */
let middle: string;
let ended: string;
let corrected: string;

beforeAll(async () => {
  server = await testServer();
  const policy = await person(examPolicy(), ['risk', 'ada']);
  tier = await person(tierDraft('low'), ['risk']);
  const request = await person(runRequestDraft(), ['dev']);
  run = await platform(measured('training-run', { promotable: true, run: 'run-1' }, [request]));
  await platform(measured('model-artifact', { run: 'run-1' }, [request]));
  const spec = await platform(measured('model-spec', { algorithm: 'logistic' }));
  change = await person(changeDraft({ policy, spec, run }), ['dev']);
  const approval = await person(approvalDraft(), ['legal']);
  warrant = await platform(warrantDraft({ policy, spec, approval }));
  middle = await moment();
  const ending = { warrant, environment: 'production', reason: 'drift' };
  revocation = await person(
    {
      type: 'deployment-record',
      kind: 'revoke',
      actor: 'risk',
      scope: 'use',
      subjectRef: useRef,
      effectiveAt: new Date(Date.parse(middle) - 1).toISOString(),
      content: ending,
    },
    ['risk'],
  );
  ended = await moment();
  const tierRecord = (await server.context.records.current()).byDigest.get(tier);
  await person(
    { ...tierDraft('high'), supersedes: tier, effectiveAt: tierRecord?.loggedAt ?? '' },
    ['risk'],
  );
  corrected = await moment();
}, 60_000);
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

/** A moment between two records, in milliseconds of its own. */
async function moment(): Promise<string> {
  await sleep(5);
  const now = server.context.now();
  await sleep(5);
  return now;
}

const person: Recorder['person'] = async (...given) =>
  checkpointed(await recorder(server).person(...given));
const platform: Recorder['platform'] = async (...given) =>
  checkpointed(await recorder(server).platform(...given));

async function checkpointed(digest: string): Promise<string> {
  await server.context.checkpoints.waitForCheckpoint(digest);
  return digest;
}

function examPolicy(): TestDraft {
  const approvals = [{ role: 'legal', count: 1, gate: 'G-LEGAL', meaning: 'lawful' }];
  const warrantDaysMax = { high: 30, medium: 30, low: 30 };
  const staging = { conditions: [], approvals: [], warrantDaysMax };
  return policyDraft({
    id: 'test',
    version: '1',
    transitions: { staging, production: { ...staging, approvals } },
    exceptions: [],
  });
}

function approvalDraft(): TestDraft {
  return {
    type: 'approval-record',
    actor: 'legal',
    scope: 'version',
    subjectRef: versionRef,
    subjectDigest: change,
    content: {
      changeRequest: change,
      gate: 'G-LEGAL',
      role: 'legal',
      decision: 'approve',
      meaning: 'lawful',
      printedName: printedName('legal'),
      statement: 'I have read the change request',
      evidence: [],
    },
  };
}

function warrantDraft(on: { policy: string; spec: string; approval: string }): PlatformDraft {
  return {
    ...measured('deployment-record', {
      environment: 'production',
      warrant: 'full',
      artifactDigest: ARTIFACT,
      spec: on.spec,
      changeRequest: change,
      approvals: [on.approval],
      exceptions: [],
      policy: on.policy,
      rulesVersion: '1',
      demonstration: true,
      notBefore: new Date(Date.now() - 60_000).toISOString(),
      expires: new Date(Date.now() + 29 * 86_400_000).toISOString(),
      fallback: 'refuse',
      limits: {},
    }),
    kind: 'promote',
    producer: 'platform',
  };
}

async function get<T>(url: string): Promise<T> {
  const answer = await server.as('audit', { method: 'GET', url });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<T>();
}

describe('what was in production at a date', () => {
  test('is told with who allowed it, as it was known then and as it is known now', async () => {
    const then = await get<AsOfReply>(`/v1/as-of?date=${middle}&known=${middle}`);
    expect(then.warrants).toMatchObject([
      {
        digest: warrant,
        model: 'credit',
        inEffect: true,
        corrections: [],
        chain: {
          changeRequest: { digest: change, by: ['dev'] },
          approvals: [{ by: ['legal'], role: 'legal', printedName: 'Legal Example' }],
          run: { digest: run, run: 'run-1' },
        },
      },
    ]);
    expect(then.stages).toMatchObject([{ stage: 'production' }]);
    const now = await get<AsOfReply>(`/v1/as-of?date=${middle}`);
    expect(now.warrants).toMatchObject([
      { inEffect: false, corrections: [{ digest: revocation, reason: 'drift' }] },
    ]);
    expect(now.stages).toMatchObject([{ stage: 'suspended' }]);
    expect((await get<AsOfReply>(`/v1/as-of?date=${ended}`)).warrants).toEqual([]);
  });

  test.each([
    ['a time to come', 'date=2999-01-01', /is to come/],
    ['a day that no calendar has', 'date=2026-02-30', /no day of the calendar/],
    ['no day', 'date=yesterday', /must be a day/],
  ])('of %s is refused', async (_name, query, says) => {
    const answer = await server.as('audit', { method: 'GET', url: `/v1/as-of?${query}` });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toMatch(says);
  });
});

describe('the lineage graph', () => {
  test('reaches from a run to the warrant, and within its limits', async () => {
    const url = `/v1/lineage/${run}/graph`;
    const graph = await get<LineageGraphReply>(`${url}?up=3&down=5`);
    const warranted = graph.nodes.find(({ digest }) => digest === warrant);
    expect(warranted).toMatchObject({ type: 'deployment-record', model: 'credit' });
    expect(graph.nodes.find(({ type }) => type === 'run-request')).toMatchObject({ depth: -1 });
    const all = new Set(graph.nodes.map(({ digest }) => digest));
    expect(graph.edges.every(({ from, to }) => all.has(from) && all.has(to))).toBe(true);
    expect(graph.edges).toContainEqual({ from: warrant, to: change, how: 'content' });
    expect(graph.truncated).toBe(false);
    const near = await get<LineageGraphReply>(`${url}?up=0&down=1`);
    expect(near.truncated).toBe(true);
    expect(near.nodes.every(({ depth }) => depth >= 0 && depth <= 1)).toBe(true);
    const few = await get<LineageGraphReply>(`${url}?up=3&down=5&limit=2`);
    expect(few.nodes).toHaveLength(2);
    expect(few.truncated).toBe(true);
  });
});

describe('an exam package over HTTP', () => {
  const url = (query: string) => `/v1/exam?date=${middle}&to=${corrected}&${query}`;
  const packageOf = async (query = '', account = 'audit'): Promise<Uint8Array> => {
    const answer = await server.as(account, { method: 'GET', url: url(query) });
    expect(answer.statusCode, answer.body.slice(0, 300)).toBe(200);
    return new Uint8Array(answer.rawPayload);
  };
  const register = (bytes: Uint8Array, name: string) =>
    parseStrictJson(
      readZip(bytes).find((one) => one.name === `registers/${name}.json`)?.bytes ??
        new Uint8Array(),
    );

  test('verifies offline, with every change of the period, and is the same bytes again', async () => {
    const bytes = await packageOf();
    const report = verifyExamPackage(nodePrimitives, bytes, server.context.root);
    expect(report.problems).toEqual([]);
    expect(report.established.join('\n')).toMatch(/complete: each of the/);
    expect(register(bytes, 'change-population')).toMatchObject({
      byType: {
        'approval-record': 1,
        'change-record': 1,
        'deployment-record/promote': 1,
        'deployment-record/revoke': 1,
      },
    });
    expect(Buffer.compare(await packageOf(), bytes)).toBe(0);
  });

  test('of a date in the middle tells the correction, and what was known then does not', async () => {
    const now = await packageOf();
    const then = await packageOf(`known=${middle}`);
    expect(register(now, 'inventory')).toMatchObject([{ tiers: [{ tier: 'high' }] }]);
    expect(register(then, 'inventory')).toMatchObject([{ tiers: [{ tier: 'low', record: tier }] }]);
    expect(register(now, 'cm-2-baseline')).toMatchObject({ components: [] });
    expect(register(then, 'cm-2-baseline')).toMatchObject({ components: [{ record: warrant }] });
    const report = verifyExamPackage(nodePrimitives, then, server.context.root);
    expect(report.problems).toEqual([]);
  });

  test('with a record changed by SQL does not verify', async () => {
    const owner = await connectClient(server.database.ownerUrl);
    const write = (payload: Buffer) =>
      owner.query('UPDATE record SET payload = $2 WHERE digest = $1', [revocation, payload]);
    await owner.query('ALTER TABLE record DISABLE TRIGGER USER');
    const found = await owner.query<{ payload: Buffer }>(
      'SELECT payload FROM record WHERE digest = $1',
      [revocation],
    );
    const own = found.rows[0]?.payload ?? Buffer.alloc(0);
    await write(Buffer.from(own.toString().replace('drift', 'draft')));
    const bytes = await packageOf();
    await write(own);
    await owner.query('ALTER TABLE record ENABLE TRIGGER USER');
    await owner.end();
    const { problems } = verifyExamPackage(nodePrimitives, bytes, server.context.root);
    expect(problems.map(({ entry }) => entry)).toContain('log/records.json');
    expect(verifyExamPackage(nodePrimitives, await packageOf(), server.context.root).ok).toBe(true);
  });

  test('is not for those who may not export, and not for a period that ends before it begins', async () => {
    const refused = await server.as('dev', { method: 'GET', url: url('') });
    expect(refused.statusCode).toBe(403);
    const backwards = await server.as('audit', {
      method: 'GET',
      url: `/v1/exam?date=${middle}&from=${corrected}&to=${middle}`,
    });
    expect(backwards.statusCode).toBe(400);
    expect(backwards.body).toMatch(/before it begins/);
  });

  test('has the posture that the API gives for a month', async () => {
    const month = corrected.slice(0, 7);
    const posture = await get<PostureReply>(`/v1/exam/posture?month=${month}`);
    expect(posture).toMatchObject({
      environment: 'production',
      live: { count: 0 },
      acts: { byKind: { promote: 1, revoke: 1 } },
      requests: { byState: { promoted: 1 } },
    });
  });
});
