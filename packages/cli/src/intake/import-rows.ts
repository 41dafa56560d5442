// SPDX-License-Identifier: Apache-2.0
import type { InventoryEntryContent } from '@countersign/kernel';
import { type CsvRow, PipelineError, parseCsvRows } from '@countersign/pipeline';
import { atFile, usage } from '../errors.ts';
import {
  CellProblem,
  type Cells,
  entryOf,
  type ImportedTier,
  OPTIONAL_COLUMNS,
  READERS,
  REQUIRED_COLUMNS,
  type RowProblemCode,
  tierOf,
} from './import-columns.ts';

export interface RowProblem {
  readonly line: number;
  /** Absent where the whole row is at fault. */
  readonly column?: string;
  readonly code: RowProblemCode;
  readonly problem: string;
  /** What to do about it. */
  readonly next: string;
}

export interface ImportRow {
  readonly line: number;
  readonly model: string;
  readonly entry: InventoryEntryContent;
  readonly tier?: ImportedTier;
}

/** What the firm has already, against which rows are checked. */
export interface ImportedInto {
  readonly accounts: ReadonlySet<string>;
  readonly models: ReadonlySet<string>;
  /** Tiers that stand, by `model/use`. */
  readonly tiers: ReadonlyMap<string, { readonly tier: string; readonly fairLending: boolean }>;
  /** Whether the importing person may sign tiers. */
  readonly maySignTiers: boolean;
}

export interface ReadRows {
  readonly rows: readonly ImportRow[];
  readonly problems: readonly RowProblem[];
  /** Rows in the file, good and bad. */
  readonly total: number;
}

const ROWS_MAX = 10_000;

/**
 * Reads a table of models and checks every row of it before anything is written.
 * @throws CliError `file_invalid`, `usage` where the table as a whole cannot be read: its form, its header
 */
export function readInventoryRows(file: string, text: string, into: ImportedInto): ReadRows {
  const [header, ...body] = rowsOf(file, text);
  if (header === undefined) throw atFile(file, 1, 'it is empty; the first line names the columns');
  if (body.length > ROWS_MAX) throw usage(`\`${file}\` has more than ${ROWS_MAX} rows`, 'part it');
  const columns = columnsOf(file, header);
  const read = body.map((row) => readRow(columns, row));
  const rows = read.flatMap(({ row }) => row ?? []);
  const problems = [...read.flatMap((one) => one.problems), ...problemsAcross(rows, into)];
  const bad = new Set(problems.map(({ line }) => line));
  return {
    rows: rows.filter(({ line }) => !bad.has(line)),
    problems: problems.sort((a, b) => a.line - b.line),
    total: body.length,
  };
}

