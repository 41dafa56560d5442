// SPDX-License-Identifier: Apache-2.0
// What is kept, what goes and who may say so: over HTTP, on a real database and real files.
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { copyFile, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ExplainReply,
  RetentionPlanReply,
  SavedPlanReply,
  SweepReply,
} from '@countersign/contract';
import { DecisionLog, sealDecision } from '@countersign/gateway';
import {
  canonicalBytes,
  encodeRow,
  fromBase64,
  type Json,
  parseDecisionLeaf,
  type Receipt,
  verifyPart,
  verifyReceipt,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSigner } from '../src/identity/key-file.ts';
import { readServiceKey } from '../src/identity/service-keys.ts';
import { openDataKeys } from '../src/store/data-keys.ts';
import { connectClient } from '../src/store/database.ts';
import { type Actors, actors } from './model-life.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const MODEL = 'scorecard';
const USE = 'underwriting';
const OLD = '2022-03-01T10:00:00.000Z';
let server: TestServer;
let act: Actors;
let old: readonly string[];
let recent: readonly string[];
let policy: string;

const POLICY = (version: string): Json => ({
  id: 'house-retention',
  version,
  title: 'Retention',
  rules: [
    rule(
      'answers',
      ['decision-inputs', 'decision-reasons', 'decision-protected'],
      { years: 2 },
      'decision',
    ),
    rule('papers', ['evidence-file', 'artefact', 'run-file'], { days: 0 }, 'recorded'),
    rule('working-files', ['unnamed-bytes', 'job-scratch'], { days: 90 }, 'stored'),
    rule('ended-sessions', ['sessions'], { days: 90 }, 'closed'),
    rule('audit', ['audit-rows'], { years: 1 }, 'recorded'),
  ],
});

function rule(id: string, keeps: readonly string[], period: Json, from: string): Json {
  return { id, keeps: [...keeps], packs: [], period, from, basis: 'house', clauses: [] };
}

beforeAll(async () => {
  server = await testServer();
  act = actors(server);
  await act.sign(['owner'], {
    type: 'inventory-entry',
    scope: 'model',
    subjectRef: { workspace: 'main', model: MODEL },
    content: {
      name: 'Scorecard',
      purpose: 'tests',
      owner: 'owner',
      developer: 'dev',
      origin: 'built',
      businessLine: 'retail',
      jurisdictions: ['US'],
      uses: [USE],
    },
  });
  old = await decide(40, OLD);
  recent = await decide(3, new Date().toISOString());
}, 60_000);
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

/** Answers as a gateway seals them, with its own key. */
async function decide(count: number, from: string): Promise<readonly string[]> {
  const { context, dataDir } = server;
  const signer = openSigner(await readServiceKey(dataDir, 'gateway'));
  const identity = { workspace: 'main', root: context.root, gateway: 'first', signer };
  const { pool } = context.database;
  const log = await DecisionLog.open({
    pool,
    primitives: nodePrimitives,
    identity,
    now: context.now,
  });
  const ids = Array.from({ length: count }, () => randomUUID());
  await Promise.all(
    ids.map((id, n) => {
      const header = {
        v: 1 as const,
        id,
        kind: 'answer' as const,
        workspace: 'main',
        gateway: 'first',
        model: MODEL,
        use: USE,
        version: 1,
        stage: 'production' as const,
        caller: 'clerk',
        received: new Date(Date.parse(from) + n * 1000).toISOString(),
        bodyDigest: 'b'.repeat(64),
      };
      const parts = {
        inputs: encodeRow([{ name: 'income', value: { f64: 1000 + n } }]),
        output: encodeRow([{ name: 'score', value: { f64: 0.5 } }]),
        reasons: canonicalBytes([]),
        protected: canonicalBytes({ region: 'north' }),
      };
      return log.append(
        sealDecision(nodePrimitives, header, {
          parts,
          salts: () => new Uint8Array(randomBytes(16)),
        }),
      );
    }),
  );
  await log.close();
  return ids;
}

async function signPolicy(version: string): Promise<string> {
  return act.sign(['ada', 'risk'], {
    type: 'policy-document',
    kind: 'retention',
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    content: {
      title: 'Retention',
      version,
      textDigest: '0'.repeat(64),
      retention: POLICY(version),
    },
  });
}

