// SPDX-License-Identifier: Apache-2.0
// Claim: a profile of every column (exact counts, distinct values, quantiles, moments, histogram, commonest values) takes no
// longer than the same questions asked of pandas, within a fixed memory. Yardsticks in the same run, on the same Parquet file:
// where PYTHON names an interpreter with pandas and pyarrow, `describe` + `nunique` + `value_counts().head(20)`; and
// `SUMMARIZE` of DuckDB, which is cheaper because its distinct counts and quantiles are approximate. ROWS, MEMORY_GIB.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { profileTable } from '../packages/pipeline/src/snapshot/column-profile.ts';
import type { SnapshotColumn } from '../packages/pipeline/src/snapshot/dataset-snapshot.ts';
import { openDatabase } from '../packages/pipeline/src/snapshot/open-database.ts';
import { ROW_NUMBER } from '../packages/pipeline/src/snapshot/sql-text.ts';

const ROWS = Number(process.env.ROWS ?? 10_000_000);
const MEMORY_GIB = Number(process.env.MEMORY_GIB ?? 2);
const { PYTHON } = process.env;

const PANDAS = `
import resource, sys, time
import pandas as pd
t = time.perf_counter()
frame = pd.read_parquet(sys.argv[1])
read = time.perf_counter() - t
t = time.perf_counter()
frame.describe(include='all', percentiles=[.01, .05, .25, .5, .75, .95, .99])
for name in frame.columns:
    frame[name].nunique()
    frame[name].value_counts().head(20)
print(read, time.perf_counter() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
`;

const folder = await mkdtemp(join(tmpdir(), 'bench-profile-'));
const file = join(folder, 'rows.parquet');
const database = await openDatabase([folder], {
  memoryBytes: MEMORY_GIB * 1024 ** 3,
  onDisk: true, // as a snapshot of a file of this size is
});
try {
  await database.run(`COPY (${generated()}) TO '${file}' (FORMAT parquet)`);
  const columns = await describeColumns();
  const loading = performance.now();
  await database.run(
    `CREATE TABLE t AS SELECT row_number() OVER () AS ${ROW_NUMBER}, * FROM read_parquet('${file}')`,
  );
  print(`${ROWS} rows x ${columns.length} columns, read into the engine`, seconds(loading));
  const before = process.memoryUsage.rss();
  const profiling = performance.now();
  await profileTable(database, 't', columns);
  const own = seconds(profiling);
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  const summarizing = performance.now();
  await database.rows(`SUMMARIZE SELECT ${names} FROM t`);
  const summary = seconds(summarizing);
  print('profile, exact', own);
  print('DuckDB SUMMARIZE, approximate', summary);
  console.log(`ratio to SUMMARIZE                       ${(own / summary).toFixed(2)}`);
  const grown = (process.resourceUsage().maxRSS / 1024 ** 2).toFixed(2);
  console.log(
    `peak of the process ${grown} GiB (before the profile ${(before / 1024 ** 3).toFixed(2)}), engine limited to ${MEMORY_GIB} GiB`,
  );
  if (PYTHON !== undefined) await runPandas(own);
} finally {
  database.close();
  await rm(folder, { recursive: true, force: true });
}

async function runPandas(own: number): Promise<void> {
  const { stdout } = await promisify(execFile)(PYTHON ?? '', ['-c', PANDAS, file]);
  const [read = 0, described = 0, peak = 0] = stdout.trim().split(' ').map(Number);
  print('pandas, read_parquet', read);
  print('pandas, describe + nunique + value_counts', described);
  console.log(`ratio to pandas                          ${(own / described).toFixed(2)}`);
  console.log(`peak of pandas                           ${peak.toFixed(2)} GiB`);
}

/** Ten continuous numbers, four integers, four categories, a text and a date; some values missing. */
function generated(): string {
  const numbers = Array.from(
    { length: 10 },
    (_, i) =>
      `CASE WHEN i % ${11 + i} = 0 THEN NULL ELSE sqrt(hash(i, ${i}) % 1000000007) END AS n${i}`,
  );
  const integers = Array.from(
    { length: 4 },
    (_, i) => `hash(i, 'i${i}') % ${10 ** (i + 1)} AS i${i}`,
  );
  const categories = Array.from(
    { length: 4 },
    (_, i) => `'level ' || (hash(i, 'c${i}') % ${5 * 4 ** i}) AS c${i}`,
  );
  const rest = `'text ' || (hash(i, 't') % 100000) AS t, DATE '2020-01-01' + CAST(i % 2000 AS INTEGER) AS d`;
  const list = [...numbers, ...integers, ...categories, rest].join(', ');
  return `SELECT ${list} FROM range(${ROWS}) r(i)`;
}

async function describeColumns(): Promise<readonly SnapshotColumn[]> {
  const rows = await database.rows(`DESCRIBE SELECT * FROM read_parquet('${file}')`);
  return rows.map((row) => {
    const type = String(row.column_type);
    const kind = type === 'VARCHAR' ? 'text' : type === 'DATE' ? 'date' : undefined;
    const number = type === 'DOUBLE' ? ('number' as const) : ('integer' as const);
    return { name: String(row.column_name), type: kind ?? number, roles: [], withheld: null };
  });
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

function print(what: string, value: number): void {
  console.log(`${what.padEnd(55)} ${value.toFixed(2)} s`);
}
