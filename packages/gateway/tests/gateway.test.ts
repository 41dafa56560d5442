// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DecideAnswer,
  type Gateway,
  type GatewayOptions,
  startGateway,
} from '@countersign/gateway';
import { publicKeyOf, verifyReceipt } from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MODEL } from '../../kernel/tests/credit-model.ts';
import { type TestDatabase, testDatabase } from '../../server/tests/database.ts';
import { refuse } from '../src/decision/decide.ts';
import { GatewayError } from '../src/errors.ts';
import { DecisionLog } from '../src/log/decision-log.ts';
import { type FixtureServer, fixtureServer } from './fixture-server.ts';

const TOKEN = 'caller-token';
const INPUTS = { amount: 1500.5, duration: 24, purpose: 'car' };
let database: TestDatabase;
let server: FixtureServer;
const open: Gateway[] = [];

beforeAll(async () => {
  database = await testDatabase();
  server = await fixtureServer();
});
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
  for (const key of Object.keys(server.lies)) delete server.lies[key as keyof typeof server.lies];
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

let count = 0;
async function start(change: Partial<GatewayOptions> = {}, from = server): Promise<Gateway> {
  count += 1;
  const gateway = await startGateway({
    name: 'gateway-1',
    workspace: 'main',
    root: from.firm.root,
    environment: 'production',
    production: false,
    models: [MODEL],
    feeds: [{ kind: 'server', url: from.url }],
    databaseUrl: database.url,
    stateDir: mkdtempSync(join(tmpdir(), `gateway-${count}-`)),
    signer: from.firm.people.gateway.signer,
    hmacKey: new Uint8Array(32).fill(7),
    callers: [
      { caller: 'loan-desk', tokenDigest: createHash('sha256').update(TOKEN).digest('hex') },
    ],
    host: '127.0.0.1',
    port: 0,
    pollMs: 100,
    ...change,
  });
  open.push(gateway);
  return gateway;
}

