// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import { useElementSize } from '@mantine/hooks';
import { useMemo } from 'react';
import { Panel } from '../../shell/panel.tsx';
import { LineageGraph } from './lineage-graph.tsx';
import { LineageLink } from './lineage-link.tsx';
import { type LineagePicture, lineagePicture, type Names } from './lineage-nodes.ts';

/** Narrower, the boxes' words would be too small to read: the list says the same. */
const PICTURE_WIDTH_MIN = 620;

interface LineagePanelProps {
  readonly version: VersionReply;
  /** Absent until the proofs are verified. */
  readonly names: Names | undefined;
}

export function LineagePanel({ version, names }: LineagePanelProps) {
  const { ref, width } = useElementSize();
  const picture = useMemo(() => lineagePicture(version, names), [version, names]);
  const isDrawn = width >= PICTURE_WIDTH_MIN;
  return (
    <Panel title="Lineage">
      <div ref={ref} className="lineage">
        {isDrawn ? (
          <>
            <LineageGraph picture={picture} width={width} />
            <details style={{ marginTop: 12 }}>
              <summary>The same as a list</summary>
              <LineageList picture={picture} />
            </details>
          </>
        ) : (
          <LineageList picture={picture} />
        )}
      </div>
      <p className="small muted" style={{ marginBottom: 0 }}>
        {version.restsOnIt === 0
          ? 'No record rests on this version yet.'
          : `${version.restsOnIt} further ${version.restsOnIt === 1 ? 'record rests' : 'records rest'} on this version.`}
      </p>
    </Panel>
  );
}

function LineageList({ picture }: { readonly picture: LineagePicture }) {
  return (
    <dl className="facts" style={{ marginTop: 10 }}>
      {picture.ranks.map(({ title, nodes }) => (
        <div key={title} className="fact">
          <dt>{title}</dt>
          <dd>
            <ul className="plain">
              {nodes.map((node) => (
                <li key={node.id}>
                  {node.kind} <LineageLink node={node}>{node.label}</LineageLink>
                </li>
              ))}
            </ul>
          </dd>
        </div>
      ))}
    </dl>
  );
}
