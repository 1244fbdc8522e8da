// The checkpoint saver of every backend. It serializes what LangGraph puts, keeps an attempt's steps in order, and reads
// them back; a backend stores steps and finds them again (`SaverStorage`).
import { setImmediate } from 'node:timers/promises';
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  type PendingWrite,
} from '@langchain/langgraph-checkpoint';
import type {
  Attempt,
  CheckpointPlace,
  CheckpointRow,
  CheckpointSavers,
  ProgressSignal,
  ReaderOptions,
} from '../session/ports.ts';
import { checkpointSourceOf } from '../session/langgraph-names.ts';
import { type Logged, checkpointSaved } from '../session/progress.ts';
import { readDeltaHistory } from './delta-history.ts';
import { serializer } from './serializer.ts';
import { type CheckpointStep, type Step, StepOrder, type WritesStep } from './step-order.ts';
import {
  type CheckpointAddress,
  addressOf,
  boundAttempt,
  checkSize,
  madeAt,
  metadataMatches,
  nextBranchVersion,
  nodeFinished,
  restorePendingSends,
  serializeCheckpoint,
  serializeWrites,
} from './stored-form.ts';

/** A value as LangGraph's serializer gave it. */
export type Serialized = readonly [type: string, value: Uint8Array | string];

/** A checkpoint as a backend finds it, with its values still serialized. */
export interface StoredTuple extends CheckpointPlace {
  readonly parentId: string | null;
  /** The checkpoint whole, or without its channels and beside them. */
  readonly checkpoint:
    | Serialized
    | {
        readonly head: Omit<Checkpoint, 'channel_values'>;
        readonly channels: readonly (readonly [channel: string, value: Serialized])[];
      };
  readonly metadata: Serialized;
  /** In the order of their tasks' paths, then of their tasks, then as the task wrote them. */
  readonly writes: readonly (readonly [taskId: string, channel: string, value: Serialized])[];
}

/** Which checkpoints are listed, newest first; what is left out restricts nothing. */
export interface HistoryQuery {
  readonly threadId?: string | undefined;
  readonly namespace?: string | undefined;
  readonly checkpointId?: string | undefined;
  /** Only those before the one of this id. */
  readonly beforeId?: string | undefined;
  /** Only those whose metadata has these values. A backend may leave that to its caller. */
  readonly filter?: Record<string, unknown> | undefined;
  /** No more than these are read; undefined where the filter decides how many. */
  readonly limit?: number | undefined;
}

/** What one commit has logged: `lastEvent` is the session's newest event then, null where it was logged before. */
export interface CommittedEvents {
  readonly lastEvent: number | null;
  readonly logged: readonly Logged[];
}

/**
 * What a backend does for the saver. `Content` is a checkpoint as it stores it.
 *
 * `store` is where single-writer fencing and the gapless event log are kept: in one atomic commit it checks that the
 * session's epoch is the attempt's and that its run still runs, stores the steps, moves the head, and logs their events.
 */
export interface SaverStorage<Content> {
  /** Whether a checkpoint's channels stand apart from each other, so that one is read without the rest. */
  readonly channelsApart: boolean;
  /** Whether `store` takes writes and their checkpoint in one commit. */
  readonly storesTogether: boolean;

  /**
   * The checkpoint of this id; without one, the newest of its namespace that no rollback took back: for the graph itself
   * the session's head. Its writes are those of epochs up to `upToEpoch`; null: of all.
   */
  read(address: CheckpointAddress, upToEpoch: number | null): Promise<StoredTuple | undefined>;
  /** Several at once, in the order of `places`. Left out where that is no quicker than one after another. */
  readAll?(
    places: readonly CheckpointPlace[],
    channels: readonly string[] | null,
    upToEpoch: number | null,
  ): Promise<(StoredTuple | undefined)[]>;
  list(query: HistoryQuery): AsyncIterable<StoredTuple>;
  find(place: CheckpointPlace): Promise<CheckpointRow | null>;
  /** The checkpoints before this one in its namespace, newest first. */
  before(row: CheckpointRow, limit: number): Promise<readonly CheckpointRow[]>;
  /** All that a stock saver has written of a thread that is no session. Left out where `list` finds it. */
  stockPlaces?(threadId: string): Promise<readonly CheckpointPlace[]>;

