// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalBytes } from '@countersign/kernel';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import type { Dataset } from '../file/data-section.ts';
import { toRecordJson } from '../file/to-record-json.ts';
import { fileRef } from '../lakehouse/file-ref.ts';
import { profileTable } from './column-profile.ts';
import { type SnapshotPlace, typeColumns } from './columns.ts';
import { compareControlTotals, declaredSums } from './control-totals.ts';
import type {
  DatasetSnapshot,
  ExclusionResult,
  SnapshotColumn,
  SplitSnapshot,
} from './dataset-snapshot.ts';
import { type LoadedTable, loadTable } from './load-table.ts';
import { measureData, weightOf } from './measure-data.ts';
import { areLarge, openDatabase, type SnapshotDatabase } from './open-database.ts';
import { runQualityChecks } from './quality-checks.ts';
import { measureRepresentativeness } from './representativeness.ts';
import { checkRowCondition } from './row-condition.ts';
import { checkIndependence, splitRows, type TakenSplit } from './split-rows.ts';
import { quoteName, quoteText, ROW_NUMBER } from './sql-text.ts';

export interface SnapshotRequest {
  readonly name: string;
  readonly dataset: Dataset;
  readonly origin: DatasetSnapshot['origin'];
  readonly place: SnapshotPlace;
  readonly blobs: BlobStore;
  /** An own directory for the files of the splits. */
  readonly workDir: string;
  /** An empty field in quotes is the empty text and not a missing value: the CSV of a database. */
  readonly emptyIsText?: boolean;
  /** False where the source keeps the bytes: `content` then names what is not archived. */
  readonly keepContent?: boolean;
}

/**
 * Reads a table once, measures it, and cuts its splits. The result is complete even when checks fail: see
 * `snapshotFailure`. Throws PipelineError `csv_bad_row`, `snapshot_unreadable`, `column_missing`, `expression_invalid`
 * or `split_invalid`.
 */
export async function takeSnapshot(request: SnapshotRequest): Promise<DatasetSnapshot> {
  await mkdir(request.workDir, { recursive: true });
  const { path } = request.place;
  const content =
    request.keepContent === false ? await fileRef(path) : await request.blobs.putFile(path);
  const database = await openDatabase([request.workDir, dirname(request.place.path)], {
    spillTo: join(request.workDir, 'spill'),
    onDisk: await areLarge([request.place.path]),
  });
  try {
    const table = await loadTable(database, request.place.path, request.place.name, request);
    const columns = await typeColumns(database, table, request);
    const rowsRead = await countRows(database, 't');
    const controlTotals = await compareControlTotals(database, request);
    const exclusions = await excludeRows(database, request);
    const rows = await countRows(database, 't');
    const duplicates = await countDuplicates(database, table, request.dataset);
    const facts = { rows, duplicates, table, place: request.place };
    const quality = await runQualityChecks(database, request.dataset.quality ?? [], facts);
    const taken = await splitRows(database, table.columns, request);
    const splits: SplitSnapshot[] = [];
    for (const split of taken)
      splits.push(await writeSplit({ database, request, table, columns }, split));
    const profiles = new Map(
      splits.flatMap(({ split, profile }) => (profile === null ? [] : [[split, profile] as const])),
    );
    const { dataset, place } = request;
    const measured = { dataset, place, table, columns, splits: taken, profiles };
    return {
      dataset: request.name,
      format: table.format,
      origin: request.origin,
      content,
      schemaDigest: schemaDigest(columns),
      columns,
      rowsRead,
      rows,
      period: await readPeriod(database, request.dataset.roles?.time),
      duplicates,
      exclusions,
      withheldColumns: withheldColumns(request.dataset),
      quality: [...quality, ...(await checkIndependence(database, request.dataset))],
      controlTotals,
      representativeness: await measureRepresentativeness(database, request.dataset),
      splits,
      measures: await measureData(database, measured),
    };
  } finally {
    database.close();
  }
}

/** Why a snapshot must stop its run: a failed `error` check or a control total that differs; undefined when neither. */
export function snapshotFailure(snapshot: DatasetSnapshot): PipelineError | undefined {
  const total = snapshot.controlTotals.find(({ agrees }) => !agrees);
  if (total !== undefined) {
    const message = `\`${snapshot.dataset}\`: ${total.what} is ${total.found}, the source declares ${total.declared}; read the data again or correct \`control_totals\``;
    return new PipelineError('control_total_differs', message, { details: { ...total } });
  }
  const failed = snapshot.quality.filter(({ passed, severity }) => !passed && severity === 'error');
  if (failed.length === 0) return undefined;
  const shown = failed.map(({ subject, measured, threshold, firstLine }) => {
    const line = firstLine === null ? '' : ` (first at line ${firstLine})`;
    return `${subject}: ${measured} against ${threshold}${line}`;
  });
  const message = `\`${snapshot.dataset}\` fails ${failed.length} quality checks: ${shown.join('; ')}`;
  return new PipelineError('quality_failed', message, { details: { failed } });
}

async function countRows(database: SnapshotDatabase, table: string): Promise<number> {
  const [row] = await database.rows(`SELECT count(*) AS n FROM ${table}`);
  return Number(row?.n);
}

