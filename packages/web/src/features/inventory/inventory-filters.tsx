// SPDX-License-Identifier: Apache-2.0
import { MultiSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { STATUS_WORDS, type UseStatus } from '../../shell/use-status.ts';
import { type InventoryRow, valuesOf } from './inventory-rows.ts';
import {
  choose,
  chosen,
  FILTERED,
  type FilteredColumn,
  type InventorySearch,
} from './inventory-view.ts';

const LABELS: { readonly [column in FilteredColumn]: string } = {
  tier: 'Tier',
  stage: 'Stage',
  origin: 'Origin',
  owner: 'Owner',
  grade: 'Enforcement',
};

interface InventoryFiltersProps {
  readonly rows: readonly InventoryRow[];
  readonly search: InventorySearch;
  readonly onChange: (search: InventorySearch) => void;
}

export function InventoryFilters({ rows, search, onChange }: InventoryFiltersProps) {
  return (
    <search className="filters">
      <TextInput
        label="Text"
        placeholder="Name, purpose, people"
        value={search.q ?? ''}
        leftSection={<IconSearch size={16} aria-hidden />}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...search, q: value === '' ? undefined : value })
        }
        size="sm"
      />
      {FILTERED.map((column) => (
        <MultiSelect
          key={column}
          label={LABELS[column]}
          placeholder={chosen(search, column).length === 0 ? 'any' : ''}
          data={valuesOf(rows, column).map((value) => ({ value, label: wordOf(column, value) }))}
          value={[...chosen(search, column)]}
          onChange={(values) => onChange(choose(search, column, values))}
          searchable={column === 'owner'}
          limit={100}
          size="sm"
        />
      ))}
    </search>
  );
}

function wordOf(column: FilteredColumn, value: string): string {
  return column === 'stage' ? (STATUS_WORDS[value as UseStatus] ?? value) : value;
}
