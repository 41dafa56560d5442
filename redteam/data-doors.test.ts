// SPDX-License-Identifier: Apache-2.0
// Attacks by a developer on rows sealed for the validator and on the archive, through what a commit may name by digest or
// address: data versions, files of Git LFS, images, tables; and on the queue of jobs, with the application's SQL.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Envelope,
  PAYLOAD_TYPE_STATEMENT,
  recordsOfType,
  type Signer,
  signEnvelope,
} from '@countersign/kernel';
import { snapshotTree } from '@countersign/pipeline';
import { openSigner, readServiceKey } from '@countersign/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifiedStatement } from '../packages/cli/src/commands/provenance.ts';
import { jobRunners } from '../packages/server/src/jobs/index.ts';
import { startJob } from '../packages/server/src/jobs/job-store.ts';
import { refuseOwnTables } from '../packages/server/src/jobs/own-tables.ts';
import {
  type Actors,
  actors,
  intake,
  MODEL,
  runRequest,
} from '../packages/server/tests/model-life.ts';
import {
  SCORECARD_PIPELINE,
  scorecardRepository,
} from '../packages/server/tests/scorecard-repository.ts';
import { type TestServer, testServer } from '../packages/server/tests/server-fixture.ts';

const AUTHOR = { name: 'Dev', email: 'dev@elsewhere.example' };
const FROM = 'from: { path: applications.csv }';

let server: TestServer;
let act: Actors;
let root: string;
/** A table of two files, of which one version was built with rows sealed. */
let version: string;
let parts: readonly string[];
let sealedSplit: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'redteam-doors-'));
  server = await testServer({ runners: jobRunners });
  act = actors(server);
  await intake(server);
  const { directory } = await scorecardRepository(join(root, 'first'), AUTHOR);
  const [head = '', ...rows] = (await readFile(join(directory, 'applications.csv'), 'utf8'))
    .trimEnd()
    .split('\n');
  const files = [rows.slice(0, 1500), rows.slice(1500)].map(
    (one) => `${[head, ...one].join('\n')}\n`,
  );
  parts = await Promise.all(
    files.map(async (text) => (await server.context.blobs.put(Buffer.from(text))).digest),
  );
  version = await keep('data', { '1.csv': files[0] ?? '', '2.csv': files[1] ?? '' });
  const job = await build('sealed', pinned(version));
  expect(job.error).toBeUndefined();
  const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
  sealedSplit = page.snapshots.find(
    (one: { content: { split: string } }) => one.content.split === 'holdout',
  ).content.contentDigest;
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(root, { recursive: true, force: true });
});

async function keep(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(root, name);
  await mkdir(path);
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  const { blobs } = server.context;
  const cacheFile = join(root, `${name}.cache`);
  return (await snapshotTree({ path, blobs, cacheFile, threadsMax: 1, now: () => new Date() }))
    .digest;
}

/** The pipeline on a data version; `more` is another dataset of it. */
function pinned(snapshot: string, more = ''): string {
  const from = `from: { snapshot: "${snapshot}", parts: csv }`;
  const text = SCORECARD_PIPELINE.replace(FROM, from);
  return text.replace('features:\n', `${more}features:\n`);
}

/** A run that the developer asks for, of files that they commit. */
async function build(name: string, pipeline: string, files: Readonly<Record<string, string>> = {}) {
  const place = join(root, name);
  await scorecardRepository(place, AUTHOR, pipeline);
  for (const [file, text] of Object.entries(files)) await writeFile(join(place, file), text);
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', place, '-c', 'user.name=Dev', '-c', 'user.email=d@e', ...args]);
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '-m', 'more');
  git('bundle', 'create', '--quiet', 'out.bundle', 'HEAD');
  const commit = git('rev-parse', 'HEAD').toString().trim();
  const request = await runRequest(server, {
    commit,
    bundle: await readFile(join(place, 'out.bundle')),
  });
  return act.job('dev', { kind: 'run', request });
}

const versions = async (): Promise<number> =>
  (await server.context.records.current()).records.filter(
    ({ statement }) => statement.predicate.type === 'model-artifact',
  ).length;

/** The first words of a sealed row, which no error may repeat. */
async function sealedWords(): Promise<string> {
  const text = Buffer.from(await server.context.blobs.get(sealedSplit)).toString();
  return text.split('\n')[1] ?? '';
}

