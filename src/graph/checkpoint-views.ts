// Checkpoints as history shows them. Reads of one request in the same turn are batched, and what can no longer change is
// cached for everybody, decoded and as JSON.
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph-checkpoint';
import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import type { Backend, CheckpointPlace, CheckpointRow } from '../session/ports.ts';
import type { Interrupt } from '../session/progress.ts';
import { jsonSize } from '../session/json-size.ts';
import { NO_TASK } from '../session/langgraph-names.ts';
import { Slices } from '../session/slices.ts';
import { type Session, configurableOf } from '../session/session.ts';
import { type CompiledGraph, graphOfNamespace } from './compiled-graph.ts';
import { type GraphCatalog, toldAsGraphError } from './graph-catalog.ts';
import { intervalAt } from './history-interval.ts';
import { messagesKeyOf } from './messages.ts';
import { outputOf } from './node-output.ts';
import { readDeltaChannels } from './seal-delta.ts';
import { asks, bareSnapshotOf, configOf, snapshotOf } from './snapshot.ts';
import { toJson, toJsonInSlices } from './state-json.ts';

/** A checkpoint as it was found for its owner. */
export interface FoundCheckpoint {
  readonly session: Session;
  readonly row: CheckpointRow;
}

interface Kept {
  /** As JSON. */
  readonly values: unknown;
  readonly next: readonly string[];
}

/** Some channels of a checkpoint. */
interface Part extends FoundCheckpoint {
  readonly channels: readonly string[];
}

/** Waits until something long may be done. Within it nothing may wait for a further turn. */
export type TakeTurn = <Value>(act: () => Promise<Value>) => Promise<Value>;

/** What stands for a part that only the whole checkpoint tells. */
const NEEDS_WHOLE = Symbol('needs the whole');

/** What is kept takes at least so many bytes, whatever is in it. */
const ENTRY_BYTES = 256;
/** What is read together at the most, so that one answer does not hold all of a long list in memory. */
const TOGETHER = 100;

/** What is kept of checkpoints, by their places. */
export class CheckpointCache {
  readonly #kept: LRUCache<string, Promise<unknown>> | undefined;

  /** @param bytes how much is kept, as bytes of JSON; 0: nothing */
  constructor(bytes: number) {
    this.#kept = bytes === 0 ? undefined : new LRUCache({ maxSize: bytes });
  }

  /** Under one key there must be one kind of value. */
  keep<Value>(key: string, read: () => Promise<Value>): Promise<Value> {
    const kept = this.#kept?.get(key);
    if (kept !== undefined) return kept as Promise<Value>;
    const reading = read();
    const cache = this.#kept;
    if (cache === undefined) return reading;
    const size = ENTRY_BYTES + key.length;
    cache.set(key, reading, { size });
    reading.then(
      (value) => cache.set(key, reading, { size: size + jsonSize(value) }),
      () => cache.delete(key),
    );
    return reading;
  }
}

