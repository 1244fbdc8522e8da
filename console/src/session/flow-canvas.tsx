import '@xyflow/react/dist/base.css';
import {
  Background,
  type Edge,
  type Node,
  type NodeTypes,
  ReactFlow,
  ReactFlowProvider,
} from '@xyflow/react';
import type { ReactNode } from 'react';

interface Props {
  readonly nodes: Node[];
  readonly edges: Edge[];
  readonly nodeTypes: NodeTypes;
  /** How much larger than its own size it is drawn at most, where there is room. */
  readonly maxZoom: number;
  /** Whether the wheel scrolls the page over it, instead of drawing it larger. */
  readonly letsScroll: boolean;
  readonly children?: ReactNode;
}

/** So many nodes are drawn whether they are in view or not, so that they can be gone through by keyboard. */
const MOST_DRAWN = 300;

/** A drawing to be looked at and clicked in, not to be changed. */
export function FlowCanvas({ nodes, edges, nodeTypes, maxZoom, letsScroll, children }: Props) {
  return (
    <ReactFlowProvider>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        fitView
        fitViewOptions={{ padding: 0.12, maxZoom }}
        minZoom={0.05}
        onlyRenderVisibleElements={nodes.length > MOST_DRAWN}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={!letsScroll}
        zoomOnScroll={!letsScroll}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={18} />
        {children}
      </ReactFlow>
    </ReactFlowProvider>
  );
}
