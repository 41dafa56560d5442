// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { z } from 'zod';
import { Panel } from '../../shell/panel.tsx';

const Named = z.object({ dataset: z.string(), split: z.string(), rows: z.number().catch(0) });

/** Way to what was measured of the data; its own page, since a table may have hundreds of columns. */
export function DataPanel({ version }: { readonly version: VersionReply }) {
  const snapshots = version.snapshots.flatMap(({ content }) => {
    const read = Named.safeParse(content);
    return read.success ? [read.data] : [];
  });
  const datasets = [...new Set(snapshots.map(({ dataset }) => dataset))];
  return (
    <Panel title="Data" id="data">
      {datasets.length === 0 ? (
        <div className="muted">No table is recorded for this version.</div>
      ) : (
        <ul className="plain">
          {datasets.map((dataset) => (
            <li key={dataset}>
              <Link
                to="/models/$model/versions/$version/data"
                params={{ model: version.model, version: version.version }}
                search={{ dataset }}
              >
                What was measured of {dataset}
              </Link>{' '}
              <span className="muted">
                {snapshots
                  .filter((one) => one.dataset === dataset)
                  .map(({ split, rows }) => `${split} ${rows.toLocaleString()} rows`)
                  .join(', ')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
