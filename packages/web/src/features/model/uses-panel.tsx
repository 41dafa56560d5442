// SPDX-License-Identifier: Apache-2.0
import type { InventoryModelReply } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import type { AsOfParameter } from '../../api/as-of.ts';
import { Panel } from '../../shell/panel.tsx';
import { StatusMark } from '../../shell/status-mark.tsx';
import { TierMark } from '../../shell/tier.tsx';
import { statusOf } from '../../shell/use-status.ts';

interface UsesPanelProps {
  readonly model: InventoryModelReply;
  readonly asOf: AsOfParameter;
}

export function UsesPanel({ model, asOf }: UsesPanelProps) {
  const { uses } = model;
  return (
    <Panel title={`Uses (${uses.length})`}>
      {uses.length === 0 ? (
        <div className="muted">
          It has no use yet, so it may answer nothing. Propose one with{' '}
          <code>countersign propose</code>.
        </div>
      ) : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Use</th>
              <th scope="col">Tier</th>
              <th scope="col">Stage</th>
              <th scope="col">Owner</th>
              <th scope="col">Versions</th>
            </tr>
          </thead>
          <tbody>
            {uses.map((one) => (
              <tr key={one.use}>
                <td>{one.use}</td>
                <td data-label="Tier">
                  <TierMark tier={one.tier} />
                  {one.fairLending === true ? (
                    <div className="small muted">fair lending</div>
                  ) : null}
                </td>
                <td data-label="Stage">
                  <StatusMark shown={statusOf(model, one)} />
                </td>
                <td data-label="Owner">
                  {one.owner ?? model.owner ?? <span className="muted">nobody</span>}
                </td>
                <td data-label="Versions">
                  <span>
                    {one.versions.length === 0 ? <span className="muted">none</span> : null}
                    {one.versions.map(({ version }, place) => (
                      <span key={version}>
                        {place === 0 ? '' : ', '}
                        <Link
                          to="/models/$model/versions/$version"
                          params={{ model: model.model, version }}
                          search={{ use: one.use, 'as-of': asOf }}
                        >
                          {version}
                        </Link>
                      </span>
                    ))}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
