// SPDX-License-Identifier: Apache-2.0
// Attacks by whoever writes `from:` of a dataset, or the files of a DVC project: on the database that is read, on the
// machine that reads, on the inner network.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  isMetadataAddress,
  lookupElsewhere,
} from '../packages/pipeline/src/extract/metadata-address.ts';
import { openS3 } from '../packages/pipeline/src/extract/s3-client.ts';
import { parsePipelineFile } from '../packages/pipeline/src/file/parse-pipeline-file.ts';
import { placeTable } from '../packages/pipeline/src/lakehouse/table-place.ts';
import { checkoutBundle } from '../packages/pipeline/src/source/checkout-bundle.ts';
import { extract } from '../packages/pipeline/tests/sources/extract-for-test.ts';
import { type TestDatabase, testDatabase } from '../packages/server/tests/database.ts';

const PASSWORD = 'p@ss/word:swordfish';
const ROLE = `redteam_reader_${process.pid}`;
/** Of nobody: enough to sign a request with. */
const AWS = { AWS_ACCESS_KEY_ID: 'AKIAREDTEAM', AWS_SECRET_ACCESS_KEY: 'hush-redteam' };

let root: string;
let database: TestDatabase;
let owner: Client;
let connection: string;
const servers: Server[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'redteam-sources-'));
  database = await testDatabase();
  owner = new Client(database.ownerUrl);
  await owner.connect();
  const { rows } = await owner.query<{ name: string }>('SELECT current_database() AS name');
  await owner.query('CREATE SCHEMA book; CREATE TABLE book.loans AS SELECT 1 AS id');
  await owner.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD '${PASSWORD}'`);
  await owner.query(`GRANT CONNECT ON DATABASE ${rows[0]?.name} TO ${ROLE}`);
  // More than a reader should have, so that what holds it back is the transaction.
  await owner.query(`GRANT ALL ON SCHEMA book TO ${ROLE}; GRANT ALL ON book.loans TO ${ROLE}`);
  await owner.query('CREATE SEQUENCE book.counter');
  await owner.query(`GRANT ALL ON SEQUENCE book.counter TO ${ROLE}`);
  const url = new URL(database.ownerUrl);
  url.username = ROLE;
  url.password = encodeURIComponent(PASSWORD);
  connection = url.href;
}, 120_000);
afterAll(async () => {
  for (const server of servers) server.close();
  await owner?.query(`DROP OWNED BY ${ROLE}; DROP ROLE ${ROLE}`);
  await owner?.end();
  await database?.drop();
  await rm(root, { recursive: true, force: true });
});

type Refusal = { readonly code?: string; readonly message: string };
const refusal = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    () => ({ message: 'nothing was refused' }),
    (error: Refusal) => error,
  );

async function listen(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('RT-485 a query writes nothing, runs nothing, reads no file of the server and tells no password', async () => {
  const queries = [
    'WITH gone AS (DELETE FROM book.loans RETURNING *) SELECT * FROM gone',
    'DELETE FROM book.loans RETURNING id',
    'UPDATE book.loans SET id = 2 RETURNING id',
    `SELECT nextval('book.counter') AS id`,
    `SELECT set_config('transaction_read_only', 'off', true) AS a, nextval('book.counter') AS id`,
    `SELECT lo_create(0) AS id`,
    'SELECT 1 AS id; DELETE FROM book.loans',
    'SELECT 1 AS id) AS source; DELETE FROM book.loans; SELECT * FROM (SELECT 1 AS id',
    `SELECT 1 AS id) AS source) TO PROGRAM 'touch /tmp/redteam' --`,
    'SELECT 1 AS id /*',
    `COPY book.loans TO PROGRAM 'true'`,
    `SELECT pg_read_file('/etc/passwd') AS a`,
    `SELECT pg_ls_dir('/') AS a`,
    `SELECT lo_import('/etc/passwd') AS a`,
    `SELECT rolpassword FROM pg_authid`,
    `DO $$ BEGIN DELETE FROM book.loans; END $$`,
    `SELECT pg_terminate_backend(pg_backend_pid()) AS a`,
  ];
  for (const query of queries) {
    const refused = await refusal(
      extract(
        root,
        { postgres: 'warehouse', query },
        { environment: { COUNTERSIGN_SOURCE_WAREHOUSE: connection } },
      ),
    );
    expect([query, refused.code]).toEqual([
      query,
      expect.stringMatching(/^source_(?:refused|unreachable)$/),
    ]);
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('swordfish');
  }
  const { rows } = await owner.query('SELECT id FROM book.loans');
  expect(rows).toEqual([{ id: 1 }]);
  const counted = await owner.query('SELECT is_called FROM book.counter');
  expect(counted.rows).toEqual([{ is_called: false }]);
}, 60_000);

test('RT-486 no endpoint leads to the address that gives a machine its credentials, however it is written or named', async () => {
  const spellings = [
    'http://169.254.169.254',
    'http://2852039166/',
    'http://0xa9fea9fe',
    'http://0251.0376.0251.0376/',
    'http://169.254.170.2',
    'http://[::ffff:169.254.169.254]',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]',
    'http://100.100.100.200',
  ];
  for (const endpoint of spellings) {
    const from = {
      s3: 's3://latest/meta-data/iam/security-credentials/role',
      format: 'csv' as const,
      endpoint,
    };
    const refused = await refusal(extract(root, from, { environment: AWS }));
    expect([endpoint, refused.code]).toEqual([endpoint, 'source_refused']);
    expect(refused.message).toContain('metadata');
  }
  // A name is judged by what it leads to, at the moment of connecting.
  const looked = await new Promise<Error | null>((resolve) =>
    lookupElsewhere('169.254.169.254', {}, (error) => resolve(error)),
  );
  expect(looked?.message).toContain('metadata');
  expect(isMetadataAddress('http://127.0.0.1:9000')).toBe(false);
  const endpoint = await listen((_request, response) => response.writeHead(403).end());
  const { client, sdk } = await openS3({ endpoint, environment: AWS });
  await refusal(client.send(new sdk.HeadBucketCommand({ Bucket: 'bucket' })));
  // What the SDK's own handler has, of which its type does not tell.
  const handler = client.config.requestHandler as unknown as {
    httpHandlerConfigs(): { httpAgent?: { options?: { lookup?: unknown } } };
  };
  const { httpAgent } = handler.httpHandlerConfigs();
  expect(httpAgent?.options?.lookup).toBe(lookupElsewhere);
  // The configuration of a DVC project names one as well.
  await mkdir(join(root, '.dvc'));
  await writeFile(
    join(root, '.dvc', 'config'),
    `[core]\n    remote = r\n['remote "r"']\n    url = s3://latest/meta-data\n    endpointurl = http://169.254.169.254\n`,
  );
  await writeFile(
    join(root, 'loans.csv.dvc'),
    `outs:\n- md5: ${'a'.repeat(32)}\n  size: 1\n  hash: md5\n  path: loans.csv\n`,
  );
  const dvc = await refusal(extract(root, { dvc: 'loans.csv.dvc' }, { environment: AWS }));
  expect(dvc).toMatchObject({ code: 'source_refused' });
});

