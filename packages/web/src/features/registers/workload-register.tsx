// SPDX-License-Identifier: Apache-2.0
import type { WorkloadReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { workloadQuery } from '../../api/registers.ts';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Answered } from './answered.tsx';
import { RegisterTable } from './register-table.tsx';

type Row = WorkloadReply['validators'][number];

const columns: readonly DataColumn<Row>[] = [
  { id: 'validator', label: 'Validator', value: ({ validator }) => validator },
  {
    id: 'all',
    label: 'In all',
    value: ({ validations, reviews, findings }) =>
      validations.length + reviews.length + findings.length,
    isNumber: true,
  },
  {
    id: 'validations',
    label: 'Validations',
    value: ({ validations }) => validations.length,
    show: ({ validations }) => <Things of={validations} />,
  },
  {
    id: 'reviews',
    label: 'Reviews',
    value: ({ reviews }) => reviews.length,
    show: ({ reviews }) => <Things of={reviews} />,
  },
  {
    id: 'findings',
    label: 'Findings',
    value: ({ findings }) => findings.length,
    show: ({ findings }) => <Things of={findings} />,
  },
];

const SHOWN_MAX = 4;

/** Digests are opened; what is a name already is shown. */
function Things({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return <span className="muted">none</span>;
  return (
    <>
      <strong>{of.length}</strong>
      {of.slice(0, SHOWN_MAX).map((one) => (
        <div key={one} className="small wrap">
          {/^[0-9a-f]{64}$/.test(one) ? (
            <Link to="/records/$digest" params={{ digest: one }} className="mono">
              {one.slice(0, 12)}
            </Link>
          ) : (
            one
          )}
        </div>
      ))}
      {of.length > SHOWN_MAX ? (
        <div className="small muted">{of.length - SHOWN_MAX} more</div>
      ) : null}
    </>
  );
}

export function WorkloadRegister() {
  return (
    <Answered of={useQuery(workloadQuery)}>
      {({ validators }) => (
        <RegisterTable
          thing="validator"
          rows={validators}
          columns={columns}
          keyOf={({ validator }) => validator}
          filters={[]}
          sort="-all"
          empty={{
            title: 'Nobody holds the role of a validator',
            body: (
              <p>
                A validator is whoever has an enrolled key in that role. Ask an administrator for{' '}
                <code>countersign keys enrol</code>.
              </p>
            ),
          }}
        />
      )}
    </Answered>
  );
}
