// SPDX-License-Identifier: Apache-2.0
import {
  type DuckDBConnection,
  DuckDBDoubleVector,
  DuckDBInstance,
  type DuckDBResult,
  DuckDBUSmallIntVector,
  type DuckDBValue,
  type DuckDBVector,
} from '@duckdb/node-api';
import { AnalysisError } from '../errors.ts';
import { type ColumnType, identifier } from './column-type.ts';
import type { Relation } from './schema.ts';

export interface EngineOptions {
  /** Threads of the engine; results do not depend on it. */
  readonly threads?: number;
  /** DuckDB size such as `1GB`. */
  readonly memory?: string;
}

/** Columns of a query's result, in the order selected. */
export type ResultColumns = readonly (readonly DuckDBValue[])[];

/**
 * Rows with declared columns inside a private in-memory DuckDB, which every pass over rows runs on. Opened by
 * `loadTable` or `tableOf`; the opener closes it.
 */
export class Table {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #columns: Map<string, ColumnType>;
  #rows = 0;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
    this.#columns = new Map();
  }

  /** An engine without rows; `fill` must follow. */
  static async create(options: EngineOptions = {}): Promise<Table> {
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
      ...(options.memory === undefined ? {} : { memory_limit: options.memory }),
    });
    return new Table(instance, await instance.connect());
  }

  /** Name of the relation in SQL. */
  readonly relation: string = 'rows';

  get rowCount(): number {
    return this.#rows;
  }

  get columns(): ReadonlyMap<string, ColumnType> {
    return this.#columns;
  }

  /** Replaces the rows by another relation's, in its order. */
  async fill({ select, columns }: Relation): Promise<void> {
    await this.#connection.run(`CREATE OR REPLACE TABLE next_rows AS ${select}`);
    await this.#connection.run(`DROP TABLE IF EXISTS ${this.relation}`);
    await this.#connection.run(`ALTER TABLE next_rows RENAME TO ${this.relation}`);
    this.#columns.clear();
    for (const [name, type] of columns) this.#columns.set(name, type);
    const [counts] = await this.select(`SELECT count(*) FROM ${this.relation}`);
    this.#rows = Number(counts![0]);
  }

  /** Runs a query and returns its columns. */
  async select(sql: string): Promise<ResultColumns> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader.getColumns();
  }

  /** Runs a query whose columns are all DOUBLE and not null, into typed arrays: for results as long as the rows. */
  async selectDoubles(sql: string): Promise<readonly Float64Array[]> {
    const result = await this.#connection.run(sql);
    const columns = Array.from(
      { length: result.columnCount },
      () => new Float64Array(result.rowCount),
    );
    await copyChunks(result, columns);
    return columns;
  }

  /**
   * Streams a query of not more rows than the table has, without holding its result twice. Columns are DOUBLE, or
   * USMALLINT where `short` says so, and not null.
   */
  async streamNumbers(
    sql: string,
    kinds: readonly ('double' | 'short')[],
  ): Promise<readonly (Float64Array | Uint16Array)[]> {
    const result = await this.#connection.stream(sql);
    const columns = kinds.map((kind) =>
      kind === 'double' ? new Float64Array(this.#rows) : new Uint16Array(this.#rows),
    );
    const found = await copyChunks(result, columns);
    return columns.map((column) => column.subarray(0, found));
  }

  /** Runs a statement for its effect on relations other than the rows. */
  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Writes one DOUBLE per row, in row order, as relation `name(row BIGINT, value DOUBLE)`. */
  async appendDoubles(name: string, values: Float64Array): Promise<void> {
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE ${identifier(name)} ("row" BIGINT, "value" DOUBLE)`,
    );
    const appender = await this.#connection.createAppender(name, 'main', 'temp');
    values.forEach((value, row) => {
      appender.appendBigInt(BigInt(row));
      appender.appendDouble(value);
      appender.endRow();
    });
    appender.closeSync();
  }

  /** The SQL identifier of a declared column; throws `column_missing` for any other name. */
  column(name: string): string {
    if (!this.#columns.has(name)) {
      throw new AnalysisError(
        'column_missing',
        `column \`${name}\` is not in the table; it has ${[...this.#columns.keys()].join(', ')}`,
        { details: { column: name } },
      );
    }
    return identifier(name);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** The number of rows copied. */
async function copyChunks(
  result: DuckDBResult,
  columns: readonly (Float64Array | Uint16Array)[],
): Promise<number> {
  let start = 0;
  for await (const chunk of result) {
    // Asked once: each call crosses into the engine.
    const { rowCount } = chunk;
    for (const [index, column] of columns.entries()) {
      copyVector(column, start, chunk.getColumnVector(index));
    }
    start += rowCount;
  }
  return start;
}

function copyVector(column: Float64Array | Uint16Array, start: number, vector: DuckDBVector): void {
  // The engine's own memory, copied as a block; any other kind of column is read value by value.
  const isSame =
    column instanceof Float64Array
      ? vector instanceof DuckDBDoubleVector
      : vector instanceof DuckDBUSmallIntVector;
  if (isSame && 'items' in vector) {
    column.set(vector.items as ArrayLike<number>, start);
    return;
  }
  for (let row = 0; row < vector.itemCount; row += 1) {
    column[start + row] = Number(vector.getItem(row));
  }
}
