// The checkpoint saver on SQLite, in the tables of LangGraph's SqliteSaver. Fence, checkpoint and event are one transaction
// (single-writer fencing). The newest checkpoint is the stored head, and pending writes come back in the order in which they
// were made.
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
  ReaderOptions,
  ProgressBus,
  StoredWrite,
} from '../../session/ports.ts';
import { type DurableDetail, checkpointSaved } from '../../session/progress.ts';
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
  restorePendingSends,
  serializeCheckpoint,
  serializeWrites,
  toBlob,
  tuplesOneByOne,
} from '../stored-form.ts';
import type { SqliteDatabase } from './database.ts';

export class SqliteSavers implements CheckpointSavers {
  readonly channelsApart = false;
  readonly #database: SqliteDatabase;
  readonly #bus: ProgressBus;

  constructor(database: SqliteDatabase, bus: ProgressBus) {
    this.#database = database;
    this.#bus = bus;
  }

  reader(options: ReaderOptions = {}): BaseCheckpointSaver {
    return new SqliteCheckpointer(this.#database, this.#bus, options);
  }

  attempt(attempt: Attempt): BaseCheckpointSaver {
    return new SqliteCheckpointer(this.#database, this.#bus, { attempt });
  }

  tuples(places: readonly CheckpointPlace[]): Promise<(CheckpointTuple | undefined)[]> {
    return tuplesOneByOne(this.reader(), places);
  }

  stockThread(threadId: string): Promise<CheckpointTuple[]> {
    return Array.fromAsync(this.reader().list({ configurable: { thread_id: threadId } }));
  }
}

class SqliteCheckpointer extends BaseCheckpointSaver<number> {
  readonly #database: SqliteDatabase;
  readonly #bus: ProgressBus;
  readonly #binding: SaverBinding;
  readonly #order = new StepOrder();

  constructor(database: SqliteDatabase, bus: ProgressBus, binding: SaverBinding) {
    super(serializer);
    this.#database = database;
    this.#bus = bus;
    this.#binding = binding;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.['thread_id'] === undefined) return undefined;
    const { threadId, namespace, checkpointId } = addressOf(config);
    const row =
      checkpointId === undefined
        ? this.#newest(threadId, namespace)
        : this.#row(threadId, namespace, checkpointId);
    return row === undefined ? undefined : this.#tuple(threadId, namespace, row);
  }

  override async *list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    const { limit, before, filter } = options ?? {};
    if (limit !== undefined && limit <= 0) return;
    let left = limit ?? Infinity;
    for (const row of this.#history(config, before, filter === undefined ? limit : undefined)) {
      const metadata: unknown = await this.serde.loadsTyped(row.type, row.metadata);
      if (!metadataMatches(metadata, filter)) continue;
      yield await this.#tuple(row.thread_id, row.checkpoint_ns, row);
      left -= 1;
      if (left === 0) return;
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions = {},
  ): Promise<RunnableConfig> {
    const stored = await serializeCheckpoint(this.serde, config, checkpoint, metadata);
    const { attempt, collect } = this.#binding;
    const { threadId, namespace } = addressOf(config);
    if (collect !== undefined) collect.checkpoint(stored, checkpoint, newVersions);
    else {
      const own = boundAttempt(attempt, threadId);
      const { next, changedKeys } = own.describeCheckpoint(namespace, checkpoint, newVersions);
      const bytes = checkSize(own, [stored]);
      const { checkpointId, step, source } = stored;
      const write = (ordinal: number, epoch: number) => {
        this.#database
          .statement(
            `INSERT OR REPLACE INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id,
                type, checkpoint, metadata, ordinal, epoch, run_id, step, source, changed_keys, created_at)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            threadId,
            namespace,
            checkpointId,
            stored.parentId,
            stored.type,
            toBlob(stored.checkpoint),
            toBlob(stored.metadata),
            ordinal,
            epoch,
            own.runId,
            step,
            source,
            JSON.stringify(changedKeys),
            stored.createdAt,
          );
        return true;
      };
      const head = namespace === '' ? checkpointId : null;
      const event = checkpointSaved({ ...stored, changedKeys }, next);
      await this.#order.checkpoint(namespace, () =>
        this.#commit(threadId, { head, checkpoints: 1, bytes, event, write }),
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
    if (collect !== undefined) {
      collect.writes(await serializeWrites(this.serde, config, writes, taskId, taskPath));
      return;
    }
    // The checkpoint that they make waits until they are in the queue of the connection, not until they stand.
    const { threadId, namespace } = addressOf(config);
    const { committed } = await this.#order.writes(namespace, async () => {
      const step = await this.#writesStep(config, writes, taskId, taskPath);
      return { committed: this.#commit(threadId, step) };
    });
    await committed;
  }

  async #writesStep(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath: string,
  ): Promise<FencedStep> {
    const stored = await serializeWrites(this.serde, config, writes, taskId, taskPath);
    const { threadId, namespace } = addressOf(config);
    const attempt = boundAttempt(this.#binding.attempt, threadId);
    return {
      head: null,
      checkpoints: 0,
      bytes: checkSize(attempt, stored),
      event: await nodeFinished(attempt, writes, namespace, taskId, taskPath),
      write: (_ordinal, epoch) => this.#insertWrites(threadId, stored, epoch),
    };
  }

  override getDeltaChannelHistory(
    options: Parameters<BaseCheckpointSaver['getDeltaChannelHistory']>[0],
  ): ReturnType<BaseCheckpointSaver['getDeltaChannelHistory']> {
    const ancestors = this.#database.history.ancestors((places) => tuplesOneByOne(this, places));
    return readDeltaHistory(this, ancestors, options);
  }

  override deleteThread(): Promise<void> {
    throw new Error('a session is deleted by the session store, with everything under it');
  }

  /** One transaction: nothing is written unless the attempt's epoch is the session's and its run still runs. */
  async #commit(threadId: string, step: FencedStep): Promise<void> {
    const attempt = boundAttempt(this.#binding.attempt, threadId);
    const now = this.#database.clock.now();
    let lastEvent: number | null = null;
    try {
      await this.#transaction(() => {
        const owned = this.#database
          .statement(
            `UPDATE sessions SET head = coalesce(?, head), last_ordinal = last_ordinal + ?,
              stored_bytes = stored_bytes + ?, updated_at = ?,
              expires_at = ? + ttl_ms
            WHERE id = ? AND id = ? AND epoch = ? AND status = 'RUNNING'
            RETURNING last_ordinal, last_event`,
          )
          .get(
            step.head,
            step.checkpoints,
            step.bytes,
            now,
            now,
            threadId,
            attempt.sessionId,
            attempt.epoch,
          ) as { last_ordinal: number; last_event: number } | undefined;
        if (owned === undefined) throw superseded(attempt.sessionId, attempt.epoch);
        const written = step.write(owned.last_ordinal, attempt.epoch);
        if (!written || step.event === null) return;
        lastEvent = owned.last_event + 1;
        this.#database
          .statement('UPDATE sessions SET last_event = ? WHERE id = ?')
          .run(lastEvent, threadId);
        this.#database
          .statement(
            'INSERT INTO session_events (session_id, sequence, run_id, at, detail) VALUES (?, ?, ?, ?, ?)',
          )
          .run(threadId, lastEvent, attempt.runId, now, JSON.stringify(step.event));
      });
    } catch (error) {
      attempt.onRefused(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
    if (lastEvent !== null && step.event !== null) {
      attempt.onLogged(step.event.type);
      const logged = [{ runId: attempt.runId, at: now, detail: step.event }];
      this.#bus.publish(threadId, { type: 'changed', lastEvent, epoch: attempt.epoch, logged });
    }
  }

  /**
   * Steps of one turn are in one transaction, each of which may be rolled back alone: a later one must not stand without an
   * earlier one.
   */
  #transaction(write: () => void): Promise<void> {
    return this.#database.transaction(() => {
      this.#order.failure.throwIfFailed();
      try {
        write();
      } catch (error) {
        this.#order.failure.remember(error);
        throw error;
      }
    });
  }

  /** Whether anything was new: a task's writes that are already there are not written, nor reported, again. */
  #insertWrites(threadId: string, writes: readonly StoredWrite[], epoch: number): boolean {
    let changes = 0;
    for (const write of writes) {
      const key = [threadId, write.namespace, write.checkpointId, write.taskId, write.index];
      if (write.replaces) {
        this.#database
          .statement(
            `INSERT OR IGNORE INTO replaced_writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel,
              type, value, task_path, epoch, replaced_epoch)
            SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value, task_path, epoch, ?
            FROM writes WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? AND task_id = ? AND idx = ?
              AND epoch < ?`,
          )
          .run(epoch, ...key, epoch);
      }
      changes += this.#database
        .statement(
          `INSERT OR ${write.replaces ? 'REPLACE' : 'IGNORE'} INTO writes (thread_id, checkpoint_ns, checkpoint_id,
            task_id, idx, channel, type, value, task_path, epoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(...key, write.channel, write.type, toBlob(write.value), write.taskPath, epoch).changes;
    }
    return changes > 0;
  }

  /** The head of the graph itself; of a subgraph's namespace, the newest that no rollback took back. */
  #newest(threadId: string, namespace: string): StoredRow | undefined {
    if (namespace === '') {
      const session = this.#read<{ head: string | null }>(
        'SELECT head FROM sessions WHERE id = ?',
        threadId,
      )[0];
      if (session !== undefined) {
        return session.head === null ? undefined : this.#row(threadId, namespace, session.head);
      }
    }
    return this.#read<StoredRow>(
      `SELECT * FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ? AND discarded = 0 AND epoch <= ?
      ORDER BY ordinal DESC LIMIT 1`,
      threadId,
      namespace,
      this.#upToEpoch,
    )[0];
  }

  #row(threadId: string, namespace: string, checkpointId: string): StoredRow | undefined {
    return this.#read<StoredRow>(
      'SELECT * FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?',
      threadId,
      namespace,
      checkpointId,
    )[0];
  }

  #history(
    config: RunnableConfig,
    before: RunnableConfig | undefined,
    limit: number | undefined,
  ): StoredRow[] {
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const beforeId: unknown = before?.configurable?.['checkpoint_id'];
    const conditions: [string, ...unknown[]][] = [];
    if (thread_id !== undefined) conditions.push(['thread_id = ?', thread_id]);
    if (checkpoint_ns !== undefined) conditions.push(['checkpoint_ns = ?', checkpoint_ns]);
    if (checkpoint_id !== undefined) conditions.push(['checkpoint_id = ?', checkpoint_id]);
    if (beforeId !== undefined) {
      conditions.push([
        `ordinal < (SELECT max(b.ordinal) FROM checkpoints AS b
          WHERE b.thread_id = checkpoints.thread_id AND b.checkpoint_id = ?)`,
        beforeId,
      ]);
    }
    const where = conditions.map(([text]) => text).join(' AND ');
    return this.#read<StoredRow>(
      `SELECT * FROM checkpoints ${where === '' ? '' : `WHERE ${where}`} ORDER BY ordinal DESC LIMIT ?`,
      ...conditions.flatMap(([, ...values]) => values),
      limit ?? -1,
    );
  }

  async #tuple(threadId: string, namespace: string, row: StoredRow): Promise<CheckpointTuple> {
    const address = { thread_id: threadId, checkpoint_ns: namespace };
    const checkpoint = (await this.serde.loadsTyped(row.type, row.checkpoint)) as Checkpoint;
    if (checkpoint.v < 4 && row.parent_checkpoint_id !== null) {
      const writes = this.#pendingWrites(threadId, namespace, row.parent_checkpoint_id);
      restorePendingSends(checkpoint, await writes);
    }
    return {
      config: { configurable: { ...address, checkpoint_id: row.checkpoint_id } },
      checkpoint,
      metadata: (await this.serde.loadsTyped(row.type, row.metadata)) as CheckpointMetadata,
      ...(row.parent_checkpoint_id !== null && {
        parentConfig: { configurable: { ...address, checkpoint_id: row.parent_checkpoint_id } },
      }),
      pendingWrites: await this.#pendingWrites(threadId, namespace, row.checkpoint_id),
    };
  }

  #pendingWrites(...place: [threadId: string, namespace: string, checkpointId: string]) {
    return Promise.all(
      this.#writes(...place).map(
        async ({ task_id, channel, type, value }): Promise<CheckpointPendingWrite> => [
          task_id,
          channel,
          await this.serde.loadsTyped(type, type === 'bytes' ? new Uint8Array(value) : value),
        ],
      ),
    );
  }

  #writes(threadId: string, namespace: string, checkpointId: string): WriteRow[] {
    const place = [threadId, namespace, checkpointId];
    const upTo = this.#upToEpoch;
    if (upTo === Number.MAX_SAFE_INTEGER) {
      return this.#read<WriteRow>(
        `SELECT task_id, channel, type, value FROM writes
        WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? ORDER BY task_path, task_id, idx`,
        ...place,
      );
    }
    return this.#read<WriteRow>(
      `SELECT task_id, channel, type, value, task_path, idx FROM writes
      WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? AND epoch <= ?
      UNION ALL SELECT task_id, channel, type, value, task_path, idx FROM replaced_writes
      WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? AND epoch <= ? AND replaced_epoch > ?
      ORDER BY task_path, task_id, idx`,
      ...place,
      upTo,
      ...place,
      upTo,
      upTo,
    );
  }

  get #upToEpoch(): number {
    return this.#binding.upToEpoch ?? Number.MAX_SAFE_INTEGER;
  }

  #read<Row>(sql: string, ...parameters: unknown[]): Row[] {
    return this.#database.readAll(sql, parameters) as Row[];
  }
}

interface FencedStep {
  /** The session's new head; null where it stays. */
  readonly head: string | null;
  readonly checkpoints: 0 | 1;
  readonly bytes: number;
  readonly event: DurableDetail | null;
  /** Writes, and tells whether there was anything to report. */
  write(ordinal: number, epoch: number): boolean;
}

interface StoredRow {
  readonly thread_id: string;
  readonly checkpoint_ns: string;
  readonly checkpoint_id: string;
  readonly parent_checkpoint_id: string | null;
  readonly type: string;
  readonly checkpoint: Uint8Array;
  readonly metadata: Uint8Array;
}

interface WriteRow {
  readonly task_id: string;
  readonly channel: string;
  readonly type: string;
  readonly value: Uint8Array;
}
