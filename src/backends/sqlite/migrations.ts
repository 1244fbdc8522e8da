import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { addContext, addItems, addTrimmedAt, addUsage, sessionTables } from '../sql/migrations.ts';

/**
 * LangGraph's own tables, as SqliteSaver makes them, with columns of ours: a stock saver reads and writes them all the
 * same. `ordinal` is history's order, `epoch` who wrote it, `discarded` that a rollback took it back.
 */
const checkpointTables: Migration = {
  // oxlint-disable-next-line typescript/no-explicit-any -- Kysely's Migration demands Kysely<any>
  async up(db: Kysely<any>): Promise<void> {
    await sql`CREATE TABLE IF NOT EXISTS checkpoints (
      thread_id TEXT NOT NULL,
      checkpoint_ns TEXT NOT NULL DEFAULT '',
      checkpoint_id TEXT NOT NULL,
      parent_checkpoint_id TEXT,
      type TEXT,
      checkpoint BLOB,
      metadata BLOB,
      PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id)
    )`.execute(db);
    await sql`CREATE TABLE IF NOT EXISTS writes (
      thread_id TEXT NOT NULL,
      checkpoint_ns TEXT NOT NULL DEFAULT '',
      checkpoint_id TEXT NOT NULL,
      task_id TEXT NOT NULL,
      idx INTEGER NOT NULL,
      channel TEXT NOT NULL,
      type TEXT,
      value BLOB,
      PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
    )`.execute(db);
    for (const column of [
      'ordinal INTEGER',
      'epoch INTEGER NOT NULL DEFAULT 0',
      'discarded INTEGER NOT NULL DEFAULT 0',
      'run_id TEXT',
      'step INTEGER',
      'source TEXT',
      'changed_keys TEXT',
    ]) {
      await sql`ALTER TABLE checkpoints ADD COLUMN ${sql.raw(column)}`.execute(db);
    }
    await sql`ALTER TABLE writes ADD COLUMN task_path TEXT NOT NULL DEFAULT ''`.execute(db);
    await sql`ALTER TABLE writes ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0`.execute(db);
    await sql`CREATE INDEX checkpoints_history ON checkpoints (thread_id, checkpoint_ns, ordinal)`.execute(
      db,
    );
    await sql`CREATE INDEX checkpoints_parent ON checkpoints (thread_id, checkpoint_ns, parent_checkpoint_id)`.execute(
      db,
    );
    // What a later epoch replaced on a checkpoint, for ROLLBACK and for forks of how it was when it was paused.
    await sql`CREATE TABLE replaced_writes (
      thread_id TEXT NOT NULL,
      checkpoint_ns TEXT NOT NULL,
      checkpoint_id TEXT NOT NULL,
      task_id TEXT NOT NULL,
      idx INTEGER NOT NULL,
      channel TEXT NOT NULL,
      type TEXT,
      value BLOB,
      task_path TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      replaced_epoch INTEGER NOT NULL,
      PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, epoch)
    )`.execute(db);
    await sql`CREATE TABLE workers (
      id TEXT PRIMARY KEY,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      beat INTEGER NOT NULL
    )`.execute(db);
  },
};

/** Namespaces of subgraphs that keep one history for the whole session. */
export const IS_PERSISTENT = `checkpoint_ns <> '' AND instr(checkpoint_ns, ':') = 0`;

/**
 * Histories are read from their index alone, past the values, which SQLite keeps within the row. What a session's
 * subgraphs did is found by when they did it.
 */
const historyIndexes: Migration = {
  // oxlint-disable-next-line typescript/no-explicit-any -- Kysely's Migration demands Kysely<any>
  async up(db: Kysely<any>): Promise<void> {
    await addTrimmedAt(db);
    await sql`ALTER TABLE checkpoints ADD COLUMN created_at INTEGER`.execute(db);
    await sql`UPDATE checkpoints SET created_at =
      CAST(round((julianday(json_extract(CAST(checkpoint AS TEXT), '$.ts')) - 2440587.5) * 86400000) AS INTEGER)
      WHERE ordinal IS NOT NULL AND json_valid(CAST(checkpoint AS TEXT))`.execute(db);
    await sql`DROP INDEX checkpoints_history`.execute(db);
    await sql`DROP INDEX checkpoints_parent`.execute(db);
    await sql`CREATE INDEX checkpoints_history ON checkpoints (thread_id, checkpoint_ns, ordinal, checkpoint_id,
      parent_checkpoint_id, created_at, epoch, run_id, step, source, changed_keys, discarded)`.execute(
      db,
    );
    await sql`CREATE INDEX checkpoints_rare ON checkpoints (thread_id, checkpoint_ns, source, ordinal)
      WHERE source <> 'LOOP'`.execute(db);
    await sql`CREATE INDEX checkpoints_lasting ON checkpoints (thread_id, checkpoint_ns, ordinal)
      WHERE ${sql.raw(IS_PERSISTENT)}`.execute(db);
    await sql`CREATE INDEX checkpoints_subgraphs ON checkpoints (thread_id, ordinal)
      WHERE checkpoint_ns <> ''`.execute(db);
  },
};

/** In order; a name is never changed once released. */
export const migrations: Readonly<Record<string, Migration>> = {
  '001_sessions': sessionTables,
  '002_checkpoints': checkpointTables,
  '003_history': historyIndexes,
  '004_usage': { up: addUsage },
  '005_context': { up: addContext },
  '006_items': addItems('text'),
};
