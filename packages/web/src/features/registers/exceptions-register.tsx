// SPDX-License-Identifier: Apache-2.0
import type { ExceptionsReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { z } from 'zod';
import { exceptionsQuery } from '../../api/registers.ts';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Answered } from './answered.tsx';
import { ModelLink, RecordCell, Until } from './cells.tsx';
import { RegisterTable } from './register-table.tsx';

/** What the list shows of an entry; the contract leaves it open, since each kind says more of its own. */
const Entry = z.object({
  digest: z.string(),
  kind: z.string().optional(),
  model: z.string().optional(),
  use: z.string().optional(),
  version: z.int().optional(),
  condition: z.string(),
  reason: z.string(),
  limits: z.string(),
  signers: z.array(z.string()),
  expires: z.string(),
  state: z.enum(['running', 'expired', 'superseded']),
  daysLeft: z.int(),
  renewals: z.int(),
});
type Entry = z.infer<typeof Entry>;

const TONES = { running: 'wait', expired: 'fail', superseded: 'none' } as const;

const columns: readonly DataColumn<Entry>[] = [
  {
    id: 'model',
    label: 'Model',
    value: ({ model }) => model ?? 'firm',
    show: ({ model, version, use }) =>
      model === undefined ? (
        <span className="muted">the firm</span>
      ) : (
        <>
          <ModelLink model={model} />
          {version === undefined ? '' : `@${version}`}
          {use === undefined ? null : <div className="small muted">for {use}</div>}
        </>
      ),
  },
  { id: 'kind', label: 'Kind', value: kindOf },
  { id: 'condition', label: 'Instead of', value: ({ condition }) => condition },
  {
    id: 'reason',
    label: 'Reason and limits',
    value: ({ reason, limits }) => `${reason} ${limits}`,
    show: ({ reason, limits }) => (
      <>
        {reason}
        <div className="small muted">{limits}</div>
      </>
    ),
  },
  {
    id: 'state',
    label: 'State',
    value: ({ state }) => state,
    show: ({ state, renewals }) => (
      <>
        <Mark tone={TONES[state]} text={state} />
        {renewals === 0 ? null : <div className="small muted">renewal {renewals}</div>}
      </>
    ),
  },
  {
    id: 'expires',
    label: 'Expires',
    value: ({ expires }) => expires,
    show: ({ expires, state, daysLeft }) => (
      <Until at={expires} days={state === 'running' ? daysLeft : undefined} />
    ),
  },
  {
    id: 'signers',
    label: 'Signed by',
    value: ({ signers }) => signers.join(', '),
    isWideOnly: true,
  },
  {
    id: 'record',
    label: 'Record',
    value: ({ digest }) => digest,
    show: (one) => <RecordCell digest={one.digest} of={`the ${kindOf(one)}`} />,
  },
];

function kindOf({ kind }: Pick<Entry, 'kind'>): string {
  return kind === 'waiver' || kind === 'provisional' ? kind : 'exception';
}

export function ExceptionsRegister() {
  return (
    <Answered of={useQuery(exceptionsQuery)}>
      {({ entries, total }) => <Exceptions entries={entries} total={total} />}
    </Answered>
  );
}

interface ExceptionsProps {
  readonly entries: ExceptionsReply['exceptions'];
  readonly total: number;
}

function Exceptions({ entries, total }: ExceptionsProps) {
  const rows = useMemo(() => entries.map((one) => Entry.parse(one)), [entries]);
  return (
    <RegisterTable
      thing="exception"
      rows={rows}
      total={total}
      columns={columns}
      keyOf={({ digest }) => digest}
      filters={['state', 'kind', 'model']}
      sort="expires"
      empty={{
        title: 'Nothing was excused',
        body: (
          <p>
            An inconclusive condition is excused with{' '}
            <code>countersign exceptions request REQUEST</code>, evidence waived with{' '}
            <code>countersign exceptions waive MODEL@N</code>, a version used before its validation
            with <code>countersign exceptions provisional MODEL@N</code>.
          </p>
        ),
      }}
    />
  );
}
