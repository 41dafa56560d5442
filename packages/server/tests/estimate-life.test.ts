// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobReply } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobRunners } from '../src/jobs/index.ts';
import { frequencyRepository } from './frequency-repository.ts';
import { type Actors, actors, intake, MODEL, runRequest, USE } from './model-life.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
let act: Actors;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-estimate-'));
  server = await testServer({ runners: jobRunners });
  act = actors(server);
  await intake(server);
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

const done = (job: JobReply) => {
  expect(job.error).toBeUndefined();
  return job.result as { readonly [name: string]: unknown; readonly records: readonly string[] };
};

async function contentOf(digest: string | undefined) {
  const { envelope } = await act.get('dev', `/v1/records/${digest}`);
  return JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')).predicate;
}

describe('a version that predicts a number', { timeout: 120_000 }, () => {
  test('is registered, and its developer tests measure the plan of its task', async () => {
    const author = { name: 'Dev', email: server.person('dev').email };
    const repository = await frequencyRepository(join(directory, 'model'), author);
    const request = await runRequest(server, repository);
    expect(done(await act.job('dev', { kind: 'run', request }))).toMatchObject({ version: 1 });
    const params = { model: MODEL, version: 1 };
    const result = done(await act.job('dev', { kind: 'test', params }));
    expect(result.conclusions).toMatchObject({
      'performance-test': 'pass',
      'performance-test/insurance': 'pass',
      'fairness-test/price': 'fail',
      'robustness-test/boundary': 'pass',
    });
    // Challengers are compared by AUC and Brier score: not of a number.
    expect(result.conclusions).not.toHaveProperty('benchmark-test');
    const reports = await Promise.all(result.records.map(contentOf));
    const base = reports.find(({ type, kind }) => type === 'performance-test' && !kind);
    expect(base.content.detail.kind).toBe('estimate');
    const rmse = base.content.measurements.find((one: { metric: string }) => one.metric === 'rmse');
    expect(rmse.interval.method).toBe('delta, clustered by unit');
  });

  test('the gate is shut by a price limit that is broken', async () => {
    const { verdict } = await act.prepare('dev', 'staging');
    expect(verdict.allowed).toBe(false);
    expect(verdict.missing.join('\n')).toContain('price_to_loss_ratio/sex=f');
  });

  test('the validator replicates it and measures the sealed rows by her own plan', async () => {
    const subjectRef = { workspace: 'main', model: MODEL, use: USE, version: 1 };
    const plan = await act.sign(['val'], {
      type: 'test-plan',
      kind: 'validation',
      scope: 'version',
      subjectRef,
      content: {
        phase: 'validation',
        declaredAt: server.context.now(),
        limits: [],
        plan: {
          id: 'holdout',
          data: 'applications.holdout',
          testing: {
            task: 'estimate',
            metrics: { r2: { min: '0.99' } },
            insurance: { family: 'poisson', exposure: 'years' },
          },
        },
      },
    });
    const request = await server.sign(
      {
        type: 'run-request',
        kind: 'validate',
        actor: 'val',
        scope: 'version',
        subjectRef: subjectRef as never,
        source: [plan],
        content: { job: 'validate', params: { plan } },
      },
      ['val'],
    );
    const result = done(await act.job('val', { kind: 'validate', request }));
    expect(result).toMatchObject({
      replication: 'pass',
      conclusions: { 'performance-test': 'fail', 'performance-test/insurance': 'informational' },
    });
  });
});