/** A paper about the model whose bytes were stored long ago. */
async function oldPaper(text: string, age = new Date('2020-01-01T00:00:00.000Z')): Promise<string> {
  const stored = await server.context.blobs.put(new TextEncoder().encode(text));
  await act.sign(['owner'], {
    type: 'intended-use',
    scope: 'use',
    subjectRef: { workspace: 'main', model: MODEL, use: USE },
    content: {
      title: text,
      author: 'owner',
      text: { ...stored, mediaType: 'text/markdown' },
      sections: [{ heading: 'Text', markdown: text }],
      facts: {},
    },
  });
  await utimes(fileOf(stored.digest), age, age);
  return stored.digest;
}

const fileOf = (digest: string) =>
  join(server.dataDir, 'blobs', 'sha256', digest.slice(0, 2), digest);

async function plan(query = ''): Promise<RetentionPlanReply> {
  return act.get('audit', `/v1/retention/plan${query}`);
}

async function savedPlan(body: object = {}): Promise<SavedPlanReply> {
  const { status, body: reply } = await act.post('legal', '/v1/retention/plans', body);
  expect(status, JSON.stringify(reply)).toBe(200);
  return reply;
}

async function orderSweep(saved: SavedPlanReply, signers = ['ada', 'legal']): Promise<string> {
  return act.sign(signers, {
    type: 'retention-rule',
    kind: 'sweep',
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    blobs: [saved.digest],
    content: {
      plan: saved.digest,
      at: saved.at,
      things: saved.things,
      bytes: saved.goes.bytes,
      reason: 'yearly',
    },
  });
}

async function sweepOnce(sweep: string): Promise<{ status: number; body: SweepReply }> {
  return act.post('ada', `/v1/retention/sweeps/${sweep}`, {});
}

const STEPS_MAX = 20;

async function sweepAll(sweep: string): Promise<SweepReply> {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const { status, body } = await sweepOnce(sweep);
    expect(status, JSON.stringify(body)).toBe(200);
    if (body.done) return body;
  }
  throw new Error('the sweep does not end');
}

async function placeHold(id: string, over: object): Promise<string> {
  const { subjectRef, ...content } = over as { subjectRef?: object };
  return act.sign(['legal'], {
    type: 'retention-rule',
    kind: 'legal-hold',
    scope: 'firm',
    subjectRef: { workspace: 'main', ...subjectRef },
    content: { id, matter: 'Doe v. Bank', reason: 'suit', status: 'placed', ...content },
  });
}

async function explain(id: string): Promise<ExplainReply> {
  return act.get('risk', `/v1/retention/things/${id}`);
}

/** Everything that could be deleted: rows of parts, audit and sessions, files of blobs. */
async function stored() {
  const { rows } = await server.database.pool.query(
    `SELECT (SELECT count(*) FROM decision_part) AS parts, (SELECT count(*) FROM auth_session) AS sessions,
            (SELECT count(*) FROM retention_item) AS items`,
  );
  const folders = await readdir(join(server.dataDir, 'blobs', 'sha256'));
  const files = await Promise.all(
    folders.map((folder) => readdir(join(server.dataDir, 'blobs', 'sha256', folder))),
  );
  return { ...rows[0], blobs: files.flat().sort() };
}

const partsOf = async (id: string): Promise<readonly string[]> => {
  const { rows } = await server.database.pool.query<{ part: string }>(
    'SELECT part FROM decision_part WHERE decision = $1 ORDER BY part',
    [id],
  );
  return rows.map(({ part }) => part);
};

/** A record that waits for a second signature and names bytes. */
async function proposeNaming(digest: string): Promise<void> {
  const committee = { name: 'c', members: ['ada', 'ben'], chair: 'ada', quorum: 2 };
  const envelope = await server.sign(
    {
      type: 'policy-document',
      kind: 'committee',
      scope: 'firm',
      actor: 'risk',
      blobs: [digest],
      content: { title: 'names it', version: '1', textDigest: digest, committee },
    },
    ['risk'],
  );
  const { body } = await act.post('risk', '/v1/records', { envelopes: [envelope] });
  expect(body.records).toMatchObject([{ state: 'awaiting-signatures' }]);
}

describe('before a policy is signed', () => {
  test('everything is kept, and no plan can be carried out', async () => {
    const { goes, totals } = await plan();
    expect(goes.things).toBe(0);
    expect(totals.filter(({ state }) => state !== 'uncovered' && state !== 'never')).toEqual([]);
    const { status, body } = await act.post('legal', '/v1/retention/plans', {});
    expect([status, body.error.code]).toEqual([409, 'plan_refused']);
  });
});

