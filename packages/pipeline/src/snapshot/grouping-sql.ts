// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '../file/data-section.ts';
import { quoteName, quoteText } from './sql-text.ts';

/** The group of rows whose value is missing, and of values that no declared group names. */
export const NOT_PROVIDED = 'not provided';
export const OTHER_GROUP = 'other';

/**
 * A DuckDB expression that gives the group of a row as text, never NULL. One definition for snapshots, tests and
 * monitoring. Bands are closed below: `[25, 40]` gives `under 25`, `25 to under 40`, `40 and over`.
 */
export function groupingSql(grouping: Grouping): string {
  const column = quoteName(grouping.column);
  const missing = `WHEN ${column} IS NULL THEN ${quoteText(NOT_PROVIDED)}`;
  if (grouping.bands !== undefined) return bandSql(`TRY_CAST(${column} AS DOUBLE)`, grouping.bands);
  const text = `CAST(${column} AS VARCHAR)`;
  if (grouping.groups === undefined) return `CASE ${missing} ELSE ${text} END`;
  const cases = Object.entries(grouping.groups).map(([group, values]) => {
    const list = values.map((value) => quoteText(String(value))).join(', ');
    return `WHEN ${text} IN (${list}) THEN ${quoteText(group)}`;
  });
  return `CASE ${missing} ${cases.join(' ')} ELSE ${quoteText(OTHER_GROUP)} END`;
}

/** The names of all groups that bands or mapped values can give, in order; undefined for plain values. */
export function declaredGroups(grouping: Grouping): readonly string[] | undefined {
  if (grouping.bands !== undefined) return bandNames(grouping.bands);
  return grouping.groups === undefined ? undefined : Object.keys(grouping.groups);
}

function bandNames(bands: readonly string[]): readonly string[] {
  return [
    `under ${bands[0]}`,
    ...bands.slice(1).map((edge, index) => `${bands[index]} to under ${edge}`),
    `${bands.at(-1)} and over`,
  ];
}

function bandSql(value: string, bands: readonly string[]): string {
  const names = bandNames(bands);
  const cases = bands.map(
    (edge, index) => `WHEN ${value} < ${edge} THEN ${quoteText(names[index] ?? '')}`,
  );
  const missing = `WHEN ${value} IS NULL THEN ${quoteText(NOT_PROVIDED)}`;
  return `CASE ${missing} ${cases.join(' ')} ELSE ${quoteText(names.at(-1) ?? '')} END`;
}
