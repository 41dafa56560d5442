// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { ColumnType } from '../table/column-type.ts';
import { addNumbers } from '../table/join-table.ts';
import type { Table } from '../table/table.ts';
import type { InputRow } from './input-values.ts';
import type { Score, Scorer } from './open-scorer.ts';
import { columnsOf, type InputType, type ScorerSpec } from './scorer-spec.ts';

// Enough to keep a few cores busy; memory stays bounded.
const IN_FLIGHT_MAX = 8;

const FITTING: Readonly<Record<InputType, readonly ColumnType[]>> = {
  f32: ['number', 'integer'],
  f64: ['number', 'integer'],
  i64: ['integer'],
  string: ['text'],
  bool: ['boolean'],
};

export interface ReadInputsOptions {
  /** `row` (default): in row order. `value`: by the inputs themselves, so that the order of rows cannot matter. */
  readonly order?: 'row' | 'value';
  /** At most this many rows, taken evenly. */
  readonly rowsMax?: number;
  /** Which of the rows between two that are taken: `first` (default), or `middle`, which are others where not all are taken. */
  readonly take?: 'first' | 'middle';
}

/** The model's inputs of the table's rows. Throws `column_missing` or `column_type` where a column cannot feed its input. */
export async function readInputs(
  table: Table,
  spec: ScorerSpec,
  options: ReadInputsOptions = {},
): Promise<readonly InputRow[]> {
  return (await readSample(table, spec, { ...options, beside: [] })).rows;
}

/** Rows with what stands beside their inputs. */
export interface SampledRows {
  readonly rows: readonly InputRow[];
  /** One list of values for each expression asked for. */
  readonly beside: readonly (readonly unknown[])[];
  /** Every how manieth row was taken. */
  readonly stride: number;
}

/**
 * As `readInputs`, with SQL expressions read beside. By value, rows that agree in their inputs are ordered by what stands
 * beside, so that rows in the same place of the order are equal in everything that is read.
 */
export async function readSample(
  table: Table,
  spec: ScorerSpec,
  options: ReadInputsOptions & { readonly beside: readonly string[] },
): Promise<SampledRows> {
  const fields = inputFields(spec);
  const items = fields.map((field) => {
    const column = table.column(field.name);
    const type = table.columns.get(field.name)!;
    if (!FITTING[field.type].includes(type)) {
      throw new AnalysisError(
        'column_type',
        `column \`${field.name}\` is \`${type}\`, the model takes \`${field.type}\`; declare it otherwise`,
        { details: { column: field.name } },
      );
    }
    const value =
      field.type === 'f32' || field.type === 'f64' ? `CAST(${column} AS DOUBLE)` : column;
    return `${value} AS ${column}`;
  });
  const names = fields.map((field) => table.column(field.name)).join(', ');
  const asked = options.beside.map((expression, at) => `${expression} AS beside_${at}`);
  const besides = asked.map((_, at) => `beside_${at}`);
  const order = options.order === 'value' ? [names, ...besides, 'rowid'].join(', ') : 'rowid';
  const stride = Math.max(
    1,
    Math.ceil(table.rowCount / (options.rowsMax ?? Number.POSITIVE_INFINITY)),
  );
  const columns = await table.select(
    `SELECT ${[names, ...besides].join(', ')} FROM (SELECT *, row_number() OVER (ORDER BY ${order}) AS place_in_order
       FROM (SELECT ${[...items, ...asked].join(', ')}, rowid FROM ${table.relation}))
     WHERE (place_in_order - 1) % ${stride} = ${options.take === 'middle' ? Math.floor(stride / 2) : 0} ORDER BY place_in_order`,
  );
  return {
    stride,
    beside: columns.slice(fields.length),
    rows: Array.from({ length: columns[0]!.length }, (_, row) =>
      Object.fromEntries(fields.map((field, index) => [field.name, columns[index]![row]])),
    ),
  };
}

/** Row keys and their types, in the order of the spec. */
export function inputFields(
  spec: ScorerSpec,
): readonly { readonly name: string; readonly type: InputType }[] {
  return spec.inputs.flatMap((input) =>
    columnsOf(input).map((name) => ({ name, type: input.type })),
  );
}

/** Scores rows one at a time, a few at once; a row that fails gives its error. Results are in row order. */
export async function attemptRows(
  scorer: Scorer,
  rows: readonly InputRow[],
): Promise<readonly (Score | AnalysisError)[]> {
  const results: (Score | AnalysisError)[] = new Array(rows.length);
  let next = 0;
  const work = async () => {
    while (next < rows.length) {
      const row = next;
      next += 1;
      results[row] = await attempt(scorer, rows[row]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT_MAX, rows.length) }, work));
  return results;
}

/** As `attemptRows`, but the first failure is thrown with its row. */
export async function scoreRows(
  scorer: Scorer,
  rows: readonly InputRow[],
): Promise<readonly Score[]> {
  const results = await attemptRows(scorer, rows);
  return results.map((result, row) => {
    if (result instanceof AnalysisError) throw withRow(result, row);
    return result;
  });
}

/** Adds the model's score of every row as column `name`. */
export async function addScores(table: Table, scorer: Scorer, name = 'score'): Promise<void> {
  const scores = await scoreRows(scorer, await readInputs(table, scorer.spec));
  await addNumbers(
    table,
    name,
    Float64Array.from(scores, (score) => score.score),
  );
}

async function attempt(scorer: Scorer, row: InputRow): Promise<Score | AnalysisError> {
  try {
    return await scorer.score(row);
  } catch (error) {
    if (error instanceof AnalysisError) return error;
    throw error;
  }
}

function withRow(error: AnalysisError, row: number): AnalysisError {
  return new AnalysisError(error.code, `row ${row + 1}: ${error.message}`, {
    details: { ...error.details, row: row + 1 },
    cause: error,
  });
}
