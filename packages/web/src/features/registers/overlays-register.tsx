// SPDX-License-Identifier: Apache-2.0
import type { OverlaysReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { overlaysQuery } from '../../api/registers.ts';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Answered } from './answered.tsx';
import { ModelLink, RecordCell, Until } from './cells.tsx';
import { RegisterTable } from './register-table.tsx';

type Overlay = OverlaysReply['overlays'][number];

const TONES = { active: 'wait', expired: 'fail', ended: 'none' } as const;

const columns: readonly DataColumn<Overlay>[] = [
  {
    id: 'model',
    label: 'Model',
    value: ({ model }) => model,
    show: ({ model, use }) => (
      <>
        <ModelLink model={model} />
        {use === undefined ? null : <div className="small muted">for {use}</div>}
      </>
    ),
  },
  { id: 'id', label: 'No.', value: ({ id }) => id },
  { id: 'segment', label: 'Segment', value: ({ segment }) => segment },
  { id: 'size', label: 'Size', value: ({ size }) => size },
  { id: 'authority', label: 'Authority', value: ({ authority }) => authority, isWideOnly: true },
  {
    id: 'state',
    label: 'State',
    value: ({ state }) => state,
    show: ({ state }) => <Mark tone={TONES[state]} text={state} />,
  },
  {
    id: 'expires',
    label: 'Expires',
    value: ({ expires }) => expires,
    show: ({ expires, state, daysLeft }) => (
      <Until at={expires} days={state === 'active' ? daysLeft : undefined} />
    ),
  },
  {
    id: 'trend',
    label: 'Trend',
    value: ({ recurrence }) => recurrence,
    show: ({ recurrence, daysRunning }) => (
      <>
        {recurrence === 0 ? 'first' : `${recurrence + 1}th of the segment`}
        <div className="small muted">runs {daysRunning} days</div>
      </>
    ),
    isWideOnly: true,
  },
  {
    id: 'record',
    label: 'Record',
    value: ({ digest }) => digest,
    show: ({ digest, id }) => <RecordCell digest={digest} of={id} />,
  },
];

export function OverlaysRegister() {
  return (
    <Answered of={useQuery(overlaysQuery)}>
      {({ entries, total }) => (
        <RegisterTable
          thing="overlay"
          rows={entries}
          total={total}
          columns={columns}
          keyOf={({ digest }) => digest}
          filters={['state', 'model']}
          sort="expires"
          empty={{
            title: 'No overlay is recorded',
            body: (
              <p>
                An adjustment that stands on top of a model’s answers is recorded with{' '}
                <code>countersign overlays add MODEL</code>: its segment, size, authority and the
                day on which it ends.
              </p>
            ),
          }}
        />
      )}
    </Answered>
  );
}
