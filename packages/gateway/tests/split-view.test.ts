// SPDX-License-Identifier: Apache-2.0
// A log key that signs two histories, shown one after the other to the same gateway.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, type GatewayOptions, startGateway } from '@countersign/gateway';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MODEL, USE } from '../../kernel/tests/credit-model.ts';
import { type TestDatabase, testDatabase } from '../../server/tests/database.ts';
import { type FixtureServer, fixtureServer } from './fixture-server.ts';

const TOKEN = 'caller-token';
let database: TestDatabase;
let server: FixtureServer;
let nowMs: number;
let stateDir: string;
const open: Gateway[] = [];

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  server = await fixtureServer();
  nowMs = Date.now();
  stateDir = mkdtempSync(join(tmpdir(), 'gateway-split-'));
  server.lies.status = (status) => ({ ...status, time: new Date(nowMs).toISOString() });
});
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
  await server.close();
});
afterAll(() => database.drop());

async function start(change: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const gateway = await startGateway({
    name: 'gateway-1',
    workspace: 'main',
    root: server.firm.root,
    environment: 'production',
    production: false,
    models: [MODEL],
    feeds: [{ kind: 'server', url: server.url }],
    databaseUrl: database.url,
    stateDir,
    signer: server.firm.people.gateway.signer,
    hmacKey: new Uint8Array(32).fill(7),
    callers: [
      { caller: 'loan-desk', tokenDigest: createHash('sha256').update(TOKEN).digest('hex') },
    ],
    host: '127.0.0.1',
    port: 0,
    // Refreshed by the tests alone.
    pollMs: 1_000_000,
    nowMs: () => nowMs,
    ...change,
  });
  open.push(gateway);
  return gateway;
}

/** `200` from the model, `fallback` and why from its fallback, or the status and code of the refusal. */
async function decide(gateway: Gateway): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/decide/${MODEL}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: { amount: 1500.5, duration: 24, purpose: 'car' } }),
  });
  const body = (await response.json()) as {
    error?: { code: string };
    fallback?: { code: string };
  };
  if (body.fallback !== undefined) return `fallback ${body.fallback.code}`;
  return [response.status, body.error?.code].filter((one) => one !== undefined).join(' ');
}

const seen = () =>
  JSON.parse(readFileSync(join(stateDir, 'gateway-1.seen.json'), 'utf8')) as { size: number };

const unrelated = () =>
  server.firm.add(
    {
      type: 'intended-use',
      scope: 'use',
      subjectRef: { workspace: 'main', model: 'another', use: USE },
      content: {},
    },
    'omar',
  );

const revoke = () =>
  server.firm.add(
    {
      type: 'deployment-record',
      kind: 'revoke',
      content: { warrant: server.production, environment: 'production', reason: 'drift' },
    },
    'mia',
  );

const proofsAsked = () => server.asked.filter((path) => path.startsWith('/v1/log/consistency'));

describe('a log that grew', () => {
  test('is believed once the larger tree is proven to continue the one seen', async () => {
    const gateway = await start();
    const { size } = seen();
    await unrelated();
    await unrelated();
    await gateway.deployments.refresh();
    expect(proofsAsked()).toEqual([`/v1/log/consistency?from=${size}&to=${size + 2}`]);
    expect(seen().size).toBe(size + 2);
    expect(await decide(gateway)).toBe('200');
  });

  test('while the gateway was down is proven at the restart', async () => {
    await (await start()).close();
    open.pop();
    const { size } = seen();
    await unrelated();
    const again = await start();
    expect(proofsAsked()).toEqual([`/v1/log/consistency?from=${size}&to=${size + 1}`]);
    expect(await decide(again)).toBe('200');
  });

  test('of the same size asks for no proof, and no answer asks for anything', async () => {
    const gateway = await start();
    await gateway.deployments.refresh();
    expect(proofsAsked()).toEqual([]);
    const before = server.asked.length;
    server.lies.down = true;
    for (let n = 0; n < 1000; n += 1) {
      // Not a promise: there is nothing to wait for.
      expect(gateway.deployments.forModel(MODEL)).toMatchObject({ model: MODEL, use: USE });
    }
    expect(await decide(gateway)).toBe('200');
    expect(server.asked).toHaveLength(before);
  });
});

