// Which nodes run now, and how often each has finished, by their paths in the graph's drawing: `sub:node`.
import { subgraphsIn } from './node-names.ts';

interface NodeEvent {
  readonly namespace: string;
  readonly node: string;
}

export class RunningNodes {
  readonly running = new Map<string, number>();
  readonly finished = new Map<string, number>();
  /** Those of the graph itself that finished since its newest step. */
  readonly #sinceStep = new Map<string, number>();

  /** A step was taken, in which these have finished: none if it was counted before. */
  taken(nodes: readonly string[]): void {
    for (const [node, count] of this.#sinceStep) add(this.finished, node, -count);
    this.#sinceStep.clear();
    this.count(nodes);
  }

  /** What follows the newest step runs now. */
  run(next: readonly string[]): void {
    this.running.clear();
    for (const node of next) add(this.running, node, 1);
    for (const [node, count] of this.#sinceStep) add(this.running, node, -count);
  }

  stop(): void {
    this.running.clear();
  }

  started(event: NodeEvent): void {
    const path = pathOf(event);
    // Those of the graph itself are known to run from the step before: that they start is told live alone, and may be missed.
    if (event.namespace !== '' || !this.running.has(path)) add(this.running, path, 1);
  }

  ended(event: NodeEvent, hasFailed: boolean): void {
    const path = pathOf(event);
    const isOfGraph = event.namespace === '';
    // It was counted with the step that it ended, or with the session as it was loaded.
    if (isOfGraph && !this.running.has(path)) return;
    add(this.running, path, -1);
    if (hasFailed) return;
    add(this.finished, path, 1);
    if (isOfGraph) add(this.#sinceStep, path, 1);
  }

  /** Of steps that were loaded. */
  count(nodes: readonly string[]): void {
    for (const node of nodes) if (node !== '__start__') add(this.finished, node, 1);
  }
}

function pathOf({ namespace, node }: NodeEvent): string {
  return [...subgraphsIn(namespace), node].join(':');
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
