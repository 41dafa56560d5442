// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { Block } from '../document.ts';
import { paragraph } from '../document.ts';
import {
  cellOf,
  contentOf,
  type Fields,
  factsBlock,
  fieldsOf,
  flatText,
  labelOf,
  listOf,
  NUMBER,
  type Presenter,
  rowsOf,
  tableBlock,
} from './content.ts';
import { metricName } from './metric-names.ts';

const COLUMNS_MAX = 8;
const ROWS_MAX = 60;
/** An object with more scalars than this, its own objects' included, is told under a heading of its own. */
const INLINE_MAX = 9;
/** Characters of a list that a cell has room for. */
const CELL_MAX = 160;

/** Prints any record: its scalar members as facts, its lists of objects as tables. */
export const presentAny: Presenter = (records) =>
  records.flatMap((record) => jsonBlocks(contentOf(record), { cite: record.digest }));

export interface JsonAbout {
  readonly cite: string;
  /** What the value is, for headings and captions. */
  readonly title?: string;
}

/**
 * JSON of a shape that no presenter knows, such as a plan as declared: scalars as facts, lists of objects and objects
 * of like objects as tables, anything larger under a heading of its own. What has no room is said to be in the record.
 */
export function jsonBlocks(value: Json | undefined, about: JsonAbout): readonly Block[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return listBlocks(value, about);
  if (typeof value !== 'object') return [paragraph(flatText(value))];
  const entries = Object.entries(fieldsOf(value)).filter(([, item]) => !isEmpty(item));
  const isFact = ([, item]: readonly [string, Json]) => isScalar(item) || isShort(item);
  const facts = factsBlock(
    entries.filter(isFact).flatMap(([key, item]) => factsOf(key, item)),
    about.cite,
  );
  const parts = entries
    .filter((entry) => !isFact(entry))
    .flatMap(([key, item]) => partBlocks(item, titled(about, key)));
  const isTitled = about.title !== undefined && facts.length > 0;
  return [...(isTitled ? [heading(about.title ?? '')] : []), ...facts, ...parts];
}

function heading(text: string): Block {
  return { kind: 'heading', level: 3, text };
}

function titled(about: JsonAbout, key: string): JsonAbout {
  const label = labelOf(key);
  return {
    ...about,
    title: about.title === undefined ? label : `${about.title}: ${label.toLowerCase()}`,
  };
}

function isEmpty(value: Json): boolean {
  return (
    value === null ||
    value === '' ||
    (Array.isArray(value) ? value.length === 0 : isObject(value) && keysOf(value) === 0)
  );
}

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keysOf(value: Json): number {
  return Object.keys(fieldsOf(value)).length;
}

function isScalar(value: Json): boolean {
  return Array.isArray(value) ? value.every((item: Json) => !isNested(item)) : !isObject(value);
}

function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}

/** A few scalars of one object stand among the facts, under the names that lead to them. */
function isShort(value: Json): boolean {
  if (!isObject(value) || namedRows(fieldsOf(value)) !== undefined) return false;
  const leaves = leavesOf(fieldsOf(value));
  return (
    leaves.length > 0 && leaves.length <= INLINE_MAX && leaves.every(([, leaf]) => isScalar(leaf))
  );
}

function leavesOf(fields: Fields): readonly (readonly [string, Json])[] {
  return flatten(fields).filter(([, leaf]) => !isEmpty(leaf));
}

function factsOf(key: string, value: Json): readonly (readonly [string, Json])[] {
  if (!isObject(value)) return [[labelOf(key), factValue(value)]];
  return leavesOf({ [key]: value }).map(([label, leaf]) => [label, factValue(leaf)]);
}

function factValue(value: Json): Json {
  return Array.isArray(value) ? value.map(flatText).join(', ') : cellOf(value).text;
}

function partBlocks(value: Json, about: JsonAbout): readonly Block[] {
  if (Array.isArray(value)) return listBlocks(value, about);
  const named = namedRows(fieldsOf(value));
  return named === undefined ? jsonBlocks(value, about) : listBlocks(named, about);
}

/** Objects of like members by name, such as limits by metric, as rows that begin with the name. */
function namedRows(fields: Fields): readonly Fields[] | undefined {
  const entries = Object.entries(fields);
  const isAlike = entries.every(
    ([, item]) => isObject(item) && Object.values(fieldsOf(item)).every(isScalar),
  );
  const keys = new Set(entries.flatMap(([, item]) => Object.keys(fieldsOf(item))));
  if (entries.length < 2 || !isAlike || keys.size >= COLUMNS_MAX) return undefined;
  return entries.map(([name, item]) => ({ name: metricName(name), ...fieldsOf(item) }));
}

// Objects within a row become columns, under the names that lead to them.
function flatten(fields: Fields, prefix = ''): readonly (readonly [string, Json])[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    const label = prefix === '' ? labelOf(key) : `${prefix}, ${labelOf(key).toLowerCase()}`;
    return isObject(value) && keysOf(value) > 0
      ? flatten(fieldsOf(value), label)
      : [[label, value] as const];
  });
}

// Records keep members by the alphabet; a reader looks for the name first and for the reason last.
const FIRST = ['Name', 'What', 'Item', 'Metric', 'Column', 'Input', 'Group', 'Segment', 'Kind'];
const LAST = ['Verdict', 'Reason', 'Why', 'Warning', 'Clause'];

function inReadingOrder(keys: readonly string[]): readonly string[] {
  const place = (key: string) => {
    const first = FIRST.indexOf(key);
    const last = LAST.indexOf(key);
    return first >= 0 ? first : last >= 0 ? 200 + last : 100;
  };
  return [...keys].sort((a, b) => place(a) - place(b));
}

function listBlocks(list: readonly Json[], about: JsonAbout): readonly Block[] {
  const rows = rowsOf(list).map((row) => Object.fromEntries(flatten(row)));
  if (rows.length < list.length) return [paragraph(list.map((item) => flatText(item)).join(', '))];
  const keys = inReadingOrder([...new Set(rows.flatMap((row) => Object.keys(row)))]);
  const fits = (key: string) => rows.every((row) => cellText(row[key]) !== undefined);
  const own = keys.filter(fits).slice(0, COLUMNS_MAX);
  const numeric = (key: string) => rows.every((row) => isNumeric(row[key]));
  const shown = rows.slice(0, ROWS_MAX);
  const left = rows.length - shown.length;
  const kept = keys.filter((key) => !own.includes(key));
  return [
    ...tableBlock(
      own.map((key) => ({ title: key, ...(numeric(key) ? NUMBER : {}) })),
      shown.map((row) => own.map((key) => shownCell(row[key], key))),
      { caption: about.title ?? 'As recorded', cite: about.cite },
    ),
    ...(left === 0 ? [] : [paragraph(`${left} more rows are in the record and not printed.`)]),
    ...(kept.length === 0
      ? []
      : [paragraph(`In the record and not printed: ${kept.join('; ').toLowerCase()}.`)]),
  ];
}

function shownCell(value: Json | undefined, key: string) {
  if (key === 'Metric' && typeof value === 'string') return { text: metricName(value) };
  return Array.isArray(value) ? { text: cellText(value) ?? '' } : cellOf(value);
}

/** Undefined where a cell has no room for it. */
function cellText(value: Json | undefined): string | undefined {
  if (!Array.isArray(value)) return '';
  if (listOf(value).some(isNested)) return undefined;
  const text = value.map(flatText).join(', ');
  return text.length > CELL_MAX ? undefined : text;
}

function isNumeric(value: Json | undefined): boolean {
  if (value === undefined || value === null || typeof value === 'number') return true;
  return typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value);
}