describe('a fork of larger size', () => {
  /** Takes the revocation back and goes on: signed by the log key, its warrant live again, each proof right in itself. */
  async function fork(): Promise<() => void> {
    const { entries } = server.firm;
    const honest = [...entries];
    entries.pop();
    await unrelated();
    await unrelated();
    return () => void entries.splice(0, entries.length, ...honest);
  }

  test('that takes back a revocation is refused, also after a restart', async () => {
    const gateway = await start();
    expect(await decide(gateway)).toBe('200');
    await revoke();
    await gateway.deployments.refresh();
    expect(await decide(gateway)).toBe('fallback warrant_revoked');
    const mark = seen();
    const restore = await fork();
    expect(server.firm.entries.length).toBeGreaterThan(mark.size);
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({
      code: 'log_fork',
      details: { seenSize: mark.size, size: mark.size + 1 },
    });
    expect(await decide(gateway)).toBe('fallback log_fork');
    expect(seen()).toEqual(mark);
    await gateway.close();
    open.pop();
    await expect(start()).rejects.toMatchObject({ code: 'log_fork' });
    expect(seen()).toEqual(mark);
    // Without what was seen before nothing contradicts the fork: that is what only a witness would show.
    const forgetful = await start({ stateDir: mkdtempSync(join(tmpdir(), 'gateway-new-')) });
    expect(await decide(forgetful)).toBe('200');
    restore();
  });

  test('stops all answers, whatever is offered as its proof, until the log seen before is back', async () => {
    const gateway = await start();
    const { entries } = server.firm;
    const last = entries.at(-1);
    await unrelated();
    await gateway.deployments.refresh();
    const restore = await fork();
    expect(entries.at(-3)).toBe(last);
    const offered: readonly ((proof: readonly string[]) => unknown)[] = [
      (proof) => proof,
      () => [],
      (proof) => proof.slice(1),
      (proof) => [...proof, 'ab'.repeat(32)],
    ];
    for (const consistency of offered) {
      server.lies.consistency = consistency;
      await expect(gateway.deployments.refresh()).rejects.toMatchObject({ code: 'log_fork' });
      expect(await decide(gateway)).toBe('fallback log_fork');
    }
    delete server.lies.consistency;
    // A time that would rule the status out by itself hides no fork.
    nowMs -= 30_000;
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({ code: 'log_fork' });
    nowMs += 30_000;
    restore();
    server.lies.down = true;
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({
      code: 'server_unreachable',
    });
    expect(await decide(gateway)).toBe('fallback log_fork');
    delete server.lies.down;
    await gateway.deployments.refresh();
    expect(await decide(gateway)).toBe('200');
  });

  test('behind the records of a warrant is refused though the status is of the log seen before', async () => {
    // The status keeps to the honest log; the warrants' records are proven in the fork.
    await revoke();
    const { size, root } = await headOf();
    await fork();
    const { live } = await headOf();
    expect(live).toContain(server.production);
    server.lies.status = (status) => ({
      ...status,
      size,
      root,
      time: new Date(nowMs).toISOString(),
    });
    await expect(start()).rejects.toMatchObject({ code: 'log_fork' });
  });

  async function headOf() {
    const answer = await fetch(`${server.url}/v1/status`);
    const { payload } = (await answer.json()) as { payload: string };
    return JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as {
      size: number;
      root: string;
      live: string[];
    };
  }
});

describe('a proof that cannot be had', () => {
  test.each<[string, (proof: readonly string[]) => unknown]>([
    ['none', () => undefined],
    ['no list', () => 'none today'],
    ['a list of something else', () => [1, 2]],
    ['hashes that are not hex', (proof) => proof.map(() => 'zz')],
  ])('(%s) leaves status and mark; answers stop once stale and resume with it', async (_, lie) => {
    const gateway = await start();
    const mark = seen();
    await unrelated();
    server.lies.consistency = lie;
    const refused = { code: 'server_unreachable' };
    await expect(gateway.deployments.refresh()).rejects.toMatchObject(refused);
    expect(seen()).toEqual(mark);
    expect(await decide(gateway)).toBe('200');
    nowMs += 61_000;
    await expect(gateway.deployments.refresh()).rejects.toMatchObject(refused);
    expect(await decide(gateway)).toBe('fallback status_stale');
    expect(seen()).toEqual(mark);
    delete server.lies.consistency;
    await gateway.deployments.refresh();
    expect(seen().size).toBe(mark.size + 1);
    expect(await decide(gateway)).toBe('200');
  });
});
