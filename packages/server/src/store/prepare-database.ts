// SPDX-License-Identifier: Apache-2.0
import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { connectClient } from './database.ts';
import { migrate } from './migrate.ts';

export interface PreparedDatabase {
  /** The application role's URL: everything but maintenance uses this one. */
  readonly url: string;
  /** Names of the migrations applied now. */
  readonly applied: readonly string[];
}

/**
 * Migrates a database as its owner and gives it an application role, which can log in with `password` and
 * cannot update or delete records, log or decisions. The owner needs CREATEROLE (or be superuser).
 * @throws ServerError `database_unreachable`, `migration_changed`
 */
export async function prepareDatabase(
  ownerUrl: string,
  password: string,
): Promise<PreparedDatabase> {
  const owner = await connectClient(ownerUrl);
  try {
    const applied = await migrate(owner);
    const role = await ensureApplicationRole(owner, password);
    return { url: withCredentials(ownerUrl, role, password), applied };
  } finally {
    await owner.end();
  }
}

/** Creates `name` on the server of `url` when it is missing, optionally as a copy of `template`. */
export async function ensureDatabase(
  url: string,
  name: string,
  options: { template?: string } = {},
): Promise<string> {
  const client = await connectClient(url);
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) {
      const template = options.template ?? 'template1';
      await client.query(
        `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)}`,
      );
    }
  } finally {
    await client.end();
  }
  const found = new URL(url);
  found.pathname = `/${encodeURIComponent(name)}`;
  return found.href;
}

async function ensureApplicationRole(owner: Client, password: string): Promise<string> {
  const { rows } = await owner.query<{ database: string }>('SELECT current_database() AS database');
  const database = rows[0]!.database;
  const role = `${database}_application`;
  const quoted = escapeIdentifier(role);
  const { rows: found } = await owner.query<RoleAttributes>(
    'SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = $1',
    [role],
  );
  const verb = found.length === 0 ? 'CREATE' : 'ALTER';
  await owner.query(
    `${verb} ROLE ${quoted} LOGIN ${withdrawn(found[0])} PASSWORD ${escapeLiteral(password)}`,
  );
  const on = escapeIdentifier(database);
  // CREATE lets it make schemas of its own (the job queue's); in ours it owns nothing.
  await owner.query(`GRANT countersign_grants TO ${quoted};
    REVOKE ALL ON DATABASE ${on} FROM PUBLIC;
    GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${on} TO ${quoted}`);
  return role;
}

interface RoleAttributes {
  readonly rolsuper: boolean;
  readonly rolcreatedb: boolean;
  readonly rolcreaterole: boolean;
}

/**
 * What a role must not have. Of one that exists only what it does have is named: ALTER ROLE with NOSUPERUSER wants a superuser
 * even where nothing changes, and an owner with CREATEROLE is enough for the rest.
 */
function withdrawn(role: RoleAttributes | undefined): string {
  const barred = [
    [role?.rolsuper, 'NOSUPERUSER'],
    [role?.rolcreatedb, 'NOCREATEDB'],
    [role?.rolcreaterole, 'NOCREATEROLE'],
  ] as const;
  return barred.flatMap(([has, without]) => (has === false ? [] : [without])).join(' ');
}

function withCredentials(url: string, role: string, password: string): string {
  const found = new URL(url);
  found.username = encodeURIComponent(role);
  found.password = encodeURIComponent(password);
  return found.href;
}
