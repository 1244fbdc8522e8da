// One pool for everything, ours and LangGraph's tables. A connection that is killed costs what was asked of it, never
// the process; nothing is kept in a connection between two transactions, so a pooler may stand between.
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { Pool, type PoolConfig, type QueryResultRow, types } from 'pg';
import { GatewayError, invalidInput } from '../../errors.ts';
import { SqlCheckpointHistory } from '../sql/checkpoint-history.ts';
import type { SessionDatabase } from '../sql/tables.ts';
import { isConnectionLoss, translatePostgresError, unusable } from './errors.ts';
import { IS_LASTING, migrationsOf } from './migrations.ts';

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
  readonly #prepare: boolean;

  private constructor(options: PostgresOptions) {
    const { config, schema } = poolConfig(options);
    this.schema = schema;
    this.gatewaySchema = options.gatewaySchema;
    this.#prepare = options.prepare;
    this.pool = new Pool(config);
    // Without a listener, a connection that is killed would end the process: the pool hears of idle ones, and each
    // connection of itself while it is lent out. What was under way fails by its own promise.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => void client.on('error', () => undefined));
    this.db = new Kysely<SessionDatabase>({
      dialect: new Dialect({ pool: this.pool }),
    }).withSchema(options.gatewaySchema);
    this.history = new SqlCheckpointHistory(this.db, {
      checkpoints: sql.raw(this.table('checkpoints')),
      sessions: sql.raw(this.own('sessions')),
      isLasting: sql.raw(IS_LASTING),
      metadataText: sql<string>`metadata::text`,
      translate: translatePostgresError,
    });
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE saying what is wrong with the server or the database */
  static async open(options: PostgresOptions): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(options);
    try {
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
    name: 'sessions' | 'runs' | 'session_events' | 'replaced_writes' | 'idempotency_keys',
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
    const until = performance.now() + RETRY_FOR_MS;
    for (;;) {
      try {
        return await this.queryOnce<Row>(name, text, values);
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
    const named = this.#prepare && { name };
    return (await this.pool.query<Row>({ text, values, ...named })).rows;
  }

  /**
   * Brings the tables to this version, in one transaction and under its advisory lock, which a pooler keeps.
   * @throws GatewayError BACKEND_UNAVAILABLE for tables of a newer version
   */
  async migrate(): Promise<readonly string[]> {
    await this.#refuseNewer();
    try {
      return await this.db.transaction().execute(async (transaction) => {
        // Another process may migrate for long, and so may this one where a stock saver's tables are large.
        await sql`SET LOCAL statement_timeout = 0`.execute(transaction);
        await sql`SET LOCAL idle_in_transaction_session_timeout = 0`.execute(transaction);
        await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction);
        const { error, results } = await this.#migrator(transaction).migrateToLatest();
        if (error !== undefined) throw asError(error);
        return (results ?? []).map(({ migrationName }) => migrationName);
      });
    } catch (error) {
      throw unusable(error);
    }
  }

  async ping(): Promise<void> {
    try {
      await this.pool.query('SELECT 1');
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
    const missing = (await this.#migrator().getMigrations()).filter(
      ({ executedAt }) => executedAt === undefined,
    );
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

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
