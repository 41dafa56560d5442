// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type AsOfParameter, usePosition } from '../../api/as-of.ts';
import { useMe } from '../../api/me.ts';
import { versionQuery } from '../../api/registry.ts';
import { useIntegrity } from '../../api/use-integrity.ts';
import { AsOf, AsOfNotice } from '../../shell/as-of.tsx';
import { AsOfPanel } from '../../shell/as-of-panel.tsx';
import { Digest } from '../../shell/digest.tsx';
import { Doing } from '../../shell/doing.tsx';
import { Facts } from '../../shell/facts.tsx';
import { GradeMark } from '../../shell/grade.tsx';
import { IntegrityBadge, IntegrityTrouble } from '../../shell/integrity.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { RecordsTable } from '../../shell/records-table.tsx';
import { StageMark } from '../../shell/stage.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { BuildPanels } from './build-panels.tsx';
import { DataPanel } from './data-panel.tsx';
import { DutiesPanel } from './duties-panel.tsx';
import { EvidencePanel } from './evidence-panel.tsx';
import { LineagePanel } from './lineage-panel.tsx';
import { MetricsPanel } from './metrics-panel.tsx';
import { toldOf } from './told-of-version.ts';
import { ValidationPanel } from './validation-panel.tsx';
import { VersionFindings } from './version-findings.tsx';

const route = getRouteApi('/signed-in/models/$model/versions/$version');

export function VersionPage() {
  const { model, version } = route.useParams();
  const search = route.useSearch();
  const asOf = search['as-of'];
  const at = usePosition(model, asOf);
  const position = at.state === 'known' ? at.position : undefined;
  const asked = { model, version, use: search.use, asOf: position };
  const { data, error, refetch } = useQuery({
    ...versionQuery(asked),
    enabled: at.state === 'known',
  });
  if (data !== undefined) return <Version version={data} asOf={asOf} position={position} />;
  const trouble = at.state === 'refused' ? at.error : error;
  return (
    <Page title={`${model}@${version}`}>
      {trouble === null ? (
        <Loading what="Reading the version…" />
      ) : (
        <Problem error={trouble} onRetry={() => void refetch()} />
      )}
      {asOf === undefined ? null : <AsOf asOf={asOf} model={model} />}
    </Page>
  );
}

interface VersionProps {
  readonly version: VersionReply;
  readonly asOf: AsOfParameter;
  readonly position: number | undefined;
}

function Version({ version, asOf, position }: VersionProps) {
  const { workspace } = useMe();
  const asked = useMemo(
    () => ({
      digest: version.artifact.digest,
      asOf: position,
      told: toldOf(version, workspace),
    }),
    [version, position, workspace],
  );
  const integrity = useIntegrity(asked);
  const answer = integrity.data?.answer;
  const proven = answer?.ok === true ? answer : undefined;
  return (
    <Page
      title={`${version.model}@${version.version}`}
      lede={
        <div className="row">
          <span>
            A version of{' '}
            <Link
              to="/models/$model"
              params={{ model: version.model }}
              search={asOf === undefined ? {} : { 'as-of': asOf }}
            >
              {version.model}
            </Link>
            {version.use === '' ? '' : ` for ${version.use}`}.
          </span>
          <IntegrityBadge of={integrity} />
          {asOf === undefined ? (
            <Doing model={version.model} use={version.use || undefined} version={version.version} />
          ) : null}
        </div>
      }
      actions={<AsOf asOf={asOf} model={version.model} />}
    >
      <IntegrityTrouble of={integrity} />
      <AsOfNotice asOf={asOf} position={position} />
      <WhatItIs version={version} />
      {typeof asOf === 'string' ? (
        <AsOfPanel model={version.model} version={version.version} asOf={asOf} />
      ) : null}
      <LineagePanel version={version} names={proven?.names} />
      <DataPanel version={version} />
      <EvidencePanel
        model={version.model}
        version={version.version}
        use={version.use}
        asOf={position}
      />
      <MetricsPanel measured={proven?.measured} />
      <ValidationPanel facts={proven?.validated} />
      <BuildPanels built={proven?.built} />
      <DutiesPanel duties={proven?.duties} isPending={integrity.isPending} />
      <VersionFindings findings={version.findings} model={version.model} />
      <Panel title={`Records about it (${version.evidence.length})`} id="records">
        <RecordsTable
          records={version.evidence}
          empty="No evidence is recorded yet: countersign run records it while it happens."
        />
      </Panel>
    </Page>
  );
}

function WhatItIs({ version }: { readonly version: VersionReply }) {
  const { artifactDigest, artifact, spec } = version;
  return (
    <Panel title="What it is">
      <Facts
        facts={[
          [
            'Stage',
            <div key="stages" className="tight">
              {version.stages.map(({ use, stage }) => (
                <div key={use} className="row">
                  <StageMark stage={stage} />
                  <span className="muted">for {use}</span>
                </div>
              ))}
            </div>,
          ],
          ['Enforcement', <GradeMark key="grade" grade={version.enforcement} />],
          ...(version.enforcementCaveat === undefined
            ? []
            : [['Not covered by it', version.enforcementCaveat] as const]),
          ['Method', member(spec?.content, 'algorithm')],
          ['Registered', <Time key="at" at={version.registeredOn} />],
          ['Registered by', artifact.actor],
          ['Decisions it gave', <Decisions key="decisions" decisions={version.decisions} />],
          ['Artefact', <Digest key="artefact" value={artifactDigest} of="the artefact’s digest" />],
          ['Record', <Digest key="record" value={artifact.digest} of="the record’s digest" />],
        ]}
      />
    </Panel>
  );
}

function Decisions({ decisions }: Pick<VersionReply, 'decisions'>) {
  const kinds = Object.entries(decisions);
  if (kinds.length === 0) return <span className="muted">none counted</span>;
  return kinds.map(([kind, count]) => `${count.toLocaleString()} ${kind}`).join(', ');
}

function member(content: unknown, name: string): string | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const value = (content as { readonly [name: string]: unknown })[name];
  return typeof value === 'string' ? value : undefined;
}
