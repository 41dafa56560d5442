// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DatabaseHandle } from '@countersign/server';
import { CliError } from '../errors.ts';
import { type DataConfig, readConfigFile } from '../profile/profile.ts';
import { type BackupManifest, COPIED, readBackupManifest } from './backup.ts';
import { logIdentityOf } from './log-identity.ts';

const BATCH_ROWS = 500;

export interface RestoreOptions {
  readonly backup: string;
  /** A new directory. */
  readonly dataDir: string;
  /** An empty database of the firm's own, by its owner's URL; the embedded one when absent. */
  readonly databaseUrl?: string;
  readonly now: () => Date;
  readonly progress: (text: string) => void;
}

export interface Restored {
  readonly root: string;
  readonly size: number;
  readonly rows: number;
}

/**
 * Makes a data directory from a backup: the log and its records are rebuilt from the published bytes, which prove
 * themselves, and the other tables are read back in one transaction.
 * @throws CliError `refused`, `file_invalid`; ServerError of store and ledger
 */
export async function restoreData(options: RestoreOptions): Promise<Restored> {
  const { backup, dataDir, progress } = options;
  const manifest = await readBackupManifest(backup);
  await refuseDamage(backup, manifest);
  await mkdir(dataDir, { recursive: true, mode: 0o755 });
  for (const name of COPIED) {
    progress(`copying ${name}`);
    await cp(join(backup, name), join(dataDir, name), { recursive: true });
  }
  const config = await readBackupConfig(backup, manifest);
  const server = await import('@countersign/server');
  const data = await openOwner(options);
  try {
    progress('rebuilding the log');
    const { openFileBlobStore } = await import('@countersign/pipeline');
    const blobs = openFileBlobStore(join(dataDir, 'blobs'), { keys: server.openDataKeys(dataDir) });
    const published = server.openFilePublishedStore(join(dataDir, 'published'));
    const place = {
      dataDir,
      config,
      blobs,
      published,
      database: data.application,
      close: data.close,
    };
    const log = await logIdentityOf(place, manifest.root);
    const { size } = await server.rebuildDatabase({
      database: data.application,
      published,
      blobs,
      log,
      now: options.now,
    });
    const rows = await readBack(data.owner, backup, { manifest, progress });
    const { databaseUrl } = options;
    const { databaseUrl: _old, ...kept } = config;
    await server.writeConfig(dataDir, {
      v: 1,
      ...kept,
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    });
    return { root: manifest.root, size, rows };
  } finally {
    await data.close();
  }
}

async function readBackupConfig(backup: string, manifest: BackupManifest): Promise<DataConfig> {
  const config = readConfigFile(backup);
  if (config?.root === manifest.root) return config;
  throw new CliError('file_invalid', `\`${backup}\` holds the configuration of another firm`);
}

async function refuseDamage(backup: string, { tables }: BackupManifest): Promise<void> {
  for (const { name, digest } of tables) {
    const bytes = await readFile(join(backup, 'tables', `${name}.ndjson`)).catch(() => undefined);
    const found =
      bytes === undefined ? 'nothing' : createHash('sha256').update(bytes).digest('hex');
    if (found !== digest) {
      throw new CliError(
        'file_invalid',
        `table \`${name}\` of the backup is damaged; nothing was restored`,
      );
    }
  }
}

/** The application's rights for the log, the owner's for sequences: the application cannot reset one. */
async function openOwner({ dataDir, databaseUrl }: RestoreOptions) {
  const { openData, openDatabase, openEmbeddedDatabase } = await import('@countersign/server');
  if (databaseUrl !== undefined) {
    const data = await openData({ dataDir, databaseUrl });
    const owner = await openDatabase({ url: databaseUrl });
    return { application: data.database, owner, close: () => closeAll([owner, data]) };
  }
  const application = await openEmbeddedDatabase({ directory: join(dataDir, 'postgres') });
  const owner = await openDatabase({ url: application.ownerUrl });
  return { application, owner, close: () => closeAll([owner, application]) };
}

async function closeAll(handles: readonly { close(): Promise<void> }[]): Promise<void> {
  for (const one of handles) await one.close();
}

type Client = Awaited<ReturnType<DatabaseHandle['connect']>>;

async function readBack(
  owner: DatabaseHandle,
  backup: string,
  at: { readonly manifest: BackupManifest; readonly progress: (text: string) => void },
): Promise<number> {
  const client = await owner.connect();
  try {
    await client.query('BEGIN');
    const order = await parentsFirst(client);
    const tables = [...at.manifest.tables].sort(
      (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
    );
    let total = 0;
    for (const { name, rows } of tables) {
      at.progress(`table ${name}`);
      const found = await fillTable(client, name, join(backup, 'tables', `${name}.ndjson`));
      if (found !== rows)
        throw new CliError(
          'file_invalid',
          `table \`${name}\` has ${found} rows, the backup lists ${rows}`,
        );
      total += rows;
    }
    await resetSequences(client);
    await client.query('COMMIT');
    return total;
  } finally {
    await client.end();
  }
}

/** Tables by their foreign keys, referenced ones first. */
async function parentsFirst(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ child: string; parent: string | null }>(
    `SELECT c.relname AS child, p.relname AS parent FROM pg_class c
       LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid
       LEFT JOIN pg_class p ON p.oid = k.confrelid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`,
  );
  const order: string[] = [];
  const names = new Set(rows.map(({ child }) => child));
  while (order.length < names.size) {
    const ready = [...names].filter(
      (name) =>
        !order.includes(name) &&
        rows.every(
          ({ child, parent }) => child !== name || parent === null || order.includes(parent),
        ),
    );
    if (ready.length === 0)
      throw new CliError('refused', 'the tables refer to each other in a circle');
    order.push(...ready.sort());
  }
  return order;
}

async function fillTable(client: Client, name: string, path: string): Promise<number> {
  let count = 0;
  let page: string[] = [];
  const flush = async () => {
    if (page.length === 0) return;
    await client.query(
      `INSERT INTO "${name}" OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::"${name}", $1)`,
      [`[${page.join(',')}]`],
    );
    count += page.length;
    page = [];
  };
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    page.push(line);
    if (page.length >= BATCH_ROWS) await flush();
  }
  await flush();
  return count;
}

/** Counters go on after the highest number that was read back. */
async function resetSequences(client: Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `SELECT t.relname AS table, a.attname AS column, pg_get_serial_sequence(quote_ident(t.relname), a.attname) AS sequence
       FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r'
        AND pg_get_serial_sequence(quote_ident(t.relname), a.attname) IS NOT NULL`,
  );
  for (const { table, column, sequence } of rows) {
    await client.query(
      `SELECT setval($1::regclass, coalesce((SELECT max("${column}") FROM "${table}"), 0) + 1, false)`,
      [sequence],
    );
  }
}
