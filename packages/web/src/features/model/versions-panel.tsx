// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { AsOfParameter } from '../../api/as-of.ts';
import { versionsQuery } from '../../api/registry.ts';
import { Digest } from '../../shell/digest.tsx';
import { Panel } from '../../shell/panel.tsx';
import { StageMark } from '../../shell/stage.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';

interface VersionsPanelProps {
  readonly model: string;
  readonly asOf: AsOfParameter;
  readonly position: number | undefined;
}

export function VersionsPanel({ model, asOf, position }: VersionsPanelProps) {
  const { data, error, refetch } = useQuery(versionsQuery(model, position));
  const versions = data?.versions.toReversed() ?? [];
  return (
    <Panel title={data === undefined ? 'Versions' : `Versions (${versions.length})`}>
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading what="Reading versions…" /> : null}
      {data !== undefined && versions.length === 0 ? (
        <div className="muted">
          None is registered. <code>countersign run</code> registers what it builds.
        </div>
      ) : null}
      {versions.length === 0 ? null : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Stage</th>
              <th scope="col">Registered</th>
              <th scope="col">Artefact</th>
            </tr>
          </thead>
          <tbody>
            {versions.map((one) => (
              <tr key={one.version}>
                <td>
                  <Link
                    to="/models/$model/versions/$version"
                    params={{ model, version: one.version }}
                    search={{ 'as-of': asOf }}
                  >
                    {model}@{one.version}
                  </Link>
                </td>
                <td data-label="Stage">
                  {one.stages.map(({ use, stage }) => (
                    <div key={use} className="row">
                      <StageMark stage={stage} />
                      <span className="muted">for {use}</span>
                    </div>
                  ))}
                </td>
                <td data-label="Registered">
                  <Time at={one.registeredOn} />
                </td>
                <td data-label="Artefact">
                  <Digest
                    value={one.artifactDigest}
                    of={`the artefact of version ${one.version}`}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
