// SPDX-License-Identifier: Apache-2.0
import type { Dataset } from '../file/data-section.ts';
import { findColumns } from './column-findings.ts';
import { profileTable } from './column-profile.ts';
import type { SnapshotPlace } from './columns.ts';
import type { DataMeasures } from './data-measures.ts';
import type { ColumnProfile, SnapshotColumn } from './dataset-snapshot.ts';
import { measureLabel } from './label-determination.ts';
import type { LoadedTable } from './load-table.ts';
import { findMixedTypes } from './mixed-types.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { measureSplitPairs } from './split-overlap.ts';
import type { TakenSplit } from './split-rows.ts';
import { quoteText, ROW_NUMBER } from './sql-text.ts';

export interface MeasuredTable {
  readonly dataset: Dataset;
  readonly place: SnapshotPlace;
  readonly table: LoadedTable;
  readonly columns: readonly SnapshotColumn[];
  readonly splits: readonly TakenSplit[];
  /** Profiles already taken of splits, by name. */
  readonly profiles: ReadonlyMap<string, readonly ColumnProfile[]>;
}

/** Measures what nobody asked for, on the tables `t` and `parts`; see `DataMeasures`. */
export async function measureData(
  database: SnapshotDatabase,
  measured: MeasuredTable,
): Promise<DataMeasures> {
  const { dataset, columns, splits, profiles } = measured;
  const readable = splits.filter(({ access }) => access === 'steps').map(({ name }) => name);
  await makeReadable(database, readable, readable.length === splits.length);
  const [only] = readable;
  const single = readable.length === 1 && only !== undefined ? profiles.get(only) : undefined;
  const profile =
    single ??
    (await profileTable(database, 'readable', columns, { weight: weightOf(dataset, columns) }));
  const [count] = await database.rows('SELECT count(*) AS n FROM readable');
  const names = splits.map(({ name }) => name);
  return {
    v: 1,
    readable,
    readableRows: Number(count?.n),
    profile: single === undefined && readable.length > 0 ? profile : null,
    splitPairs: await measureSplitPairs(database, names, { dataset, columns }),
    columns: [
      ...(await findColumns(database, columns, profile)),
      ...(await findMixedTypes(database, columns, measured)),
    ],
    label: await measureLabel(database, dataset, columns),
  };
}

/** The weight column where it is a number: otherwise there is nothing to weigh with. */
export function weightOf(dataset: Dataset, columns: readonly SnapshotColumn[]): string | undefined {
  const weight = columns.find(({ name }) => name === dataset.roles?.weight);
  return weight?.type === 'integer' || weight?.type === 'number' ? weight.name : undefined;
}

/** `readable` holds the rows that a step may read; a copy only where there are others. */
async function makeReadable(
  database: SnapshotDatabase,
  splits: readonly string[],
  isWhole: boolean,
): Promise<void> {
  if (isWhole) {
    await database.run('CREATE VIEW readable AS SELECT * FROM t');
    return;
  }
  const list = splits.map(quoteText).join(', ') || "''";
  await database.run(
    `CREATE TABLE readable AS SELECT t.* FROM t SEMI JOIN (SELECT * FROM parts WHERE part IN (${list})) USING (${ROW_NUMBER}) ORDER BY ${ROW_NUMBER}`,
  );
}
