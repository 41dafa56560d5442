// SPDX-License-Identifier: Apache-2.0
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { csv, downloadText } from '../../shell/csv.ts';
import { type DataColumn, DataTable } from '../../shell/data-table.tsx';
import { counted, searchTexts, sorted, sortOf, withWords } from '../../shell/listed-rows.ts';
import { Empty } from '../../shell/states.tsx';
import type { RegisterFilter, RegisterSearch } from './register-search.ts';

interface RegisterTableProps<Row> {
  /** What a row is: `overlay`. */
  readonly thing: string;
  readonly rows: readonly Row[];
  /** Of the register as the server has it; more than the rows when it is very long. */
  readonly total?: number;
  readonly columns: readonly DataColumn<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly filters: readonly RegisterFilter[];
  readonly sort: string;
  readonly empty: { readonly title: string; readonly body: ReactNode };
}

const route = getRouteApi('/signed-in/registers/$register');

/** One register: words, filters, order and export; all of it is the address. */
export function RegisterTable<Row>(props: RegisterTableProps<Row>) {
  const { thing, rows, total = rows.length, columns, keyOf, filters, empty } = props;
  const search = route.useSearch();
  const { register } = route.useParams();
  const navigate = route.useNavigate();
  const texts = useMemo(() => searchTexts(rows, columns), [rows, columns]);
  const sort = sortOf(search.sort, props.sort);
  const shown = useMemo(() => {
    const found = withWords(rows, texts, search.q).filter((row) =>
      filters.every((id) => {
        const wanted = search[id];
        return wanted === undefined || wanted === textOf(columns, id, row);
      }),
    );
    return sorted(found, columns, sortOf(search.sort, props.sort));
  }, [rows, texts, columns, filters, search, props.sort]);
  const show = (next: RegisterSearch) => void navigate({ search: next, replace: true });
  if (rows.length === 0) return <Empty title={empty.title}>{empty.body}</Empty>;
  const isFiltered = shown.length < rows.length;
  return (
    <>
      <search className="filters">
        <TextInput
          label="Text"
          placeholder="Any column"
          size="sm"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search.q ?? ''}
          onChange={({ currentTarget: { value } }) =>
            show({ ...search, q: value === '' ? undefined : value })
          }
        />
        {filters.map((id) => (
          <NativeSelect
            key={id}
            label={columns.find((one) => one.id === id)?.label ?? id}
            size="sm"
            data={options(rows, columns, id)}
            value={search[id] ?? ''}
            onChange={({ currentTarget: { value } }) =>
              show({ ...search, [id]: value === '' ? undefined : value })
            }
          />
        ))}
      </search>
      <div className="row small muted" style={{ justifyContent: 'space-between' }}>
        <span className="row">
          <span role="status">
            {counted(shown.length, thing)}
            {isFiltered ? ` of ${rows.length}` : ''}
            {total > rows.length ? `, of ${total} in the register` : ''}
          </span>
          {isFiltered ? (
            <Button variant="subtle" size="compact-sm" onClick={() => show({ sort: search.sort })}>
              Clear filters
            </Button>
          ) : null}
        </span>
        <Button
          variant="default"
          size="compact-sm"
          disabled={shown.length === 0}
          onClick={() => exportRows(`${register}.csv`, shown, columns)}
        >
          Export {shown.length} as CSV
        </Button>
      </div>
      {shown.length === 0 ? (
        <Empty title={`None of ${counted(rows.length, thing)} is like that`}>
          <p>Take a filter away, or look for another word.</p>
        </Empty>
      ) : (
        <div className="panel scroll">
          <DataTable
            label={`${thing}s`}
            rows={shown}
            columns={columns}
            keyOf={keyOf}
            sort={sort}
            onSort={(next) => show({ ...search, sort: next })}
          />
        </div>
      )}
    </>
  );
}

function textOf<Row>(columns: readonly DataColumn<Row>[], id: string, row: Row): string {
  return String(columns.find((one) => one.id === id)?.value(row) ?? '');
}

function options<Row>(rows: readonly Row[], columns: readonly DataColumn<Row>[], id: string) {
  const values = [...new Set(rows.map((row) => textOf(columns, id, row)))]
    .filter((one) => one !== '')
    .sort();
  return [{ value: '', label: 'any' }, ...values.map((value) => ({ value, label: value }))];
}

function exportRows<Row>(
  name: string,
  rows: readonly Row[],
  columns: readonly DataColumn<Row>[],
): void {
  const header = columns.map(({ label }) => label.toLowerCase());
  const lines = rows.map((row) => columns.map(({ value }) => value(row)));
  downloadText(name, 'text/csv;charset=utf-8', csv(header, lines));
}
