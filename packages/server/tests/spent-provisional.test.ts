// SPDX-License-Identifier: Apache-2.0
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hex, POLICY } from '../../kernel/tests/credit-model.ts';
import { type Firm, foundFirm } from '../../kernel/tests/firm.ts';
import { spentProvisional } from '../src/records/index.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

const ref = { workspace: 'main', model: 'credit', use: 'underwriting', version: 1 };
const LIMIT = 3;

/** A provisional warrant as the platform's key could write it; whether its gates held is not what is counted. */
async function provisionalWarrant(firm: Firm): Promise<string> {
  const provisional = {
    tiers: ['high'],
    daysMax: 60,
    limits: { answersMax: LIMIT },
    extraMonitoring: { everyDays: 7 },
    signers: ['model-risk', 'executive'],
  };
  const policy = await firm.add(
    {
      type: 'policy-document',
      kind: 'promotion-policy',
      scope: 'firm',
      content: { policy: Object.assign({}, POLICY, { provisional }) },
    },
    'ada',
    'mia',
  );
  const expires = '2026-05-01T00:00:00.000Z';
  const use = await firm.add(
    {
      type: 'exception-record',
      kind: 'provisional',
      subjectRef: ref,
      content: { reason: 'r', limits: 'l', extraMonitoring: 'm', expires },
    },
    'mia',
    'eve',
  );
  return firm.add(
    {
      type: 'deployment-record',
      kind: 'promote',
      subjectRef: ref,
      content: {
        environment: 'production',
        warrant: 'provisional',
        artifactDigest: hex('a'),
        spec: hex('s'),
        changeRequest: hex('c'),
        approvals: [],
        exceptions: [use],
        policy,
        rulesVersion: '1',
        demonstration: true,
        notBefore: firm.now(),
        expires,
        fallback: 'refuse',
        limits: {},
      },
    },
    'platform',
  );
}

test('a provisional warrant is spent by answers, counted in the database up to its limit', async () => {
  const firm = await foundFirm();
  const warrant = await provisionalWarrant(firm);
  const { db } = server.context.database;
  const spent = async () => [...(await spentProvisional(db, firm.set(), firm.now()))];
  let index = 0;
  const decide = async (kind: string, under: string) => {
    await sql`INSERT INTO decision (workspace, id, gateway, epoch, batch, index, leaf, header, header_salt, kind, model, use, version, stage, warrant, decided_at)
      VALUES ('main', ${`d${index}`}, 'g', 1, 1, ${index}, '', '', ${Buffer.alloc(16)}, ${kind}, 'credit', 'underwriting', 1, 'production', ${under}, now())`.execute(
      owner,
    );
    index += 1;
  };
  const owner = db;
  await sql`INSERT INTO decision_batch VALUES ('g', 1, 1, 'main', 1, '', '', ${server.context.root}, now())`.execute(
    owner,
  );
  expect(await spent()).toEqual([]);
  await decide('answer', warrant);
  await decide('refusal', warrant);
  await decide('answer', hex('another warrant'));
  await decide('answer', warrant);
  expect(await spent()).toEqual([]);
  await decide('answer', warrant);
  expect(await spent()).toEqual([warrant]);
  firm.pass(90);
  expect(await spent()).toEqual([]);
});
