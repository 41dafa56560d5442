// SPDX-License-Identifier: Apache-2.0
import type { DeputiesReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { deputiesQuery } from '../../api/registers.ts';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Time } from '../../shell/time.tsx';
import { Answered } from './answered.tsx';
import { ModelLink, RecordCell } from './cells.tsx';
import { RegisterTable } from './register-table.tsx';

type Deputation = DeputiesReply['deputations'][number];

const TONES = { 'to come': 'none', running: 'pass', over: 'none' } as const;

const columns: readonly DataColumn<Deputation>[] = [
  { id: 'deputy', label: 'Deputy', value: ({ deputy }) => deputy },
  { id: 'for', label: 'Stands in for', value: (one) => one.for },
  { id: 'role', label: 'As', value: ({ role }) => role },
  {
    id: 'model',
    label: 'Model',
    value: ({ model }) => model ?? 'every model',
    show: ({ model }) =>
      model === undefined ? (
        <span className="muted">every model</span>
      ) : (
        <ModelLink model={model} />
      ),
  },
  {
    id: 'state',
    label: 'State',
    value: ({ state }) => state,
    show: ({ state }) => <Mark tone={TONES[state]} text={state} />,
  },
  { id: 'from', label: 'From', value: ({ from }) => from, show: ({ from }) => <Time at={from} /> },
  {
    id: 'until',
    label: 'Until',
    value: ({ until }) => until,
    show: ({ until }) => <Time at={until} />,
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
    value: ({ record }) => record,
    show: ({ record }) => <RecordCell digest={record} of="the deputation" />,
  },
];

export function DeputiesRegister() {
  return (
    <Answered of={useQuery(deputiesQuery)}>
      {({ deputations }) => (
        <RegisterTable
          thing="deputation"
          rows={deputations}
          columns={columns}
          keyOf={(one) => `${one.record} ${one.deputy} ${one.for} ${one.role} ${one.from}`}
          filters={['state', 'role', 'model']}
          sort="-until"
          empty={{
            title: 'Nobody stands in for anybody',
            body: (
              <p>
                A deputation has a role, a first day and a last one. Write it in YAML and sign it
                with <code>countersign policy propose deputies.yaml --kind deputies</code>.
              </p>
            ),
          }}
        />
      )}
    </Answered>
  );
}
