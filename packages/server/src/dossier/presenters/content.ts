// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, Json } from '@countersign/kernel';
import type { Block, Cell, FactsBlock, Inline, TableBlock, TableColumn } from '../document.ts';
import { cite, plain } from '../document.ts';
import { measuredCell } from '../shown-number.ts';

/** A record as a document needs it. */
export type DossierRecord = Pick<CountedRecord, 'digest' | 'statement' | 'index' | 'loggedAt'>;

/** Turns the records of one evidence id, in log order, into blocks. Adds no words of its own judgement. */
export type Presenter = (records: readonly DossierRecord[]) => readonly Block[];

export type Fields = { readonly [key: string]: Json };

/*
 * Readers of record content. A document is compiled from whatever the log holds, so a member that is
 * absent or of another type reads as absent: it shows as a missing row and never stops the document.
 */

export function contentOf(record: DossierRecord): Fields {
  return record.statement.predicate.content;
}

export function fieldsOf(value: Json | undefined): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Fields; // Array.isArray does not narrow readonly arrays away
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Fields of each member of a list; members that are no objects are left out. */
export function rowsOf(value: Json | undefined): readonly Fields[] {
  return listOf(value)
    .filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
    .map(fieldsOf);
}

/** A scalar as text, booleans as yes and no; undefined for anything else. */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return undefined;
}

/** A decimal text as a number for a chart; undefined when it is none. */
export function numberOf(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** `approvalRatio` and `approval_ratio` as `Approval ratio`; names in capitals stay as they are. */
export function labelOf(key: string): string {
  if (/^[A-Z0-9_]+$/.test(key)) return key;
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

/** A limit such as `≥ 0.7`, its value exactly as declared. */
export function limitText(op: Json | undefined, value: Json | undefined): string {
  const sign = (textOf(op) ?? '').replace('>=', '≥').replace('<=', '≤');
  return `${sign} ${textOf(value) ?? ''}`.trim();
}

/** The parts of a group as measurements name it, `attribute=value`; all of it is the value without `=`. */
export function namedGroup(value: Json | undefined): {
  readonly attribute: string;
  readonly value: string;
} {
  const text = textOf(value) ?? '';
  const at = text.indexOf('=');
  return { attribute: text.slice(0, Math.max(0, at)), value: text.slice(at + 1) };
}

/** One fact: its label, its value from the record, or in place of that the inlines to print. */
export type Fact = readonly [string, Json | undefined, (readonly Inline[])?];

/** A facts block of the members that are there. */
export function factsBlock(rows: readonly Fact[], record?: string): readonly FactsBlock[] {
  const kept = rows.flatMap(([label, value, inlines]) => {
    const shown = inlines ?? scalarInlines(value);
    return shown.length === 0 ? [] : [{ label, value: shown }];
  });
  if (kept.length === 0) return [];
  return [{ kind: 'facts', rows: kept, ...(record !== undefined && { cite: record }) }];
}

/** Citations of the digests a record names, for a fact. */
export function citesOf(value: Json | undefined): readonly Inline[] {
  const digests = listOf(typeof value === 'string' ? [value] : value).flatMap((item) =>
    typeof item === 'string' ? [item] : [],
  );
  return digests.flatMap((digest, index) =>
    index === 0 ? [cite(digest)] : [plain(' '), cite(digest)],
  );
}

function scalarInlines(value: Json | undefined): readonly Inline[] {
  const text = Array.isArray(value)
    ? value.map((item: Json) => textOf(item) ?? '').join(', ')
    : textOf(value);
  if (text === undefined || text === '') return [];
  return [plain(shownTime(text), isDigest(text) ? 'code' : undefined)];
}

/** A time of a record to the second, as people write it; other text is left alone. */
export function shownTime(text: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)
    ? `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`
    : text;
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}

export interface ColumnSpec {
  readonly title: string;
  readonly align?: TableColumn['align'];
}

/** A table, or nothing when it has no rows; a text cell may be given as a string. */
export function tableBlock(
  columns: readonly (string | ColumnSpec)[],
  rows: readonly (readonly (Cell | string | undefined)[])[],
  about: { readonly caption: string; readonly cite?: string },
): readonly TableBlock[] {
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      columns: columns.map((column) =>
        typeof column === 'string'
          ? { title: column, align: 'left' as const }
          : { title: column.title, align: column.align ?? 'left' },
      ),
      rows: rows.map((row) =>
        row.map((cell): Cell => (typeof cell === 'object' ? cell : { text: cell ?? '' })),
      ),
      caption: about.caption,
      ...(about.cite !== undefined && { cite: about.cite }),
    },
  ];
}

export const NUMBER: Pick<ColumnSpec, 'align'> = { align: 'right' };

/** A scalar of any type as a cell: long measured decimals shortened, all else as recorded. */
export function cellOf(value: Json | undefined): Cell {
  const text = textOf(value) ?? (value === undefined || value === null ? '' : flatText(value));
  return /^-?\d+\.\d{5,}$|^-?\d+(\.\d+)?e[+-]?\d+$/i.test(text) ? measuredCell(text) : { text };
}

/** Nested JSON on one line, for a cell that has no room for more. */
export function flatText(value: Json): string {
  const scalar = textOf(value);
  if (scalar !== undefined) return scalar;
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.map((item: Json) => flatText(item)).join(', ');
  return Object.entries(value)
    .map(([key, item]) => `${labelOf(key).toLowerCase()} ${flatText(item)}`)
    .join('; ');
}
