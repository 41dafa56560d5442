// SPDX-License-Identifier: Apache-2.0
import {
  columnFilteringFeature,
  columnVisibilityFeature,
  createColumnHelper,
  createFilteredRowModel,
  createSortedRowModel,
  type Row,
  rowSortingFeature,
  tableFeatures,
} from '@tanstack/react-table';
import { type InventoryRow, rankOf } from './inventory-rows.ts';

export const features = tableFeatures({
  columnFilteringFeature,
  columnVisibilityFeature,
  rowSortingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
});

type InventoryTableRow = Row<typeof features, InventoryRow>;

const column = createColumnHelper<typeof features, InventoryRow>();

// One collator for every comparison: localeCompare makes its own each time, which 10,000 rows notice.
const { compare } = new Intl.Collator(undefined, { numeric: true });

function inOwnOrder(a: InventoryTableRow, b: InventoryTableRow, id: string): number {
  const [left, right] = [a.getValue<string>(id), b.getValue<string>(id)];
  return rankOf(id, left) - rankOf(id, right) || compare(left, right);
}

function isAmong(row: InventoryTableRow, id: string, wanted: readonly string[]): boolean {
  return wanted.includes(row.getValue<string>(id));
}

/** Every word is somewhere in the line. */
function hasWords(row: InventoryTableRow, _id: string, words: readonly string[]): boolean {
  return words.every((word) => row.original.text.includes(word));
}

const chosenByValue = { sortFn: inOwnOrder, filterFn: isAmong };

export const columns = column.columns([
  column.accessor('model', { header: 'Model', sortFn: inOwnOrder }),
  column.accessor('use', { header: 'Use', sortFn: inOwnOrder }),
  column.accessor('tier', { header: 'Tier', ...chosenByValue }),
  column.accessor('stage', { header: 'Stage', ...chosenByValue }),
  column.accessor('origin', { header: 'Origin', ...chosenByValue }),
  column.accessor('owner', { header: 'Owner', ...chosenByValue }),
  column.accessor('grade', { header: 'Enforcement', ...chosenByValue }),
  column.accessor('versions', {
    header: 'Versions',
    sortFn: (a, b) => a.original.versions - b.original.versions,
  }),
  column.accessor('openFindings', {
    header: 'Findings',
    sortFn: (a, b) => a.original.openFindings - b.original.openFindings,
  }),
  column.accessor('text', { header: 'Text', filterFn: hasWords, enableSorting: false }),
]);
