// SPDX-License-Identifier: Apache-2.0
import { PipelineError, readCsvHeader } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import { literal } from '../table/column-type.ts';
import { Table } from '../table/table.ts';

/**
 * Names of the columns of a file, in its order, before any row is read: what a file has is compared with what is asked of it.
 * @throws AnalysisError `table_unreadable`, `table_empty`
 */
export async function readColumnNames(
  path: string,
  format: 'csv' | 'parquet',
): Promise<readonly string[]> {
  return format === 'csv' ? csvNames(path) : parquetNames(path);
}

async function csvNames(path: string): Promise<readonly string[]> {
  let names: readonly string[] | undefined;
  try {
    names = await readCsvHeader(path);
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    throw unreadable('line 1 is not a CSV header; check its quotes', cause);
  }
  if (names !== undefined) return names;
  throw new AnalysisError(
    'table_empty',
    'the file has no header line; write the column names first',
  );
}

async function parquetNames(path: string): Promise<readonly string[]> {
  const table = await Table.create();
  try {
    const [names] = await table.select(
      `SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet(${literal(path)}))`,
    );
    return (names ?? []).map(String);
  } catch (cause) {
    throw unreadable('it is not a Parquet file', cause);
  } finally {
    table.close();
  }
}

function unreadable(reason: string, cause: unknown): AnalysisError {
  return new AnalysisError('table_unreadable', reason, { cause });
}
