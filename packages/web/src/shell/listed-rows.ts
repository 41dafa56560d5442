// SPDX-License-Identifier: Apache-2.0
import type { DataColumn } from './data-table.tsx';

export interface Sort {
  readonly id: string;
  readonly desc: boolean;
}

/** A column in the address, with `-` before it for the other way round. */
export function sortOf(text: string | undefined, fallback: string): Sort {
  const sort = text ?? fallback;
  return sort.startsWith('-') ? { id: sort.slice(1), desc: true } : { id: sort, desc: false };
}

// One collator for every comparison: localeCompare makes its own each time, which 10,000 rows notice.
const { compare } = new Intl.Collator(undefined, { numeric: true });

type Columns<Row> = readonly Pick<DataColumn<Row>, 'id' | 'value'>[];

/** What the word filter looks through, in lower case: every column of every row, once. */
export function searchTexts<Row>(rows: readonly Row[], columns: Columns<Row>): readonly string[] {
  return rows.map((row) =>
    columns
      .map(({ value }) => value(row))
      .join('\n')
      .toLowerCase(),
  );
}

/** Every word is somewhere in the row. */
export function withWords<Row>(
  rows: readonly Row[],
  texts: readonly string[],
  q: string | undefined,
): readonly Row[] {
  const words = q?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  if (words.length === 0) return rows;
  return rows.filter((_, place) => words.every((word) => texts[place]?.includes(word)));
}

export function sorted<Row>(
  rows: readonly Row[],
  columns: Columns<Row>,
  { id, desc }: Sort,
): readonly Row[] {
  const column = columns.find((one) => one.id === id);
  if (column === undefined) return rows;
  const keyed = rows.map((row) => ({ row, key: column.value(row) }));
  const sign = desc ? -1 : 1;
  keyed.sort(({ key: a }, { key: b }) => {
    if (typeof a === 'number' && typeof b === 'number') return (a - b) * sign;
    return compare(String(a), String(b)) * sign;
  });
  return keyed.map(({ row }) => row);
}

/** `1 overlay`, `2 overlays`. */
export function counted(count: number, thing: string): string {
  return `${count.toLocaleString()} ${thing}${count === 1 ? '' : 's'}`;
}
