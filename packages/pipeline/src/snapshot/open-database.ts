// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';

export interface SnapshotDatabase {
  /** Rows as plain values; 64-bit integers and decimals come as text. */
  rows(sql: string): Promise<readonly Record<string, Json>[]>;
  /** The same by column, in the order selected. */
  columns(sql: string): Promise<readonly (readonly Json[])[]>;
  run(sql: string): Promise<void>;
  close(): void;
}

export interface DatabaseOptions {
  /** Where what does not fit into memory is written; `spill` in the first directory unless given. */
  readonly spillTo?: string;
  /** What the engine may hold in memory, in bytes; an eighth of the machine, 1 GiB at least and 4 GiB at most, unless given. */
  readonly memoryBytes?: number;
  /** Tables lie in a file beside what is spilled, compressed and read by column: for more rows than memory holds. */
  readonly onDisk?: boolean;
}

const GIB = 1024 ** 3;

/** Files of more bytes are loaded into tables on disk. */
const LARGE_BYTES = 256 * 1024 ** 2;

/** Whether files are so large that their tables should lie on disk. */
export async function areLarge(paths: readonly string[]): Promise<boolean> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.some((size) => size > LARGE_BYTES);
}

/** A DuckDB that reads and writes files in the given directories alone, whatever SQL it is given. */
export async function openDatabase(
  directories: readonly string[],
  options: DatabaseOptions = {},
): Promise<SnapshotDatabase> {
  const spillTo = options.spillTo ?? join(directories[0] ?? '.', 'spill');
  const instance = await DuckDBInstance.create(
    options.onDisk === true ? await emptyFile(spillTo) : ':memory:',
  );
  const connection = await instance.connect();
  const allowed = directories.map((path) => text(`${path}/`)).join(', ');
  const memory = options.memoryBytes ?? memoryShare();
  await connection.run(`SET memory_limit = '${Math.floor(memory / 1024)}KiB'`);
  // Set before access is closed: the engine then still writes there, and only there.
  await connection.run(`SET temp_directory = ${text(spillTo)}`);
  await connection.run(`SET allowed_directories = [${allowed}]`);
  await connection.run("SET TimeZone = 'UTC'");
  // Nobody opens the file again.
  await connection.run('PRAGMA disable_checkpoint_on_shutdown');
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return {
    rows: (sql) => readRows(connection, sql),
    columns: async (sql) => (await connection.runAndReadAll(sql)).getColumnsJson(),
    run: async (sql) => {
      await connection.run(sql);
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function emptyFile(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'tables.duckdb');
  await Promise.all([rm(file, { force: true }), rm(`${file}.wal`, { force: true })]);
  return file;
}

function memoryShare(): number {
  // A container's own limit counts where it has one; without one the kernel answers 0 or a number beyond the machine.
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.min(4 * GIB, Math.max(GIB, memory / 8));
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

async function readRows(
  connection: DuckDBConnection,
  sql: string,
): Promise<readonly Record<string, Json>[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowObjectsJson();
}
