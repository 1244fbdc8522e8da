// The session tables' migrations. A backend adds those of its own checkpoint tables.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Kysely's migrations know no schema of their own time, hence the loose type. */
// oxlint-disable-next-line typescript/no-explicit-any -- Kysely's Migration demands Kysely<any>
type AnyKysely = Kysely<any>;

export const sessionTables: Migration = {
  async up(db: AnyKysely): Promise<void> {
    await db.schema
      .createTable('sessions')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('owner_id', 'text', (column) => column.notNull())
      .addColumn('graph_id', 'text', (column) => column.notNull())
      .addColumn('task', 'text')
      .addColumn('metadata', 'text', (column) => column.notNull())
      .addColumn('configurable', 'text', (column) => column.notNull())
      .addColumn('recursion_limit', 'integer')
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('rest_status', 'text', (column) => column.notNull())
      .addColumn('asking', 'integer', (column) => column.notNull())
      .addColumn('epoch', 'bigint', (column) => column.notNull())
      .addColumn('head', 'text')
      .addColumn('last_ordinal', 'bigint', (column) => column.notNull())
      .addColumn('last_event', 'bigint', (column) => column.notNull())
      .addColumn('last_run', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('ttl_ms', 'bigint')
      .addColumn('expires_at', 'bigint')
      .addColumn('forked_from_session_id', 'text')
      .addColumn('forked_from_checkpoint_id', 'text')
      .execute();
    await index(db, 'sessions', ['owner_id', 'created_at', 'id']);
    await index(db, 'sessions', ['owner_id', 'updated_at', 'id']);
    await index(db, 'sessions', ['forked_from_session_id', 'created_at']);
    await db.schema
      .createIndex('sessions_expires_at')
      .on('sessions')
      .column('expires_at')
      .where('expires_at', 'is not', null)
      .execute();

    await db.schema
      .createTable('runs')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('number', 'bigint', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('attempt', 'integer', (column) => column.notNull())
      .addColumn('deaths', 'integer', (column) => column.notNull())
      .addColumn('worker_id', 'text')
      .addColumn('request', 'text', (column) => column.notNull())
      .addColumn('base', 'text')
      .addColumn('error', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('finished_at', 'bigint')
      .addUniqueConstraint('runs_number', ['session_id', 'number'])
      .execute();
    await db.schema
      .createIndex('runs_active')
      .on('runs')
      .columns(['created_at', 'session_id'])
      .where(sql<boolean>`status IN ('QUEUED', 'RUNNING')`)
      .execute();

    await db.schema
      .createTable('session_events')
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('run_id', 'text')
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('session_events_pk', ['session_id', 'sequence'])
      .execute();

    await db.schema
      .createTable('idempotency_keys')
      .addColumn('owner_id', 'text', (column) => column.notNull())
      .addColumn('mutation', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text')
      .addPrimaryKeyConstraint('idempotency_keys_pk', ['owner_id', 'mutation', 'key'])
      .execute();
    await index(db, 'idempotency_keys', ['session_id']);
  },
};

/** When a session's history was last trimmed, as the ordinal it had reached then. */
export async function addTrimmedAt(db: AnyKysely): Promise<void> {
  await db.schema
    .alterTable('sessions')
    .addColumn('trimmed_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
}

/** What is stored of a session, counted from this version on, and which sessions of a user are at work. */
export async function addUsage(db: AnyKysely): Promise<void> {
  await db.schema
    .alterTable('sessions')
    .addColumn('stored_bytes', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('sessions_active')
    .on('sessions')
    .column('owner_id')
    .where(sql<boolean>`status IN ('QUEUED', 'RUNNING')`)
    .execute();
  await db.schema
    .createTable('leases')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
}

/** LangGraph's runtime context, which a session keeps for its runs. */
export async function addContext(db: AnyKysely): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('context', 'text').execute();
}

/**
 * LangGraph's store.
 * @param text the type of texts that are compared by their bytes
 */
export function addItems(text: 'text' | RawBuilder<unknown>): Migration {
  return {
    async up(db: AnyKysely): Promise<void> {
      await db.schema
        .createTable('store_items')
        .addColumn('namespace', text, (column) => column.notNull())
        .addColumn('key', text, (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addColumn('ttl_ms', 'bigint')
        .addColumn('expires_at', 'bigint')
        .addColumn('vectors', 'text')
        .addPrimaryKeyConstraint('store_items_pk', ['namespace', 'key'])
        .execute();
      await db.schema
        .createIndex('store_items_expiry')
        .on('store_items')
        .column('expires_at')
        .where(sql<boolean>`expires_at IS NOT NULL`)
        .execute();
    },
  };
}

async function index(db: AnyKysely, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_${columns.join('_')}`)
    .on(table)
    .columns(columns)
    .execute();
}
