// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Columns that a view filters by value; each is a list in the address, its values joined by commas. */
export const FILTERED = ['tier', 'stage', 'origin', 'owner', 'grade'] as const;
export type FilteredColumn = (typeof FILTERED)[number];

const text = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** What the inventory shows, as its address says it; a member that is unreadable counts as absent. */
export const InventorySearch = z.object({
  q: text,
  tier: text,
  stage: text,
  origin: text,
  owner: text,
  grade: text,
  /** A column, with `-` before it for the other way round. */
  sort: text,
});
export type InventorySearch = z.infer<typeof InventorySearch>;

export function chosen(search: InventorySearch, column: FilteredColumn): readonly string[] {
  return search[column]?.split(',').filter((one) => one !== '') ?? [];
}

/** The view with other values chosen for a column; none leave it out of the address. */
export function choose(
  search: InventorySearch,
  column: FilteredColumn,
  values: readonly string[],
): InventorySearch {
  return { ...search, [column]: values.length === 0 ? undefined : values.join(',') };
}

export function sortOf(search: InventorySearch): { readonly id: string; readonly desc: boolean } {
  const sort = search.sort ?? 'model';
  return sort.startsWith('-') ? { id: sort.slice(1), desc: true } : { id: sort, desc: false };
}

export function isFiltered({ sort: _sort, ...filters }: InventorySearch): boolean {
  return Object.values(filters).some((one) => one !== undefined && one !== '');
}
