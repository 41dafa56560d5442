// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTable } from '@tanstack/react-table';
import { useMemo } from 'react';
import { inventoryQuery } from '../../api/registry.ts';
import { csv, downloadText } from '../../shell/csv.ts';
import { LinkButton } from '../../shell/link-button.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { statusText } from '../../shell/use-status.ts';
import { columns, features } from './inventory-columns.ts';
import { InventoryFilters } from './inventory-filters.tsx';
import { type InventoryRow, inventoryRows } from './inventory-rows.ts';
import { InventoryTable } from './inventory-table.tsx';
import { chosen, FILTERED, type InventorySearch, isFiltered, sortOf } from './inventory-view.ts';
import { ViewsPanel } from './views-panel.tsx';

export function InventoryPage() {
  const { data, error, refetch } = useQuery(inventoryQuery);
  const rows = useMemo(() => inventoryRows(data?.models ?? []), [data]);
  if (data !== undefined && rows.length > 0) return <Inventory rows={rows} />;
  return (
    <Page title="Inventory" lede="Every model of the firm, by use.">
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading what="Reading the inventory…" /> : null}
      {data === undefined ? null : (
        <Empty title="The inventory is empty">
          <p>
            Import what the firm has with <code>countersign inventory import models.csv</code>, or
            begin a model of your own with <code>countersign init</code>.
          </p>
        </Empty>
      )}
    </Page>
  );
}

const route = getRouteApi('/signed-in/inventory');
const HIDDEN = { text: false };

function Inventory({ rows }: { readonly rows: readonly InventoryRow[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const show = (next: InventorySearch) => void navigate({ search: next, replace: true });
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId: ({ id }) => id,
    state: useTableState(search),
  });
  const shown = table.getRowModel().rows;
  const models = new Set(shown.map(({ original }) => original.model)).size;
  return (
    <Page
      title="Inventory"
      lede="Every model of the firm, by use."
      actions={
        <>
          <LinkButton to="/inventory/graph" variant="default">
            As a graph
          </LinkButton>
          <Button
            variant="default"
            disabled={shown.length === 0}
            onClick={() => exportRows(shown.map(({ original }) => original))}
          >
            Export {shown.length} as CSV
          </Button>
        </>
      }
    >
      <InventoryFilters rows={rows} search={search} onChange={show} />
      <ViewsPanel search={search} />
      <div className="row small muted">
        <span role="status">
          {count(shown.length, 'use')} of {count(models, 'model')}
          {shown.length === rows.length ? '' : `, of ${rows.length} in all`}
        </span>
        {isFiltered(search) ? (
          <Button variant="subtle" size="compact-sm" onClick={() => show({ sort: search.sort })}>
            Clear filters
          </Button>
        ) : null}
      </div>
      {shown.length === 0 ? (
        <Empty title="Nothing in the inventory is like that">
          <p>Take a filter away, or look for another word.</p>
        </Empty>
      ) : (
        <div className="panel scroll">
          <InventoryTable
            table={table}
            sort={sortOf(search)}
            onSort={(sort) => show({ ...search, sort })}
          />
        </div>
      )}
    </Page>
  );
}

/** The address is the table's state; the table keeps none of its own. */
function useTableState(search: InventorySearch) {
  return useMemo(() => {
    const words = search.q?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
    const byValue = FILTERED.map((id) => ({ id, value: [...chosen(search, id)] }));
    return {
      sorting: [sortOf(search)],
      columnVisibility: HIDDEN,
      columnFilters: [...byValue, { id: 'text', value: words }].filter(
        ({ value }) => value.length > 0,
      ),
    };
  }, [search]);
}

function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`;
}

function exportRows(rows: readonly InventoryRow[]): void {
  const header = [
    'model',
    'name',
    'use',
    'tier',
    'stage',
    'origin',
    'owner',
    'business line',
    'enforcement',
    'versions',
    'open findings',
  ];
  const lines = rows.map((row) => [
    row.model,
    row.name,
    row.use,
    row.tier,
    statusText(row.status),
    row.origin,
    row.owner,
    row.businessLine,
    row.grade,
    row.versions,
    row.openFindings,
  ]);
  downloadText('inventory.csv', 'text/csv;charset=utf-8', csv(header, lines));
}
