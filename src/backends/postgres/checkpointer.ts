// The checkpoint saver on Postgres, in the tables of LangGraph's PostgresSaver. A checkpoint, the writes that made it, the fence
// and the events are one statement (single-writer fencing). The newest checkpoint is the stored head, and pending writes come
// back in the order in which they were made.
import { createHash } from 'node:crypto';
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
import type {
  Attempt,
  CheckpointPlace,
  CheckpointSavers,
  ProgressBus,
} from '../../session/ports.ts';
import type { DurableDetail } from '../../session/progress.ts';
import { readDeltaHistory } from '../delta-history.ts';
import { serializer } from '../serializer.ts';
import {
  type SaverBinding,
  addressOf,
  boundAttempt,
  checkSize,
  describeStored,
  metadataMatches,
  nextBranchVersion,
  nodeFinished,
  placeKey,
  restorePendingSends,
  serializeCheckpoint,
  serializeWrites,
} from '../stored-form.ts';
import { pack, packChannels, toJsonb, unpack } from './channel-blobs.ts';
import type { PostgresDatabase } from './database.ts';
import { isDuplicate, translatePostgresError } from './errors.ts';
import { type StepStatements, selectTuples, stepStatements } from './statements.ts';
import { type Step, StepQueue } from './step-queue.ts';

const EVERY_EPOCH = Number.MAX_SAFE_INTEGER;

export function createPostgresSavers(
  database: PostgresDatabase,
  bus: ProgressBus,
): CheckpointSavers {
  const statements = stepStatements(database);
  const open = (binding: SaverBinding) =>
    new PostgresCheckpointer(database, bus, statements, binding);
  const reader = open({});
  return {
    channelsApart: true,
    tuples: (places, channels) => reader.tuples(places, channels),
    reader: (options = {}) => open(options),
    attempt: (attempt) => open({ attempt }),
    stockThread: (threadId) =>
      Array.fromAsync(open({}).list({ configurable: { thread_id: threadId } })),
  };
}

class PostgresCheckpointer extends BaseCheckpointSaver<number> {
  readonly #database: PostgresDatabase;
  readonly #bus: ProgressBus;
  readonly #statements: StepStatements;
  readonly #binding: SaverBinding;
  readonly #steps = new StepQueue((...steps) => this.#store(...steps));

  constructor(
    database: PostgresDatabase,
    bus: ProgressBus,
    statements: StepStatements,
    binding: SaverBinding,
  ) {
    super(serializer);
    this.#database = database;
    this.#bus = bus;
    this.#statements = statements;
    this.#binding = binding;
  }

