// SPDX-License-Identifier: Apache-2.0
import type { InventoryGraphReply } from '@countersign/contract';
import { Button, NativeSelect, Switch, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { graphQuery, sharedQuery } from '../../api/graph.ts';
import { csv, downloadText } from '../../shell/csv.ts';
import { type DataColumn, DataTable } from '../../shell/data-table.tsx';
import { LinkButton } from '../../shell/link-button.tsx';
import { counted, sorted, sortOf } from '../../shell/listed-rows.ts';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { TierMark } from '../../shell/tier.tsx';
import { GraphPicture } from './graph-picture.tsx';
import type { GraphSearch } from './graph-search.ts';
import { SharedPanel } from './shared-panel.tsx';
import { type LinkedModel, linkedModels, type SharedRisk, shownGraph } from './shown-graph.ts';

const route = getRouteApi('/signed-in/inventory/graph');
const LEDE = 'How models feed each other, and what they rest on together.';

export function GraphPage() {
  const graph = useQuery(graphQuery);
  const shared = useQuery(sharedQuery);
  const error = graph.error ?? shared.error;
  if (graph.data !== undefined && shared.data !== undefined && graph.data.nodes.length > 0) {
    return <Graph graph={graph.data} shared={shared.data.shared} />;
  }
  return (
    <Page title="Connected models" lede={LEDE}>
      {error === null ? null : <Problem error={error} onRetry={() => void graph.refetch()} />}
      {error === null && (graph.data === undefined || shared.data === undefined) ? (
        <Loading what="Reading the inventory…" />
      ) : null}
      {graph.data?.nodes.length === 0 ? (
        <Empty title="The inventory is empty">
          <p>
            Import what the firm has with <code>countersign inventory import models.csv</code>.
          </p>
        </Empty>
      ) : null}
    </Page>
  );
}

interface GraphProps {
  readonly graph: InventoryGraphReply;
  readonly shared: readonly SharedRisk[];
}

function Graph({ graph, shared }: GraphProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const show = (next: GraphSearch) => void navigate({ search: next, replace: true });
  const [asked] = useDebouncedValue(search, 120);
  const shown = useMemo(() => shownGraph(graph, shared, asked), [graph, shared, asked]);
  const linked = useMemo(() => linkedModels(shown), [shown]);
  const rows = useMemo(
    () => sorted(linked, columns, sortOf(search.sort, 'model')),
    [linked, search.sort],
  );
  return (
    <Page
      title="Connected models"
      lede={LEDE}
      actions={
        <>
          <Button variant="default" onClick={() => exportLinks(rows)}>
            Export {rows.length} as CSV
          </Button>
          <LinkButton to="/inventory" variant="default">
            As a list
          </LinkButton>
        </>
      }
    >
      <GraphFilters graph={graph} search={search} onChange={show} />
      <div className="row small muted">
        <span role="status">
          {counted(shown.nodes.length, 'model')}, {counted(shown.edges.length, 'link')}
          {shown.leftOut === 0 ? '' : `; ${shown.leftOut} more without a link`}
        </span>
        {Object.values({ ...search, sort: undefined }).some((one) => one !== undefined) ? (
          <Button variant="subtle" size="compact-sm" onClick={() => show({ sort: search.sort })}>
            Clear filters
          </Button>
        ) : null}
      </div>
      <div className="beside">
        <section className="panel" aria-label="Picture">
          {shown.nodes.length === 0 ? (
            <div className="muted">
              No model is like that. Take a filter away, or look for another word.
            </div>
          ) : (
            <GraphPicture nodes={shown.nodes} edges={shown.edges} />
          )}
        </section>
        <SharedPanel shared={shared} search={search} />
      </div>
      {rows.length === 0 ? null : (
        <Panel title="The same as a table">
          <DataTable
            label="models and their links"
            rows={rows}
            columns={columns}
            keyOf={({ node }) => node.model}
            sort={sortOf(search.sort, 'model')}
            onSort={(sort) => show({ ...search, sort })}
          />
        </Panel>
      )}
    </Page>
  );
}

const LINKS = [
  { value: '', label: 'any' },
  { value: 'feeds', label: 'feeds' },
  { value: 'shares-data', label: 'shares data' },
  { value: 'shares-assumption', label: 'shares an assumption' },
];

interface GraphFiltersProps {
  readonly graph: InventoryGraphReply;
  readonly search: GraphSearch;
  readonly onChange: (search: GraphSearch) => void;
}

function GraphFilters({ graph, search, onChange }: GraphFiltersProps) {
  const owners = [...new Set(graph.nodes.map(({ owner }) => owner))].filter(Boolean).sort();
  const lists = [
    { name: 'tier', label: 'Tier', options: anyOf(['high', 'medium', 'low', 'not tiered']) },
    { name: 'owner', label: 'Owner', options: anyOf(owners) },
    { name: 'link', label: 'Link', options: LINKS },
  ] as const;
  return (
    <search className="filters">
      <TextInput
        label="Text"
        placeholder="Name, owner, kind"
        size="sm"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={search.q ?? ''}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...search, q: value === '' ? undefined : value })
        }
      />
      {lists.map(({ name, label, options }) => (
        <NativeSelect
          key={name}
          label={label}
          size="sm"
          data={options}
          value={search[name] ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange({ ...search, [name]: value === '' ? undefined : value })
          }
        />
      ))}
      <Switch
        label="Also without a link"
        checked={search.alone === true}
        onChange={({ currentTarget: { checked } }) =>
          onChange({ ...search, alone: checked ? true : undefined })
        }
        className="beside-fields"
      />
    </search>
  );
}

