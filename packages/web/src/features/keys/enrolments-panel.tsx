// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { isForbidden } from '../../api/api-error.ts';
import { ownEnrolmentsQuery, pendingQuery } from '../../api/pending.ts';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import { type Pending, type PendingRecord, readPending } from '../../crypto/read-pending.ts';
import { Panel } from '../../shell/panel.tsx';
import { Problem } from '../../shell/states.tsx';
import { PendingItem } from './pending-item.tsx';

/** Records that await signatures: the reader's own enrolments first, then what others wait for. */
export function EnrolmentsPanel() {
  const own = useQuery(ownEnrolmentsQuery);
  const all = useQuery(pendingQuery);
  const { trusted } = useTrustedRoot();
  const error = own.error ?? (isForbidden(all.error) ? null : all.error);
  const listed = [...(own.data?.records ?? []), ...(all.data?.records ?? [])];
  const unique = listed.filter(
    (one, index) => listed.findIndex(({ digest }) => digest === one.digest) === index,
  );
  if (error === null && unique.length === 0) return null;
  return (
    <Panel title="Waiting for signatures">
      {error === null ? null : <Problem error={error} />}
      <ul className="rows">
        {unique.map((one) => (
          <li key={one.digest}>
            <Item pending={one} root={trusted.root} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Item({ pending, root }: { readonly pending: Pending; readonly root: string }) {
  const read = readOrSay(pending, root);
  return typeof read === 'string' ? (
    <Problem error={new Error(`a record that does not read: ${read}; sign nothing`)} />
  ) : (
    <PendingItem pending={read} />
  );
}

function readOrSay(pending: Pending, root: string): PendingRecord | string {
  try {
    return readPending(pending, root);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
