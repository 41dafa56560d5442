// SPDX-License-Identifier: Apache-2.0
import '@xyflow/react/dist/base.css';
import { ActionIcon } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconArrowsMaximize, IconZoomIn, IconZoomOut } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import {
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { useMemo } from 'react';
import { BOX, drawnGraph, type GraphEdge, type GraphNode } from './drawn-graph.ts';

type BoxNode = Node<{ readonly node: GraphNode }, 'box'>;

interface GraphPictureProps {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Below this a name cannot be read: the picture then is larger than its window and is moved by dragging. */
const ZOOM_MIN_AT_FIRST = 0.66;
const HEIGHT_MAX = 680;

/** Boxes are elements of the page, as in the lineage; keys reach the table below, which says the same. */
export function GraphPicture(props: GraphPictureProps) {
  const { ref, width } = useElementSize();
  return (
    <div ref={ref} className="graph" style={{ minHeight: 200 }}>
      {width === 0 ? null : (
        <ReactFlowProvider>
          <Drawn {...props} width={width} />
        </ReactFlowProvider>
      )}
    </div>
  );
}

function Drawn({ nodes, edges, width }: GraphPictureProps & { readonly width: number }) {
  const picture = useMemo(
    () => drawnGraph(nodes, edges, Math.max(width / ZOOM_MIN_AT_FIRST, BOX.width)),
    [nodes, edges, width],
  );
  const zoom = Math.min(1, Math.max(ZOOM_MIN_AT_FIRST, (width - 16) / picture.width));
  const height = Math.min(HEIGHT_MAX, Math.ceil(picture.height * zoom) + 24);
  const left = Math.max(8, (width - picture.width * zoom) / 2);
  return (
    <>
      <Zoom home={{ x: left, y: 12, zoom }} />
      <section
        aria-label="Models and their links as a picture; the table below says the same"
        style={{ height }}
        className="graph-window"
      >
        <ReactFlow<BoxNode, Edge>
          key={`${width} ${picture.placed.length} ${picture.edges.length}`}
          nodes={picture.placed.map(({ node, x, y }) => ({
            id: node.model,
            type: 'box' as const,
            position: { x, y },
            data: { node },
            ...BOX,
          }))}
          edges={picture.edges.map(flowEdge)}
          nodeTypes={NODE_TYPES}
          defaultViewport={{ x: left, y: 12, zoom }}
          minZoom={0.15}
          maxZoom={2}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          zoomOnScroll={false}
          zoomOnDoubleClick={false}
          preventScrolling={false}
          proOptions={{ hideAttribution: true }}
        />
      </section>
    </>
  );
}

const DASHES = { feeds: undefined, 'shares-data': '7 5', 'shares-assumption': '2 5' } as const;

function flowEdge({ from, to, type }: GraphEdge): Edge {
  const dashes = DASHES[type];
  return {
    id: `${from} ${to} ${type}`,
    source: from,
    target: to,
    className: type,
    ...(dashes === undefined
      ? { markerEnd: { type: MarkerType.ArrowClosed, color: 'var(--mantine-color-dimmed)' } }
      : { style: { strokeDasharray: dashes } }),
  };
}

function Zoom({ home }: { readonly home: { x: number; y: number; zoom: number } }) {
  const flow = useReactFlow();
  const buttons = [
    { label: 'larger', icon: IconZoomIn, act: () => flow.zoomIn() },
    { label: 'smaller', icon: IconZoomOut, act: () => flow.zoomOut() },
    { label: 'as at first', icon: IconArrowsMaximize, act: () => flow.setViewport(home) },
  ];
  return (
    <div className="row small muted" style={{ justifyContent: 'space-between', marginBottom: 8 }}>
      <Legend />
      <span className="row" style={{ gap: 4 }}>
        {buttons.map(({ label, icon: Icon, act }) => (
          <ActionIcon
            key={label}
            variant="default"
            size={30}
            aria-label={`show the picture ${label}`}
            onClick={() => void act()}
          >
            <Icon size={16} stroke={1.75} />
          </ActionIcon>
        ))}
      </span>
    </div>
  );
}

const WORDS = {
  feeds: 'feeds',
  'shares-data': 'shares data',
  'shares-assumption': 'shares an assumption',
};

function Legend() {
  return (
    <span className="row" style={{ gap: '4px 18px' }}>
      {Object.entries(WORDS).map(([type, words]) => (
        <span key={type} className="row" style={{ gap: 6 }}>
          <svg width="34" height="8" aria-hidden className="legend">
            <line
              x1="1"
              y1="4"
              x2="33"
              y2="4"
              strokeDasharray={DASHES[type as keyof typeof DASHES]}
            />
          </svg>
          {words}
        </span>
      ))}
    </span>
  );
}

const NODE_TYPES = { box: Box };

/** Reached by pointers alone: 180 stops of the Tab key would lie before the table that says the same. */
function Box({ data: { node } }: NodeProps<BoxNode>) {
  const { model, name, tier, owner, isKnown } = node;
  const title = `${name} (${tier ?? 'not tiered'}${owner === '' ? '' : `, ${owner}`})`;
  const inside = (
    <>
      <span>{name}</span>
      <small>
        {isKnown ? `${tier ?? 'not tiered'} · ${owner || 'nobody'}` : 'not in the inventory'}
      </small>
    </>
  );
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {isKnown ? (
        <Link
          to="/models/$model"
          params={{ model }}
          className="box model"
          tabIndex={-1}
          title={title}
          data-tier={tier}
        >
          {inside}
        </Link>
      ) : (
        <div className="box model" data-known="false" title={title}>
          {inside}
        </div>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}
