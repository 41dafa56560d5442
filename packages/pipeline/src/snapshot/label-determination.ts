// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { Dataset } from '../file/data-section.ts';
import { aucOfLevels, type Crosstab, goodmanKruskalLambda, theilsU } from './association.ts';
import { inBatches, listOf } from './batched-columns.ts';
import type { LabelDetermination, LabelFigure } from './data-measures.ts';
import type { SnapshotColumn } from './dataset-snapshot.ts';
import { doubleText } from './fixed-point.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteName, quoteText, ROW_NUMBER } from './sql-text.ts';

const CLASSES_MAX = 20;
const LEVELS_MAX = 10_000;
/** Fewer rows than this say nothing about a level (W. G. Cochran, Biometrics 10, 1954): such levels are put together. */
const LEVEL_ROWS_MIN = 5;
const BINS_MAX = 100;
/** A bin of fewer rows would determine a label by accident. */
const BIN_ROWS = 20;
/** Edges come from every k-th row, at most so many; counts in the bins are of all rows. */
const EDGE_ROWS = 100_000;
const THEILS_U_MAX = 0.8;
const AUC_MAX = 0.95;
/** From here one column alone nearly determines the label; the same for raw columns and for a model's inputs. */
export const LABEL_THRESHOLDS = { theilsU: THEILS_U_MAX, auc: AUC_MAX } as const;
const CLASS = '"__countersign_class"';

interface LabelPlace {
  readonly classes: readonly string[];
  /** Index of the positive class of two; undefined for more. */
  readonly positive: number | undefined;
  readonly rows: number;
}

/**
 * How far each column alone gives the label away, on the rows of the relation `readable`: Theil's U and λ of its levels
 * (numbers: of quantile bins), AUC of numbers for a label of two classes, and the same of its being missing. Null
 * without a label, or where the label has one value or is a text of more than 20.
 */
export async function measureLabel(
  database: SnapshotDatabase,
  dataset: Dataset,
  columns: readonly SnapshotColumn[],
): Promise<LabelDetermination | null> {
  const label = columns.find(({ roles }) => roles.includes('label'));
  if (label === undefined) return null;
  const place = await labelClasses(database, label, dataset.roles?.positive);
  if (place === undefined) return null;
  const judged = columns.filter(
    ({ roles }) => !roles.some((role) => ['label', 'id', 'unit', 'weight'].includes(role)),
  );
  const figures = [
    ...(await inBatches(judged.filter(isNumeric), (batch) =>
      numberFigures(database, batch, place),
    )),
    ...(await inBatches(
      judged.filter((column) => !isNumeric(column)),
      (batch) => categoryFigures(database, batch, place),
    )),
  ];
  await database.run('DROP VIEW judged');
  return {
    label: label.name,
    rows: place.rows,
    classes: place.classes.length,
    thresholds: { theilsU: String(THEILS_U_MAX), auc: String(AUC_MAX) },
    columns: figures.flat().sort(strongestFirst),
  };
}

function strongestFirst(a: LabelFigure, b: LabelFigure): number {
  return (
    Number(b.warned) - Number(a.warned) ||
    Number(b.theilsU) - Number(a.theilsU) ||
    (a.column < b.column ? -1 : a.column > b.column ? 1 : a.signal < b.signal ? 1 : -1)
  );
}

function isNumeric({ type }: SnapshotColumn): boolean {
  return type === 'integer' || type === 'number';
}

