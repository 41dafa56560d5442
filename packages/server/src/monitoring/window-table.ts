// SPDX-License-Identifier: Apache-2.0
import { type ColumnTypes, loadTable, type Table } from '@countersign/analysis';
import type { WindowRow } from './window-rows.ts';

/** Rows of a window as a table of declared columns, in the order given. The caller closes it. */
export function windowTable(rows: readonly WindowRow[], columns: ColumnTypes): Promise<Table> {
  const names = Object.keys(columns);
  const lines = rows.map(({ cells }) =>
    names.map((name) => csvCell(cells.get(name) ?? null)).join(','),
  );
  const text = `${names.map(csvCell).join(',')}\n${lines.map((line) => `${line}\n`).join('')}`;
  return loadTable({ format: 'csv', bytes: new TextEncoder().encode(text) }, columns);
}

/** Missing cells are empty and unquoted; texts are quoted, so that an empty text is told apart. */
function csvCell(text: string | null): string {
  return text === null ? '' : `"${text.replaceAll('"', '""')}"`;
}
