// SPDX-License-Identifier: Apache-2.0
import type { SnapshotDatabase } from '../snapshot/open-database.ts';
import { quoteName } from '../snapshot/sql-text.ts';
import { columnStability, distributionOf, shown } from './distribution.ts';
import { isNumeric, type StepTable, type TableColumn, valueSql } from './step-tables.ts';
import type { ColumnChange, Imputation, TableSource } from './transformation.ts';

const COLUMNS_DESCRIBED_MAX = 300;
const KEYS_TRIED_MAX = 30;
const VALUES_SHOWN_MAX = 3;
/** A share of the imputed rows from which one value is called the one that was put in. */
const DOMINANT_SHARE = 0.9;
const WITHHELD = { kind: 'withheld' } as const;

export interface ComparedTables {
  readonly before: StepTable;
  readonly after: StepTable;
  /** Columns that the pipeline file calls an id or a unit, tried first as key. */
  readonly keys: readonly string[];
  /** The rows include some that nobody may see figures of: values are then kept out of what is told. */
  readonly isGuarded: boolean;
}

/** What became of the table `before` in the table `after`; undefined where they share no column. */
export async function compareTables(
  database: SnapshotDatabase,
  tables: ComparedTables,
): Promise<Omit<TableSource, 'input' | 'digest'> | undefined> {
  const { before, after } = tables;
  const later = new Map(after.columns.map((column) => [column.name, column]));
  const both = before.columns.flatMap((column) => {
    const same = later.get(column.name);
    return same === undefined ? [] : [{ before: column, after: same }];
  });
  if (both.length === 0) return undefined;
  const key = await keyOf(database, tables, both);
  const shared: ColumnChange[] = [];
  for (const pair of both.slice(0, COLUMNS_DESCRIBED_MAX))
    shared.push(await compareColumn(database, { tables, key, pair }));
  return {
    key: key === undefined ? null : key.before.name,
    rows: { before: before.rows, after: after.rows, ...(await rowsKept(database, tables, key)) },
    dropped: before.columns
      .filter(({ name }) => !later.has(name))
      .map(({ name, type }) => ({ column: name, type })),
    shared,
    notDescribed: Math.max(0, both.length - COLUMNS_DESCRIBED_MAX),
  };
}

interface Pair {
  readonly before: TableColumn;
  readonly after: TableColumn;
}

function bothNumbers({ before, after }: Pair): boolean {
  return isNumeric(before.type) && isNumeric(after.type);
}

/**
 * The shared column that tells the input's rows apart: one declared as id or unit where it does, else the first whole number
 * or text without a gap or a repetition on both sides. Floats are no keys: that they differ is chance.
 */
async function keyOf(
  database: SnapshotDatabase,
  tables: ComparedTables,
  both: readonly Pair[],
): Promise<Pair | undefined> {
  const isKey = ({ missing, distinct }: TableColumn, rows: number) =>
    rows > 0 && missing === 0 && distinct === rows;
  const unique = both.filter((pair) => isKey(pair.before, tables.before.rows));
  const declared = unique.find(({ before }) => tables.keys.includes(before.name));
  if (declared !== undefined) return declared;
  const candidates = unique
    .filter(({ before }) => before.type === 'integer' || before.type === 'text')
    .filter((pair) => isKey(pair.after, tables.after.rows))
    .slice(0, KEYS_TRIED_MAX);
  // Row numbers of two unrelated tables are unique in both and mean nothing: a key must find its rows again.
  for (const pair of candidates) {
    const { kept } = await rowsKept(database, tables, pair);
    if (kept !== null && kept > 0) return pair;
  }
  return undefined;
}

