// SPDX-License-Identifier: Apache-2.0
import type { InventoryGraphReply, SharedRiskReply } from '@countersign/contract';
import type { GraphEdge, GraphNode } from './drawn-graph.ts';
import type { GraphSearch } from './graph-search.ts';

export type SharedRisk = SharedRiskReply['shared'][number];

export interface ShownGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Models that no link of those shown joins to another, where they were left out. */
  readonly leftOut: number;
}

/** What the address asks for, of what the inventory has. Models that do not match go, and links that lose an end. */
export function shownGraph(
  graph: InventoryGraphReply,
  shared: readonly SharedRisk[],
  search: GraphSearch,
): ShownGraph {
  const words = search.q?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  const tagged = taggedModels(shared, search.shared);
  const matches = ({ model, name, owner, kind, tier }: GraphNode) => {
    const text = `${model}\n${name}\n${owner}\n${kind ?? ''}`.toLowerCase();
    return (
      words.every((word) => text.includes(word)) &&
      (search.tier === undefined || (tier ?? 'not tiered') === search.tier) &&
      (search.owner === undefined || owner === search.owner) &&
      (tagged === undefined || tagged.has(model))
    );
  };
  const wanted = graph.nodes.filter(matches);
  const here = new Set(wanted.map(({ model }) => model));
  const edges = graph.edges.filter(
    ({ from, to, type }) =>
      here.has(from) && here.has(to) && (search.link === undefined || search.link === type),
  );
  const joined = new Set(edges.flatMap(({ from, to }) => [from, to]));
  // Whoever asks for few sees all of them; of the whole inventory the picture is of what hangs together.
  const withAlone = search.alone === true || edges.length === 0 || tagged !== undefined;
  const nodes = withAlone ? wanted : wanted.filter(({ model }) => joined.has(model));
  return { nodes, edges, leftOut: wanted.length - nodes.length };
}

export function nameOfShared({ of, tag }: Pick<SharedRisk, 'of' | 'tag'>): string {
  return `${of}:${tag}`;
}

function taggedModels(
  shared: readonly SharedRisk[],
  name: string | undefined,
): ReadonlySet<string> | undefined {
  const found = shared.find((one) => nameOfShared(one) === name);
  return found === undefined ? undefined : new Set(found.models);
}

/** A model with what it is linked to, for the table. */
export interface LinkedModel {
  readonly node: GraphNode;
  readonly feeds: readonly string[];
  readonly fedBy: readonly string[];
  readonly shares: readonly string[];
}

export function linkedModels({ nodes, edges }: ShownGraph): readonly LinkedModel[] {
  return nodes.map((node) => {
    const { model } = node;
    const other = edges.filter(({ type }) => type !== 'feeds');
    return {
      node,
      feeds: edges.flatMap(({ from, to, type }) =>
        type === 'feeds' && from === model ? [to] : [],
      ),
      fedBy: edges.flatMap(({ from, to, type }) =>
        type === 'feeds' && to === model ? [from] : [],
      ),
      shares: other.flatMap(({ from, to }) => (from === model ? [to] : to === model ? [from] : [])),
    };
  });
}
