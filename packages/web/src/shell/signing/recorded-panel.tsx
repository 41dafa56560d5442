// SPDX-License-Identifier: Apache-2.0
import { type ReactNode, useEffect, useRef } from 'react';
import { Digest } from '../digest.tsx';
import { Panel } from '../panel.tsx';
import { Words } from '../words.tsx';
import type { Recorded } from './sign-statements.ts';

interface RecordedPanelProps {
  readonly records: readonly Recorded[];
  /** Where to go on; the first link is under the keyboard. */
  readonly children: ReactNode;
}

/** What came of signing: recorded, or waiting for somebody else's signature too. */
export function RecordedPanel({ records, children }: RecordedPanelProps) {
  const links = useRef<HTMLDivElement>(null);
  useEffect(() => links.current?.querySelector('a')?.focus(), []);
  const waiting = records.find(({ state }) => state === 'awaiting-signatures');
  return (
    <div role="status">
      <Panel
        title={waiting === undefined ? 'Signed and recorded' : 'Signed, and waiting'}
        tone={waiting === undefined ? 'pass' : 'wait'}
      >
        {waiting?.needs === undefined ? null : (
          <p style={{ marginTop: 0 }}>
            It does not count yet: <Words text={waiting.needs} /> is still needed.
          </p>
        )}
        <ul className="plain">
          {records.map(({ digest }) => (
            <li key={digest}>
              <Digest value={digest} of="the record’s digest" isWhole />
            </li>
          ))}
        </ul>
        <div ref={links} className="row" style={{ marginTop: 14 }}>
          {children}
        </div>
      </Panel>
    </div>
  );
}
