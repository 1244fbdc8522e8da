// A DeltaChannel's value is spread over its checkpoint's ancestors. A fork copies one checkpoint only, so the copy
// holds the values themselves: sealed as LangGraph seals them every so many steps.
import {
  type BaseCheckpointSaver,
  type CheckpointTuple,
  DeltaSnapshot,
} from '@langchain/langgraph-checkpoint';
import { type Channel, type CompiledGraph, isDeltaChannel } from './compiled-graph.ts';

interface ReplayingChannel extends ReadableChannel {
  replayWrites(writes: readonly unknown[]): void;
}

interface UpdatedChannel extends ReadableChannel {
  update(values: readonly unknown[]): unknown;
}

interface ReadableChannel {
  get(): unknown;
}

/** The channels whose values may be spread over a checkpoint's ancestors. */
export function spreadChannels(graph: CompiledGraph): string[] {
  return Object.keys(graph.channels).filter((name) => isSpread(graph.channels[name]));
}

/** Those of the channels whose values stand in the checkpoint's ancestors, or partly there. */
export function openDeltaChannels(
  graph: CompiledGraph,
  { checkpoint }: Pick<CheckpointTuple, 'checkpoint'>,
  names: readonly string[],
): string[] {
  return names.filter(
    (name) =>
      isSpread(graph.channels[name]) &&
      checkpoint.channel_versions[name] !== undefined &&
      checkpoint.channel_values[name] === undefined,
  );
}

/** The values of the graph's channels that stand in the checkpoint's ancestors, or partly there. */
export async function readDeltaChannels(
  graph: CompiledGraph,
  saver: BaseCheckpointSaver,
  tuple: Pick<CheckpointTuple, 'checkpoint' | 'config'>,
  names: readonly string[] = Object.keys(graph.channels),
): Promise<ReadonlyMap<string, unknown>> {
  const open = openDeltaChannels(graph, tuple, names);
  if (open.length === 0) return new Map();
  const { config } = tuple;
  const histories = await saver.getDeltaChannelHistory({ config, channels: open });
  return new Map(
    open.flatMap((name) => {
      const history = histories[name];
      const channel: unknown = graph.channels[name]?.fromCheckpoint(history?.seed);
      if (history === undefined || !isReadable(channel)) return [];
      if (isReplaying(channel)) channel.replayWrites(history.writes);
      else if (isUpdated(channel))
        for (const [, , value] of history.writes) channel.update([value]);
      return [[name, channel.get()] as const];
    }),
  );
}

/** The checkpoint with its DeltaChannels' values in it; undefined where it has none to seal. */
export async function sealDeltaChannels(
  graph: CompiledGraph,
  saver: BaseCheckpointSaver,
  tuple: CheckpointTuple,
): Promise<CheckpointTuple['checkpoint'] | undefined> {
  const values = await readDeltaChannels(graph, saver, tuple);
  if (values.size === 0) return undefined;
  const sealed = [...values].map(([name, value]) => [
    name,
    isDeltaChannel(graph.channels[name]) ? new DeltaSnapshot(value) : value,
  ]);
  const { checkpoint } = tuple;
  return {
    ...checkpoint,
    channel_values: { ...checkpoint.channel_values, ...Object.fromEntries(sealed) },
  };
}

/** A reducer's channel may have been a DeltaChannel when its value was written, and LangGraph reads it all the same. */
function isSpread(channel: Channel | undefined): boolean {
  return isDeltaChannel(channel) || channel?.lc_graph_name === 'BinaryOperatorAggregate';
}

function isReplaying(channel: ReadableChannel): channel is ReplayingChannel {
  return 'replayWrites' in channel;
}

function isUpdated(channel: ReadableChannel): channel is UpdatedChannel {
  return 'update' in channel;
}

function isReadable(channel: unknown): channel is ReadableChannel {
  return typeof channel === 'object' && channel !== null && 'get' in channel;
}
