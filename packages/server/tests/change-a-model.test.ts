// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ChangesReply, JobReply } from '@countersign/contract';
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
import { SCORECARD_PIPELINE, scorecardRepository } from './scorecard-repository.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const run = promisify(execFile);

let server: TestServer;
let act: Actors;
let directory: string;
let repository: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-change-'));
  repository = join(directory, 'model');
  server = await testServer({ runners: jobRunners });
  act = actors(server);
  await intake(server, [{ metric: 'auc', op: '>=', value: '0.65' }]);
  const author = { name: 'Dev', email: server.person('dev').email };
  const first = await scorecardRepository(repository, author);
  await newVersion(await runRequest(server, first), 1);
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

function done(job: JobReply) {
  expect(job.error).toBeUndefined();
  expect(job.state).toBe('done');
}

/** Runs a commit and measures the version that comes of it; papers are signed with the first. */
async function newVersion(request: object, version: number): Promise<void> {
  done(await act.job('dev', { kind: 'run', request }));
  done(await act.job('dev', { kind: 'test', params: { model: MODEL, version } }));
  if (version === 1) await developerPapers(act);
}

/** Changes files of the repository, commits them and runs the commit. */
async function refit(version: number, files: { readonly [name: string]: string }): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(repository, name), text);
  const { email } = server.person('dev');
  const git = (...args: readonly string[]) =>
    run('git', ['-C', repository, '-c', 'user.name=Dev', '-c', `user.email=${email}`, ...args]);
  await git('commit', '--all', '--quiet', '--message', `refit ${version}`);
  const { stdout } = await git('rev-parse', 'HEAD');
  const path = join(directory, `${version}.bundle`);
  await git('bundle', 'create', '--quiet', path, 'HEAD');
  const bundle = await readFile(path);
  await newVersion(await runRequest(server, { commit: stdout.trim(), bundle }), version);
}

interface Proposal {
  readonly version: number;
  readonly transition: 'staging' | 'production';
  readonly envelope?: string;
}

async function prepare(proposal: Proposal) {
  const words = {
    reason: 'weekly refit',
    impact: 'the same people',
    rollback: 'the version before',
  };
  const payload = { model: MODEL, use: USE, ...proposal, ...words };
  const { status, body } = await act.post('dev', '/v1/change-requests/prepare', payload);
  expect(status).toBe(200);
  return body;
}

/**
 * Through staging into production under the policy as it is shipped, with the approvals that it asks for. Inside an envelope
 * nobody validates again and nobody signs in staging: its signers did both beforehand.
 */
async function release(
  version: number,
  by: readonly (readonly [string, string])[],
  envelope?: string,
): Promise<string> {
  const inside = envelope === undefined ? {} : { envelope };
  const page = await act.get('audit', `/v1/models/${MODEL}/versions/${version}`);
  const staging = await act.submit(
    'dev',
    await prepare({ version, transition: 'staging', ...inside }),
  );
  done(await act.job('dev', { kind: 'reproduce', params: { model: MODEL, version } }));
  if (envelope === undefined) {
    done(await act.job('val', { kind: 'validate', request: await validation(server, version) }));
    await act.validate(page.artifactDigest, version);
    await act.approve('val', 'validator', staging);
  }
  expect(await act.promote('owner', staging)).toMatchObject({ status: 200 });
  done(await act.job('dev', { kind: 'parity', params: { model: MODEL, version } }));
  const production = await act.submit(
    'dev',
    await prepare({ version, transition: 'production', ...inside }),
  );
  for (const [account, role] of by) await act.approve(account, role, production);
  expect(await act.promote('owner', production)).toMatchObject({ status: 200 });
  return production;
}

const everybody = [
  ['risk', 'model-risk'],
  ['legal', 'legal'],
  ['exec', 'executive'],
] as const;
const changesOf = async (digest: string): Promise<ChangesReply> =>
  (await act.get('audit', `/v1/change-requests/${digest}`)).changes;

const envelopeOf = (signers: readonly string[]) =>
  server.sign(
    {
      type: 'change-plan',
      kind: 'envelope',
      actor: 'risk',
      scope: 'use',
      subjectRef: { workspace: 'main', model: MODEL, use: USE } as never,
      content: {
        title: 'Weekly refit',
        rationale: 'new rows every week',
        version: 1,
        may: ['data', 'code', 'artifact'],
        metrics: [{ metric: 'auc', op: '>=', value: '0.7' }],
        shifts: { swapSet: '0.02' },
        uses: 1,
        expires: '2099-01-01T00:00:00.000Z',
      },
    },
    signers,
  );

