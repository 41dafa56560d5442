// SPDX-License-Identifier: Apache-2.0
import type { InventoryGraphReply } from '@countersign/contract';
import { graphlib, layout } from '@dagrejs/dagre';

export type GraphNode = InventoryGraphReply['nodes'][number];
export type GraphEdge = InventoryGraphReply['edges'][number];

export const BOX = { width: 196, height: 74 } as const;
const GAP = 32;

export interface Placed {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
}

export interface DrawnGraph {
  readonly placed: readonly Placed[];
  readonly edges: readonly GraphEdge[];
  readonly width: number;
  readonly height: number;
}

interface Line {
  readonly y: number;
  readonly height: number;
  x: number;
}

/**
 * Models that hang together are laid out as one piece, from what feeds to what is fed; pieces stand beside each other like
 * words on lines of a page, the tallest first, each on the first line that has room for it. So 180 models keep the size of a
 * page rather than one line of boxes.
 * @param width to break lines at, in the units of boxes
 */
export function drawnGraph(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  width: number,
): DrawnGraph {
  const pieces = piecesOf(nodes, edges)
    .map((piece) => laidOut(piece.nodes, piece.edges))
    .sort((a, b) => b.height - a.height || b.width - a.width);
  const placed: Placed[] = [];
  const lines: Line[] = [];
  for (const piece of pieces) {
    const line = lineFor(lines, piece, width);
    for (const one of piece.placed) placed.push({ ...one, x: one.x + line.x, y: one.y + line.y });
    line.x += piece.width + GAP;
  }
  const last = lines.at(-1);
  return {
    placed,
    edges,
    width: Math.max(BOX.width, ...lines.map(({ x }) => x - GAP)),
    height: last === undefined ? BOX.height : last.y + last.height,
  };
}

/** The first line with room, or a new one under the others. Lines are as high as their first piece, the tallest there is. */
function lineFor(lines: Line[], piece: LaidOut, width: number): Line {
  const found = lines.find(({ x }) => x + piece.width <= width);
  if (found !== undefined) return found;
  const last = lines.at(-1);
  const line = {
    x: 0,
    y: last === undefined ? 0 : last.y + last.height + GAP,
    height: piece.height,
  };
  lines.push(line);
  return line;
}

interface Piece {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Connected pieces, whatever the kind and direction of the links that join them. */
function piecesOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): readonly Piece[] {
  const near = new Map<string, string[]>(nodes.map(({ model }) => [model, []]));
  for (const { from, to } of edges) {
    near.get(from)?.push(to);
    near.get(to)?.push(from);
  }
  const of = new Map<string, number>();
  let count = 0;
  for (const { model } of nodes) {
    if (of.has(model)) continue;
    const reached = [model];
    for (const one of reached) {
      if (of.has(one)) continue;
      of.set(one, count);
      reached.push(...(near.get(one) ?? []));
    }
    count += 1;
  }
  return Array.from({ length: count }, (_, n) => ({
    nodes: nodes.filter(({ model }) => of.get(model) === n),
    edges: edges.filter(({ from }) => of.get(from) === n),
  }));
}

interface LaidOut {
  readonly placed: readonly Placed[];
  readonly width: number;
  readonly height: number;
}

function laidOut(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): LaidOut {
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) {
    return { placed: [{ node: only, x: 0, y: 0 }], ...BOX };
  }
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: ROW_GAP, ranksep: RANK_GAP, ranker: 'tight-tree' });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { model } of nodes) graph.setNode(model, { ...BOX });
  // What only shares holds no order: it pulls boxes together, and feeds decide what stands left of what.
  for (const { from, to, type } of edges) {
    graph.setEdge(from, to, { weight: type === 'feeds' ? 4 : 1 }, type);
  }
  layout(graph);
  const at = nodes.map((node) => {
    const { x = 0, y = 0 } = graph.node(node.model);
    return { node, x, y };
  });
  return fromCorner(inColumns(at));
}

/** More boxes in one column than a window shows are set in several, side by side. */
const COLUMN_MAX = 8;
const RANK_GAP = 48;
const ROW_GAP = 14;
const COLUMN_GAP = 16;

/** The places as they came where no column is too long; else every column anew, each around the same middle. */
function inColumns(at: readonly Placed[]): readonly Placed[] {
  const ranks = [...Map.groupBy(at, ({ x }) => Math.round(x))]
    .sort(([a], [b]) => a - b)
    .map(([, rank]) => rank.toSorted((a, b) => a.y - b.y));
  if (ranks.every((rank) => rank.length <= COLUMN_MAX)) return at;
  const placed: Placed[] = [];
  let x = 0;
  for (const rank of ranks) {
    const columns = Math.ceil(rank.length / COLUMN_MAX);
    const rows = Math.ceil(rank.length / columns);
    for (const [place, { node }] of rank.entries()) {
      const [column, row] = [Math.floor(place / rows), place % rows];
      const inColumn = Math.min(rows, rank.length - column * rows);
      placed.push({
        node,
        x: x + column * (BOX.width + COLUMN_GAP),
        y: (row - (inColumn - 1) / 2) * (BOX.height + ROW_GAP),
      });
    }
    x += columns * (BOX.width + COLUMN_GAP) - COLUMN_GAP + RANK_GAP;
  }
  return placed;
}

/** From middles of boxes, wherever they lie, to corners that begin at nought. */
function fromCorner(at: readonly Placed[]): LaidOut {
  const left = Math.min(...at.map(({ x }) => x));
  const top = Math.min(...at.map(({ y }) => y));
  return {
    placed: at.map(({ node, x, y }) => ({ node, x: x - left, y: y - top })),
    width: Math.max(...at.map(({ x }) => x)) - left + BOX.width,
    height: Math.max(...at.map(({ y }) => y)) - top + BOX.height,
  };
}