test('RT-487 a store that sends its reader elsewhere is not followed, and gets no secret', async () => {
  const heard: string[] = [];
  const inner = await listen((request, response) => {
    heard.push(`inner ${request.url}`);
    response.end('id\n1\n');
  });
  const headers: string[] = [];
  const outer = await listen((request, response) => {
    headers.push(inspect(request.headers));
    response.writeHead(307, { location: `${inner}/latest/meta-data` }).end();
  });
  const refused = await refusal(
    extract(root, { s3: 's3://bucket/loans.csv', endpoint: outer }, { environment: AWS }),
  );
  expect(refused.code).toMatch(/^source_/);
  expect(heard).toEqual([]);
  expect(headers.length).toBeGreaterThan(0);
  expect(headers.join()).not.toContain(AWS.AWS_SECRET_ACCESS_KEY);
  expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain(AWS.AWS_SECRET_ACCESS_KEY);
}, 60_000);

test('RT-488 an output of a DVC project is a claim of bytes, never a path: nothing outside of its cache is read', async () => {
  const project = join(root, 'dvc');
  await mkdir(join(project, '.dvc'), { recursive: true });
  const write = (text: string) => writeFile(join(project, 'x.csv.dvc'), text);
  const out = (md5: string, path: string) =>
    `outs:\n- md5: ${md5}\n  size: 1\n  hash: md5\n  path: ${path}\n`;
  const read = (more: object = {}) =>
    refusal(
      extract(
        project,
        { dvc: 'x.csv.dvc', format: 'csv', ...more },
        { checkout: project, workingTree: project },
      ),
    );
  const attacks = [
    out('a'.repeat(32), '../../../../etc/passwd'),
    out('a'.repeat(32), '/etc/passwd'),
    out('../../../../../etc/passwd', 'x.csv'),
    out(`${'a'.repeat(32)}/../../x`, 'x.csv'),
    'outs: &a\n- *a\n',
  ];
  for (const text of attacks) {
    await write(text);
    const refused = await read();
    expect([text, refused.code]).toEqual([
      text,
      expect.stringMatching(/^source_(?:missing|unsupported)$/),
    ]);
    expect(refused.message).not.toContain('root:');
  }
  // A link in the cache is followed by DVC too; what it leads to must have the claimed bytes, which nobody knows who cannot read them.
  const md5 = 'b'.repeat(32);
  const cache = join(project, '.dvc', 'cache', 'files', 'md5', 'bb');
  await mkdir(cache, { recursive: true });
  await symlink('/etc/shadow', join(cache, 'b'.repeat(30)));
  await write(out(md5, 'x.csv'));
  expect(await read()).toMatchObject({ code: 'source_differs' });
  for (const from of [
    '{ dvc: ../x.csv.dvc }',
    '{ dvc: /x.csv.dvc }',
    '{ dvc: x.csv.dvc, output: ../y.csv }',
  ]) {
    expect(() =>
      parsePipelineFile(
        `model: m\ndata: { d: { from: ${from} } }\nsteps: { s: { run: ls, outputs: [o] } }\n`,
      ),
    ).toThrow();
  }
});

