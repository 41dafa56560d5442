// SPDX-License-Identifier: Apache-2.0

import { useViewportSize } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import type { ReactTable, Row } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import { SortableHead } from '../../shell/sortable-head.tsx';
import { StatusMark } from '../../shell/status-mark.tsx';
import { TierMark } from '../../shell/tier.tsx';
import type { features } from './inventory-columns.ts';
import type { InventoryRow } from './inventory-rows.ts';

type Table = ReactTable<typeof features, InventoryRow>;

interface InventoryTableProps {
  readonly table: Table;
  readonly sort: { readonly id: string; readonly desc: boolean };
  readonly onSort: (sort: string) => void;
}

const ROW_HEIGHT = 62;

/** Left to the model's page where the window is too narrow for them. */
const WIDE_ONLY: ReadonlySet<string> = new Set(['origin', 'owner', 'versions']);

/** Only the rows in and around the window are in the document; the page scrolls, not the table. */
export function InventoryTable({ table, sort, onSort }: InventoryTableProps) {
  const { rows } = table.getRowModel();
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  const { width } = useViewportSize();
  // After every render: filters and saved views above may have taken more lines.
  useLayoutEffect(() => {
    const place = body.current?.getBoundingClientRect().top ?? 0;
    setTop(Math.round(place + window.scrollY));
  });
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  // Rows fold on narrow windows: what was measured at another width counts no more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the width is the reason, not an input
  useLayoutEffect(() => virtual.measure(), [width]);
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <table className="grid folds inventory" aria-rowcount={rows.length + 1}>
      <thead>
        <tr>
          {table.getVisibleLeafColumns().map(({ id, columnDef }) => (
            <SortableHead
              key={id}
              id={id}
              label={String(columnDef.header)}
              sort={sort}
              onSort={onSort}
              isWideOnly={WIDE_ONLY.has(id)}
            />
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        <Gap height={before} />
        {items.map(({ index, key }) => {
          const row = rows[index];
          return row === undefined ? null : (
            <Line key={String(key)} row={row} index={index} measure={virtual.measureElement} />
          );
        })}
        <Gap height={after} />
      </tbody>
    </table>
  );
}

/** Stands in for the rows that are not in the document. */
function Gap({ height }: { readonly height: number }) {
  return height <= 0 ? null : (
    <tr className="gap" style={{ height }}>
      <td colSpan={9} style={{ height, padding: 0 }} />
    </tr>
  );
}

interface LineProps {
  readonly row: Row<typeof features, InventoryRow>;
  readonly index: number;
  readonly measure: (element: Element | null) => void;
}

function Line({ row: { original: one }, index, measure }: LineProps) {
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2}>
      <td>
        <Link to="/models/$model" params={{ model: one.model }} className="wrap">
          {one.name}
        </Link>
        {one.name === one.model ? null : <div className="small muted wrap">{one.model}</div>}
      </td>
      <td data-label="Use" className="wrap">
        {one.use || <span className="muted">none yet</span>}
      </td>
      <td data-label="Tier">
        <TierMark tier={one.tier} />
      </td>
      <td data-label="Stage">
        <StatusMark shown={one.status} />
      </td>
      <td data-label="Origin" className="wide">
        {one.origin}
      </td>
      <td data-label="Owner" className="wrap wide">
        {one.owner || <span className="muted">nobody</span>}
      </td>
      <td data-label="Enforcement">{one.grade}</td>
      <td data-label="Versions" className="number wide">
        {one.versions}
      </td>
      <td data-label="Open findings" className="number">
        {one.openFindings === 0 ? (
          <span className="muted">0</span>
        ) : (
          <Link to="/findings" search={{ model: one.model }}>
            {one.openFindings}
          </Link>
        )}
      </td>
    </tr>
  );
}
