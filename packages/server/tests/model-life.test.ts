// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobReply } from '@countersign/contract';
import { verifyCaseFile } from '@countersign/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rebuildNext } from '../src/checks/next-rebuild.ts';
import { jobRunners } from '../src/jobs/index.ts';
import {
  type Actors,
  actors,
  developerPapers,
  intake,
  MODEL,
  runRequest,
  USE,
  validation,
} from './model-life.ts';
import { SCORECARD_PIPELINE, scorecardRepository } from './scorecard-repository.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
let act: Actors;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-model-'));
  server = await testServer({ runners: jobRunners });
  act = actors(server);
  await intake(server, [{ metric: 'auc', op: '>=', value: '0.65' }]);
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

const stageNow = async () => {
  const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
  return page.stages[0].stage;
};
const done = (job: JobReply) => {
  expect(job.error).toBeUndefined();
  expect(job.state).toBe('done');
  return job.result as { readonly [name: string]: unknown; readonly records: readonly string[] };
};

/** The content of the first version's evidence of a type and kind. */
async function content(type: string, kind: string) {
  const version = await act.get('dev', '/v1/models/scorecard/versions/1');
  const found = version.evidence.find(
    (one: { type: string; kind?: string }) => one.type === type && one.kind === kind,
  );
  const { envelope } = await act.get('dev', `/v1/records/${found.digest}`);
  const payload = Buffer.from(envelope.payload, 'base64').toString('utf8');
  return JSON.parse(payload).predicate.content;
}

// Regions stand in for surnames and areas: two made-up tables that the step writes beside its predictions.
const PIPELINE = SCORECARD_PIPELINE.replace(
  'run: sh train.sh',
  "run: \"sh train.sh && printf 'name,green,blue\\nnorth,0.7,0.3\\nsouth,0.2,0.8\\n' > names.csv && printf 'area,green,blue\\nnorth,600,400\\nsouth,300,700\\n' > areas.csv\"",
)
  .replace('outputs: [model.onnx,', 'outputs: [names.csv, areas.csv, model.onnx,')
  .replace(
    '    limits: { approval_ratio: { min: 0.8 } }\n  sensitivity:',
    `    limits: { approval_ratio: { min: 0.8 } }
    alternatives:
      performance: auc
      tolerance: 0.3
      scores: [{ name: burden, file: oof-burden.csv }]
      untouched: { by: row_id, share: 0.4 }
    proxy:
      method: bisg
      why: Made-up tables of two regions.
      groups: [green, blue]
      reference: blue
      surname: { column: region, table: names.csv, key: name }
      geography: { column: region, table: areas.csv, key: area }
  slices: { columns: [region, burden, years], metric: log_loss }
  sensitivity:`,
  );

