// SPDX-License-Identifier: Apache-2.0
import { NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type FindingRow, FindingsSearch } from './finding-rows.ts';

interface FindingsFiltersProps {
  readonly rows: readonly FindingRow[];
  readonly search: FindingsSearch;
  readonly onChange: (search: FindingsSearch) => void;
}

const STATES = [
  { value: '', label: 'not closed' },
  { value: 'overdue', label: 'overdue' },
  { value: 'closed', label: 'closed' },
  { value: 'all', label: 'all' },
];

export function FindingsFilters({ rows, search, onChange }: FindingsFiltersProps) {
  const models = [...new Set(rows.map(({ model }) => model))].sort();
  const sources = [...new Set(rows.map(({ source }) => source))].filter(Boolean).sort();
  // Read by the same schema as the address: what a list offers is not typed.
  const set = (name: keyof FindingsSearch, value: string) =>
    onChange(FindingsSearch.parse({ ...search, [name]: value === '' ? undefined : value }));
  const lists = [
    { name: 'state', label: 'State', options: STATES },
    { name: 'severity', label: 'Severity', options: anyOf(['high', 'medium', 'low']) },
    { name: 'source', label: 'Source', options: anyOf(sources) },
    { name: 'model', label: 'Model', options: anyOf(models) },
  ] as const;
  return (
    <search className="filters">
      <TextInput
        label="Text"
        placeholder="Title, number, owner"
        size="sm"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={search.q ?? ''}
        onChange={({ currentTarget }) => set('q', currentTarget.value)}
      />
      {lists.map(({ name, label, options }) => (
        <NativeSelect
          key={name}
          label={label}
          size="sm"
          data={[...options]}
          value={search[name] ?? ''}
          onChange={({ currentTarget }) => set(name, currentTarget.value)}
        />
      ))}
    </search>
  );
}

function anyOf(values: readonly string[]) {
  return [{ value: '', label: 'any' }, ...values.map((value) => ({ value, label: value }))];
}
