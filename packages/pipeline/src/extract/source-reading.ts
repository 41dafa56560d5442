// SPDX-License-Identifier: Apache-2.0
import type { Dataset } from '../file/data-section.ts';
import { isLakehouse, lakehouseReading } from '../lakehouse/lakehouse-facts.ts';
import type { ColumnType } from '../snapshot/dataset-snapshot.ts';
import type { SnapshotOrigin } from './snapshot-origin.ts';

/** What the source knows about a table that its text does not say. A rebuild derives the same from the recorded origin. */
export interface SourceReading {
  /** An empty field in quotes is the empty text, not a missing value. */
  readonly emptyIsText: boolean;
  readonly types: Readonly<Record<string, ColumnType>>;
  /** Counted by the source itself; undefined where it does not count. */
  readonly rows: number | undefined;
}

const AS_TEXT: SourceReading = { emptyIsText: false, types: {}, rows: undefined };

/** Text of a database stays text, whatever its values look like; other types are found in the values as always. */
export function sourceReading(origin: SnapshotOrigin): SourceReading {
  if (isLakehouse(origin)) return { ...AS_TEXT, ...lakehouseReading(origin) };
  if (!('postgres' in origin)) return AS_TEXT;
  const texts = origin.columns.filter(({ type }) => isText(type));
  return {
    emptyIsText: true,
    types: Object.fromEntries(texts.map(({ name }) => [name, 'text'])),
    rows: origin.rows,
  };
}

/** The declaration with the types that the source knows; what the pipeline file declares goes before them. */
export function withSourceTypes(dataset: Dataset, { types }: SourceReading): Dataset {
  if (Object.keys(types).length === 0) return dataset;
  const columns = { ...dataset.columns };
  for (const [name, type] of Object.entries(types)) columns[name] = { type, ...columns[name] };
  return { ...dataset, columns };
}

function isText(type: string): boolean {
  return /^(?:text|character|name|citext|uuid|"char")/.test(type);
}