describe('a dry run', () => {
  beforeAll(async () => {
    policy = await signPolicy('1');
  });

  test('deletes nothing and says of each kind what goes, what stays and why', async () => {
    await server.context.blobs.put(new TextEncoder().encode('fresh'));
    const before = await stored();
    const reply = await plan('?rows=1000');
    expect(await stored()).toEqual(before);
    expect(reply.policy).toBe(policy);
    const told = reply.totals.map(
      ({ kind, state, rule: by, things }) => `${kind} ${state} ${by} ${things}`,
    );
    expect(told).toEqual(
      expect.arrayContaining([
        'decision-inputs goes answers 40',
        'decision-inputs kept answers 3',
        'decision-output uncovered none 43',
        'decision-proof never none 43',
        'record never none 1',
      ]),
    );
    expect(reply.goes.things).toBe(120);
    expect(reply.rows).toHaveLength(reply.totals.reduce((sum, { things }) => sum + things, 0));
  });

  test('for a day to come shows what would go by then', async () => {
    const { totals } = await plan(`?at=2099-01-01T00:00:00.000Z&kind=decision-inputs`);
    expect(totals.map(({ state, things }) => [state, things])).toEqual([['goes', 43]]);
    const fresh = await server.context.blobs.put(new TextEncoder().encode('stored just now'));
    const then = await plan('?at=2099-01-01T00:00:00.000Z&kind=unnamed-bytes');
    expect([...new Set(then.totals.map(({ state }) => state))]).toEqual(['goes']);
    await rm(fileOf(fresh.digest));
    const { status } = await act.post('legal', '/v1/retention/plans', {
      at: '2099-01-01T00:00:00.000Z',
    });
    expect(status).toBe(409);
  });

  test('explains a single decision, and a record that is never deleted', async () => {
    const { things } = await explain(old[0]!);
    const inputs = things.find(({ kind }) => kind === 'decision-inputs');
    expect(inputs?.fate).toMatchObject({ state: 'goes', until: '2024-03-01T10:00:00.000Z' });
    expect(inputs?.fate.why).toBe(
      'may go since 2024-03-01 by answers (house): 2 years from decision on 2022-03-01',
    );
    expect((await explain(policy)).things).toMatchObject([
      { kind: 'record', fate: { state: 'never' } },
    ]);
    const unknown = await act.post('risk', '/v1/legal-holds/subject', { key: 'x' });
    expect(unknown.body.error.code).toBe('subject_unavailable');
    const reply = await server.as('risk', { method: 'GET', url: '/v1/retention/things/nobody' });
    expect([reply.statusCode, reply.json().error.code]).toEqual([404, 'thing_unknown']);
  });
});

