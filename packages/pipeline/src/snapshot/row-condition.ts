// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteText } from './sql-text.ts';

/**
 * Functions whose value is not the row's, beside those that DuckDB itself calls volatile: they would make the same data
 * give another record. Macros have no stability of their own, and settings and variables are called consistent.
 */
const UNSTABLE =
  /^(?:setseed|now|get_current_.*|current_.*|today|ago|transaction_timestamp|txid_.*|currval|getenv|getvariable|version|query|query_table|user|session_user|in_search_path|get_block_size|pg_.*|inet_.*|has_.*|.*_description)$/i;

/** Words that SQL reads as such a function where no column has that name. */
const VALUE_WORD =
  /^(?:current_[a-z_]+|localtime|localtimestamp|session_user|user|today|rowid|rownum)$/i;

/**
 * Checks that a text of the pipeline file is one expression over one row: DuckDB's own parser reads it, and subqueries,
 * windows, aggregates over other rows and unstable functions are refused. Throws PipelineError `expression_invalid`.
 */
export async function checkRowCondition(
  database: SnapshotDatabase,
  condition: string,
  where: string,
): Promise<void> {
  const statement = `SELECT (${condition}\n) FROM t`;
  const [row] = await database.rows(
    `SELECT json_serialize_sql(${quoteText(statement)})::VARCHAR AS tree`,
  );
  const tree: unknown = JSON.parse(String(row?.tree));
  if (!isRecord(tree) || tree.error !== false) {
    const said = isRecord(tree) ? String(tree.error_message ?? 'no expression') : 'no expression';
    throw refused(condition, where, said);
  }
  const node = onlySelect(tree);
  if (node === undefined) throw refused(condition, where, 'it is more than one expression');
  const problem =
    findForbidden(node.select_list) ?? (await findUnstable(database, node.select_list));
  if (problem !== undefined) throw refused(condition, where, problem);
}

/** Asks the database itself what its functions and the table's columns are. */
async function findUnstable(
  database: SnapshotDatabase,
  tree: unknown,
): Promise<string | undefined> {
  const names = [...new Set(namesIn(tree, functionName))];
  const list = names.map((name) => quoteText(name.toLowerCase())).join(', ');
  const rows = await database.rows(
    `SELECT function_name AS name FROM duckdb_functions() WHERE function_name IN (${list || "''"})
      GROUP BY ALL HAVING bool_or(stability <> 'CONSISTENT') OR bool_and(function_type = 'aggregate')`,
  );
  const [unstable] = rows;
  if (unstable !== undefined)
    return `\`${String(unstable.name)}\` does not depend on the row alone`;
  const words = namesIn(tree, columnWord);
  if (words.length === 0) return undefined;
  const columns = await database.rows(
    "SELECT lower(column_name) AS name FROM duckdb_columns() WHERE table_name = 't'",
  );
  const known = new Set(columns.map(({ name }) => String(name)));
  const word = words.find((one) => !known.has(one.toLowerCase()));
  return word === undefined ? undefined : `\`${word}\` does not depend on the row`;
}

function functionName({ class: kind, function_name: name }: Record<string, unknown>) {
  return kind === 'FUNCTION' && typeof name === 'string' ? name : undefined;
}

/** The last part of a column's name, where SQL may read it as a function. */
function columnWord({ class: kind, column_names: names }: Record<string, unknown>) {
  if (kind !== 'COLUMN_REF' || !Array.isArray(names)) return undefined;
  const word: unknown = names.at(-1);
  return typeof word === 'string' && VALUE_WORD.test(word) ? word : undefined;
}

function namesIn(
  value: unknown,
  nameOf: (node: Record<string, unknown>) => string | undefined,
): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => namesIn(one, nameOf));
  if (!isRecord(value)) return [];
  const own = nameOf(value);
  const inside = Object.values(value).flatMap((one) => namesIn(one, nameOf));
  return own === undefined ? inside : [own, ...inside];
}

function refused(condition: string, where: string, why: string): PipelineError {
  const shown = condition.slice(0, 120);
  return new PipelineError(
    'expression_invalid',
    `${where}: \`${shown}\` is refused: ${why}; write a condition on the columns of one row`,
    {
      details: { condition, where },
    },
  );
}

/** The one plain SELECT of one expression FROM t, or undefined when the text closed its bracket and went on. */
function onlySelect(tree: Record<string, unknown>): Record<string, unknown> | undefined {
  const statements = tree.statements;
  if (!Array.isArray(statements) || statements.length !== 1) return undefined;
  const node: unknown = isRecord(statements[0]) ? statements[0].node : undefined;
  if (!isRecord(node) || node.type !== 'SELECT_NODE') return undefined;
  const list = node.select_list;
  const from = node.from_table;
  const plain = isEmpty(node.modifiers) && node.where_clause === null && node.having === null;
  const fromT = isRecord(from) && from.type === 'BASE_TABLE' && from.table_name === 't';
  return plain && fromT && Array.isArray(list) && list.length === 1 ? node : undefined;
}

function findForbidden(value: unknown): string | undefined {
  if (Array.isArray(value)) return firstOf(value);
  if (!isRecord(value)) return undefined;
  const kind = value.class;
  if (kind === 'SUBQUERY') return 'it holds a subquery';
  if (kind === 'WINDOW') return 'it looks at other rows';
  if (kind === 'STAR') return 'it names all columns at once';
  const name = value.function_name;
  if (kind === 'FUNCTION' && typeof name === 'string' && UNSTABLE.test(name)) {
    return `\`${name}\` does not depend on the row`;
  }
  return firstOf(Object.values(value));
}

function firstOf(values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const found = findForbidden(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
