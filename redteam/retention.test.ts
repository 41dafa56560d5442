// SPDX-License-Identifier: Apache-2.0
// What must be kept, destroyed before its time: by one person, by a shortened policy, a forged plan, a clock, or under a hold.
import { utimes } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { canonicalBytes, type Json, type PlannedThing } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAs } from '../packages/cli/tests/warranted-firm.ts';
import { buildApp } from '../packages/server/src/http/app.ts';
import {
  type TestDraft,
  type TestServer,
  testServer,
} from '../packages/server/tests/server-fixture.ts';
import { type FirmUnderAttack, firmUnderAttack, STAFF } from './firm-under-attack.ts';

let firm: FirmUnderAttack;
beforeAll(async () => {
  firm = await firmUnderAttack();
  expect(await firm.decide()).toBe('200');
  await signed(firm.server, policyDraft('1', { days: 0 }), ['ada', 'mia']);
});
afterAll(() => firm?.close());

const policyDraft = (version: string, period: Json): TestDraft => ({
  type: 'policy-document',
  kind: 'retention',
  scope: 'firm',
  actor: 'ada',
  content: {
    title: 'Retention',
    version,
    textDigest: '0'.repeat(64),
    retention: {
      id: 'house',
      version,
      title: 'Retention',
      rules: [
        {
          id: 'working-files',
          keeps: ['unnamed-bytes'],
          packs: [],
          period,
          from: 'stored',
          basis: 'house',
          clauses: [],
        },
        {
          id: 'answers',
          keeps: ['decision-inputs', 'decision-reasons', 'decision-protected', 'decision-output'],
          packs: [],
          period: { years: 2 },
          from: 'decision',
          basis: 'house',
          clauses: [],
        },
        {
          id: 'mrm-default',
          keeps: ['artefact', 'evidence-file'],
          packs: [],
          period: { years: 7 },
          from: 'retirement',
          basis: 'house',
          clauses: [],
        },
      ],
    },
  },
});

async function signed(
  server: TestServer,
  draft: TestDraft,
  accounts: readonly string[],
): Promise<string> {
  const envelope = await server.sign(draft, accounts);
  const reply = await server.as(draft.actor, {
    method: 'POST',
    url: '/v1/records',
    payload: { envelopes: [envelope] },
  });
  expect(reply.json(), reply.body).toMatchObject({ records: [{ state: 'recorded' }] });
  return reply.json().records[0].digest;
}

/** Bytes that nobody names, stored long ago. */
async function oldBytes(server: TestServer, text: string): Promise<string> {
  const { digest } = await server.context.blobs.put(new TextEncoder().encode(text));
  const file = join(server.dataDir, 'blobs', 'sha256', digest.slice(0, 2), digest);
  await utimes(file, new Date('2020-01-01'), new Date('2020-01-01'));
  return digest;
}

const doomed = (kind: PlannedThing['kind'], id: string): PlannedThing => ({
  kind,
  id,
  count: 1,
  bytes: 1,
  rule: 'working-files',
  since: '2020-01-01T00:00:00.000Z',
});

/** A plan that says whatever its author wants, stored like any other bytes. */
async function planOf(
  server: TestServer,
  things: readonly PlannedThing[],
  over: object = {},
): Promise<{ readonly digest: string; readonly at: string; readonly things: number }> {
  const at = server.context.now();
  const root = server.context.root;
  const plan = { v: 1, founding: root, at, policy: root, things, left: 0, ...over };
  const { digest } = await server.context.blobs.put(canonicalBytes(plan as unknown as Json));
  return { digest, at: plan.at, things: things.length };
}

const sweepDraft = (
  actor: string,
  plan: { readonly digest: string; readonly at: string; readonly things: number },
  over: Partial<TestDraft> = {},
): TestDraft => ({
  type: 'retention-rule',
  kind: 'sweep',
  scope: 'firm',
  actor,
  blobs: [plan.digest],
  content: { plan: plan.digest, at: plan.at, things: plan.things, bytes: 1, reason: 'spring' },
  ...over,
});

const CALLS_MAX = 10;

async function swept(server: TestServer, sweep: string) {
  for (let call = 0; call < CALLS_MAX; call += 1) {
    const reply = await server.as('ada', {
      method: 'POST',
      url: `/v1/retention/sweeps/${sweep}`,
      payload: {},
    });
    expect(reply.statusCode, reply.body).toBe(200);
    if (reply.json().done) return reply.json();
  }
  throw new Error('the sweep does not end');
}

const partsKept = async (): Promise<number> => {
  const { rows } = await firm.server.database.pool.query(
    'SELECT count(*)::int AS n FROM decision_part',
  );
  return rows[0].n;
};

