// The drawing of a graph with some of its subgraphs open: the others are one node each.
import type { LoadedSession } from './documents.ts';

export type Drawing = NonNullable<LoadedSession['graph']>['drawing'];

export interface VisibleNode {
  readonly id: string;
  readonly name: string;
  /** The subgraphs that it is in, the outermost first. */
  readonly within: readonly string[];
  readonly isSubgraph: boolean;
}

export interface VisibleEdge {
  readonly source: string;
  readonly target: string;
  readonly label: string | null;
  readonly conditional: boolean;
}

/** @param opened the ids of subgraphs: `sub`, and `sub:inner` within it */
export function visibleGraph(
  drawing: Drawing,
  opened: ReadonlySet<string>,
): { nodes: VisibleNode[]; edges: VisibleEdge[] } {
  const nodes = new Map<string, VisibleNode>();
  for (const { key, name } of drawing.nodes) {
    const shown = visibleId(key, opened);
    const path = shown.split(':');
    const isSubgraph = shown !== key;
    if (nodes.has(shown)) continue;
    nodes.set(shown, {
      id: shown,
      name: isSubgraph ? (path.at(-1) ?? shown) : name,
      within: path.slice(0, -1).map((_, depth) => path.slice(0, depth + 1).join(':')),
      isSubgraph,
    });
  }
  const edges = new Map<string, VisibleEdge>();
  for (const { source, target, label = null, conditional } of drawing.edges) {
    const edge = {
      source: visibleId(source, opened),
      target: visibleId(target, opened),
      label,
      conditional,
    };
    const isInside = edge.source === edge.target && source !== target;
    const key = JSON.stringify([edge.source, edge.target]);
    if (!isInside && !edges.has(key)) edges.set(key, edge);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

/** The node itself, or the outermost subgraph around it that is not open. */
function visibleId(id: string, opened: ReadonlySet<string>): string {
  const path = id.split(':');
  for (let depth = 1; depth < path.length; depth += 1) {
    const around = path.slice(0, depth).join(':');
    if (!opened.has(around)) return around;
  }
  return id;
}

/** How many of these stand at a visible node: its own, else those of what is within it. */
export function countAt(
  counts: ReadonlyMap<string, number>,
  { id, isSubgraph }: VisibleNode,
): number {
  const own = counts.get(id);
  if (own !== undefined || !isSubgraph) return own ?? 0;
  let inner = 0;
  for (const [path, count] of counts) if (path.startsWith(`${id}:`)) inner += count;
  return inner;
}
