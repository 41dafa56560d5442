// SPDX-License-Identifier: Apache-2.0
import type { EvidenceLine } from '../../crypto/verified-change.ts';
import { Digest } from '../../shell/digest.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Time } from '../../shell/time.tsx';

/** What an approval given now names: the frozen evidence and what has come into force since. */
export function EvidencePanel({ evidence }: { readonly evidence: readonly EvidenceLine[] }) {
  return (
    <Panel title={`Evidence (${evidence.length})`}>
      {evidence.length === 0 ? (
        <div className="muted">The request names no evidence.</div>
      ) : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Evidence</th>
              <th scope="col">By</th>
              <th scope="col">In the log since</th>
              <th scope="col">Record</th>
            </tr>
          </thead>
          <tbody>
            {evidence.map((one) => (
              <tr key={one.digest}>
                <td>
                  {one.type}
                  {one.kind === undefined ? '' : ` (${one.kind})`}
                  {one.isFrozen ? null : (
                    <div className="small muted">in force, not frozen with the request</div>
                  )}
                </td>
                <td data-label="By">{one.actor}</td>
                <td data-label="In the log since">
                  <Time at={one.loggedAt} />
                </td>
                <td data-label="Record">
                  <Digest value={one.digest} of={`the digest of ${one.type}`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