describe('a sweep', () => {
  test('spares what is held between plan and sweep, deletes the rest, and proves it', async () => {
    const paper = await oldPaper('an old paper');
    const named = await oldPaper('named again later');
    const orphan = await server.context.blobs.put(new TextEncoder().encode('nobody names it'));
    await utimes(fileOf(orphan.digest), new Date('2020-01-01'), new Date('2020-01-01'));
    const saved = await savedPlan();
    expect(saved.things).toBe(123);
    const [held, gone] = [old[0]!, old[1]!];
    await placeHold('LH-1', { decision: held });
    await proposeNaming(named);
    const sweep = await orderSweep(saved);
    const done = await sweepAll(sweep);
    expect(done.deleted).toEqual([
      { kind: 'decision-inputs', rule: 'answers', count: 39, bytes: expect.any(Number) },
      { kind: 'decision-protected', rule: 'answers', count: 39, bytes: expect.any(Number) },
      { kind: 'decision-reasons', rule: 'answers', count: 39, bytes: expect.any(Number) },
      { kind: 'evidence-file', rule: 'papers', count: 1, bytes: 12 },
      { kind: 'unnamed-bytes', rule: 'working-files', count: 1, bytes: 15 },
    ]);
    expect(done.skipped).toEqual([
      { reason: 'held by LH-1', count: 3 },
      { reason: 'in use, or stored less than a day ago', count: 1 },
    ]);
    expect(await partsOf(held)).toEqual(['inputs', 'output', 'protected', 'reasons']);
    expect(await partsOf(gone)).toEqual(['output']);
    expect(await server.context.blobs.has(named)).toBe(true);
    for (const digest of [paper, orphan.digest]) {
      const reply = await server.as('risk', { method: 'GET', url: `/v1/blobs/${digest}` });
      const { error } = reply.json();
      expect([reply.statusCode, error.code]).toEqual([410, 'blob_deleted']);
      const [deletion] = (await explain(digest)).deleted;
      expect(error.message).toContain(deletion?.deletion);
    }
    const disposal = await act.get('audit', `/v1/records/${done.disposal}`);
    expect(disposal.statement.predicate.content).toMatchObject({
      sweep,
      plan: saved.digest,
      policy,
    });
    expect(await sweepAll(sweep)).toEqual(done);
  });

  test('leaves a decision that still verifies, with what was kept of it', async () => {
    const id = old[1]!;
    const view = await act.get('risk', `/v1/decisions/${id}`);
    expect([view.inputs, view.reasons, view.protected]).toEqual([undefined, undefined, undefined]);
    const { publicKey } = await gatewayKey();
    const receipt = view.receipt as Receipt;
    expect(verifyReceipt(nodePrimitives, receipt, { gatewayKey: publicKey })).toMatchObject({
      ok: true,
    });
    const { rows } = await server.database.pool.query<{ salt: Buffer; bytes: Buffer }>(
      `SELECT salt, bytes FROM decision_part WHERE decision = $1 AND part = 'output'`,
      [id],
    );
    const opened = { name: 'output' as const, salt: rows[0]!.salt, bytes: rows[0]!.bytes };
    const commitments = parseDecisionLeaf(fromBase64(view.leaf));
    expect(verifyPart(nodePrimitives, commitments, opened)).toBe(true);
    expect(receipt.leaf).toBe(view.leaf);
  });

  test('once lifted by two, a hold keeps nothing more', async () => {
    const { holds } = await act.get('risk', '/v1/legal-holds');
    const [hold] = holds as { id: string; digest: string; decision: string }[];
    const lift = {
      type: 'retention-rule' as const,
      kind: 'legal-hold',
      scope: 'firm' as const,
      subjectRef: { workspace: 'main' },
      supersedes: hold!.digest,
      content: {
        id: hold!.id,
        matter: 'Doe v. Bank',
        reason: 'settled',
        status: 'lifted',
        decision: hold!.decision,
      },
    };
    const alone = await server.sign({ ...lift, actor: 'legal' }, ['legal']);
    const waits = await act.post('legal', '/v1/records', { envelopes: [alone] });
    expect(waits.body.records[0].state).toBe('awaiting-signatures');
    expect(
      (await explain(hold!.decision)).things.find(({ kind }) => kind === 'decision-inputs')?.fate
        .state,
    ).toBe('held');
    await act.sign(['legal', 'exec'], lift);
    const done = await sweepAll(await orderSweep(await savedPlan()));
    expect(done.deleted.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(await partsOf(hold!.decision)).toEqual(['output']);
  });

  test('that is killed amid its work is finished by the next', async () => {
    const papers: string[] = [];
    for (let n = 0; n < 6; n += 1) papers.push(await oldPaper(`paper to be killed over ${n}`));
    const ids = await decide(5, OLD);
    const saved = await savedPlan();
    expect(saved.things).toBe(papers.length + 3 * ids.length);
    const sweep = await orderSweep(saved);
    // The child hangs where outcomes are written: the files are gone, and nobody has said so.
    const owner = await connectClient(server.database.ownerUrl);
    await owner.query('BEGIN; LOCK TABLE retention_outcome IN EXCLUSIVE MODE');
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'retention-child.ts'),
        server.database.url,
        server.dataDir,
        server.context.root,
        sweep,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const said: string[] = [];
    child.stderr.on('data', (text) => said.push(String(text)));
    try {
      const present = async () => {
        if (child.exitCode !== null) throw new Error(said.join(''));
        const all = await Promise.all(papers.map((digest) => server.context.blobs.has(digest)));
        return all.filter(Boolean).length;
      };
      await expect.poll(present, { timeout: 20_000 }).toBe(0);
    } finally {
      child.kill('SIGKILL');
      await owner.query('ROLLBACK');
      await owner.end();
    }
    // Its rows came back with its transaction; its files did not.
    await expect.poll(() => partsOf(ids[0]!), { timeout: 20_000 }).toHaveLength(4);
    const unsaid = await server.database.pool.query(
      `SELECT count(*)::int AS n FROM retention_item i WHERE NOT EXISTS
         (SELECT FROM retention_outcome o WHERE (o.deletion, o.kind, o.id) = (i.deletion, i.kind, i.id))`,
    );
    expect(unsaid.rows[0].n).toBe(saved.things);
    const freed = async () => (await sweepOnce(sweep)).status;
    await expect.poll(freed, { timeout: 20_000 }).toBe(200);
    const done = await sweepAll(sweep);
    expect(done.deleted.reduce((sum, { count }) => sum + count, 0)).toBe(saved.things);
    expect(done.skipped).toEqual([]);
    expect(await partsOf(ids[0]!)).toEqual(['output']);
    const reply = await server.as('risk', { method: 'GET', url: `/v1/blobs/${papers[0]}` });
    expect(reply.statusCode).toBe(410);
  });
});

