// The checkpoint saver on Redis, in the documents of LangGraph's RedisSaver. A step is one script: fence, documents and event
// (single-writer fencing). The newest checkpoint is the stored head, and no key is ever searched for.
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
import { superseded } from '../../errors.ts';
import type { Attempt, CheckpointPlace, CheckpointSavers } from '../../session/ports.ts';
import type { DurableDetail } from '../../session/progress.ts';
import type { RedisProgressBus } from '../distributed/redis-progress-bus.ts';
import { readDeltaHistory } from '../delta-history.ts';
import { serializer } from '../serializer.ts';
import { StepOrder } from '../step-order.ts';
import {
  type SaverBinding,
  addressOf,
  boundAttempt,
  checkSize,
  describeStored,
  metadataMatches,
  nextBranchVersion,
  nodeFinished,
  restorePendingSends,
  serializeCheckpoint,
  serializeWrites,
} from '../stored-form.ts';
import type { StoredTuple } from './checkpoint-tuples.ts';
import type { RedisCheckpoints } from './checkpoints.ts';
import type { RedisDatabase } from './database.ts';
import { type Document, channelDocuments, checkpointDocument, writeDocument } from './documents.ts';
import { placeOf, saverKeys } from './keys.ts';
import type { ScriptName } from './scripts.ts';

export interface RedisSaverParts {
  readonly database: RedisDatabase;
  readonly checkpoints: RedisCheckpoints;
  readonly bus: RedisProgressBus;
}

export function createRedisSavers(parts: RedisSaverParts): CheckpointSavers {
  const open = (binding: SaverBinding) => new RedisCheckpointer(parts, binding);
  const reader = open({});
  return {
    channelsApart: true,
    tuples: (places, channels) => reader.tuples(places, channels),
    reader: (options = {}) => open(options),
    attempt: (attempt) => open({ attempt }),
    async stockThread(threadId) {
      const addresses = await parts.checkpoints.commands.stockAddresses(threadId);
      const places = addresses.map((address) => ({ ...address, sessionId: threadId }));
      const tuples = await reader.tuples(places, null);
      return tuples.filter((tuple) => tuple !== undefined);
    },
  };
}

class RedisCheckpointer extends BaseCheckpointSaver<number> {
  readonly #parts: RedisSaverParts;
  readonly #binding: SaverBinding;
  readonly #order = new StepOrder();

  constructor(parts: RedisSaverParts, binding: SaverBinding) {
    super(serializer);
    this.#parts = parts;
    this.#binding = binding;
  }

