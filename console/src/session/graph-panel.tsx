// The graph drawn: what runs now is lit, what finished is counted, subgraphs open on a click.
import { Button, Group, Text, Title } from '@mantine/core';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { useMemo, useState } from 'react';
import { FlowCanvas } from './flow-canvas.tsx';
import { type Box, placed } from './graph-layout.ts';
import type { SessionModel } from './session-model.ts';
import { useRevision } from './use-session.ts';
import { type Drawing, type VisibleNode, countAt, visibleGraph } from './visible-graph.ts';

interface Props {
  readonly drawing: Drawing;
  readonly model: SessionModel;
}

interface NodeData extends Record<string, unknown> {
  readonly node: VisibleNode;
  readonly running: number;
  readonly finished: number;
  readonly onOpen: (id: string) => void;
}

const HEIGHT = 38;
const LETTER_PX = 7.2;
const nodeTypes = { graph: GraphNode };

export default function GraphPanel({ drawing, model }: Props) {
  useRevision(model);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const { boxes, nodes, edges } = useMemo(() => layOut(drawing, opened), [drawing, opened]);
  const onOpen = (id: string) => setOpened(new Set([...opened, id]));
  const flow: Node<NodeData>[] = nodes.map((node) => {
    const { x, y, width, height } = boxes.get(node.id) ?? { x: 0, y: 0, width: 0, height: 0 };
    return {
      id: node.id,
      type: 'graph',
      position: { x: x - width / 2, y: y - height / 2 },
      width,
      height,
      data: {
        node,
        running: countAt(model.nodes.running, node),
        finished: countAt(model.nodes.finished, node),
        onOpen,
      },
    };
  });
  const running = [...model.nodes.running.keys()];
  return (
    <>
      <Group justify="space-between" mb={6} mih={26}>
        <Title order={2} size="h5">
          Graph
        </Title>
        {opened.size > 0 && (
          <Button
            size="compact-xs"
            variant="default"
            // What was clicked to open it is gone.
            autoFocus
            onClick={() => setOpened(new Set())}
          >
            Close subgraphs
          </Button>
        )}
      </Group>
      <div className="drawing">
        <FlowCanvas
          key={[...opened].join()}
          nodes={flow}
          edges={edges}
          nodeTypes={nodeTypes}
          maxZoom={1.1}
          letsScroll
        />
      </div>
      <Text size="xs" c="dimmed" className="cut">
        {running.length === 0 ? 'Nothing runs now.' : `Runs now: ${running.join(', ')}`}
        {model.progress !== undefined &&
          ` — ${model.progress.node}: ${JSON.stringify(model.progress.payload)}`}
      </Text>
    </>
  );
}

function layOut(drawing: Drawing, opened: ReadonlySet<string>) {
  const { nodes, edges } = visibleGraph(drawing, opened);
  const sizes: Box[] = nodes.map((node) => ({
    id: node.id,
    width: Math.max(80, labelOf(node).length * LETTER_PX + 40),
    height: HEIGHT,
  }));
  const places = placed(sizes, edges, { x: 24, y: 22 });
  return {
    nodes,
    boxes: new Map(
      sizes.map((size) => [
        size.id,
        { ...size, x: places.get(size.id)?.x ?? 0, y: places.get(size.id)?.y ?? 0 },
      ]),
    ),
    edges: edges.map(({ source, target, label, conditional }) => ({
      id: `${source} ${target}`,
      source,
      target,
      // One that leads back goes around.
      type: (places.get(target)?.y ?? 0) <= (places.get(source)?.y ?? 0) ? 'smoothstep' : 'default',
      ...(label !== null && { label }),
      style: {
        strokeDasharray: conditional ? '5 4' : undefined,
        stroke: 'var(--mantine-color-dimmed)',
      },
    })),
  };
}

function labelOf({ name, within }: VisibleNode): string {
  if (name === '__start__') return 'start';
  if (name === '__end__') return 'end';
  return [...within.map((id) => id.split(':').at(-1) ?? id), name].join(' › ');
}

function GraphNode({ data }: NodeProps<Node<NodeData>>) {
  const { node, running, finished, onOpen } = data;
  const label = labelOf(node);
  const isEnd = node.name === '__start__' || node.name === '__end__';
  const content = (
    <>
      {label}
      {finished > 0 && <strong> ×{finished}</strong>}
      {node.isSubgraph && <span aria-hidden> ⊞</span>}
    </>
  );
  const state = { 'data-running': running > 0, 'data-finished': finished > 0, 'data-end': isEnd };
  const says = `${label}${running > 0 ? ', runs now' : ''}${finished > 0 ? `, finished ${finished}` : ''}`;
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      {node.isSubgraph ? (
        <button
          type="button"
          className="node nodrag nopan"
          {...state}
          aria-label={`${says}: open`}
          onClick={() => onOpen(node.id)}
        >
          {content}
        </button>
      ) : (
        <div className="node" {...state} role="img" aria-label={says} data-node={node.id}>
          {content}
        </div>
      )}
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}
