// The nodes that are running and the newest custom progress of each, for watchers who join during a run.
import type { LiveDetail, LiveEvent } from './progress.ts';

type OfNode = Exclude<LiveDetail, { type: 'MessageDelta' }>;
type NodeEvent = LiveEvent & { readonly detail: OfNode };
type Named = Pick<OfNode, 'namespace' | 'node'>;

interface RunningNode {
  /** One for each task of the node that runs, the oldest first. */
  readonly starts: NodeEvent[];
  progress: NodeEvent | undefined;
}

/** Watchers who join later are not told of more nodes than these, nor of more tasks of one node. */
const MOST_NODES = 100;

export class RunningNodes {
  readonly #nodes = new Map<string, RunningNode>();

  /** Custom progress may come before the node's start. */
  add(event: NodeEvent): void {
    const key = keyOf(event.detail);
    const known = this.#nodes.get(key) ?? { starts: [], progress: undefined };
    if (event.detail.type === 'CustomProgress') known.progress = event;
    else known.starts.push(event);
    if (this.#nodes.has(key) || this.#nodes.size < MOST_NODES) this.#nodes.set(key, known);
    if (known.starts.length > MOST_NODES) known.starts.pop();
  }

  /** Whether this event, or a newer one of the same node and type, was added. */
  has({ detail }: NodeEvent): boolean {
    const known = this.#nodes.get(keyOf(detail));
    if (detail.type === 'CustomProgress') return known?.progress !== undefined;
    return known !== undefined && known.starts.length > 0;
  }

  /** A task of the node has ended. */
  end(named: Named): void {
    const known = this.#nodes.get(keyOf(named));
    known?.starts.shift();
    if (known?.starts.length === 0) this.#nodes.delete(keyOf(named));
  }

  clear(): void {
    this.#nodes.clear();
  }

  /** In the order in which the nodes started, each with its newest progress. */
  events(): NodeEvent[] {
    return [...this.#nodes.values()].flatMap(({ starts, progress }) =>
      progress === undefined ? starts : [...starts, progress],
    );
  }
}

export function isNodeEvent(event: LiveEvent): event is NodeEvent {
  return event.detail.type !== 'MessageDelta';
}

function keyOf({ namespace, node }: Named): string {
  return `${namespace}\n${node}`;
}
