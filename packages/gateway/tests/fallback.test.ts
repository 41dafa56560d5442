// SPDX-License-Identifier: Apache-2.0
// What answers when the model's warrant does not hold, and that it is recorded as what it is.
import type { Gateway } from '@countersign/gateway';
import { type Json, publicKeyOf, verifyReceipt } from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MODEL, produce, USE } from '../../kernel/tests/credit-model.ts';
import { type TestDatabase, testDatabase } from '../../server/tests/database.ts';
import { ARTIFACT_FILES, type FixtureServer, fixtureServer, SPEC } from './fixture-server.ts';
import { ask, INPUTS, said, startFixture, stateDirectory } from './start-fixture.ts';

let database: TestDatabase;
let server: FixtureServer;
const open: Gateway[] = [];

beforeAll(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
  await server.close();
});
afterAll(() => database.drop());

async function start(change: Partial<Parameters<typeof startFixture>[1]> = {}): Promise<Gateway> {
  const gateway = await startFixture(server, { databaseUrl: database.url, ...change });
  open.push(gateway);
  return gateway;
}

/** A firm with a model whose specification and warrant declare this fallback. */
async function firmWith(fallback: { readonly kind: string; readonly [name: string]: Json }) {
  const spec = { ...SPEC, fallback: { detail: 'as declared', ...fallback } };
  server = await fixtureServer({ build: { spec }, warrant: { fallback: fallback.kind } });
}

const end = (kind: string, warrant = server.production) =>
  server.firm.add(
    {
      type: 'deployment-record',
      kind,
      subjectRef: { workspace: 'main', model: MODEL, use: USE },
      content: { warrant, environment: 'production', reason: 'drift' },
    },
    'mia',
  );

/** A second version in production, beside the first. */
async function secondVersion(fallback: string): Promise<string> {
  const spec = { ...SPEC, fallback: { kind: fallback, detail: 'as declared' } };
  const build = { version: 2, files: ARTIFACT_FILES, spec };
  const { production } = await produce(server.firm, { fallback }, build);
  return production;
}

const rowOf = async (id: unknown) =>
  (
    await database.pool.query('SELECT kind, warrant, version, header FROM decision WHERE id = $1', [
      id,
    ])
  ).rows[0] as { kind: string; warrant: string; version: number; header: Buffer };

const RULE = {
  input: 'amount',
  op: '<=',
  value: '2000.5',
  answer: 'approve',
  otherwise: 'decline',
};

