// SPDX-License-Identifier: Apache-2.0
import { Button, NativeSelect, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { firmAsOfQuery } from '../../api/as-of.ts';
import { csv, downloadText } from '../../shell/csv.ts';
import { DataTable } from '../../shell/data-table.tsx';
import { Due } from '../../shell/finding.tsx';
import { counted, searchTexts, sorted, sortOf, withWords } from '../../shell/listed-rows.ts';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import type { AsOfSearch } from './as-of-search.ts';
import { heldColumns } from './held-columns.tsx';
import { type HeldRow, heldRows } from './held-rows.ts';

const route = getRouteApi('/signed-in/as-of');
const LEDE = 'What might answer on a day, by whose leave and on what validation.';

export function AsOfPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const show = (next: AsOfSearch) => void navigate({ search: next, replace: true });
  const today = new Date().toISOString().slice(0, 10);
  const date = search.date ?? today;
  const told = useQuery(firmAsOfQuery({ date, known: search.known, model: search.model }));
  // As it was known then: what later records tell otherwise stands out against it.
  const then = useQuery(firmAsOfQuery({ date, known: date, model: search.model }));
  const error = told.error ?? then.error;
  return (
    <Page
      title="As of a day"
      lede={
        <>
          {LEDE} {search.model === undefined ? '' : `Of ${search.model} alone.`}
        </>
      }
    >
      <Asked search={search} date={date} today={today} onChange={show} />
      {error === null ? null : <Problem error={error} onRetry={() => void told.refetch()} />}
      {error === null && (told.data === undefined || then.data === undefined) ? (
        <Loading what="Replaying the log…" />
      ) : null}
      {told.data === undefined || then.data === undefined ? null : (
        <>
          <div className="panel" data-tone={search.known === undefined ? undefined : 'wait'}>
            {told.data.known.index < 0 ? (
              <>
                The log held nothing yet at <Due at={date} />. Ask for a later day.
              </>
            ) : (
              <>
                {date.length === 10 ? 'At the end of ' : 'At '}
                <strong>
                  <Due at={date} />
                </strong>
                {date.length === 10 ? ' (UTC)' : ''}, as the log tells it at{' '}
                <Time at={told.data.known.time} /> (position {told.data.known.index}).
                {search.known === undefined
                  ? ' Later corrections are told; what was known then stays as it was.'
                  : ' What was recorded later is left out.'}
              </>
            )}
          </div>
          <Held rows={heldRows(told.data, then.data)} search={search} onChange={show} />
        </>
      )}
    </Page>
  );
}

interface AskedProps {
  readonly search: AsOfSearch;
  readonly date: string;
  readonly today: string;
  readonly onChange: (search: AsOfSearch) => void;
}

function Asked({ search, date, today, onChange }: AskedProps) {
  return (
    <div className="asked">
      <TextInput
        type="date"
        label="Day, until its end in UTC"
        size="sm"
        max={today}
        value={date.slice(0, 10)}
        onChange={({ currentTarget: { value } }) =>
          value === ''
            ? undefined
            : onChange({
                ...search,
                date: value,
                known: search.known === undefined ? undefined : value,
              })
        }
      />
      <div>
        <div className="label" id="known">
          By what was known
        </div>
        <SegmentedControl
          aria-labelledby="known"
          bg="var(--cs-sunken)"
          size="sm"
          value={search.known === undefined ? 'now' : 'then'}
          data={[
            { value: 'then', label: 'As known then' },
            { value: 'now', label: 'As known now' },
          ]}
          onChange={(value) => onChange({ ...search, known: value === 'then' ? date : undefined })}
        />
      </div>
      {search.model === undefined ? null : (
        <Button
          variant="subtle"
          size="sm"
          onClick={() => onChange({ ...search, model: undefined })}
        >
          Every model
        </Button>
      )}
    </div>
  );
}

interface HeldProps {
  readonly rows: readonly HeldRow[];
  readonly search: AsOfSearch;
  readonly onChange: (search: AsOfSearch) => void;
}

function Held({ rows, search, onChange }: HeldProps) {
  const texts = useMemo(() => searchTexts(rows, heldColumns), [rows]);
  const sort = sortOf(search.sort, 'version');
  const shown = sorted(
    withWords(rows, texts, search.q).filter(
      ({ warrant, differs }) =>
        (search.environment === undefined || warrant.environment === search.environment) &&
        (search.differs !== true || differs !== ''),
    ),
    heldColumns,
    sort,
  );
  if (rows.length === 0) {
    return (
      <Empty title="Nothing might answer">
        <p>
          No warrant lived at the end of that day. A version is promoted with{' '}
          <code>countersign promote</code>; before the first one nothing answers.
        </p>
      </Empty>
    );
  }
  const differing = rows.filter(({ differs }) => differs !== '').length;
  return (
    <>
      <search className="filters">
        <TextInput
          label="Text"
          placeholder="Model, use, person"
          size="sm"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search.q ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange({ ...search, q: value === '' ? undefined : value })
          }
        />
        <NativeSelect
          label="Environment"
          size="sm"
          data={[{ value: '', label: 'any' }, 'production', 'staging']}
          value={search.environment ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange({
              ...search,
              environment: value === 'production' || value === 'staging' ? value : undefined,
            })
          }
        />
        <Switch
          label={`Only what is told otherwise now (${differing})`}
          checked={search.differs === true}
          onChange={({ currentTarget: { checked } }) =>
            onChange({ ...search, differs: checked ? true : undefined })
          }
          className="beside-fields"
        />
      </search>
      <div className="row small muted" style={{ justifyContent: 'space-between' }}>
        <span role="status">
          {counted(shown.length, 'warrant')}
          {shown.length === rows.length ? '' : ` of ${rows.length}`}
        </span>
        <Button
          variant="default"
          size="compact-sm"
          disabled={shown.length === 0}
          onClick={() => exportHeld(shown)}
        >
          Export {shown.length} as CSV
        </Button>
      </div>
      {shown.length === 0 ? (
        <Empty title="None of them is like that">
          <p>Take a filter away, or look for another word.</p>
        </Empty>
      ) : (
        <div className="panel scroll">
          <DataTable
            label="warrants"
            rows={shown}
            columns={heldColumns}
            keyOf={({ warrant }) => warrant.digest}
            sort={sort}
            onSort={(next) => onChange({ ...search, sort: next })}
          />
        </div>
      )}
    </>
  );
}

function exportHeld(rows: readonly HeldRow[]): void {
  const header = [...heldColumns.map(({ label }) => label.toLowerCase()), 'warrant record'];
  const lines = rows.map((row) => [
    ...heldColumns.map(({ value }) => value(row)),
    row.warrant.digest,
  ]);
  downloadText('as-of.csv', 'text/csv;charset=utf-8', csv(header, lines));
}
