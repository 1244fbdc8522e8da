// Detects nodes that a checkpoint would run next but that the graph no longer has (renamed or removed). LangGraph creates no
// task for them and would end the run as if it were complete.
import type { BaseCheckpointSaver, Checkpoint } from '@langchain/langgraph-checkpoint';
import { GatewayError } from '../errors.ts';
import type { CompiledGraph } from './compiled-graph.ts';

/** LangGraph's channels that start a node: for an edge, and for several edges that meet. */
const EDGE = /^branch:to:(?<node>.+)$/s;
const JOIN = /^join:(?<sources>.+):(?<node>[^:]+)$/s;

/** Nodes that the checkpoint would run next but that the graph does not have. */
export function missingNodes(graph: CompiledGraph, checkpoint: Checkpoint): string[] {
  const missing = new Set<string>();
  const miss = (node: string | undefined) => {
    if (node !== undefined && !Object.hasOwn(graph.nodes, node)) missing.add(node);
  };
  const { __pregel_tasks: sends, ...channels } = checkpoint.channel_values;
  for (const send of Array.isArray(sends) ? (sends as unknown[]) : [])
    if (typeof send === 'object' && send !== null && 'node' in send) miss(String(send.node));
  for (const [channel, value] of Object.entries(channels)) {
    // What the graph has a channel for, its own nodes wait for.
    if (Object.hasOwn(graph.channels, channel)) continue;
    miss(EDGE.exec(channel)?.groups?.['node']);
    const join = JOIN.exec(channel)?.groups;
    if (join !== undefined && isComplete(join['sources'] ?? '', value)) miss(join['node']);
  }
  return [...missing];
}

/** Whether each of the sources, whose names are joined by +, has been there. */
function isComplete(sources: string, seen: unknown): boolean {
  if (!Array.isArray(seen)) return false;
  const inOrder = (names: readonly unknown[]) => names.map(String).toSorted().join('+');
  return inOrder(seen) === inOrder(sources.split('+'));
}

/** @param nodes those that run next and are missing */
export function graphChanged(graphId: string, nodes: readonly string[]): GatewayError {
  const names = nodes.map((node) => `"${node}"`).join(', ');
  return new GatewayError(
    'GRAPH_CHANGED',
    `Graph "${graphId}" has changed: these next nodes no longer exist: ${names}. ` +
      'Serve a graph that has them and continue, or give a `message` or `input`, edit the state, or fork an earlier checkpoint.',
  );
}

/**
 * Makes a saver refuse to show a checkpoint that its graph cannot go on with. Changes the saver, which is the attempt's
 * own.
 * @param graphOf the graph that writes a namespace; undefined where it is not known
 * @param goesOn whether what is read in this namespace is gone on with, rather than given new input
 */
export function refuseChangedGraph(
  saver: BaseCheckpointSaver,
  graphId: string,
  graphOf: (namespace: string) => CompiledGraph | undefined,
  goesOn: (namespace: string) => boolean,
): void {
  const read = saver.getTuple.bind(saver);
  saver.getTuple = async (config) => {
    const tuple = await read(config);
    const given: unknown = config.configurable?.['checkpoint_ns'];
    const namespace = typeof given === 'string' ? given : '';
    if (tuple === undefined || !goesOn(namespace)) return tuple;
    const graph = graphOf(namespace);
    const missing = graph === undefined ? [] : missingNodes(graph, tuple.checkpoint);
    if (missing.length > 0) throw graphChanged(graphId, missing);
    return tuple;
  };
}
