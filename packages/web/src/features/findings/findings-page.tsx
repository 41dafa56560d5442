// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { isForbidden } from '../../api/api-error.ts';
import { findingsQuery } from '../../api/registry.ts';
import { csv, downloadText } from '../../shell/csv.ts';
import { LinkButton } from '../../shell/link-button.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import {
  type FindingRow,
  type FindingsSearch,
  findingRows,
  shownFindings,
} from './finding-rows.ts';
import { FindingsFilters } from './findings-filters.tsx';
import { FindingsTable } from './findings-table.tsx';

const LEDE = 'What is wrong with models, with whom it lies and until when.';

export function FindingsPage() {
  const { data, error, refetch } = useQuery(findingsQuery());
  const rows = useMemo(() => findingRows(data?.findings ?? []), [data]);
  if (rows.length > 0) return <Register rows={rows} />;
  return (
    <Page title="Findings" lede={LEDE}>
      {isForbidden(error) ? (
        <Empty title="Findings are shown to those with a duty">
          <p>They are read by those who build, own, check or approve models.</p>
        </Empty>
      ) : null}
      {error === null || isForbidden(error) ? null : (
        <Problem error={error} onRetry={() => void refetch()} />
      )}
      {data === undefined && error === null ? <Loading what="Reading findings…" /> : null}
      {data === undefined ? null : (
        <Empty title="No finding was ever raised">
          <p>
            <Link to="/findings/new">Open one</Link>, or on the command line with{' '}
            <code>countersign findings open MODEL@N</code>.
          </p>
        </Empty>
      )}
    </Page>
  );
}

const route = getRouteApi('/signed-in/findings');

function Register({ rows }: { readonly rows: readonly FindingRow[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const show = (next: FindingsSearch) => void navigate({ search: next, replace: true });
  const shown = useMemo(() => shownFindings(rows, search), [rows, search]);
  const overdue = shown.filter((one) => one.overdue).length;
  return (
    <Page
      title="Findings"
      lede={LEDE}
      actions={
        <>
          <LinkButton to="/findings/new" search={{ model: search.model }}>
            Open a finding…
          </LinkButton>
          <Button variant="default" disabled={shown.length === 0} onClick={() => exportRows(shown)}>
            Export {shown.length} as CSV
          </Button>
        </>
      }
    >
      <FindingsFilters rows={rows} search={search} onChange={show} />
      <div className="row small muted">
        <span role="status">
          {shown.length} of {rows.length} findings{overdue === 0 ? '' : `, ${overdue} overdue`}
        </span>
        {isFiltered(search) ? (
          <Button variant="subtle" size="compact-sm" onClick={() => show({ sort: search.sort })}>
            Clear filters
          </Button>
        ) : null}
      </div>
      {shown.length === 0 ? (
        <Empty title="No finding is like that">
          <p>Take a filter away, or ask for closed ones too.</p>
        </Empty>
      ) : (
        <div className="panel">
          <FindingsTable
            rows={shown}
            sort={search.sort ?? '-age'}
            onSort={(sort) => show({ ...search, sort })}
          />
        </div>
      )}
    </Page>
  );
}

function isFiltered({ sort: _sort, ...filters }: FindingsSearch): boolean {
  return Object.values(filters).some((one) => one !== undefined);
}

function exportRows(rows: readonly FindingRow[]): void {
  const header = ['finding', 'about', 'title', 'severity', 'source', 'status', 'owner', 'due'];
  const lines = rows.map((row) => [
    row.id,
    row.about,
    row.title,
    row.severity,
    row.source,
    row.status,
    row.owner,
    row.due,
    row.raisedAt,
    row.ageDays,
  ]);
  const text = csv([...header, 'raised', 'age in days'], lines);
  downloadText('findings.csv', 'text/csv;charset=utf-8', text);
}
