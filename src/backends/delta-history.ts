// What LangGraph's DeltaChannels are rebuilt from: the writes on a checkpoint's ancestors back to where the value stands
// whole. LangGraph's own walk reads one ancestor after another; this reads as many at once as stand in a row.
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type CheckpointPendingWrite,
  type CheckpointTuple,
} from '@langchain/langgraph-checkpoint';
import type { CheckpointPlace, CheckpointRow } from '../session/ports.ts';
import { addressOf } from './stored-form.ts';

type DeltaHistories = Awaited<ReturnType<BaseCheckpointSaver['getDeltaChannelHistory']>>;

/** A backend's checkpoints, as they are asked for on the way back. */
export interface Ancestors {
  find(place: CheckpointPlace): Promise<CheckpointRow | null>;
  /** The checkpoints before this one in its namespace, newest first. */
  before(row: CheckpointRow, limit: number): Promise<readonly CheckpointRow[]>;
  tuples(
    places: readonly CheckpointPlace[],
    channels: readonly string[],
  ): Promise<readonly (CheckpointTuple | undefined)[]>;
}

/** How many are read at first, and at the most: LangGraph stores a value whole every 100 writes by default. */
const FIRST = 8;
const MOST = 128;

/** The same answer as BaseCheckpointSaver's own method gives, which serves threads that are no sessions yet. */
export async function readDeltaHistory(
  saver: BaseCheckpointSaver,
  ancestors: Ancestors,
  options: { readonly config: RunnableConfig; readonly channels: string[] },
): Promise<DeltaHistories> {
  const { config, channels } = options;
  const open = new Set(channels);
  const written = new Map<string, CheckpointPendingWrite[]>(channels.map((name) => [name, []]));
  const seeds = new Map<string, unknown>();
  const parent = open.size === 0 ? undefined : (await saver.getTuple(config))?.parentConfig;
  let next = parent && (await ancestors.find(placeOf(parent)));
  if (next === null)
    return BaseCheckpointSaver.prototype.getDeltaChannelHistory.call(saver, options);
  for (let limit = FIRST; next && open.size > 0; limit = Math.min(2 * limit, MOST)) {
    const chain = await chainFrom(next, limit, ancestors);
    for (const tuple of await ancestors.tuples(chain, [...open])) {
      for (const name of open) {
        const own = (tuple?.pendingWrites ?? []).filter(([, channel]) => channel === name);
        // Newest first here, as the walk goes.
        written.get(name)?.push(...own.toReversed());
        if (tuple !== undefined && Object.hasOwn(tuple.checkpoint.channel_values, name)) {
          seeds.set(name, tuple.checkpoint.channel_values[name]);
          open.delete(name);
        }
      }
    }
    const last: CheckpointRow = chain.at(-1) ?? next;
    next =
      last.parentId === null
        ? null
        : await ancestors.find({ ...last, checkpointId: last.parentId });
  }
  return Object.fromEntries(
    channels.map((name) => [
      name,
      {
        writes: (written.get(name) ?? []).toReversed(),
        ...(seeds.has(name) && { seed: seeds.get(name) }),
      },
    ]),
  );
}

/** The row and its ancestors, as far as they stand before it without another branch's in between. */
async function chainFrom(
  row: CheckpointRow,
  limit: number,
  ancestors: Ancestors,
): Promise<readonly CheckpointRow[]> {
  const known = new Map(
    (await ancestors.before(row, limit)).map((each) => [each.checkpointId, each]),
  );
  const chain = [row];
  for (let above = known.get(row.parentId ?? ''); above; above = known.get(above.parentId ?? ''))
    chain.push(above);
  return chain;
}

function placeOf(config: RunnableConfig): CheckpointPlace {
  const { threadId, namespace, checkpointId = '' } = addressOf(config);
  return { sessionId: threadId, namespace, checkpointId };
}
