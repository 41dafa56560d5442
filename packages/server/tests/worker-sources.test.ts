// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveSource, openFileBlobStore } from '@countersign/pipeline';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runWorker } from '../src/jobs/run-worker.ts';
import { type TestDatabase, testDatabase } from './database.ts';

const PASSWORD = 'correct:horse@battery/77';
const PIPELINE = `model: toy
data:
  loans:
    from: { postgres: warehouse, query: SELECT * FROM book.loans, order_by: [id] }
steps:
  train: { run: "env > seen.txt; cp loans.csv model.txt", inputs: [loans], outputs: [model.txt, seen.txt] }
`;
const role = `worker_reader_${process.pid}`;

let root: string;
let database: TestDatabase;
let owner: Client;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'worker-sources-'));
  database = await testDatabase();
  owner = new Client(database.ownerUrl);
  await owner.connect();
  const { rows } = await owner.query<{ name: string }>('SELECT current_database() AS name');
  await owner.query(`CREATE SCHEMA book`);
  await owner.query(`CREATE TABLE book.loans AS SELECT i AS id FROM generate_series(1, 3) i`);
  await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  await owner.query(`GRANT CONNECT ON DATABASE ${rows[0]?.name} TO ${role}`);
  await owner.query(`GRANT USAGE ON SCHEMA book TO ${role}`);
  await owner.query(`GRANT SELECT ON book.loans TO ${role}`);
  const url = new URL(database.ownerUrl);
  url.username = role;
  url.password = encodeURIComponent(PASSWORD);
  process.env.COUNTERSIGN_SOURCE_WAREHOUSE = url.href;
});
afterAll(async () => {
  delete process.env.COUNTERSIGN_SOURCE_WAREHOUSE;
  await owner?.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await owner?.end();
  await database?.drop();
  await rm(root, { recursive: true, force: true });
});

async function archivedCommit() {
  const checkout = join(root, 'model');
  await mkdir(checkout);
  await writeFile(join(checkout, 'countersign.yaml'), PIPELINE);
  const who = ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com'];
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: checkout });
  git('init', '--quiet', '--template=');
  git('add', '--all');
  git(...who, 'commit', '--quiet', '--message', 'model');
  const blobs = openFileBlobStore(join(root, 'blobs'));
  await mkdir(join(root, 'archive'));
  const { bundle, commit } = await archiveSource(checkout, blobs, join(root, 'archive'));
  return { blobs, commit, bundle: bundle.digest };
}

test('a worker reads the query of its commit with a connection that it leaves nowhere', async () => {
  const scratch = join(root, 'scratch');
  await mkdir(scratch);
  const said: string[] = [];
  const { result } = await runWorker(
    { scratch, report: (text) => said.push(text), signal: new AbortController().signal },
    { ...(await archivedCommit()), run: 'run-1', cache: 'refresh' },
  );
  expect(result.failure).toBeNull();
  expect(result.snapshots[0]).toMatchObject({
    rows: 3,
    origin: { postgres: 'warehouse', rows: 3, orderBy: ['id'] },
  });
  const entries = await readdir(scratch, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  );
  const left = [...texts, ...said, JSON.stringify(result)].join('\n');
  // The job, the commit's query and what the step saw of its environment are among it.
  for (const known of ['"kind":"run"', 'SELECT * FROM book.loans', 'SOURCE_DATE_EPOCH=']) {
    expect(left).toContain(known);
  }
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'COUNTERSIGN_SOURCE_WAREHOUSE']) {
    expect(left).not.toContain(secret);
  }
});
