// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { inventoryGraph, sharedRisk } from './aggregate-risk.ts';
import type { InventoryModel } from './inventory.ts';

function model(name: string, change: Partial<InventoryModel> = {}): InventoryModel {
  const use = { use: 'u', stage: 'development', versions: [] } as const;
  return {
    model: name,
    name,
    purpose: '',
    owner: 'omar',
    developer: '',
    origin: 'external',
    businessLine: '',
    jurisdictions: [],
    enforcement: 'attested',
    entry: 'e'.repeat(64),
    versions: 0,
    openFindings: 0,
    uses: [use],
    ...change,
  };
}

const tiered = (...tiers: readonly ('high' | 'medium' | 'low')[]) => ({
  uses: tiers.map((tier, index) => ({
    use: `u${index}`,
    tier,
    stage: 'production' as const,
    versions: [],
  })),
});

describe('the graph', () => {
  const models = [
    model('b', { links: [{ type: 'shares-data', model: 'a', note: 'ledger' }] }),
    model('a', {
      links: [
        { type: 'shares-data', model: 'b', note: 'bureau' },
        { type: 'feeds', model: 'b' },
        { type: 'feeds', model: 'unheard-of' },
      ],
    }),
  ];

  test('has a link that two models state once, under both of their notes', () => {
    expect(inventoryGraph(models).edges).toEqual([
      { from: 'a', to: 'b', type: 'feeds', notes: [] },
      { from: 'a', to: 'b', type: 'shares-data', notes: ['ledger', 'bureau'] },
      { from: 'a', to: 'unheard-of', type: 'feeds', notes: [] },
    ]);
  });

  test('keeps the direction of what feeds, and shows a model that nobody entered as such', () => {
    const { nodes, edges } = inventoryGraph([
      model('z', { links: [{ type: 'feeds', model: 'a' }] }),
    ]);
    expect(edges).toEqual([{ from: 'z', to: 'a', type: 'feeds', notes: [] }]);
    expect(nodes.map((one) => [one.model, one.isKnown])).toEqual([
      ['a', false],
      ['z', true],
    ]);
  });

  test('gives a node the highest tier of its uses', () => {
    const { nodes } = inventoryGraph([model('a', tiered('low', 'high', 'medium')), model('b')]);
    expect(nodes.map(({ tier }) => tier)).toEqual(['high', undefined]);
  });
});

test('risk in aggregate counts models, tiers, use and owners of what several models rest on', () => {
  const shared = sharedRisk([
    model('a', { ...tiered('high'), assumptions: ['rates'], sources: ['bureau'] }),
    model('b', { assumptions: ['rates'], sources: ['bureau'], inUseSince: '2019-04-01' }),
    model('c', { ...tiered('low'), owner: 'olga', sources: ['bureau'] }),
    model('d', { assumptions: ['alone'], sources: ['rates'] }),
  ]);
  expect(shared).toEqual([
    {
      of: 'source',
      tag: 'bureau',
      models: ['a', 'b', 'c'],
      tiers: { high: 1, medium: 0, low: 1, untiered: 1 },
      inUse: 3,
      owners: [
        { owner: 'olga', models: 1 },
        { owner: 'omar', models: 2 },
      ],
    },
    {
      of: 'assumption',
      tag: 'rates',
      models: ['a', 'b'],
      tiers: { high: 1, medium: 0, low: 0, untiered: 1 },
      inUse: 2,
      owners: [{ owner: 'omar', models: 2 }],
    },
  ]);
});
