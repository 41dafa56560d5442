// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type ColumnTypes, loadTable, readColumnNames, type Table } from '@countersign/analysis';
import type { Dataset, DatasetSnapshot } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import type { OwnFile } from '../records/index.ts';
import { openDataKeys } from '../store/index.ts';
import { datasetOf } from './development-table.ts';
import type { JobWork } from './job.ts';
import { type Custody, custodyOf } from './own-custody.ts';
import { measureOverlap, type Overlap, type OverlapGround } from './own-overlap.ts';
import { personalClassOf } from './personal-data.ts';
import { sealedContents } from './pinned-data.ts';
import { type ReadRunRequest, refused } from './run-request.ts';
import type { OwnDataPlan } from './validation-plan.ts';
import type { VersionFacts } from './version-facts.ts';

export interface OwnHoldout {
  readonly table: Table;
  readonly content: string;
  /** Declaration of the dataset that the file is like, with the plan's own roles. */
  readonly dataset: Dataset;
  readonly custody: Custody;
  readonly overlap: Overlap;
}

/** Read into memory whole, and scored row by row. */
const BYTES_MAX = 2 * 1024 ** 3;
const ROWS_MAX = 2_000_000;

export interface OwnHoldoutQuestion {
  readonly facts: VersionFacts;
  readonly request: ReadRunRequest;
  readonly file: OwnFile;
  readonly own: OwnDataPlan;
  readonly work: Pick<JobWork, 'scratch' | 'report'>;
}

/**
 * Opens a file of the validator's own as the rows of a dataset of the model: every column that model, roles and segments
 * need must be there under its name and with its type. The caller closes the table.
 * @throws ServerError `job_request_refused`; AnalysisError with line or row for what cannot be read
 */
export async function openOwnHoldout(
  context: ServerContext,
  asked: OwnHoldoutQuestion,
): Promise<OwnHoldout> {
  const { facts, file, own, work } = asked;
  await refuseUnfit(context, asked);
  const snapshot = snapshotLike(facts, own.like);
  const dataset = likeDataset(facts, own);
  const encryptionKey = await sealAtRest(context, dataset, file.digest);
  const path = join(work.scratch, `own-rows.${file.format}`);
  await context.blobs.copyTo(file.digest, path);
  const { columns, ignored } = await columnsOf(path, { asked, dataset, snapshot });
  const table = await loadTable({ format: file.format, path }, columns, { otherColumns: 'ignore' });
  try {
    if (table.rowCount === 0) throw refused(`\`${file.name}\` has no rows`);
    if (table.rowCount > ROWS_MAX) {
      throw refused(`\`${file.name}\` has ${table.rowCount} rows; ${ROWS_MAX} is the most`);
    }
    await refuseRepeatedIds(table, file, dataset.roles?.id);
    work.report(`rows of \`${file.name}\` that the run read too`);
    const overlap = await measureOverlap(context, table, { asked, dataset, snapshot });
    const custody = custodyOf(asked, {
      ignored,
      overlap,
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
    });
    return { table, content: file.digest, dataset, custody, overlap };
  } catch (error) {
    table.close();
    throw error;
  }
}

async function refuseUnfit(context: ServerContext, asked: OwnHoldoutQuestion): Promise<void> {
  const { file, facts } = asked;
  if (!(await context.blobs.has(file.digest))) {
    throw refused(`the bytes of \`${file.name}\` have not been sent`);
  }
  const standing = await context.blobs.standing(file.digest);
  if (standing !== undefined && standing.size > BYTES_MAX) {
    throw refused(`\`${file.name}\` has ${standing.size} bytes; ${BYTES_MAX} is the most`);
  }
  for (const { dataset, content, splits } of facts.result.snapshots) {
    const taken = [{ split: 'all', content }, ...splits].find(
      (one) => one.content.digest === file.digest,
    );
    if (taken === undefined) continue;
    throw refused(
      `\`${file.name}\` is \`${dataset}.${taken.split}\` of the run itself; measure a sealed split with --split`,
    );
  }
  const sealed = await sealedContents(facts.set, context.blobs);
  if (!sealed.has(file.digest))
    throw refused(`\`${file.name}\` is not sealed by a counted request`);
}

