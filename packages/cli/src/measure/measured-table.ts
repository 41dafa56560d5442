// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  AnalysisError,
  addScores,
  type ColumnTypes,
  cutoffOf,
  evaluatePlan,
  inferColumns,
  loadTable,
  openScorer,
  type ProxySources,
  type Roles,
  type Scorer,
  scorerSpecOf,
  type Table,
  type TestingEvaluation,
} from '@countersign/analysis';
import type { MeasurePlan } from '@countersign/pipeline';
import { CliError, usage } from '../errors.ts';

/** Files of this machine, by full path. */
export interface MeasuredFiles {
  readonly data: string;
  readonly model?: string | undefined;
}

export interface MeasuredTable {
  readonly rows: number;
  readonly digest: string;
  readonly evaluation: TestingEvaluation;
}

const PARQUET_MAGIC = 'PAR1';

/**
 * Measures a plan on a table of this machine, scored already or scored here row by row. Nothing is sent or recorded.
 * @throws CliError `file_missing`, and AnalysisError naming line, row and column
 */
export async function measureTable(
  plan: MeasurePlan,
  files: MeasuredFiles,
  progress: (text: string) => void,
): Promise<MeasuredTable> {
  const digest = await digestOf(files.data);
  progress('reading the table');
  const table = await openTable(plan, files);
  try {
    const scorer = await openModel(plan, files.model);
    try {
      if (scorer !== undefined && !table.columns.has(plan.roles.score)) {
        progress(`scoring ${table.rowCount} rows`);
        await addScores(table, scorer, plan.roles.score);
      }
      progress(`measuring ${table.rowCount} rows`);
      const evaluation = await evaluatePlan(plan.testing, table, {
        roles: rolesOf(plan),
        ...(plan.cutoff === undefined
          ? {}
          : { cutoff: cutoffOf({ cutoff: plan.cutoff, adverse_when: plan.adverse_when }) }),
        protected: plan.roles.protected,
        proxyTables: proxyTables(plan, files),
        scorer,
      });
      return { rows: table.rowCount, digest, evaluation };
    } finally {
      await scorer?.close();
    }
  } finally {
    table.close();
  }
}

/** Surname and area tables stand beside the data. */
function proxyTables({ testing }: MeasurePlan, { data }: MeasuredFiles): ProxySources {
  const { surname, geography } = testing.fairness?.proxy ?? {};
  const at = (file: string | undefined) =>
    file === undefined ? undefined : { format: 'csv' as const, path: join(dirname(data), file) };
  return { surname: at(surname?.table), geography: at(geography?.table) };
}

function rolesOf({ roles }: MeasurePlan): Roles {
  return {
    score: roles.score,
    label: roles.label,
    positive: roles.positive,
    weights: roles.weight,
    unit: roles.unit,
  };
}

async function openTable(plan: MeasurePlan, { data, model }: MeasuredFiles): Promise<Table> {
  const source = { format: await formatOf(data), path: data };
  const told = await inferColumns(source);
  const columns: ColumnTypes = { ...told, ...plan.columns };
  if (!(plan.roles.score in columns) && model === undefined) {
    throw usage(
      `\`${data}\` has no column \`${plan.roles.score}\``,
      'name the column under `roles.score`, or give --model with a `model` section in the plan',
    );
  }
  return loadTable(source, scoreAsNumber(columns, plan.roles.score), { otherColumns: 'ignore' });
}

/** Scores that happen to be 0 and 1 alone look like whole numbers. */
function scoreAsNumber(columns: ColumnTypes, score: string): ColumnTypes {
  return columns[score] === 'integer' ? { ...columns, [score]: 'number' } : columns;
}

async function openModel(
  { model }: MeasurePlan,
  path: string | undefined,
): Promise<Scorer | undefined> {
  if (path === undefined) return undefined;
  if (model === undefined) {
    throw usage('the plan has no `model` section', 'declare `model.inputs` and `model.output`');
  }
  return openScorer(await bytesOf(path), scorerSpecOf(model));
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new CliError('file_missing', `\`${path}\` cannot be read; check the path`, { cause });
  }
}

/** A Parquet file says what it is in its first bytes, whatever its name. */
async function formatOf(path: string): Promise<'csv' | 'parquet'> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, bytesRead) === PARQUET_MAGIC ? 'parquet' : 'csv';
  } finally {
    await file.close();
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw new AnalysisError('file_missing', `\`${path}\` cannot be read; check the path`, {
      details: { file: path },
      cause,
    });
  }
  return hash.digest('hex');
}
