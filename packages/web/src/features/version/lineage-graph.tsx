// SPDX-License-Identifier: Apache-2.0
import '@xyflow/react/dist/base.css';
import { graphlib, layout } from '@dagrejs/dagre';
import { type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react';
import { useMemo } from 'react';
import { LineageLink } from './lineage-link.tsx';
import type { LineageNode, LineagePicture } from './lineage-nodes.ts';

const BOX = { width: 132, height: 72 } as const;

type BoxNode = Node<{ readonly node: LineageNode }, 'box'>;

/**
 * Drawn by React Flow, whose boxes are ordinary elements of the page: their links are reached by Tab, read aloud and
 * coloured by the theme, which no picture on a canvas is. Its own keys and pointers are off, since everything fits.
 */
export function LineageGraph({
  picture,
  width,
}: {
  readonly picture: LineagePicture;
  readonly width: number;
}) {
  const { nodes, edges, size } = useMemo(() => drawn(picture), [picture]);
  const zoom = Math.min(1, width / size.width);
  return (
    <section
      className="graph"
      aria-label="Lineage as a picture; the list below it says the same"
      style={{ height: Math.ceil(size.height * zoom) }}
    >
      <ReactFlow<BoxNode, Edge>
        key={`${width} ${nodes.length} ${edges.length}`}
        nodes={[...nodes]}
        edges={[...edges]}
        nodeTypes={NODE_TYPES}
        defaultViewport={{ x: Math.max(0, (width - size.width * zoom) / 2), y: 0, zoom }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        panOnDrag={false}
        zoomOnScroll={false}
        zoomOnPinch={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
      />
    </section>
  );
}

const NODE_TYPES = { box: Box };

function Box({ data: { node } }: NodeProps<BoxNode>) {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <LineageLink node={node} className="box">
        <small>{node.kind}</small>
        <span>{node.label}</span>
      </LineageLink>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

function drawn({ ranks, edges }: LineagePicture) {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 34, marginx: 2, marginy: 6 });
  graph.setDefaultEdgeLabel(() => ({}));
  const boxes = ranks.flatMap(({ nodes }) => nodes);
  for (const { id } of boxes) graph.setNode(id, { ...BOX });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const nodes: readonly BoxNode[] = boxes.map((node) => {
    const { x = 0, y = 0 } = graph.node(node.id);
    return {
      id: node.id,
      type: 'box',
      position: { x: x - BOX.width / 2, y: y - BOX.height / 2 },
      data: { node },
      ...BOX,
    };
  });
  const { width = BOX.width, height = BOX.height } = graph.graph() as {
    readonly width?: number;
    readonly height?: number;
  };
  return {
    nodes,
    edges: edges.map(({ from, to }) => ({ id: `${from} ${to}`, source: from, target: to })),
    size: { width, height },
  };
}
