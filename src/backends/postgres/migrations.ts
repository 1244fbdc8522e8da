import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { addContext, addItems, addTrimmedAt, addUsage, sessionTables } from '../sql/migrations.ts';

/** The steps of LangGraph's own migrations, which leave the tables as the ones below make them. */
const STOCK_MIGRATIONS = [0, 1, 2, 3, 4];

/**
 * Numbered, in order; a name is never changed once released. LangGraph's tables stand in `schema` and may be there,
 * with rows, which are not touched; the gateway's own stand in `own`.
 */
export function migrationsOf(schema: string, own: string): Readonly<Record<string, Migration>> {
  return {
    '001_sessions': sessionTables,
    '002_checkpoints': { up: (db) => checkpointTables(db, schema, own) },
    '003_history': { up: (db) => historyIndexes(db, schema) },
    '004_usage': { up: addUsage },
    '005_context': { up: addContext },
    '006_items': addItems(sql`text COLLATE "C"`),
  };
}

/**
 * LangGraph's own tables, as PostgresSaver makes them, with columns of ours that have defaults: a stock saver reads
 * and writes them all the same. `ordinal` is history's order, `epoch` who wrote it, `discarded` that a rollback took
 * it back.
 */
async function checkpointTables(
  // oxlint-disable-next-line typescript/no-explicit-any -- Kysely's Migration demands Kysely<any>
  db: Kysely<any>,
  schema: string,
  own: string,
): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(db);
  const { rows } = await sql<{ missing: boolean }>`SELECT to_regnamespace(
    ${`"${schema}"`}) IS NULL AS missing`.execute(db);
  if (rows[0]?.missing === true) await run(`CREATE SCHEMA "${schema}"`);
  await run(`CREATE TABLE IF NOT EXISTS "${schema}".checkpoint_migrations (v INTEGER PRIMARY KEY)`);
  await run(`CREATE TABLE IF NOT EXISTS "${schema}".checkpoints (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL DEFAULT '',
    checkpoint_id TEXT NOT NULL,
    parent_checkpoint_id TEXT,
    type TEXT,
    checkpoint JSONB NOT NULL,
    metadata JSONB NOT NULL DEFAULT '{}',
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id))`);
  await run(`CREATE TABLE IF NOT EXISTS "${schema}".checkpoint_blobs (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL DEFAULT '',
    channel TEXT NOT NULL,
    version TEXT NOT NULL,
    type TEXT NOT NULL,
    blob BYTEA,
    PRIMARY KEY (thread_id, checkpoint_ns, channel, version))`);
  await run(`ALTER TABLE "${schema}".checkpoint_blobs ALTER COLUMN blob DROP NOT NULL`);
  await run(`CREATE TABLE IF NOT EXISTS "${schema}".checkpoint_writes (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL DEFAULT '',
    checkpoint_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    idx INTEGER NOT NULL,
    channel TEXT NOT NULL,
    type TEXT,
    blob BYTEA NOT NULL,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx))`);
  await run(`INSERT INTO "${schema}".checkpoint_migrations (v)
    VALUES ${STOCK_MIGRATIONS.map((v) => `(${v})`).join(', ')} ON CONFLICT DO NOTHING`);
  await run(`ALTER TABLE "${schema}".checkpoints
    ADD COLUMN ordinal BIGINT,
    ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN discarded INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN run_id TEXT,
    ADD COLUMN step INTEGER,
    ADD COLUMN source TEXT,
    ADD COLUMN changed_keys TEXT`);
  await run(`ALTER TABLE "${schema}".checkpoint_writes
    ADD COLUMN task_path TEXT NOT NULL DEFAULT '',
    ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0`);
  await run(`CREATE INDEX checkpoints_history
    ON "${schema}".checkpoints (thread_id, checkpoint_ns, ordinal)`);
  await run(`CREATE INDEX checkpoints_parent
    ON "${schema}".checkpoints (thread_id, checkpoint_ns, parent_checkpoint_id)`);
  // What a later epoch replaced on a checkpoint, for ROLLBACK and for forks of how it was when it was paused.
  await run(`CREATE TABLE "${own}".replaced_writes (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL,
    checkpoint_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    idx INTEGER NOT NULL,
    channel TEXT NOT NULL,
    type TEXT,
    blob BYTEA NOT NULL,
    task_path TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    replaced_epoch BIGINT NOT NULL,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, epoch))`);
  // Each step updates its session's row without moving it in any index, which stays within one page that has room.
  await run(`ALTER TABLE "${own}".sessions SET (fillfactor = 50)`);
  await run(`ALTER TABLE "${own}".sessions ADD COLUMN metadata_tags TEXT[] NOT NULL DEFAULT '{}'`);
  await run(`CREATE INDEX sessions_metadata ON "${own}".sessions USING gin (metadata_tags)`);
  // What an event reports: a step that is written again, because its connection broke, is not logged again.
  await run(`ALTER TABLE "${own}".session_events ADD COLUMN subject TEXT`);
  await run(`CREATE UNIQUE INDEX session_events_subject
    ON "${own}".session_events (session_id, subject) WHERE subject IS NOT NULL`);
}

/** Namespaces of subgraphs that keep one history for the whole session. */
export const IS_PERSISTENT = `checkpoint_ns <> '' AND strpos(checkpoint_ns, ':') = 0`;

/** What a session's subgraphs did is found by when they did it; sources are found past the steps between them. */
async function historyIndexes(
  // oxlint-disable-next-line typescript/no-explicit-any -- Kysely's Migration demands Kysely<any>
  db: Kysely<any>,
  schema: string,
): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(db);
  await addTrimmedAt(db);
  await run(`ALTER TABLE "${schema}".checkpoints ADD COLUMN created_at BIGINT`);
  await run(`UPDATE "${schema}".checkpoints
    SET created_at = extract(epoch FROM (checkpoint ->> 'ts')::timestamptz) * 1000
    WHERE ordinal IS NOT NULL AND checkpoint ->> 'ts' ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$'`);
  await run(`DROP INDEX "${schema}".checkpoints_parent`);
  await run(`CREATE INDEX checkpoints_rare ON "${schema}".checkpoints (thread_id, checkpoint_ns, source, ordinal)
    WHERE source <> 'LOOP'`);
  await run(`CREATE INDEX checkpoints_lasting ON "${schema}".checkpoints (thread_id, checkpoint_ns, ordinal)
    WHERE ${IS_PERSISTENT}`);
  await run(`CREATE INDEX checkpoints_subgraphs ON "${schema}".checkpoints (thread_id, ordinal)
    WHERE checkpoint_ns <> ''`);
}