test('RT-470 a file that sealed rows were put together from reaches no step: not as a folder, in another manifest, nor through Git LFS', async () => {
  const before = await versions();
  const [part = ''] = parts;
  const text = Buffer.from(await server.context.blobs.get(part)).toString();
  const sly = await keep('sly', { 'harmless.txt': text });
  const peek = (snapshot: string) =>
    pinned(version, `  peek:\n    from: { snapshot: "${snapshot}" }\n`);
  const refused = {
    code: 'job_request_refused',
    message: expect.stringContaining('sealed for the validator'),
  };
  expect((await build('folder', peek(version))).error).toMatchObject(refused);
  expect((await build('manifest', peek(sly))).error).toMatchObject(refused);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${part}\nsize ${text.length}\n`;
  const lfs = await build('lfs', SCORECARD_PIPELINE, {
    'stolen.bin': pointer,
    '.gitattributes': '*.bin filter=lfs -text\n',
  });
  expect(lfs.error).toMatchObject(refused);
  expect(await versions()).toBe(before);
}, 60_000);

test('RT-471 nor does it leave by the API, where it counts as absent, for anybody but an auditor', async () => {
  const status = async (who: string, digest: string) =>
    (await server.as(who, { method: 'GET', url: `/v1/blobs/${digest}` })).statusCode;
  for (const digest of [...parts, sealedSplit]) {
    expect(await status('dev', digest)).toBe(403);
    expect(await status('val', digest)).toBe(403);
    expect(await status('audit', digest)).toBe(200);
    const asked = await act.post('dev', '/v1/blobs/missing', { digests: [digest] });
    expect(asked.body.missing).toMatchObject([{ digest }]);
  }
  // The list of the files is nobody's secret: it names digests, which open nothing.
  expect(await status('dev', version)).toBe(200);
});

test('RT-472 a digest in the place of a manifest, image or bundle shows nothing of what it names', async () => {
  const before = await versions();
  const words = await sealedWords();
  const image = `environment: { image: "example.org/x@sha256:${sealedSplit}" }\n`;
  const attempts = [
    await build('as-manifest', pinned(sealedSplit)),
    await build('as-image', `${image}${SCORECARD_PIPELINE}`),
    await act.job('dev', {
      kind: 'run',
      request: await runRequest(server, {
        commit: 'a'.repeat(40),
        bundle: await server.context.blobs.get(sealedSplit),
      }),
    }),
  ];
  for (const { state, error } of attempts) {
    expect(state).toBe('failed');
    expect(error?.code).toMatch(/^(data_version_invalid|image_invalid|git_failed|run_failed)$/);
    expect(JSON.stringify(error)).not.toContain(words);
    expect(JSON.stringify(error)).not.toContain(words.slice(0, 8));
  }
  expect(await versions()).toBe(before);
}, 60_000);

test('RT-473 no table is read from where the platform keeps its own data, however the way there is written', async () => {
  const before = await versions();
  const { dataDir } = server.context;
  const blob = join(dataDir, 'blobs', 'sha256', 'aa', 'a'.repeat(64));
  const from = `{ iceberg: a.b, snapshot: "1", catalog: { type: sql, uri: "sqlite:///${blob}", warehouse: "${root}" } }`;
  for (const one of [from, `{ delta: "file://${dataDir}", version: 0 }`]) {
    const name = `table-${one.length}`;
    const { error } = await build(name, SCORECARD_PIPELINE.replace(FROM, `from: ${one}`));
    expect([one, error]).toMatchObject([
      one,
      { code: 'job_request_refused', message: expect.stringContaining('keeps its own data') },
    ]);
  }
  await symlink(dataDir, join(root, 'lake'));
  const others = [
    '//',
    join(dataDir, '..'),
    join(dataDir, 'blobs', 'sha256'),
    join(dataDir, 'blobs', 'x', '00.metadata.json'),
    join(dataDir, '..', 'x', '00.metadata.json'),
    join(root, 'lake', 'blobs'),
    join(root, 'lake', 'not', 'there'),
  ];
  for (const path of others) {
    const refused = refuseOwnTables(dataDir, [{ dataset: 'd', path }]);
    await expect(refused, path).rejects.toMatchObject({ code: 'job_request_refused' });
  }
  await refuseOwnTables(dataDir, [{ dataset: 'd', path: join(root, 'data') }]);
  expect(await versions()).toBe(before);
}, 120_000);

test('RT-474 SQL on the queue registers nothing: a forged end is no record, and 200 takes of one job give it to one', async () => {
  const before = await versions();
  const { db } = server.context.database;
  const { rows } = await sql<{ id: number }>`SELECT id FROM job_runner ORDER BY id`.execute(db);
  const runner = rows[0]?.id ?? 0;
  const insert = (id: string) =>
    db
      .insertInto('job')
      .values({
        id,
        workspace: 'main',
        kind: 'run',
        state: 'queued',
        params: JSON.stringify({}),
        actor: 'dev',
        created_at: new Date().toISOString(),
      })
      .execute();
  const [raced, forged] = [
    '11111111-1111-4111-8111-111111111111',
    '22222222-2222-4222-8222-222222222222',
  ];
  await insert(raced);
  const taken = await Promise.all(
    Array.from({ length: 200 }, () =>
      startJob(db, { id: raced, runner }, new Date().toISOString()),
    ),
  );
  expect(taken.filter((job) => job !== undefined)).toHaveLength(1);
  await insert(forged);
  const result = {
    records: [],
    model: MODEL,
    use: 'underwriting',
    version: 9,
    artifact: 'a'.repeat(64),
    run: 'run-x',
  };
  await sql`UPDATE job SET state = 'done', runner = ${runner}, result = ${JSON.stringify(result)}::jsonb,
            ended_at = now() WHERE id = ${forged}`.execute(db);
  expect(await versions()).toBe(before);
  const page = await server.as('audit', { method: 'GET', url: `/v1/models/${MODEL}/versions/9` });
  expect(page.statusCode).toBe(404);
});

test('RT-497 provenance that was altered, signed by another key or is of another version is refused', async () => {
  const set = await server.context.records.current();
  const { provenance } = recordsOfType(set, 'training-run')[0]?.statement.predicate.content ?? {};
  const artifactDigest =
    recordsOfType(set, 'model-artifact')[0]?.statement.predicate.subjectRef.artifactDigest ?? '';
  const { payload, payloadType, signatures } = JSON.parse(
    Buffer.from(await server.context.blobs.get(String(provenance))).toString(),
  ) as Envelope;
  const judge = (envelope: Envelope, artifact = artifactDigest) => {
    // Of the version that was asked for the rule reads its artefact alone.
    const version = { set, context: { artifactDigest: artifact } } as Parameters<
      typeof verifiedStatement
    >[0];
    try {
      return verifiedStatement(version, envelope) === null ? 'nothing' : 'verified';
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  const honest: Envelope = { payload, payloadType, signatures };
  expect(judge(honest)).toBe('verified');
  const bytes = Buffer.from(payload, 'base64');
  const altered = Buffer.from(bytes.toString().replace('scorecard', 'scorecart'));
  const by = async (signer: Signer, text: Uint8Array = bytes) =>
    signEnvelope(PAYLOAD_TYPE_STATEMENT, text, [signer]);
  const developer = await server.signer('dev');
  const log = openSigner(await readServiceKey(server.dataDir, 'log'));
  const platform = server.context.platform;
  const attacks: readonly (readonly [string, Envelope, string?])[] = [
    ['altered', { ...honest, payload: altered.toString('base64') }],
    ['no signature', { ...honest, signatures: [] }],
    ['another type', { ...honest, payloadType: 'application/json' }],
    ['by the developer', await by(developer)],
    ['by the log', await by(log)],
    [
      'under the platform’s name',
      {
        ...(await by(developer)),
        signatures: (await by(developer)).signatures.map((one) => ({
          ...one,
          keyid: platform.keyid,
        })),
      },
    ],
    ['of another version', honest, 'a'.repeat(64)],
    [
      'of another predicate',
      await by(
        platform,
        Buffer.from(bytes.toString().replace('slsa.dev/provenance/v1', 'slsa.dev/provenance/v2')),
      ),
    ],
  ];
  for (const [what, envelope, artifact] of attacks)
    expect([what, judge(envelope, artifact)]).toEqual([what, 'record_unverified']);
});
