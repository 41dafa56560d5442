// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../server/tests/database.ts';
import type { PostgresFacts } from '../../src/extract/snapshot-origin.ts';
import type { PostgresOrigin } from '../../src/file/origin-section.ts';
import { extract, snapshot } from './extract-for-test.ts';

const PASSWORD = 'p@ss/word:hunter2';

let root: string;
let database: TestDatabase;
let owner: Client;
let environment: Record<string, string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'postgres-source-'));
  database = await testDatabase();
  owner = new Client(database.ownerUrl);
  await owner.connect();
  await owner.query(`CREATE SCHEMA book`);
  await owner.query(`CREATE ROLE ${role()} LOGIN PASSWORD '${PASSWORD}'`);
  const connect = 'SELECT current_database() AS name';
  const { rows } = await owner.query<{ name: string }>(connect);
  await owner.query(`GRANT CONNECT ON DATABASE ${rows[0]?.name} TO ${role()}`);
  await owner.query(`GRANT USAGE ON SCHEMA book TO ${role()}`);
  await owner.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA book GRANT SELECT ON TABLES TO ${role()}`);
  const url = new URL(database.ownerUrl);
  url.username = role();
  url.password = encodeURIComponent(PASSWORD);
  environment = { COUNTERSIGN_SOURCE_RISK_WAREHOUSE: url.href };
}, 120_000);
afterAll(async () => {
  await owner?.query(`DROP OWNED BY ${role()}; DROP ROLE ${role()}`);
  await owner?.end();
  await database?.drop();
  await rm(root, { recursive: true, force: true });
});

function role(): string {
  return `reader_${process.pid}`;
}
function origin(query: string, more: Partial<PostgresOrigin> = {}): PostgresOrigin {
  return { postgres: 'risk-warehouse', query, ...more };
}
function read(query: string, more: Partial<PostgresOrigin> = {}) {
  return extract(root, origin(query, more), { environment });
}
async function text(query: string, more: Partial<PostgresOrigin> = {}): Promise<string> {
  return readFile((await read(query, more)).path, 'utf8');
}
async function refusal(work: Promise<unknown>): Promise<{ code?: string; message: string }> {
  return work.then(
    () => ({ message: 'nothing was refused' }),
    (error) => error,
  );
}

test('missing values, empty texts, quotes, dates and booleans are told apart in the bytes', async () => {
  const query = `SELECT * FROM (VALUES
    (1, NULL, true, 1.50::numeric(6,2), timestamptz '2026-01-01 12:00+02', 0.1::float8, '007'),
    (2, '', false, 2, NULL, 1e300, 'a "quoted", text')
  ) AS t(id, note, flag, amount, moment, score, code) -- a comment at the end;`;
  expect(await text(query)).toBe(
    `id,note,flag,amount,moment,score,code