describe('the database', () => {
  const asApplication = (text: string, values: readonly unknown[]) =>
    server.database.pool.query(text, [...values]);

  test('destroys nothing for a deletion that is not ordered, or for things that it does not list', async () => {
    const id = recent[0]!;
    const destroy = 'SELECT retention_destroy_parts($1, $2, $3) AS gone';
    await expect(asApplication(destroy, [policy, [id], ['inputs']])).rejects.toThrow(/not ordered/);
    const { rows } = await asApplication(
      'SELECT DISTINCT deletion FROM retention_item LIMIT 1',
      [],
    );
    const { deletion } = rows[0];
    const other = await asApplication(destroy, [deletion, [id], ['inputs']]);
    expect(Number(other.rows[0].gone)).toBe(0);
    await asApplication(
      `INSERT INTO retention_item (deletion, kind, id, rule, count, bytes) VALUES ($1, 'decision-inputs', $2, 'x', 1, 1)`,
      [deletion, id],
    );
    await expect(asApplication(destroy, [deletion, [id], ['inputs']])).rejects.toThrow(
      /not ordered/,
    );
    expect(await partsOf(id)).toHaveLength(4);
  });
});

describe('a database rebuilt from the log', () => {
  test('knows again what was deleted, from the records and the lists they commit to', async () => {
    const { rows } = await server.database.pool.query(
      `SELECT id FROM retention_outcome WHERE kind = 'evidence-file' AND outcome = 'deleted' LIMIT 1`,
    );
    const owner = await connectClient(server.database.ownerUrl);
    await owner.query('DELETE FROM retention_outcome; DELETE FROM retention_item');
    await owner.end();
    const reply = await server.as('risk', { method: 'GET', url: `/v1/blobs/${rows[0].id}` });
    expect([reply.statusCode, reply.json().error.code]).toEqual([410, 'blob_deleted']);
  });
});

describe('a version whose parts went by the rules', () => {
  test('is lawfully erased', async () => {
    const { reproduceJob } = await import('../src/jobs/reproduce-job.ts');
    const { recordByPlatform } = await import('../src/records/index.ts');
    const { context } = server;
    const bytes = await context.blobs.put(new TextEncoder().encode('{"v":1,"weights":true}'));
    const subjectRef = { model: MODEL, use: USE, version: 1, artifactDigest: 'd'.repeat(64) };
    const common = {
      scope: 'version' as const,
      subjectRef,
      producer: 'pipeline' as const,
      source: [],
    };
    const digests = await context.database.db.transaction().execute(async (tx) => [
      await recordByPlatform(context, tx, {
        ...common,
        type: 'model-artifact',
        content: {
          manifest: { v: 1, scorer: 'onnx', entry: 'model.onnx', files: [] },
          run: 'r',
          size: 0,
        },
      }),
      await recordByPlatform(context, tx, {
        ...common,
        type: 'training-run',
        content: { run: 'r', promotable: true, steps: [], trials: null, result: bytes.digest },
      }),
      await recordByPlatform(context, tx, { ...common, type: 'model-spec', content: {} }),
    ]);
    await context.records.including(digests.map(({ digest }) => digest));
    await utimes(fileOf(bytes.digest), new Date('2020-01-01'), new Date('2020-01-01'));
    await sweepAll(await orderSweep(await savedPlan()));
    expect(await context.blobs.has(bytes.digest)).toBe(false);
    const register = await reproduceJob(context, {
      id: 'j',
      actor: 'val',
      params: { model: MODEL, use: USE, version: 1 },
      scratch: join(server.dataDir, 'scratch'),
      report: () => undefined,
      signal: new AbortController().signal,
    });
    const told = await context.database.db.transaction().execute((tx) => register(tx));
    expect(told).toMatchObject({
      verdict: 'lawfully erased',
      reason: expect.stringMatching(/by rule `papers`/),
    });
  });
});

