// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import type { DutiesFound } from '../../crypto/verified-records.ts';
import { Panel } from '../../shell/panel.tsx';
import { Loading } from '../../shell/states.tsx';
import { Words } from '../../shell/words.tsx';

interface DutiesPanelProps {
  readonly duties: DutiesFound | undefined;
  readonly isPending: boolean;
}

/** Who built it, computed here by the kernel from the signed facts; nobody is asked to declare it. */
export function DutiesPanel({ duties, isPending }: DutiesPanelProps) {
  if (duties === undefined) {
    return isPending ? (
      <Panel title="Separation of duties">
        <Loading what="Computing who built it from the proofs…" />
      </Panel>
    ) : null;
  }
  const { developers, unattributed, conflicts } = duties;
  return (
    <Panel title="Separation of duties">
      {developers.length === 0 ? (
        <div className="muted">No signed fact makes anybody a developer of this version.</div>
      ) : (
        <table className="grid folds">
          <caption>Counts as a developer</caption>
          <thead>
            <tr>
              <th scope="col">Account</th>
              <th scope="col">Because</th>
              <th scope="col">Record</th>
            </tr>
          </thead>
          <tbody>
            {developers.map(({ account, because, record }) => (
              <tr key={`${account} ${because} ${record}`}>
                <td>{account}</td>
                <td data-label="Because">
                  <Words text={because} />
                </td>
                <td data-label="Record">
                  <Link to="/records/$digest" params={{ digest: record }} className="mono">
                    {record.slice(0, 8)}
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {unattributed.length === 0 ? null : (
        <p>
          Nobody is known behind these authors of commits: {unattributed.join(', ')}. Two
          independent persons say whose they are with <code>countersign attribute</code>.
        </p>
      )}
      {conflicts.length === 0 ? null : (
        <>
          <p style={{ marginBottom: 4 }}>Therefore</p>
          <ul className="plain">
            {conflicts.map(({ reason }) => (
              <li key={reason}>
                <Words text={reason} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
