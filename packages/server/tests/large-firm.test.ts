// SPDX-License-Identifier: Apache-2.0
// What is computed of a model's records alone, and kept while nothing is recorded about it, is what the whole log gives.
import type { ChangeRequestsReply } from '@countersign/contract';
import { judgeChangeRequest, liveWarrants, recordsOfType } from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRequestView, listChangeRequests } from '../src/governance/index.ts';
import { createWarrantVerdicts, modelSets } from '../src/records/index.ts';
import { type LargeFirm, largeFirm } from './large-firm.ts';
import { recorder } from './recorder.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const REQUESTS = 90;
let server: TestServer;
let firm: LargeFirm;

beforeAll(async () => {
  server = await testServer();
  firm = await largeFirm(server, { models: 3, changeRequests: REQUESTS, evidence: 12 });
}, 120_000);
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

const now = () => server.context.now();
const current = () => server.context.records.current();

async function page(query: string): Promise<ChangeRequestsReply> {
  const reply = await server.as('risk', { method: 'GET', url: `/v1/change-requests?${query}` });
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json();
}

test.each(['limit=17', 'limit=17&state=promoted', 'limit=5&model=model-002'])(
  'pages of change requests by %s lose and double nothing',
  async (query) => {
    const found: string[] = [];
    let asked: string | undefined = query;
    let total = 0;
    for (let n = 0; asked !== undefined && n < REQUESTS; n += 1) {
      const { changeRequests, next, total: all } = await page(asked);
      found.push(...changeRequests.map(({ digest }) => digest));
      total = all;
      asked = next === undefined ? undefined : `${query}&before=${next}`;
    }
    expect(found).toHaveLength(total);
    const whole = await page(`${query.replace(/^limit=\d+/, 'limit=500')}`);
    expect(found).toEqual(whole.changeRequests.map(({ digest }) => digest));
    expect(new Set(found).size).toBe(total);
  },
);

test('an unknown `before` is refused', async () => {
  const url = `/v1/change-requests?before=${'0'.repeat(64)}`;
  const reply = await server.as('risk', { method: 'GET', url });
  expect(reply.json()).toMatchObject({ error: { code: 'change_request_unknown' } });
});

test('a request is open or ready as the whole log judges it, and its page says the same', async () => {
  const set = await current();
  const at = now();
  const listed = listChangeRequests(set, { now: at });
  expect(listed).toHaveLength(REQUESTS);
  const states = Map.groupBy(listed, ({ state }) => state);
  expect([...states.keys()].sort()).toEqual(['open', 'promoted', 'rejected', 'replaced']);
  for (const { digest } of states.get('open') ?? []) {
    const verdict = judgeChangeRequest(set, digest, { phase: 'promote', now: at });
    expect(changeRequestView(set, digest, at).verdict).toEqual(verdict);
  }
});

test('warrants live as the kernel says of the whole log', async () => {
  const set = await current();
  const live = createWarrantVerdicts().live(set, now());
  expect(live.length).toBeGreaterThan(3);
  expect([...live].sort()).toEqual([...liveWarrants(set, now())].sort());
});

test('a record about one model leaves what was computed of the others, and nothing of its own', async () => {
  const before = modelSets(await current(), 'main');
  const [open] = listChangeRequests(await current(), { now: now(), model: 'model-001' }).filter(
    ({ state }) => state === 'open',
  );
  if (open === undefined) throw new Error('no request of model-001 is open');
  const content = {
    changeRequest: open.digest,
    gate: 'gate/production-approval',
    role: 'legal',
    decision: 'reject',
    meaning: 'lawful in its use',
    printedName: 'Legal Example',
    statement: 'not lawful',
    evidence: changeRequestView(await current(), open.digest, now()).evidence,
  };
  await recorder(server).person(
    {
      type: 'approval-record',
      actor: 'legal',
      scope: 'version',
      subjectRef: open.subject,
      subjectDigest: open.digest,
      content,
    },
    ['legal'],
  );
  const set = await current();
  const after = modelSets(set, 'main');
  expect(after.get('model-002')).toBe(before.get('model-002'));
  expect(after.get('model-001')).not.toBe(before.get('model-001'));
  const found = listChangeRequests(set, { now: now() }).find(
    ({ digest }) => digest === open.digest,
  );
  expect(found?.state).toBe('rejected');
});

test('of an earlier log position the state is that of then', async () => {
  const set = await current();
  const rejection = recordsOfType(set, 'approval-record').at(-1);
  const records = set.records.filter(({ index }) => index < (rejection?.index ?? 0));
  const byDigest = new Map(records.map((one) => [one.digest, one]));
  const then = { ...set, records, byDigest };
  const digest = rejection?.statement.predicate.content.changeRequest;
  const found = listChangeRequests(then, { now: now() }).find((one) => one.digest === digest);
  expect(found?.state).toBe('open');
});

test('a model that nobody knows has no records', async () => {
  expect(modelSets(await current(), 'main').has('nobody')).toBe(false);
  expect(firm.records).toBeGreaterThan(500);
});
