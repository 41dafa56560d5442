// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { FindingLine, findingOf } from '../../shell/finding.tsx';
import { Panel } from '../../shell/panel.tsx';

interface VersionFindingsProps {
  readonly findings: VersionReply['findings'];
  readonly model: string;
}

export function VersionFindings({ findings, model }: VersionFindingsProps) {
  return (
    <Panel title={`Findings (${findings.length})`}>
      {findings.length === 0 ? (
        <div className="muted">
          None.{' '}
          <Link to="/findings/new" search={{ model }}>
            Open one
          </Link>
        </div>
      ) : (
        <>
          <ul className="rows">
            {findings.map((one) => (
              <li key={one.digest}>
                <FindingLine finding={findingOf(one.content)} model={model} />
              </li>
            ))}
          </ul>
          <p style={{ marginBottom: 0 }}>
            <Link to="/findings" search={{ model }}>
              All findings of {model}
            </Link>
          </p>
        </>
      )}
    </Panel>
  );
}
