// SPDX-License-Identifier: Apache-2.0
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { determinismProfile } from '../environment/determinism-profile.ts';
import { networkStepEnvironment } from '../environment/host-environment.ts';
import { ENVIRONMENT_PATH } from '../environment/python-environment.ts';
import { PipelineError, type PipelineErrorCode } from '../errors.ts';
import { tailOf } from '../process/run-process.ts';
import { runSandboxed } from '../sandbox/run-sandboxed.ts';
import { type OpenReader, PROGRAM_PATH } from './lake-reader.ts';
import { storageOptions } from './storage-options.ts';
import { parseListing, type TableListing } from './table-listing.ts';
import { placeTable, type TablePlace, type WantedTable } from './table-place.ts';

export interface ReadTableOptions {
  readonly reader: OpenReader;
  /** An own directory. */
  readonly workDir: string;
  /** Credentials are taken from here and from nowhere else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `countersign.yaml:12` for a path below `from`. */
  readonly locate: (path: readonly PropertyKey[]) => string;
  readonly signal?: AbortSignal | undefined;
}

export interface ReadTable {
  /** Parquet of the chosen rows, below `workDir`. */
  readonly path: string;
  readonly listing: TableListing;
}

const TIMEOUT_MS = 12 * 60 * 60 * 1000;
/** Of addresses: Arrow's allocator reserves far more than it uses. */
const MEMORY_BYTES = 32 * 1024 ** 3;
const EXIT_PROBLEM = 3;
/** What the program may say; any other word from it is a fault of the program. */
const CODES: ReadonlySet<string> = new Set<PipelineErrorCode>([
  'column_missing',
  'expression_invalid',
  'source_changed',
  'source_missing',
  'source_refused',
  'source_unreachable',
  'table_column_unsupported',
  'table_file_corrupt',
  'table_file_missing',
  'table_unsupported',
  'table_version_missing',
]);

/**
 * Reads one version of a table in the sandbox: the table's directory read-only, network only where it lies elsewhere.
 * Throws PipelineError with one of the codes above, `source_credentials_missing`, `snapshot_unreadable`,
 * `sandbox_missing` or `sandbox_failed`; each names the line of `from` that asked for it.
 */
export async function readTable(
  wanted: WantedTable,
  options: ReadTableOptions,
): Promise<ReadTable> {
  const place = await placeTable(wanted);
  if (place === undefined) {
    const message = `there is no ${wanted.kind === 'delta' ? 'Delta' : 'Iceberg'} table \`${wanted.table}\` on this machine; correct the address`;
    throw located('source_missing', message, { wanted, options });
  }
  const out = await layOutRequest(wanted, place, options);
  const logPath = join(options.workDir, 'log');
  const result = await runReader(place, options, logPath);
  if (result.exit === 0) {
    const listing = parseListing(await readFile(join(out, 'listing.json'), 'utf8'));
    return { path: join(out, 'table.parquet'), listing };
  }
  options.signal?.throwIfAborted();
  if (result.exit === EXIT_PROBLEM) throw await problemOf(out, { wanted, options });
  const why = result.timedOut
    ? 'it took longer than 12 hours'
    : result.overuse !== undefined
      ? `it took too much ${result.overuse}`
      : tailOf(await readFile(logPath, 'utf8'));
  throw located('table_unsupported', `\`${wanted.table}\` could not be read: ${why}`, {
    wanted,
    options,
  });
}

async function layOutRequest(
  wanted: WantedTable,
  { place, network }: TablePlace,
  { workDir, reader, environment }: ReadTableOptions,
): Promise<string> {
  const out = join(workDir, 'out');
  await mkdir(out, { recursive: true });
  const { region: _, endpoint: __, ...asked } = wanted;
  const storage = network ? storageOptions(wanted, environment) : null;
  const catalog =
    wanted.kind === 'iceberg' && wanted.catalog !== null ? named(wanted.catalog) : null;
  const request = join(workDir, 'request.json');
  await writeFile(request, JSON.stringify({ ...asked, catalog, place, storage }), { mode: 0o600 });
  if (process.getuid?.() === 0) {
    for (const path of [out, request]) await chown(path, reader.host.uid, reader.host.uid);
  }
  await chmod(out, 0o755);
  return out;
}

function named({
  name,
  type,
  uri,
  warehouse,
}: {
  name: string | null;
  type: string;
  uri: string;
  warehouse: string;
}) {
  return { type, uri, warehouse, ...(name === null ? {} : { name }) };
}

function runReader(
  { mounts, network }: TablePlace,
  { reader, workDir, signal }: ReadTableOptions,
  logPath: string,
) {
  const epoch = new Date(0).toISOString();
  return runSandboxed({
    command: [
      `${ENVIRONMENT_PATH}/bin/python`,
      '-I',
      `${PROGRAM_PATH}/read_table.py`,
      '/request.json',
      '/out',
    ],
    mounts: [
      ...mounts,
      ...reader.mounts,
      { source: join(workDir, 'request.json'), target: '/request.json' },
      { source: join(workDir, 'out'), target: '/out', writable: true },
    ],
    cwd: '/tmp',
    env: {
      ...determinismProfile({ committedAt: epoch, dispatchedLevels: [] }),
      ...(network ? networkStepEnvironment(reader.host.hostEnvironment) : {}),
    },
    network,
    uid: reader.host.uid,
    timeoutMs: TIMEOUT_MS,
    memoryBytes: MEMORY_BYTES,
    disk: { directory: join(workDir, 'out') },
    logPath,
    identityDirectory: reader.host.identityDirectory,
    signal,
  });
}

interface Told {
  readonly wanted: WantedTable;
  readonly options: ReadTableOptions;
}

async function problemOf(out: string, told: Told): Promise<PipelineError> {
  const said: unknown = JSON.parse(await readFile(join(out, 'problem.json'), 'utf8'));
  const { code, message, details } = said as {
    code: string;
    message: string;
    details: Record<string, unknown>;
  }; // our own program's shape; a code that is none of ours is caught next
  if (!CODES.has(code)) return located('table_unsupported', message, told);
  return located(code as PipelineErrorCode, message, told, details);
}

/** The line that asked for what went wrong. */
function located(
  code: PipelineErrorCode,
  message: string,
  { wanted, options }: Told,
  details: Readonly<Record<string, unknown>> = {},
): PipelineError {
  const version = wanted.kind === 'delta' ? 'version' : 'snapshot';
  const paths: { readonly [code in PipelineErrorCode]?: readonly PropertyKey[] } = {
    column_missing: ['columns', ...(typeof details.index === 'number' ? [details.index] : [])],
    table_column_unsupported: wanted.columns === null ? [wanted.kind] : ['columns'],
    expression_invalid: ['where'],
    table_version_missing: [version],
    table_file_missing: [version],
  };
  const where = options.locate(paths[code] ?? [wanted.kind]);
  return new PipelineError(code, `${where}: ${message}`, {
    details: { table: wanted.table, ...details },
  });
}