  /** `newVersions`: the channels that the step has written. @returns with how many bytes it takes */
  serialize(
    address: CheckpointAddress,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<{ readonly content: Content; readonly bytes: number }>;
  /**
   * @returns what each of its commits has logged: one, unless the backend had to divide them
   * @throws GatewayError RUN_SUPERSEDED where the attempt no longer owns the session
   */
  store(attempt: Attempt, steps: readonly Step<Content>[]): Promise<readonly CommittedEvents[]>;
  /** Notifies the session's watchers, in every process. */
  publish(sessionId: string, signal: ProgressSignal): void;
}

export function createSavers<Content>(storage: SaverStorage<Content>): CheckpointSavers {
  const open = (options: SaverOptions) => new FencedSaver(storage, options);
  const reader = open({});
  return {
    channelsApart: storage.channelsApart,
    tuples: (places, channels) => reader.tuples(places, channels),
    reader: (options = {}) => open(options),
    attempt: (attempt) => open({ attempt }),
    async stockThread(threadId) {
      const places = await storage.stockPlaces?.(threadId);
      if (places === undefined)
        return Array.fromAsync(reader.list({ configurable: { thread_id: threadId } }));
      const tuples = await reader.tuples(places, null);
      return tuples.filter((tuple) => tuple !== undefined);
    },
  };
}

/** What a saver is opened for: the writes of an attempt, or reading. */
interface SaverOptions extends ReaderOptions {
  readonly attempt?: Attempt;
}

class FencedSaver<Content> extends BaseCheckpointSaver<number> {
  readonly #storage: SaverStorage<Content>;
  readonly #options: SaverOptions;
  readonly #order: StepOrder<Content>;

  constructor(storage: SaverStorage<Content>, options: SaverOptions) {
    super(serializer);
    this.#storage = storage;
    this.#options = options;
    this.#order = new StepOrder((steps) => this.#store(steps), storage.storesTogether);
  }

  /** Where channels stand apart, branches of one session never meet in a version, so never share a value. */
  override getNextVersion(current: number | undefined): number {
    return this.#storage.channelsApart ? nextBranchVersion(current) : super.getNextVersion(current);
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.['thread_id'] === undefined) return undefined;
    const stored = await this.#storage.read(addressOf(config), this.#upToEpoch);
    return stored && this.#tuple(stored);
  }

  /** Checkpoints at these places, in their order; undefined for those that are gone. */
  async tuples(
    places: readonly CheckpointPlace[],
    channels: readonly string[] | null,
  ): Promise<(CheckpointTuple | undefined)[]> {
    const stored = await this.#storage.readAll?.(places, channels, this.#upToEpoch);
    if (stored !== undefined)
      return Promise.all(stored.map(async (tuple) => tuple && this.#tuple(tuple)));
    const tuples = [];
    for (const { sessionId, namespace, checkpointId } of places) {
      const address = { threadId: sessionId, namespace, checkpointId };
      const one = await this.#storage.read(address, this.#upToEpoch);
      tuples.push(one && (await this.#tuple(one)));
      // They are at hand: others get their turn in between.
      await setImmediate();
    }
    return tuples;
  }

  override async *list(
    config: RunnableConfig,
    { limit = Infinity, before, filter }: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    let left = limit;
    if (left <= 0) return;
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const found = this.#storage.list({
      threadId: textOf(thread_id),
      namespace: textOf(checkpoint_ns),
      checkpointId: textOf(checkpoint_id),
      beforeId: textOf(before?.configurable?.['checkpoint_id']),
      filter,
      limit: filter === undefined && Number.isFinite(limit) ? limit : undefined,
    });
    for await (const stored of found) {
      const metadata = this.#load(stored.metadata);
      if (!metadataMatches(await metadata, filter)) continue;
      yield await this.#tuple(stored, metadata);
      left -= 1;
      if (left <= 0) return;
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions = {},
  ): Promise<RunnableConfig> {
    const { collect } = this.#options;
    const address = addressOf(config);
    const { threadId, namespace } = address;
    if (collect === undefined) {
      const attempt = this.#attemptOf(threadId);
      await this.#order.checkpoint(namespace, () =>
        this.#checkpointStep(attempt, address, checkpoint, metadata, newVersions),
      );
    } else {
      const stored = await serializeCheckpoint(this.serde, address, checkpoint, metadata);
      collect.checkpoint(stored, checkpoint, newVersions);
    }
    return {
      configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: checkpoint.id },
    };
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = '',
  ): Promise<void> {
    const { collect } = this.#options;
    if (collect === undefined) {
      const { threadId, namespace } = addressOf(config);
      const attempt = this.#attemptOf(threadId);
      await this.#order.writes(namespace, () =>
        this.#writesStep(attempt, config, writes, taskId, taskPath),
      );
    } else collect.writes(await serializeWrites(this.serde, config, writes, taskId, taskPath));
  }

  override getDeltaChannelHistory(
    options: Parameters<BaseCheckpointSaver['getDeltaChannelHistory']>[0],
  ): ReturnType<BaseCheckpointSaver['getDeltaChannelHistory']> {
    const ancestors = {
      find: (place: CheckpointPlace) => this.#storage.find(place),
      before: (row: CheckpointRow, limit: number) => this.#storage.before(row, limit),
      tuples: (places: readonly CheckpointPlace[], channels: readonly string[]) =>
        this.tuples(places, channels),
    };
    return readDeltaHistory(this, ancestors, options);
  }

