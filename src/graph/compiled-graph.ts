// The part of LangGraph's compiled graph that the gateway uses, told by its shape: a user's project has its own copy
// of LangGraph, so `instanceof` says nothing about its objects.
import type { BaseCheckpointSaver, BaseStore, Checkpoint } from '@langchain/langgraph-checkpoint';

export interface Channel {
  readonly lc_graph_name?: string;
  fromCheckpoint(value: unknown): { isAvailable(): boolean; get(): unknown };
}

export interface SnapshotTask {
  readonly id: string;
  readonly name: string;
  readonly interrupts?: readonly RaisedInterrupt[];
  readonly state?: unknown;
}

export interface RaisedInterrupt {
  readonly id?: string;
  readonly value?: unknown;
  readonly response_schema?: unknown;
}

export interface StateSnapshot {
  readonly values: unknown;
  readonly next: readonly string[];
  readonly tasks: readonly SnapshotTask[];
  readonly config: GraphConfig;
  readonly metadata?: unknown;
}

export interface GraphConfig {
  readonly configurable?: Readonly<Record<string, unknown>>;
}

/** What LangGraph draws; a conditional edge may have a word of the graph on it. */
export interface DrawableGraph {
  readonly nodes: Readonly<Record<string, { readonly id: string; readonly name: string }>>;
  readonly edges: readonly {
    readonly source: string;
    readonly target: string;
    readonly data?: unknown;
    readonly conditional?: boolean;
  }[];
  drawMermaid(): string;
}

export interface GraphNode {
  readonly triggers: readonly string[];
  /** The graphs that it says it calls. */
  readonly subgraphs?: readonly unknown[];
  readonly bound?: unknown;
}

export interface CompiledGraph {
  readonly nodes: Readonly<Record<string, GraphNode>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly streamChannelsList: readonly string[];
  /** A name alone: the state is that channel's value. */
  readonly streamChannelsAsIs: string | readonly string[];
  readonly builder?: unknown;
  stream(
    input: unknown,
    options: Readonly<Record<string, unknown>>,
  ): Promise<AsyncIterable<unknown>>;
  getState(config: GraphConfig, options?: { subgraphs?: boolean }): Promise<StateSnapshot>;
  updateState(config: GraphConfig, values: unknown, asNode?: string): Promise<GraphConfig>;
  getSubgraphs(namespace?: string, recurse?: boolean): Iterable<[string, CompiledGraph]>;
  getGraphAsync(options: { xray?: boolean }): Promise<DrawableGraph>;
  readonly store?: unknown;
  readonly interruptBefore?: '*' | readonly string[];
  readonly interruptAfter?: '*' | readonly string[];
  /** What `withConfig` has set. */
  readonly config?: { readonly context?: unknown };
  _validateInput?(input: unknown): Promise<unknown>;
  _validateContext?(context: unknown): Promise<unknown>;
}

interface GraphBuilder {
  compile(options?: object): unknown;
}

export function isCompiledGraph(value: unknown): value is CompiledGraph {
  return (
    isObject(value) &&
    typeof value['stream'] === 'function' &&
    typeof value['getState'] === 'function' &&
    isObject(value['nodes']) &&
    isObject(value['channels'])
  );
}

export function isGraphBuilder(value: unknown): value is GraphBuilder {
  return isObject(value) && typeof value['compile'] === 'function' && 'nodes' in value;
}

/** An agent of `createAgent` holds its compiled graph as `graph`. */
export function graphOfAgent(value: unknown): CompiledGraph | undefined {
  const graph = isObject(value) ? value['graph'] : undefined;
  return isCompiledGraph(graph) ? graph : undefined;
}

/**
 * The graph with another checkpointer and, where it has none of its own, with a store. The user's object is not changed.
 */
export function withCheckpointer(
  graph: CompiledGraph,
  checkpointer: BaseCheckpointSaver,
  store?: BaseStore,
): CompiledGraph {
  const own = Object.create(Object.getPrototypeOf(graph) as object) as CompiledGraph;
  return Object.assign(own, graph, { checkpointer, store: graph.store ?? store });
}

/** The graph that writes a checkpoint namespace such as `child:task-id|grandchild:task-id`; empty: the graph itself. */
export function graphOfNamespace(
  graph: CompiledGraph,
  namespace: string,
): CompiledGraph | undefined {
  if (namespace === '') return graph;
  const path = namespace
    .split('|')
    .filter((part) => !/^\d+$/.test(part))
    .map((part) => part.split(':', 1)[0] ?? '')
    .join('|');
  for (const [, subgraph] of graph.getSubgraphs(path, true)) return subgraph;
  return undefined;
}

/**
 * The graph that writes a namespace, if there is no doubt: LangGraph finds only the first of several graphs that a node
 * calls, and their checkpoints stand in one namespace.
 */
export function onlyGraphOfNamespace(
  graph: CompiledGraph,
  namespace: string,
): CompiledGraph | undefined {
  const parts = namespace === '' ? [] : namespace.split('|');
  for (let n = 0; n < parts.length; n += 1) {
    const above = graphOfNamespace(graph, parts.slice(0, n).join('|'));
    const node = above?.nodes[parts[n]?.split(':', 1)[0] ?? ''];
    if (node === undefined || (node.subgraphs?.length ?? 0) > 1) return undefined;
    const steps = isObject(node.bound) ? node.bound['steps'] : undefined;
    if (Array.isArray(steps) && steps.filter(isCompiledGraph).length > 1) return undefined;
  }
  return graphOfNamespace(graph, namespace);
}

/**
 * The nodes that run next after a checkpoint: those a pending Send names, and those with a trigger that holds a value
 * newer than what they have seen (LangGraph's rule for preparing tasks).
 */
export function nextNodes(graph: CompiledGraph, checkpoint: Checkpoint): string[] {
  const sends = checkpoint.channel_values['__pregel_tasks'];
  // Before 1.4.10, LangGraph kept what it has seen beside them: two lists within the list.
  const sent = Array.isArray(sends)
    ? sends
        .flat()
        .flatMap((send: unknown) =>
          isObject(send) && typeof send['node'] === 'string' ? [send['node']] : [],
        )
    : [];
  const triggered = Object.entries(graph.nodes)
    .filter(([name, node]) =>
      node.triggers.some((channel) => {
        const version = checkpoint.channel_versions[channel];
        const seen = checkpoint.versions_seen[name]?.[channel];
        return (
          version !== undefined &&
          (seen === undefined || version > seen) &&
          holdsValue(graph.channels[channel], checkpoint.channel_values[channel])
        );
      }),
    )
    .map(([name]) => name);
  return [...sent, ...triggered];
}

/** The keys of the state that people see, of those a checkpoint wrote. */
export function visibleKeys(graph: CompiledGraph, channels: readonly string[]): string[] {
  const visible = new Set(graph.streamChannelsList);
  return channels.filter((channel) => visible.has(channel) && !channel.startsWith('__'));
}

export function isDeltaChannel(channel: Channel | undefined): boolean {
  return channel?.lc_graph_name === 'DeltaChannel';
}

function holdsValue(channel: Channel | undefined, stored: unknown): boolean {
  if (channel === undefined) return stored !== undefined;
  if (stored === undefined) return isDeltaChannel(channel);
  return channel.fromCheckpoint(stored).isAvailable();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
