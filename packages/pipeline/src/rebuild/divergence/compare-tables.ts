// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import { openDatabase, type SnapshotDatabase } from '../../snapshot/open-database.ts';
import { quoteName, quoteText } from '../../snapshot/sql-text.ts';
import { compareTexts } from './compare-texts.ts';
import { type DivergentPart, type MakingWindows, PartList, shown } from './divergence.ts';

export interface TablePair {
  readonly original: string;
  readonly rebuilt: string;
  readonly format: 'csv' | 'tsv' | 'parquet';
  /** Holds both files and nothing else that matters; DuckDB may read there alone. */
  readonly directory: string;
  readonly windows: MakingWindows;
}

const ROW = '"__row"';
const COLUMNS_MAX = 2000;
const ROUNDING_SCALED_MAX = 1e-6;

/**
 * Two tables column by column: schema, the file's metadata, order of rows, and of each differing column how many rows
 * differ, the first, and how far. Rows are matched by place. No cell is shown, since rows may be of people and a report
 * outlives what the law asks to erase; times of the making are, since they lie in the window of the run. Throws what DuckDB throws for a file that it cannot read.
 */
export async function compareTables(pair: TablePair): Promise<PartList> {
  const parts = new PartList();
  const database = await openDatabase([pair.directory]);
  try {
    if (pair.format === 'parquet') await compareParquetMetadata(database, pair, parts);
    for (const [name, path] of [
      ['a', pair.original],
      ['b', pair.rebuilt],
    ] as const) {
      const rows = `SELECT row_number() OVER () AS ${ROW}, * FROM ${source(pair.format, path)}`;
      await database.run(`CREATE TABLE ${name} AS ${rows}`);
    }
    const columns = await compareSchemas(database, parts);
    await compareRows(database, { pair, parts, columns });
  } finally {
    database.close();
  }
  return parts;
}

function source(format: TablePair['format'], path: string): string {
  const file = quoteText(path);
  if (format === 'parquet') return `read_parquet(${file})`;
  const delimiter = format === 'tsv' ? "'\\t'" : "','";
  return `read_csv(${file}, header = true, all_varchar = true, delim = ${delimiter}, parallel = false)`;
}

async function compareParquetMetadata(
  database: SnapshotDatabase,
  pair: TablePair,
  parts: PartList,
): Promise<void> {
  const [before, after] = [
    await fileMetadata(database, pair.original),
    await fileMetadata(database, pair.rebuilt),
  ];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [original, rebuilt] = [before.get(name) ?? '', after.get(name) ?? ''];
    if (original === rebuilt) continue;
    const part = compareTexts(`metadata \`${shown(name)}\``, { original, rebuilt }, pair.windows);
    parts.add(['times', 'names'].includes(part.nature) ? part : { ...part, nature: 'metadata' });
  }
}

async function fileMetadata(
  database: SnapshotDatabase,
  path: string,
): Promise<ReadonlyMap<string, string>> {
  const file = quoteText(path);
  const own = await database.rows(
    `SELECT created_by, num_row_groups FROM parquet_file_metadata(${file})`,
  );
  const entries = await database.rows(
    `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${file})`,
  );
  return new Map([
    ...own.flatMap((row) =>
      Object.entries(row).map(([name, value]) => [name, String(value)] as const),
    ),
    ...entries.map(({ key, value }) => [`key ${String(key)}`, String(value)] as const),
  ]);
}

interface Column {
  readonly name: string;
  readonly isNumeric: boolean;
}

/** The columns that both have under one name and type. */
async function compareSchemas(
  database: SnapshotDatabase,
  parts: PartList,
): Promise<readonly Column[]> {
  const [before, after] = [await schemaOf(database, 'a'), await schemaOf(database, 'b')];
  if ([...before].join() === [...after].join()) return columnsOf(before);
  const names = [[...before.keys()], [...after.keys()]] as const;
  const isOrder = names[0].toSorted().join('\0') === names[1].toSorted().join('\0');
  const same = [...before].every(([name, type]) => after.get(name) === type);
  parts.add({
    where: 'columns',
    nature: isOrder && same ? 'order' : 'structure',
    original: shown([...before].map((pair) => pair.join(' ')).join(', ')),
    rebuilt: shown([...after].map((pair) => pair.join(' ')).join(', ')),
  });
  return columnsOf(new Map([...before].filter(([name, type]) => after.get(name) === type)));
}

async function schemaOf(
  database: SnapshotDatabase,
  table: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.rows(`DESCRIBE ${table}`);
  const columns = rows.map((row) => [String(row.column_name), String(row.column_type)] as const);
  return new Map(columns.filter(([name]) => name !== '__row'));
}

function columnsOf(schema: ReadonlyMap<string, string>): readonly Column[] {
  return [...schema].slice(0, COLUMNS_MAX).map(([name, type]) => ({
    name,
    isNumeric: /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL)/.test(type),
  }));
}

