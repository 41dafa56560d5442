// SPDX-License-Identifier: Apache-2.0
import { NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../shell/data-table.tsx';
import { counted, searchTexts, sorted, sortOf, withWords } from '../../shell/listed-rows.ts';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { type ColumnRow, percent, shortFigure, shownRows } from './column-rows.ts';
import { DatasetSearch } from './dataset-search.ts';
import { SmallHistogram } from './small-histogram.tsx';

interface ColumnsPanelProps {
  readonly rows: readonly ColumnRow[];
  readonly search: DatasetSearch;
  readonly onSearch: (search: DatasetSearch) => void;
  /** Whose profile it is: `development`. */
  readonly of: string;
}

const SHOWN = [
  { value: '', label: 'all' },
  { value: 'questions', label: 'with questions' },
  { value: 'features', label: 'features' },
  { value: 'withheld', label: 'withheld from steps' },
];

const COLUMNS: readonly DataColumn<ColumnRow>[] = [
  {
    id: 'column',
    label: 'Column',
    value: ({ name }) => name,
    show: ({ name, type, role, withheld }) => (
      <>
        <strong>{name}</strong>
        <div className="small muted">
          {type}
          {role === '' ? '' : `, ${role}`}
          {withheld === '' ? '' : `; withheld: ${withheld}`}
        </div>
      </>
    ),
  },
  {
    id: 'distribution',
    label: 'Distribution',
    value: ({ profile }) => profile?.top[0]?.value ?? '',
    show: ({ profile }) => <SmallHistogram profile={profile} />,
  },
  {
    id: 'missing',
    label: 'Missing',
    value: ({ missingShare }) => missingShare ?? -1,
    show: ({ missingShare }) => percent(missingShare),
    isNumber: true,
  },
  {
    id: 'distinct',
    label: 'Distinct',
    value: ({ profile }) => profile?.distinct ?? -1,
    show: ({ profile }) => profile?.distinct.toLocaleString() ?? '',
    isNumber: true,
  },
  {
    id: 'mean',
    label: 'Mean',
    value: ({ profile }) => Number(profile?.mean ?? Number.NEGATIVE_INFINITY),
    show: ({ profile }) => (
      <span title={profile?.mean ?? undefined}>{shortFigure(profile?.mean)}</span>
    ),
    isNumber: true,
    isWideOnly: true,
  },
  {
    id: 'range',
    label: 'Range',
    value: ({ profile }) => profile?.quantiles[0]?.value ?? '',
    show: ({ profile }) => {
      const [low, high] = [profile?.quantiles[0], profile?.quantiles.at(-1)];
      return low === undefined || high === undefined
        ? ''
        : `${shortFigure(low.value)} to ${shortFigure(high.value)}`;
    },
    isWideOnly: true,
  },
  {
    id: 'label',
    label: 'Tells of the label',
    value: ({ theilsU }) => theilsU ?? -1,
    show: ({ theilsU }) =>
      theilsU === undefined ? '' : <span title="Theil’s U">{percent(theilsU)}</span>,
    isNumber: true,
    isWideOnly: true,
  },
  {
    id: 'questions',
    label: 'To ask about',
    value: ({ questions }) => questions.join('; '),
    show: ({ questions }) =>
      questions.length === 0 ? '' : <Mark tone="wait" text={questions.join('; ')} />,
  },
];

/** Every column with its roles, its distribution and what to ask about it. */
export function ColumnsPanel({ rows, search, onSearch, of }: ColumnsPanelProps) {
  const texts = useMemo(() => searchTexts(rows, COLUMNS), [rows]);
  const sort = sortOf(search.sort, '');
  const shown = useMemo(() => {
    const found = new Set(withWords(rows, texts, search.q));
    const kept = shownRows(rows, search.show).filter((row) => found.has(row));
    return search.sort === undefined ? kept : sorted(kept, COLUMNS, sortOf(search.sort, ''));
  }, [rows, texts, search]);
  const set = (name: 'q' | 'show', value: string) =>
    onSearch(DatasetSearch.parse({ ...search, [name]: value === '' ? undefined : value }));
  return (
    <Panel title={`Columns (${rows.length})`} id="columns">
      <search className="filters">
        <TextInput
          label="Text"
          placeholder="Name, role, question"
          size="sm"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search.q ?? ''}
          onChange={({ currentTarget }) => set('q', currentTarget.value)}
        />
        <NativeSelect
          label="Columns"
          size="sm"
          data={SHOWN}
          value={search.show ?? ''}
          onChange={({ currentTarget }) => set('show', currentTarget.value)}
        />
      </search>
      <p className="small muted" role="status">
        {shown.length === rows.length
          ? `${counted(rows.length, 'column')}, measured on the rows of ${of}`
          : `${counted(shown.length, 'column')} of ${rows.length}`}
      </p>
      {shown.length === 0 ? (
        <p className="muted">No column is like that.</p>
      ) : (
        <DataTable
          label="Columns"
          rows={shown}
          columns={COLUMNS}
          keyOf={({ name }) => name}
          sort={sort}
          onSort={(next) => onSearch({ ...search, sort: next })}
        />
      )}
    </Panel>
  );
}