describe('the life of a version', { timeout: 120_000 }, () => {
  let artifactDigest: string;
  let staging: string;
  let production: string;

  test('a use with its intake papers is in development before it has a version', async () => {
    const { models } = await act.get('audit', '/v1/inventory');
    expect(models).toMatchObject([
      { model: MODEL, versions: 0, uses: [{ use: USE, tier: 'high', stage: 'development' }] },
    ]);
  });

  test('a signed run registers version 1 with all of its records at once', async () => {
    const author = { name: 'Dev', email: server.person('dev').email };
    const repository = await scorecardRepository(join(directory, 'model'), author, PIPELINE);
    const request = await runRequest(server, repository);
    const result = done(await act.job('dev', { kind: 'run', request }));
    expect(result).toMatchObject({ model: MODEL, version: 1 });
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
    artifactDigest = page.artifactDigest;
    expect(page.commit.content).toMatchObject({
      commit: repository.commit,
      authors: [{ email: author.email, account: 'dev' }],
    });
    expect(page.snapshots.map((one: { content: { split: string } }) => one.content.split)).toEqual([
      'all',
      'development',
      'holdout',
      'stream',
    ]);
    expect(page.stages).toEqual([{ use: USE, stage: 'development' }]);
    const again = await server.as('dev', {
      method: 'POST',
      url: '/v1/jobs',
      payload: { kind: 'run', request },
    });
    expect((await act.get('dev', `/v1/jobs/${again.json().job}`)).result.version).toBe(1);
  });

  test('developer tests measure the plan of the commit', async () => {
    const params = { model: MODEL, version: 1 };
    const result = done(await act.job('dev', { kind: 'test', params }));
    expect(result.conclusions).toEqual({
      'performance-test': 'pass',
      'performance-test/slices': 'informational',
      'fairness-test': 'pass',
      'fairness-test/alternatives': 'informational',
      'fairness-test/proxy': 'informational',
      'robustness-test/sensitivity': 'pass',
      'robustness-test/boundary': 'pass',
      'robustness-test/design': 'pass',
      'benchmark-test': 'informational',
      'explainability-test': 'pass',
    });
  });

  test('another score that the run left is searched as a less discriminatory alternative, and probable groups inform', async () => {
    const alternatives = await content('fairness-test', 'alternatives');
    expect(alternatives.detail).toMatchObject({ tried: 1, candidates: [{ score: 'burden' }] });
    expect(Number(alternatives.detail.candidates[0].performance)).toBeLessThan(
      Number(alternatives.detail.model.performance),
    );
    const proxy = await content('fairness-test', 'proxy');
    expect(proxy.detail).toMatchObject({ method: 'bisg', untold: 0 });
    expect(Number(proxy.detail.groups[0].expected_rows)).toBeGreaterThan(0);
  });

  test('the inputs are catalogued with their proxy screen, and the design is held against the artefact', async () => {
    const catalogue = await content('feature-catalogue', 'measured');
    expect(catalogue.lacking).toEqual([]);
    expect(catalogue.inputs[0]).toMatchObject({
      input: 'burden',
      definition: 'Debt over income',
      reasonText: 'Your debt in proportion to your income',
      lineage: [{ dataset: 'applications', column: 'burden', marks: [] }],
      screen: [{ attribute: 'region', verdict: 'within' }],
    });
    expect(catalogue.transformations[0]).toMatchObject({ step: 'train' });
    const design = await content('robustness-test', 'design');
    expect(design.detail.constraints.map(({ state }: { state: string }) => state)).toEqual([
      'held',
      'held',
    ]);
    expect(design.detail.constraints[0].found).toMatch(
      /its coefficient is 1\.5 on the logit scale/,
    );
  });

  test('submission to staging names the papers that are missing', async () => {
    const { verdict } = await act.prepare('dev', 'staging');
    expect(verdict.allowed).toBe(false);
    expect(verdict.missing.join('\n')).toContain('design-rationale missing');
    await developerPapers(act);
    expect((await act.prepare('dev', 'staging')).verdict.missing).toEqual([]);
  });

  test('promotion without rebuild, validation and approval is refused with the list', async () => {
    staging = await act.submit('dev', await act.prepare('dev', 'staging'));
    const { status, body } = await act.promote('owner', staging);
    expect(status).toBe(409);
    expect(body.error.code).toBe('promotion_refused');
    const missing = body.error.missing.join('\n');
    expect(missing).toContain('the version has not been rebuilt');
    expect(missing).toContain('no validation report is signed');
    expect(missing).toContain('1 approval by validator missing');
    expect(missing).not.toContain('sod-check');
    expect(await stageNow()).toBe('development');
  });

  test('the developer’s own approval is refused with the computed conflict', async () => {
    const envelope = await act.approval('dev', 'validator', staging);
    const { status, body } = await act.post('dev', '/v1/records', { envelopes: [envelope] });
    expect(status).toBe(409);
    expect(body.error.code).toBe('conflict_of_duties');
    expect(body.error.message).toContain('cannot act as validator: authored the commit');
  });

  test('sealed rows are opened to no developer', async () => {
    const request = await validation(server);
    const { status } = await act.post('dev', '/v1/jobs', { kind: 'validate', request });
    expect(status).toBe(403);
  });

  test('the validator replicates the figures and the look at sealed rows is counted', async () => {
    const request = await validation(server);
    const result = done(await act.job('val', { kind: 'validate', request }));
    expect(result).toMatchObject({ replication: 'pass', look: 1 });
    const second = done(
      await act.job('val', { kind: 'validate', request: await validation(server) }),
    );
    expect(second.look).toBe(2);
  });

  test('a rebuild in hostile surroundings is byte-identical', async () => {
    const params = { model: MODEL, version: 1, hostile: true };
    const result = done(await act.job('val', { kind: 'reproduce', params }));
    expect(result).toMatchObject({ verdict: 'byte-identical' });
  });

  test('parity cannot be proven before the version is staged', async () => {
    const job = await act.job('dev', { kind: 'parity', params: { model: MODEL, version: 1 } });
    expect(job).toMatchObject({ state: 'failed', error: { code: 'evidence_unavailable' } });
  });

  test('two promotions at once mint one staging warrant', async () => {
    await act.validate(artifactDigest);
    await act.approve('val', 'validator', staging);
    const [one, two] = await Promise.all([
      act.promote('owner', staging),
      act.promote('ops', staging),
    ]);
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(one.body.digest).toBe(two.body.digest);
    expect([one.body.minted, two.body.minted].sort()).toEqual([false, true]);
    expect(one.body.warrant).toMatchObject({
      environment: 'staging',
      warrant: 'full',
      fallback: 'manual-queue',
    });
    const { warrants } = await act.get('audit', `/v1/warrants?model=${MODEL}`);
    expect(warrants).toHaveLength(1);
    expect(await stageNow()).toBe('staging');
  });

  test('parity in staging flips no decision and refuses every edge case', async () => {
    const result = done(
      await act.job('dev', { kind: 'parity', params: { model: MODEL, version: 1 } }),
    );
    expect(result.conclusion).toBe('pass');
  });

  test('production needs model risk, legal and an executive, and one person’s judgement counts once', async () => {
    production = await act.submit('dev', await act.prepare('dev', 'production'));
    await act.approve('risk', 'model-risk', production);
    const refused = await act.promote('owner', production);
    expect(refused.status).toBe(409);
    expect(refused.body.error.missing).toEqual([
      expect.stringContaining('1 approval by legal missing'),
      expect.stringContaining('1 approval by executive missing'),
    ]);
    const inbox = await act.get('exec', '/v1/inbox');
    expect(inbox.items).toMatchObject([{ kind: 'approve', digest: production, role: 'executive' }]);
    await act.approve('legal', 'legal', production);
    await act.approve('exec', 'executive', production);
    const { status, body } = await act.promote('owner', production);
    expect(body.error).toBeUndefined();
    expect(status).toBe(200);
    expect(await stageNow()).toBe('production');
  });

  test('evidence is complete for what is due, and what was known before is shown as of then', async () => {
    const url = `/v1/models/${MODEL}/versions/1`;
    const { frameworks } = await act.get('audit', `${url}/evidence`);
    expect(frameworks).toMatchObject([
      { framework: 'sr-26-2', reached: 'production', blocking: 0 },
    ]);
    const page = await act.get('audit', url);
    const then = await act.get('audit', `${url}?asOf=${page.registeredAt + 1}`);
    expect(then.stages).toEqual([{ use: USE, stage: 'development' }]);
    expect(then.warrants).toEqual([]);
  });

  test('a document is compiled from the records with its gaps', async () => {
    const result = done(
      await act.job('dev', { kind: 'document', params: { model: MODEL, version: 1 } }),
    );
    expect(result).toMatchObject({ document: 'doc/model-development' });
    const { documents } = await act.get('audit', `/v1/documents?model=${MODEL}`);
    const pdf = documents[0].content.rendered.find(
      (one: { format: string }) => one.format === 'pdf',
    );
    const bytes = await server.context.blobs.get(pdf.digest);
    expect(Buffer.from(bytes.subarray(0, 5)).toString()).toBe('%PDF-');
  });

  test('a case file verifies alone, and one flipped byte of it does not', async () => {
    const url = `/v1/export?version=${MODEL}@1`;
    const reply = await server.as('audit', { method: 'GET', url });
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/zip']);
    const bytes = new Uint8Array(reply.rawPayload);
    const { primitives, root } = server.context;
    const report = verifyCaseFile(primitives, bytes, root);
    expect(report).toMatchObject({ ok: true, about: { model: MODEL, version: 1 } });
    const flipped = Uint8Array.from(bytes);
    flipped[bytes.length >> 1]! ^= 1;
    expect(verifyCaseFile(primitives, flipped, root).ok).toBe(false);
  });

  test('what is in production is rebuilt when it falls due, in off-peak hours, once a night', async () => {
    const { rebuilds } = await act.get('ops', '/v1/rebuilds');
    expect(rebuilds).toMatchObject([
      {
        model: MODEL,
        version: 1,
        everyDays: 90,
        isDue: false,
        last: { verdict: 'byte-identical' },
      },
    ]);
    const at = (days: number, clock: string) => {
      const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
      return { ...server.context, now: () => `${day}T${clock}.000Z` };
    };
    const { jobs } = server.context;
    const asked = async () => {
      const query = '/v1/jobs?kind=reproduce&limit=100';
      const reply = await act.get('ops', query);
      return reply.jobs.filter((one: { actor: string }) => one.actor === 'check/repro');
    };
    await rebuildNext(at(80, '02:00:00'), { jobs });
    await rebuildNext(at(91, '12:00:00'), { jobs });
    expect(await asked()).toEqual([]);
    await Promise.all([1, 2, 3].map(() => rebuildNext(at(91, '02:00:00'), { jobs })));
    const [job, ...more] = await asked();
    expect(more).toEqual([]);
    const state = async () => (await act.get('ops', `/v1/jobs/${job.id}`)).state;
    await expect.poll(state, { timeout: 60_000 }).toBe('done');
    expect(await act.get('ops', `/v1/jobs/${job.id}`)).toMatchObject({
      result: { verdict: 'byte-identical' },
    });
    const after = await act.get('ops', '/v1/rebuilds');
    expect(after.rebuilds[0].last.record).not.toBe(rebuilds[0].last.record);
  });

  test('a part that is lost makes its next rebuild a finding, and once only', async () => {
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
    const { bundle } = page.commit.content;
    const place = join(server.dataDir, 'blobs', 'sha256', bundle.slice(0, 2), bundle);
    await rename(place, `${place}.lost`);
    const params = { model: MODEL, version: 1 };
    const first = done(await act.job('ops', { kind: 'reproduce', params }));
    const second = done(await act.job('ops', { kind: 'reproduce', params }));
    await rename(`${place}.lost`, place);
    expect(first).toMatchObject({ verdict: 'not rebuildable', finding: expect.any(String) });
    expect(second).toMatchObject({ verdict: 'not rebuildable' });
    expect(second).not.toHaveProperty('finding');
    const { findings } = await act.get('audit', `/v1/findings?model=${MODEL}`);
    const [found] = findings.filter(
      (one: { content: { id: string } }) => one.content.id === first.finding,
    );
    expect(found.content).toMatchObject({
      title: 'Version 1 in production was not rebuilt to the same bytes',
      severity: 'high',
      blocking: true,
      description: expect.stringContaining(bundle),
    });
  });

  test('a revoked warrant suspends the version', async () => {
    const { warrants } = await act.get('audit', `/v1/warrants?model=${MODEL}&live=true`);
    const live = warrants.find((one: { environment: string }) => one.environment === 'production');
    await act.sign(['risk'], {
      type: 'deployment-record',
      kind: 'revoke',
      scope: 'version',
      subjectRef: { workspace: 'main', model: MODEL, use: USE, version: 1, artifactDigest },
      source: [live.digest],
      content: { warrant: live.digest, environment: 'production', reason: 'test' },
    });
    expect(await stageNow()).toBe('suspended');
  });
});
