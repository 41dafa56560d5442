// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  AnalysisError,
  type SharedRows,
  sharedRows,
  type Table,
  type TableSource,
} from '@countersign/analysis';
import type { Dataset, DatasetSnapshot } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import type { OwnHoldoutQuestion } from './own-holdout.ts';
import { refused } from './run-request.ts';
import { openedEarlier } from './validation-looks.ts';

/** Rows of a validator's file that the run's steps could read, or that earlier looks opened. */
export interface Overlap {
  readonly by: 'id' | 'unit' | 'row';
  readonly column?: string;
  readonly shareMax: string;
  readonly splits: readonly string[];
  readonly measured: SharedRows;
  /** Rows that stood in other rows of this model that validators looked at before: one byte more makes another file of them. */
  readonly lookedAt: {
    readonly contents: number;
    readonly rows: number;
    /** Of `contents`, those without the columns to compare, or whose bytes are gone. */
    readonly notCompared: number;
  };
}

export interface OverlapGround {
  readonly asked: OwnHoldoutQuestion;
  readonly dataset: Dataset;
  readonly snapshot: DatasetSnapshot;
}

/** What rows are compared by: columns that the file and the dataset both have. */
interface Compared {
  readonly by: Overlap['by'];
  readonly id: string | undefined;
  readonly unit: string | undefined;
  readonly columns: readonly string[];
}

/**
 * Measures how many rows somebody had before, and refuses more than the plan allows, which is none unless it says so.
 * @throws ServerError `job_request_refused`
 */
export async function measureOverlap(
  context: ServerContext,
  table: Table,
  ground: OverlapGround,
): Promise<Overlap> {
  const { asked, snapshot } = ground;
  const { own, file, work } = asked;
  const compared = comparedColumns(table, ground);
  const open = snapshot.splits.filter(({ access }) => access !== 'sealed');
  const sources: TableSource[] = [];
  for (const split of open) {
    const path = join(work.scratch, `known-${split.split}.${snapshot.format}`);
    await context.blobs.copyTo(split.content.digest, path);
    sources.push({ format: snapshot.format, path });
  }
  const { by, ...known } = compared;
  const measured = await sharedRows(table, { ...known, sources });
  const column = by === 'row' ? undefined : compared[by];
  const overlap = {
    by,
    ...(column === undefined ? {} : { column }),
    shareMax: own.overlap?.share_max ?? '0',
    splits: open.map(({ split }) => `${own.like}.${split}`),
    measured,
  };
  refuseShared(overlap, file.name);
  return { ...overlap, lookedAt: await lookedAtBefore(context, table, { asked, compared }) };
}

function comparedColumns(table: Table, { asked, dataset, snapshot }: OverlapGround): Compared {
  const { own, facts } = asked;
  const { id, unit, label } = dataset.roles ?? {};
  const isCommon = (name: string): boolean =>
    table.columns.has(name) && snapshot.columns.some((one) => one.name === name);
  const common = (name: string | undefined): string | undefined =>
    name !== undefined && isCommon(name) ? name : undefined;
  const inputs = facts.scorerSpec.inputs.flatMap(({ name, columns }) => columns ?? [name]);
  const all = [...new Set([...inputs, ...(label === undefined ? [] : [label])])];
  const has = { id: common(id), unit: common(unit) };
  const best = has.id !== undefined ? 'id' : has.unit !== undefined ? 'unit' : 'row';
  const by = own.overlap?.by ?? best;
  if (by !== 'row' && has[by] === undefined) {
    throw refused(
      `the plan's \`data.overlap.by\` is \`${by}\`, and no column has that role in the file and in \`${own.like}\``,
    );
  }
  return { by, ...has, columns: all.filter(isCommon) };
}

/** Rows that the model was fitted on show how well it remembers them. */
function refuseShared(
  { by, column, shareMax, splits, measured }: Omit<Overlap, 'lookedAt'>,
  name: string,
): void {
  const shared = measured[by];
  if (shared === undefined || shared.rows <= measured.rows * Number(shareMax)) return;
  const what = column === undefined ? 'by inputs and label' : `by \`${column}\``;
  throw refused(
    `${shared.rows} of ${measured.rows} rows of \`${name}\` stand in ${splits.join(', ')} too (${what}; the first is row ${shared.first}; ${measured.row.rows} are equal in inputs and label): leave them out. Where ids are numbered anew, the plan says \`overlap: { by: row }\``,
    { shared: shared.rows, rows: measured.rows, equal: measured.row.rows },
  );
}

/** Files looked at before that are compared; a model that was validated more often has its newest compared. */
const LOOKED_AT_MAX = 20;

async function lookedAtBefore(
  context: ServerContext,
  table: Table,
  { asked, compared }: { readonly asked: OwnHoldoutQuestion; readonly compared: Compared },
): Promise<Overlap['lookedAt']> {
  const { facts, request, work } = asked;
  const { by, ...known } = compared;
  const earlier = openedEarlier(facts.set, request.record);
  const sources: TableSource[] = [];
  for (const [at, { content, format }] of earlier.slice(-LOOKED_AT_MAX).entries()) {
    if (!(await context.blobs.has(content))) continue;
    const path = join(work.scratch, `looked-at-${at}.${format}`);
    await context.blobs.copyTo(content, path);
    if (await hasColumns(table, { ...known, sources: [{ format, path }] })) {
      sources.push({ format, path });
    }
  }
  const notCompared = earlier.length - sources.length;
  const found = sources.length === 0 ? undefined : await sharedRows(table, { ...known, sources });
  return { contents: earlier.length, rows: found?.[by]?.rows ?? 0, notCompared };
}

async function hasColumns(table: Table, known: Parameters<typeof sharedRows>[1]): Promise<boolean> {
  try {
    await sharedRows(table, known);
    return true;
  } catch (error) {
    if (error instanceof AnalysisError) return false;
    throw error;
  }
}
