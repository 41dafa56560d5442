// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import { NativeSelect } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { z } from 'zod';
import { recordQuery, versionQuery } from '../../api/registry.ts';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { columnRows } from './column-rows.ts';
import { ColumnsPanel } from './columns-panel.tsx';
import { ComparisonPanel } from './comparison-panel.tsx';
import {
  IndependencePanel,
  LabelPanel,
  QualityPanel,
  RepresentationPanel,
  TotalsPanel,
  WaterfallPanel,
} from './found-panels.tsx';
import {
  contentOf,
  qualityReader,
  type ReadSnapshot,
  representedReader,
  snapshotsOf,
} from './read-dataset.ts';

const route = getRouteApi('/signed-in/models/$model/versions/$version/data');

/** What is recorded of the data of a version: measured unasked when the snapshot was taken. */
export function DatasetPage() {
  const { model, version } = route.useParams();
  const { data, error, refetch } = useQuery(versionQuery({ model, version }));
  const title = `Data of ${model}@${version}`;
  if (data === undefined) {
    return (
      <Page title={title}>
        {error === null ? (
          <Loading what="Reading the snapshots…" />
        ) : (
          <Problem error={error} onRetry={() => void refetch()} />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={title}
      lede={
        <>
          What was read to make{' '}
          <Link to="/models/$model/versions/$version" params={{ model, version }}>
            {model}@{version}
          </Link>
          , as recorded when the snapshot was taken.
        </>
      }
    >
      <Snapshots version={data} />
    </Page>
  );
}

function Snapshots({ version }: { readonly version: VersionReply }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const snapshots = useMemo(() => snapshotsOf(version), [version]);
  const datasets = [...new Set(snapshots.map(({ dataset }) => dataset))];
  const dataset = datasets.find((name) => name === search.dataset) ?? datasets[0];
  const parts = snapshots.filter((one) => one.dataset === dataset);
  const chosen =
    parts.find(({ split }) => split === search.split) ??
    parts.find(({ profile }) => profile.columns.length > 0) ??
    parts[0];
  if (chosen === undefined || dataset === undefined) {
    return (
      <Empty title="No table is recorded for this version">
        <p>
          A version that was built by <code>countersign run</code> has its snapshots here; an
          imported one has none.
        </p>
      </Empty>
    );
  }
  return (
    <>
      {datasets.length < 2 ? null : (
        <NativeSelect
          label="Dataset"
          size="sm"
          data={datasets}
          value={dataset}
          onChange={({ currentTarget }) =>
            void navigate({ search: { dataset: currentTarget.value }, replace: true })
          }
        />
      )}
      <SplitsPanel parts={parts} shown={chosen} />
      <Measured version={version} snapshot={chosen} />
    </>
  );
}

function Measured({
  version,
  snapshot,
}: {
  readonly version: VersionReply;
  readonly snapshot: ReadSnapshot;
}) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const quality = useRecorded(version, 'data-quality-report', qualityReader, snapshot.dataset);
  const represented = useRecorded(
    version,
    'representativeness-report',
    representedReader,
    snapshot.dataset,
  );
  const measures = quality?.content.measures;
  const rows = useMemo(() => columnRows(snapshot, measures), [snapshot, measures]);
  return (
    <>
      <QualityPanel found={quality} />
      <IndependencePanel pairs={measures?.splitPairs ?? []} />
      <LabelPanel label={measures?.label ?? null} />
      <ColumnsPanel
        rows={rows}
        search={search}
        of={snapshot.split}
        onSearch={(next) => void navigate({ search: next, replace: true })}
      />
      <WaterfallPanel snapshot={snapshot} />
      <TotalsPanel snapshot={snapshot} />
      <RepresentationPanel found={represented} />
      <ComparisonPanel model={version.model} version={version.version} snapshot={snapshot} />
    </>
  );
}

/** The newest record in force of a type that speaks of the dataset. */
function useRecorded<T extends { readonly dataset: string }>(
  version: VersionReply,
  type: string,
  reader: z.ZodType<T>,
  dataset: string,
) {
  const digests = version.evidence
    .filter((one) => one.type === type && one.inForce)
    .map(({ digest }) => digest);
  const answers = useQueries({ queries: digests.map((digest) => recordQuery(digest)) });
  return answers
    .flatMap(({ data }) => {
      const content = data === undefined ? undefined : contentOf(data.statement, reader, dataset);
      return data === undefined || content === undefined ? [] : [{ content, record: data.digest }];
    })
    .at(-1);
}

function SplitsPanel({
  parts,
  shown,
}: {
  readonly parts: readonly ReadSnapshot[];
  readonly shown: ReadSnapshot;
}) {
  const { model, version } = route.useParams();
  const { system, owner, as_of: asOf } = shown.source;
  return (
    <Panel title={`Snapshots of ${shown.dataset}`} id="snapshots">
      <Facts
        facts={[
          ['Source', system],
          ['Owner', owner],
          ['As of', asOf],
          ['Schema', <Digest key="schema" value={shown.schemaDigest} of="the schema’s digest" />],
        ]}
      />
      <table className="grid folds" style={{ marginTop: 14 }}>
        <thead>
          <tr>
            <th scope="col">Split</th>
            <th scope="col">Rows</th>
            <th scope="col">How it was taken</th>
            <th scope="col">Content</th>
            <th scope="col">Record</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part.record}>
              <td>
                {part.profile.columns.length === 0 ? (
                  part.split
                ) : (
                  <Link
                    to="/models/$model/versions/$version/data"
                    params={{ model, version }}
                    search={{ dataset: part.dataset, split: part.split }}
                    aria-current={part.record === shown.record ? 'page' : undefined}
                  >
                    {part.split}
                  </Link>
                )}
                {part.sealed ? <span className="small muted">, sealed</span> : null}
              </td>
              <td data-label="Rows">{part.rows.toLocaleString()}</td>
              <td data-label="How it was taken" className="wrap">
                {part.profile.rule || 'as read'}
              </td>
              <td data-label="Content">
                <Digest value={part.contentDigest} of={`the digest of ${part.split}`} />
              </td>
              <td data-label="Record">
                <Link to="/records/$digest" params={{ digest: part.record }} className="mono">
                  {part.record.slice(0, 8)}
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
