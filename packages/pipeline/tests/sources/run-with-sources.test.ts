// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../server/tests/database.ts';
import { openFileBlobStore } from '../../src/blobs/blob-store.ts';
import { sourceVariablesOfCommit } from '../../src/extract/source-variables.ts';
import { rebuildRun } from '../../src/rebuild/rebuild-run.ts';
import { executeRun } from '../../src/run/execute-run.ts';
import type { RunEvent, RunResult } from '../../src/run/result.ts';
import { archiveSource } from '../../src/source/source-revision.ts';
import { commitRepository } from '../example-repository.ts';
import { AWS_SECRET, startS3, type TestS3 } from './s3-server.ts';

const PASSWORD = 'horse/battery:staple@7';
const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), AWS_SECRET];

let root: string;
let s3: TestS3;
let database: TestDatabase;
let owner: Client;
let environment: Record<string, string | undefined>;
let events: RunEvent[];

const role = `run_reader_${process.pid}`;
const pipeline = (query = 'SELECT * FROM book.loans') => `model: toy
data:
  scores:
    from: { s3: s3://bank/scores/, format: csv, endpoint: ${s3.endpoint} }
    roles: { id: id }
  loans:
    from:
      postgres: warehouse
      query: ${query}
      order_by: [id]
    roles: { id: id, label: bad }
    splits: { seed: 1, development: { fraction: 0.5 }, holdout: { fraction: 0.5, sealed: true } }
  rates: { from: { dvc: loans.csv.dvc } }
steps:
  look: { run: "env > seen.txt; cat /proc/*/environ >> seen.txt || true", network: true, outputs: [seen.txt] }
  train:
    run: cat scores.csv loans.development.csv rates.csv > model.txt
    inputs: [scores, loans.development, rates]
    outputs: [model.txt]
`;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'run-sources-'));
  [s3, database] = await Promise.all([startS3(), testDatabase()]);
  await s3.bucket('bank', { versioned: true });
  await s3.put('bank', 'scores/a.csv', 'id,score\n1,0.5\n');
  await s3.put('bank', 'scores/b.csv', 'id,score\n2,0.25\n');
  owner = new Client(database.ownerUrl);
  await owner.connect();
  const name = (await owner.query<{ n: string }>('SELECT current_database() AS n')).rows[0]?.n;
  await owner.query(`CREATE SCHEMA book`);
  await owner.query(`CREATE TABLE book.loans AS
    SELECT i AS id, CASE WHEN i % 3 = 0 THEN '' WHEN i % 3 = 1 THEN 'note' END AS note, i * 10 AS amount, i % 2 AS bad
      FROM generate_series(1, 100) i`);
  await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  await owner.query(`GRANT CONNECT ON DATABASE ${name} TO ${role}`);
  await owner.query(`GRANT USAGE ON SCHEMA book TO ${role}`);
  await owner.query(`GRANT SELECT ON book.loans TO ${role}`);
  const url = new URL(database.ownerUrl);
  url.username = role;
  url.password = encodeURIComponent(PASSWORD);
  environment = { ...process.env, ...s3.environment, COUNTERSIGN_SOURCE_WAREHOUSE: url.href };
}, 300_000);
afterAll(async () => {
  await s3?.stop();
  await owner?.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await owner?.end();
  await database?.drop();
  await rm(root, { recursive: true, force: true });
});

async function layRepository(name: string, text: string): Promise<string> {
  const checkout = join(root, name);
  await commitRepository(checkout, {
    'countersign.yaml': text,
    'loans.csv.dvc': await readFile(
      join(import.meta.dirname, 'dvc-3/project/loans.csv.dvc'),
      'utf8',
    ),
    '.dvc/config': '',
    '.gitignore': '/.dvc/cache\n',
  });
  const cache = join(checkout, '.dvc/cache');
  await cp(join(import.meta.dirname, 'dvc-3/storage'), cache, { recursive: true });
  return checkout;
}

function shared(name: string) {
  events = [];
  return {
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, name),
    now: () => new Date(),
    onEvent: (event: RunEvent) => events.push(event),
  };
}

async function run(checkout: string): Promise<RunResult> {
  await mkdir(join(root, 'work'), { recursive: true });
  return executeRun({
    ...shared('work'),
    source: { checkout },
    cacheDir: join(root, 'cache'),
    draft: true,
    callerEnvironment: environment,
  });
}

/** Every byte that the run left anywhere. */
async function everythingBelow(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  );
  return texts.join('\n');
}

