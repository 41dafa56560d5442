// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteText } from './sql-text.ts';

/** Functions whose value is not the row's: they would make the same data give another record. */
const UNSTABLE =
  /^(?:random|setseed|uuid|gen_random_uuid|now|get_current_.*|current_.*|today|transaction_timestamp|nextval|currval|getenv|version|query|query_table)$/i;

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
  const problem = findForbidden(node.select_list);
  if (problem !== undefined) throw refused(condition, where, problem);
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
