// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { cp, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { CliError } from '../errors.ts';
import type { DataDirectory } from './open-data-directory.ts';

/** Taken from the published log at restore; a copy of them could only disagree with it. */
export const REBUILT_TABLES: readonly string[] = [
  'migration',
  'record',
  'record_link',
  'unsequenced',
  'log_entry',
  'log_tile',
  'checkpoint',
  'sequencer',
];

export const BackupManifest = z.strictObject({
  v: z.literal(1),
  root: z.string(),
  made: z.string(),
  tables: z.array(
    z.strictObject({ name: z.string().regex(/^[a-z_]+$/), rows: z.int(), digest: z.string() }),
  ),
});
export type BackupManifest = z.infer<typeof BackupManifest>;

const PAGE_ROWS = 2_000;
/** Everything of the data directory but the database and what belongs to people. */
export const COPIED = ['blobs', 'published', 'keys'] as const;
/** Bytes that are no blob yet: an upload whose server is restored elsewhere begins again. */
const UNFINISHED: readonly string[] = ['blobs/uploads', 'blobs/staging'];

/**
 * Copies a data directory whose server is stopped: blobs, published log, service keys and configuration as they are, and
 * every table that the log does not hold as NDJSON, read in one snapshot of the database. People's keys stay with people.
 * @throws CliError `refused` while records wait to be sequenced, since only the database holds those
 */
export async function backupData(
  data: DataDirectory,
  to: {
    readonly directory: string;
    readonly now: string;
    readonly progress: (text: string) => void;
  },
): Promise<BackupManifest> {
  const staged = `${to.directory}.part`;
  await mkdir(join(staged, 'tables'), { recursive: true, mode: 0o700 });
  const tables = await dumpTables(data, staged, to.progress);
  for (const name of COPIED) {
    to.progress(`copying ${name}`);
    // A firm of small records alone has stored no blob yet.
    await mkdir(join(data.dataDir, name), { recursive: true });
    await cp(join(data.dataDir, name), join(staged, name), {
      recursive: true,
      errorOnExist: true,
      filter: (path) => !UNFINISHED.includes(relative(data.dataDir, path)),
    });
  }
  await cp(join(data.dataDir, 'config.json'), join(staged, 'config.json'));
  const manifest: BackupManifest = { v: 1, root: data.config.root, made: to.now, tables };
  await writeFile(join(staged, 'backup.json'), `${JSON.stringify(manifest, null, 2)}\n`, {
    flush: true,
  });
  // A directory under its own name is a whole backup; a crash leaves one that ends in `.part`.
  await rename(staged, to.directory);
  return manifest;
}

async function dumpTables(
  data: DataDirectory,
  staged: string,
  progress: (text: string) => void,
): Promise<BackupManifest['tables']> {
  if (data.database === undefined) throw new Error('a backup needs the database');
  const client = await data.database.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const waiting = await client.query<{ n: number }>('SELECT count(*) AS n FROM unsequenced');
    if (Number(waiting.rows[0]?.n ?? 0) > 0) {
      throw new CliError('refused', 'records wait to be sequenced, which only the database holds', {
        details: { next: 'start the server once with `countersign up`, stop it, and try again' },
      });
    }
    const { rows } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL ($1) ORDER BY 1`,
      [REBUILT_TABLES],
    );
    const tables: BackupManifest['tables'] = [];
    for (const { name } of rows) {
      progress(`table ${name}`);
      tables.push(await dumpTable(client, name, join(staged, 'tables', `${name}.ndjson`)));
    }
    return tables;
  } finally {
    await client.end();
  }
}

type Client = Awaited<ReturnType<NonNullable<DataDirectory['database']>['connect']>>;

/** One row a line, as PostgreSQL writes it: it reads the same text back into the same values. */
async function dumpTable(
  client: Client,
  name: string,
  path: string,
): Promise<BackupManifest['tables'][number]> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let count = 0;
  try {
    await client.query(
      `DECLARE page NO SCROLL CURSOR FOR SELECT row_to_json(t)::text AS line FROM "${name}" t`,
    );
    for (;;) {
      const { rows } = await client.query<{ line: string }>(`FETCH ${PAGE_ROWS} FROM page`);
      if (rows.length === 0) break;
      const text = rows.map(({ line }) => `${line}\n`).join('');
      hash.update(text);
      await file.writeFile(text);
      count += rows.length;
    }
    await client.query('CLOSE page');
    await file.sync();
  } finally {
    await file.close();
  }
  return { name, rows: count, digest: hash.digest('hex') };
}

/** @throws CliError `file_invalid` for a directory that is no whole backup */
export async function readBackupManifest(directory: string): Promise<BackupManifest> {
  const path = join(directory, 'backup.json');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('file_missing', `\`${directory}\` is no backup: it holds no backup.json`, {
      cause,
    });
  });
  const parsed = BackupManifest.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new CliError('file_invalid', `\`${path}\` is malformed: ${z.prettifyError(parsed.error)}`);
}
