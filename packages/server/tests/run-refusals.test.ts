// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobRunners } from '../src/jobs/index.ts';
import { type Actors, actors, intake, MODEL, runRequest } from './model-life.ts';
import { SCORECARD_PIPELINE, scorecardRepository } from './scorecard-repository.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
let act: Actors;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-refusals-'));
  server = await testServer({ runners: jobRunners });
  act = actors(server);
  await intake(server);
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

/** What stands before any run: without it the first one would not be authorised. */
const INTAKE = [
  'inventory-entry',
  'role-assignment',
  'intended-use',
  'scope-determination',
  'risk-tier',
];

const author = { name: 'Dev', email: 'dev@elsewhere.example' };
const changed = (from: string, to: string) => {
  if (!SCORECARD_PIPELINE.includes(from)) throw new Error(`the pipeline has no ${from}`);
  return SCORECARD_PIPELINE.replace(from, to);
};

describe('a run', { timeout: 60_000 }, () => {
  test.each([
    ['artefact is no model', 'file: model.onnx', 'file: oof.csv', 'artifact_invalid'],
    [
      'model asks for another type',
      'name: burden, type: f32',
      'name: burden, type: f64',
      'artifact_invalid',
    ],
    ['model has another output', 'output: score\n', 'output: probability\n', 'artifact_invalid'],
    ['step fails', 'run: sh train.sh', 'run: exit 3', 'run_failed'],
    ['data break a declared check', 'max: 3 }\n    splits', 'max: 1 }\n    splits', 'run_failed'],
    ['pipeline is of another model', 'model: scorecard', 'model: another', 'job_request_refused'],
    [
      'pipeline file has an unknown key',
      'model: scorecard',
      'model: scorecard\ncolour: red',
      'pipeline_file_invalid',
    ],
  ])('whose %s is refused and registers nothing', async (what, from, to, code) => {
    const place = join(directory, what.replaceAll(' ', '-'));
    const repository = await scorecardRepository(place, author, changed(from, to));
    const job = await act.job('dev', {
      kind: 'run',
      request: await runRequest(server, repository),
    });
    expect(job.error?.code).toBe(code);
    const { records } = await act.get('audit', `/v1/records?model=${MODEL}`);
    expect(new Set(records.map((one: { type: string }) => one.type))).toEqual(
      new Set([...INTAKE, 'run-request']),
    );
  });

  test('of a commit by an unknown author says so in its source revision', async () => {
    const repository = await scorecardRepository(join(directory, 'unknown'), author);
    const job = await act.job('dev', {
      kind: 'run',
      request: await runRequest(server, repository),
    });
    expect(job.error).toBeUndefined();
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
    expect(page.commit.content.authors).toEqual([{ email: author.email }]);
  });

  test('whose commit names sealed rows as a file of Git LFS is refused: knowing a digest opens nothing', async () => {
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
    const split = (name: string) =>
      page.snapshots.find((one: { content: { split: string } }) => one.content.split === name)
        .content.contentDigest;
    const place = join(directory, 'pointer');
    await scorecardRepository(place, author);
    const attempt = async (digest: string) => {
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${digest}\nsize 1\n`;
      await writeFile(join(place, 'stolen.csv'), pointer);
      await writeFile(join(place, '.gitattributes'), '*.csv filter=lfs -text\n');
      const git = (...args: readonly string[]) =>
        execFileSync('git', ['-C', place, '-c', 'user.name=Dev', '-c', 'user.email=d@e', ...args]);
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '-m', 'pointer');
      git('bundle', 'create', '--quiet', 'out.bundle', 'HEAD');
      const commit = git('rev-parse', 'HEAD').toString().trim();
      const bundle = await readFile(join(place, 'out.bundle'));
      await rm(join(place, 'out.bundle'));
      const request = await runRequest(server, { commit, bundle });
      return (await act.job('dev', { kind: 'run', request })).error;
    };
    expect(await attempt(split('holdout'))).toMatchObject({
      code: 'job_request_refused',
      message: expect.stringContaining('`stolen.csv` in Git LFS holds rows that are sealed'),
    });
    // What is nowhere in the archive is said to be missing, by the run.
    expect(await attempt('0'.repeat(64))).toMatchObject({ code: 'blob_missing' });
  });

  test('needs a signed request, and nobody asks with another’s', async () => {
    const without = await act.post('dev', '/v1/jobs', { kind: 'run' });
    expect([without.status, without.body.error.code]).toEqual([409, 'job_request_refused']);
    const repository = await scorecardRepository(join(directory, 'stolen'), author);
    const request = await runRequest(server, repository, 'owner');
    const stolen = await act.post('dev', '/v1/jobs', { kind: 'run', request });
    expect([stolen.status, stolen.body.error.code]).toEqual([403, 'not_a_signer']);
  });
});

describe('a job', () => {
  test.each([
    ['of an unknown kind', { kind: 'guess' }, 400, 'request_malformed'],
    ['without a model', { kind: 'test', params: { version: 1 } }, 422, 'job_invalid'],
    [
      'with a member nobody knows',
      { kind: 'test', params: { model: MODEL, version: 1, fast: true } },
      422,
      'job_invalid',
    ],
  ])('%s is refused before it is queued', async (_, body, status, code) => {
    const reply = await act.post('dev', '/v1/jobs', body);
    expect([reply.status, reply.body.error.code]).toEqual([status, code]);
  });

  test('of a version that does not exist fails with its name', async () => {
    const job = await act.job('dev', { kind: 'test', params: { model: MODEL, version: 99 } });
    expect(job.error).toMatchObject({ code: 'version_unknown' });
  });
});
