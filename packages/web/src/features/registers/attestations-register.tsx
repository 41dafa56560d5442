// SPDX-License-Identifier: Apache-2.0
import type { CampaignsReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { campaignsQuery } from '../../api/registers.ts';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Due } from '../../shell/finding.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Time } from '../../shell/time.tsx';
import { Answered } from './answered.tsx';
import { ModelLink, RecordCell } from './cells.tsx';
import { RegisterTable } from './register-table.tsx';

type Campaign = CampaignsReply['campaigns'][number];
type Answer = Campaign['answers'][number] & { readonly campaign: string };

const TONES = { confirmed: 'pass', disputed: 'fail', stale: 'wait', waiting: 'wait' } as const;

const columns: readonly DataColumn<Answer>[] = [
  {
    id: 'model',
    label: 'Model',
    value: ({ model }) => model,
    show: ({ model }) => <ModelLink model={model} />,
  },
  { id: 'campaign', label: 'Campaign', value: ({ campaign }) => campaign },
  { id: 'owner', label: 'Owner', value: ({ owner }) => owner },
  {
    id: 'state',
    label: 'Answer',
    value: ({ state }) => state,
    show: ({ state, note }) => (
      <>
        <Mark tone={TONES[state]} text={state === 'stale' ? 'entry changed since' : state} />
        {note === undefined ? null : <div className="small muted">{note}</div>}
      </>
    ),
  },
  {
    id: 'at',
    label: 'Answered',
    value: ({ at }) => at ?? '',
    show: ({ at }) =>
      at === undefined ? <span className="muted">not yet</span> : <Time at={at} />,
  },
  {
    id: 'record',
    label: 'What was shown',
    value: ({ entry }) => entry,
    show: ({ entry }) => <RecordCell digest={entry} of="the inventory entry" />,
    isWideOnly: true,
  },
];

export function AttestationsRegister() {
  return (
    <Answered of={useQuery(campaignsQuery)}>
      {({ campaigns }) => <Campaigns campaigns={campaigns} />}
    </Answered>
  );
}

function Campaigns({ campaigns }: { readonly campaigns: readonly Campaign[] }) {
  const rows = useMemo(
    () =>
      campaigns.flatMap(({ campaign, answers }) => answers.map((one) => ({ ...one, campaign }))),
    [campaigns],
  );
  return (
    <>
      {campaigns.length === 0 ? null : (
        <Panel title={`Campaigns (${campaigns.length})`}>
          <ul className="rows">
            {campaigns.map((one) => (
              <li key={one.digest}>
                <CampaignLine campaign={one} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <RegisterTable
        thing="answer"
        rows={rows}
        columns={columns}
        keyOf={({ campaign, model }) => `${campaign} ${model}`}
        filters={['campaign', 'state', 'model']}
        sort="model"
        empty={{
          title: campaigns.length === 0 ? 'No campaign was opened' : 'The inventory was empty then',
          body: (
            <p>
              Ask every owner to confirm what the inventory says of their models with{' '}
              <code>countersign reviews campaign NAME --due DAY</code>.
            </p>
          ),
        }}
      />
    </>
  );
}

function CampaignLine({ campaign }: { readonly campaign: Campaign }) {
  const { title, due, openedBy, openedAt, overdue, confirmed, disputed, waiting } = campaign;
  const all = confirmed + disputed + waiting;
  return (
    <div className="row" style={{ justifyContent: 'space-between' }}>
      <div>
        <strong>{campaign.campaign}</strong> {title}
        <div className="small muted">
          due <Due at={due} />, opened by {openedBy}, <Time at={openedAt} />
        </div>
      </div>
      <div>
        <Mark
          tone={waiting === 0 ? (disputed > 0 ? 'fail' : 'pass') : overdue ? 'fail' : 'wait'}
          text={`${confirmed} of ${all} confirmed`}
        />
        <div className="small muted">
          {disputed} disputed, {waiting} waiting{overdue ? ', overdue' : ''}
        </div>
      </div>
    </div>
  );
}
