// The checkpoint saver of every backend. It serializes what LangGraph puts, keeps an attempt's steps in order, and reads them
// back from the backend's storage.
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
  ReaderOptions,
} from '../session/ports.ts';
import { checkpointSourceOf } from '../session/langgraph-names.ts';
import { checkpointSaved } from '../session/progress.ts';
import { readDeltaHistory } from './delta-history.ts';
import type { SaverStorage, Serialized, StoredTuple } from './saver-storage.ts';
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
      await this.#order.put(namespace, () =>
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
      await this.#order.put(namespace, () =>
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
    const address = addressOf(config);
    const { namespace, checkpointId = '' } = address;
    const bytes = checkSize(attempt, stored);
    const event = await nodeFinished(attempt, writes, address, taskId, taskPath);
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