interface Rows {
  readonly pair: TablePair;
  readonly parts: PartList;
  readonly columns: readonly Column[];
}

async function compareRows(database: SnapshotDatabase, rows: Rows): Promise<void> {
  const { parts, columns } = rows;
  const [count] = await database.rows(
    'SELECT (SELECT count(*) FROM a) AS a, (SELECT count(*) FROM b) AS b',
  );
  const [before, after] = [String(count?.a), String(count?.b)];
  if (before !== after) {
    parts.add({
      where: 'rows',
      nature: 'structure',
      original: `${before} rows`,
      rebuilt: `${after} rows`,
    });
  } else if (await areReordered(database, columns)) {
    const all = columns.map(
      ({ name }) => `a.${quoteName(name)} IS DISTINCT FROM b.${quoteName(name)}`,
    );
    const [first] = await database.rows(
      `SELECT min(${ROW}) AS first FROM a JOIN b USING (${ROW}) WHERE ${all.join(' OR ')}`,
    );
    parts.add({ where: `rows, first at row ${String(first?.first)}`, nature: 'order' });
    return;
  }
  for (const column of columns) await compareColumn(database, rows, column);
}

/** The same rows, each as often, at other places: a sum of hashes does not see order. */
async function areReordered(
  database: SnapshotDatabase,
  columns: readonly Column[],
): Promise<boolean> {
  if (columns.length === 0) return false;
  const list = columns.map(({ name }) => quoteName(name)).join(', ');
  const sum = (table: string, place: string) =>
    `(SELECT sum(hash(${place}${list})::HUGEINT) FROM ${table})`;
  const [found] = await database.rows(
    `SELECT ${sum('a', '')} = ${sum('b', '')} AS same, ${sum('a', `${ROW}, `)} = ${sum('b', `${ROW}, `)} AS placed`,
  );
  return found?.same === true && found.placed === false;
}

async function compareColumn(
  database: SnapshotDatabase,
  rows: Rows,
  { name, isNumeric }: Column,
): Promise<void> {
  const [a, b] = [`a.${quoteName(name)}`, `b.${quoteName(name)}`];
  const [x, y] = [a, b].map((cell) =>
    isNumeric ? `${cell}::DOUBLE` : `TRY_CAST(${cell} AS DOUBLE)`,
  );
  const joined = `FROM a JOIN b USING (${ROW}) WHERE ${a} IS DISTINCT FROM ${b}`;
  const [found] = await database.rows(`
    SELECT count(*) AS differing, min(${ROW}) AS first,
           count(*) FILTER (WHERE ${x} IS NULL OR ${y} IS NULL) AS texts,
           max(abs(${x} - ${y})) AS absolute,
           max(abs(${x} - ${y}) / nullif(greatest(abs(${x}), abs(${y})), 0)) AS relative,
           bool_and(${x} = trunc(${x}) AND ${y} = trunc(${y})) AS whole ${joined}`);
  const differing = Number(found?.differing ?? 0);
  if (found === undefined || differing === 0) return;
  const [cells] = await database.rows(
    `SELECT ${a}::VARCHAR AS original, ${b}::VARCHAR AS rebuilt ${joined} ORDER BY ${ROW} LIMIT 1`,
  );
  const pair = { original: String(cells?.original ?? ''), rebuilt: String(cells?.rebuilt ?? '') };
  const where = `column \`${shown(name)}\`, ${differing} rows, first at row ${String(found.first)}`;
  const [scale] = await database.rows(`SELECT max(abs(${x})) AS scale FROM a`);
  const isNumbers = Number(found.texts) === 0 && Number.isFinite(Number(found.absolute));
  const part = compareTexts(where, pair, rows.pair.windows);
  if (!isNumbers || part.nature === 'times') {
    rows.parts.add(part.nature === 'times' ? part : { where, nature: part.nature });
    return;
  }
  rows.parts.add(numericPart(where, { ...found, differing, scale: Number(scale?.scale ?? 0) }));
}

function numericPart(
  where: string,
  found: {
    readonly differing: number;
    readonly scale: number;
    readonly absolute?: unknown;
    readonly relative?: unknown;
    readonly whole?: unknown;
  },
): DivergentPart {
  const absolute = Number(found.absolute);
  const isRounding = found.whole !== true && absolute <= ROUNDING_SCALED_MAX * found.scale;
  return {
    where,
    nature: isRounding ? 'rounding' : 'numbers',
    distance: {
      compared: found.differing,
      differing: found.differing,
      maxAbsolute: canonicalDecimal(absolute),
      maxRelative: found.relative === null ? null : canonicalDecimal(Number(found.relative)),
      maxUlp: null,
    },
  };
}