  /** Branches of one session never meet in a version, so never overwrite each other's blobs. */
  override getNextVersion(current: number | undefined): number {
    return nextBranchVersion(current);
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.['thread_id'] === undefined) return undefined;
    const stored = await this.#find(config);
    return stored && this.#tuple(stored);
  }

  async #find(config: RunnableConfig): Promise<StoredTuple | undefined> {
    const { threadId, namespace, checkpointId } = addressOf(config);
    const { checkpoints } = this.#parts;
    const upTo = this.#binding.upToEpoch;
    const id = checkpointId ?? (await checkpoints.rows.newest(threadId, namespace, upTo ?? null));
    if (id === undefined) return undefined;
    const place = { sessionId: threadId, namespace, checkpointId: id, writesUpTo: upTo };
    return (await checkpoints.tuples.read([place]))[0];
  }

  /** Checkpoints at these places, in as many round trips as for one. */
  async tuples(
    places: readonly CheckpointPlace[],
    channels: readonly string[] | null,
  ): Promise<(CheckpointTuple | undefined)[]> {
    const writesUpTo = this.#binding.upToEpoch;
    const stored = await this.#parts.checkpoints.tuples.read(
      places.map((place) => ({ ...place, writesUpTo })),
      channels,
    );
    return Promise.all(stored.map(async (tuple) => tuple && this.#tuple(tuple)));
  }

  override async *list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    const { limit, before, filter } = options ?? {};
    let left = limit ?? Infinity;
    if (left <= 0) return;
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const beforeId: unknown = before?.configurable?.['checkpoint_id'];
    const { checkpoints } = this.#parts;
    const threads =
      thread_id === undefined ? await checkpoints.rows.threadIds() : [String(thread_id)];
    for (const threadId of threads) {
      const rows = checkpoints.rows.history(threadId, {
        namespace: typeof checkpoint_ns === 'string' ? checkpoint_ns : undefined,
        before: typeof beforeId === 'string' ? beforeId : undefined,
      });
      for await (const row of rows) {
        if (checkpoint_id !== undefined && row.checkpointId !== checkpoint_id) continue;
        const [stored] = await checkpoints.tuples.read([row]);
        if (stored === undefined || !metadataMatches(stored.metadata, filter)) continue;
        yield await this.#tuple(stored);
        left -= 1;
        if (left <= 0) return;
      }
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions = {},
  ): Promise<RunnableConfig> {
    const { collect } = this.#binding;
    const { threadId, namespace } = addressOf(config);
    if (collect !== undefined) {
      const stored = await serializeCheckpoint(this.serde, config, checkpoint, metadata);
      collect.checkpoint(stored, checkpoint, newVersions);
    } else {
      await this.#order.checkpoint(namespace, () =>
        this.#putCheckpoint(config, checkpoint, metadata, newVersions),
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

  override getDeltaChannelHistory(
    options: Parameters<BaseCheckpointSaver['getDeltaChannelHistory']>[0],
  ): ReturnType<BaseCheckpointSaver['getDeltaChannelHistory']> {
    return readDeltaHistory(
      this,
      {
        find: (place) =>
          this.#parts.checkpoints.rows.find(place.sessionId, place.checkpointId, place.namespace),
        before: (row, limit) => this.#parts.checkpoints.rows.before(row, limit),
        tuples: (places, channels) => this.tuples(places, channels),
      },
      options,
    );
  }

  override deleteThread(): Promise<void> {
    throw new Error('a session is deleted by the session store, with everything under it');
  }

  async #putCheckpoint(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<void> {
    const { threadId, namespace, checkpointId } = addressOf(config);
    const attempt = boundAttempt(this.#binding.attempt, threadId);
    const parentId = checkpointId ?? null;
    const { channel_values: _, ...rest } = checkpoint;
    const [blobs, [, metadataBytes]] = await Promise.all([
      channelDocuments(this.serde, threadId, namespace, checkpoint, newVersions),
      this.serde.dumpsTyped(metadata),
    ]);
    const description = attempt.describeCheckpoint(namespace, checkpoint, newVersions);
    const { step, source, changedKeys, createdAt, event } = describeStored(
      namespace,
      checkpoint,
      metadata,
      description,
    );
    const document = checkpointDocument({
      gateway: this.#parts.database.keys.prefix,
      threadId,
      namespace,
      parentId,
      checkpoint: rest,
      metadataJson: new TextDecoder().decode(metadataBytes),
      source: metadata.source,
      step,
    });
    checkDocuments(attempt, [...blobs, document]);
    const { epoch, runId } = attempt;
    const { keys } = this.#parts.database;
    await this.#step('sgPutCheckpoint', threadId, event, {
      keys: [
        keys.documents(threadId),
        keys.checkpoints(threadId),
        keys.subgraphs(threadId),
        keys.namespaces(threadId),
        keys.history(threadId, namespace),
        saverKeys.writes(threadId, namespace, checkpoint.id),
        keys.sourced(threadId, source, namespace),
        keys.persistent(threadId),
      ],
      words: [
        namespace,
        checkpoint.id,
        placeOf(namespace, checkpoint.id),
        source === 'LOOP' ? '' : 'rare',
        JSON.stringify({ epoch, runId, parentId, createdAt, step, source, changedKeys }).slice(1),
        namespace === '' ? checkpoint.id : '',
      ],
      documents: [...blobs, document],
    });
  }

  async #putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath: string,
  ): Promise<void> {
    const { threadId, namespace, checkpointId = '' } = addressOf(config);
    const attempt = boundAttempt(this.#binding.attempt, threadId);
    const stored = await serializeWrites(this.serde, config, writes, taskId, taskPath);
    checkSize(attempt, stored);
    const event = await nodeFinished(attempt, writes, namespace, taskId, taskPath);
    const { keys } = this.#parts.database;
    await this.#step('sgPutWrites', threadId, event, {
      keys: [
        keys.documents(threadId),
        keys.replaced(threadId, namespace, checkpointId),
        saverKeys.writes(threadId, namespace, checkpointId),
        saverKeys.checkpoint(threadId, namespace, checkpointId),
        keys.belongings(threadId),
      ],
      words: [stored.every(({ replaces }) => replaces) ? '1' : ''],
      documents: stored.map((write) => writeDocument(threadId, write, attempt.epoch)),
    });
  }

  /** Nothing is written unless the attempt's epoch is the session's and its run still runs. */
  async #step(
    script: ScriptName,
    threadId: string,
    event: DurableDetail | null,
    step: { keys: readonly string[]; words: readonly string[]; documents: readonly Document[] },
  ): Promise<void> {
    const attempt = boundAttempt(this.#binding.attempt, threadId);
    const { sessionId, epoch, runId } = attempt;
    const { database, bus } = this.#parts;
    const at = database.clock.now();
    const logged = event === null ? [] : [{ runId, at, detail: event }];
    // What the script publishes itself comes after what was told before.
    bus.flush();
    try {
      const sequence = await database.script(
        script,
        [
          database.keys.session(sessionId),
          database.keys.events(sessionId),
          ...step.keys,
          database.keys.listed(sessionId),
        ],
        [
          epoch,
          at,
          runId,
          event === null ? '' : JSON.stringify(event),
          bus.channelOf(sessionId),
          bus
            .message([{ type: 'changed', lastEvent: SEQUENCE, epoch, logged }])
            .replace(String(SEQUENCE), '%SEQUENCE%'),
          ...step.words,
          ...step.documents.flat(),
        ],
      );
      if (sequence === -1) throw superseded(sessionId, epoch);
      if (event === null) return;
      // 0: it stands in the log already, and an answer that was lost may have said so.
      const lastEvent = sequence === 0 ? null : Number(sequence);
      if (lastEvent !== null) attempt.onLogged(event.type);
      // The script has notified the other processes.
      bus.deliver(sessionId, { type: 'changed', lastEvent, epoch, logged });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      attempt.onRefused(error);
      throw error;
    }
  }

  async #tuple(stored: StoredTuple): Promise<CheckpointTuple> {
    const load = (json: string) => this.serde.loadsTyped('json', json);
    const [values, pendingWrites, metadata] = await Promise.all([
      Promise.all(
        stored.values.map(async ([channel, json]) => [channel, await load(json)] as const),
      ),
      this.#pendingWrites(stored),
      load(JSON.stringify(stored.metadata)),
    ]);
    const checkpoint: Checkpoint = {
      ...stored.checkpoint,
      channel_values: Object.fromEntries(values),
    };
    const address = { thread_id: stored.threadId, checkpoint_ns: stored.namespace };
    const parentConfig =
      stored.parentId === null
        ? undefined
        : { configurable: { ...address, checkpoint_id: stored.parentId } };
    if (checkpoint.v < 4 && parentConfig !== undefined) {
      const parent = await this.#find(parentConfig);
      if (parent !== undefined) restorePendingSends(checkpoint, await this.#pendingWrites(parent));
    }
    return {
      config: { configurable: { ...address, checkpoint_id: checkpoint.id } },
      checkpoint,
      metadata: metadata as CheckpointMetadata,
      ...(parentConfig !== undefined && { parentConfig }),
      pendingWrites,
    };
  }

  #pendingWrites({ writes }: StoredTuple): Promise<CheckpointPendingWrite[]> {
    return Promise.all(
      writes.map(async ({ task_id, channel, value, exact }): Promise<CheckpointPendingWrite> => [
        task_id,
        channel,
        // A stock saver leaves a value out that is undefined.
        await this.serde.loadsTyped('json', exact ?? JSON.stringify(value) ?? UNDEFINED),
      ]),
    );
  }
}

function checkDocuments(attempt: Attempt, documents: readonly Document[]): void {
  attempt.checkSize(documents.reduce((sum, [, json]) => sum + Buffer.byteLength(json), 0));
}

const UNDEFINED = '{"lc":2,"type":"undefined"}';

/** Stands for the event's number in the notification until the script knows it. */
const SEQUENCE = 9_007_199_254_740_991;