async function rowsKept(
  database: SnapshotDatabase,
  { before, after }: ComparedTables,
  key: Pair | undefined,
): Promise<Pick<TableSource['rows'], 'kept' | 'filtered' | 'made'>> {
  if (key === undefined) return { kept: null, filtered: null, made: null };
  const value = valueSql(quoteName(key.before.name), bothNumbers(key));
  const [row] = await database.rows(
    `WITH b AS (SELECT DISTINCT ${value} AS k FROM ${before.view}),
          a AS (SELECT DISTINCT ${value} AS k FROM ${after.view} WHERE k IS NOT NULL)
     SELECT CAST((SELECT count(*) FROM b SEMI JOIN a USING (k)) AS DOUBLE) AS kept,
            CAST((SELECT count(*) FROM a ANTI JOIN b USING (k)) AS DOUBLE) AS made`,
  );
  const kept = Number(row?.kept);
  return { kept, filtered: before.rows - kept, made: Number(row?.made) };
}

interface ColumnQuestion {
  readonly tables: ComparedTables;
  readonly key: Pair | undefined;
  readonly pair: Pair;
}

async function compareColumn(
  database: SnapshotDatabase,
  question: ColumnQuestion,
): Promise<ColumnChange> {
  const { pair, tables } = question;
  const { name } = pair.before;
  const isNumber = bothNumbers(pair);
  const side = (table: StepTable, column: TableColumn) =>
    distributionOf(database, table, {
      name,
      isNumber: isNumeric(column.type),
      distinct: column.distinct,
    });
  const changes = await changedRows(database, question);
  const same = {
    column: name,
    type: { before: pair.before.type, after: pair.after.type },
    missing: { before: pair.before.missing, after: pair.after.missing },
  };
  if (tables.isGuarded) {
    const { imputed, changed } = changes;
    const rows = imputed === null ? null : { rows: imputed.rows, values: [], dominant: null };
    return { ...same, imputed: rows, changed, before: WITHHELD, after: WITHHELD, psi: null };
  }
  const comparable = isNumber || (!isNumeric(pair.before.type) && !isNumeric(pair.after.type));
  return {
    ...same,
    ...changes,
    before: await side(tables.before, pair.before),
    after: await side(tables.after, pair.after),
    psi: comparable ? await columnStability(database, tables, { name, isNumber }) : null,
  };
}

async function changedRows(
  database: SnapshotDatabase,
  { tables, key, pair }: ColumnQuestion,
): Promise<Pick<ColumnChange, 'imputed' | 'changed'>> {
  if (key === undefined || key === pair) return { imputed: null, changed: key === pair ? 0 : null };
  const keyed = (view: string) => {
    const k = valueSql(quoteName(key.before.name), bothNumbers(key));
    const v = valueSql(quoteName(pair.before.name), bothNumbers(pair));
    return `(SELECT ${k} AS k, ${v} AS v, ${quoteName(pair.before.name)} AS text FROM ${view})`;
  };
  const joined = `FROM ${keyed(tables.before.view)} b JOIN ${keyed(tables.after.view)} a USING (k)`;
  const [row] = await database.rows(
    `SELECT CAST(count(*) FILTER (WHERE b.v IS NOT NULL AND a.v IS DISTINCT FROM b.v) AS DOUBLE) AS changed,
            CAST(count(*) FILTER (WHERE b.text IS NULL AND a.text IS NOT NULL) AS DOUBLE) AS imputed ${joined}`,
  );
  const imputed = Number(row?.imputed);
  const changed = Number(row?.changed);
  if (imputed === 0) return { imputed: null, changed };
  const values = await database.rows(
    `SELECT a.text AS value, CAST(count(*) AS DOUBLE) AS n ${joined}
     WHERE b.text IS NULL AND a.text IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${VALUES_SHOWN_MAX}`,
  );
  return { imputed: imputation(imputed, values), changed };
}

function imputation(
  rows: number,
  found: readonly { readonly [name: string]: unknown }[],
): Imputation {
  const values = found.map(({ value, n }) => ({ value: shown(value), rows: Number(n) }));
  const [first] = values;
  const isDominant = first !== undefined && first.rows >= DOMINANT_SHARE * rows;
  return { rows, values, dominant: isDominant ? first.value : null };
}
