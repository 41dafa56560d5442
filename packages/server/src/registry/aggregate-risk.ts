// SPDX-License-Identifier: Apache-2.0
import { type EnforcementGrade, type LINK_TYPES, TIERS, type Tier } from '@countersign/kernel';
import type { InventoryModel } from './inventory.ts';
import type { Stage } from './stage.ts';

export interface GraphNode {
  readonly model: string;
  readonly name: string;
  readonly owner: string;
  readonly origin: string;
  readonly kind?: string;
  /** The highest of its uses. */
  readonly tier?: Tier;
  readonly stages: readonly Stage[];
  readonly enforcement: EnforcementGrade;
  /** False for a model that a link names and no inventory entry describes. */
  readonly isKnown: boolean;
}

export interface GraphEdge {
  /** Of `feeds` the one that answers; of the others, which hold in both directions, the first by name. */
  readonly from: string;
  readonly to: string;
  readonly type: (typeof LINK_TYPES)[number];
  readonly notes: readonly string[];
}

export interface InventoryGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** How the models of an inventory hang together, as data to be drawn. Nodes and edges are in order of their names. */
export function inventoryGraph(models: readonly InventoryModel[]): InventoryGraph {
  const edges = edgesOf(models);
  const known = new Set(models.map(({ model }) => model));
  const named = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  const unknown = named.filter((model) => !known.has(model)).map(unknownNode);
  const nodes = [...models.map(nodeOf), ...unknown].sort((a, b) => order(a.model, b.model));
  return { nodes, edges };
}

function nodeOf(model: InventoryModel): GraphNode {
  const tier = highestTier(model);
  return {
    model: model.model,
    name: model.name,
    owner: model.owner,
    origin: model.origin,
    ...(model.kind === undefined ? {} : { kind: model.kind }),
    ...(tier === undefined ? {} : { tier }),
    stages: [...new Set(model.uses.map(({ stage }) => stage))],
    enforcement: model.enforcement,
    isKnown: model.entry !== undefined,
  };
}

function unknownNode(model: string): GraphNode {
  const said = { name: model, owner: '', origin: '', stages: [] };
  return { model, ...said, enforcement: 'attested', isKnown: false };
}

function edgesOf(models: readonly InventoryModel[]): readonly GraphEdge[] {
  const found = new Map<string, GraphEdge>();
  for (const { model, links = [] } of models) {
    for (const { type, model: other, note } of links) {
      const [from, to] =
        type === 'feeds' || model < other ? ([model, other] as const) : ([other, model] as const);
      const name = JSON.stringify([from, to, type]);
      const notes = found.get(name)?.notes ?? [];
      const isNew = note !== undefined && !notes.includes(note);
      found.set(name, { from, to, type, notes: isNew ? [...notes, note] : notes });
    }
  }
  return [...found.values()].sort(
    (a, b) => order(a.from, b.from) || order(a.to, b.to) || order(a.type, b.type),
  );
}

/** Models that rest on the same assumption or source: if it fails, it fails for all of them at once. */
export interface SharedRisk {
  readonly of: 'assumption' | 'source';
  readonly tag: string;
  readonly models: readonly string[];
  readonly tiers: { readonly [tier in Tier | 'untiered']: number };
  readonly inUse: number;
  readonly owners: readonly { readonly owner: string; readonly models: number }[];
}

/** By tag, those that most models share first; a tag of one model alone is not shared and is left out. */
export function sharedRisk(models: readonly InventoryModel[]): readonly SharedRisk[] {
  const tagged = (of: SharedRisk['of'], tagsOf: (model: InventoryModel) => readonly string[]) =>
    [...new Set(models.flatMap(tagsOf))].map((tag) =>
      riskOf(
        { of, tag },
        models.filter((model) => tagsOf(model).includes(tag)),
      ),
    );
  return [
    ...tagged('assumption', ({ assumptions = [] }) => assumptions),
    ...tagged('source', ({ sources = [] }) => sources),
  ]
    .filter((risk) => risk.models.length > 1)
    .sort((a, b) => b.models.length - a.models.length || order(a.tag, b.tag) || order(a.of, b.of));
}

function riskOf(
  what: Pick<SharedRisk, 'of' | 'tag'>,
  models: readonly InventoryModel[],
): SharedRisk {
  const count = (tier: Tier | undefined) =>
    models.filter((model) => highestTier(model) === tier).length;
  const owners = [...new Set(models.map(({ owner }) => owner))].sort(order);
  return {
    ...what,
    models: models.map(({ model }) => model).sort(order),
    tiers: {
      high: count('high'),
      medium: count('medium'),
      low: count('low'),
      untiered: count(undefined),
    },
    inUse: models.filter(isInUse).length,
    owners: owners.map((owner) => ({
      owner,
      models: models.filter((model) => model.owner === owner).length,
    })),
  };
}

/** By a warrant, or by its owner's word from before the firm came here. */
function isInUse({ uses, inUseSince }: InventoryModel): boolean {
  return inUseSince !== undefined || uses.some(({ stage }) => stage === 'production');
}

export function highestTier({ uses }: Pick<InventoryModel, 'uses'>): Tier | undefined {
  return TIERS.find((tier) => uses.some((use) => use.tier === tier));
}

/** By code units, as records are ordered everywhere; a locale would make it the server's. */
function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