/** Makes `judged`: readable rows that have a label, with its class as an index. */
async function labelClasses(
  database: SnapshotDatabase,
  label: SnapshotColumn,
  positive: string | undefined,
): Promise<LabelPlace | undefined> {
  const name = quoteName(label.name);
  const found = await database.rows(
    `SELECT CAST(${name} AS VARCHAR) AS value FROM readable WHERE ${name} IS NOT NULL
     GROUP BY 1 ORDER BY 1 LIMIT ${CLASSES_MAX + 1}`,
  );
  const values = found.map((row) => String(row.value));
  if (values.length < 2) return undefined;
  const many = values.length > CLASSES_MAX;
  if (many && !isNumeric(label)) return undefined;
  const edges = many ? await quantileEdges(database, 'readable', label, CLASSES_MAX) : [];
  const classes = many ? edges.map(String) : values;
  const index = many
    ? `CASE ${edges.map((edge, at) => `WHEN CAST(${name} AS DOUBLE) <= ${doubleText(edge)} THEN ${at}`).join(' ')} END`
    : `CASE CAST(${name} AS VARCHAR) ${values.map((value, at) => `WHEN ${quoteText(value)} THEN ${at}`).join(' ')} END`;
  await database.run(
    `CREATE VIEW judged AS SELECT * EXCLUDE (${name}), CAST(${index} AS UTINYINT) AS ${CLASS} FROM readable WHERE ${name} IS NOT NULL`,
  );
  const [row] = await database.rows('SELECT count(*) AS n FROM judged');
  const two = classes.length === 2;
  const named = positive === undefined ? 1 : classes.indexOf(positive);
  return { classes, positive: two ? (named === 0 ? 0 : 1) : undefined, rows: Number(row?.n) };
}

async function quantileEdges(
  database: SnapshotDatabase,
  relation: string,
  column: SnapshotColumn,
  bins: number,
): Promise<readonly number[]> {
  const [row] = await database.rows(`SELECT ${edgeList(column, bins)} AS edges FROM ${relation}`);
  return edgesOf(row?.edges);
}

function edgeList({ name }: SnapshotColumn, bins: number): string {
  const ranks = Array.from({ length: bins }, (_, index) => (index + 1) / bins);
  return `quantile_disc(CAST(${quoteName(name)} AS DOUBLE), [${ranks.join(', ')}])`;
}

function edgesOf(value: unknown): readonly number[] {
  return [...new Set(listOf(value).map(Number))].filter(Number.isFinite);
}

async function numberFigures(
  database: SnapshotDatabase,
  columns: readonly SnapshotColumn[],
  place: LabelPlace,
): Promise<readonly (readonly LabelFigure[])[]> {
  const step = Math.max(1, Math.ceil(place.rows / EDGE_ROWS));
  const bins = Math.max(2, Math.min(BINS_MAX, Math.floor(place.rows / BIN_ROWS)));
  const picks = columns.map((column, index) => `${edgeList(column, bins)} AS e${index}`);
  const [found] = await database.rows(
    `SELECT ${picks.join(', ')} FROM judged WHERE ${ROW_NUMBER} % ${step} = 0`,
  );
  const edges = columns.map((_, index) => edgesOf(found?.[`e${index}`]));
  const counted = columns.flatMap(({ name }, index) => {
    const list = edges[index] ?? [];
    const present = `count(${quoteName(name)}) AS n${index}`;
    if (list.length === 0) return [present];
    const bounds = list.map(doubleText).join(', ');
    return [present, `histogram(CAST(${quoteName(name)} AS DOUBLE), [${bounds}]) AS h${index}`];
  });
  const rows = await database.rows(
    `SELECT ${CLASS} AS class, count(*) AS "all", ${counted.join(', ')} FROM judged GROUP BY ALL ORDER BY 1`,
  );
  return columns.map(({ name }, index) => {
    const levels = new Map<number, number[]>();
    for (const row of rows) addHistogram(levels, Number(row.class), row[`h${index}`], place);
    const ordered = [...levels].sort(([a], [b]) => a - b).map(([, counts]) => counts);
    const missing = missingCells(rows, `n${index}`, place);
    return figuresOf({ name, place, ordered: true }, ordered, missing);
  });
}

/** Adds one class's bins, keyed by their upper bound; what lies above the last edge has the bound Infinity. */
function addHistogram(
  levels: Map<number, number[]>,
  one: number,
  counted: unknown,
  place: LabelPlace,
): void {
  for (const entry of listOf(counted)) {
    const { key, value } = entry as { readonly key: unknown; readonly value: unknown };
    const counts = levels.get(Number(key)) ?? new Array<number>(place.classes.length).fill(0);
    counts[one] = Number(value);
    levels.set(Number(key), counts);
  }
}

