// SPDX-License-Identifier: Apache-2.0
import type { EnvelopesReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { envelopesQuery } from '../../api/registers.ts';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Answered } from './answered.tsx';
import { ModelLink, RecordCell, Until } from './cells.tsx';
import { RegisterTable } from './register-table.tsx';

type Envelope = EnvelopesReply['envelopes'][number];

const TONES = { running: 'pass', 'used up': 'fail', expired: 'fail', replaced: 'none' } as const;

const columns: readonly DataColumn<Envelope>[] = [
  {
    id: 'model',
    label: 'Model',
    value: ({ model }) => model,
    show: ({ model, use, version }) => (
      <>
        <ModelLink model={model} />
        <div className="small muted">
          for {use}, from @{version}
        </div>
      </>
    ),
  },
  {
    id: 'title',
    label: 'Envelope',
    value: ({ title }) => title,
    show: ({ title, rationale }) => (
      <>
        {title}
        <div className="small muted">{rationale}</div>
      </>
    ),
  },
  { id: 'may', label: 'May change', value: ({ may }) => may.join(', '), isWideOnly: true },
  {
    id: 'left',
    label: 'Used',
    value: ({ used, uses }) => uses - used,
    show: (one) => <Used of={one} />,
  },
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
    show: ({ expires }) => <Until at={expires} />,
  },
  {
    id: 'signed',
    label: 'Signed by',
    value: ({ signedBy }) => signedBy.join(', '),
    isWideOnly: true,
  },
  {
    id: 'record',
    label: 'Record',
    value: ({ digest }) => digest,
    show: ({ digest }) => <RecordCell digest={digest} of="the envelope" />,
  },
];

function Used({ of: { model, used, uses, versions } }: { readonly of: Envelope }) {
  return (
    <>
      {used} of {uses}
      {versions.length === 0 ? null : (
        <div className="small">
          {versions.map((version) => (
            <span key={version}>
              <Link to="/models/$model/versions/$version" params={{ model, version }}>
                @{version}
              </Link>{' '}
            </span>
          ))}
        </div>
      )}
    </>
  );
}

export function EnvelopesRegister() {
  return (
    <Answered of={useQuery(envelopesQuery)}>
      {({ envelopes }) => (
        <RegisterTable
          thing="envelope"
          rows={envelopes}
          columns={columns}
          keyOf={({ digest }) => digest}
          filters={['state', 'model']}
          sort="expires"
          empty={{
            title: 'No envelope was drawn up',
            body: (
              <p>
                Changes of a kind, weekly refits for one, are approved once and in advance with{' '}
                <code>countersign envelope MODEL@N --file bounds.yaml</code>. Each change inside it
                then takes one confirmation.
              </p>
            ),
          }}
        />
      )}
    </Answered>
  );
}
