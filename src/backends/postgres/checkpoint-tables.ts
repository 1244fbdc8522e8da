// LangGraph's tables inside the session store's transactions: edits, forks, rollbacks and deletion.
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type {
  CheckpointPlace,
  CheckpointRow,
  CopiedCheckpoint,
  ForkSource,
  StoredCheckpoint,
  StoredWrite,
} from '../../session/ports.ts';
import type { Session } from '../../session/session.ts';
import { type SqlCheckpointHistory, isOneOf } from '../sql/checkpoint-history.ts';
import type { CheckpointTables, Thread } from '../sql/dialect.ts';
import type { SessionDatabase } from '../sql/tables.ts';
import { listThreads } from '../sql/threads.ts';
import { toBlob } from '../stored-form.ts';
import { type PackedBlobs, splitCheckpoint, toJsonb } from './channel-blobs.ts';
import type { PostgresDatabase } from './database.ts';

type Tx = Transaction<SessionDatabase>;

const WRITE_COLUMNS = sql.raw(
  'checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path, epoch',
);
const ON_WRITE_CONFLICT =
  sql.raw(`ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) DO UPDATE SET
  channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob,
  task_path = EXCLUDED.task_path, epoch = EXCLUDED.epoch`);
const HISTORY_COLUMNS = sql.raw(`thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id,
  checkpoint, metadata, ordinal, epoch, run_id, step, source, changed_keys, created_at`);

export class PostgresCheckpointTables implements CheckpointTables {
  readonly history: SqlCheckpointHistory;
  readonly #checkpoints: RawBuilder<unknown>;
  readonly #blobs: RawBuilder<unknown>;
  readonly #writes: RawBuilder<unknown>;
  readonly #replaced: RawBuilder<unknown>;
  readonly #sessions: RawBuilder<unknown>;

  constructor(database: PostgresDatabase) {
    this.#checkpoints = sql.raw(database.table('checkpoints'));
    this.#blobs = sql.raw(database.table('checkpoint_blobs'));
    this.#writes = sql.raw(database.table('checkpoint_writes'));
    this.#replaced = sql.raw(database.own('replaced_writes'));
    this.#sessions = sql.raw(database.own('sessions'));
    this.history = database.history;
  }

  async insert(
    tx: Tx,
    session: Session,
    checkpoints: readonly StoredCheckpoint[],
    writes: readonly StoredWrite[],
  ): Promise<void> {
    let ordinal = session.lastOrdinal - checkpoints.length;
    for (const stored of checkpoints) {
      ordinal += 1;
      const { checkpoint, blobs } = splitCheckpoint(stored);
      await this.#insertBlobs(tx, session.id, stored.namespace, blobs);
      await sql`INSERT INTO ${this.#checkpoints} (${HISTORY_COLUMNS})
        VALUES (${session.id}, ${stored.namespace}, ${stored.checkpointId}, ${stored.parentId},
          ${toJsonb(checkpoint)}::jsonb, ${metadataOf(stored)}::jsonb, ${ordinal}, ${session.epoch},
          ${stored.runId}, ${stored.step}, ${stored.source}, ${JSON.stringify(stored.changedKeys)},
          ${stored.createdAt})`.execute(tx);
    }
    for (const write of writes) {
      await sql`INSERT INTO ${this.#writes} (thread_id, ${WRITE_COLUMNS})
        VALUES (${session.id}, ${write.namespace}, ${write.checkpointId}, ${write.taskId}, ${write.index},
          ${write.channel}, ${write.type}, ${toBlob(write.value)}, ${write.taskPath}, ${session.epoch})
        ${ON_WRITE_CONFLICT}`.execute(tx);
    }
  }

  async adopt(tx: Tx, rows: readonly CheckpointRow[]): Promise<void> {
    const table = rows.map((row) => ({ ...row, changedKeys: JSON.stringify(row.changedKeys) }));
    await sql`UPDATE ${this.#checkpoints} AS c
      SET ordinal = r.ordinal, created_at = r."createdAt", step = r.step, source = r.source,
        changed_keys = r."changedKeys"
      FROM jsonb_to_recordset(${JSON.stringify(table)}::jsonb) AS r ("sessionId" text, namespace text,
        "checkpointId" text, "createdAt" bigint, ordinal bigint, step int, source text, "changedKeys" text)
      WHERE c.thread_id = r."sessionId" AND c.checkpoint_ns = r.namespace
        AND c.checkpoint_id = r."checkpointId"`.execute(tx);
  }

