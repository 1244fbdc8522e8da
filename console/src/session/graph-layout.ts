// Where the nodes of a graph are drawn, from its nodes and edges alone.
import { Graph, layout } from '@dagrejs/dagre';

export interface Placed {
  readonly id: string;
  /** The middle. */
  readonly x: number;
  readonly y: number;
}

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Arrow {
  readonly source: string;
  readonly target: string;
}

/** From the top to the bottom. */
export function placed(
  boxes: readonly Box[],
  arrows: readonly Arrow[],
  gap: { readonly x: number; readonly y: number },
): Map<string, Placed> {
  const graph = new Graph({ multigraph: false }).setGraph({
    rankdir: 'TB',
    nodesep: gap.x,
    ranksep: gap.y,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { source, target } of arrows) graph.setEdge(source, target);
  layout(graph);
  return new Map(
    boxes.map(({ id }) => {
      const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
      return [id, { id, x, y }];
    }),
  );
}
