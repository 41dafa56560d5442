// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import type { VerifiedChange } from '../../crypto/verified-change.ts';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Time } from '../../shell/time.tsx';
import { Words } from '../../shell/words.tsx';

interface VerificationPanelProps {
  readonly change: VerifiedChange;
  readonly tookMs: number;
}

/** What stands behind the page: everything on it was computed from proofs, in this browser. */
export function VerificationPanel({ change, tookMs }: VerificationPanelProps) {
  const { checkpoint, records, differences } = change;
  const { trusted } = useTrustedRoot();
  const agrees = differences.length === 0;
  return (
    <Panel title="Verified in this browser" tone={agrees ? 'pass' : 'fail'}>
      {agrees ? (
        <Mark tone="pass" text={`${records} records, in ${tookMs} ms; the server agrees`} />
      ) : (
        <>
          <Mark tone="fail" text="The server says something else than its records show" />
          <ul>
            {differences.map((one) => (
              <li key={one}>
                <Words text={one} />
              </li>
            ))}
          </ul>
        </>
      )}
      <p>
        Each record’s signatures, its place in the log and the gates were checked here against the
        founding record; nothing above is taken from the server on trust.
      </p>
      <Facts
        facts={[
          [
            'Founding record',
            <div key="root">
              <Digest value={trusted.root} of="the founding digest" isWhole />
              <div className="small muted">
                kept by this browser since <Time at={trusted.since} />;{' '}
                <Link to="/account">compare it with the firm’s</Link>
              </div>
            </div>,
          ],
          ['Log', `${checkpoint.size} entries`],
          [
            'Root of the log',
            <Digest key="log" value={checkpoint.root} of="the log's root hash" />,
          ],
        ]}
      />
    </Panel>
  );
}

export function Unverified({ reason }: { readonly reason: string }) {
  return (
    <div className="panel" data-tone="fail" role="alert">
      <Mark tone="fail" text="Not verified" />
      <p>
        <strong>
          <Words text={reason} />.
        </strong>
      </p>
      <p style={{ marginBottom: 0 }}>
        What the server sent does not hold against the founding record that this browser keeps to.
        Sign nothing; tell model risk and whoever operates the server. The digest kept here is on{' '}
        <Link to="/account">your account page</Link>.
      </p>
    </div>
  );
}