  async rollBack(tx: Tx, sessionId: string, fromEpoch: number): Promise<void> {
    await sql`UPDATE ${this.#checkpoints} SET discarded = 1
      WHERE thread_id = ${sessionId} AND epoch >= ${fromEpoch}`.execute(tx);
    await sql`DELETE FROM ${this.#writes} AS w WHERE thread_id = ${sessionId} AND epoch >= ${fromEpoch}
      AND EXISTS (SELECT 1 FROM ${this.#checkpoints} AS c WHERE c.thread_id = w.thread_id
        AND c.checkpoint_ns = w.checkpoint_ns AND c.checkpoint_id = w.checkpoint_id
        AND c.epoch < ${fromEpoch})`.execute(tx);
    const taken = sql`thread_id = ${sessionId} AND epoch < ${fromEpoch} AND replaced_epoch >= ${fromEpoch}`;
    // Of a write that was replaced more than once, what stood there before comes back.
    await sql`INSERT INTO ${this.#writes} (thread_id, ${WRITE_COLUMNS})
      SELECT DISTINCT ON (checkpoint_ns, checkpoint_id, task_id, idx) thread_id, ${WRITE_COLUMNS}
      FROM ${this.#replaced} WHERE ${taken}
      ORDER BY checkpoint_ns, checkpoint_id, task_id, idx, epoch DESC
      ${ON_WRITE_CONFLICT}`.execute(tx);
    await sql`DELETE FROM ${this.#replaced} WHERE ${taken}`.execute(tx);
  }

  async copy(tx: Tx, source: ForkSource, target: Session): Promise<number> {
    let copied = 0;
    for (const place of source.checkpoints) {
      copied += await this.#copyOne(tx, source, target.id, place, copied + 1);
    }
    for (const sealed of source.sealed) await this.#seal(tx, target.id, sealed);
    return copied;
  }