async function categoryFigures(
  database: SnapshotDatabase,
  columns: readonly SnapshotColumn[],
  place: LabelPlace,
): Promise<readonly (readonly LabelFigure[])[]> {
  const present = columns.map(({ name }, index) => `count(${quoteName(name)}) AS n${index}`);
  const rows = await database.rows(
    `SELECT ${CLASS} AS class, count(*) AS "all", ${present.join(', ')} FROM judged GROUP BY ALL ORDER BY 1`,
  );
  const figures: (readonly LabelFigure[])[] = [];
  for (const [index, { name }] of columns.entries()) {
    const cells = await levelCells(database, name, place);
    figures.push(
      figuresOf({ name, place, ordered: false }, cells, missingCells(rows, `n${index}`, place)),
    );
  }
  return figures;
}

async function levelCells(
  database: SnapshotDatabase,
  name: string,
  place: LabelPlace,
): Promise<Crosstab> {
  const rows = await database.rows(
    `WITH cells AS MATERIALIZED (
       SELECT ${quoteName(name)} AS level, ${CLASS} AS class, count(*) AS n FROM judged WHERE ${quoteName(name)} IS NOT NULL GROUP BY ALL
     ), kept AS (
       SELECT level FROM cells GROUP BY level HAVING sum(n) >= ${LEVEL_ROWS_MIN} ORDER BY sum(n) DESC, level LIMIT ${LEVELS_MAX}
     ) SELECT CAST(kept.level AS VARCHAR) AS level, class, sum(n) AS n
       FROM cells LEFT JOIN kept ON cells.level = kept.level GROUP BY ALL ORDER BY 1, 2`,
  );
  const levels = new Map<string | null, number[]>();
  for (const row of rows) {
    const level = row.level === null ? null : String(row.level);
    const counts = levels.get(level) ?? new Array<number>(place.classes.length).fill(0);
    counts[Number(row.class)] = Number(row.n);
    levels.set(level, counts);
  }
  return [...levels.values()];
}

function missingCells(
  rows: readonly Record<string, unknown>[],
  present: string,
  place: LabelPlace,
): Crosstab {
  const there = new Array<number>(place.classes.length).fill(0);
  const missing = new Array<number>(place.classes.length).fill(0);
  for (const row of rows) {
    there[Number(row.class)] = Number(row[present]);
    missing[Number(row.class)] = Number(row.all) - Number(row[present]);
  }
  return [there, missing];
}

function figuresOf(
  of: { readonly name: string; readonly place: LabelPlace; readonly ordered: boolean },
  values: Crosstab,
  missing: Crosstab,
): readonly LabelFigure[] {
  const missingRows = rowsOf(missing.slice(1));
  return [
    figureOf({ ...of, signal: 'value' }, values),
    ...(missingRows === 0 ? [] : [figureOf({ ...of, ordered: true, signal: 'missing' }, missing)]),
  ];
}

function figureOf(
  of: {
    readonly name: string;
    readonly signal: 'value' | 'missing';
    readonly place: LabelPlace;
    readonly ordered: boolean;
  },
  cells: Crosstab,
): LabelFigure {
  const { name, signal, place, ordered } = of;
  const auc =
    ordered && place.positive !== undefined ? aucOfLevels(cells, place.positive) : undefined;
  const folded = auc === undefined ? undefined : Math.max(auc, 1 - auc);
  const u = theilsU(cells);
  return {
    column: name,
    signal,
    rows: rowsOf(cells),
    levels: cells.length,
    theilsU: canonicalDecimal(u),
    lambda: canonicalDecimal(goodmanKruskalLambda(cells)),
    auc: folded === undefined ? null : canonicalDecimal(folded),
    warned: u >= THEILS_U_MAX || (folded ?? 0) >= AUC_MAX,
  };
}

function rowsOf(cells: Crosstab): number {
  return cells.reduce((sum, level) => sum + level.reduce((part, count) => part + count, 0), 0);
}
