// The checkpoint tables inside the session store's transactions: edits, forks, rollbacks and deletion.
import { type Kysely, sql, type Transaction } from 'kysely';
import type {
  CheckpointRow,
  ForkSource,
  StoredCheckpoint,
  StoredWrite,
} from '../../session/ports.ts';
import type { Session } from '../../session/session.ts';
import { SqlCheckpointHistory } from '../sql/checkpoint-history.ts';
import type { CheckpointTables } from '../sql/session-store.ts';
import type { SessionDatabase } from '../sql/tables.ts';
import { toBlob } from '../stored-form.ts';
import { translateSqliteError } from './database.ts';

type Tx = Transaction<SessionDatabase>;

const WRITE_COLUMNS = sql.raw(
  'checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value, task_path, epoch',
);

export class SqliteCheckpointTables implements CheckpointTables {
  readonly history: SqlCheckpointHistory;

  constructor(reader: Kysely<SessionDatabase>) {
    this.history = new SqlCheckpointHistory(reader, sql.table('checkpoints'), translateSqliteError);
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
         ordinal, epoch, run_id, step, source, changed_keys)
        VALUES (${session.id}, ${stored.namespace}, ${stored.checkpointId}, ${stored.parentId}, ${stored.type},
          ${toBlob(stored.checkpoint)}, ${toBlob(stored.metadata)}, ${ordinal}, ${session.epoch},
          ${stored.runId}, ${stored.step}, ${stored.source}, ${JSON.stringify(stored.changedKeys)})`.execute(
        tx,
      );
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
        SET ordinal = ${row.ordinal}, step = ${row.step}, source = ${row.source},
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
    const live = await Promise.all(
      source.namespaces.map((namespace) => newestIn(tx, source, namespace)),
    );
    const addresses = [
      ...live.flatMap((row) => (row === undefined ? [] : [row])),
      { checkpoint_ns: '', checkpoint_id: source.checkpointId },
    ];
    let ordinal = 0;
    for (const { checkpoint_ns, checkpoint_id } of addresses) {
      ordinal += 1;
      await sql`INSERT INTO checkpoints
        (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata,
         ordinal, epoch, run_id, step, source, changed_keys)
        SELECT ${target.id}, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata,
          ${ordinal}, 0, NULL, step, source, changed_keys
        FROM checkpoints WHERE thread_id = ${source.sessionId}
          AND checkpoint_ns = ${checkpoint_ns} AND checkpoint_id = ${checkpoint_id}`.execute(tx);
      await copyWrites(tx, source, target.id, checkpoint_ns, checkpoint_id);
    }
    for (const sealed of source.sealed) {
      await sql`UPDATE checkpoints
        SET type = ${sealed.type}, checkpoint = ${toBlob(sealed.checkpoint)}, metadata = ${toBlob(sealed.metadata)}
        WHERE thread_id = ${target.id} AND checkpoint_ns = ${sealed.namespace}
          AND checkpoint_id = ${sealed.checkpointId}`.execute(tx);
    }
    return ordinal;
  }

  async deleteAll(tx: Tx, sessionId: string): Promise<void> {
    await sql`DELETE FROM checkpoints WHERE thread_id = ${sessionId}`.execute(tx);
    await sql`DELETE FROM writes WHERE thread_id = ${sessionId}`.execute(tx);
    await sql`DELETE FROM replaced_writes WHERE thread_id = ${sessionId}`.execute(tx);
  }
}

async function newestIn(
  tx: Tx,
  source: ForkSource,
  namespace: string,
): Promise<{ checkpoint_ns: string; checkpoint_id: string } | undefined> {
  const { rows } = await sql<{ checkpoint_ns: string; checkpoint_id: string }>`
    SELECT checkpoint_ns, checkpoint_id FROM checkpoints
    WHERE thread_id = ${source.sessionId} AND checkpoint_ns = ${namespace} AND discarded = 0
      ${source.upToEpoch === null ? sql`` : sql`AND epoch <= ${source.upToEpoch}`}
      ${source.beforeOrdinal === null ? sql`` : sql`AND ordinal < ${source.beforeOrdinal}`}
    ORDER BY ordinal DESC LIMIT 1`.execute(tx);
  return rows[0];
}

/** Copies a checkpoint's writes; with `upToEpoch`, as they were when that epoch was the newest. */
async function copyWrites(
  tx: Tx,
  source: ForkSource,
  targetId: string,
  namespace: string,
  checkpointId: string,
): Promise<void> {
  const columns = sql.raw(
    'checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value, task_path',
  );
  const here = sql`thread_id = ${source.sessionId} AND checkpoint_ns = ${namespace} AND checkpoint_id = ${checkpointId}`;
  const upTo = source.upToEpoch;
  await sql`INSERT INTO writes (thread_id, ${columns})
    SELECT ${targetId}, ${columns} FROM writes
    WHERE ${here} ${upTo === null ? sql`` : sql`AND epoch <= ${upTo}`}`.execute(tx);
  if (upTo === null) return;
  await sql`INSERT OR REPLACE INTO writes (thread_id, ${columns})
    SELECT ${targetId}, ${columns} FROM replaced_writes
    WHERE ${here} AND epoch <= ${upTo} AND replaced_epoch > ${upTo}`.execute(tx);
}