1,,true,1.50,2026-01-01 10:00:00+00,0.1,007
2,"",false,2,,1e+300,"a ""quoted"", text"
`,
  );
  const extracted = await read(query);
  const taken = await snapshot(root, origin(query), extracted);
  const types = Object.fromEntries(taken.columns.map(({ name, type }) => [name, type]));
  expect(types).toEqual({
    id: 'integer',
    note: 'text',
    flag: 'boolean',
    amount: 'number',
    moment: 'timestamp',
    score: 'number',
    code: 'text',
  });
  const [whole] = taken.splits;
  const missing = whole?.profile?.map(({ name, missing: count }) => [name, count]);
  expect(missing).toContainEqual(['note', 1]);
  // A step that is given the split still sees which is which.
  expect(whole?.mounted?.digest).toBe(taken.content.digest);
  const { columns } = extracted.origin as PostgresFacts;
  expect(columns.map(({ name, type, nulls }) => [name, type, nulls])).toContainEqual([
    'note',
    'text',
    1,
  ]);
});

test('the record names the server, the snapshot, the moment, the query and its row count', async () => {
  const extracted = await read('SELECT 1 AS one UNION ALL SELECT 2;');
  const facts = extracted.origin as PostgresFacts;
  const { rows } = await owner.query<{ version: string; name: string }>(
    `SELECT current_setting('server_version') AS version, current_database() AS name`,
  );
  expect(facts).toMatchObject({
    postgres: 'risk-warehouse',
    serverVersion: rows[0]?.version,
    database: rows[0]?.name,
    rows: 2,
  });
  expect(facts.snapshot).toMatch(/^\d+:\d+:[\d,]*$/);
  expect(facts.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const taken = await snapshot(root, origin(facts.query), extracted);
  expect(taken.controlTotals).toEqual([
    { what: 'rows as counted by the source', declared: '2', found: '2', agrees: true },
  ]);
});

test('rows come in one order whatever order they lie in, and whatever the collation is', async () => {
  const insert = (rows: readonly string[]) =>
    owner.query(`TRUNCATE book.names; INSERT INTO book.names VALUES ${rows.join(', ')}`);
  await owner.query('CREATE TABLE book.names (name text, n numeric)');
  const rows = [`('b', 1)`, `('B', 2)`, `('a', 1.0)`, `('a', 1.00)`, `('ä', 3)`, `(NULL, 4)`];
  await insert(rows);
  const first = await text('SELECT * FROM book.names', { order_by: ['name'] });
  await insert(rows.toReversed());
  expect(await text('SELECT * FROM book.names', { order_by: ['name'] })).toBe(first);
  expect(first).toBe('name,n\nB,2\na,1.0\na,1.00\nb,1\nä,3\n,4\n');
  const numbers = await text('SELECT n FROM book.names', { order_by: ['n'] });
  expect(numbers).toBe('n\n1\n1.0\n1.00\n2\n3\n4\n');
});

test('while others write, the export is of one moment: debits equal credits', async () => {
  await owner.query('CREATE TABLE book.entries (account int, amount bigint, memo text)');
  await owner.query(
    `INSERT INTO book.entries SELECT a, 0, repeat('x', 200) FROM generate_series(1, 20000) a`,
  );
  const writer = await startTransfers();
  try {
    const { order_by } = { order_by: ['account'] };
    for (let round = 0; round < 3; round += 1) {
      const before = writer.made();
      const extracted = await read('SELECT * FROM book.entries', { order_by });
      const lines = (await readFile(extracted.path, 'utf8')).trim().split('\n').slice(1);
      const sum = lines.reduce((total, line) => total + BigInt(line.split(',')[1] ?? '0'), 0n);
      expect(sum).toBe(0n);
      expect(lines.length).toBe((extracted.origin as PostgresFacts).rows);
      // Without a transfer in the meantime the round would show nothing.
      expect(writer.made()).toBeGreaterThan(before);
    }
  } finally {
    await writer.stop();
  }
});

/** Moves amounts between accounts and opens new pairs of entries, one transaction after the other, until it is stopped. */
async function startTransfers() {
  const client = new Client(database.ownerUrl);
  await client.connect();
  let made = 0;
  let isOn = true;
  const done = (async () => {
    while (isOn) {
      await client.query('BEGIN');
      await client.query('UPDATE book.entries SET amount = amount - 7 WHERE account = $1', [
        1 + (made % 10_000),
      ]);
      await client.query(`INSERT INTO book.entries VALUES ($1, 7, 'new')`, [30_000 + made]);
      await client.query('COMMIT');
      made += 1;
    }
  })();
  return {
    made: () => made,
    stop: async () => {
      isOn = false;
      await done;
      await client.end();
    },
  };
}

test('a query can write nothing, and a second statement behind it is refused', async () => {
  await owner.query('CREATE TABLE book.kept (id int)');
  await owner.query(`GRANT ALL ON book.kept TO ${role()}`);
  await owner.query(`CREATE FUNCTION book.add() RETURNS int LANGUAGE sql AS
    'INSERT INTO book.kept VALUES (1) RETURNING id'`);
  const queries = [
    'SELECT book.add() AS id',
    'INSERT INTO book.kept VALUES (2) RETURNING id',
    'SELECT 1 AS id) AS source) TO STDOUT; INSERT INTO book.kept VALUES (3); COPY (SELECT * FROM (SELECT 1 AS id',
    `SELECT 1 AS id) AS source) TO PROGRAM 'true' --`,
    'SELECT 1 AS id; COMMIT; INSERT INTO book.kept VALUES (4)',
  ];
  for (const query of queries) {
    const refused = await refusal(read(query));
    expect(refused).toMatchObject({ code: 'source_refused' });
    expect(refused.message).toMatch(/read-only transaction|syntax error|multiple commands/);
  }
  const { rows } = await owner.query('SELECT * FROM book.kept');
  expect(rows).toEqual([]);
});

test('columns of one name, or an order by no column, are refused with their line', async () => {
  const doubled = await refusal(read('SELECT 1 AS a, 2 AS a'));
  expect(doubled).toMatchObject({ code: 'column_missing' });
  expect(doubled.message).toContain('countersign.yaml:from.query: ');
  const order = await refusal(read('SELECT 1 AS a', { order_by: ['b'] }));
  expect(order.message).toContain('countersign.yaml:from.order_by.0: ');
});

test('a connection that is not set, not an address or not let in is told without its password', async () => {
  const unset = await refusal(
    extract(root, origin('SELECT 1', { postgres: 'other' }), { environment }),
  );
  expect(unset).toMatchObject({ code: 'source_credentials_missing' });
  expect(unset.message).toContain('`COUNTERSIGN_SOURCE_OTHER`');
  const address = environment.COUNTERSIGN_SOURCE_RISK_WAREHOUSE ?? '';
  const wrong = new URL(address);
  wrong.password = 'swordfish-2';
  const broken = [
    wrong.href,
    `postgres://u:swordfish-2@127.0.0.1:9/x`,
    'postgres://u:swordfish-2@no-such-host.invalid/x',
    'postgres://u:swordfish-2@[bad/x',
    'host=localhost password=swordfish-2',
  ];
  for (const value of broken) {
    const refused = await refusal(
      extract(root, origin('SELECT 1 AS a'), {
        environment: { COUNTERSIGN_SOURCE_RISK_WAREHOUSE: value },
      }),
    );
    expect(refused.code).toMatch(/^source_(?:refused|unreachable)$/);
    expect(inspectDeep(refused)).not.toContain('swordfish');
  }
});

