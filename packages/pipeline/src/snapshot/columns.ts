// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import type { Dataset } from '../file/data-section.ts';
import { inBatches } from './batched-columns.ts';
import { badRow } from './column-names.ts';
import type { ColumnRole, ColumnType, SnapshotColumn } from './dataset-snapshot.ts';
import { type LoadedTable, lineOfRow } from './load-table.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteName, quoteText, ROW_NUMBER } from './sql-text.ts';

/** Where the snapshot is told about: names for messages, and where a path of the pipeline file is written. */
export interface SnapshotPlace {
  readonly path: string;
  readonly name: string;
  /** `countersign.yaml:12` for a path below the dataset's own section. */
  readonly locate: (path: readonly PropertyKey[]) => string;
}

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  text: 'VARCHAR',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
};

/** Texts that are a value of the type; an integer must be written back the same, so `007` stays text. */
const PATTERNS: Readonly<Record<Exclude<ColumnType, 'text' | 'integer'>, string>> = {
  number: '[-+]?((0|[1-9][0-9]*)([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?',
  boolean: '(?i)true|false',
  date: '[0-9]{4}-[0-9]{2}-[0-9]{2}',
  timestamp: '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*',
};

const SAMPLE_ROWS = 1000;
const INFERENCE_ORDER = ['integer', 'number', 'boolean', 'date', 'timestamp'] as const;

function matches(column: string, type: Exclude<ColumnType, 'text'>): string {
  const name = quoteName(column);
  const cast = `TRY_CAST(${name} AS ${SQL_TYPES[type]})`;
  if (type === 'integer') return `coalesce(CAST(${cast} AS VARCHAR) = ${name}, false)`;
  const present = type === 'number' ? `isfinite(${cast})` : `${cast} IS NOT NULL`;
  return `regexp_full_match(${name}, ${quoteText(PATTERNS[type])}) AND coalesce(${present}, false)`;
}

/**
 * Types every column (as declared, otherwise the narrowest type that every present value has), makes the typed table
 * `t` from `raw`, and assigns roles. Throws PipelineError `column_missing` for a name that is no column, `csv_bad_row`
 * for the first value that is not of its declared type (of a Parquet file `snapshot_unreadable`).
 */
export async function typeColumns(
  database: SnapshotDatabase,
  table: LoadedTable,
  { dataset, place }: { readonly dataset: Dataset; readonly place: SnapshotPlace },
): Promise<readonly SnapshotColumn[]> {
  refuseUnknownColumns(table.columns, dataset, place);
  const inferred = await inferTypes(
    database,
    table.columns.filter((name) => dataset.columns?.[name]?.type === undefined),
  );
  const columns: SnapshotColumn[] = [];
  for (const name of table.columns) {
    const declared = dataset.columns?.[name]?.type;
    if (declared !== undefined && declared !== 'text')
      await refuseOtherType(database, { table, name, declared, place });
    const type = declared ?? inferred.get(name) ?? 'text';
    columns.push({ name, type, ...usage(name, dataset) });
  }
  const casts = columns.map(
    ({ name, type }) => `CAST(${quoteName(name)} AS ${SQL_TYPES[type]}) AS ${quoteName(name)}`,
  );
  await database.run(`CREATE TABLE t AS SELECT ${ROW_NUMBER}, ${casts.join(', ')} FROM raw`);
  return columns;
}

/**
 * The narrowest type that every present value has, for each column. Few rows already rule most types out; what is left
 * is asked of all rows for many columns at once, narrowest first, so that each column is read about once.
 */
async function inferTypes(
  database: SnapshotDatabase,
  names: readonly string[],
): Promise<ReadonlyMap<string, ColumnType>> {
  const sample = `(SELECT * FROM raw LIMIT ${SAMPLE_ROWS})`;
  const open = new Map(
    await inBatches(names, (batch) => possibleTypes(database, sample, ofAllTypes(batch))),
  );
  const found = new Map<string, ColumnType>();
  for (const _ of INFERENCE_ORDER) {
    const asked = [...open].flatMap(([name, [type]]) =>
      type === undefined ? [] : [{ name, type }],
    );
    const answers = await inBatches(asked, (batch) =>
      possibleTypes(
        database,
        'raw',
        batch.map(({ name, type }) => ({ name, types: [type] })),
      ),
    );
    for (const [name, [type]] of answers) {
      if (type !== undefined) found.set(name, type);
      open.set(name, type === undefined ? (open.get(name) ?? []).slice(1) : []);
    }
  }
  return found;
}

type InferredType = (typeof INFERENCE_ORDER)[number];

function ofAllTypes(names: readonly string[]) {
  return names.map((name) => ({ name, types: INFERENCE_ORDER }));
}

