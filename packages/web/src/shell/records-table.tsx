// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { Digest } from './digest.tsx';
import { Time } from './time.tsx';
import { typeWords } from './type-words.ts';

export interface ListedRecord {
  readonly digest: string;
  readonly type: string;
  readonly kind?: string | undefined;
  readonly actor: string;
  readonly loggedAt: string;
  readonly inForce?: boolean | undefined;
}

interface RecordsTableProps {
  readonly records: readonly ListedRecord[];
  /** Said where there is none. */
  readonly empty: string;
}

export function RecordsTable({ records, empty }: RecordsTableProps) {
  if (records.length === 0) return <div className="muted">{empty}</div>;
  return (
    <table className="grid folds">
      <thead>
        <tr>
          <th scope="col">Record</th>
          <th scope="col">By</th>
          <th scope="col">In the log since</th>
          <th scope="col">Digest</th>
        </tr>
      </thead>
      <tbody>
        {records.map((one) => (
          <tr key={one.digest}>
            <td>
              <Link to="/records/$digest" params={{ digest: one.digest }}>
                {typeWords(one.type)}
                {one.kind === undefined ? '' : ` (${one.kind})`}
              </Link>
              {one.inForce === false ? (
                <span className="small muted"> superseded by a later one</span>
              ) : null}
            </td>
            <td data-label="By">{one.actor}</td>
            <td data-label="In the log since">
              <Time at={one.loggedAt} />
            </td>
            <td data-label="Digest">
              <Digest value={one.digest} of={`the digest of ${one.type}`} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