test('a server that ends the transaction in its midst is asked again, and nothing half is left', async () => {
  let ended = 0;
  const report = (): void => {
    if (ended > 0) return;
    ended += 1;
    void owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role()}'`,
    );
  };
  await owner.query(
    'CREATE TABLE book.wide AS SELECT i, md5(i::text) AS a FROM generate_series(1, 200000) i',
  );
  const extracted = await extract(root, origin('SELECT * FROM book.wide'), {
    environment,
    report,
  });
  expect(ended).toBe(1);
  expect((await readFile(extracted.path, 'utf8')).split('\n').length).toBe(200_002);
});

test('a run that is stopped leaves no query behind', async () => {
  const stop = new AbortController();
  // Would run for hours.
  const query = 'SELECT i FROM generate_series(1, 100000) i, generate_series(1, 1000000) j';
  const extracting = extract(root, origin(query), { environment, signal: stop.signal });
  const running = async () => {
    const { rows } = await owner.query(
      `SELECT 1 FROM pg_stat_activity WHERE usename = '${role()}' AND query LIKE 'SELECT count%'`,
    );
    return rows.length;
  };
  const patient = { timeout: 20_000, interval: 50 };
  await vi.waitFor(async () => expect(await running()).toBe(1), patient);
  stop.abort();
  expect(await refusal(extracting)).toMatchObject({ name: 'AbortError' });
  await vi.waitFor(async () => expect(await running()).toBe(0), patient);
});

/** Everything that a log could print of an error: message, stack, causes, details. */
function inspectDeep(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true, maxStringLength: null });
}
