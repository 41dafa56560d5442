// SPDX-License-Identifier: Apache-2.0

/** The column types of the pipeline file; a declared schema names one per column. */
export type ColumnType = 'integer' | 'number' | 'text' | 'boolean' | 'date' | 'timestamp';

/** Declared columns of a table in any order. */
export type ColumnTypes = Readonly<Record<string, ColumnType>>;

export const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  text: 'VARCHAR',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
};

/** A name as an SQL identifier; any text is safe. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text as an SQL literal; any text is safe. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A number as an SQL literal; as text, because a decimal literal would be rounded twice on its way to a double. */
export function doubleLiteral(value: number): string {
  return `CAST('${value}' AS DOUBLE)`;
}
