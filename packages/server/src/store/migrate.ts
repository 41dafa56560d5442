// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { ServerError } from '../errors.ts';

export interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly digest: string;
}

const DIRECTORY = join(import.meta.dirname, 'migrations');

/** Numbered SQL files in order of their number. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(DIRECTORY)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(DIRECTORY, name), 'utf8');
      return { name, sql, digest: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Any fixed number; two servers that start at once then migrate one after the other. */
const MIGRATION_LOCK = 7_301_001;

/**
 * Applies what is missing, each file in its own transaction together with its journal row: a crash leaves a
 * file applied and journalled, or neither. Must run as the owner.
 * @returns names of the files applied now
 * @throws ServerError `migration_changed` when an applied file no longer has the bytes it was applied with
 */
export async function migrate(owner: Client): Promise<readonly string[]> {
  const migrations = await readMigrations();
  await owner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
  try {
    const journal = await readJournal(owner);
    const applied: string[] = [];
    for (const migration of migrations) {
      const digest = journal.get(migration.name);
      if (digest === undefined) {
        await apply(owner, migration);
        applied.push(migration.name);
      } else if (digest !== migration.digest) {
        throw changed(migration, digest);
      }
    }
    return applied;
  } finally {
    await owner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  }
}

async function readJournal(owner: Client): Promise<ReadonlyMap<string, string>> {
  await owner.query(
    `CREATE TABLE IF NOT EXISTS migration (
       name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz(3) NOT NULL DEFAULT now());
     COMMENT ON TABLE migration IS 'Which files of store/migrations were applied, with the digest of each.'`,
  );
  const { rows } = await owner.query<{ name: string; digest: string }>(
    'SELECT name, digest FROM migration',
  );
  return new Map(rows.map((row) => [row.name, row.digest]));
}

async function apply(owner: Client, migration: Migration): Promise<void> {
  await owner.query('BEGIN');
  try {
    await owner.query(migration.sql);
    await owner.query('INSERT INTO migration (name, digest) VALUES ($1, $2)', [
      migration.name,
      migration.digest,
    ]);
    await owner.query('COMMIT');
  } catch (cause) {
    await owner.query('ROLLBACK');
    throw cause;
  }
}

function changed(migration: Migration, digest: string): ServerError {
  return new ServerError(
    'migration_changed',
    `migration \`${migration.name}\` was applied with other bytes; applied files stay as they are, put the change into a new one`,
    { details: { name: migration.name, applied: digest, found: migration.digest } },
  );
}
