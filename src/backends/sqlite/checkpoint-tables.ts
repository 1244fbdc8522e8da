// The checkpoint tables inside the session store's transactions: edits, forks, rollbacks and deletion.
import { type Kysely, sql, type Transaction } from 'kysely';
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
import type { SqliteDatabase } from './database.ts';

type Tx = Transaction<SessionDatabase>;

const WRITE_COLUMNS = sql.raw(
  'checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value, task_path, epoch',
);

export class SqliteCheckpointTables implements CheckpointTables {
  readonly history: SqlCheckpointHistory;

  constructor({ history }: SqliteDatabase) {
    this.history = history;
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
      await sql`INSERT INTO checkpoints
        (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata,
         ordinal, epoch, run_id, step, source, changed_keys, created_at)
        VALUES (${session.id}, ${stored.namespace}, ${stored.checkpointId}, ${stored.parentId}, ${stored.type},
          ${toBlob(stored.checkpoint)}, ${toBlob(stored.metadata)}, ${ordinal}, ${session.epoch},
          ${stored.runId}, ${stored.step}, ${stored.source}, ${JSON.stringify(stored.changedKeys)},
          ${stored.createdAt})`.execute(tx);
    }
    for (const write of writes) {
      await sql`INSERT OR REPLACE INTO writes (thread_id, ${WRITE_COLUMNS})
        VALUES (${session.id}, ${write.namespace}, ${write.checkpointId}, ${write.taskId}, ${write.index},
          ${write.channel}, ${write.type}, ${toBlob(write.value)}, ${write.taskPath}, ${session.epoch})`.execute(
        tx,
      );
    }
  }

  async adopt(tx: Tx, rows: readonly CheckpointRow[]): Promise<void> {
    for (const row of rows) {
      await sql`UPDATE checkpoints
        SET ordinal = ${row.ordinal}, created_at = ${row.createdAt}, step = ${row.step}, source = ${row.source},
          changed_keys = ${JSON.stringify(row.changedKeys)}
        WHERE thread_id = ${row.sessionId} AND checkpoint_ns = ${row.namespace}
          AND checkpoint_id = ${row.checkpointId}`.execute(tx);
    }
  }

  async rollBack(tx: Tx, sessionId: string, fromEpoch: number): Promise<void> {
    await sql`UPDATE checkpoints SET discarded = 1
      WHERE thread_id = ${sessionId} AND epoch >= ${fromEpoch}`.execute(tx);
    await sql`DELETE FROM writes WHERE thread_id = ${sessionId} AND epoch >= ${fromEpoch}
      AND EXISTS (SELECT 1 FROM checkpoints AS c WHERE c.thread_id = writes.thread_id
        AND c.checkpoint_ns = writes.checkpoint_ns AND c.checkpoint_id = writes.checkpoint_id
        AND c.epoch < ${fromEpoch})`.execute(tx);
    await sql`INSERT OR REPLACE INTO writes (thread_id, ${WRITE_COLUMNS})
      SELECT thread_id, ${WRITE_COLUMNS} FROM replaced_writes
      WHERE thread_id = ${sessionId} AND epoch < ${fromEpoch} AND replaced_epoch >= ${fromEpoch}`.execute(
      tx,
    );
    await sql`DELETE FROM replaced_writes
      WHERE thread_id = ${sessionId} AND epoch < ${fromEpoch} AND replaced_epoch >= ${fromEpoch}`.execute(
      tx,
    );
  }

  async copy(tx: Tx, source: ForkSource, target: Session): Promise<number> {
    let copied = 0;
    for (const place of source.checkpoints) {
      const { namespace, checkpointId } = place;
      const { numAffectedRows } = await sql`INSERT INTO checkpoints
        (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata,
         ordinal, epoch, run_id, step, source, changed_keys, created_at)
        SELECT ${target.id}, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata,
          ${copied + 1}, 0, NULL, step, source, changed_keys, created_at
        FROM checkpoints WHERE thread_id = ${source.sessionId}
          AND checkpoint_ns = ${namespace} AND checkpoint_id = ${checkpointId}`.execute(tx);
      copied += Number(numAffectedRows ?? 0);
      await copyWrites(tx, place, target.id);
    }
    for (const sealed of source.sealed) {
      await sql`UPDATE checkpoints
        SET type = ${sealed.type}, checkpoint = ${toBlob(sealed.checkpoint)}, metadata = ${toBlob(sealed.metadata)}
        WHERE thread_id = ${target.id} AND checkpoint_ns = ${sealed.namespace}
          AND checkpoint_id = ${sealed.checkpointId}`.execute(tx);
    }
    return copied;
  }

  async remove(tx: Tx, places: readonly CheckpointPlace[]): Promise<void> {
    for (const table of ['checkpoints', 'writes', 'replaced_writes']) {
      await sql`DELETE FROM ${sql.table(table)} WHERE ${isOneOf(places)}`.execute(tx);
    }
  }

  threads(db: Kysely<SessionDatabase>, after: string, limit: number): Promise<readonly Thread[]> {
    const tables = ['checkpoints', 'writes', 'replaced_writes'].map((name) => sql.table(name));
    // The file is the gateway's alone.
    return listThreads(db, tables, sql.table('sessions'), sql`1 = 1`, after, limit);
  }

  async measure(tx: Tx, sessionId: string): Promise<number> {
    const { rows } = await sql<{ bytes: number }>`SELECT
      (SELECT coalesce(sum(length(checkpoint) + length(metadata)), 0)
        FROM checkpoints WHERE thread_id = ${sessionId})
      + (SELECT coalesce(sum(length(value)), 0) FROM writes WHERE thread_id = ${sessionId}) AS bytes`.execute(
      tx,
    );
    return rows[0]?.bytes ?? 0;
  }

  /** A checkpoint holds its values itself. */
  sweepValues(): Promise<void> {
    return Promise.resolve();
  }

  async deleteAll(tx: Tx, sessionId: string): Promise<void> {
    await sql`DELETE FROM checkpoints WHERE thread_id = ${sessionId}`.execute(tx);
    await sql`DELETE FROM writes WHERE thread_id = ${sessionId}`.execute(tx);
    await sql`DELETE FROM replaced_writes WHERE thread_id = ${sessionId}`.execute(tx);
  }
}

/** Copies a checkpoint's writes as they were when `writesUpTo` was the newest epoch. */
async function copyWrites(
  tx: Tx,
  { sessionId, namespace, checkpointId, writesUpTo }: CopiedCheckpoint,
  targetId: string,
): Promise<void> {
  const columns = sql.raw(
    'checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value, task_path',
  );
  const here = sql`thread_id = ${sessionId} AND checkpoint_ns = ${namespace}
    AND checkpoint_id = ${checkpointId} AND epoch <= ${writesUpTo}`;
  await sql`INSERT INTO writes (thread_id, ${columns})
    SELECT ${targetId}, ${columns} FROM writes WHERE ${here}
    UNION ALL SELECT ${targetId}, ${columns} FROM replaced_writes
    WHERE ${here} AND replaced_epoch > ${writesUpTo}`.execute(tx);
}
