// SPDX-License-Identifier: Apache-2.0
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react';

export interface SortableHeadProps {
  readonly id: string;
  readonly label: string;
  readonly sort: { readonly id: string; readonly desc: boolean };
  /** Told the column, with `-` before it for the other way round. */
  readonly onSort: (sort: string) => void;
  readonly isWideOnly?: boolean;
}

export function SortableHead({ id, label, sort, onSort, isWideOnly = false }: SortableHeadProps) {
  const isSorted = sort.id === id;
  const direction = sort.desc ? 'descending' : 'ascending';
  const Icon = !isSorted ? IconArrowsSort : sort.desc ? IconArrowDown : IconArrowUp;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? direction : undefined}
      className={isWideOnly ? 'wide' : undefined}
    >
      <button
        type="button"
        className="sort"
        data-sorted={isSorted}
        onClick={() => onSort(isSorted && !sort.desc ? `-${id}` : id)}
      >
        {label}
        <Icon size={13} stroke={2} aria-hidden />
      </button>
    </th>
  );
}
