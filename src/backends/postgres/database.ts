// One pool for everything, ours and LangGraph's tables. A connection that is killed costs what was asked of it, never
// the process; nothing is kept in a connection between two transactions, so a pooler may stand between.
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely';
import { type MigrationInfo, Migrator } from 'kysely/migration';
import { Pool, type PoolClient, type PoolConfig, type QueryResultRow, types } from 'pg';
import { GatewayError, invalidInput } from '../../errors.ts';
import { SqlCheckpointHistory } from '../sql/checkpoint-history.ts';
import type { SessionDatabase } from '../sql/tables.ts';
import { StoreClock } from '../store-clock.ts';
import { isConnectionLoss, isLostStatement, translatePostgresError, unusable } from './errors.ts';
import { IS_PERSISTENT, migrationsOf } from './migrations.ts';

export interface PostgresOptions {
  readonly url: string;
  /** The schema of LangGraph's tables, where `?schema=` of the URL names none. */
  readonly schema: string;
  /** The schema of the gateway's own tables. */
  readonly gatewaySchema: string;
  readonly poolSize: number;
  /** How long the server works on one statement, in ms. */
  readonly statementTimeoutMs: number;
  /** Whether statements are prepared by name. False behind a transaction-mode pooler that cannot keep them. */
  readonly prepare: boolean;
  readonly migrate: boolean;
}

/** How long to wait for a connection, and with how long a server that restarts is waited for. */
const CONNECT_TIMEOUT_MS = 5000;
const IDLE_IN_TRANSACTION_MS = 10_000;
/** A connection may be silent for as long beyond PG_STATEMENT_TIMEOUT, which the server holds to. */
const SILENCE_GRACE_MS = 5000;
/** The kernel's own preset is two hours. */
const KEEP_ALIVE_AFTER_MS = 10_000;
const RETRY_FOR_MS = 8000;
const RETRY_EVERY_MS = 100;
/** Of our choosing, and the same in every version. */
const MIGRATION_LOCK = 7_364_951_046_177_202;
const TypeId = types.builtins;
type TypeId = typeof types.builtins.INT8;

/** Kysely's own migration lock belongs to a connection, which a pooler may lend to another before it is unlocked. */
class Dialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new (class extends PostgresAdapter {
      override acquireMigrationLock(): Promise<void> {
        return Promise.resolve();
      }
      override releaseMigrationLock(): Promise<void> {
        return Promise.resolve();
      }
    })();
  }
}

export class PostgresDatabase implements AsyncDisposable {
  readonly pool: Pool;
  /** Our tables. */
  readonly db: Kysely<SessionDatabase>;
  readonly schema: string;
  readonly gatewaySchema: string;
  readonly history: SqlCheckpointHistory;
  readonly clock = new StoreClock(() => this.#readClock());
  #prepare: boolean;
  /** Its statements may take as long as they do. */
  #migrating = false;

  private constructor(options: PostgresOptions) {
    const { config, schema } = poolConfig(options);
    this.schema = schema;
    this.gatewaySchema = options.gatewaySchema;
    this.#prepare = options.prepare;
    this.pool = new Pool(config);
    // Without a listener, a connection that is killed would end the process: the pool hears of idle ones, and each
    // connection of itself while it is lent out. What was under way fails by its own promise.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => {
      client.on('error', () => undefined);
      endWhenSilent(client, options.statementTimeoutMs + SILENCE_GRACE_MS, () => this.#migrating);
    });
    this.db = new Kysely<SessionDatabase>({
      dialect: new Dialect({ pool: this.pool }),
    }).withSchema(options.gatewaySchema);
    this.history = new SqlCheckpointHistory(this.db, {
      checkpoints: sql.raw(this.table('checkpoints')),
      sessions: sql.raw(this.own('sessions')),
      isPersistent: sql.raw(IS_PERSISTENT),
      metadataText: sql<string>`metadata::text`,
      translate: translatePostgresError,
    });
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE saying what is wrong with the server or the database */
  static async open(options: PostgresOptions): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(options);
    try {
      // What keeps it from being used is told as it is.
      await database.pool.query('SELECT 1');
      await database.clock.sync();
      if (options.poolSize > 1) await database.#refusePooler();
      if (options.migrate) await database.migrate();
      else await database.checkMigrated();
      return database;
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw unusable(error);
    }
  }

