// The saver's checkpoints in the tables of LangGraph's SqliteSaver. A step is one transaction: checkpoint, writes, fence and
// events (single-writer fencing). The newest checkpoint is the stored head.
import { superseded } from '../../errors.ts';
import type {
  Attempt,
  CheckpointPlace,
  CheckpointRow,
  ProgressBus,
  ProgressSignal,
  StoredWrite,
} from '../../session/ports.ts';
import type { CommittedEvents, HistoryQuery, SaverStorage, StoredTuple } from '../saver-storage.ts';
import type { CheckpointStep, Step } from '../step-order.ts';
import {
  type CheckpointAddress,
  type SerializedCheckpoint,
  serializeWhole,
  toBlob,
} from '../stored-form.ts';
import type { SqliteDatabase } from './database.ts';

const EVERY_EPOCH = Number.MAX_SAFE_INTEGER;

export class SqliteSaverStorage implements SaverStorage<SerializedCheckpoint> {
  readonly channelsApart = false;
  readonly storesTogether = true;
  readonly serialize = serializeWhole;
  readonly #database: SqliteDatabase;
  readonly #bus: ProgressBus;

  constructor(database: SqliteDatabase, bus: ProgressBus) {
    this.#database = database;
    this.#bus = bus;
  }

  async read(
    { threadId, namespace, checkpointId }: CheckpointAddress,
    upToEpoch: number | null,
  ): Promise<StoredTuple | undefined> {
    const upTo = upToEpoch ?? EVERY_EPOCH;
    const row =
      checkpointId === undefined
        ? this.#newest(threadId, namespace, upTo)
        : this.#row(threadId, namespace, checkpointId);
    return row && this.#tuple(row, upTo);
  }

  async *list(query: HistoryQuery) {
    for (const row of this.#history(query)) yield this.#tuple(row, EVERY_EPOCH);
  }

  find({ sessionId, namespace, checkpointId }: CheckpointPlace): Promise<CheckpointRow | null> {
    return this.#database.history.find(sessionId, 'system', checkpointId, namespace);
  }

  before(row: CheckpointRow, limit: number): Promise<readonly CheckpointRow[]> {
    return this.#database.history.before(row, limit);
  }

  async store(
    attempt: Attempt,
    steps: readonly Step<SerializedCheckpoint>[],
  ): Promise<CommittedEvents[]> {
    const at = this.#database.clock.now();
    return [await this.#database.transaction(() => this.#storeAll(attempt, steps, at))];
  }

  publish(sessionId: string, signal: ProgressSignal): void {
    this.#bus.publish(sessionId, signal);
  }

  /** Within a transaction, which an error rolls back. */
  #storeAll(
    attempt: Attempt,
    steps: readonly Step<SerializedCheckpoint>[],
    at: number,
  ): CommittedEvents {
    const { sessionId, epoch, runId } = attempt;
    // A task's writes that are there already are neither written nor reported again.
    const stored = steps.filter(
      (step) => step.type === 'checkpoint' || this.#insertWrites(sessionId, step.writes, epoch),
    );
    const checkpoint = stored.find((step) => step.type === 'checkpoint');
    const events = stored.flatMap(({ event }) => event ?? []);
    const owned = this.#database
      .statement(
        `UPDATE sessions SET head = coalesce(?, head), last_ordinal = last_ordinal + ?,
          last_event = last_event + ?, stored_bytes = stored_bytes + ?, updated_at = ?, expires_at = ? + ttl_ms
        WHERE id = ? AND epoch = ? AND status = 'RUNNING'
        RETURNING last_ordinal, last_event`,
      )
      .get(
        checkpoint?.namespace === '' ? checkpoint.checkpointId : null,
        checkpoint === undefined ? 0 : 1,
        events.length,
        stored.reduce((sum, { bytes }) => sum + bytes, 0),
        at,
        at,
        sessionId,
        epoch,
      ) as { last_ordinal: number; last_event: number } | undefined;
    if (owned === undefined) throw superseded(sessionId, epoch);
    if (checkpoint !== undefined) this.#insertCheckpoint(attempt, checkpoint, owned.last_ordinal);
    const first = owned.last_event - events.length + 1;
    for (const [n, event] of events.entries()) {
      this.#database
        .statement(
          'INSERT INTO session_events (session_id, sequence, run_id, at, detail) VALUES (?, ?, ?, ?, ?)',
        )
        .run(sessionId, first + n, runId, at, JSON.stringify(event));
    }
    return {
      lastEvent: owned.last_event,
      logged: events.map((detail) => ({ runId, at, detail })),
    };
  }

  #insertCheckpoint(
    { sessionId, epoch, runId }: Attempt,
    { content, changedKeys }: CheckpointStep<SerializedCheckpoint>,
    ordinal: number,
  ): void {
    this.#database
      .statement(
        `INSERT OR REPLACE INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id,
            type, checkpoint, metadata, ordinal, epoch, run_id, step, source, changed_keys, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        sessionId,
        content.namespace,
        content.checkpointId,
        content.parentId,
        content.type,
        toBlob(content.checkpoint),
        toBlob(content.metadata),
        ordinal,
        epoch,
        runId,
        content.step,
        content.source,
        JSON.stringify(changedKeys),
        content.createdAt,
      );
  }

  /** Whether anything was new. */
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
  #newest(threadId: string, namespace: string, upToEpoch: number): StoredRow | undefined {
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
      upToEpoch,
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

  #history({ threadId, namespace, checkpointId, beforeId, limit }: HistoryQuery): StoredRow[] {
    const conditions: [string, unknown][] = [];
    if (threadId !== undefined) conditions.push(['thread_id = ?', threadId]);
    if (namespace !== undefined) conditions.push(['checkpoint_ns = ?', namespace]);
    if (checkpointId !== undefined) conditions.push(['checkpoint_id = ?', checkpointId]);
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
      ...conditions.map(([, value]) => value),
      limit ?? -1,
    );
  }

  #tuple(row: StoredRow, upToEpoch: number): StoredTuple {
    const { thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type } = row;
    return {
      sessionId: thread_id,
      namespace: checkpoint_ns,
      checkpointId: checkpoint_id,
      parentId: parent_checkpoint_id,
      checkpoint: [type, row.checkpoint],
      metadata: [type, row.metadata],
      writes: this.#writes([thread_id, checkpoint_ns, checkpoint_id], upToEpoch).map((write) => [
        write.task_id,
        write.channel,
        [write.type, write.value],
      ]),
    };
  }

  #writes(place: readonly string[], upToEpoch: number): WriteRow[] {
    if (upToEpoch === EVERY_EPOCH) {
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
      upToEpoch,
      ...place,
      upToEpoch,
      upToEpoch,
    );
  }

  #read<Row>(sql: string, ...parameters: unknown[]): Row[] {
    return this.#database.readAll(sql, parameters) as Row[];
  }
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