function rowsOf(file: string, text: string): readonly CsvRow[] {
  try {
    // Spreadsheets save a byte order mark before the first name.
    return parseCsvRows(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    const line = typeof cause.details.line === 'number' ? cause.details.line : 1;
    throw atFile(file, line, cause.message, cause);
  }
}

function columnsOf(file: string, header: CsvRow): readonly string[] {
  const columns = header.cells.map((cell) => cell.trim());
  const known: readonly string[] = [...REQUIRED_COLUMNS, ...OPTIONAL_COLUMNS];
  const unknown = columns.filter((column) => !known.includes(column));
  const missing = REQUIRED_COLUMNS.filter((column) => !columns.includes(column));
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (missing.length > 0)
    throw atFile(file, header.line, `the header lacks ${missing.map(quoted).join(', ')}`);
  if (twice !== undefined) throw atFile(file, header.line, `column \`${twice}\` is named twice`);
  if (unknown.length > 0) {
    const problem = `${unknown.map(quoted).join(', ')} is not known here; there are ${known.join(', ')}`;
    throw atFile(file, header.line, problem);
  }
  return columns;
}

function quoted(text: string): string {
  return `\`${text}\``;
}

function readRow(
  columns: readonly string[],
  { line, cells }: CsvRow,
): { readonly row?: ImportRow; readonly problems: readonly RowProblem[] } {
  if (cells.length !== columns.length) {
    const problem = `it has ${cells.length} cells, the header ${columns.length}`;
    const next = 'put a cell that holds a comma in double quotes, and write empty cells too';
    return { problems: [{ line, code: 'cells_missing', problem, next }] };
  }
  const given = columns.flatMap((column, at) => {
    const cell = cells[at]?.trim() ?? '';
    return cell === '' ? [] : [[column, cell] as const];
  });
  const byColumn: Cells = new Map(given);
  const problems: RowProblem[] = [];
  const values: [string, unknown][] = [];
  for (const [column, read] of Object.entries(READERS)) {
    try {
      values.push([column, read(byColumn)]);
    } catch (cause) {
      if (!(cause instanceof CellProblem)) throw cause;
      const { code, message, next } = cause;
      problems.push({ line, column, code, problem: message, next });
    }
  }
  if (problems.length > 0) return { problems };
  // Each member was read by the reader of its column just now.
  const all = Object.fromEntries(values) as Parameters<typeof entryOf>[0];
  const tier = tierOf(all, byColumn);
  const row = { line, model: all.model, entry: entryOf(all, byColumn) };
  return { row: tier === undefined ? row : { ...row, tier }, problems };
}

/** What a row cannot know alone: other rows, and what the firm has. */
function problemsAcross(rows: readonly ImportRow[], into: ImportedInto): readonly RowProblem[] {
  const first = new Map<string, number>();
  for (const { model, line } of rows) if (!first.has(model)) first.set(model, line);
  return rows.flatMap((row) => [
    ...doubled(row, first),
    ...unknownOwner(row, into),
    ...unknownLinks(row, first, into),
    ...tierProblems(row, into),
  ]);
}

function doubled(row: ImportRow, first: ReadonlyMap<string, number>): readonly RowProblem[] {
  const line = first.get(row.model);
  if (line === undefined || line === row.line) return [];
  const problem = `\`${row.model}\` stands in line ${line} already`;
  const next = 'keep one of the two rows';
  return [{ line: row.line, column: 'model', code: 'model_twice', problem, next }];
}

function unknownOwner(
  { line, entry }: ImportRow,
  { accounts }: ImportedInto,
): readonly RowProblem[] {
  const owners = [
    ['owner', entry.owner] as const,
    ...(entry.useTerms ?? []).slice(0, 1).map(({ owner }) => ['use_owner', owner] as const),
  ];
  return owners
    .filter(([, owner]) => owner !== undefined && !accounts.has(owner))
    .map(([column, owner]) => ({
      line,
      column,
      code: 'owner_unknown',
      problem: `\`${owner}\` is no account of the firm`,
      next: 'write the account of the person, or add it with `countersign people add`',
    }));
}

function unknownLinks(
  { line, model, entry }: ImportRow,
  first: ReadonlyMap<string, number>,
  { models }: ImportedInto,
): readonly RowProblem[] {
  return (entry.links ?? [])
    .filter((link) => link.model === model || !(first.has(link.model) || models.has(link.model)))
    .map((link) => ({
      line,
      column: link.type.replace('-', '_'),
      code: 'link_unknown',
      problem:
        link.model === model
          ? 'the model is linked to itself'
          : `no model \`${link.model}\` stands in this file or in the inventory`,
      next: 'correct the name, or add the model',
    }));
}

function tierProblems({ line, model, entry, tier }: ImportRow, into: ImportedInto) {
  if (tier === undefined) return [];
  const problems: RowProblem[] = [];
  if (!into.maySignTiers) {
    const problem = 'a tier is signed by model risk';
    const next = 'import as somebody in the role model-risk, or leave the column out';
    problems.push({ line, column: 'tier', code: 'tier_not_permitted', problem, next });
  }
  for (const use of entry.uses) {
    const standing = into.tiers.get(`${model}/${use}`);
    const isSame = standing?.tier === tier.tier && standing.fairLending === tier.fairLending;
    if (standing === undefined || isSame) continue;
    const words = standing.fairLending ? ', fair lending' : '';
    problems.push({
      line,
      column: 'tier',
      code: 'tier_signed',
      problem: `\`${use}\` is signed as ${standing.tier}${words} already`,
      next: 'an import changes no signed tier: use `countersign propose --tier`, or leave the cell empty',
    });
  }
  return problems;
}