describe('a revoked warrant is answered for', () => {
  test.each([
    ['the manual queue by `refer`', { kind: 'manual-queue' }, 1500, 'manual-queue', 'refer'],
    [
      'the safe state by its answer',
      { kind: 'safe-state', answer: 'decline' },
      1500,
      'safe-state',
      'decline',
    ],
    ['the rule, where it holds', { kind: 'rule', rule: RULE }, 2000.5, 'rule', 'approve'],
    ['the rule, where it does not', { kind: 'rule', rule: RULE }, 2000.51, 'rule', 'decline'],
    [
      'the previous version, which there is none of',
      { kind: 'previous-version' },
      1500,
      'manual-queue',
      'refer',
    ],
    ['a safe state that declares no answer', { kind: 'safe-state' }, 1500, 'manual-queue', 'refer'],
  ])('by %s', async (_, fallback, amount, kind, decision) => {
    await firmWith(fallback);
    const gateway = await start();
    expect(await said(gateway)).toBe('200 model');
    await end('revoke');
    await gateway.deployments.refresh();
    const { status, body } = await ask(gateway, { inputs: { ...INPUTS, amount } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      basis: 'fallback',
      decision,
      score: null,
      reasons: [],
      fallback: { kind, code: 'warrant_revoked', warrant: server.production },
    });
    expect(body.fallback?.message).toMatch(/was ended by record [0-9a-f]{12}: drift/);
    const row = await rowOf(body.id);
    expect(row).toMatchObject({ kind: 'fallback', warrant: server.production, version: 1 });
    expect(JSON.parse(row.header.toString())).toMatchObject({
      fallback: kind,
      code: 'warrant_revoked',
      fallbackOf: server.production,
    });
  });

  test('by a refusal where that is declared', async () => {
    await firmWith({ kind: 'refuse' });
    const gateway = await start();
    await end('revoke');
    await gateway.deployments.refresh();
    const { status, body } = await ask(gateway);
    expect(status).toBe(403);
    expect(body.error).toMatchObject({ code: 'not_warranted', fallback: 'refuse' });
  });

  test('by the queue where the rule’s input is missing', async () => {
    await firmWith({ kind: 'rule', rule: RULE });
    const gateway = await start();
    await end('revoke');
    await gateway.deployments.refresh();
    const { body } = await ask(gateway, { inputs: { duration: 24 } });
    expect(body).toMatchObject({ decision: 'refer', fallback: { kind: 'manual-queue' } });
  });

  test('with a receipt that verifies, once for each key, and counted apart in the batch', async () => {
    await firmWith({ kind: 'manual-queue' });
    const gateway = await start();
    await end('revoke');
    await gateway.deployments.refresh();
    const request = { key: 'application-1', inputs: INPUTS, protected: { age: '26' } };
    const first = await ask(gateway, request);
    expect(await ask(gateway, request)).toEqual(first);
    const { receipt } = first.body;
    if (receipt === undefined) throw new Error('no receipt');
    const { signer, spki } = server.firm.people.gateway;
    const gatewayKey = publicKeyOf(p, signer.algorithm, spki);
    expect(verifyReceipt(p, receipt, { gatewayKey })).toMatchObject({ ok: true });
    const header = JSON.parse(Buffer.from(receipt.header.payload, 'base64').toString());
    expect(header.predicate.content).toMatchObject({ answered: 0, fallback: 1, refused: 0 });
  });

  test('in the Open Inference Protocol without a score', async () => {
    await firmWith({ kind: 'safe-state', answer: 'decline' });
    const gateway = await start();
    await end('revoke');
    await gateway.deployments.refresh();
    const tensor = (name: string, value: unknown) => ({
      name,
      datatype: 'BYTES',
      shape: [1],
      data: [value],
    });
    const inputs = Object.entries(INPUTS).map(([name, value]) => tensor(name, value));
    const { status, body } = await ask(gateway, { inputs }, `/v2/models/${MODEL}/infer`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      outputs: [{ name: 'decision', data: ['decline'] }],
      parameters: { basis: 'fallback' },
    });
  });
});

describe('no fallback answers', () => {
  test('while it cannot be recorded', async () => {
    await firmWith({ kind: 'manual-queue' });
    const own = await testDatabase();
    const gateway = await start({ databaseUrl: own.url });
    await end('revoke');
    await gateway.deployments.refresh();
    expect(await said(gateway)).toBe('200 fallback warrant_revoked');
    await own.drop();
    expect(await said(gateway)).toBe('503 not_durable');
  });

  test('for a model of which no warrant was ever seen', async () => {
    await firmWith({ kind: 'manual-queue' });
    const gateway = await start();
    const { status, body } = await ask(gateway, { inputs: INPUTS }, '/v1/decide/another');
    expect(status).toBe(403);
    expect(body.error?.code).toBe('not_warranted');
  });

  test('for a request that cannot be read', async () => {
    await firmWith({ kind: 'manual-queue' });
    const gateway = await start();
    await end('revoke');
    await gateway.deployments.refresh();
    expect((await ask(gateway, { inputs: 1 })).status).toBe(400);
  });
});

