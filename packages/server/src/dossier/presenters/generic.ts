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
  NUMBER,
  type Presenter,
  rowsOf,
  tableBlock,
} from './content.ts';

const COLUMNS_MAX = 8;
const ROWS_MAX = 60;

/** Prints any record: its scalar members as facts, its lists of objects as tables. */
export const presentAny: Presenter = (records) =>
  records.flatMap((record) => jsonBlocks(contentOf(record), { cite: record.digest }));

export interface JsonAbout {
  readonly cite: string;
  /** What the value is, for captions. */
  readonly title?: string;
}

/** JSON of a shape we do not own, such as a plan as declared, in full: nothing is left out silently. */
export function jsonBlocks(value: Json | undefined, about: JsonAbout): readonly Block[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return listBlocks(value, about);
  if (typeof value !== 'object') return [paragraph(flatText(value))];
  const entries = flatten(fieldsOf(value));
  const tables = entries.filter(([, item]) => isTable(item));
  const facts = entries.filter(([, item]) => !isTable(item));
  const printed = factsBlock(
    facts.map(([label, item]) => [label, cellOf(item).text]),
    about.cite,
  );
  return [
    ...(printed.length === 0 || about.title === undefined ? [] : [heading(about.title)]),
    ...printed,
    ...tables.flatMap(([label, item]) => listBlocks(rowsOf(item), titled(about, label))),
  ];
}

function heading(text: string): Block {
  return { kind: 'heading', level: 3, text };
}

function titled(about: JsonAbout, label: string): JsonAbout {
  return { ...about, title: about.title === undefined ? label : `${about.title}: ${label}` };
}

function isTable(value: Json): boolean {
  return Array.isArray(value) && value.length > 0 && rowsOf(value).length === value.length;
}

// Objects within objects become one row each, under the names that lead to them.
function flatten(fields: Fields, prefix = ''): readonly (readonly [string, Json])[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    const label = prefix === '' ? labelOf(key) : `${prefix}, ${labelOf(key).toLowerCase()}`;
    const nested = fieldsOf(value);
    return Object.keys(nested).length > 0 ? flatten(nested, label) : [[label, value] as const];
  });
}

function listBlocks(list: readonly Json[], about: JsonAbout): readonly Block[] {
  const rows = rowsOf(list).map((row) => Object.fromEntries(flatten(row)));
  if (rows.length < list.length) return [paragraph(list.map((item) => flatText(item)).join(', '))];
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  // Beyond the columns a page can hold, the rest of each row is printed in the last one.
  const own = keys.length <= COLUMNS_MAX ? keys : keys.slice(0, COLUMNS_MAX - 1);
  const rest = keys.slice(own.length);
  const numeric = (key: string) => rows.every((row) => isNumeric(row[key]));
  const shown = rows.slice(0, ROWS_MAX);
  const left = rows.length - shown.length;
  return [
    ...tableBlock(
      [
        ...own.map((key) => ({ title: key, ...(numeric(key) ? NUMBER : {}) })),
        ...(rest.length === 0 ? [] : ['Further']),
      ],
      shown.map((row) => [
        ...own.map((key) => cellOf(row[key])),
        ...(rest.length === 0 ? [] : [restText(row, rest)]),
      ]),
      { caption: about.title ?? 'As recorded', cite: about.cite },
    ),
    ...(left === 0 ? [] : [paragraph(`${left} more rows are in the record and not printed.`)]),
  ];
}

function restText(row: Fields, keys: readonly string[]): string {
  return keys
    .filter((key) => row[key] !== undefined && row[key] !== null)
    .map((key) => `${key}: ${flatText(row[key] ?? null)}`)
    .join('; ');
}

function isNumeric(value: Json | undefined): boolean {
  if (value === undefined || value === null || typeof value === 'number') return true;
  return typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value);
}