  /** Opens the database as it is, to migrate it. @throws GatewayError BACKEND_UNAVAILABLE */
  static async connect(options: PostgresOptions): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(options);
    try {
      await database.pool.query('SELECT 1');
      return database;
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw unusable(error);
    }
  }

  /** LangGraph's table of this name, as SQL. */
  table(name: 'checkpoints' | 'checkpoint_blobs' | 'checkpoint_writes'): string {
    return `"${this.schema}".${name}`;
  }

  /** A table of ours, as SQL. */
  own(
    name:
      | 'sessions'
      | 'runs'
      | 'session_events'
      | 'replaced_writes'
      | 'idempotency_keys'
      | 'leases',
  ): string {
    return `"${this.gatewaySchema}".${name}`;
  }

  /**
   * One statement, in a transaction of its own. It is tried again when its connection breaks, so it must be one that
   * can be: a look, or a write that its own keys keep from happening twice.
   */
  async query<Row extends QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<Row[]> {
    return this.retrying(() => this.queryOnce<Row>(name, text, values));
  }

  /** Work that may be done twice is tried again when its connection breaks. */
  async retrying<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + RETRY_FOR_MS;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isConnectionLoss(error) || performance.now() > until) throw error;
        await sleep(RETRY_EVERY_MS);
      }
    }
  }

  /** One statement that is not tried again: whether it took place is for its caller to find out. */
  async queryOnce<Row extends QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<Row[]> {
    if (!this.#prepare) return (await this.pool.query<Row>({ text, values })).rows;
    try {
      return (await this.pool.query<Row>({ text, values, name })).rows;
    } catch (error) {
      if (!isLostStatement(error)) throw error;
      // Nothing of it was executed. A pooler came between that the start did not meet.
      this.#prepare = false;
      return (await this.pool.query<Row>({ text, values })).rows;
    }
  }

  /**
   * Brings the tables to this version, in one transaction and under its advisory lock, which a pooler keeps.
   * @throws GatewayError BACKEND_UNAVAILABLE for tables of a newer version
   */
  async migrate(): Promise<readonly string[]> {
    await this.#refuseNewer();
    this.#migrating = true;
    try {
      return await this.db.transaction().execute(async (transaction) => {
        // Another process may migrate for long, and so may this one where a stock saver's tables are large.
        await sql`SET LOCAL statement_timeout = 0`.execute(transaction);
        await sql`SET LOCAL idle_in_transaction_session_timeout = 0`.execute(transaction);
        await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction);
        const migrator = this.#migrator(transaction);
        // Kysely's migrator meets the refusal within a transaction, and tells only what comes after it.
        if ((await migrator.getMigrations()).some(isPending)) await this.#checkRights(transaction);
        const { error, results } = await migrator.migrateToLatest();
        if (error !== undefined) throw asError(error);
        return (results ?? []).map(({ migrationName }) => migrationName);
      });
    } catch (error) {
      throw unusable(error);
    } finally {
      this.#migrating = false;
    }
  }

  /** @throws DatabaseError where the user may not create tables, or nobody may */
  async #checkRights(db: Kysely<SessionDatabase>): Promise<void> {
    await sql`CREATE SCHEMA IF NOT EXISTS ${sql.id(this.gatewaySchema)}`.execute(db);
    await sql`CREATE TABLE ${sql.id(this.gatewaySchema, 'check_of_rights')} ()`.execute(db);
    await sql`DROP TABLE ${sql.id(this.gatewaySchema, 'check_of_rights')}`.execute(db);
  }

  /**
   * Meets a pooler that gives one connection of its server to two of its clients in turn.
   * @throws GatewayError BACKEND_UNAVAILABLE telling which setting it needs
   */
  async #refusePooler(): Promise<void> {
    if (!this.#prepare) return;
    const clients = [await this.pool.connect(), await this.pool.connect()];
    try {
      for (const client of [...clients, ...clients])
        await client.query({ name: 'check_of_pooler', text: 'SELECT 1' });
    } catch (cause) {
      if (!isLostStatement(cause)) throw cause;
      const message =
        'A pooler in transaction mode answers at DATABASE_URL (PgBouncer): set PG_PREPARE=false.';
      throw new GatewayError('BACKEND_UNAVAILABLE', message, { cause });
    } finally {
      for (const client of clients) client.release();
    }
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE where the database cannot be written to */
  async checkWritable(): Promise<void> {
    try {
      await this.pool.query(`INSERT INTO ${this.own('leases')} (name, holder, expires_at)
        VALUES ('check', '', 0) ON CONFLICT (name) DO UPDATE SET expires_at = 0`);
    } catch (error) {
      throw translatePostgresError(error);
    }
    await this.clock.sync();
  }

  async #readClock(): Promise<number> {
    const text = `SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms`;
    try {
      const [row] = (await this.pool.query<{ ms: string }>(text)).rows;
      return Number(row?.ms);
    } catch (error) {
      throw translatePostgresError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }

  #migrator(db: Kysely<SessionDatabase> = this.db): Migrator {
    return new Migrator({
      db,
      migrationTableSchema: this.gatewaySchema,
      provider: {
        getMigrations: () => Promise.resolve(migrationsOf(this.schema, this.gatewaySchema)),
      },
    });
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE for tables of another version */
  async checkMigrated(): Promise<void> {
    await this.#refuseNewer();
    const missing = (await this.#migrator().getMigrations()).filter(isPending);
    if (missing.length === 0) return;
    throw new GatewayError(
      'BACKEND_UNAVAILABLE',
      'The database is not of this version: run `session-gateway migrate`, or start with MIGRATE=true.',
    );
  }

  async #refuseNewer(): Promise<void> {
    const known = migrationsOf(this.schema, this.gatewaySchema);
    const tables = await sql<{ found: boolean }>`SELECT to_regclass(
      ${`"${this.gatewaySchema}".kysely_migration`}) IS NOT NULL AS found`.execute(this.db);
    if (tables.rows[0]?.found !== true) return;
    const { rows } = await sql<{ name: string }>`SELECT name
      FROM ${sql.table(`${this.gatewaySchema}.kysely_migration`)}`.execute(this.db);
    if (rows.every(({ name }) => name in known)) return;
    throw new GatewayError(
      'BACKEND_UNAVAILABLE',
      'The database was migrated by a newer Session Gateway; run that version.',
    );
  }
}