describe('of two versions', () => {
  test('the previous answers where that is declared, under its own warrant and marked', async () => {
    await firmWith({ kind: 'manual-queue' });
    const second = await secondVersion('previous-version');
    const gateway = await start();
    expect((await ask(gateway)).body).toMatchObject({ basis: 'model', version: 2 });
    await end('revoke', second);
    await gateway.deployments.refresh();
    const { body } = await ask(gateway);
    expect(body).toMatchObject({
      basis: 'fallback',
      version: 1,
      warrant: server.production,
      score: expect.any(Number),
      fallback: { kind: 'previous-version', warrant: second },
    });
    expect(await rowOf(body.id)).toMatchObject({
      kind: 'fallback',
      version: 1,
      warrant: server.production,
    });
    await end('revoke');
    await gateway.deployments.refresh();
    expect((await ask(gateway)).body).toMatchObject({
      decision: 'refer',
      fallback: { kind: 'manual-queue', warrant: second },
    });
  });

  test('the previous does not answer where the newer declares the queue', async () => {
    await firmWith({ kind: 'manual-queue' });
    const second = await secondVersion('manual-queue');
    const gateway = await start();
    await end('revoke', second);
    await gateway.deployments.refresh();
    expect((await ask(gateway)).body).toMatchObject({ decision: 'refer', version: 2 });
  });

  test('the previous answers as itself once the newer is retired', async () => {
    await firmWith({ kind: 'manual-queue' });
    const second = await secondVersion('manual-queue');
    const gateway = await start();
    await end('retire', second);
    await gateway.deployments.refresh();
    expect((await ask(gateway)).body).toMatchObject({ basis: 'model', version: 1 });
  });
});

describe('a restart', () => {
  test('after the warrant has ended answers by the fallback that is remembered', async () => {
    await firmWith({ kind: 'manual-queue' });
    const stateDir = stateDirectory();
    await (await start({ stateDir })).close();
    open.pop();
    await end('revoke');
    const again = await start({ stateDir });
    expect(await said(again)).toBe('200 fallback warrant_revoked');
    expect(again.deployments.held().ended).toMatchObject([{ fallback: 'manual-queue' }]);
    await expect(start()).rejects.toMatchObject({ code: 'not_warranted' });
  });

  test('while nothing can be reached answers by it too, and by the model once it can', async () => {
    await firmWith({ kind: 'manual-queue' });
    const stateDir = stateDirectory();
    await (await start({ stateDir })).close();
    open.pop();
    server.lies.down = true;
    const again = await start({ stateDir });
    expect(await said(again)).toBe('200 fallback status_stale');
    await expect(start()).rejects.toMatchObject({ code: 'server_unreachable' });
    delete server.lies.down;
    await again.deployments.refresh();
    expect(await said(again)).toBe('200 model');
  });
});

test('a suspended warrant is taken back once owner and validator resume it', async () => {
  await firmWith({ kind: 'manual-queue' });
  const gateway = await start();
  let suspension = await end('suspend');
  await gateway.deployments.refresh();
  expect(await said(gateway)).toBe('200 fallback warrant_suspended');
  const subjectRef = { workspace: 'main', model: MODEL, use: USE };
  const finding = (status: string, supersedes: object) =>
    server.firm.add(
      {
        type: 'finding',
        scope: 'use',
        subjectRef,
        content: {
          id: 'F-1',
          severity: 'high',
          status,
          blocking: status === 'open',
          owner: 'omar',
        },
        ...supersedes,
      },
      'vera',
    );
  const opened = await finding('open', {});
  const resume = (digest: string, ...signers: ('omar' | 'vera')[]) =>
    server.firm.add(
      {
        type: 'deployment-record',
        kind: 'resume',
        subjectRef,
        content: {
          warrant: server.production,
          environment: 'production',
          reason: 'mended',
          suspension,
          finding: digest,
        },
      },
      ...signers,
    );
  await resume(opened, 'omar', 'vera');
  await gateway.deployments.refresh();
  expect(await said(gateway)).toBe('200 fallback warrant_suspended');
  const closed = await finding('closed', { supersedes: opened });
  await resume(closed, 'omar');
  await gateway.deployments.refresh();
  expect(await said(gateway)).toBe('200 fallback warrant_suspended');
  await resume(closed, 'omar', 'vera');
  await gateway.deployments.refresh();
  expect(await said(gateway)).toBe('200 model');
  // What was settled for one suspension lifts no later one.
  suspension = await end('suspend');
  await resume(closed, 'omar', 'vera');
  await gateway.deployments.refresh();
  expect(await said(gateway)).toBe('200 fallback warrant_suspended');
});
