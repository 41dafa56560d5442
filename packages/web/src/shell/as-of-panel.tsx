// SPDX-License-Identifier: Apache-2.0
import type { AsOfReply } from '@countersign/contract';
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { asOfQuery } from '../api/as-of.ts';
import { Mark } from './mark.tsx';
import { Panel } from './panel.tsx';
import { Loading, Problem } from './states.tsx';
import { Time } from './time.tsx';
import { typeWords } from './type-words.ts';

type Warrant = AsOfReply['warrants'][number];

interface AsOfPanelProps {
  readonly model: string;
  /** Of the address; a log position says nothing of a day. */
  readonly asOf: string;
  /** All of the model's without it. */
  readonly version?: number;
}

/** What might answer on a day, by whose leave and on what validation: as known then, or with what was corrected since. */
export function AsOfPanel({ model, asOf, version }: AsOfPanelProps) {
  const [known, setKnown] = useState<'then' | 'now'>('then');
  const asked = { model, date: asOf, known: known === 'then' ? asOf : undefined };
  const { data, error } = useQuery(asOfQuery(asked));
  const warrants = data?.warrants.filter((one) => one.version === (version ?? one.version)) ?? [];
  return (
    <Panel title={`What might answer on ${asOf}`}>
      <SegmentedControl
        aria-label="By what was known"
        bg="var(--cs-sunken)"
        size="sm"
        mb="sm"
        value={known}
        data={[
          { value: 'then', label: 'As known then' },
          { value: 'now', label: 'As known now' },
        ]}
        onChange={(value) => setKnown(value === 'now' ? 'now' : 'then')}
      />
      <p className="small" style={{ margin: '0 0 10px' }}>
        <Link to="/as-of" search={{ date: asOf.slice(0, 10), model }}>
          The whole chain of each
        </Link>
        , or{' '}
        <Link to="/as-of" search={{ date: asOf.slice(0, 10) }}>
          every model on that day
        </Link>
        .
      </p>
      {error === null ? null : <Problem error={error} />}
      {data === undefined && error === null ? <Loading what="Replaying the log…" /> : null}
      {data !== undefined && warrants.length === 0 ? (
        <div className="muted">Nothing: no warrant of it lived at the end of that day.</div>
      ) : null}
      {warrants.length === 0 ? null : (
        <ul className="rows">
          {warrants.map((one) => (
            <li key={one.digest}>
              <Held warrant={one} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Held({ warrant }: { readonly warrant: Warrant }) {
  const { model, version, use, environment, chain } = warrant;
  return (
    <div className="tight">
      <div className="row" style={{ justifyContent: 'space-between' }}>
        <span>
          <Link to="/models/$model/versions/$version" params={{ model, version }} search={{ use }}>
            {model}@{version}
          </Link>{' '}
          for {use} in {environment}, by {warrant.warrant} warrant{' '}
          <RecordLink digest={warrant.digest} />
        </span>
        {warrant.inEffect ? (
          <Mark tone="pass" text="in effect" />
        ) : (
          <Mark tone="fail" text="ended since, with effect from before" />
        )}
      </div>
      <div>
        Allowed by{' '}
        {chain.approvals.length === 0
          ? 'nobody’s approval, as the policy asked for none'
          : chain.approvals.map(({ printedName, role }) => `${printedName} (${role})`).join(', ')}
        {chain.changeRequest === undefined ? null : (
          <>
            {' '}
            on{' '}
            <Link to="/changes/$digest" params={{ digest: chain.changeRequest.digest }}>
              the change request
            </Link>
          </>
        )}
        .
      </div>
      <div>
        {chain.validation.length === 0
          ? 'On no validation.'
          : chain.validation.map(({ digest, by, outcome, loggedAt }) => (
              <div key={digest}>
                Validated by {by.join(', ')}: {outcome}, <Time at={loggedAt} />{' '}
                <RecordLink digest={digest} />
              </div>
            ))}
      </div>
      {warrant.corrections.map(({ digest, type, by, reason, effectiveAt }) => (
        <div key={digest}>
          Corrected since by {by.join(', ')}: {typeWords(type)}
          {reason === undefined ? '' : `, ${reason}`}, with effect from <Time at={effectiveAt} />{' '}
          <RecordLink digest={digest} />
        </div>
      ))}
    </div>
  );
}

function RecordLink({ digest }: { readonly digest: string }) {
  return (
    <Link to="/records/$digest" params={{ digest }} className="mono">
      {digest.slice(0, 8)}
    </Link>
  );
}