/** One request's look at checkpoints. */
export class CheckpointViews {
  readonly #backend: Pick<Backend, 'sessions' | 'savers'>;
  readonly #graphs: GraphCatalog;
  readonly #cache: CheckpointCache;
  readonly #takeTurn: TakeTurn;
  readonly #whole = loader<FoundCheckpoint, Kept>((asked) => this.#readWhole(asked));
  readonly #parts = loader<Part, unknown>((asked) => this.#readParts(asked));
  readonly #interrupts = loader<FoundCheckpoint, readonly Interrupt[]>((asked) =>
    this.#readInterrupts(asked),
  );
  readonly #metadata = loader<FoundCheckpoint, unknown>((asked) =>
    this.#takeTurn(() => this.#backend.sessions.readMetadata(asked.map(({ row }) => row))),
  );

  constructor(
    backend: Pick<Backend, 'sessions' | 'savers'>,
    graphs: GraphCatalog,
    cache: CheckpointCache,
    takeTurn: TakeTurn = (act) => act(),
  ) {
    this.#backend = backend;
    this.#takeTurn = takeTurn;
    this.#graphs = graphs;
    this.#cache = cache;
  }

  /** The nodes that ran next, or would run. @throws GatewayError GRAPH_ERROR */
  async next(checkpoint: FoundCheckpoint): Promise<readonly string[]> {
    return (await this.#wholeOf(checkpoint)).next;
  }

  /**
   * The state as JSON; with `keys`, only these of its keys, and nothing else is read where the store keeps them apart.
   * @throws GatewayError GRAPH_ERROR
   */
  async values(
    checkpoint: FoundCheckpoint,
    keys: readonly string[] | null | undefined,
  ): Promise<unknown> {
    const { session, row } = checkpoint;
    const graph = this.#graphs.find(session.graphId)?.graph;
    const apart = this.#backend.savers.channelsApart && row.namespace === '';
    // The state of a graph of the functional API is one channel's value, whose keys are no channels.
    if (!keys || !apart || typeof (graph?.streamChannelsAsIs ?? '') === 'string') {
      const { values } = await this.#wholeOf(checkpoint);
      return pickKeys(values, keys);
    }
    const channels = graph?.streamChannelsList.filter((name) => keys.includes(name)) ?? [];
    return this.#cache.keep(keyOf(row, channels), () =>
      this.#parts.load({ ...checkpoint, channels }),
    );
  }

  /**
   * The messages of the state, as the graph keeps them; nothing else is read where the store keeps channels apart.
   * @param at `now`: with what finished tasks have written since, as the session's state has it
   * @throws GatewayError GRAPH_ERROR
   */
  async messages(
    checkpoint: FoundCheckpoint,
    at: 'checkpoint' | 'now',
  ): Promise<readonly unknown[]> {
    const { session, row } = checkpoint;
    const { savers } = this.#backend;
    const known = this.#graphs.find(session.graphId)?.graph;
    const readsOneChannel = savers.channelsApart && row.namespace === '' && known !== null;
    const key = readsOneChannel ? messagesKeyOf(known) : null;
    if (readsOneChannel && key === null) return [];
    const [read] = await this.#readEach(
      [checkpoint],
      key === null ? null : [key],
      async (_asked, tuple, graph) => messagesOf(tuple, graph, savers.reader(), row.namespace, at),
    );
    if (read instanceof Error) throw read;
    if (read !== NEEDS_WHOLE) return listOf(read);
    // Tasks have written messages since: LangGraph lays them over the checkpoint, for which it wants all channels.
    const config = configOf({
      threadId: session.id,
      ...(at === 'checkpoint' && { checkpointId: row.checkpointId, namespace: row.namespace }),
    });
    const [state] = await this.#readEach([checkpoint], null, async (_asked, tuple, graph) => {
      if (graph === null) return bareSnapshotOf(tuple).values;
      const pendingWrites = (tuple.pendingWrites ?? []).filter(
        (write) => at === 'now' || isOfNoTask(write),
      );
      return (await snapshotOf(graph, savers.reader(), config, { ...tuple, pendingWrites })).values;
    });
    if (state instanceof Error) throw state;
    const owner = known && graphOfNamespace(known, row.namespace);
    return listOf((state as Readonly<Record<string, unknown>>)[messagesKeyOf(owner) ?? '']);
  }

  /** What was asked while the session rested there, answered by now or not. @throws GatewayError GRAPH_ERROR */
  interrupts(checkpoint: FoundCheckpoint): Promise<readonly Interrupt[]> {
    return this.#interrupts.load(checkpoint);
  }

  /**
   * What a task wrote to the state, as LangGraph's `updates` show it; undefined where that is gone.
   * @throws GatewayError GRAPH_ERROR
   */
  async writes(session: Session, place: CheckpointPlace, taskId: string): Promise<unknown> {
    return this.#takeTurn(async () => {
      const [tuple] = await this.#backend.savers.tuples([place], []);
      const writes = tuple?.pendingWrites?.filter(([id]) => id === taskId) ?? [];
      return toldAsGraphError(session, async () => {
        const graph = await this.#graphOf(session);
        const owner = graph === null ? undefined : graphOfNamespace(graph, place.namespace);
        return toJsonInSlices(outputOf(owner, writes));
      });
    });
  }

  /** LangGraph's metadata, as JSON. */
  async metadata(checkpoint: FoundCheckpoint): Promise<unknown> {
    return toJson((await this.#metadata.load(checkpoint)) ?? {});
  }

  #wholeOf(checkpoint: FoundCheckpoint): Promise<Kept> {
    return this.#cache.keep(keyOf(checkpoint.row, null), () => this.#whole.load(checkpoint));
  }

  async #readWhole(asked: readonly FoundCheckpoint[]): Promise<(Kept | Error)[]> {
    return this.#readEach(asked, null, async ({ session, row }, tuple, graph) => {
      if (graph === null) {
        const { values, next } = bareSnapshotOf(tuple);
        return { values: await toJsonInSlices(values), next };
      }
      const saver = this.#backend.savers.reader();
      const config = configOf({ ...row, threadId: session.id });
      const pendingWrites = (tuple.pendingWrites ?? []).filter(isOfNoTask);
      const { values, next } = await snapshotOf(graph, saver, config, { ...tuple, pendingWrites });
      return { values: await toJsonInSlices(values), next };
    });
  }

  async #readParts(asked: readonly Part[]): Promise<unknown[]> {
    const channels = [...new Set(asked.flatMap((part) => part.channels))];
    const parts = await this.#readEach(asked, channels, async (part, tuple, graph) => {
      // Values that a command wrote beside all tasks are laid over the checkpoint's own, by rules of the graph's.
      if (graph === null || tuple.pendingWrites?.some(isOfNoTask)) return NEEDS_WHOLE;
      const saver = this.#backend.savers.reader();
      const spread = await readDeltaChannels(graph, saver, tuple, part.channels);
      const values = part.channels.flatMap((name): [string, unknown][] => {
        if (spread.has(name)) return [[name, toJson(spread.get(name))]];
        const channel = graph.channels[name]?.fromCheckpoint(tuple.checkpoint.channel_values[name]);
        return channel?.isAvailable() === true ? [[name, toJson(channel.get())]] : [];
      });
      return Object.fromEntries(values);
    });
    const picked = async (part: Part) =>
      pickKeys((await this.#wholeOf(part)).values, part.channels);
    return Promise.all(
      asked.map(async (part, n) =>
        parts[n] === NEEDS_WHOLE ? picked(part).catch(asError) : parts[n],
      ),
    );
  }

  async #readInterrupts(
    asked: readonly FoundCheckpoint[],
  ): Promise<(readonly Interrupt[] | Error)[]> {
    return this.#readEach(asked, [], async ({ session, row }, tuple) => {
      if (!asks(tuple)) return [];
      // Of a subgraph's newest, nothing tells whether the session rests there still.
      const { sessions } = this.#backend;
      if (row.namespace !== '' && (await sessions.nextCheckpoint(row)) === null)
        return (await this.#graphs.at(session, row)).interrupts;
      const { writesUpTo } = await intervalAt(sessions, session, row);
      return (await this.#graphs.at(session, row, writesUpTo)).interrupts;
    });
  }

  /**
   * Reads the checkpoints together, and makes of each what is asked; one that fails does not fail the others. All of it is one
   * turn, so that no more than a user's turns are in memory.
   */
  #readEach<Asked extends FoundCheckpoint, Value>(
    asked: readonly Asked[],
    channels: readonly string[] | null,
    make: (asked: Asked, tuple: CheckpointTuple, graph: CompiledGraph | null) => Promise<Value>,
  ): Promise<(Value | Error)[]> {
    return this.#takeTurn(() => this.#makeEach(asked, channels, make));
  }

  async #makeEach<Asked extends FoundCheckpoint, Value>(
    asked: readonly Asked[],
    channels: readonly string[] | null,
    make: (asked: Asked, tuple: CheckpointTuple, graph: CompiledGraph | null) => Promise<Value>,
  ): Promise<(Value | Error)[]> {
    const tuples = await this.#backend.savers.tuples(
      asked.map(({ row }) => row),
      channels,
    );
    const made: (Value | Error)[] = [];
    const slices = new Slices();
    for (const [n, one] of asked.entries()) {
      const tuple = tuples[n];
      made.push(
        tuple === undefined
          ? new Error(`checkpoint ${one.row.checkpointId} is gone`)
          : await toldAsGraphError(one.session, async () =>
              make(one, tuple, await this.#graphOf(one.session)),
            ).catch(asError),
      );
      // A page of large states must not keep everybody else waiting.
      if (slices.isDue) await slices.pause();
    }
    return made;
  }

  async #graphOf(session: Session): Promise<CompiledGraph | null> {
    const loaded = this.#graphs.find(session.graphId);
    if (loaded === null) return null;
    return loaded.instantiate(configurableOf(session), this.#backend.savers.reader());
  }
}