describe('changes of a model in production', { timeout: 180_000 }, () => {
  let envelope: string;

  test('the first version is material and takes everybody', async () => {
    const request = await release(1, everybody);
    expect((await changesOf(request)).verdict).toMatchObject({ materiality: 'material' });
  });

  test('an envelope waits until everybody of a material change has signed it', async () => {
    const alone = await act.post('risk', '/v1/records', {
      envelopes: [await envelopeOf(['risk'])],
    });
    expect(alone.status).toBe(200);
    expect(alone.body.records[0]).toMatchObject({ state: 'awaiting-signatures' });
    const unvalidated = await act.post('risk', '/v1/records', {
      envelopes: [await envelopeOf(['risk', 'legal', 'exec'])],
    });
    expect(unvalidated.body.records[0]).toMatchObject({ state: 'awaiting-signatures' });
    envelope = await act.record('risk', await envelopeOf(['risk', 'legal', 'exec', 'val']));
  });

  test('a refit on fewer rows ships inside the envelope on one confirmation', async () => {
    const rows = (await readFile(join(repository, 'applications.csv'), 'utf8')).trim().split('\n');
    const pipeline = SCORECARD_PIPELINE.replace('rows: 3000', 'rows: 2800');
    await refit(2, {
      'applications.csv': `${rows.slice(0, 2801).join('\n')}\n`,
      'countersign.yaml': pipeline,
    });
    const request = await release(2, [['risk', 'model-risk']], envelope);
    const changes = await changesOf(request);
    expect(changes.verdict).toMatchObject({
      materiality: 'within-envelope',
      against: { version: 1 },
      envelope: { outside: [], used: 0, uses: 1 },
      refusals: [],
    });
    expect(changes.aspects.map(({ aspect }) => aspect)).toEqual(['data', 'code']);
    expect(changes.data.find(({ split }) => split === 'all')).toMatchObject({
      rowsBefore: 3000,
      rowsAfter: 2800,
      columnsAdded: [],
    });
    expect(changes.comparison?.detail).toMatchObject({
      swapSet: { toAdverse: 0, toFavourable: 0 },
      code: {
        commitsBetween: 1,
        files: [
          { path: 'applications.csv', added: 0, removed: 200 },
          { path: 'countersign.yaml', added: 1, removed: 1 },
        ],
      },
    });
  });

  test('another cutoff is out of the envelope’s bounds, each of them named before anything is signed', async () => {
    const pipeline = SCORECARD_PIPELINE.replace('rows: 3000', 'rows: 2800').replace(
      'cutoff: 0.5',
      'cutoff: 0.4',
    );
    await refit(3, { 'countersign.yaml': pipeline });
    const { verdict } = await prepare({ version: 3, transition: 'staging', envelope });
    expect(verdict.allowed).toBe(false);
    const outside = verdict.change.envelope.outside;
    expect(outside).toEqual([
      'all 1 uses of the envelope are used up',
      expect.stringMatching(/^cutoff may not change: decision: .*"0.5".* to .*"0.4"/),
      expect.stringMatching(/^swapSet 0\.\d+ is above 0.02$/),
    ]);
    expect(verdict.missing).toEqual(
      expect.arrayContaining(outside.map((one: string) => `out of the envelope's bounds: ${one}`)),
    );
  });

  test('its swap set is the rows whose score lies between the two cutoffs', async () => {
    const { changes } = await prepare({ version: 3, transition: 'staging' });
    const { verdict, comparison } = changes as ChangesReply;
    expect(verdict).toMatchObject({ materiality: 'material', against: { version: 2 } });
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/3`);
    const split = page.snapshots.find(
      (one: { content: { split: string } }) => one.content.split === 'development',
    );
    const bytes = await server.context.blobs.get(split.content.contentDigest);
    const [, ...lines] = new TextDecoder().decode(bytes).trim().split('\n');
    const between = lines.filter((line) => {
      const [, burden, years] = line.split(',').map(Number);
      const score = 1 / (1 + Math.exp(-(1.5 * (burden ?? 0) - 0.12 * (years ?? 0) - 0.8)));
      return score >= 0.4 && score < 0.5;
    });
    expect(between.length).toBeGreaterThan(20);
    const share = comparison?.figures.find(({ id }) => id === 'swap_set_share');
    expect(share).toMatchObject({ events: between.length, n: lines.length });
    const byRegion = comparison?.figures.filter(({ id }) =>
      id.startsWith('swap_set_share/region='),
    );
    const swapped = byRegion?.reduce((sum, { events }) => sum + (events ?? 0), 0);
    expect([byRegion?.length, swapped]).toEqual([2, between.length]);
    expect(comparison?.figures.find(({ id }) => id === 'score_shift')?.value).toBe('0');
  });
});