describe('personal data that went by the rules', () => {
  test('takes its key with it, which is in the record; a key that opens something stays', async () => {
    const { context } = server;
    const earlier = () => new Date('2024-01-15T00:00:00.000Z');
    const keys = openDataKeys(server.dataDir, earlier);
    const sealed = async (text: string, key: string): Promise<string> => {
      const { digest } = await context.blobs.put(Buffer.from(text));
      await context.blobs.seal(digest, key);
      return digest;
    };
    const [going, staying] = [await keys.idFor('customers'), await keys.idFor('patients')];
    const [gone, kept] = [await sealed('a customer', going), await sealed('a patient', staying)];
    const young = await openDataKeys(server.dataDir).idFor('customers');
    const copy = join(server.dataDir, 'backup.sealed');
    await copyFile(`${fileOf(gone)}.sealed`, copy);
    await utimes(`${fileOf(gone)}.sealed`, new Date('2020-01-01'), new Date('2020-01-01'));
    const { disposal } = await sweepAll(await orderSweep(await savedPlan()));
    expect(await context.blobs.has(gone)).toBe(false);
    expect(Buffer.from(await context.blobs.get(kept)).toString()).toBe('a patient');
    const records = await context.records.including([disposal ?? '']);
    const content = records.byDigest.get(disposal ?? '')?.statement.predicate.content;
    expect(content?.destroyedKeys).toEqual([going]);
    const left = (await readdir(join(server.dataDir, 'data-keys'))).toSorted();
    expect(left).toEqual([`${young}.json`, `${staying}.json`].toSorted());
    await rename(copy, `${fileOf(gone)}.sealed`); // as from a backup
    await expect(context.blobs.get(gone)).rejects.toMatchObject({ code: 'blob_key_missing' });
    expect(await context.blobs.has(gone)).toBe(false);
  });
});

describe('a data version that a recorded snapshot was read from', () => {
  test('is kept with every file of it, as what the snapshot is', async () => {
    const { namedBlobs } = await import('../src/retention/named-blobs.ts');
    const { recordByPlatform } = await import('../src/records/index.ts');
    const { context } = server;
    const put = async (text: string) => (await context.blobs.put(Buffer.from(text))).digest;
    const [one, two] = [await put('one image'), await put('another image')];
    const manifest = await put(
      [
        '{"format":"countersign-tree","v":1}',
        `{"digest":"${one}","path":"a.png","size":9}`,
        `{"digest":"${two}","path":"b.png","size":13}`,
        '{"bytes":22,"files":2,"links":0}\n',
      ].join('\n'),
    );
    const unnamed = await put('nobody names this');
    const { digest: record } = await context.database.db.transaction().execute((tx) =>
      recordByPlatform(context, tx, {
        type: 'dataset-snapshot',
        scope: 'dataset',
        subjectRef: { model: MODEL, dataset: 'images' },
        producer: 'pipeline',
        source: [],
        content: {
          dataset: 'images',
          split: 'all',
          sealed: false,
          contentDigest: manifest,
          schemaDigest: manifest,
          format: 'folder',
          rows: 2,
          columns: [],
          profile: null,
          source: { origin: { snapshot: manifest } },
          exclusions: {},
        },
      }),
    );
    const named = await namedBlobs(context, await context.records.including([record]));
    for (const digest of [manifest, one, two]) {
      expect(named.get(digest)).toMatchObject([
        { kind: 'data-snapshot', model: MODEL, dataset: 'images', record },
      ]);
    }
    expect(named.has(unnamed)).toBe(false);
  });
});

async function gatewayKey() {
  return readServiceKey(server.dataDir, 'gateway').then(({ keyid, algorithm, spki }) => ({
    publicKey: { keyid, algorithm, spki },
  }));
}