  /** Branches of one session never meet in a version, so never read each other's blobs. */
  override getNextVersion(current: number | undefined): number {
    return nextBranchVersion(current);
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.['thread_id'] === undefined) return undefined;
    const row = await this.#find(config);
    return row && this.#tuple(row);
  }

  async #find(config: RunnableConfig): Promise<TupleRow | undefined> {
    const { threadId, namespace, checkpointId } = addressOf(config);
    const upTo = this.#binding.upToEpoch ?? EVERY_EPOCH;
    if (checkpointId !== undefined) {
      const where = 'cp.checkpoint_id = $4';
      return this.#one('tuple_by_id', where, [threadId, namespace, upTo, checkpointId]);
    }
    if (namespace !== '') {
      const where = 'cp.discarded = 0 AND cp.epoch <= $3 ORDER BY cp.ordinal DESC LIMIT 1';
      return this.#one('tuple_newest', where, [threadId, namespace, upTo]);
    }
    const where = `cp.checkpoint_id = (SELECT head FROM ${this.#database.own('sessions')} WHERE id = $1)`;
    return this.#one('tuple_head', where, [threadId, namespace, upTo]);
  }

  /** Checkpoints at these places, in one round trip. */
  async tuples(
    places: readonly CheckpointPlace[],
    channels: readonly string[] | null,
  ): Promise<(CheckpointTuple | undefined)[]> {
    if (places.length === 0) return [];
    const only = '($5::text[] IS NULL OR b.channel = ANY($5))';
    const text = `${selectTuples(this.#database, '$4', only)}
      WHERE (cp.thread_id, cp.checkpoint_ns, cp.checkpoint_id)
        IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`;
    const rows = await this.#query('tuples', text, [
      places.map(({ sessionId }) => sessionId),
      places.map(({ namespace }) => namespace),
      places.map(({ checkpointId }) => checkpointId),
      this.#binding.upToEpoch ?? EVERY_EPOCH,
      channels,
    ]);
    const found = new Map(rows.map((row) => [placeKey(placeOf(row)), row]));
    return Promise.all(
      places.map(async (place) => {
        const row = found.get(placeKey(place));
        return row && this.#tuple(row);
      }),
    );
  }

  override async *list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    const { limit, before, filter } = options ?? {};
    if (limit !== undefined && limit <= 0) return;
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const values: unknown[] = [EVERY_EPOCH];
    const parameter = (value: unknown) => `$${values.push(value)}`;
    const where = ['TRUE'];
    if (thread_id !== undefined) where.push(`cp.thread_id = ${parameter(thread_id)}`);
    if (checkpoint_ns !== undefined) where.push(`cp.checkpoint_ns = ${parameter(checkpoint_ns)}`);
    if (checkpoint_id !== undefined) where.push(`cp.checkpoint_id = ${parameter(checkpoint_id)}`);
    const beforeId: unknown = before?.configurable?.['checkpoint_id'];
    if (beforeId !== undefined) {
      where.push(`cp.ordinal < (SELECT max(b.ordinal) FROM ${this.#database.table('checkpoints')} AS b
        WHERE b.thread_id = cp.thread_id AND b.checkpoint_id = ${parameter(beforeId)})`);
    }
    if (filter !== undefined) where.push(`cp.metadata @> ${parameter(JSON.stringify(filter))}`);
    const text = `${selectTuples(this.#database, '$1')} WHERE ${where.join(' AND ')}
      ORDER BY cp.ordinal DESC NULLS LAST, cp.checkpoint_id DESC LIMIT ${parameter(limit ?? null)}`;
    for (const row of await this.#query('list', text, values)) {
      if (metadataMatches(row.metadata, filter)) yield await this.#tuple(row);
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
      await this.#steps.checkpoint(namespace, () =>
        this.#checkpointStep(config, checkpoint, metadata, newVersions),
      );
    }
    return {
      configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: checkpoint.id },
    };
  }

  async #checkpointStep(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<Step> {
    const { threadId, namespace, checkpointId: parentId } = addressOf(config);
    const { channel_values, ...rest } = checkpoint;
    const [blobs, [, metadataBytes]] = await Promise.all([
      packChannels(this.serde, channel_values, newVersions),
      this.serde.dumpsTyped(metadata),
    ]);
    const attempt = boundAttempt(this.#binding.attempt, threadId);
    const description = attempt.describeCheckpoint(namespace, checkpoint, newVersions);
    const { step, source, changedKeys, createdAt, event } = describeStored(
      namespace,
      checkpoint,
      metadata,
      description,
    );
    const head = toJsonb(JSON.stringify(rest));
    const bytes = head.length + metadataBytes.length + blobs.bytes.length;
    attempt.checkSize(bytes);
    return {
      statement: 'putCheckpoint',
      threadId,
      event,
      subject: `c/${namespace}/${checkpoint.id}`,
      parameters: [
        namespace,
        checkpoint.id,
        parentId ?? null,
        head,
        toJsonb(new TextDecoder().decode(metadataBytes)),
        step,
        source,
        JSON.stringify(changedKeys),
        blobs.channels,
        blobs.versions,
        blobs.types,
        blobs.starts,
        blobs.lengths,
        blobs.bytes,
        createdAt,
        bytes,
      ],
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
      await this.#steps.writes(namespace, () => this.#writesStep(config, writes, taskId, taskPath));
    } else collect.writes(await serializeWrites(this.serde, config, writes, taskId, taskPath));
  }

  async #writesStep(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath: string,
  ): Promise<Step> {
    const stored = await serializeWrites(this.serde, config, writes, taskId, taskPath);
    const { threadId, namespace, checkpointId } = addressOf(config);
    const attempt = boundAttempt(this.#binding.attempt, threadId);
    const bytes = checkSize(attempt, stored);
    const event = await nodeFinished(attempt, writes, namespace, taskId, taskPath);
    const packed = pack(
      stored.map(({ channel, type, value }) => ({ channel, version: '', type, bytes: value })),
    );
    return {
      statement: stored.every(({ replaces }) => replaces) ? 'replaceWrites' : 'putWrites',
      threadId,
      event,
      subject: `t/${namespace}/${checkpointId}/${taskId}`,
      parameters: [
        namespace,
        checkpointId,
        taskId,
        taskPath,
        stored.map(({ index }) => index),
        packed.channels,
        packed.types,
        packed.starts,
        packed.lengths,
        packed.bytes,
        bytes,
      ],
    };
  }

  override getDeltaChannelHistory(
    options: Parameters<BaseCheckpointSaver['getDeltaChannelHistory']>[0],
  ): ReturnType<BaseCheckpointSaver['getDeltaChannelHistory']> {
    const ancestors = this.#database.history.ancestors((places, channels) =>
      this.tuples(places, channels),
    );
    return readDeltaHistory(this, ancestors, options);
  }

  override deleteThread(): Promise<void> {
    throw new Error('a session is deleted by the session store, with everything under it');
  }

  /**
   * Stores a step, or a task's writes with the checkpoint that they make: all of it or nothing, and nothing unless the
   * attempt's epoch is the session's and its run still runs.
   */
  async #store(step: Step, checkpoint?: Step): Promise<void> {
    const attempt = boundAttempt(this.#binding.attempt, step.threadId);
    try {
      if (checkpoint !== undefined && (await this.#storeBoth(attempt, step, checkpoint))) return;
      await this.#storeOne(attempt, step);
      if (checkpoint !== undefined) await this.#storeOne(attempt, checkpoint);
    } catch (thrown) {
      const error = translatePostgresError(thrown);
      attempt.onRefused(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  /** @returns false where one of them was logged before; nothing is stored then */
  async #storeBoth(attempt: Attempt, writes: Step, checkpoint: Step): Promise<boolean> {
    const at = this.#database.clock.now();
    try {
      const lastEvent = await this.#execute('putBoth', attempt, at, [
        ...eventOf(attempt, checkpoint),
        ...checkpoint.parameters,
        ...eventOf(attempt, writes),
        ...writes.parameters,
      ]);
      this.#tell(attempt, at, lastEvent, [writes.event, checkpoint.event]);
      return true;
    } catch (error) {
      if (isLoggedAlready(error)) return false;
      throw error;
    }
  }

  async #storeOne(attempt: Attempt, step: Step): Promise<void> {
    const { statement, event, parameters } = step;
    const at = this.#database.clock.now();
    try {
      const given = [...eventOf(attempt, step), ...parameters];
      this.#tell(attempt, at, await this.#execute(statement, attempt, at, given), [event]);
    } catch (error) {
      if (!isLoggedAlready(error)) throw error;
      // The connection broke after the commit, or the task's writes come a second time.
      if (statement !== 'putCheckpoint')
        await this.#execute(statement, attempt, at, [null, null, ...parameters]);
      // Under which number it stands in the log, only that tells.
      const { sessionId, epoch } = attempt;
      this.#bus.publish(sessionId, { type: 'changed', lastEvent: null, epoch, logged: [] });
    }
  }

  /** @returns the number of the session's newest event then @throws GatewayError RUN_SUPERSEDED */
  async #execute(
    statement: keyof StepStatements,
    { sessionId, epoch, runId }: Attempt,
    at: number,
    parameters: readonly unknown[],
  ): Promise<number> {
    const [owned] = await this.#database.query<{ last_event: number }>(
      statement,
      this.#statements[statement],
      [sessionId, epoch, runId, at, ...parameters],
    );
    if (owned === undefined) throw superseded(sessionId, epoch);
    return owned.last_event;
  }

  #tell(
    { sessionId, epoch, runId, onLogged }: Attempt,
    at: number,
    lastEvent: number,
    events: readonly (DurableDetail | null)[],
  ): void {
    const logged = events.flatMap((detail) => (detail === null ? [] : [{ runId, at, detail }]));
    if (logged.length === 0) return;
    for (const { detail } of logged) onLogged(detail.type);
    this.#bus.publish(sessionId, { type: 'changed', lastEvent, epoch, logged });
  }

  async #one(name: string, where: string, values: unknown[]): Promise<TupleRow | undefined> {
    const text = `${selectTuples(this.#database, '$3')}
      WHERE cp.thread_id = $1 AND cp.checkpoint_ns = $2 AND ${where}`;
    const [row] = await this.#query(name, text, values);
    return row;
  }

  async #query(name: string, text: string, values: unknown[]): Promise<TupleRow[]> {
    try {
      // Lists have many shapes, which are not worth a name each.
      return name === 'list'
        ? (await this.#database.pool.query<TupleRow>(text, values)).rows
        : await this.#database.query<TupleRow>(name, text, values);
    } catch (error) {
      throw translatePostgresError(error);
    }
  }

  async #tuple(row: TupleRow): Promise<CheckpointTuple> {
    const address = { thread_id: row.thread_id, checkpoint_ns: row.checkpoint_ns };
    const blobs = unpack(row.lengths, row.bytes);
    const [values, pendingWrites] = await Promise.all([
      Promise.all(
        (row.channels ?? []).map(async (channel, n) => [
          channel,
          await this.#load(row.types?.[n], blobs[n]),
        ]),
      ),
      this.#pendingWrites(row),
    ]);
    const checkpoint: Checkpoint = {
      ...row.checkpoint,
      channel_values: Object.fromEntries(values) as Record<string, unknown>,
    };
    const parentConfig =
      row.parent_checkpoint_id === null
        ? undefined
        : { configurable: { ...address, checkpoint_id: row.parent_checkpoint_id } };
    if (checkpoint.v < 4 && parentConfig !== undefined) {
      const parent = await this.#find(parentConfig);
      if (parent !== undefined) restorePendingSends(checkpoint, await this.#pendingWrites(parent));
    }
    return {
      config: { configurable: { ...address, checkpoint_id: row.checkpoint_id } },
      checkpoint,
      metadata: (await this.serde.loadsTyped(
        'json',
        JSON.stringify(row.metadata),
      )) as CheckpointMetadata,
      ...(parentConfig !== undefined && { parentConfig }),
      pendingWrites,
    };
  }

  #pendingWrites(row: TupleRow): Promise<CheckpointPendingWrite[]> {
    const blobs = unpack(row.write_lengths, row.write_bytes);
    return Promise.all(
      (row.tasks ?? []).map(async (taskId, n): Promise<CheckpointPendingWrite> => [
        taskId,
        row.write_channels?.[n] ?? '',
        await this.#load(row.write_types?.[n], blobs[n]),
      ]),
    );
  }

  #load(type = '', bytes: Uint8Array = new Uint8Array()): Promise<unknown> {
    return this.serde.loadsTyped(type, type === 'bytes' ? new Uint8Array(bytes) : bytes);
  }
}

