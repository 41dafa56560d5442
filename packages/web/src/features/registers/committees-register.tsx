// SPDX-License-Identifier: Apache-2.0
import type { CommitteesReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { committeesQuery } from '../../api/registers.ts';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { Answered } from './answered.tsx';
import { RecordCell } from './cells.tsx';
import { RegisterTable } from './register-table.tsx';

type Committee = CommitteesReply['committees'][number];
type Decision = Committee['decisions'][number] & { readonly committee: string };

const columns: readonly DataColumn<Decision>[] = [
  {
    id: 'subject',
    label: 'On',
    value: ({ subject }) => subject,
    show: ({ subject, changeRequest }) => (
      <Link to="/changes/$digest" params={{ digest: changeRequest }} className="wrap">
        {subject}
      </Link>
    ),
  },
  { id: 'committee', label: 'Committee', value: ({ committee }) => committee },
  {
    id: 'decision',
    label: 'Decision',
    value: ({ decision }) => decision,
    show: ({ decision }) => (
      <Mark
        tone={decision === 'approve' ? 'pass' : 'fail'}
        text={decision === 'approve' ? 'approved' : 'rejected'}
      />
    ),
  },
  {
    id: 'votes',
    label: 'Votes',
    value: (one) => `${one.for} for, ${one.against} against, ${one.abstained} abstained`,
    show: (one) => (
      <>
        {one.for} for, {one.against} against
        <div className="small muted">
          {one.abstained} abstained, {one.attended} attended
        </div>
      </>
    ),
  },
  { id: 'at', label: 'Signed', value: ({ at }) => at, show: ({ at }) => <Time at={at} /> },
  {
    id: 'minutes',
    label: 'Minutes',
    value: ({ minutes }) => minutes,
    show: ({ minutes }) => <Digest value={minutes} of="the minutes" />,
    isWideOnly: true,
  },
  {
    id: 'record',
    label: 'Record',
    value: ({ record }) => record,
    show: ({ record }) => <RecordCell digest={record} of="the decision" />,
  },
];

export function CommitteesRegister() {
  return (
    <Answered of={useQuery(committeesQuery)}>
      {({ committees }) => <Committees committees={committees} />}
    </Answered>
  );
}

function Committees({ committees }: { readonly committees: readonly Committee[] }) {
  const rows = useMemo(
    () =>
      committees.flatMap(({ name, decisions }) =>
        decisions.map((one) => ({ ...one, committee: name })),
      ),
    [committees],
  );
  if (committees.length === 0) {
    return (
      <Empty title="No committee has a charter">
        <p>
          Name its members, chair and quorum in YAML and sign it with{' '}
          <code>countersign policy propose committee.yaml --kind committee</code>.
        </p>
      </Empty>
    );
  }
  return (
    <>
      {committees.map((one) => (
        <Panel key={one.name} title={one.name}>
          <Facts
            facts={[
              ['Chair', one.chair],
              ['Members', one.members.join(', ')],
              ['Quorum', `${one.quorum} of ${one.members.length} without a conflict`],
              ['Charter in force', <Time key="since" at={one.since} />],
              ['Record', <RecordCell key="record" digest={one.record} of="the charter" />],
            ]}
          />
        </Panel>
      ))}
      <RegisterTable
        thing="decision"
        rows={rows}
        columns={columns}
        keyOf={({ record }) => record}
        filters={[]}
        sort="-at"
        empty={{
          title: 'No committee has decided yet',
          body: (
            <p>
              The chair signs attendance, votes and minutes with{' '}
              <code>countersign approve REQUEST --committee decision.yaml</code>.
            </p>
          ),
        }}
      />
    </>
  );
}
