// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { Dataset, Grouping } from '../file/data-section.ts';
import type { GroupShare, Representativeness } from './dataset-snapshot.ts';
import { declaredGroups, groupingSql } from './grouping-sql.ts';
import type { SnapshotDatabase } from './open-database.ts';

/** Counts every protected attribute's groups and measures their distance from the declared population. */
export async function measureRepresentativeness(
  database: SnapshotDatabase,
  dataset: Dataset,
): Promise<readonly Representativeness[]> {
  const results: Representativeness[] = [];
  for (const attribute of dataset.roles?.protected ?? []) {
    results.push(await measureAttribute(database, dataset, attribute));
  }
  return results;
}

async function measureAttribute(
  database: SnapshotDatabase,
  dataset: Dataset,
  attribute: Grouping,
): Promise<Representativeness> {
  const found = await database.rows(
    `SELECT ${groupingSql(attribute)} AS grp, count(*) AS rows FROM t GROUP BY 1 ORDER BY 1`,
  );
  const counts = new Map(found.map((row) => [String(row.grp), Number(row.rows)]));
  const shares = declaredShares(dataset, attribute.name);
  const names = new Set([
    ...(declaredGroups(attribute) ?? []),
    ...counts.keys(),
    ...Object.keys(shares ?? {}),
  ]);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const groups = [...names].map((group): GroupShare => {
    const rows = counts.get(group) ?? 0;
    const share = canonicalDecimal(total === 0 ? 0 : rows / total);
    return { group, rows, share, declared: shares?.[group] ?? null };
  });
  return {
    attribute: attribute.name,
    warning: attribute.warning ?? null,
    groups,
    distance: shares === undefined ? null : totalVariation(groups, total),
  };
}

function declaredShares(
  dataset: Dataset,
  attribute: string,
): Readonly<Record<string, string>> | undefined {
  const { population } = dataset;
  return typeof population === 'object' ? population.shares?.[attribute] : undefined;
}

/** Total variation distance: half the sum of |observed - declared| over all groups (Levin, Peres & Wilmer, prop. 4.2). */
function totalVariation(groups: readonly GroupShare[], total: number): string {
  const differences = groups.map(({ rows, declared }) =>
    Math.abs((total === 0 ? 0 : rows / total) - Number(declared ?? 0)),
  );
  return canonicalDecimal(differences.reduce((sum, difference) => sum + difference, 0) / 2);
}