/** Removes excluded rows one rule after the other, so that the counts form a waterfall; NULL excludes nothing. */
async function excludeRows(
  database: SnapshotDatabase,
  { dataset, place }: SnapshotRequest,
): Promise<readonly ExclusionResult[]> {
  const results: ExclusionResult[] = [];
  let sums = await declaredSums(database, dataset);
  for (const [index, exclusion] of (dataset.exclusions ?? []).entries()) {
    if (!('where' in exclusion)) continue;
    await checkRowCondition(
      database,
      exclusion.where,
      place.locate(['exclusions', index, 'where']),
    );
    const before = await countRows(database, 't');
    await database.run(`DELETE FROM t WHERE coalesce((${exclusion.where}), false)`);
    const after = await countRows(database, 't');
    const { where, reason, clause = null } = exclusion;
    const left = await declaredSums(database, dataset);
    const totals = left.map(({ what, sum }, at) => ({
      what,
      before: sums[at]?.sum ?? sum,
      after: sum,
    }));
    sums = left;
    results.push({
      where,
      reason,
      clause,
      before,
      excluded: before - after,
      after,
      ...(totals.length === 0 ? {} : { totals }),
    });
  }
  return results;
}

async function countDuplicates(
  database: SnapshotDatabase,
  table: LoadedTable,
  dataset: Dataset,
): Promise<number> {
  const compared = table.columns.filter((name) => name !== dataset.roles?.id).map(quoteName);
  if (compared.length === 0) return 0;
  const [row] = await database.rows(
    `SELECT count(*) - count(DISTINCT row(${compared.join(', ')})) AS n FROM t`,
  );
  return Number(row?.n);
}

async function readPeriod(
  database: SnapshotDatabase,
  time: string | undefined,
): Promise<DatasetSnapshot['period']> {
  if (time === undefined) return null;
  const name = quoteName(time);
  const [row] = await database.rows(
    `SELECT CAST(min(${name}) AS VARCHAR) AS "from", CAST(max(${name}) AS VARCHAR) AS "to" FROM t`,
  );
  const [from, to] = [row?.from, row?.to];
  return typeof from === 'string' && typeof to === 'string' ? { from, to } : null;
}

interface SplitContext {
  readonly database: SnapshotDatabase;
  readonly request: SnapshotRequest;
  readonly table: LoadedTable;
  readonly columns: readonly SnapshotColumn[];
}

async function writeSplit(context: SplitContext, split: TakenSplit): Promise<SplitSnapshot> {
  const { database, request, columns } = context;
  await database.run(
    `CREATE OR REPLACE TABLE part AS SELECT t.* FROM t SEMI JOIN (SELECT * FROM parts WHERE part = ${quoteText(split.name)}) USING (${ROW_NUMBER})`,
  );
  const forSteps = split.access === 'steps';
  const visible = columns.filter(({ withheld }) => withheld === null);
  const content = await writePart(context, columns, `${split.name}.whole`);
  const mounted =
    visible.length === columns.length ? content : await writePart(context, visible, split.name);
  const label = request.dataset.roles?.label;
  return {
    split: split.name,
    access: split.access,
    rule: split.rule,
    rows: await countRows(database, 'part'),
    content,
    mounted: forSteps ? mounted : null,
    labels: label === undefined ? [] : await countLabels(database, label),
    profile: forSteps
      ? await profileTable(database, 'part', columns, {
          weight: weightOf(request.dataset, columns),
        })
      : null,
  };
}

/** Writes rows of the current part in the order as read; CSV keeps the text of every value as read. */
async function writePart(context: SplitContext, columns: readonly SnapshotColumn[], name: string) {
  const { database, request, table } = context;
  const path = join(request.workDir, `${name}.${table.format}`);
  const names = columns.map((column) => quoteName(column.name)).join(', ');
  const isCsv = table.format === 'csv';
  const source = isCsv ? `raw SEMI JOIN part USING (${ROW_NUMBER})` : 'part';
  const options = isCsv
    ? `FORMAT csv, HEADER true, DELIMITER ${quoteText(table.delimiter)}, NULLSTR '', QUOTE '"', ESCAPE '"'`
    : 'FORMAT parquet';
  await database.run(
    `COPY (SELECT ${names} FROM ${source} ORDER BY ${ROW_NUMBER}) TO ${quoteText(path)} (${options})`,
  );
  return request.blobs.putFile(path);
}

async function countLabels(
  database: SnapshotDatabase,
  label: string,
): Promise<SplitSnapshot['labels']> {
  const rows = await database.rows(
    `SELECT coalesce(CAST(${quoteName(label)} AS VARCHAR), '') AS value, count(*) AS count FROM part GROUP BY 1 ORDER BY 1`,
  );
  return rows.map((row) => ({ value: String(row.value), count: Number(row.count) }));
}

function withheldColumns(dataset: Dataset): DatasetSnapshot['withheldColumns'] {
  return (dataset.exclusions ?? []).flatMap((item) =>
    'column' in item
      ? [{ column: item.column, reason: item.reason, clause: item.clause ?? null }]
      : [],
  );
}

function schemaDigest(columns: readonly SnapshotColumn[]): string {
  const shape = columns.map(({ name, type, roles }) => ({ name, type, roles }));
  return createHash('sha256')
    .update(canonicalBytes(toRecordJson(shape)))
    .digest('hex');
}
