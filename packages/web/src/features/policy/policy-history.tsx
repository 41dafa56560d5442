// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Time } from '../../shell/time.tsx';
import type { PolicyVersion } from './policy-query.ts';

export function PolicyHistory({ versions }: { readonly versions: readonly PolicyVersion[] }) {
  return (
    <Panel title={`History (${versions.length})`}>
      <ul className="rows">
        {versions.map((one) => (
          <li key={one.digest}>
            <div className="row" style={{ justifyContent: 'space-between' }}>
              <div>
                <Link to="/records/$digest" params={{ digest: one.digest }}>
                  {one.title} {one.version}
                </Link>
                <div className="small muted">
                  signed by {one.signedBy.join(', ')}, <Time at={one.loggedAt} />
                </div>
              </div>
              {one.inForce ? (
                <Mark tone="pass" text="in force" />
              ) : (
                <Mark tone="none" text="replaced" />
              )}
            </div>
            <Changes changes={one.changes} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** A rule a line, against the policy before it. */
function Changes({ changes }: Pick<PolicyVersion, 'changes'>) {
  if (changes.length === 0) return null;
  return (
    <details>
      <summary>
        {changes.length} {changes.length === 1 ? 'line' : 'lines'} changed
      </summary>
      <ul className="plain diff">
        {changes.map(({ op, line }) => (
          <li key={`${op} ${line}`} data-op={op}>
            <span aria-hidden>{op}</span> <span className="sr-only">{WORDS[op]}</span>
            {line}
          </li>
        ))}
      </ul>
    </details>
  );
}

const WORDS = { '+': 'added:', '-': 'removed:' } as const;
