// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal, type Json } from '@countersign/kernel';

/** One row of a table of results, by column. */
export type ResultRow = ReadonlyMap<string, Json>;

/**
 * The rows of a pandas frame or a dict of lists, however it was written: `orient="columns"` (the default of `to_json`),
 * `orient="records"`, `orient="split"`, or lists. Undefined for what is no table.
 */
export function resultRows(json: Json): readonly ResultRow[] | undefined {
  if (Array.isArray(json)) return recordRows(json);
  const table = objectOf(json);
  if (table === undefined) return undefined;
  const { columns, data } = table;
  if (Array.isArray(columns) && Array.isArray(data)) return splitRows(columns, data);
  return columnRows(Object.entries(table));
}

export function objectOf(json: Json | undefined): { readonly [name: string]: Json } | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return json as { readonly [name: string]: Json }; // Array.isArray does not narrow readonly arrays away
}

function recordRows(list: readonly Json[]): readonly ResultRow[] | undefined {
  const rows = list.map(objectOf);
  const known = rows.filter((row) => row !== undefined);
  if (known.length === 0 || known.length !== rows.length) return undefined;
  return known.map((row) => new Map(Object.entries(row)));
}

function splitRows(
  columns: readonly Json[],
  data: readonly Json[],
): readonly ResultRow[] | undefined {
  const names = columns.map(String);
  return data.map(
    (row) =>
      new Map(names.map((name, at) => [name, Array.isArray(row) ? (row[at] ?? null) : null])),
  );
}

function columnRows(
  columns: readonly (readonly [string, Json])[],
): readonly ResultRow[] | undefined {
  const values = columns.map(([name, column]) => {
    const cells = Array.isArray(column) ? column : indexed(objectOf(column));
    return { name, cells };
  });
  const lengths = values.map(({ cells }) => cells?.length);
  const [length] = lengths;
  if (length === undefined || lengths.some((one) => one !== length)) return undefined;
  return Array.from(
    { length },
    (_, row) => new Map(values.map(({ name, cells }) => [name, cells?.[row] ?? null])),
  );
}

/** Cells of a column that pandas keyed by the index 0, 1, 2, … */
function indexed(
  column: { readonly [name: string]: Json } | undefined,
): readonly Json[] | undefined {
  if (column === undefined) return undefined;
  const keys = Object.keys(column);
  return keys.every((key) => /^\d+$/.test(key))
    ? keys.map((key) => column[key] ?? null)
    : undefined;
}

/** A number as decimal text; null for anything else. */
export function decimalOf(value: Json | undefined): string | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? canonicalDecimal(number) : null;
}

const TRIED_MAX = 50;

/** What a results file tells of a space: the values that were tried. */
export function triedSpace(params: readonly { readonly [name: string]: Json }[]): {
  readonly [parameter: string]: Json;
} {
  const names = [...new Set(params.flatMap((one) => Object.keys(one)))];
  return Object.fromEntries(
    names.map((name) => {
      const values = params.flatMap((one) => (one[name] === undefined ? [] : [one[name]]));
      const distinct = [...new Set(values.map((value) => JSON.stringify(value)))];
      const tried = distinct.slice(0, TRIED_MAX).map((text): Json => JSON.parse(text));
      return [name, { tried, values: distinct.length }];
    }),
  );
}
