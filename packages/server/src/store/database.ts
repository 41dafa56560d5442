// SPDX-License-Identifier: Apache-2.0
import { Kysely, PostgresDialect } from 'kysely';
import { Client, type ClientConfig, Pool, types } from 'pg';
import { ServerError } from '../errors.ts';
import type { Database } from './database-types.ts';
import { readMigrations } from './migrate.ts';

export interface DatabaseHandle {
  readonly url: string;
  readonly db: Kysely<Database>;
  readonly pool: Pool;
  /** A connection outside the pool, for session locks and LISTEN; the caller ends it. */
  connect(): Promise<Client>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Connections kept at most. The embedded server has 60 for everything. */
  readonly poolMax?: number;
}

/**
 * Opens a prepared database (see `prepareDatabase`) with the rights of the URL's role.
 * @throws ServerError `database_unreachable`; `database_unsuitable` when it is older than PostgreSQL 15, could
 * lose acknowledged commits (`fsync` or `synchronous_commit` off), or lacks a migration
 */
export async function openDatabase(options: DatabaseOptions): Promise<DatabaseHandle> {
  const config = clientConfig(options.url);
  const pool = new Pool({ ...config, max: options.poolMax ?? 10 });
  // An idle connection that breaks is replaced by the pool; the next query reports a lost server.
  pool.on('error', () => {});
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    await checkServer(pool);
    await checkMigrations(pool);
  } catch (cause) {
    await db.destroy();
    throw cause;
  }
  return {
    url: options.url,
    db,
    pool,
    connect: () => connectClient(options.url),
    close: () => db.destroy(),
  };
}

/** A single connection with our type parsers. @throws ServerError `database_unreachable` */
export async function connectClient(url: string): Promise<Client> {
  const client = new Client(clientConfig(url));
  // Without a listener a lost connection would end the process; the query under way rejects as well.
  client.on('error', () => {});
  await client.connect().catch((cause) => {
    throw unreachable(url, cause);
  });
  return client;
}

function clientConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'countersign',
    connectionTimeoutMillis: 10_000,
    types: {
      getTypeParser: (oid, format) =>
        oid === INT8 && format !== 'binary' ? safeInteger : types.getTypeParser(oid, format),
    },
  };
}

const INT8 = 20;

/** Indexes, sizes and counters are int8; none of ours can pass 2^53, and one that did must not be rounded. */
function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`integer ${text} of the database is beyond 2^53`);
  }
  return value;
}

async function checkServer(pool: Pool): Promise<void> {
  const { rows } = await pool
    .query<{ version: number; fsync: string; sync: string }>(
      `SELECT current_setting('server_version_num')::int AS version,
              current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync`,
    )
    .catch((cause) => {
      throw unreachable(pool.options.connectionString ?? '', cause);
    });
  const { version, fsync, sync } = rows[0]!;
  if (version < 150_000) {
    throw unsuitable(
      `PostgreSQL ${Math.floor(version / 10_000)} is too old; use version 15 or later`,
    );
  }
  if (fsync !== 'on') {
    throw unsuitable(
      'the server runs with `fsync=off` and could lose acknowledged records; turn it on',
    );
  }
  if (sync === 'off') {
    throw unsuitable(
      'the server runs with `synchronous_commit=off` and could lose acknowledged records; turn it on',
    );
  }
}

async function checkMigrations(pool: Pool): Promise<void> {
  const { rows } = await pool
    .query<{ name: string }>('SELECT name FROM migration')
    .catch(() => ({ rows: [] }));
  const applied = new Set(rows.map((row) => row.name));
  const missing = (await readMigrations()).filter(({ name }) => !applied.has(name));
  if (missing.length > 0) {
    throw unsuitable(
      `migration \`${missing[0]!.name}\` has not been applied; run \`countersign up\` with the owner's URL`,
    );
  }
}

function unsuitable(message: string): ServerError {
  return new ServerError('database_unsuitable', message);
}

function unreachable(url: string, cause: unknown): ServerError {
  const shown = url.replace(/\/\/([^:@/]*):[^@]*@/, '//$1:***@');
  return new ServerError(
    'database_unreachable',
    `database \`${shown}\` does not answer; check the URL and that the server runs`,
    { details: { url: shown }, cause },
  );
}
