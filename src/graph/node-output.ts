// What a node returned, from the writes that LangGraph stored of it.
import type { CheckpointPendingWrite } from '@langchain/langgraph-checkpoint';
import { NO_OUTPUT, RETURN } from '../session/langgraph-names.ts';
import type { CompiledGraph } from './compiled-graph.ts';

/** Channels that only steer the graph, where its own list of channels is not known. */
const STEERS = /^__|^branch:/;

/**
 * As LangGraph's `updates` show it: an object of the keys that the node wrote; a list of objects where it wrote a key several
 * times; the value itself where the state is one value, or a task of the functional API returned it. Undefined for none.
 */
export function outputOf(
  graph: CompiledGraph | undefined,
  writes: readonly CheckpointPendingWrite[],
): unknown {
  const returned = writes.find(([, channel]) => channel === RETURN);
  if (returned !== undefined) return returned[2];
  const only = graph?.streamChannelsAsIs;
  if (typeof only === 'string') return writes.find(([, channel]) => channel === only)?.[2];
  const keys = graph && new Set(graph.streamChannelsList);
  const outputs = writes.filter(
    ([, channel]) => !NO_OUTPUT.has(channel) && (keys?.has(channel) ?? !STEERS.test(channel)),
  );
  if (outputs.length === 0) return undefined;
  const channels = new Set(outputs.map(([, channel]) => channel));
  if (channels.size === outputs.length)
    return Object.fromEntries(outputs.map(([, channel, value]) => [channel, value]));
  return outputs.map(([, channel, value]) => ({ [channel]: value }));
}
