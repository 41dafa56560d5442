// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import type { PipelineFile } from '../file/schema.ts';
import type { StepRecord } from '../run/result.ts';
import { openDatabase, type SnapshotDatabase } from '../snapshot/open-database.ts';
import { compareTables } from './compare-tables.ts';
import { guardedSteps } from './guarded-steps.ts';
import { stepCode } from './step-code.ts';
import { isTableFile, openStepTable, type StepTable } from './step-tables.ts';
import type { StepTransformation, TableSource, TableTransformation } from './transformation.ts';

/** Larger tables are named and not read again: describing them would take longer than many a step. */
const TABLE_BYTES_MAX = 8 * 1024 ** 3;

export interface DescribeOptions {
  readonly blobs: BlobStore;
  readonly checkout: string;
  readonly commit: string;
  /** An own directory, emptied at the end. */
  readonly workDir: string;
  readonly file: Pick<PipelineFile, 'data'>;
}

/**
 * What each step with tables on both sides did between them, from the archived bytes of its inputs and outputs. A table that
 * cannot be read is named with the reason and fails nothing: the step's own outcome has been decided.
 */
export async function describeSteps(
  steps: readonly StepRecord[],
  options: DescribeOptions,
): Promise<readonly StepTransformation[]> {
  const described: StepTransformation[] = [];
  const guarded = guardedSteps(steps, options.file.data ?? {});
  for (const step of steps) {
    const tabular = tablesOf(step);
    if (tabular.inputs.length === 0 || tabular.outputs.length === 0) continue;
    const isGuarded = guarded.has(step.name);
    described.push(await describeStep(step, tabular, { ...options, isGuarded }));
  }
  return described;
}

interface NamedTable extends BlobRef {
  readonly name: string;
}

interface StepTables {
  readonly inputs: readonly NamedTable[];
  readonly outputs: readonly NamedTable[];
}

function tablesOf(step: StepRecord): StepTables {
  const named = ({ name, digest, size }: NamedTable) => ({ name, digest, size });
  return {
    inputs: step.inputs
      .filter(({ folder }) => folder !== true)
      .map((one) => named({ ...one, name: one.as }))
      .filter(isTable),
    outputs: step.outputs.map((one) => named({ ...one, name: one.file })).filter(isTable),
  };
}

function isTable({ name }: NamedTable): boolean {
  return isTableFile(name);
}

async function describeStep(
  step: StepRecord,
  tabular: StepTables,
  options: DescribeOptions & { readonly isGuarded: boolean },
): Promise<StepTransformation> {
  const workDir = join(options.workDir, step.name);
  await mkdir(workDir, { recursive: true });
  const database = await openDatabase([workDir]);
  const unread: { file: string; why: string }[] = [];
  try {
    const open = (table: NamedTable, view: string) =>
      openTable({ database, workDir, blobs: options.blobs, unread }, table, view);
    const inputs: OpenTable[] = [];
    for (const [index, table] of tabular.inputs.entries())
      inputs.push(...(await open(table, `i${index}`)));
    const tables: TableTransformation[] = [];
    for (const [index, output] of tabular.outputs.entries()) {
      for (const { table } of await open(output, `o${index}`)) {
        tables.push(
          await describeOutput(database, {
            inputs,
            output,
            table,
            keys: keysOf(options),
            isGuarded: options.isGuarded,
          }),
        );
      }
    }
    const { commit } = options;
    const code = await stepCode(options.checkout, { command: step.command, commit });
    return { step: step.name, command: step.command, commit, code, tables, unread };
  } finally {
    database.close();
    await rm(workDir, { recursive: true, force: true });
  }
}

interface OpenTable {
  readonly file: NamedTable;
  readonly table: StepTable;
}

interface Reading {
  readonly database: SnapshotDatabase;
  readonly workDir: string;
  readonly blobs: BlobStore;
  readonly unread: { file: string; why: string }[];
}

/** One table, or none with the reason noted. */
async function openTable(
  { database, workDir, blobs, unread }: Reading,
  file: NamedTable,
  view: string,
): Promise<readonly OpenTable[]> {
  if (file.size > TABLE_BYTES_MAX) {
    unread.push({ file: file.name, why: `it is larger than ${TABLE_BYTES_MAX} bytes` });
    return [];
  }
  const path = join(workDir, `${view}${extname(file.name).toLowerCase()}`);
  await blobs.copyTo(file.digest, path);
  try {
    const table = await openStepTable(database, { path, name: file.name, view });
    return [{ file, table }];
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    unread.push({ file: file.name, why: (said.split('\n')[0] ?? said).slice(0, 300) });
    return [];
  } finally {
    await rm(path, { force: true });
  }
}

/** Columns that the file declares to name a row or a unit. */
function keysOf({ file }: DescribeOptions): readonly string[] {
  const declared = Object.values(file.data ?? {}).flatMap(({ roles }) => [roles?.id, roles?.unit]);
  return declared.filter((name) => name !== undefined);
}

async function describeOutput(
  database: SnapshotDatabase,
  about: {
    readonly inputs: readonly OpenTable[];
    readonly output: NamedTable;
    readonly table: StepTable;
    readonly keys: readonly string[];
    readonly isGuarded: boolean;
  },
): Promise<TableTransformation> {
  const { inputs, output, table, keys, isGuarded } = about;
  const sources: TableSource[] = [];
  for (const input of inputs) {
    const compared = await compareTables(database, {
      before: input.table,
      after: table,
      keys,
      isGuarded,
    });
    if (compared === undefined) continue;
    sources.push({ input: input.file.name, digest: input.file.digest, ...compared });
  }
  const known = new Set(inputs.flatMap((input) => input.table.columns.map(({ name }) => name)));
  return {
    output: output.name,
    digest: output.digest,
    rows: table.rows,
    added: table.columns
      .filter(({ name }) => !known.has(name))
      .map(({ name, type }) => ({ column: name, type })),
    sources,
  };
}
