// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { InputRow } from '../scorer/input-values.ts';
import { inputFields, readSample } from '../scorer/score-table.ts';
import type { ScorerSpec } from '../scorer/scorer-spec.ts';
import type { Table } from '../table/table.ts';

/** Rows that an input which is left out takes its values from, in the order of their content. */
export interface Background {
  readonly rows: readonly InputRow[];
  /** Rows that they were taken from. */
  readonly of: number;
  readonly stride: number;
  /** SHA-256 over the rows as typed texts: with the digest of the data it says which rows these were. */
  readonly digest: string;
}

/** At most `rowsMax` rows, every so manieth of the rows ordered by their inputs: the same ones whatever order they came in. */
export async function readBackground(
  table: Table,
  spec: ScorerSpec,
  rowsMax: number,
): Promise<Background> {
  const { rows, stride } = await readSample(table, spec, { order: 'value', rowsMax, beside: [] });
  return { rows, stride, of: table.rowCount, digest: digestOf(rows, spec) };
}

/** Lower-case hex; names of inputs first, then a line of JSON a row, numbers in their shortest text. */
export function digestOf(rows: readonly InputRow[], spec: ScorerSpec): string {
  const names = inputFields(spec).map(({ name }) => name);
  const lines = rows.map((row) => JSON.stringify(names.map((name) => typedText(row[name]))));
  return createHash('sha256')
    .update(`${[JSON.stringify(names), ...lines].join('\n')}\n`)
    .digest('hex');
}

// A tag keeps the number 1 from the text "1".
function typedText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'boolean') return `b${value}`;
  return `n${String(value)}`;
}
