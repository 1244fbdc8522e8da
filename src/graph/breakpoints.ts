// Whether an earlier attempt of a run had come to a breakpoint. LangGraph goes past one when it is called without input, so an
// attempt that takes over must not call it where the run has stopped.
import type { BaseCheckpointSaver, Checkpoint } from '@langchain/langgraph-checkpoint';
import { type CompiledGraph, nextNodes } from './compiled-graph.ts';

type Nodes = '*' | readonly string[];

export interface Breakpoints {
  readonly before: Nodes;
  readonly after: Nodes;
}

/** Those of the run or, for what it does not say, those that the graph was compiled with. */
export function breakpointsOf(
  graph: CompiledGraph,
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): Breakpoints {
  return {
    before: allOr(before ?? graph.interruptBefore ?? []),
    after: allOr(after ?? graph.interruptAfter ?? []),
  };
}

/** LangGraph's word for every node is `*` alone. */
export function allOr(nodes: Nodes): Nodes {
  return nodes === '*' || nodes.includes('*') ? '*' : nodes;
}

/** Whether the run stops at the newest checkpoint, which it has stored itself. */
export async function isAtBreakpoint(
  graph: CompiledGraph,
  saver: BaseCheckpointSaver,
  threadId: string,
  { before, after }: Breakpoints,
): Promise<boolean> {
  if (before.length === 0 && after.length === 0) return false;
  const tuple = await saver.getTuple({ configurable: { thread_id: threadId } });
  if (tuple === undefined || !hasNews(tuple.checkpoint)) return false;
  const next = nextNodes(graph, tuple.checkpoint);
  if (next.length === 0) return false;
  if (next.some((node) => isOneOf(node, before))) return true;
  const parent = tuple.parentConfig && (await saver.getTuple(tuple.parentConfig));
  return executed(parent?.checkpoint, tuple.checkpoint).some((node) => isOneOf(node, after));
}

/** LangGraph's rule: a channel has a version that the last stop has not seen. */
function hasNews({ channel_versions: versions, versions_seen }: Checkpoint): boolean {
  const seen = versions_seen['__interrupt__'] ?? {};
  return Object.entries(versions).some(([channel, version]) => version > (seen[channel] ?? 0));
}

/** The nodes that made a checkpoint of its parent: those that have seen other versions since. */
function executed(parent: Checkpoint | undefined, { versions_seen }: Checkpoint): string[] {
  return Object.keys(versions_seen).filter(
    (node) => JSON.stringify(versions_seen[node]) !== JSON.stringify(parent?.versions_seen[node]),
  );
}

function isOneOf(node: string, nodes: Nodes): boolean {
  return nodes === '*' ? !node.startsWith('__') : nodes.includes(node);
}
