// SPDX-License-Identifier: Apache-2.0
// The registers over HTTP: pages, filters and ageing of more findings than one answer holds.
import type { FindingContent } from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordByPlatform } from '../src/records/index.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const COUNT = 1_003;
let server: TestServer;

beforeAll(async () => {
  server = await testServer();
  const { context } = server;
  const digests = await context.database.db.transaction().execute(async (tx) => {
    const made: string[] = [];
    for (let n = 1; n <= COUNT; n += 1) {
      const { digest } = await recordByPlatform(context, tx, {
        type: 'finding',
        scope: 'use',
        subjectRef: { model: 'credit', use: 'underwriting' },
        producer: 'monitoring',
        source: [],
        content: findingNumber(n),
      });
      made.push(digest);
    }
    return made;
  });
  await context.records.including(digests.slice(-1));
}, 120_000);
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

/** Every tenth is high, every fourth long overdue, every third another owner's. */
function findingNumber(n: number): FindingContent {
  return {
    id: `F-${n}`,
    title: `Finding ${n}`,
    source: n === 7 ? 'incident' : 'monitoring',
    severity: n % 10 === 0 ? 'high' : 'low',
    blocking: false,
    status: 'open',
    owner: n % 3 === 0 ? 'owner' : 'dev',
    due: n % 4 === 0 ? '2020-01-31' : '2099-01-31',
    description: 'found',
  };
}

async function findings(query: string) {
  const reply = await server.as('risk', { method: 'GET', url: `/v1/findings${query}` });
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json();
}

test('a register comes in pages of 1,000 that lose and double nothing', async () => {
  const first = await findings('');
  expect([first.findings.length, first.total, first.next]).toEqual([1000, COUNT, 1000]);
  const second = await findings('?offset=1000');
  expect([second.findings.length, second.total, second.next]).toEqual([3, COUNT, undefined]);
  const ids = [...first.findings, ...second.findings].map(({ id }: { id: string }) => id);
  expect(ids).toEqual(Array.from({ length: COUNT }, (_, n) => `F-${n + 1}`));
});

test.each([
  ['?overdue=true', 250],
  ['?overdue=false', 753],
  ['?severity=high', 100],
  ['?severity=high&overdue=true', 50],
  ['?owner=owner', 334],
  ['?source=incident', 1],
  ['?status=closed', 0],
  ['?model=credit&owner=owner&severity=high&overdue=true', 16],
  ['?model=other', 0],
])('filtered by %s it holds %i', async (query, count) => {
  expect((await findings(query)).total).toBe(count);
});

test('ageing counts what matches and not one page of it', async () => {
  const { ageing } = await findings('');
  expect(ageing).toMatchObject([
    { severity: 'high', open: 100, overdue: 50, buckets: [100, 0, 0, 0, 0] },
    { severity: 'medium', open: 0 },
    { severity: 'low', open: 903, overdue: 200 },
  ]);
});

test.each(['?severity=grave', '?overdue=yes', '?offset=-1', '?colour=red'])(
  'a filter that is none, %s, is refused',
  async (query) => {
    const reply = await server.as('risk', { method: 'GET', url: `/v1/findings${query}` });
    expect(reply.statusCode).toBe(400);
  },
);
