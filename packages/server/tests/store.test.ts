// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readCatalogue } from '../src/store/catalogue.ts';
import { connectClient, openDatabase } from '../src/store/database.ts';
import { locatePackage, packagedBinaries } from '../src/store/embedded/binaries.ts';
import { startEmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts';
import { chooseLauncher, setprivLauncher } from '../src/store/embedded/launcher.ts';
import { openEmbeddedDatabase } from '../src/store/embedded-database.ts';
import { readMigrations } from '../src/store/migrate.ts';
import { ensureDatabase, prepareDatabase } from '../src/store/prepare-database.ts';
import { openFilePublishedStore } from '../src/store/published-store.ts';
import { type TestDatabase, testBinDir, testDatabase } from './database.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'store-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

const binDir = testBinDir();
const server = () => ({
  directory: join(scratch, 'pg'),
  ...(binDir === undefined ? {} : { binDir }),
});

describe('the embedded server', () => {
  test('starts in a 0700 directory, as whoever we are, and keeps its password to itself', async () => {
    await chmod(scratch, 0o700);
    const postgres = await startEmbeddedPostgres(server());
    try {
      for (const url of [postgres.url, postgres.tcpUrl]) {
        const client = await connectClient(url);
        const { rows } = await client.query(
          `SELECT current_setting('data_checksums') AS checksums, current_setting('fsync') AS fsync,
                  current_setting('synchronous_commit') AS sync,
                  pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = 'template1'`,
        );
        expect(rows).toEqual([{ checksums: 'on', fsync: 'on', sync: 'on', encoding: 'UTF8' }]);
        await client.end();
      }
      expect((await stat(join(scratch, 'pg', 'password'))).mode & 0o777).toBe(0o600);
      const wrong = postgres.tcpUrl.replace(/:[^:@]*@/, ':wrong@');
      await expect(connectClient(wrong)).rejects.toMatchObject({ code: 'database_unreachable' });
    } finally {
      await postgres.stop();
    }
    expect(await readdir(join(scratch, 'pg', 'data'))).not.toContain('postmaster.pid');
  });

  test('is adopted, data and all, when the process that started it was killed', async () => {
    const script = `
      const { openEmbeddedDatabase } = await import(${JSON.stringify(join(import.meta.dirname, '../src/store/embedded-database.ts'))});
      const opened = await openEmbeddedDatabase(${JSON.stringify(server())});
      await opened.db.insertInto('decision_key').values({ caller: 'c', key: 'k', body_digest: 'd', decision: 'x',
        gateway: 'g', epoch: 1, batch: 1, index: 0, business_hmac: null, subject_hmac: null }).execute();
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'inherit',
    });
    await new Promise((settle) => child.once('exit', settle));
    const opened = await openEmbeddedDatabase(server());
    try {
      expect(opened.postgres.adopted).toBe(true);
      expect(await opened.db.selectFrom('decision_key').select('key').execute()).toEqual([
        { key: 'k' },
      ]);
    } finally {
      await opened.close();
    }
    await expect(connectClient(opened.url)).rejects.toMatchObject({ code: 'database_unreachable' });
  });

  test('recovers after its own death, ignoring the stale pid file', async () => {
    const first = await startEmbeddedPostgres(server());
    process.kill(first.pid, 'SIGKILL');
    const second = await startEmbeddedPostgres(server());
    expect(second.pid).not.toBe(first.pid);
    const client = await connectClient(second.url);
    await client.query('SELECT 1');
    await client.end();
    await second.stop();
  });

  test('replaces a first start that died half way through initdb', async () => {
    await mkdir(join(scratch, 'pg', 'data.partial'), { recursive: true });
    await writeFile(join(scratch, 'pg', 'data.partial', 'PG_VERSION'), '18\n');
    const postgres = await startEmbeddedPostgres(server());
    await postgres.stop();
    expect(await readdir(join(scratch, 'pg'))).not.toContain('data.partial');
  });

  test('has a socket even where the directory is too deep for one', async () => {
    const directory = join(scratch, 'd'.repeat(100));
    const postgres = await startEmbeddedPostgres({ ...server(), directory });
    const client = await connectClient(postgres.url);
    await client.end();
    await postgres.stop();
  });

  test('a data directory of another major version is refused with what to do', async () => {
    await mkdir(join(scratch, 'pg', 'data'), { recursive: true });
    await writeFile(join(scratch, 'pg', 'data', 'PG_VERSION'), '12\n');
    await expect(startEmbeddedPostgres(server())).rejects.toMatchObject({
      code: 'postgres_failed',
    });
  });

  test.runIf(process.getuid?.() === 0)(
    'falls back to setpriv and back again on the same data',
    async () => {
      await chmod(scratch, 0o711); // the other identity must be able to reach its directory
      const uid = 65534; // nobody
      const setpriv = setprivLauncher(uid);
      for (const launcher of [setpriv, undefined, setpriv]) {
        const postgres = await startEmbeddedPostgres({
          ...server(),
          ...(launcher === undefined ? {} : { launcher }),
        });
        const owner = Number(
          execFileSync('stat', ['-c', '%u', `/proc/${postgres.pid}`], { encoding: 'utf8' }),
        );
        expect(owner).toBe(launcher === undefined ? 0 : uid);
        await postgres.stop();
      }
    },
  );

  test('creates the library links that a skipped install script left out', async () => {
    const packageDir = await packageWithoutLinks();
    const launcher = await chooseLauncher(process.getuid?.() ?? 1);
    const found = await packagedBinaries(launcher, join(scratch, 'cache'), packageDir);
    expect(found).toEqual({ binDir: join(packageDir, 'native', 'bin'), majorVersion: 18 });
  });

  test.runIf(process.getuid?.() === 0)(
    'runs a copy of its programs where their own directory is closed to it',
    async () => {
      await chmod(scratch, 0o711);
      const packageDir = await packageWithoutLinks();
      await chmod(packageDir, 0o700);
      const cacheDir = join(scratch, 'cache');
      const found = await packagedBinaries(setprivLauncher(65534), cacheDir, packageDir);
      expect(found.binDir.startsWith(cacheDir)).toBe(true);
      expect(await packagedBinaries(setprivLauncher(65534), cacheDir, packageDir)).toEqual(found);
    },
  );

  async function packageWithoutLinks(): Promise<string> {
    const packageDir = join(scratch, 'package');
    await cp(locatePackage(), packageDir, { recursive: true });
    const links = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8');
    for (const { target } of JSON.parse(links)) {
      await rm(join(packageDir, target), { force: true });
    }
    return packageDir;
  }
});

describe('a database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.drop());

  test('built from nothing has exactly the committed catalogue', async () => {
    const name = `fresh_${process.pid}`;
    const ownerUrl = await ensureDatabase(database.serverUrl, name);
    const { applied, url } = await prepareDatabase(ownerUrl, 'secret');
    expect(applied).toEqual((await readMigrations()).map((migration) => migration.name));
    const client = await connectClient(ownerUrl);
    const found = await readCatalogue(client);
    await client.end();
    await dropDatabase(name);
    expect(new URL(url).username).toBe(`${name}_application`);
    const path = join(import.meta.dirname, '../src/store/catalogue.txt');
    if (process.env.UPDATE_CATALOGUE === '1') {
      await writeFile(path, `${found.join('\n')}\n`);
    }
    expect(found).toEqual((await readFile(path, 'utf8')).trimEnd().split('\n'));
  });

  test('is prepared at every start by an owner with CREATEROLE who is no superuser', async () => {
    const name = `plain_${process.pid}`;
    const ownerUrl = new URL(await ensureDatabase(database.serverUrl, name));
    const client = await connectClient(database.serverUrl);
    await client.query(`CREATE ROLE ${name}_owner LOGIN CREATEROLE PASSWORD 'owner'`);
    await client.query(`ALTER DATABASE ${name} OWNER TO ${name}_owner`);
    // Roles of the whole server are another owner's here; on a server of one firm they are its own.
    await client.query(`GRANT countersign_grants TO ${name}_owner WITH ADMIN OPTION`);
    ownerUrl.username = `${name}_owner`;
    ownerUrl.password = 'owner';
    await prepareDatabase(ownerUrl.href, 'first');
    const { url } = await prepareDatabase(ownerUrl.href, 'second');
    const { rows } = await client.query(
      'SELECT rolsuper, rolcreatedb, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = $1',
      [`${name}_application`],
    );
    await (await connectClient(url)).end();
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.query(`DROP ROLE ${name}_application, ${name}_owner`);
    await client.end();
    expect(rows).toEqual([
      { rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolcanlogin: true },
    ]);
  });

  test('migrating twice changes nothing; a changed file is refused', async () => {
    expect((await prepareDatabase(database.ownerUrl, passwordOf(database.url))).applied).toEqual(
      [],
    );
    const client = await connectClient(database.ownerUrl);
    const name = (await readMigrations())[0]!.name;
    await client.query('BEGIN');
    await client.query(`UPDATE migration SET digest = 'other' WHERE name = $1`, [name]);
    await client.query('COMMIT');
    await expect(
      prepareDatabase(database.ownerUrl, passwordOf(database.url)),
    ).rejects.toMatchObject({ code: 'migration_changed' });
    const digest = (await readMigrations())[0]!.digest;
    await client.query('UPDATE migration SET digest = $2 WHERE name = $1', [name, digest]);
    await client.end();
  });

  test('says of every table what it holds and whether it is trusted', async () => {
    const { rows } = await database.pool.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
          AND obj_description(oid) IS NULL`,
    );
    expect(rows).toEqual([]);
  });

  test.each([
    ['records', 'SELECT * FROM record WHERE workspace = $1', 'recorded_at', 'digest'],
    ['decisions', 'SELECT * FROM decision WHERE workspace = $1', 'decided_at', 'id'],
  ])('reads a page of %s in the order of an index, without sorting', async (_, list, at, id) => {
    const client = await connectClient(database.url);
    try {
      await client.query('SET enable_seqscan = off');
      const page = `EXPLAIN ${list} AND (${at}, ${id}) < (now(), 'f') ORDER BY ${at} DESC, ${id} DESC LIMIT 50`;
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(page, ['main']);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(
        new RegExp(`Index Cond: .*\\(${at}, ${id}\\) <|Index Cond: .*ROW\\(${at}, `),
      );
      expect(plan).not.toContain('Sort');
    } finally {
      await client.end();
    }
  });

  test('the application role cannot update or delete records, log or decisions', async () => {
    const fixed = [
      'record',
      'record_link',
      'log_entry',
      'log_tile',
      'checkpoint',
      'decision_batch',
    ];
    for (const table of [...fixed, 'decision', 'decision_key', 'action', 'outcome']) {
      await expect(database.pool.query(`DELETE FROM ${table}`)).rejects.toMatchObject({
        code: '42501',
      });
      await expect(
        database.pool.query(`UPDATE ${table} SET workspace = 'other'`),
      ).rejects.toMatchObject({ code: '42501' });
      await expect(database.pool.query(`TRUNCATE ${table}`)).rejects.toMatchObject({
        code: '42501',
      });
    }
    // Parts go by a listed deletion alone (0302).
    await expect(database.pool.query('DELETE FROM decision_part')).rejects.toMatchObject({
      code: '42501',
    });
    for (const table of ['retention_item', 'retention_outcome']) {
      await expect(database.pool.query(`DELETE FROM ${table}`)).rejects.toMatchObject({
        code: '42501',
      });
    }
  });

  test('an application role cannot enter another database of the server', async () => {
    const other = await testDatabase();
    const url = new URL(database.url);
    url.pathname = new URL(other.url).pathname;
    await expect(connectClient(url.href)).rejects.toMatchObject({ code: 'database_unreachable' });
    await other.drop();
  });

  test('is refused when acknowledged commits could be lost', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c synchronous_commit=off');
    await expect(openDatabase({ url: url.href })).rejects.toMatchObject({
      code: 'database_unsuitable',
    });
    const postgres = await startEmbeddedPostgres({ ...server(), settings: ['fsync=off'] });
    await expect(openDatabase({ url: postgres.url })).rejects.toThrow(/fsync=off/);
    await postgres.stop();
  });

  test('is refused without its migrations, and an unreachable one hides the password', async () => {
    const name = `bare_${process.pid}`;
    const url = await ensureDatabase(database.serverUrl, name);
    await expect(openDatabase({ url })).rejects.toThrow(/0001_init.sql/);
    await dropDatabase(name);
    const failed = openDatabase({ url: 'postgres://user:secret@127.0.0.1:1/none' });
    await expect(failed).rejects.toMatchObject({ code: 'database_unreachable' });
    await expect(failed).rejects.not.toThrow(/secret/);
  });

  test('an integer beyond 2^53 is an error, never a rounded number', async () => {
    await expect(database.pool.query('SELECT 9007199254740993::int8')).rejects.toThrow(/2\^53/);
    const { rows } = await database.pool.query('SELECT 9007199254740991::int8 AS n');
    expect(rows).toEqual([{ n: 9007199254740991 }]);
  });

  async function dropDatabase(name: string): Promise<void> {
    const client = await connectClient(database.serverUrl);
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.query(`DROP ROLE IF EXISTS ${name}_application`);
    await client.end();
  }
});