/**
 * Ends a connection that owes an answer and has carried nothing for as long: its server is gone without a sign, or a
 * machine between them has forgotten it. What was asked fails as with any lost connection.
 */
function endWhenSilent(client: PoolClient, afterMs: number, mayBeSilent: () => boolean): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.setTimeout(afterMs, () => {
    const { readyForQuery } = client as unknown as { readyForQuery: boolean };
    if (!readyForQuery && !mayBeSilent())
      stream.destroy(new Error('Connection terminated: no answer'));
  });
}

/** Whether SQL takes the name without its being quoted. */
function isSchemaName(name: string): boolean {
  return /^[a-z_][a-z0-9_]{0,62}$/.test(name);
}

function poolConfig(options: PostgresOptions): { config: PoolConfig; schema: string } {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw invalidInput('DATABASE_URL must be postgres://USER:PASSWORD@HOST:PORT/DATABASE.');
  }
  const schema = url.searchParams.get('schema') ?? options.schema;
  if (!isSchemaName(schema))
    throw invalidInput(`DATABASE_URL: ?schema= must be of a-z, 0-9 and _.`);
  url.searchParams.delete('schema');
  const config: PoolConfig = {
    connectionString: url.href,
    max: options.poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    application_name: 'session-gateway',
    types: {
      // Counters and times fit a double exactly.
      getTypeParser: (id: TypeId, format?: 'text' | 'binary') =>
        id === TypeId.INT8 ? Number : types.getTypeParser(id, format),
    },
    // Sent as the connection begins, which a transaction-mode pooler refuses.
    ...(options.prepare && {
      statement_timeout: options.statementTimeoutMs,
      // A process that is frozen within a transaction holds its locks no longer than that.
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    }),
  };
  return { config, schema };
}

function isPending({ executedAt }: MigrationInfo): boolean {
  return executedAt === undefined;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
