// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { ColumnType } from './column-type.ts';

/** What a file is expected to hold. */
export interface Schema {
  readonly columns: ReadonlyMap<string, ColumnType>;
  /** What to do with columns that are not declared. */
  readonly others: 'refuse' | 'ignore' | 'text';
}

/** Rows as a query, with the declared types of its columns. */
export interface Relation {
  readonly select: string;
  readonly columns: ReadonlyMap<string, ColumnType>;
}

/** Matches a file's columns with the declared ones, in file order. */
export function resolveColumns(
  present: readonly string[],
  schema: Schema,
): ReadonlyMap<string, ColumnType> {
  for (const name of schema.columns.keys()) {
    if (present.includes(name)) continue;
    throw new AnalysisError(
      'column_missing',
      `the file has no column \`${name}\`; add it or drop it from the schema`,
      { details: { column: name } },
    );
  }
  const resolved = new Map<string, ColumnType>();
  for (const name of present) {
    const type = schema.columns.get(name);
    if (type !== undefined) resolved.set(name, type);
    else if (schema.others === 'text') resolved.set(name, 'text');
    else if (schema.others === 'refuse') {
      throw new AnalysisError(
        'column_unknown',
        `column \`${name}\` is not in the schema; declare it`,
        {
          details: { column: name },
        },
      );
    }
  }
  return resolved;
}
