// SPDX-License-Identifier: Apache-2.0
import { type ColumnType, type ColumnTypes, identifier, literal } from './column-type.ts';
import { type LoadOptions, loadTable, type TableSource } from './load-table.ts';
import { storedColumns } from './parquet-rows.ts';
import { Table } from './table.ts';

/** Text forms from the narrowest type on; a number with a leading zero is a name of something and stays text. */
const FORMS: readonly (readonly [ColumnType, string])[] = [
  ['integer', '[+-]?(0|[1-9][0-9]{0,17})'],
  ['number', '[+-]?((0|[1-9][0-9]*)([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?'],
  ['boolean', 'true|false|TRUE|FALSE|True|False'],
  ['date', '[0-9]{4}-[0-9]{2}-[0-9]{2}'],
  ['timestamp', '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?Z?'],
];

const STORED: readonly (readonly [RegExp, ColumnType])[] = [
  [/^(U?TINYINT|U?SMALLINT|U?INTEGER|BIGINT)$/, 'integer'],
  [/^(FLOAT|DOUBLE)$/, 'number'],
  [/^VARCHAR$/, 'text'],
  [/^BOOLEAN$/, 'boolean'],
  [/^DATE$/, 'date'],
  [/^TIMESTAMP/, 'timestamp'],
];

/**
 * Types of a file's columns: those that a Parquet file stores, the narrowest that every value of a CSV column has the form
 * of. A Parquet column of another kind, such as a list or a decimal, is left out.
 * @throws AnalysisError as `loadTable`
 */
export async function inferColumns(
  source: TableSource & { readonly path: string },
): Promise<ColumnTypes> {
  return source.format === 'parquet' ? storedTypes(source.path) : writtenTypes(source);
}

async function storedTypes(path: string): Promise<ColumnTypes> {
  const table = await Table.create();
  try {
    const stored = await storedColumns(table, path);
    const known = [...stored].flatMap(([name, type]) => {
      const found = STORED.find(([form]) => form.test(type));
      return found === undefined ? [] : [[name, found[1]] as const];
    });
    return Object.fromEntries(known);
  } finally {
    table.close();
  }
}

async function writtenTypes(source: TableSource & { readonly path: string }): Promise<ColumnTypes> {
  const options: LoadOptions = { otherColumns: 'text' };
  const table = await loadTable(source, {}, options);
  try {
    const names = [...table.columns.keys()];
    const tests = names.flatMap((name) =>
      FORMS.map(([, form]) => `bool_and(regexp_full_match(${identifier(name)}, ${literal(form)}))`),
    );
    const found = await table.select(`SELECT ${tests.join(', ')} FROM ${table.relation}`);
    const typed = names.map((name, index) => {
      const fits = FORMS.findIndex((_, form) => found[index * FORMS.length + form]![0] === true);
      return [name, FORMS[fits]?.[0] ?? 'text'] as const;
    });
    return Object.fromEntries(typed);
  } finally {
    table.close();
  }
}
