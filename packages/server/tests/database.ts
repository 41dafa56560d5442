// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { connectClient, type DatabaseHandle, openDatabase } from '../src/store/database.ts';
import { ensureDatabase, prepareDatabase } from '../src/store/prepare-database.ts';

export interface TestDatabase extends DatabaseHandle {
  /** Superuser of the same database: what an attacker with SQL as owner has. */
  readonly ownerUrl: string;
  /** Superuser of the server, for what needs more than one database. */
  readonly serverUrl: string;
  drop(): Promise<void>;
}

/**
 * A migrated database of its own on a real PostgreSQL that the whole test run shares: the embedded one, or
 * Debian's with COUNTERSIGN_TEST_PG=debian15.
 */
export async function testDatabase(
  options: { readonly poolMax?: number; readonly template?: string } = {},
): Promise<TestDatabase> {
  const serverUrl = await sharedPostgres();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const ownerUrl = await ensureDatabase(serverUrl, name, {
    template: options.template ?? 'countersign_template',
  });
  const { url } = await prepareDatabase(ownerUrl, randomBytes(12).toString('hex'));
  const handle = await openDatabase({ url, poolMax: options.poolMax ?? 10 });
  return {
    ...handle,
    ownerUrl,
    serverUrl,
    drop: async () => {
      await handle.close();
      const client = await connectClient(serverUrl);
      await client.query(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`);
      await client.query(`DROP ROLE ${escapeIdentifier(`${name}_application`)}`);
      await client.end();
    },
  };
}

/** Programs to test against: undefined for the packaged ones. */
export function testBinDir(): string | undefined {
  return process.env.COUNTERSIGN_TEST_PG === 'debian15' ? '/usr/lib/postgresql/15/bin' : undefined;
}

const MEMORY_BYTES_MIN = 8 * 1024 ** 3;

/**
 * Memory where the machine has enough of it: every test has a database of its own, and most of what it costs is waiting
 * for a disk. By size and not by what is free, so that every test file of the run says the same.
 */
async function sharedDirectory(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => undefined);
  return memory !== undefined && memory.blocks * memory.bsize >= MEMORY_BYTES_MIN
    ? '/dev/shm'
    : tmpdir();
}

/** URL of the run's server. Test files are processes of one parent, whose pid names the run. */
async function sharedPostgres(): Promise<string> {
  const binDir = testBinDir();
  const kind = binDir === undefined ? 'packaged' : 'debian15';
  const directory = join(await sharedDirectory(), `countersign-test-${process.ppid}-${kind}`);
  const first = await mkdir(directory).then(
    () => true,
    () => false, // another test file came first and starts the server
  );
  if (first) {
    const log = await open(join(directory, 'shared-postgres.log'), 'a');
    const script = join(import.meta.dirname, 'shared-postgres.ts');
    const args = [
      script,
      directory,
      String(process.ppid),
      ...(binDir === undefined ? [] : [binDir]),
    ];
    spawn(process.execPath, args, { detached: true, stdio: ['ignore', log.fd, log.fd] }).unref();
    await log.close();
  }
  for (let attempt = 0; attempt < 1_200; attempt += 1) {
    const url = await readFile(join(directory, 'ready'), 'utf8').catch(() => undefined);
    if (url !== undefined) {
      return url;
    }
    const failure = await readFile(join(directory, 'failed'), 'utf8').catch(() => undefined);
    if (failure !== undefined) {
      throw new Error(`the test database did not start: ${failure}; see ${directory}`);
    }
    await sleep(50);
  }
  throw new Error(`no database after 60 s; see ${directory}/shared-postgres.log`);
}