async function post(gateway: Gateway, body: unknown, path = `/v1/decide/${MODEL}`) {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

/** Everything that the gateway answers to these bytes, after which it hears that no more come. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')));
  socket.end(bytes, 'latin1');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

const rowsOf = async (text: string, values: unknown[] = []) =>
  (await database.pool.query(text, values)).rows as Record<string, unknown>[];

describe('an answer', () => {
  test('is durable, names its warrant and carries a receipt that verifies at once', async () => {
    const gateway = await start();
    const { status, body } = await post(gateway, { inputs: INPUTS, protected: { age_band: '26' } });
    expect(status).toBe(200);
    const answer = body as unknown as DecideAnswer;
    expect(answer.warrant).toBe(server.production);
    expect(['approve', 'decline']).toContain(answer.decision);
    const { signer, spki } = server.firm.people.gateway;
    const gatewayKey = publicKeyOf(p, signer.algorithm, spki);
    expect(verifyReceipt(p, answer.receipt, { gatewayKey })).toEqual({
      ok: true,
      state: 'batched',
    });
    const rows = await rowsOf('SELECT kind, warrant FROM decision WHERE id = $1', [answer.id]);
    expect(rows).toEqual([{ kind: 'answer', warrant: server.production }]);
  });

  test('that is adverse gives the reasons that speak most against the applicant', async () => {
    const gateway = await start();
    const { body } = await post(gateway, {
      inputs: { amount: 9000, duration: 58, purpose: 'education' },
    });
    const answer = body as unknown as DecideAnswer;
    expect(answer.decision).toBe('decline');
    const shares = answer.reasons.map(({ contribution }) => Number(contribution));
    expect(shares.length).toBeGreaterThan(0);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares.every((share) => share > 0)).toBe(true);
  });

  test('repeated under its key is the same answer; another body under the key is refused', async () => {
    const gateway = await start();
    const first = await post(gateway, { key: 'application-1', inputs: INPUTS });
    const second = await post(gateway, { key: 'application-1', inputs: INPUTS });
    expect(second.body).toEqual(first.body);
    const other = await post(gateway, { key: 'application-1', inputs: { ...INPUTS, amount: 2 } });
    expect(other.status).toBe(409);
  });

  test('to 200 requests at once is given once each, in a chain of batches without a gap', async () => {
    const gateway = await start();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        post(gateway, { key: `burst-${index}`, inputs: { ...INPUTS, amount: 100 + index } }),
      ),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const batches = await rowsOf(
      'SELECT epoch, n, previous_root, root FROM decision_batch ORDER BY epoch, n',
    );
    for (const [index, batch] of batches.slice(1).entries()) {
      expect(batch.previous_root).toBe(batches[index]?.root);
    }
  });

  test('speaks the Open Inference Protocol', async () => {
    const gateway = await start();
    const tensor = (name: string, datatype: string, value: unknown) => ({
      name,
      datatype,
      shape: [1, 1],
      data: [value],
    });
    const body = {
      inputs: [
        tensor('amount', 'FP32', 1500.5),
        tensor('duration', 'INT64', 24),
        tensor('purpose', 'BYTES', 'car'),
      ],
    };
    const infer = await post(gateway, body, `/v2/models/${MODEL}/infer`);
    const decide = await post(gateway, { inputs: INPUTS });
    const outputs = infer.body.outputs as unknown as { name: string; data: unknown[] }[];
    expect(outputs.find(({ name }) => name === 'score')?.data[0]).toBe(decide.body.score);
  });
});

describe('a request that is refused', () => {
  test.each([
    ['malformed JSON', '{"inputs":', 400, 'request_malformed'],
    ['a duplicate key', '{"inputs":{},"inputs":{}}', 400, 'request_malformed'],
    ['an unknown member', { inputs: INPUTS, shout: 1 }, 400, 'request_malformed'],
    ['no inputs', {}, 400, 'request_malformed'],
    ['a missing input', { inputs: { amount: 1, duration: 2 } }, 422, 'input_invalid'],
    ['an unknown input', { inputs: { ...INPUTS, sex: 'x' } }, 422, 'input_invalid'],
    ['an input of the wrong type', { inputs: { ...INPUTS, amount: 'x' } }, 422, 'input_invalid'],
    ['an input outside its bounds', { inputs: { ...INPUTS, amount: 1e7 } }, 422, 'input_invalid'],
  ])('for %s is recorded with its code and a receipt', async (_, body, status, code) => {
    const gateway = await start();
    const answer = await post(gateway, body);
    expect(answer.status).toBe(status);
    const error = answer.body.error as unknown as { code: string; id: string };
    expect(error.code).toBe(code);
    const [row] = await rowsOf('SELECT kind, header FROM decision WHERE id = $1', [error.id]);
    expect(row?.kind).toBe('refusal');
    expect(JSON.parse(String(row?.header))).toMatchObject({ code, caller: 'loan-desk' });
  });

  test('without a caller’s token is not answered and not recorded', async () => {
    const gateway = await start();
    const [before] = await rowsOf('SELECT count(*) FROM decision');
    const response = await fetch(`${gateway.url}/v1/decide/${MODEL}`, {
      method: 'POST',
      body: '{}',
    });
    expect(response.status).toBe(401);
    expect((await rowsOf('SELECT count(*) FROM decision'))[0]).toEqual(before);
  });

  test.each([
    ['a path that is no UTF-8', '/v1/decide/%ff'],
    ['a NUL in the model', '/v1/decide/a%00b'],
    ['a NUL in the model of the protocol', '/v2/models/a%00b/infer'],
    ['a model beyond any name', `/v1/decide/${'x'.repeat(129)}`],
    ['a segment beyond any router', `/v1/decide/${'x'.repeat(600)}`],
  ])('for %s is malformed and not recorded', async (_, path) => {
    const gateway = await start();
    const [before] = await rowsOf('SELECT count(*) FROM decision');
    const { status, body } = await post(gateway, { inputs: INPUTS }, path);
    const { code } = body.error as unknown as { code: string };
    expect(`${status} ${code}`).toMatch(/^4(00|14) request_malformed$/);
    expect((await rowsOf('SELECT count(*) FROM decision'))[0]).toEqual(before);
  });

  test.each(['key', 'use', 'business', 'subject'])('for a NUL in `%s` names it', async (field) => {
    const gateway = await start();
    const { status, body } = await post(gateway, { inputs: INPUTS, [field]: 'a\0b' });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'request_malformed', field: `body.${field}` });
  });

  test('among 200 at once fails none of its neighbours', async () => {
    const gateway = await start();
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const isBad = index % 10 === 0;
        const path = isBad ? '/v1/decide/a%00b' : `/v1/decide/${MODEL}`;
        return { isBad, status: (await post(gateway, { inputs: INPUTS }, path)).status };
      }),
    );
    expect(answers.filter(({ isBad, status }) => status !== (isBad ? 400 : 200))).toEqual([]);
  });

  test.each([
    ['a body shorter than its length', 'content-length: 100\r\n\r\nabc', 400],
    ['chunks cut off', 'transfer-encoding: chunked\r\n\r\n10\r\nabc', 400],
    ['a chunk without a length', 'transfer-encoding: chunked\r\n\r\nzz\r\n', 400],
    ['two lengths', 'content-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    ['a header too large', `x-fill: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ])('for %s gets a code, and is no failure of the gateway', async (_, rest, status) => {
    const reports: unknown[] = [];
    const gateway = await start({ report: (error) => reports.push(error) });
    const head = `POST /v1/decide/${MODEL} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n`;
    const answer = await exchange(Number(new URL(gateway.url).port), head + rest);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('"code":"request_malformed"');
    expect(reports).toEqual([]);
  });

  test('larger than the limit gets 413', async () => {
    const gateway = await start();
    const { status } = await post(gateway, { inputs: { text: 'x'.repeat(300_000) } });
    expect(status).toBe(413);
  });
});

describe('the decision log', () => {
  test('writes the neighbours of a decision that no column can hold', async () => {
    const now = () => new Date().toISOString();
    const { signer } = server.firm.people.gateway;
    const identity = {
      workspace: 'main',
      root: server.firm.root,
      gateway: 'gateway-direct',
      signer,
    };
    const log = await DecisionLog.open({ pool: database.pool, primitives: p, identity, now });
    const context = {
      primitives: p,
      workspace: 'main',
      gateway: 'gateway-direct',
      stage: 'production',
      hmacKey: new Uint8Array(32),
      now,
      newId: randomUUID,
      newSalt: () => randomBytes(16),
    };
    const error = new GatewayError('request_malformed', 'for the test');
    const models = ['one', 'two\0', 'three'];
    const decisions = models.map((model) =>
      refuse(
        context,
        { model, caller: 'desk', received: now(), body: Buffer.from('{}') },
        { error },
      ),
    );
    const written = await Promise.allSettled(decisions.map((one) => log.append(one)));
    expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const rows = await rowsOf(
      "SELECT model FROM decision WHERE gateway = 'gateway-direct' ORDER BY epoch, batch, index",
    );
    expect(rows).toEqual([{ model: 'one' }, { model: 'three' }]);
    await log.close();
  });
});

describe('a gateway', () => {
  test('does not start when no warrant lets the model answer, and says what is missing', async () => {
    await expect(start({ models: ['another'] })).rejects.toThrow(
      /no warrant lets `another` answer in production/,
    );
  });

  test('does not start on a byte changed in the artefact', async () => {
    server.lies.blob = (bytes) =>
      Uint8Array.from(bytes, (byte, at) => (at === 100 ? byte ^ 1 : byte));
    await expect(start()).rejects.toThrow(/not the file that was approved/);
  });

  test('that serves real people refuses a firm in demonstration mode', async () => {
    await expect(start({ production: true })).rejects.toThrow(/demonstration mode/);
  });

  test('serves real people under a firm that was founded for it', async () => {
    const real = await fixtureServer({ demonstration: false });
    try {
      const gateway = await start({ production: true }, real);
      expect((await post(gateway, { inputs: INPUTS })).status).toBe(200);
    } finally {
      await real.close();
    }
  });

  test('does not start for another founding record', async () => {
    await expect(start({ root: 'ab'.repeat(32) })).rejects.toThrow(/founding record/);
  });

  test('does not start with a signing key that is not enrolled', async () => {
    const { signer } = server.firm.people.dana;
    await expect(start({ signer })).rejects.toThrow(/not enrolled as a gateway/);
  });

  test('stops answering when its status is too old, and answers again with a fresh one', async () => {
    let nowMs = Date.now();
    const gateway = await start({ nowMs: () => nowMs, pollMs: 1_000_000 });
    nowMs += 61_000;
    const stale = await post(gateway, { inputs: INPUTS });
    expect(stale.body).toMatchObject({ basis: 'fallback', fallback: { code: 'status_stale' } });
    expect(JSON.stringify(stale.body)).toMatch(/60 s is the limit/);
    nowMs = Date.now();
    await gateway.deployments.refresh();
    expect((await post(gateway, { inputs: INPUTS })).status).toBe(200);
  });

  test('does not answer with its clock set back before the status', async () => {
    let nowMs = Date.now();
    const gateway = await start({ nowMs: () => nowMs, pollMs: 1_000_000 });
    nowMs -= 3_600_000;
    expect(JSON.stringify((await post(gateway, { inputs: INPUTS })).body)).toMatch(
      /clock is behind/,
    );
  });

  test('refuses a log that was rolled back, also after a restart', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'gateway-seen-'));
    const gateway = await start({ stateDir, pollMs: 1_000_000 });
    server.lies.status = (status) => ({ ...status, size: status.size - 1 });
    await expect(gateway.deployments.refresh()).rejects.toThrow(/rolled back/);
    expect((await post(gateway, { inputs: INPUTS })).body).toMatchObject({
      basis: 'fallback',
      fallback: { code: 'log_rollback' },
    });
    await expect(start({ stateDir })).rejects.toThrow(/rolled back/);
  });

  test('stops within five seconds of a revocation', async () => {
    const own = await fixtureServer();
    try {
      const gateway = await start({}, own);
      expect((await post(gateway, { inputs: INPUTS })).status).toBe(200);
      await own.firm.add(
        {
          type: 'deployment-record',
          kind: 'revoke',
          content: { warrant: own.production, environment: 'production', reason: 'drift' },
        },
        'mia',
      );
      await expect
        .poll(async () => (await post(gateway, { inputs: INPUTS })).body, { timeout: 20_000 })
        .toMatchObject({ basis: 'fallback', fallback: { code: 'warrant_revoked' } });
    } finally {
      await own.close();
    }
  });

  test('does not answer when the decision cannot be made durable', async () => {
    const own = await testDatabase();
    const gateway = await start({ databaseUrl: own.url });
    expect((await post(gateway, { inputs: INPUTS })).status).toBe(200);
    await own.drop();
    const { status, body } = await post(gateway, { inputs: INPUTS });
    expect(status).toBe(503);
    expect(JSON.stringify(body)).not.toMatch(/"score"/);
  });
});
