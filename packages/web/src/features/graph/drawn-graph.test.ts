// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { BOX, drawnGraph, type GraphEdge, type GraphNode } from './drawn-graph.ts';

const node = (model: string): GraphNode => ({
  model,
  name: model,
  owner: 'risk',
  origin: 'built',
  stages: [],
  enforcement: 'attested',
  isKnown: true,
});
const feeds = (from: string, to: string): GraphEdge => ({ from, to, type: 'feeds', notes: [] });

test('what feeds stands left of what it feeds', () => {
  const { placed } = drawnGraph(
    ['a', 'b', 'c'].map(node),
    [feeds('c', 'a'), feeds('a', 'b')],
    2000,
  );
  const x = (model: string) => placed.find((one) => one.node.model === model)?.x ?? Number.NaN;
  expect(x('c')).toBeLessThan(x('a'));
  expect(x('a')).toBeLessThan(x('b'));
});

test('of 180 models with links in a ring and without, no two boxes overlap and the width is kept', () => {
  const names = Array.from({ length: 180 }, (_, n) => `model-${n}`);
  const edges = names
    .slice(0, 120)
    .flatMap((name, n) => (n % 3 === 2 ? [] : [feeds(name, names[n + 1] ?? name)]));
  const ring = [feeds('model-0', 'model-1'), feeds('model-1', 'model-0')];
  const { placed, width } = drawnGraph(names.map(node), [...edges, ...ring], 1600);
  expect(placed).toHaveLength(180);
  expect(width).toBeLessThanOrEqual(1600);
  for (const [n, a] of placed.entries()) {
    for (const b of placed.slice(n + 1)) {
      const isApart = Math.abs(a.x - b.x) >= BOX.width || Math.abs(a.y - b.y) >= BOX.height;
      expect(isApart, `${a.node.model} and ${b.node.model}`).toBe(true);
    }
  }
});

test('what thirty models feed stands right of several columns of them, none longer than a window', () => {
  const names = Array.from({ length: 30 }, (_, n) => `model-${n}`);
  const { placed, height } = drawnGraph(
    [...names, 'hub'].map(node),
    names.map((name) => feeds(name, 'hub')),
    2000,
  );
  expect(height).toBeLessThanOrEqual(8 * (BOX.height + 14));
  const hub = placed.find((one) => one.node.model === 'hub');
  for (const one of placed) {
    if (one.node.model !== 'hub') expect(one.x).toBeLessThan(hub?.x ?? 0);
  }
});
