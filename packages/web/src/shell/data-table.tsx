// SPDX-License-Identifier: Apache-2.0
import { useViewportSize } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import type { Sort } from './listed-rows.ts';
import { SortableHead } from './sortable-head.tsx';

export interface DataColumn<Row> {
  readonly id: string;
  readonly label: string;
  /** What is sorted, searched and exported. */
  readonly value: (row: Row) => string | number;
  /** What is shown; the value without it. */
  readonly show?: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** Left out where the window is narrow. */
  readonly isWideOnly?: boolean;
}

interface DataTableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly DataColumn<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly sort: Sort;
  readonly onSort: (sort: string) => void;
}

const ROW_HEIGHT = 46;

/** Only the rows in and around the window are in the document; the page scrolls, not the table. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, rows, columns, keyOf, sort, onSort } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  const { width } = useViewportSize();
  // After every render: what stands above may have taken more lines.
  useLayoutEffect(() => {
    const place = body.current?.getBoundingClientRect().top ?? 0;
    setTop(Math.round(place + window.scrollY));
  });
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : keyOf(row);
    },
  });
  // Rows fold on narrow windows: what was measured at another width counts no more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the width is the reason, not an input
  useLayoutEffect(() => virtual.measure(), [width]);
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <table className="grid folds" aria-rowcount={rows.length + 1} aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ id, label: head, isWideOnly }) => (
            <SortableHead
              key={id}
              {...{ id, label: head, sort, onSort, isWideOnly: isWideOnly ?? false }}
            />
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        <Gap height={before} columns={columns.length} />
        {items.map(({ index, key }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <tr
              key={String(key)}
              ref={virtual.measureElement}
              data-index={index}
              aria-rowindex={index + 2}
            >
              {columns.map((column) => (
                <Cell key={column.id} column={column} row={row} />
              ))}
            </tr>
          );
        })}
        <Gap height={after} columns={columns.length} />
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { readonly column: DataColumn<Row>; readonly row: Row }) {
  const { label, value, show, isNumber, isWideOnly } = column;
  const classes = [isNumber === true ? 'number' : 'wrap', isWideOnly === true ? 'wide' : ''];
  return (
    <td data-label={label} className={classes.join(' ').trim()}>
      <span>{show === undefined ? value(row) : show(row)}</span>
    </td>
  );
}

/** Stands in for the rows that are not in the document. */
function Gap({ height, columns }: { readonly height: number; readonly columns: number }) {
  return height <= 0 ? null : (
    <tr className="gap" style={{ height }}>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}