test('a run reads its sources itself, and is rebuilt byte for byte after they have vanished', async () => {
  const checkout = await layRepository('model', pipeline());
  const result = await run(checkout);
  expect(result.failure).toBeNull();
  assertRecordJson(parseStrictJson(JSON.stringify(result)));
  const origins = new Map(result.snapshots.map(({ dataset, origin }) => [dataset, origin]));
  expect(origins.get('scores')).toMatchObject({
    parts: [
      { name: 'a.csv', claims: { version: expect.any(String) } },
      { name: 'b.csv', claims: { version: expect.any(String) } },
    ],
  });
  expect(origins.get('loans')).toMatchObject({ rows: 100, columns: [{}, { nulls: 33 }, {}, {}] });
  expect(origins.get('rates')).toMatchObject({ readFrom: 'cache' });
  for (const digest of ['scores', 'loans', 'rates'].map((name) => contentOf(result, name))) {
    expect(await openFileBlobStore(join(root, 'blobs')).has(digest)).toBe(true);
  }

  // Missing and empty stay apart in what the step is given of a split.
  const loans = result.snapshots.find(({ dataset }) => dataset === 'loans');
  const given = await openFileBlobStore(join(root, 'blobs')).get(
    loans?.splits.find(({ split }) => split === 'development')?.mounted?.digest ?? '',
  );
  expect(Buffer.from(given).toString()).toMatch(/^\d+,"",\d+,\d$/m);
  expect(Buffer.from(given).toString()).toMatch(/^\d+,,\d+,\d$/m);

  const left = `${JSON.stringify(result)}${JSON.stringify(events)}${await everythingBelow(join(root, 'blobs'))}`;
  for (const secret of SECRETS) expect(left).not.toContain(secret);
  // What the step saw of its own environment and of every process it could look at is among it.
  expect(left).toContain('SOURCE_DATE_EPOCH=');
  expect(left).not.toContain('COUNTERSIGN_SOURCE_WAREHOUSE=');

  await s3.put('bank', 'scores/a.csv', 'id,score\n1,0.75\n');
  await owner.query('DROP TABLE book.loans');
  await rm(checkout, { recursive: true });
  await mkdir(join(root, 'rebuild'));
  const rebuilt = await rebuildRun({
    ...shared('rebuild'),
    result: parseStrictJson(JSON.stringify(result)) as unknown as RunResult,
    callerEnvironment: { PATH: process.env.PATH },
  });
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical' });
  expect(rebuilt.compared.map(({ what }) => what).join(' ')).toContain('model.txt');
}, 120_000);

function contentOf({ snapshots }: RunResult, name: string): string {
  return snapshots.find(({ dataset }) => dataset === name)?.content.digest ?? '';
}

test('a rebuild without the archived bytes is not rebuildable, and reaches for no source', async () => {
  await owner.query(
    `CREATE TABLE IF NOT EXISTS book.loans AS SELECT 1 AS id, 'n' AS note, 10 AS amount, 0 AS bad`,
  );
  await owner.query(`INSERT INTO book.loans VALUES (2, 'm', 20, 1)`);
  await owner.query(`GRANT SELECT ON book.loans TO ${role}`);
  const result = await run(await layRepository('second', pipeline()));
  expect(result.failure).toBeNull();
  const digest = contentOf(result, 'loans');
  await rm(join(root, 'blobs', 'sha256', digest.slice(0, 2), digest));
  const rebuilt = await rebuildRun({
    ...shared('rebuild'),
    result,
    callerEnvironment: environment,
  });
  expect(rebuilt).toMatchObject({ verdict: 'not-rebuildable' });
  expect(rebuilt.reason).toContain(digest);
});

test('a source that fails ends the run before any step, and no record of it holds a password', async () => {
  const result = await run(
    await layRepository('third', pipeline("SELECT * FROM book.absent WHERE note = 'x'")),
  );
  expect(result).toMatchObject({
    status: 'failed',
    steps: [],
    failure: { code: 'source_refused', dataset: 'loans' },
  });
  expect(result.failure?.message).toContain('relation "book.absent" does not exist');
  const left = `${JSON.stringify(result)}${JSON.stringify(events)}`;
  for (const secret of SECRETS) expect(left).not.toContain(secret);
});

test('a worker is given what its own commit reads from, and no other connection', async () => {
  const checkout = await layRepository('fifth', pipeline());
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const { bundle, commit } = await archiveSource(
    checkout,
    blobs,
    await mkdtemp(join(root, 'bundle-')),
  );
  const bundlePath = join(root, 'fifth.bundle');
  await blobs.copyTo(bundle.digest, bundlePath);
  const caller = { ...environment, COUNTERSIGN_SOURCE_PAYROLL: 'postgres://x', DATABASE_URL: 'y' };
  const at = { bundlePath, commit };
  const given = await sourceVariablesOfCommit(join(root, 'asked'), at, caller);
  expect(Object.keys(given).filter((name) => !name.startsWith('AWS_'))).toEqual([
    'COUNTERSIGN_SOURCE_WAREHOUSE',
  ]);
  expect(given.AWS_SECRET_ACCESS_KEY).toBe(AWS_SECRET);
});

test('a run from an archived bundle, as on a worker, cannot see the DVC cache and says so', async () => {
  const checkout = await layRepository(
    'fourth',
    `model: toy
data: { rates: { from: { dvc: loans.csv.dvc } } }
steps: { s: { run: cp rates.csv out.csv, inputs: [rates], outputs: [out.csv] } }
`,
  );
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const scratch = await mkdtemp(join(root, 'bundle-'));
  const { bundle, commit } = await archiveSource(checkout, blobs, scratch);
  const result = await executeRun({
    ...shared('work'),
    source: { bundle, commit },
    cacheDir: join(root, 'cache'),
    draft: false,
    callerEnvironment: environment,
  });
  expect(result.failure).toMatchObject({ code: 'source_missing', dataset: 'rates' });
  expect(result.failure?.message).toContain('a worker sees the commit alone');
});
