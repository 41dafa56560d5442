// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ownEnrolmentsQuery, pendingQuery } from '../../api/pending.ts';

/** Records that await signatures wait for whoever may give one; they are signed on the page of keys. */
export function PendingNotice() {
  const { data: all } = useQuery(pendingQuery);
  const { data: own } = useQuery(ownEnrolmentsQuery);
  const count = all?.records.length ?? 0;
  const mine = own?.records.length ?? 0;
  if (count + mine === 0) return null;
  const text =
    mine > 0
      ? 'The enrolment of your own signing key waits for signatures.'
      : `${count} ${count === 1 ? 'record awaits' : 'records await'} further signatures.`;
  return (
    <div className="panel" data-tone="wait">
      {text} <Link to="/keys">See who must still sign</Link>
    </div>
  );
}
