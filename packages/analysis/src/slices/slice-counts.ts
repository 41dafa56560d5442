// SPDX-License-Identifier: Apache-2.0
import { exactDecimal } from '@countersign/kernel';
import type { Grouping } from '@countersign/pipeline';
import { adverseExpression, type Cutoff } from '../binary/cutoff.ts';
import { PROBABILITY_MARGIN } from '../binary/mean-loss.ts';
import { AnalysisError } from '../errors.ts';
import { favourableLabel } from '../fairness/outcome-counts.ts';
import { doubleLiteral, identifier } from '../table/column-type.ts';
import { groupExpression } from '../table/grouping.ts';
import { labelExpression, type Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { SliceMetric } from './slices-plan.ts';

/** Losses are counted in whole millionths, so that their sums do not depend on the order of rows. */
export const LOSS_UNITS = 1_000_000;

/** Rows that share a value of one column, or of two. */
export interface SliceCounts {
  /** Place of each column in the list searched, ascending, with its value. */
  readonly values: ReadonlyMap<number, string>;
  readonly n: number;
  readonly positives: number;
  /** Sum and sum of squares of the rows' losses, in `LOSS_UNITS` and its square. */
  readonly loss: bigint;
  readonly squares: bigint;
}

export interface SliceGround {
  readonly table: Table;
  readonly roles: Roles;
  readonly cutoff: Cutoff | undefined;
  readonly metric: SliceMetric;
}

/** A numeric column without groups or bands gets bands between its quantiles; all else stays as declared. */
export async function bandColumns(
  table: Table,
  columns: readonly Grouping[],
  bins: number,
): Promise<readonly Grouping[]> {
  const banded: Grouping[] = [];
  for (const grouping of columns) banded.push(await banding(table, grouping, bins));
  return banded;
}

async function banding(table: Table, grouping: Grouping, bins: number): Promise<Grouping> {
  const column = table.column(grouping.column);
  const type = table.columns.get(grouping.column);
  const isNumber = type === 'integer' || type === 'number';
  if (!isNumber || grouping.bands !== undefined || grouping.groups !== undefined) return grouping;
  const places = Array.from({ length: bins - 1 }, (_, index) => (index + 1) / bins);
  // quantile_disc takes a value that occurs: no interpolation, hence no rounding that an engine could do differently.
  const [edges] = await table.select(
    `SELECT unnest(quantile_disc(CAST(${column} AS DOUBLE), [${places.join(', ')}])) FROM ${table.relation}`,
  );
  const [least] = await table.select(
    `SELECT min(CAST(${column} AS DOUBLE)) FROM ${table.relation}`,
  );
  const bands = [...new Set((edges ?? []).filter((edge) => edge !== null).map(Number))]
    .filter((edge) => edge > Number(least![0]))
    .sort((a, b) => a - b)
    .map(exactDecimal);
  return bands.length === 0 ? grouping : { ...grouping, bands };
}

/** Counts of all rows with an outcome, and of each slice with at least `rowsMin` rows inside and outside it, in a fixed order. */
export async function countSlices(
  ground: SliceGround,
  columns: readonly Grouping[],
  { rowsMin, slicesMax }: { readonly rowsMin: number; readonly slicesMax: number },
): Promise<{ readonly all: SliceCounts; readonly slices: readonly SliceCounts[] }> {
  const { table } = ground;
  const names = columns.map((_, index) => identifier(`slice ${index}`));
  const values = columns.map(
    (grouping, index) => `${groupExpression(table, [grouping])} AS ${names[index]}`,
  );
  const loss = lossExpression(ground);
  const known = `${table.column(ground.roles.label)} IS NOT NULL`;
  const [labelled] = await table.select(`SELECT count(*) FROM ${table.relation} WHERE ${known}`);
  const rows = Number(labelled![0]);
  const found = await table.select(
    `SELECT ${names.join(', ')}, count(*) AS n, sum(y), sum(l), sum(l * l)
     FROM (SELECT ${values.join(', ')}, CAST(${labelExpression(table, ground.roles)} AS BIGINT) AS y,
             CAST(${loss} AS BIGINT) AS l FROM ${table.relation} WHERE ${known})
     GROUP BY GROUPING SETS ((), ${groupingSets(names).join(', ')})
     HAVING n = ${rows} OR (n >= ${rowsMin} AND ${rows} - n >= ${rowsMin})
     ORDER BY ${names.map((name) => `${name} NULLS FIRST`).join(', ')} LIMIT ${slicesMax + 1 + names.length ** 2}`,
  );
  const counts = (found[0] ?? []).map((_, row) => countsAt(found, row, columns.length));
  const all = counts.find((one) => one.values.size === 0);
  const slices = counts.filter((one) => one.values.size > 0 && one.n < rows);
  if (all === undefined) throw new AnalysisError('table_empty', 'there are no rows to search');
  if (slices.length > slicesMax) {
    throw new AnalysisError(
      'plan_invalid',
      `the columns of \`slices\` give more than ${slicesMax} slices; use fewer, coarser bands or raise \`tests_max\``,
      { details: { field: 'slices.columns' } },
    );
  }
  return { all, slices: slices.filter((one) => !repeatsParent(one, slices)) };
}

/** Each column alone, and each two. */
function groupingSets(names: readonly string[]): readonly string[] {
  return names.flatMap((name, index) => [
    `(${name})`,
    ...names.slice(index + 1).map((other) => `(${name}, ${other})`),
  ]);
}

// One column may be a function of another; the same rows are then tested once, under the shorter name.
function repeatsParent(slice: SliceCounts, all: readonly SliceCounts[]): boolean {
  if (slice.values.size < 2) return false;
  return [...slice.values].some(([column, value]) =>
    all.some(
      (other) =>
        other.values.size === 1 && other.values.get(column) === value && other.n === slice.n,
    ),
  );
}

function countsAt(
  found: readonly (readonly unknown[])[],
  row: number,
  columns: number,
): SliceCounts {
  const values = new Map<number, string>();
  for (let place = 0; place < columns; place += 1) {
    const value = found[place]![row];
    if (value !== null) values.set(place, String(value));
  }
  const whole = (place: number) => BigInt(String(found[columns + place]![row]));
  return {
    values,
    n: Number(whole(0)),
    positives: Number(whole(1)),
    loss: whole(2),
    squares: whole(3),
  };
}

function lossExpression({ table, roles, cutoff, metric }: SliceGround): string {
  const label = labelExpression(table, roles);
  const score = `CAST(${table.column(roles.score)} AS DOUBLE)`;
  if (metric === 'calibration') return `round((${label} - ${score}) * ${LOSS_UNITS})`;
  if (metric === 'log_loss') {
    const low = doubleLiteral(PROBABILITY_MARGIN);
    const high = doubleLiteral(1 - PROBABILITY_MARGIN);
    const kept = `least(${high}, greatest(${low}, ${score}))`;
    return `round(-ln(CASE WHEN ${label} = 1 THEN ${kept} ELSE 1 - ${kept} END) * ${LOSS_UNITS})`;
  }
  if (cutoff === undefined) {
    throw new AnalysisError('plan_invalid', '`slices.metric: error_rate` needs a cutoff', {
      details: { field: 'slices.metric' },
    });
  }
  const bad = 1 - favourableLabel(cutoff.adverseWhen);
  const adverse = adverseExpression(table.column(roles.score), cutoff);
  return `CASE WHEN ${adverse} = (${label} = ${bad}) THEN 0 ELSE ${LOSS_UNITS} END`;
}
