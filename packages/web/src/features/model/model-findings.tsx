// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { isForbidden } from '../../api/api-error.ts';
import { findingsQuery } from '../../api/registry.ts';
import { FindingLine, findingOf } from '../../shell/finding.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';

/** The register keeps the closed ones; here stand those that somebody must act on. */
export function ModelFindings({
  model,
  asOf,
}: {
  readonly model: string;
  readonly asOf: number | undefined;
}) {
  const { data, error, refetch } = useQuery(findingsQuery(model));
  if (isForbidden(error)) return null;
  const open = data?.findings.filter(({ content }) => findingOf(content).status !== 'closed') ?? [];
  const closed = (data?.findings.length ?? 0) - open.length;
  return (
    <Panel title={data === undefined ? 'Findings' : `Open findings (${open.length})`}>
      {asOf === undefined ? null : (
        <p className="small muted" style={{ marginTop: 0 }}>
          As of now.
        </p>
      )}
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading what="Reading findings…" /> : null}
      {data !== undefined && open.length === 0 ? (
        <div className="muted">
          None is open.{' '}
          <Link to="/findings/new" search={{ model }}>
            Open one
          </Link>
        </div>
      ) : null}
      {open.length === 0 ? null : (
        <ul className="rows">
          {open.map((one) => (
            <li key={one.digest}>
              <FindingLine finding={findingOf(one.content)} model={model} isOverdue={one.overdue} />
            </li>
          ))}
        </ul>
      )}
      {closed === 0 ? null : (
        <p style={{ marginBottom: 0 }}>
          <Link to="/findings" search={{ model, state: 'all' }}>
            {closed} closed
          </Link>
        </p>
      )}
    </Panel>
  );
}