function snapshotLike(facts: VersionFacts, like: string): DatasetSnapshot {
  const snapshot = facts.result.snapshots.find(({ dataset }) => dataset === like);
  if (snapshot !== undefined) return snapshot;
  const known = facts.result.snapshots.map(({ dataset }) => dataset).join(', ');
  throw refused(`the plan's \`data.like\` names \`${like}\`; the run read ${known}`);
}

/** Weights correct how the developer's rows were drawn; another file was drawn otherwise unless the plan gives it weights. */
function likeDataset(facts: VersionFacts, own: OwnDataPlan): Dataset {
  const { sampling: _drawnOtherwise, ...declared } = datasetOf(facts, own.like);
  const roles = { ...declared.roles, ...own.roles };
  const isOwnWeight = own.roles?.weight !== undefined;
  const { weight: _theirs, ...unweighted } = roles;
  return { ...declared, roles: isOwnWeight ? roles : unweighted };
}

async function sealAtRest(
  context: ServerContext,
  dataset: Dataset,
  digest: string,
): Promise<string | undefined> {
  const personal = personalClassOf(dataset);
  if (personal === undefined) return undefined;
  const key = await openDataKeys(context.dataDir).idFor(personal);
  return context.blobs.seal(digest, key);
}

async function columnsOf(
  path: string,
  { asked, dataset, snapshot }: OverlapGround,
): Promise<{ readonly columns: ColumnTypes; readonly ignored: readonly string[] }> {
  const { file, own, facts } = asked;
  const names = await readColumnNames(path, file.format);
  const types: ColumnTypes = {
    ...Object.fromEntries(snapshot.columns.map(({ name, type }) => [name, type])),
    ...own.columns,
  };
  const missing = neededColumns(facts, dataset).filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const list = missing.map((name) => `\`${name}\``).join(', ');
    throw refused(
      `\`${file.name}\` has no column ${list}; it has ${names.join(', ')}. Rename them in the file, or name other roles in the plan`,
      { missing: [...missing] },
    );
  }
  const untyped = neededColumns(facts, dataset).filter((name) => types[name] === undefined);
  if (untyped.length > 0) {
    throw refused(
      `the plan gives no type for \`${untyped.join('`, `')}\`, which \`${own.like}\` does not have; add it to \`data.columns\``,
    );
  }
  const read = names.filter((name) => types[name] !== undefined);
  return {
    columns: Object.fromEntries(read.map((name) => [name, types[name] ?? 'text'])),
    ignored: names.filter((name) => types[name] === undefined),
  };
}

/** What scoring and roles cannot do without; a part of the plan that wants another column names it itself. */
function neededColumns(facts: VersionFacts, dataset: Dataset): readonly string[] {
  const inputs = facts.scorerSpec.inputs.flatMap(({ name, columns }) => columns ?? [name]);
  const { label, weight, protected: groupings = [] } = dataset.roles ?? {};
  const roles = [label, weight, ...groupings.map(({ column }) => column)];
  return [...new Set([...inputs, ...roles.flatMap((name) => name ?? [])])];
}

/** A row that stands twice counts twice. */
async function refuseRepeatedIds(
  table: Table,
  file: OwnFile,
  id: string | undefined,
): Promise<void> {
  if (id === undefined || !table.columns.has(id)) return;
  const name = table.column(id);
  const [rows, values] = await table.select(
    `SELECT min(place), arg_min(v, place) FROM (SELECT rowid AS place, CAST(${name} AS VARCHAR) AS v,
       row_number() OVER (PARTITION BY ${name} ORDER BY rowid) AS nth FROM ${table.relation} WHERE ${name} IS NOT NULL)
     WHERE nth > 1`,
  );
  const row = rows?.[0];
  if (row === null || row === undefined) return;
  throw refused(
    `row ${Number(row) + 1} of \`${file.name}\` repeats \`${id}\` ${String(values?.[0])}; each row has its own`,
    { column: id, row: Number(row) + 1 },
  );
}
