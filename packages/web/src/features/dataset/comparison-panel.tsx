// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { versionQuery, versionsQuery } from '../../api/registry.ts';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { percent } from './column-rows.ts';
import { type ColumnChange, compareProfiles } from './compare-profiles.ts';
import { type ReadSnapshot, snapshotsOf } from './read-dataset.ts';

interface ComparisonProps {
  readonly model: string;
  readonly version: number;
  readonly snapshot: ReadSnapshot;
}

const CHANGES_MAX = 20;

/** The same split of the same dataset in the version before, from the two recorded profiles. */
export function ComparisonPanel({ model, version, snapshot }: ComparisonProps) {
  const versions = useQuery(versionsQuery(model));
  const earlier = versions.data?.versions
    .map((one) => one.version)
    .filter((one) => one < version)
    .sort((a, b) => b - a)[0];
  const before = useQuery({
    ...versionQuery({ model, version: earlier ?? 0 }),
    enabled: earlier !== undefined,
  });
  const name = `${model}@${earlier}`;
  const found = before.data === undefined ? undefined : twinOf(snapshotsOf(before.data), snapshot);
  const trouble = versions.error ?? before.error;
  if (versions.data !== undefined && earlier === undefined) {
    return (
      <Panel title="Against the version before" id="comparison">
        <p className="muted">There is no earlier version.</p>
      </Panel>
    );
  }
  return (
    <Panel title={`Against ${earlier === undefined ? 'the version before' : name}`} id="comparison">
      {trouble !== null ? <Problem error={trouble} onRetry={() => void before.refetch()} /> : null}
      {trouble === null && before.data === undefined ? <Loading what="Reading it…" /> : null}
      {before.data !== undefined && found === undefined ? (
        <p className="muted">
          {name} has no profile of {snapshot.dataset}, {snapshot.split}.
        </p>
      ) : null}
      {found === undefined ? null : <Changes before={found} after={snapshot} />}
      {found === undefined ? null : (
        <p className="small muted">
          Rows, PSI and tests:{' '}
          <code>
            countersign data diff {name}:{snapshot.dataset}.{snapshot.split} {model}@{version}:
            {snapshot.dataset}.{snapshot.split}
          </code>
        </p>
      )}
    </Panel>
  );
}

function twinOf(
  snapshots: readonly ReadSnapshot[],
  { dataset, split }: ReadSnapshot,
): ReadSnapshot | undefined {
  return snapshots.find(
    (one) => one.dataset === dataset && one.split === split && one.profile.columns.length > 0,
  );
}

function Changes({
  before,
  after,
}: {
  readonly before: ReadSnapshot;
  readonly after: ReadSnapshot;
}) {
  const changes = compareProfiles(before, after);
  if (before.contentDigest === after.contentDigest) return <p>The same bytes.</p>;
  return (
    <>
      <p>
        {before.rows.toLocaleString()} → {after.rows.toLocaleString()} rows
        {before.schemaDigest === after.schemaDigest ? ', the same schema.' : ', another schema.'}
      </p>
      <table className="grid folds">
        <caption className="sr-only">Columns, the most changed first</caption>
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Schema</th>
            <th scope="col">Missing</th>
            <th scope="col">Distinct</th>
            <th scope="col">Mean moved by</th>
            <th scope="col">Shares moved by</th>
          </tr>
        </thead>
        <tbody>
          {changes.slice(0, CHANGES_MAX).map((change) => (
            <Change key={`${change.column} ${change.what}`} change={change} />
          ))}
        </tbody>
      </table>
      {changes.length > CHANGES_MAX ? (
        <p className="small muted">and {changes.length - CHANGES_MAX} columns that changed less</p>
      ) : null}
    </>
  );
}

function Change({ change }: { readonly change: ColumnChange }) {
  const { column, what, said, missing, distinct, meanShift, shareShift } = change;
  return (
    <tr>
      <td>{column}</td>
      <td data-label="Schema">
        {what === 'in both' ? '' : `${what}${said === '' ? '' : `: ${said}`}`}
      </td>
      <td data-label="Missing">{both(missing, percent)}</td>
      <td data-label="Distinct">{both(distinct, (one) => one.toLocaleString())}</td>
      <td data-label="Mean moved by">
        {meanShift === undefined ? '' : `${meanShift.toFixed(2)} SD`}
      </td>
      <td data-label="Shares moved by">{percent(shareShift)}</td>
    </tr>
  );
}

function both(
  pair: readonly [before: number, after: number] | undefined,
  shown: (value: number) => string,
): string {
  if (pair === undefined) return '';
  const [before, after] = pair.map(shown);
  return before === after ? (before ?? '') : `${before} → ${after}`;
}
