// SPDX-License-Identifier: Apache-2.0

import type { RecordSummary } from '@countersign/contract';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { z } from 'zod';
import { HISTORY_PAGE, historyQuery } from '../../api/registry.ts';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { typeWords } from '../../shell/type-words.ts';
import { daysOf } from './days.ts';

type Line = z.infer<typeof RecordSummary>;

const SHOWN = 30;

/** Everything recorded of the model, newest first, by the reader's days. */
export function HistoryPanel({
  model,
  asOf,
}: {
  readonly model: string;
  readonly asOf: number | undefined;
}) {
  const { data, error, refetch } = useQuery(historyQuery(model));
  const [shown, setShown] = useState(SHOWN);
  const all = data?.records.filter(
    ({ index }) => asOf === undefined || (index ?? asOf + 1) <= asOf,
  );
  return (
    <Panel title={all === undefined ? 'History' : `History (${all.length})`}>
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {all === undefined && error === null ? <Loading what="Reading the history…" /> : null}
      {all?.length === 0 ? <div className="muted">Nothing was recorded of it yet.</div> : null}
      <ol className="timeline">
        {daysOf(all?.slice(0, shown) ?? []).map(({ day, records }) => (
          <li key={day}>
            <h3>{day}</h3>
            <ul>
              {records.map((one) => (
                <li key={one.digest}>
                  <Happened record={one} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {all !== undefined && all.length > shown ? (
        <Button variant="default" mt="sm" onClick={() => setShown(shown + 5 * SHOWN)}>
          Show earlier records
        </Button>
      ) : null}
      {data?.records.length === HISTORY_PAGE && shown >= HISTORY_PAGE ? (
        <p className="muted">
          These are the newest {HISTORY_PAGE}; earlier ones are in the case file of each version.
        </p>
      ) : null}
    </Panel>
  );
}

function Happened({ record }: { readonly record: Line }) {
  const { digest, type, kind, version, use, actor, recordedAt } = record;
  return (
    <div className="happened">
      <Time at={recordedAt} only="time" />
      <div className="wrap">
        <Link to="/records/$digest" params={{ digest }}>
          {typeWords(type)}
          {kind === undefined ? '' : ` (${kind})`}
        </Link>{' '}
        by {actor}
        {version === undefined ? '' : `, version ${version}`}
        {use === undefined ? '' : `, ${use}`}
      </div>
    </div>
  );
}
