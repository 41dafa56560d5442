// SPDX-License-Identifier: Apache-2.0

/** Columns asked about in one statement: few passes over the rows, and no statement that the planner chokes on. */
const BATCH = 24;

/** Runs `measure` on batches of columns and joins what it gives, in order. */
export async function inBatches<Column, Figure>(
  columns: readonly Column[],
  measure: (batch: readonly Column[]) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (let start = 0; start < columns.length; start += BATCH) {
    figures.push(...(await measure(columns.slice(start, start + BATCH))));
  }
  return figures;
}

/** A list value of a row as the database hands it over; empty for NULL. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