function anyOf(values: readonly string[]) {
  return [{ value: '', label: 'any' }, ...values.map((value) => ({ value, label: value }))];
}

const columns: readonly DataColumn<LinkedModel>[] = [
  {
    id: 'model',
    label: 'Model',
    value: ({ node }) => node.name,
    show: ({ node }) =>
      node.isKnown ? (
        <>
          <Link to="/models/$model" params={{ model: node.model }}>
            {node.name}
          </Link>
          {node.name === node.model ? null : <div className="small muted">{node.model}</div>}
        </>
      ) : (
        <>
          {node.model} <span className="small muted">not in the inventory</span>
        </>
      ),
  },
  {
    id: 'tier',
    label: 'Tier',
    value: ({ node }) => node.tier ?? 'not tiered',
    show: ({ node }) => <TierMark tier={node.tier} />,
  },
  { id: 'owner', label: 'Owner', value: ({ node }) => node.owner },
  linksColumn('feeds', 'Feeds', ({ feeds }) => feeds),
  linksColumn('fed', 'Is fed by', ({ fedBy }) => fedBy),
  linksColumn('shares', 'Shares with', ({ shares }) => shares),
];

const LINKS_SHOWN_MAX = 6;

function linksColumn(
  id: string,
  label: string,
  of: (row: LinkedModel) => readonly string[],
): DataColumn<LinkedModel> {
  return {
    id,
    label,
    value: (row) => of(row).join(' '),
    show: (row) => <Models models={of(row)} />,
  };
}

function Models({ models }: { readonly models: readonly string[] }) {
  if (models.length === 0) return <span className="muted">–</span>;
  return (
    <>
      {models.slice(0, LINKS_SHOWN_MAX).map((model, place) => (
        <span key={model}>
          {place === 0 ? '' : ', '}
          <Link to="/models/$model" params={{ model }}>
            {model}
          </Link>
        </span>
      ))}
      {models.length > LINKS_SHOWN_MAX ? (
        <span className="muted"> and {models.length - LINKS_SHOWN_MAX} more</span>
      ) : null}
    </>
  );
}

function exportLinks(rows: readonly LinkedModel[]): void {
  const header = ['model', ...columns.map(({ label }) => label.toLowerCase())];
  const lines = rows.map((row) => [row.node.model, ...columns.map(({ value }) => value(row))]);
  downloadText('connected-models.csv', 'text/csv;charset=utf-8', csv(header, lines));
}
