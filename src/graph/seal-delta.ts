// A DeltaChannel's value is spread over its checkpoint's ancestors. A fork copies one checkpoint only, so the copy
// holds the values themselves: sealed as LangGraph seals them every so many steps.
import {
  type BaseCheckpointSaver,
  type CheckpointTuple,
  DeltaSnapshot,
} from '@langchain/langgraph-checkpoint';
import { type CompiledGraph, isDeltaChannel } from './compiled-graph.ts';

interface ReplayingChannel {
  get(): unknown;
  replayWrites(writes: readonly unknown[]): void;
}

/** The checkpoint with its DeltaChannels' values in it; undefined where it has none to seal. */
export async function sealDeltaChannels(
  graph: CompiledGraph,
  saver: BaseCheckpointSaver,
  tuple: CheckpointTuple,
): Promise<CheckpointTuple['checkpoint'] | undefined> {
  const { checkpoint } = tuple;
  const open = Object.keys(graph.channels).filter(
    (name) =>
      isDeltaChannel(graph.channels[name]) &&
      checkpoint.channel_versions[name] !== undefined &&
      checkpoint.channel_values[name] === undefined,
  );
  if (open.length === 0) return undefined;
  const histories = await saver.getDeltaChannelHistory({ config: tuple.config, channels: open });
  const values = open.flatMap((name) => {
    const history = histories[name];
    const channel = graph.channels[name]?.fromCheckpoint(history?.seed);
    if (history === undefined || !isReplaying(channel)) return [];
    channel.replayWrites(history.writes);
    return [[name, new DeltaSnapshot(channel.get())] as const];
  });
  return {
    ...checkpoint,
    channel_values: { ...checkpoint.channel_values, ...Object.fromEntries(values) },
  };
}

function isReplaying(channel: unknown): channel is ReplayingChannel {
  return typeof channel === 'object' && channel !== null && 'replayWrites' in channel;
}
