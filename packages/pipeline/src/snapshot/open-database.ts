// SPDX-License-Identifier: Apache-2.0
import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';

export interface SnapshotDatabase {
  /** Rows as plain values; 64-bit integers and decimals come as text. */
  rows(sql: string): Promise<readonly Record<string, Json>[]>;
  run(sql: string): Promise<void>;
  close(): void;
}

/** A DuckDB in memory that reads and writes files in the given directories alone, whatever SQL it is given. */
export async function openDatabase(directories: readonly string[]): Promise<SnapshotDatabase> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const allowed = directories.map((path) => `'${path.replaceAll("'", "''")}/'`).join(', ');
  await connection.run(`SET allowed_directories = [${allowed}]`);
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return {
    rows: (sql) => readRows(connection, sql),
    run: async (sql) => {
      await connection.run(sql);
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function readRows(
  connection: DuckDBConnection,
  sql: string,
): Promise<readonly Record<string, Json>[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowObjectsJson();
}