/** A step's event with its unique key within the session, which is of a fixed length. */
function eventOf({ epoch }: Attempt, { event, subject }: Step): (string | null)[] {
  if (event === null) return [null, null];
  const key = createHash('sha256').update(`${epoch}/${subject}`).digest('base64url');
  return [JSON.stringify(event), key];
}

function isLoggedAlready(error: unknown): boolean {
  return isDuplicate(error, 'session_events_subject');
}

function placeOf(row: TupleRow): CheckpointPlace {
  const { thread_id, checkpoint_ns, checkpoint_id } = row;
  return { sessionId: thread_id, namespace: checkpoint_ns, checkpointId: checkpoint_id };
}

interface TupleRow {
  readonly thread_id: string;
  readonly checkpoint_ns: string;
  readonly checkpoint_id: string;
  readonly parent_checkpoint_id: string | null;
  readonly checkpoint: Omit<Checkpoint, 'channel_values'>;
  readonly metadata: unknown;
  readonly channels: string[] | null;
  readonly types: string[] | null;
  readonly lengths: (number | null)[] | null;
  readonly bytes: Uint8Array | null;
  readonly tasks: string[] | null;
  readonly write_channels: string[] | null;
  readonly write_types: string[] | null;
  readonly write_lengths: (number | null)[] | null;
  readonly write_bytes: Uint8Array | null;
}
