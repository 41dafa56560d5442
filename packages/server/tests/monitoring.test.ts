// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Receipt, verifyReceipt } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobRunners } from '../src/jobs/index.ts';
import { type Actors, actors, intake, MODEL, runRequest, USE } from './model-life.ts';
import { random, scorecardRepository } from './scorecard-repository.ts';
import { type ServedRow, serveStream } from './served-stream.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const SEED = 77_001;
let server: TestServer;
let act: Actors;
let directory: string;
let steady: readonly string[];
let steadyRows: readonly ServedRow[];

const draw = random(SEED);
const rows = (count: number, least: number): readonly ServedRow[] =>
  Array.from({ length: count }, () => ({
    burden: Math.round((least + draw() * (3 - least)) * 1000) / 1000,
    years: Math.round(draw() * 400) / 10,
    region: draw() < 0.5 ? 'north' : 'south',
  }));

/** At the model's own probability: it is then as good as it was at its tests. */
const drawOutcome = ({ burden, years }: ServedRow) =>
  draw() < 1 / (1 + Math.exp(-(1.5 * burden - 0.12 * years - 0.8))) ? 'bad' : 'good';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-monitoring-'));
  server = await testServer({ runners: jobRunners });
  act = actors(server);
  await intake(server);
  const author = { name: 'Dev', email: server.person('dev').email };
  const repository = await scorecardRepository(join(directory, 'model'), author);
  const job = await act.job('dev', { kind: 'run', request: await runRequest(server, repository) });
  expect(job.error).toBeUndefined();
  steadyRows = rows(400, 0);
  steady = await serveStream(server, steadyRows, { from: '2026-10-01T08:00:00.000Z' });
  await serveStream(server, rows(200, 2), { from: '2026-11-01T08:00:00.000Z' });
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

const upload = (url: string, payload: string, account = 'ops') =>
  server.as(account, { method: 'POST', url, payload, headers: { 'content-type': 'text/csv' } });
const monitor = (from: string, to: string) => {
  const params = { model: MODEL, version: 1, from, to, label: from.slice(0, 7) };
  return act.job('ops', { kind: 'monitor', params });
};

describe('decisions', () => {
  test('are listed newest first, page by page', async () => {
    const first = await act.get('risk', `/v1/decisions?model=${MODEL}&limit=150`);
    const before = first.decisions.at(-1).id;
    const second = await act.get('risk', `/v1/decisions?model=${MODEL}&limit=150&before=${before}`);
    const times = [...first.decisions, ...second.decisions].map((one: { at: string }) => one.at);
    expect(times).toHaveLength(300);
    expect(times).toEqual([...times].sort().reverse());
    expect(new Set([...first.decisions, ...second.decisions].map((one) => one.id)).size).toBe(300);
  });

  test('open with their parts and a receipt that verifies', async () => {
    const view = await act.get('risk', `/v1/decisions/${steady[0]}`);
    expect(view).toMatchObject({ kind: 'answer', protected: { region: expect.any(String) } });
    expect(Object.keys(view.inputs)).toEqual(['burden', 'years']);
    const key = server.context.founding.keys.find(
      ({ holder }) => holder.kind === 'service' && holder.service === 'gateway',
    );
    const verdict = verifyReceipt(server.context.primitives, view.receipt as Receipt, {
      gatewayKey: key!.key,
    });
    expect(verdict).toEqual({ ok: true, state: 'batched' });
  });

  test('of no known id are 404 with their code', async () => {
    const reply = await server.as('risk', { method: 'GET', url: '/v1/decisions/nobody' });
    expect([reply.statusCode, reply.json().error.code]).toEqual([404, 'decision_unknown']);
  });
});

