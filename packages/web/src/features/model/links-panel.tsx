// SPDX-License-Identifier: Apache-2.0
import { type InventoryGraphReply, registryRoutes } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { call } from '../../api/client.ts';
import { Panel } from '../../shell/panel.tsx';

type Edge = InventoryGraphReply['edges'][number];

/** What the model's edge is called from the model's side. */
function wordsOf({ type, from }: Edge, model: string): string {
  if (type === 'feeds') return from === model ? 'feeds' : 'is fed by';
  return type === 'shares-data' ? 'shares data with' : 'shares an assumption with';
}

interface LinksPanelProps {
  readonly model: string;
  readonly asOf: number | undefined;
}

/** Models that it feeds, is fed by or shares something with; nothing is shown where no entry says so. */
export function LinksPanel({ model, asOf }: LinksPanelProps) {
  const { data } = useQuery({
    queryKey: ['inventory-graph', asOf],
    queryFn: ({ signal }) => call(registryRoutes.inventoryGraph, { query: { asOf }, signal }),
  });
  const edges = data?.edges.filter(({ from, to }) => from === model || to === model) ?? [];
  if (edges.length === 0) return null;
  return (
    <Panel title={`Connected models (${edges.length})`}>
      <ul className="plain">
        {edges.map((edge) => {
          const other = edge.from === model ? edge.to : edge.from;
          const isKnown = data?.nodes.some((one) => one.model === other && one.isKnown) ?? false;
          return (
            <li key={`${edge.type} ${edge.from} ${edge.to}`}>
              {wordsOf(edge, model)}{' '}
              {isKnown ? (
                <Link to="/models/$model" params={{ model: other }}>
                  {other}
                </Link>
              ) : (
                <>
                  {other} <span className="muted">(not in the inventory)</span>
                </>
              )}
              {edge.notes.length === 0 ? null : (
                <span className="small muted">: {edge.notes.join('; ')}</span>
              )}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
