// SPDX-License-Identifier: Apache-2.0
import type { WarrantsReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { isForbidden } from '../../api/api-error.ts';
import { warrantsQuery } from '../../api/registry.ts';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { Words } from '../../shell/words.tsx';

type Warrant = WarrantsReply['warrants'][number];

interface WarrantsPanelProps {
  readonly model: string;
  readonly asOf: number | undefined;
}

export function WarrantsPanel({ model, asOf }: WarrantsPanelProps) {
  const { data, error, refetch } = useQuery(warrantsQuery(model));
  if (isForbidden(error)) return null;
  const warrants = data?.warrants.filter(({ index }) => index <= (asOf ?? index)) ?? [];
  return (
    <Panel title={data === undefined ? 'Warrants' : `Warrants (${warrants.length})`}>
      {asOf === undefined ? null : (
        <p className="small muted" style={{ marginTop: 0 }}>
          Those signed by then; whether each lives is said as of now.
        </p>
      )}
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading what="Verifying warrants…" /> : null}
      {data !== undefined && warrants.length === 0 ? (
        <div className="muted">
          None, so no version of it may answer. <code>countersign submit</code> proposes one for a
          stage.
        </div>
      ) : null}
      {warrants.length === 0 ? null : <Warrants warrants={warrants} />}
    </Panel>
  );
}

function Warrants({ warrants }: { readonly warrants: readonly Warrant[] }) {
  return (
    <table className="grid folds">
      <thead>
        <tr>
          <th scope="col">Warrant</th>
          <th scope="col">For</th>
          <th scope="col">State</th>
          <th scope="col">Signed</th>
          <th scope="col">Change request</th>
        </tr>
      </thead>
      <tbody>
        {warrants.map((one) => (
          <tr key={one.digest}>
            <td>
              <Link to="/records/$digest" params={{ digest: one.digest }} className="mono">
                {one.digest.slice(0, 12)}
              </Link>
              <div className="small muted">{one.warrant}</div>
            </td>
            <td data-label="For">
              <span>
                version {one.version}, {one.use}, {one.environment}
              </span>
            </td>
            <td data-label="State">
              <Standing warrant={one} />
            </td>
            <td data-label="Signed">
              <Time at={one.loggedAt} />
            </td>
            <td data-label="Change request">
              <Link to="/changes/$digest" params={{ digest: one.changeRequest }} className="mono">
                {one.changeRequest.slice(0, 12)}
              </Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Standing({ warrant }: { readonly warrant: Warrant }) {
  if (warrant.live) {
    return (
      <div>
        <Mark tone="pass" text="live" />
        <div className="small muted">
          until <Time at={warrant.expires} />
        </div>
      </div>
    );
  }
  return (
    <div>
      <Mark tone="none" text="ended" />
      {warrant.denials.map((one) => (
        <div key={one} className="small muted wrap">
          <Words text={one} />
        </div>
      ))}
    </div>
  );
}