describe('uploads of rows', () => {
  test('name every bad line and write nothing', async () => {
    const bad = [
      'decision,value,state',
      `${steady[0]},good,matured`,
      'nobody,good,matured',
      `${steady[1]},,matured`,
      `${steady[2]},good,ripe`,
    ].join('\n');
    const reply = await upload('/v1/outcomes', bad);
    expect(reply.statusCode).toBe(422);
    expect(reply.json().error.problems).toEqual([
      { place: 'line 4', message: 'a matured outcome needs a `value`' },
      { place: 'line 5', message: expect.stringContaining('`state` must be one of') },
      { place: 'line 3', message: 'decision `nobody` is not known here' },
    ]);
    const { rows } = await server.database.pool.query('SELECT count(*)::int AS n FROM outcome');
    expect(rows[0].n).toBe(0);
    const { records } = await act.get('audit', '/v1/records?type=outcome-record');
    expect(records).toEqual([]);
  });

  test('of outcomes and actions are one record each, and the same bytes again are none', async () => {
    const outcome = (id: string, index: number) => `${id},${drawOutcome(steadyRows[index]!)}`;
    const outcomes = `decision,value\n${steady.map(outcome).join('\n')}\n`;
    // Twice at once, as by a client that does not wait, and once more afterwards.
    const atOnce = await Promise.all([1, 2].map(() => upload('/v1/outcomes', outcomes)));
    const replies = atOnce.map((reply) => reply.json());
    const first = replies.find(({ added }) => added === true);
    expect(first).toMatchObject({ rows: 400, added: true });
    expect(replies).toContainEqual({ ...first, added: false });
    expect((await upload('/v1/outcomes', outcomes)).json()).toEqual({ ...first, added: false });
    const { rows } = await server.database.pool.query('SELECT count(*)::int AS n FROM outcome');
    expect(rows[0].n).toBe(400);
    const override = `decision,action,override,reason\n${steady[0]},approved,true,"known, long a client"\n`;
    expect((await upload('/v1/actions', override)).json()).toMatchObject({ rows: 1, added: true });
    const view = await act.get('risk', `/v1/decisions/${steady[0]}`);
    expect(view.outcomes).toMatchObject([{ state: 'matured', record: first.record }]);
    expect(view.actions).toMatchObject([{ action: 'approved', reason: 'known, long a client' }]);
    const month = new Date().toISOString().slice(0, 7);
    expect(await act.get('risk', `/v1/overrides?model=${MODEL}`)).toEqual({
      counts: [{ month, reason: 'known, long a client', overrides: 1 }],
      actions: [{ month, actions: 1 }],
    });
    const elsewhere = { counts: [], actions: [] };
    expect(await act.get('risk', '/v1/overrides?model=other')).toEqual(elsewhere);
  });

  test('from somebody without the duty are refused', async () => {
    const reply = await upload('/v1/outcomes', 'decision,value\nx,good\n', 'legal');
    expect([reply.statusCode, reply.json().error.code]).toEqual([403, 'not_permitted']);
  });
});

describe('monitoring', { timeout: 60_000 }, () => {
  test('of a window drawn like the reference breaches nothing', async () => {
    const job = await monitor('2026-10-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z');
    expect(job.error).toBeUndefined();
    expect(job.result).toMatchObject({
      findings: [],
      conclusions: { drift: 'pass', performance: 'pass' },
    });
    const { records } = await act.get('audit', '/v1/records?type=monitoring-result');
    expect(records.map((one: { kind: string }) => one.kind).sort()).toEqual([
      'drift',
      'fairness',
      'performance',
    ]);
    const page = await act.get('audit', '/v1/records?type=outcomes-analysis');
    expect(page.records).toHaveLength(1);
    const { envelope } = await act.get('audit', `/v1/records/${page.records[0].digest}`);
    const payload = Buffer.from(envelope.payload, 'base64').toString('utf8');
    const { content } = JSON.parse(payload).predicate;
    expect(content.detail).toMatchObject({
      kind: 'backtest',
      time: 'answered_on',
      scores: 'one-model',
    });
    expect(content.detail.periods).toMatchObject([{ period: '2026-10', n: 400 }]);
    expect(content).toMatchObject({ phase: 'monitoring', breaches: [] });
  });

  test('of a shifted window breaches stability and opens one blocking finding', async () => {
    const window = ['2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'] as const;
    const job = await monitor(...window);
    expect(job.error).toBeUndefined();
    expect(job.result).toMatchObject({ findings: ['F-1'], conclusions: { drift: 'fail' } });
    expect(job.result).toMatchObject({ breaches: expect.arrayContaining(['psi/column=burden']) });
    // The same breach again stands under the finding that is open.
    expect((await monitor(...window)).result).toMatchObject({ findings: [] });
    const register = await act.get('audit', `/v1/findings?model=${MODEL}`);
    expect(register.nextId).toBe('F-2');
    expect(register.findings).toMatchObject([
      {
        id: 'F-1',
        use: USE,
        content: { source: 'monitoring', status: 'open', blocking: true, owner: 'owner' },
      },
    ]);
    const { items } = await act.get('owner', '/v1/inbox');
    expect(items).toMatchObject([{ kind: 'finding', subject: `${MODEL} F-1` }]);
  });

  test('of a window without answers says so', async () => {
    const job = await monitor('2020-01-01T00:00:00.000Z', '2020-02-01T00:00:00.000Z');
    expect(job).toMatchObject({ state: 'failed', error: { code: 'evidence_unavailable' } });
  });

  test('of a window that ends before it begins is refused before it is queued', async () => {
    const params = {
      model: MODEL,
      version: 1,
      from: '2026-02-01T00:00:00.000Z',
      to: '2026-01-01T00:00:00.000Z',
    };
    const { status, body } = await act.post('ops', '/v1/jobs', { kind: 'monitor', params });
    expect([status, body.error.code]).toEqual([422, 'job_invalid']);
  });
});