test('RT-489 a commit brings no link to a worker, so that none leads a source to a file of the machine', async () => {
  const repository = join(root, 'linked');
  await mkdir(join(repository, 'store', 'files', 'md5', '00'), { recursive: true });
  await symlink('/etc/shadow', join(repository, 'store', 'files', 'md5', '00', '0'.repeat(30)));
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=D', '-c', 'user.email=d@e', ...args]);
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'link');
  const bundle = join(root, 'linked.bundle');
  git('bundle', 'create', '--quiet', bundle, 'HEAD');
  const target = join(root, 'checkout');
  const refused = await refusal(checkoutBundle(bundle, target));
  expect(refused).toMatchObject({ code: 'source_unsupported' });
  expect(await readdir(target).catch(() => [])).not.toContain('store');
});

test('RT-490 the reader of a table sees the table’s own directory and no network, whatever paths its log names', async () => {
  const table = join(root, 'lake', 'loans');
  await mkdir(table, { recursive: true });
  const common = { columns: null, where: null, region: null, endpoint: null };
  const delta = (address: string) =>
    placeTable({ kind: 'delta', table: address, version: 0, ...common });
  const place = await delta(table);
  expect(place).toMatchObject({ network: false, mounts: [{ source: table, target: '/table' }] });
  expect(place?.mounts).toHaveLength(1);
  expect(await delta('/')).toBeUndefined();
  await symlink('/', join(root, 'lake', 'all'));
  expect(await delta(join(root, 'lake', 'all'))).toBeUndefined();
  const iceberg = (address: string) =>
    placeTable({ kind: 'iceberg', table: address, snapshot: '1', catalog: null, ...common });
  expect(await iceberg('/etc/00.metadata.json')).toBeUndefined();
  // Of a table elsewhere nothing of this machine is shown, so `file:///etc` in its metadata names nothing.
  expect(await iceberg('s3://bucket/t/metadata/00.metadata.json')).toMatchObject({ mounts: [] });
  expect(await delta('s3://bucket/t')).toMatchObject({ mounts: [] });
});
