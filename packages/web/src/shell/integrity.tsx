// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import type { useIntegrity } from '../api/use-integrity.ts';
import { Mark } from './mark.tsx';
import { Words } from './words.tsx';

type Integrity = Pick<ReturnType<typeof useIntegrity>, 'data' | 'error' | 'isPending'>;

/** What this browser found when it verified the records behind the page; never a server's word. */
export function IntegrityBadge({ of }: { readonly of: Integrity }) {
  const { data, error } = of;
  if (error !== null) return <Mark tone="wait" text="Not verified: the proofs did not come" />;
  if (data === undefined) return <Mark tone="none" text="Verifying in this browser…" />;
  const { answer, tookMs } = data;
  if (!answer.ok) return <Mark tone="fail" text="Not verified" />;
  if (answer.differences.length > 0) {
    return <Mark tone="fail" text="The server says something else than its records show" />;
  }
  return (
    <span title={`log of ${answer.checkpoint.size} entries, root ${answer.checkpoint.root}`}>
      <Mark
        tone="pass"
        text={`Verified in this browser: ${answer.records} records in ${tookMs} ms`}
      />
    </span>
  );
}

/** Said in full only where something is wrong. */
export function IntegrityTrouble({ of }: { readonly of: Integrity }) {
  const { data, error } = of;
  if (error !== null) {
    return (
      <div className="panel" data-tone="wait" role="alert">
        <strong>The proofs of this page did not come:</strong>{' '}
        <Words text={error instanceof Error ? error.message : String(error)} />. What it shows is
        the server’s word alone.
      </div>
    );
  }
  const answer = data?.answer;
  if (answer === undefined || (answer.ok && answer.differences.length === 0)) return null;
  const reasons = answer.ok ? answer.differences : [answer.reason];
  return (
    <div className="panel" data-tone="fail" role="alert">
      <Mark tone="fail" text="What the server sent does not hold" />
      <ul>
        {reasons.map((one) => (
          <li key={one} className="wrap">
            <Words text={one} />
          </li>
        ))}
      </ul>
      <p style={{ marginBottom: 0 }}>
        Rely on nothing below; tell model risk and whoever operates the server. The founding digest
        that this browser keeps to is on <Link to="/account">your account page</Link>.
      </p>
    </div>
  );
}
