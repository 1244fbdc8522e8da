// LangGraph's MemorySaver with the promises of the other backends (3, 4, 6): the fence is checked and everything is
// written without giving up the thread in between.
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  type BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  MemorySaver,
  type PendingWrite,
  compareWritesSortKeys,
  writesSortKey,
} from '@langchain/langgraph-checkpoint';
import { checkpointSaved } from '../../session/progress.ts';
import type {
  Attempt,
  CheckpointPlace,
  CheckpointSavers,
  ReaderOptions,
} from '../../session/ports.ts';
import { readDeltaHistory } from '../delta-history.ts';
import { serializer } from '../serializer.ts';
import { StepOrder } from '../step-order.ts';
import {
  type SaverBinding,
  addressOf,
  boundAttempt,
  checkSize,
  metadataMatches,
  nodeFinished,
  serializeCheckpoint,
  serializeWrites,
  tuplesOneByOne,
} from '../stored-form.ts';
import type { MemoryCheckpoints } from './checkpoints.ts';
import type { MemorySessionStore } from './session-store.ts';

export class MemorySavers implements CheckpointSavers {
  readonly channelsApart = false;
  readonly #checkpoints: MemoryCheckpoints;
  readonly #sessions: MemorySessionStore;

  constructor(checkpoints: MemoryCheckpoints, sessions: MemorySessionStore) {
    this.#checkpoints = checkpoints;
    this.#sessions = sessions;
  }

