// SPDX-License-Identifier: Apache-2.0
import type { InventoryModelReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type AsOfParameter, usePosition } from '../../api/as-of.ts';
import { modelQuery, versionsQuery, warrantsQuery } from '../../api/registry.ts';
import { type IntegrityAsked, useIntegrity } from '../../api/use-integrity.ts';
import { AsOf, AsOfNotice } from '../../shell/as-of.tsx';
import { AsOfPanel } from '../../shell/as-of-panel.tsx';
import { Digest } from '../../shell/digest.tsx';
import { Doing } from '../../shell/doing.tsx';
import { Facts } from '../../shell/facts.tsx';
import { IntegrityBadge, IntegrityTrouble } from '../../shell/integrity.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { entryFacts } from './entry-facts.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { LinksPanel } from './links-panel.tsx';
import { ModelFindings } from './model-findings.tsx';
import { UsesPanel } from './uses-panel.tsx';
import { VersionsPanel } from './versions-panel.tsx';
import { WarrantsPanel } from './warrants-panel.tsx';

const route = getRouteApi('/signed-in/models/$model');

export function ModelPage() {
  const { model } = route.useParams();
  const { 'as-of': asOf } = route.useSearch();
  const at = usePosition(model, asOf);
  const position = at.state === 'known' ? at.position : undefined;
  const { data, error, refetch } = useQuery({
    ...modelQuery(model, position),
    enabled: at.state === 'known',
  });
  if (data !== undefined) return <Model model={data} asOf={asOf} position={position} />;
  const trouble = at.state === 'refused' ? at.error : error;
  return (
    <Page title={model}>
      {trouble === null ? (
        <Loading what="Reading the model…" />
      ) : (
        <Problem error={trouble} onRetry={() => void refetch()} />
      )}
      {asOf === undefined ? null : <AsOf asOf={asOf} model={model} />}
    </Page>
  );
}

interface ModelProps {
  readonly model: InventoryModelReply;
  readonly asOf: AsOfParameter;
  readonly position: number | undefined;
}

function Model({ model, asOf, position }: ModelProps) {
  const integrity = useIntegrity(useModelProofs(model, position));
  return (
    <Page
      title={model.name}
      lede={
        <div className="tight">
          {model.purpose === '' ? null : <span>{model.purpose}</span>}
          {asOf === undefined ? <Doing model={model.model} /> : null}
          {integrity.isPending && integrity.fetchStatus === 'idle' ? null : (
            <IntegrityBadge of={integrity} />
          )}
        </div>
      }
      actions={<AsOf asOf={asOf} model={model.model} />}
    >
      <IntegrityTrouble of={integrity} />
      <AsOfNotice asOf={asOf} position={position} />
      {typeof asOf === 'string' ? <AsOfPanel model={model.model} asOf={asOf} /> : null}
      <Panel title="In the inventory">
        <Facts
          facts={[
            ['Id', <Digest key="id" value={model.model} of="the model’s id" isWhole />],
            ['Owner', model.owner || <span className="muted">nobody yet</span>],
            ['Developer', model.developer || undefined],
            ['Origin', model.origin],
            ['Business line', model.businessLine || undefined],
            ...entryFacts(model),
            [
              'Inventory entry',
              model.entry === undefined ? (
                <span key="none" className="muted">
                  none; write one with <code>countersign propose</code>
                </span>
              ) : (
                <Digest key="entry" value={model.entry} of="the inventory entry’s digest" />
              ),
            ],
          ]}
        />
      </Panel>
      <UsesPanel model={model} asOf={asOf} />
      <LinksPanel model={model.model} asOf={position} />
      <VersionsPanel model={model.model} asOf={asOf} position={position} />
      <WarrantsPanel model={model.model} asOf={position} />
      <ModelFindings model={model.model} asOf={position} />
      <HistoryPanel model={model.model} asOf={position} />
    </Page>
  );
}

/** What the page shows of the model's records, once all of it is there; a bundle is named by any of them. */
function useModelProofs(model: InventoryModelReply, asOf: number | undefined) {
  const { data: versions } = useQuery(versionsQuery(model.model, asOf));
  const { data: warrants, isPending } = useQuery(warrantsQuery(model.model));
  return useMemo((): IntegrityAsked | undefined => {
    const digest = model.entry ?? versions?.versions[0]?.artifact;
    if (digest === undefined || versions === undefined || isPending) return undefined;
    const shown = warrants?.warrants.filter(({ index }) => index <= (asOf ?? index)) ?? [];
    const live = shown.filter((one) => one.live).map((one) => one.digest);
    return {
      digest,
      asOf,
      told: {
        records: [
          ...(model.entry === undefined ? [] : [{ digest: model.entry, type: 'inventory-entry' }]),
          ...versions.versions.map((one) => ({ digest: one.artifact, type: 'model-artifact' })),
          ...shown.map((one) => ({ digest: one.digest, type: 'deployment-record' })),
        ],
        // What lives is compared for now alone: the server says of no other time what lived then.
        ...(warrants === undefined || asOf !== undefined ? {} : { live }),
      },
    };
  }, [model, versions, warrants, isPending, asOf]);
}
