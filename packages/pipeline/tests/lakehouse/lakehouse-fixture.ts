// SPDX-License-Identifier: Apache-2.0
import { link, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { openFileBlobStore } from '../../src/blobs/blob-store.ts';
import type { PipelineErrorCode } from '../../src/errors.ts';
import { extractDataset } from '../../src/extract/extract-dataset.ts';
import type { Extracted } from '../../src/extract/extracted.ts';
import type { DatasetOrigin } from '../../src/file/origin-section.ts';
import { openReader, type ReaderHost } from '../../src/lakehouse/lake-reader.ts';
import { makeReaderHost } from '../../src/lakehouse/reader-host.ts';
import { runProcess } from '../../src/process/run-process.ts';
import { openDatabase } from '../../src/snapshot/open-database.ts';

/** Built once and shared with every other suite that reads tables: its wheels are some 140 MB. */
export const cacheDir = join(tmpdir(), 'countersign-pipeline-test-cache');

/** Shared too: what is put there twice is hashed and not written again. */
export const blobsDirectory = join(cacheDir, 'lakehouse-blobs');

export interface Version {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}
export interface WrittenTables {
  readonly delta: readonly (Version & { readonly version: number })[];
  readonly iceberg: readonly (Version & {
    readonly snapshot: string;
    readonly metadata: string;
  })[];
}

export interface LakehouseGround {
  readonly root: string;
  readonly host: ReaderHost;
  /** The environment's own interpreter, for scripts that write tables as their owner would. */
  readonly python: string;
}

/** An environment with delta-rs and pyiceberg, from the cache after the first time. */
export async function layLakehouseGround(root: string): Promise<LakehouseGround> {
  const host = await makeReaderHost({ cacheDir, scratch: root, environment: process.env });
  const blobs = openFileBlobStore(blobsDirectory);
  const { environment } = await openReader({ blobs, workDir: join(root, 'reader'), host });
  return { root, host, python: join(environment, 'bin', 'python') };
}

/** Runs a script of `tests/lakehouse`; the test fails with what the script says. */
export async function runScript(
  { python }: LakehouseGround,
  script: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = join(import.meta.dirname, script);
  const env = { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...variables };
  const ran = await runProcess(python, [path, ...args], { env, timeoutMs: 120_000 });
  if (ran.code === 0) return ran.stdout.toString('utf8');
  throw new Error(`${script} ended with ${ran.code}: ${ran.stderr}`);
}

export async function writeTables(
  ground: LakehouseGround,
  directory: string,
): Promise<WrittenTables> {
  await mkdir(directory, { recursive: true });
  await runScript(ground, 'write_tables.py', [directory]);
  return JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8')) as WrittenTables;
}

const LARGE_BYTES = 1_000_000;

/** The large wheels as a store's own, which would otherwise be written and synced once more by each suite. */
export async function linkWheels(store: string): Promise<void> {
  const names = await readdir(join(blobsDirectory, 'sha256'), { recursive: true });
  for (const name of names) {
    const from = join(blobsDirectory, 'sha256', name);
    const found = await stat(from);
    if (!found.isFile() || found.size < LARGE_BYTES) continue;
    await mkdir(join(store, 'sha256', dirname(name)), { recursive: true });
    await link(from, join(store, 'sha256', name));
  }
}

let counter = 0;

/** Extracts as a run does, with lines of a file that says nothing else. */
export async function extract(
  { root, host }: LakehouseGround,
  from: DatasetOrigin,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Extracted> {
  counter += 1;
  const workDir = join(root, `extract-${counter}`);
  await mkdir(workDir, { recursive: true });
  return extractDataset({
    name: 'loans',
    from,
    workDir,
    blobs: openFileBlobStore(blobsDirectory),
    checkout: join(root, 'no-checkout'),
    workingTree: null,
    environment,
    readerHost: host,
    locate: (path) => `countersign.yaml:${path.join('.')}`,
    report: () => {},
    now: () => new Date(),
  });
}

/** Every cell as text, timestamps as their day, in the order of the file. */
export async function rowsOf(
  path: string,
  columns: readonly string[],
): Promise<readonly (readonly (string | null)[])[]> {
  const database = await openDatabase([join(path, '..')]);
  try {
    const cells = columns.map((name) =>
      name === 'opened'
        ? `strftime(${name}::TIMESTAMP, '%Y-%m-%d') AS ${name}`
        : name === 'bad'
          ? `CASE ${name} WHEN true THEN 'True' WHEN false THEN 'False' END AS ${name}`
          : `${name}::VARCHAR AS ${name}`,
    );
    const rows = await database.rows(`SELECT ${cells.join(', ')} FROM read_parquet('${path}')`);
    return rows.map((row) =>
      columns.map((name) => (row[name] === null ? null : String(row[name]))),
    );
  } finally {
    database.close();
  }
}

export type RefusedCase = readonly [
  from: DatasetOrigin,
  code: PipelineErrorCode,
  line: string,
  says: readonly string[],
];

/** Each reading ends with its code, at its line of the pipeline file, in these words. */
export async function expectRefused(
  ground: LakehouseGround,
  cases: readonly RefusedCase[],
): Promise<void> {
  for (const [from, code, line, says] of cases) {
    const error: unknown = await extract(ground, from).catch((cause: unknown) => cause);
    expect(error, JSON.stringify(from)).toMatchObject({ code });
    const { message } = error as Error;
    expect(message.startsWith(`countersign.yaml:from.${line}: `), message).toBe(true);
    for (const said of says) expect(message).toContain(said);
  }
}
