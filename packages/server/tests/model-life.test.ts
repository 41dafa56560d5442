// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobReply } from '@countersign/contract';
import { verifyCaseFile } from '@countersign/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { scorecardRepository } from './scorecard-repository.ts';
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
    const repository = await scorecardRepository(join(directory, 'model'), author);
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
      'fairness-test': 'pass',
      'robustness-test/sensitivity': 'pass',
      'robustness-test/boundary': 'pass',
      'benchmark-test': 'informational',
      'explainability-test': 'pass',
    });
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