describe('the published store', () => {
  test('replaces objects whole, lists one directory by prefix, removes', async () => {
    const store = openFilePublishedStore(join(scratch, 'log'));
    await store.put('records/x000/060-85', Buffer.from('a'));
    await store.put('records/x000/060-90', Buffer.from('b'));
    await store.put('records/x000/061-90', Buffer.from('c'));
    await store.put('records/x000/060-85', Buffer.from('d'));
    expect(await store.list('records/x000/060-')).toEqual([
      'records/x000/060-85',
      'records/x000/060-90',
    ]);
    expect(String(await store.get('records/x000/060-85'))).toBe('d');
    await store.remove('records/x000/060-85');
    await store.remove('records/x000/060-85');
    expect(await store.get('records/x000/060-85')).toBeUndefined();
    expect(await store.list('nothing/here-')).toEqual([]);
  });

  test('no path leaves its directory', async () => {
    const store = openFilePublishedStore(join(scratch, 'log'));
    await symlink(tmpdir(), join(scratch, 'outside'));
    for (const path of ['../outside/x', '/etc/passwd', 'a/../../b', '', 'a//b', '.hidden']) {
      await expect(store.put(path, Buffer.from('x'))).rejects.toMatchObject({
        code: 'published_path_invalid',
      });
      await expect(store.get(path)).rejects.toMatchObject({ code: 'published_path_invalid' });
    }
  });
});

function passwordOf(url: string): string {
  return decodeURIComponent(new URL(url).password);
}