  async remove(tx: Tx, places: readonly CheckpointPlace[]): Promise<void> {
    for (const table of [this.#checkpoints, this.#writes, this.#replaced]) {
      await sql`DELETE FROM ${table} WHERE ${isOneOf(places)}`.execute(tx);
    }
  }

  threads(db: Kysely<SessionDatabase>, after: string, limit: number): Promise<readonly Thread[]> {
    const tables = [this.#checkpoints, this.#blobs, this.#writes, this.#replaced];
    // Stock savers leave our columns empty.
    const isOwn = sql`EXISTS (SELECT 1 FROM ${this.#checkpoints} AS c
      WHERE c.thread_id = threads.id AND c.ordinal IS NOT NULL)`;
    return listThreads(db, tables, this.#sessions, isOwn, after, limit);
  }

  async measure(tx: Tx, sessionId: string): Promise<number> {
    const { rows } = await sql<{ bytes: string }>`SELECT
      (SELECT coalesce(sum(octet_length(blob)), 0) FROM ${this.#blobs} WHERE thread_id = ${sessionId})
      + (SELECT coalesce(sum(octet_length(blob)), 0) FROM ${this.#writes} WHERE thread_id = ${sessionId})
      + (SELECT coalesce(sum(pg_column_size(checkpoint) + pg_column_size(metadata)), 0)
        FROM ${this.#checkpoints} WHERE thread_id = ${sessionId}) AS bytes`.execute(tx);
    return Number(rows[0]?.bytes ?? 0);
  }

  async sweepValues(tx: Tx, sessionId: string): Promise<void> {
    await sql`WITH held AS (
        SELECT DISTINCT c.checkpoint_ns, v.key AS channel, v.value AS version
        FROM ${this.#checkpoints} AS c, jsonb_each_text(c.checkpoint -> 'channel_versions') AS v
        WHERE c.thread_id = ${sessionId}
      )
      DELETE FROM ${this.#blobs} AS b WHERE b.thread_id = ${sessionId} AND NOT EXISTS (
        SELECT 1 FROM held WHERE held.checkpoint_ns = b.checkpoint_ns
          AND held.channel = b.channel AND held.version = b.version)`.execute(tx);
  }

  async deleteAll(tx: Tx, sessionId: string): Promise<void> {
    for (const table of [this.#checkpoints, this.#blobs, this.#writes, this.#replaced]) {
      await sql`DELETE FROM ${table} WHERE thread_id = ${sessionId}`.execute(tx);
    }
  }

  /** Copies a checkpoint, its channels, and its writes as they were when `writesUpTo` was the newest epoch. */
  async #copyOne(
    tx: Tx,
    source: ForkSource,
    targetId: string,
    { namespace, checkpointId, writesUpTo: upTo }: CopiedCheckpoint,
    ordinal: number,
  ): Promise<number> {
    const here = sql`thread_id = ${source.sessionId} AND checkpoint_ns = ${namespace}
      AND checkpoint_id = ${checkpointId}`;
    const columns = sql.raw(
      'checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path',
    );
    const { rows } = await sql<{ copied: number }>`WITH copied AS (
        INSERT INTO ${this.#checkpoints} (${HISTORY_COLUMNS})
        SELECT ${targetId}, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata,
          ${ordinal}, 0, NULL, step, source, changed_keys, created_at
        FROM ${this.#checkpoints} WHERE ${here} RETURNING 1
      ), blobs AS (
        INSERT INTO ${this.#blobs} (thread_id, checkpoint_ns, channel, version, type, blob)
        SELECT ${targetId}, b.checkpoint_ns, b.channel, b.version, b.type, b.blob
        FROM ${this.#checkpoints} AS c, jsonb_each_text(c.checkpoint -> 'channel_versions') AS v,
          ${this.#blobs} AS b
        WHERE c.thread_id = ${source.sessionId} AND c.checkpoint_ns = ${namespace}
          AND c.checkpoint_id = ${checkpointId} AND b.thread_id = c.thread_id
          AND b.checkpoint_ns = c.checkpoint_ns AND b.channel = v.key AND b.version = v.value
        ON CONFLICT DO NOTHING
      ), written AS (
        INSERT INTO ${this.#writes} (thread_id, ${columns})
        SELECT ${targetId}, ${columns} FROM ${this.#writes} WHERE ${here} AND epoch <= ${upTo}
        UNION ALL
        SELECT ${targetId}, ${columns} FROM ${this.#replaced}
        WHERE ${here} AND epoch <= ${upTo} AND replaced_epoch > ${upTo}
      )
      SELECT count(*)::int AS copied FROM copied`.execute(tx);
    return rows[0]?.copied ?? 0;
  }

  async #seal(tx: Tx, targetId: string, sealed: StoredCheckpoint): Promise<void> {
    const { checkpoint, blobs } = splitCheckpoint(sealed);
    await sql`UPDATE ${this.#checkpoints}
      SET checkpoint = ${toJsonb(checkpoint)}::jsonb, metadata = ${metadataOf(sealed)}::jsonb
      WHERE thread_id = ${targetId} AND checkpoint_ns = ${sealed.namespace}
        AND checkpoint_id = ${sealed.checkpointId}`.execute(tx);
    await this.#insertBlobs(tx, targetId, sealed.namespace, blobs);
  }

  #insertBlobs(tx: Tx, threadId: string, namespace: string, blobs: PackedBlobs): Promise<unknown> {
    // A version is written once; only a DeltaChannel's, which stands for nothing, is filled in a fork.
    return sql`INSERT INTO ${this.#blobs} AS b (thread_id, checkpoint_ns, channel, version, type, blob)
      SELECT ${threadId}, ${namespace}, n.channel, n.version, n.type,
        substring(${blobs.bytes}::bytea FROM n.start FOR n.length)
      FROM unnest(${blobs.channels}::text[], ${blobs.versions}::text[], ${blobs.types}::text[],
        ${blobs.starts}::int[], ${blobs.lengths}::int[]) AS n (channel, version, type, start, length)
      ON CONFLICT (thread_id, checkpoint_ns, channel, version)
        DO UPDATE SET type = EXCLUDED.type, blob = EXCLUDED.blob WHERE b.type = 'empty'`.execute(
      tx,
    );
  }
}

function metadataOf(stored: StoredCheckpoint): string {
  return toJsonb(new TextDecoder().decode(stored.metadata));
}