  override deleteThread(): Promise<void> {
    throw new Error('a session is deleted by the session store, with everything under it');
  }

  async #checkpointStep(
    attempt: Attempt,
    address: CheckpointAddress,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<CheckpointStep<Content>> {
    const { namespace } = address;
    const { content, bytes } = await this.#storage.serialize(
      address,
      checkpoint,
      metadata,
      newVersions,
    );
    const { next, changedKeys } = attempt.describeCheckpoint(namespace, checkpoint, newVersions);
    const described = {
      namespace,
      checkpointId: checkpoint.id,
      step: metadata.step,
      source: checkpointSourceOf(metadata.source),
      changedKeys,
    };
    attempt.checkSize(bytes);
    return {
      type: 'checkpoint',
      ...described,
      parentId: address.checkpointId ?? null,
      createdAt: madeAt(checkpoint),
      bytes,
      event: checkpointSaved(described, next),
      content,
    };
  }

  async #writesStep(
    attempt: Attempt,
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath: string,
  ): Promise<WritesStep> {
    const stored = await serializeWrites(this.serde, config, writes, taskId, taskPath);
    const { namespace, checkpointId = '' } = addressOf(config);
    const bytes = checkSize(attempt, stored);
    const event = await nodeFinished(attempt, writes, namespace, taskId, taskPath);
    return {
      type: 'writes',
      namespace,
      checkpointId,
      taskId,
      taskPath,
      writes: stored,
      replaces: stored.every(({ replaces }) => replaces),
      bytes,
      event,
    };
  }

  async #store(steps: readonly Step<Content>[]): Promise<void> {
    const attempt = boundAttempt(this.#options.attempt);
    const { sessionId, epoch } = attempt;
    try {
      for (const { lastEvent, logged } of await this.#storage.store(attempt, steps)) {
        for (const { detail } of logged) attempt.onLogged(detail.type);
        // Where it was logged before, only the log tells its number.
        if (lastEvent === null || logged.length > 0)
          this.#storage.publish(sessionId, { type: 'changed', lastEvent, epoch, logged });
      }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      attempt.onRefused(error);
      throw error;
    }
  }

  #attemptOf(threadId: string): Attempt {
    const attempt = boundAttempt(this.#options.attempt);
    if (attempt.sessionId === threadId) return attempt;
    throw new Error(
      `A graph that a node calls is saved with its session; it cannot write thread ${threadId}.` +
        ' Leave thread_id out of its config, or compile it with a checkpointer of its own.',
    );
  }

  async #tuple(
    stored: StoredTuple,
    metadata = this.#load(stored.metadata),
  ): Promise<CheckpointTuple> {
    const { sessionId, namespace, parentId } = stored;
    const [checkpoint, loadedMetadata, pendingWrites] = await Promise.all([
      this.#checkpoint(stored.checkpoint),
      metadata,
      this.#pendingWrites(stored),
    ]);
    if (checkpoint.v < 4 && parentId !== null) {
      const address = { threadId: sessionId, namespace, checkpointId: parentId };
      const parent = await this.#storage.read(address, this.#upToEpoch);
      if (parent !== undefined) restorePendingSends(checkpoint, await this.#pendingWrites(parent));
    }
    const address = { thread_id: sessionId, checkpoint_ns: namespace };
    return {
      config: { configurable: { ...address, checkpoint_id: stored.checkpointId } },
      checkpoint,
      metadata: loadedMetadata as CheckpointMetadata,
      ...(parentId !== null && {
        parentConfig: { configurable: { ...address, checkpoint_id: parentId } },
      }),
      pendingWrites,
    };
  }

  async #checkpoint(stored: StoredTuple['checkpoint']): Promise<Checkpoint> {
    if (!('head' in stored)) return (await this.#load(stored)) as Checkpoint;
    const values = await Promise.all(
      stored.channels.map(async ([channel, value]) => [channel, await this.#load(value)] as const),
    );
    return { ...stored.head, channel_values: Object.fromEntries(values) };
  }

  #pendingWrites({ writes }: StoredTuple): Promise<CheckpointPendingWrite[]> {
    return Promise.all(
      writes.map(async ([taskId, channel, value]): Promise<CheckpointPendingWrite> => [
        taskId,
        channel,
        await this.#load(value),
      ]),
    );
  }

  #load([type, value]: Serialized): Promise<unknown> {
    // Drivers give Buffers, and a graph is given what it wrote.
    const isBytes = type === 'bytes' && typeof value !== 'string';
    return this.serde.loadsTyped(type, isBytes ? new Uint8Array(value) : value);
  }

  get #upToEpoch(): number | null {
    return this.#options.upToEpoch ?? null;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