/** Of the types asked about, those that every present value of the relation has; none for a column without a value. */
async function possibleTypes(
  database: SnapshotDatabase,
  relation: string,
  asked: readonly { readonly name: string; readonly types: readonly InferredType[] }[],
): Promise<readonly (readonly [string, readonly InferredType[]])[]> {
  const picks = asked.flatMap(({ name, types }, index) => {
    const column = quoteName(name);
    return types.map(
      (type) =>
        `bool_and(CASE WHEN ${column} IS NOT NULL THEN ${matches(name, type)} END) AS ${type}${index}`,
    );
  });
  const [row] = await database.rows(`SELECT ${picks.join(', ')} FROM ${relation}`);
  return asked.map(({ name, types }, index) => {
    const isOnlyMissing = relation !== 'raw' && row?.[`${types[0]}${index}`] === null;
    const possible = isOnlyMissing
      ? types
      : types.filter((type) => row?.[`${type}${index}`] === true);
    return [name, possible] as const;
  });
}

async function refuseOtherType(
  database: SnapshotDatabase,
  wanted: {
    readonly table: LoadedTable;
    readonly name: string;
    readonly declared: Exclude<ColumnType, 'text'>;
    readonly place: SnapshotPlace;
  },
): Promise<void> {
  const { table, name, declared, place } = wanted;
  const column = quoteName(name);
  const [bad] = await database.rows(
    `SELECT ${ROW_NUMBER} AS n, ${column} AS value FROM raw
     WHERE ${column} IS NOT NULL AND NOT (${matches(name, declared)}) ORDER BY 1 LIMIT 1`,
  );
  if (bad === undefined) return;
  const line = await lineOfRow(table, place.path, Number(bad.n));
  const said = `\`${String(bad.value).slice(0, 80)}\` in column \`${name}\` is not of type ${declared}`;
  throw line === null
    ? new PipelineError('snapshot_unreadable', `${place.name}: row ${bad.n}: ${said}`, {
        details: { file: place.name, row: bad.n },
      })
    : badRow(place.name, line, said);
}

function usage(name: string, dataset: Dataset): Pick<SnapshotColumn, 'roles' | 'withheld'> {
  const roles = dataset.roles ?? {};
  const isProtected = (roles.protected ?? []).some(({ column }) => column === name);
  const given: readonly (readonly [ColumnRole, boolean])[] = [
    ['label', roles.label === name],
    ['protected', isProtected],
    ['unit', roles.unit === name],
    ['time', roles.time === name],
    ['weight', roles.weight === name],
    ['id', roles.id === name],
  ];
  const held = given.filter(([, is]) => is).map(([role]) => role);
  const exclusion = (dataset.exclusions ?? []).find(
    (item) => 'column' in item && item.column === name,
  );
  const withheld = exclusion?.reason ?? null;
  // A protected column that no exclusion withholds reaches the steps, so it is a feature too.
  const isFeature = withheld === null && held.every((role) => role === 'protected');
  return { roles: isFeature ? ['feature', ...held] : held, withheld };
}

function refuseUnknownColumns(
  names: readonly string[],
  dataset: Dataset,
  place: SnapshotPlace,
): void {
  for (const [path, column] of namedColumns(dataset)) {
    if (names.includes(column)) continue;
    throw new PipelineError(
      'column_missing',
      `${place.locate(path)}: \`${place.name}\` has no column \`${column}\`; it has ${names.slice(0, 30).join(', ')}`,
      { details: { file: place.name, column } },
    );
  }
}

function namedColumns(dataset: Dataset): readonly (readonly [readonly PropertyKey[], string])[] {
  const { roles = {}, exclusions = [], quality = [], splits, columns = {} } = dataset;
  const single = (['label', 'unit', 'time', 'weight', 'id'] as const).flatMap((role) => {
    const column = roles[role];
    return column === undefined ? [] : [[['roles', role], column] as const];
  });
  return [
    ...single,
    ...(roles.protected ?? []).map(
      ({ column }, index) => [['roles', 'protected', index], column] as const,
    ),
    ...exclusions.flatMap((item, index) =>
      'column' in item ? [[['exclusions', index], item.column] as const] : [],
    ),
    ...quality.flatMap((check, index) => {
      const named = 'column' in check ? [check.column] : 'columns' in check ? check.columns : [];
      return named.map((column) => [['quality', index], column] as const);
    }),
    ...(splits?.stratify ?? []).map((column) => [['splits', 'stratify'], column] as const),
    ...Object.keys(columns).map((column) => [['columns', column], column] as const),
    ...Object.keys(dataset.source?.control_totals?.sums ?? {}).map(
      (column) => [['source', 'control_totals', 'sums', column], column] as const,
    ),
  ];
}