describe('a sweep', () => {
  test('RT-421 by one person, by two of one duty, or written by nobody’s order deletes nothing', async () => {
    const { server } = firm;
    const bytes = await oldBytes(server, 'due and coveted');
    const plan = await planOf(server, [doomed('unnamed-bytes', bytes)]);
    for (const signers of [['ada'], ['ada', 'ben'], ['lena'], ['lena', 'cora']]) {
      const draft = sweepDraft(signers[0]!, plan);
      const envelope = await firm.sign({ ...draft, claimedAt: server.context.now() }, ...signers);
      const reply = await firm.send(signers[0], envelope);
      expect(reply.body).toMatchObject({ records: [{ state: 'awaiting-signatures' }] });
      const { digest } = (reply.body.records as { digest: string }[])[0]!;
      const asked = await firm.as('ada').post(`/v1/retention/sweeps/${digest}`, {});
      await firm.refused(asked, { status: 409, code: 'sweep_refused', says: /two persons/ });
    }
    const developer = await firm.sign(sweepDraft('dana', plan), 'dana');
    expect((await firm.send('dana', developer)).status).toBe(409);
    const before = await firm.state();
    // The platform says what it deleted; a person's word for it is refused.
    for (const kind of ['deletion', 'disposal']) {
      const claim = { ...sweepDraft('ada', plan), kind, content: { sweep: plan.digest } };
      const reply = await firm.send('ada', await firm.sign(claim, 'ada'));
      await firm.refused(reply, { status: 409, code: 'record_refused', says: /platform key/ });
    }
    const asked = await firm.as('dana').post(`/v1/retention/sweeps/${plan.digest}`, {});
    await firm.refused(asked, { status: 403, code: 'not_permitted' });
    await firm.unchanged(before);
    expect(await server.context.blobs.has(bytes)).toBe(true);
  });

  test('RT-423 of a forged plan, signed by the two whom it takes, deletes nothing that is not due', async () => {
    const { server, live } = firm;
    const { rows } = await server.database.pool.query('SELECT id FROM decision LIMIT 1');
    const set = await server.context.records.current();
    const artifact = set.records.find(
      ({ statement }) => statement.predicate.type === 'model-artifact',
    );
    const manifest = artifact!.statement.predicate.content.manifest as {
      files: { digest: string }[];
    };
    const model = manifest.files[0]!.digest;
    const policy = set.records.at(-1)!.digest;
    const parts = await partsKept();
    const before = await firm.state();
    const plan = await planOf(server, [
      doomed('decision-inputs', rows[0].id),
      doomed('artefact', model),
      doomed('unnamed-bytes', model),
      doomed('unnamed-bytes', policy),
      doomed('job-scratch', '../keys'),
      doomed('job-scratch', '..'),
      doomed('audit-rows', new Date().toISOString().slice(0, 10)),
    ]);
    const sweep = await signed(server, sweepDraft('ada', plan), ['ada', 'lena']);
    const done = await swept(server, sweep);
    expect(done.deleted).toEqual([]);
    const spared = (done.skipped as { count: number }[]).reduce((sum, { count }) => sum + count, 0);
    expect(spared).toBe(plan.things);
    expect(await server.context.blobs.has(model)).toBe(true);
    expect(await partsKept()).toBeGreaterThanOrEqual(parts);
    expect(await firm.serviceSigner('platform')).toBeDefined();
    expect(await firm.state()).toMatchObject({ live: before.live, answers: before.answers });
    expect(live).toBeDefined();
    for (const over of [{ founding: 'f'.repeat(64) }, { v: 2 }, { extra: 1 }]) {
      const other = await planOf(server, [], over);
      const reply = await firm.send(
        'ada',
        await firm.sign(sweepDraft('ada', other), 'ada', 'lena'),
      );
      expect([reply.status, String((reply.body.error as { code: string }).code)]).toEqual([
        409,
        expect.stringMatching(/record_refused|sweep_refused/),
      ]);
    }
  });

  test('RT-424 on a clock moved ahead gets no second signature, and goes no further than its first', async () => {
    const { server } = firm;
    const { context } = server;
    const bytes = await oldBytes(server, 'due in the far future alone');
    const ahead = () => '2099-01-01T00:00:00.000Z';
    const moved = buildApp({ ...context, now: ahead });
    await moved.listen({ host: '127.0.0.1', port: 0 });
    try {
      const url = `http://127.0.0.1:${(moved.server.address() as AddressInfo).port}`;
      const token = (account: string) => ({
        authorization: `Bearer ${server.person(account).token}`,
      });
      const post = (account: string, path: string, payload: object) =>
        moved.inject({ method: 'POST', url: path, headers: token(account), payload });
      const saved = (await post('ada', '/v1/retention/plans', {})).json();
      expect(saved.at).toBe(ahead());
      const plan = { digest: saved.digest, at: saved.at, things: saved.things };
      // Dated honestly, it reaches beyond its signature.
      const honest = await firm.sign(
        sweepDraft('ada', plan, { claimedAt: new Date().toISOString() }),
        'ada',
        'lena',
      );
      const refused = await post('ada', '/v1/records', { envelopes: [honest] });
      expect(refused.json().error.message).toMatch(/after the time .* of its signature/);
      // Dated ahead by the attacker, it waits for somebody whose own clock is right.
      const dated = await firm.sign(sweepDraft('ada', plan, { claimedAt: ahead() }), 'ada');
      const waits = await post('ada', '/v1/records', { envelopes: [dated] });
      expect(waits.json().records[0].state).toBe('awaiting-signatures');
      const { digest } = waits.json().records[0];
      const second = { server, url, root: context.root };
      for (const argv of [
        ['sign', '--add', digest],
        ['retention', 'sweep', '--plan', saved.digest],
      ]) {
        const ran = await runAs(second, 'lena', argv);
        expect([ran.exitCode, ran.text]).toEqual([
          1,
          expect.stringMatching(/to come by your clock/),
        ]);
      }
      const asked = await post('ada', `/v1/retention/sweeps/${digest}`, {});
      expect(asked.json().error.code).toBe('sweep_refused');
    } finally {
      await moved.close();
    }
    expect(await context.blobs.has(bytes)).toBe(true);
  });

  test('RT-425 under a hold deletes nothing of it, and the hold is not lifted by one person in two duties', async () => {
    const { server } = firm;
    const { rows } = await server.database.pool.query('SELECT id FROM decision LIMIT 1');
    const id: string = rows[0].id;
    // A policy by which every answer is due at once, so that nothing but the hold keeps them.
    const short = policyDraft('2', { days: 0 });
    const { retention, ...head } = short.content as { retention: { rules: { id: string }[] } };
    const rules = retention.rules.map((rule) =>
      rule.id === 'answers' ? { ...rule, period: { days: 0 } } : rule,
    );
    await signed(server, { ...short, content: { ...head, retention: { ...retention, rules } } }, [
      'ada',
      'mia',
    ]);
    const hold = {
      type: 'retention-rule' as const,
      kind: 'legal-hold',
      scope: 'firm' as const,
      actor: 'cora',
      content: {
        id: 'LH-1',
        matter: 'Doe v. Bank',
        reason: 'suit',
        status: 'placed',
        decision: id,
      },
    };
    const byDeveloper = await firm.send(
      'dana',
      await firm.sign({ ...hold, actor: 'dana' }, 'dana'),
    );
    await firm.refused(byDeveloper, {
      status: 409,
      code: 'record_refused',
      says: /legal or compliance/,
    });
    const placed = await signed(server, hold, ['cora']);
    const lift = {
      ...hold,
      actor: 'duo',
      supersedes: placed,
      content: { ...hold.content, status: 'lifted' },
    };
    for (const signers of [['duo'], ['cora', 'eve']]) {
      const envelope = await firm.sign(
        { ...lift, actor: signers[0]!, claimedAt: server.context.now() },
        ...signers,
      );
      const reply = await firm.send(signers[0], envelope);
      expect(reply.body).toMatchObject({ records: [{ state: 'awaiting-signatures' }] });
    }
    const kinds = [
      'decision-inputs',
      'decision-output',
      'decision-reasons',
      'decision-protected',
    ] as const;
    const plan = await planOf(
      server,
      kinds.map((kind) => doomed(kind, id)),
    );
    const done = await swept(
      server,
      await signed(server, sweepDraft('ada', plan), ['ada', 'lena']),
    );
    expect(done.deleted).toEqual([]);
    expect(done.skipped).toEqual([{ reason: 'held by LH-1', count: expect.any(Number) }]);
    const parts = 'SELECT part FROM decision_part WHERE decision = $1';
    const kept = await server.database.pool.query(parts, [id]);
    expect(kept.rows.length).toBeGreaterThanOrEqual(3);
    await firm.sqlAsApplication(async (sql) => {
      await expect(sql.query('DELETE FROM decision_part')).rejects.toMatchObject({ code: '42501' });
      await expect(sql.query('DELETE FROM audit_event')).rejects.toMatchObject({ code: '42501' });
      const destroy = 'SELECT retention_destroy_parts($1, $2, $3)';
      const asked = sql.query(destroy, [plan.digest, [id], ['inputs']]);
      await expect(asked).rejects.toThrow(/not ordered/);
    });
  });
});

describe('a retention policy', () => {
  test('RT-422 shortened and swept at once deletes nothing before its notice is over', async () => {
    const server = await testServer({ people: STAFF, demonstration: false });
    try {
      const bytes = await oldBytes(server, 'kept by the first policy');
      await signed(server, policyDraft('1', { years: 50 }), ['ada', 'mia']);
      await signed(server, policyDraft('2', { days: 0 }), ['ada', 'mia']);
      const plan = await planOf(server, [doomed('unnamed-bytes', bytes)]);
      const sweep = await signed(server, sweepDraft('ada', plan), ['ada', 'lena']);
      const done = await swept(server, sweep);
      expect(done.deleted).toEqual([]);
      expect(done.skipped).toEqual([{ reason: 'kept by shortening-notice', count: 1 }]);
      expect(await server.context.blobs.has(bytes)).toBe(true);
      const reply = await server.as('mia', { method: 'GET', url: `/v1/retention/things/${bytes}` });
      const { until } = reply.json().things[0].fate;
      const days = (Date.parse(until) - Date.now()) / 86_400_000;
      expect(days).toBeGreaterThan(29);
      expect(days).toBeLessThanOrEqual(30);
    } finally {
      await server.close();
    }
  });
});
