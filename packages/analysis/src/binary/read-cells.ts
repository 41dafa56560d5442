// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import { groupPlace, readGroupNames } from '../table/grouping.ts';
import {
  labelExpression,
  type Roles,
  refuseBadRoles,
  refuseMissingUnits,
  weightExpression,
} from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { type Cells, cellsOfSorted, type SortedRows } from './cells.ts';

export interface ReadCellsOptions {
  /** Rows whose label is missing: an error (default), or left out. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
}

/** How rows fall into groups: the groups' names, ascending, and for each row the place of its own. */
export interface RowGroups {
  readonly names: readonly string[];
  readonly places: Uint16Array;
}

/** All labelled rows, sorted once, with the groups of several groupings. */
export interface LabelledRows extends SortedRows {
  readonly groups: readonly RowGroups[];
}

/**
 * Reads score, label, weight, unit and groups of every labelled row in one sorted pass; one entry of `groups` for each
 * entry of `groupings` (more than one grouping in an entry is their intersection). Rows of equal score, label, weight and
 * unit come in any order: whatever is measured counts them together. Units are numbered by their text, ascending.
 * Throws AnalysisError naming column and row for a missing or unusable score, label, weight or unit.
 */
export async function readLabelledRows(
  table: Table,
  roles: Roles,
  options: ReadCellsOptions & { readonly groupings?: readonly (readonly Grouping[])[] } = {},
): Promise<LabelledRows> {
  await refuseBadRoles(table, roles, options.unlabelled ?? 'refuse');
  const groupings = options.groupings ?? [];
  const names: (readonly string[])[] = [];
  for (const parts of groupings) names.push(await readGroupNames(table, parts));
  const units = roles.unit === undefined ? undefined : await numberUnits(table, roles.unit);
  const items = [
    `CAST(${table.column(roles.score)} AS DOUBLE) AS s`,
    `${labelExpression(table, roles)} AS y`,
    ...(roles.weights === undefined ? [] : [`${weightExpression(table, roles)} AS w`]),
    ...(units === undefined ? [] : [`${units.place} AS u`]),
  ];
  const places = groupings.map(
    (parts, index) =>
      `CAST(${groupPlace(table, parts, names[index]!)} - 1 AS USMALLINT) AS g${index}`,
  );
  const columns = await table.streamNumbers(
    `SELECT ${[...items, ...places].join(', ')} FROM ${table.relation}${units?.join ?? ''}
     WHERE ${table.column(roles.label)} IS NOT NULL ORDER BY ${items.map((_, index) => index + 1).join(', ')}`,
    [...items.map(() => 'double' as const), ...places.map(() => 'short' as const)],
  );
  const numbers = columns.slice(0, items.length) as readonly Float64Array[];
  return {
    scores: numbers[0]!,
    labels: numbers[1]!,
    ...(roles.weights === undefined ? {} : { weights: numbers[2]! }),
    ...(units === undefined ? {} : { units: numbers.at(-1)! }),
    groups: names.map((own, index) => ({
      names: own,
      places: columns[items.length + index] as Uint16Array,
    })),
  };
}

/** The cells of all rows. Throws AnalysisError naming column and row for a missing or unusable score, label or weight. */
export async function readCells(
  table: Table,
  roles: Roles,
  options: ReadCellsOptions = {},
): Promise<Cells> {
  return cellsOfSorted(await readLabelledRows(table, { ...roles, unit: undefined }, options));
}

/** The cells of each group that has labelled rows, ascending by group name. */
export async function readGroupedCells(
  table: Table,
  roles: Roles,
  groupings: readonly Grouping[],
  options: ReadCellsOptions = {},
): Promise<ReadonlyMap<string, Cells>> {
  const rows = await readLabelledRows(
    table,
    { ...roles, unit: undefined },
    { ...options, groupings: [groupings] },
  );
  return new Map(
    groupRows(rows, rows.groups[0]!).map(([name, own]) => [name, cellsOfSorted(own)] as const),
  );
}

/** The rows of each group that has any, ascending by name, each in the order of all rows. */
export function groupRows(
  rows: SortedRows,
  { names, places }: RowGroups,
): readonly (readonly [string, SortedRows])[] {
  const ends = new Uint32Array(names.length);
  for (let row = 0; row < places.length; row += 1) ends[places[row]!]! += 1;
  for (let group = 1; group < ends.length; group += 1) ends[group]! += ends[group - 1]!;
  const starts = ends.map((_, group) => (group === 0 ? 0 : ends[group - 1]!));
  const dealt = {
    scores: deal(rows.scores, places, starts),
    labels: deal(rows.labels, places, starts),
    weights: rows.weights === undefined ? undefined : deal(rows.weights, places, starts),
    units: rows.units === undefined ? undefined : deal(rows.units, places, starts),
  };
  return names.flatMap((name, group) => {
    const [start, end] = [starts[group]!, ends[group]!];
    if (start === end) return [];
    return [
      [
        name,
        {
          scores: dealt.scores.subarray(start, end),
          labels: dealt.labels.subarray(start, end),
          weights: dealt.weights?.subarray(start, end),
          units: dealt.units?.subarray(start, end),
        },
      ] as const,
    ];
  });
}

function deal(values: Float64Array, places: Uint16Array, starts: Uint32Array): Float64Array {
  const dealt = new Float64Array(values.length);
  const next = starts.slice();
  for (let row = 0; row < values.length; row += 1) {
    const group = places[row]!;
    dealt[next[group]!] = values[row]!;
    next[group]! += 1;
  }
  return dealt;
}

const UNITS = 'unit_numbers';

async function numberUnits(
  table: Table,
  unit: string,
): Promise<{ readonly place: string; readonly join: string }> {
  await refuseMissingUnits(table, unit);
  const text = `CAST(${table.column(unit)} AS VARCHAR)`;
  await table.run(
    `CREATE OR REPLACE TEMP TABLE ${UNITS} AS
     SELECT unit_as_text, CAST(row_number() OVER (ORDER BY unit_as_text) - 1 AS DOUBLE) AS unit_place
     FROM (SELECT DISTINCT ${text} AS unit_as_text FROM ${table.relation})`,
  );
  return {
    place: `${UNITS}.unit_place`,
    join: ` JOIN ${UNITS} ON ${text} = ${UNITS}.unit_as_text`,
  };
}
