// SPDX-License-Identifier: Apache-2.0
import { inBatches } from './batched-columns.ts';
import type { ColumnFinding } from './data-measures.ts';
import type { ColumnProfile, SnapshotColumn } from './dataset-snapshot.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteName, ROW_NUMBER } from './sql-text.ts';

/** Among fewer rows different numbers are no sign of an identifier. */
const IDENTIFIER_ROWS_MIN = 100;

/**
 * Columns of the relation `readable` that should not be features as they are: without a value, with one value, repeating
 * an earlier column, or different in every row. `profile` is of the same rows.
 */
export async function findColumns(
  database: SnapshotDatabase,
  columns: readonly SnapshotColumn[],
  profile: readonly ColumnProfile[],
): Promise<readonly ColumnFinding[]> {
  const byName = new Map(profile.map((one) => [one.name, one]));
  const single = columns.flatMap((column) => {
    const figures = byName.get(column.name);
    return figures === undefined ? [] : findInProfile(column, figures);
  });
  const varied = columns.filter(({ name }) => (byName.get(name)?.distinct ?? 0) > 1);
  return [...single, ...(await findCopies(database, varied))];
}

function findInProfile(
  { name, type, roles }: SnapshotColumn,
  { count, missing, distinct, top, quantiles }: ColumnProfile,
): readonly ColumnFinding[] {
  if (count === 0) return [];
  const found = (finding: ColumnFinding['finding'], said: string): readonly ColumnFinding[] => [
    { finding, column: name, said, other: null, value: null, line: null, row: null },
  ];
  if (missing === count) return found('empty', `all ${count} rows lack it`);
  if (distinct === 1) {
    const value = top[0]?.value ?? quantiles[0]?.value ?? '';
    const rest = missing === 0 ? 'in every row' : `or missing (${missing} rows)`;
    return found('constant', `it is ${value.slice(0, 80)} ${rest}`);
  }
  const isKey = type === 'text' || type === 'integer';
  const present = count - missing;
  if (isKey && roles.includes('feature') && present >= IDENTIFIER_ROWS_MIN && distinct === present)
    return found('identifier', `its ${present} values are all different`);
  return [];
}

/**
 * Copies by fingerprint (exclusive or of a hash of row and value), then compared row by row: equal fingerprints alone
 * prove nothing.
 */
async function findCopies(
  database: SnapshotDatabase,
  columns: readonly SnapshotColumn[],
): Promise<readonly ColumnFinding[]> {
  const prints = await inBatches(columns, async (batch) => {
    const picks = batch.map(
      ({ name }, index) =>
        `CAST(bit_xor(hash(${ROW_NUMBER}, CAST(${quoteName(name)} AS VARCHAR))) AS VARCHAR) AS p${index}`,
    );
    const [row] = await database.rows(`SELECT ${picks.join(', ')} FROM readable`);
    return batch.map((_, index) => String(row?.[`p${index}`]));
  });
  const firsts = new Map<string, string>();
  const found: ColumnFinding[] = [];
  for (const [index, { name }] of columns.entries()) {
    const print = prints[index] ?? '';
    const other = firsts.get(print);
    if (other === undefined) firsts.set(print, name);
    else if (await areEqual(database, name, other)) {
      const said = `it has the value of ${other} in every row`;
      found.push({
        finding: 'copy',
        column: name,
        said,
        other,
        value: null,
        line: null,
        row: null,
      });
    }
  }
  return found;
}

async function areEqual(database: SnapshotDatabase, name: string, other: string): Promise<boolean> {
  const text = (column: string) => `CAST(${quoteName(column)} AS VARCHAR)`;
  const different = await database.rows(
    `SELECT 1 FROM readable WHERE ${text(name)} IS DISTINCT FROM ${text(other)} LIMIT 1`,
  );
  return different.length === 0;
}