  reader(options: ReaderOptions = {}): BaseCheckpointSaver {
    return new MemoryCheckpointer(this.#checkpoints, this.#sessions, options);
  }

  attempt(attempt: Attempt): BaseCheckpointSaver {
    return new MemoryCheckpointer(this.#checkpoints, this.#sessions, { attempt });
  }

  tuples(places: readonly CheckpointPlace[]): Promise<(CheckpointTuple | undefined)[]> {
    return tuplesOneByOne(this.reader(), places);
  }

  stockThread(threadId: string): Promise<CheckpointTuple[]> {
    return Array.fromAsync(this.#checkpoints.saver.list({ configurable: { thread_id: threadId } }));
  }
}

class MemoryCheckpointer extends MemorySaver {
  readonly #checkpoints: MemoryCheckpoints;
  readonly #sessions: MemorySessionStore;
  readonly #binding: SaverBinding;
  readonly #order = new StepOrder();

  constructor(checkpoints: MemoryCheckpoints, sessions: MemorySessionStore, binding: SaverBinding) {
    super(serializer);
    this.#checkpoints = checkpoints;
    this.#sessions = sessions;
    this.#binding = binding;
    this.storage = checkpoints.saver.storage;
    this.writes = checkpoints.saver.writes;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.['thread_id'] === undefined) return undefined;
    const address = addressOf(config);
    const id = address.checkpointId ?? this.#newestId(address.threadId, address.namespace);
    return id === undefined ? undefined : this.#tuple(address.threadId, address.namespace, id);
  }

  override async *list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const beforeId: unknown = options?.before?.configurable?.['checkpoint_id'];
    let left = options?.limit ?? Infinity;
    const threads = thread_id === undefined ? this.#checkpoints.threadIds() : [String(thread_id)];
    for (const thread of threads) {
      const before =
        typeof beforeId === 'string'
          ? (this.#checkpoints.ordinalOf(thread, beforeId) ?? 0)
          : Infinity;
      const namespace = checkpoint_ns === undefined ? undefined : String(checkpoint_ns);
      for (const row of this.#checkpoints.history(thread, namespace, before)) {
        if (left <= 0) return;
        if (checkpoint_id !== undefined && row.checkpointId !== checkpoint_id) continue;
        const tuple = await this.#tuple(thread, row.namespace, row.checkpointId);
        if (tuple === undefined || !metadataMatches(tuple.metadata, options?.filter)) continue;
        yield tuple;
        left -= 1;
      }
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions = {},
  ): Promise<RunnableConfig> {
    const stored = await serializeCheckpoint(this.serde, config, checkpoint, metadata);
    const { threadId, namespace } = addressOf(config);
    const { attempt, collect } = this.#binding;
    if (collect !== undefined) collect.checkpoint(stored, checkpoint, newVersions);
    else {
      const own = boundAttempt(attempt, threadId);
      const { next, changedKeys } = own.describeCheckpoint(namespace, checkpoint, newVersions);
      const { checkpointId } = stored;
      const bytes = checkSize(own, [stored]);
      await this.#order.checkpoint(namespace, async () =>
        this.#sessions.writeStep(own, threadId, (session) => {
          const ordinal = session.lastOrdinal + 1;
          this.#checkpoints.add(threadId, own.epoch, ordinal, {
            ...stored,
            changedKeys,
            runId: own.runId,
          });
          return {
            patch: {
              lastOrdinal: ordinal,
              storedBytes: session.storedBytes + bytes,
              ...(namespace === '' && { head: checkpointId }),
            },
            event: checkpointSaved({ ...stored, changedKeys }, next),
          };
        }),
      );
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
    const { collect } = this.#binding;
    if (collect === undefined) {
      const { namespace } = addressOf(config);
      await this.#order.writes(namespace, () => this.#putWrites(config, writes, taskId, taskPath));
    } else collect.writes(await serializeWrites(this.serde, config, writes, taskId, taskPath));
  }

  async #putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath: string,
  ): Promise<void> {
    const stored = await serializeWrites(this.serde, config, writes, taskId, taskPath);
    const { threadId, namespace } = addressOf(config);
    const own = boundAttempt(this.#binding.attempt, threadId);
    const bytes = checkSize(own, stored);
    const event = await nodeFinished(own, writes, namespace, taskId, taskPath);
    this.#sessions.writeStep(own, threadId, (session) => {
      const written = this.#checkpoints.addWrites(threadId, own.epoch, stored);
      const patch = written ? { storedBytes: session.storedBytes + bytes } : {};
      return { patch, event: written ? event : null };
    });
  }

  override deleteThread(): Promise<void> {
    throw new Error('a session is deleted by the session store, with everything under it');
  }

  override getDeltaChannelHistory(
    options: Parameters<BaseCheckpointSaver['getDeltaChannelHistory']>[0],
  ): ReturnType<BaseCheckpointSaver['getDeltaChannelHistory']> {
    return readDeltaHistory(
      this,
      {
        find: async (place) => this.#checkpoints.find(place) ?? null,
        before: async (row, limit) => this.#checkpoints.before(row, limit),
        tuples: (places) => tuplesOneByOne(this, places),
      },
      options,
    );
  }

  #newestId(threadId: string, namespace: string): string | undefined {
    if (namespace === '') {
      const head = this.#sessions.headOf(threadId);
      if (head !== undefined) return head ?? undefined;
    }
    return this.#checkpoints.newest(threadId, namespace, this.#binding.upToEpoch)?.checkpointId;
  }

  async #tuple(
    threadId: string,
    namespace: string,
    id: string,
  ): Promise<CheckpointTuple | undefined> {
    const saved = this.storage[threadId]?.[namespace]?.[id];
    if (saved === undefined) return undefined;
    const [checkpoint, metadata, parentId] = saved;
    const type = this.#checkpoints.typeOf(threadId, namespace, id);
    const writes = this.#checkpoints
      .writesOf(threadId, { namespace, checkpointId: id }, this.#binding.upToEpoch)
      .map((write) => ({ write, key: writesSortKey(write.taskPath, write.taskId, write.index) }))
      .toSorted((a, b) => compareWritesSortKeys(a.key, b.key));
    const address = { thread_id: threadId, checkpoint_ns: namespace };
    const loaded = (await this.serde.loadsTyped(type, checkpoint)) as Checkpoint;
    if (loaded.v < 4 && parentId !== undefined) {
      await this._migratePendingSends(loaded, threadId, namespace, parentId);
    }
    return {
      config: { configurable: { ...address, checkpoint_id: id } },
      checkpoint: loaded,
      metadata: (await this.serde.loadsTyped(type, metadata)) as CheckpointMetadata,
      ...(parentId !== undefined && {
        parentConfig: { configurable: { ...address, checkpoint_id: parentId } },
      }),
      pendingWrites: await Promise.all(
        writes.map(async ({ write }): Promise<CheckpointPendingWrite> => [
          write.taskId,
          write.channel,
          await this.serde.loadsTyped(write.type, write.value),
        ]),
      ),
    };
  }
}