/** The value of the key that has a graph's messages, or NEEDS_WHOLE. */
async function messagesOf(
  tuple: CheckpointTuple,
  graph: CompiledGraph | null,
  saver: BaseCheckpointSaver,
  namespace: string,
  at: 'checkpoint' | 'now',
): Promise<unknown> {
  const owner = graph && graphOfNamespace(graph, namespace);
  const key = messagesKeyOf(owner);
  if (key === null) return [];
  const stored = tuple.checkpoint.channel_values[key];
  if (!owner) return stored;
  const isWritten = (write: readonly [string, string, ...unknown[]]) =>
    isOfNoTask(write) || (at === 'now' && write[1] === key);
  if (tuple.pendingWrites?.some(isWritten) === true) return NEEDS_WHOLE;
  const spread = await readDeltaChannels(owner, saver, tuple, [key]);
  if (spread.has(key)) return spread.get(key);
  const channel = owner.channels[key]?.fromCheckpoint(stored);
  return channel?.isAvailable() === true ? channel.get() : [];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The values limited to these top-level keys; all of them where no keys are given. */
export function pickKeys(values: unknown, keys: readonly string[] | null | undefined): unknown {
  if (!keys || typeof values !== 'object' || values === null || Array.isArray(values))
    return values;
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

function loader<Asked, Value>(
  read: (asked: readonly Asked[]) => Promise<readonly unknown[]>,
): DataLoader<Asked, Value> {
  return new DataLoader<Asked, Value>(
    async (asked) => (await read(asked)) as readonly (Value | Error)[],
    { cache: false, maxBatchSize: TOGETHER },
  );
}

/** Writes that LangGraph lays over a checkpoint whenever it is read, since they are no task's. */
function isOfNoTask([taskId]: readonly [string, ...unknown[]]): boolean {
  return taskId === NO_TASK;
}

function keyOf({ sessionId, namespace, checkpointId }: CheckpointRow, channels: unknown): string {
  return JSON.stringify([sessionId, namespace, checkpointId, channels]);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
