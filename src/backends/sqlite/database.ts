// One SQLite file, opened twice: all writes of the process queue on one connection, so that a transaction never meets
// another's, and reads go beside them on the other. SQLite's own waiting for a lock would stop the whole process, so a
// write whose lock another program holds is begun again a little later, and nothing else waits with it.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import {
  type DatabaseConnection,
  Kysely,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  sql,
} from 'kysely';
import { Migrator } from 'kysely/migration';
import { GatewayError } from '../../errors.ts';
import { SqlCheckpointHistory } from '../sql/checkpoint-history.ts';
import type { SessionDatabase } from '../sql/tables.ts';
import { StoreClock } from '../store-clock.ts';
import { IS_PERSISTENT, migrations } from './migrations.ts';

/** `PRAGMA application_id` of our files: "SGwy" in ASCII. */
const APPLICATION_ID = 0x53477779;
/** Tables that LangGraph's own SqliteSaver makes: a file that holds just them is taken over. */
const STOCK_TABLES = new Set(['checkpoints', 'writes']);
const WRITE_CHECK_MS = 5000;
/** How long a start waits for another that migrates the file. */
const OPEN_TIMEOUT_MS = 10_000;
/** How long a write waits for a lock that another program holds, and how often it is tried. */
const LOCKED_FOR_MS = 10_000;
const LOCKED_RETRY_MS = 10;
/** In WAL mode a read meets a lock only while the file is recovered. */
const READ_TIMEOUT_MS = 100;

export class SqliteDatabase implements AsyncDisposable {
  readonly path: string;
  readonly writer: Kysely<SessionDatabase>;
  readonly reader: Kysely<SessionDatabase>;
  readonly read: Database.Database;
  readonly history: SqlCheckpointHistory;
  /** SQLite asks the machine, as every process on the file does. */
  readonly clock = new StoreClock(async () => {
    const [row] = this.readAll("SELECT unixepoch('subsec') * 1000 AS ms", []) as { ms: number }[];
    return Number(row?.ms);
  });
  /** The migrations that opening it took. */
  migrated: readonly string[] = [];
  readonly #write: Database.Database;
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();
  readonly #reads = new Map<string, Database.Statement<unknown[]>>();
  /** Whether the next transaction of `writer` must survive a loss of power. */
  #wanted = false;
  #waiting: Waiting[] = [];
  /** When a write was last seen to work, as `performance.now` tells it. */
  #checkedAt = -Infinity;
  /** Since when another program has held the lock that writes wait for. */
  #lockedSince: number | undefined;
  /** What the connection was told last. */
  #durable: boolean | undefined;

  private constructor(path: string, write: Database.Database, read: Database.Database) {
    this.path = path;
    this.#write = write;
    this.read = read;
    this.writer = kyselyOver(write, () => this.#tellDurability(this.#wanted));
    this.reader = kyselyOver(read);
    this.history = new SqlCheckpointHistory(this.reader, {
      checkpoints: sql.table('checkpoints'),
      sessions: sql.table('sessions'),
      isPersistent: sql.raw(IS_PERSISTENT),
      metadataText: sql<string>`CAST(metadata AS TEXT)`,
      translate: translateSqliteError,
    });
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE saying what is wrong with the file or its folder. */
  static async open(path: string): Promise<SqliteDatabase> {
    const absolute = resolve(path);
    createForOwner(absolute);
    const write = openConnection(absolute);
    try {
      claimFile(absolute, write);
      write.pragma('journal_mode = WAL');
      // What is deleted is overwritten, or it could be read in the file.
      write.pragma('secure_delete = ON');
      const database = new SqliteDatabase(absolute, write, openConnection(absolute));
      await database.#migrate();
      await database.clock.sync();
      write.pragma('busy_timeout = 0');
      database.read.pragma(`busy_timeout = ${READ_TIMEOUT_MS}`);
      return database;
    } catch (error) {
      write.close();
      throw unusable(absolute, error);
    }
  }

  /** A prepared statement of the writing connection; use it inside `transaction`. */
  statement(sql: string): Database.Statement<unknown[]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#write.prepare<unknown[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE where the file cannot be written to */
  async checkWritable(): Promise<void> {
    await this.clock.sync();
    const now = performance.now();
    // An idle gateway leaves the disk alone for some time; whether the file is locked is seen each time.
    const writes = now - this.#checkedAt > WRITE_CHECK_MS;
    await this.transaction(() => {
      if (!writes) return;
      const text = `INSERT INTO leases (name, holder, expires_at) VALUES ('check', '', 0)
        ON CONFLICT (name) DO UPDATE SET expires_at = 0`;
      this.statement(text).run();
    });
    if (writes) this.#checkedAt = now;
  }

  /** Rows as another connection sees them: what is committed, whatever a transaction of ours is about to write. */
  readAll(sql: string, parameters: readonly unknown[]): unknown[] {
    let statement = this.#reads.get(sql);
    if (statement === undefined) {
      statement = this.read.prepare<unknown[]>(sql);
      this.#reads.set(sql, statement);
    }
    return statement.all(...parameters);
  }

  /**
   * Runs synchronous work in one transaction: of a `fast` one nothing but a loss of power may undo it, of a `durable` one
   * nothing. What comes within one turn of the event loop, such as the writes of a step and its checkpoint, is
   * committed together; what throws is rolled back alone.
   */
  transaction<T>(work: () => T, durability: 'fast' | 'durable' = 'fast'): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        const result = work();
        return () => resolve(result);
      };
      this.#waiting.push({ run, reject, durable: durability === 'durable' });
      if (this.#waiting.length === 1) setImmediate(() => this.#commitWaiting());
    });
  }

  #commitWaiting(): void {
    // Nothing comes between its statements, so it waits only where another transaction has begun.
    if (!this.#write.inTransaction) this.#commitTogether();
    else {
      const turn = this.writer.connection().execute(async () => this.#commitTogether());
      turn.catch((error: unknown) => this.#refuseWaiting(error));
    }
  }

  #refuseWaiting(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(translateSqliteError(error));
  }

  /** Whether what `writer` commits next must survive a loss of power. Call it while the connection is yours. */
  setDurability(durable: boolean): void {
    this.#wanted = durable;
  }

  #commitTogether(): void {
    const all = this.#waiting;
    this.#waiting = [];
    let begun = false;
    try {
      this.#tellDurability(all.some(({ durable }) => durable));
      const committed = this.#write.transaction(() => {
        begun = true;
        return all.map((one) => this.#within(one, all.length));
      });
      const results = committed.immediate();
      this.#lockedSince = undefined;
      for (const tell of results) tell();
    } catch (error) {
      if (!begun && this.#mayWait(error)) {
        this.#waiting = [...all, ...this.#waiting];
        setTimeout(() => this.#commitWaiting(), LOCKED_RETRY_MS);
        return;
      }
      this.#lockedSince = undefined;
      for (const { reject } of all) reject(translateSqliteError(error));
    }
  }

  /** Whether another program holds the lock, and not for too long by now. */
  #mayWait(error: unknown): boolean {
    if (!isLocked(error)) return false;
    this.#lockedSince ??= performance.now();
    return performance.now() - this.#lockedSince < LOCKED_FOR_MS;
  }

  /** Runs one job. @returns the callback that settles its promise after the commit */
  #within({ run, reject }: Waiting, together: number): () => void {
    if (together === 1) return run();
    try {
      // A savepoint.
      return this.#write.transaction(run)();
    } catch (error) {
      // Some errors of the disk undo all there was.
      if (!this.#write.inTransaction) throw error;
      return () => reject(translateSqliteError(error));
    }
  }

  /** In WAL mode, FULL waits for the disk at each commit; NORMAL can lose the last commits when the power goes. */
  #tellDurability(durable: boolean): void {
    if (this.#durable === durable) return;
    this.#write.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
    this.#durable = durable;
  }

  /** Changes when another process commits; our own commits do not change it. */
  dataVersion(): number {
    const version: unknown = this.#write.pragma('data_version', { simple: true });
    return Number(version);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader.destroy();
    await this.writer.destroy();
  }

  async #migrate(): Promise<void> {
    const migrator = new Migrator({
      db: this.writer,
      provider: { getMigrations: () => Promise.resolve(migrations) },
    });
    // One process migrates; one that starts at the same time waits here, and then has nothing to do.
    this.#write.exec('BEGIN IMMEDIATE');
    const { error, results } = await migrator.migrateToLatest();
    this.migrated = (results ?? []).map(({ migrationName }) => migrationName);
    if (error === undefined) this.#write.exec('COMMIT');
    else {
      if (this.#write.inTransaction) this.#write.exec('ROLLBACK');
      throw unusable(this.path, error);
    }
  }
}

/** Work that is to be committed. */
interface Waiting {
  /** @returns what tells that it is */
  readonly run: () => () => void;
  readonly reject: (error: unknown) => void;
  readonly durable: boolean;
}

/** What is the file's or the disk's doing, and may be over later, by SQLite's result codes. */
const STORE_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^SQLITE_FULL/, 'The disk is full.'],
  [/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/, 'The database file is read-only or cannot be opened.'],
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, 'The database is busy; try again.'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'The database file is damaged.'],
  [/^SQLITE_(IOERR|NOMEM|INTERRUPT|NOLFS)/, 'The database file cannot be read or written now.'],
];

/** What the user is told of an error of SQLite; others, which are defects or the data's doing, stay as they are. */
export function translateSqliteError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const message = STORE_FAULTS.find(([pattern]) => pattern.test(error.code))?.[1];
  if (message === undefined) return error;
  return new GatewayError('BACKEND_UNAVAILABLE', message, { cause: error });
}

/** A file that is not there yet is made for its owner alone; SQLite makes those beside it alike. */
function createForOwner(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'a', 0o600));
  } catch {
    // Opening it as a database tells what is wrong.
  }
}

function openConnection(path: string): Database.Database {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return new Database(path, { timeout: OPEN_TIMEOUT_MS });
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Begins a transaction again where another program holds the lock. */
class PatientDriver extends SqliteDriver {
  readonly #database: Database.Database;

  constructor(config: SqliteDialectConfig, database: Database.Database) {
    super(config);
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const until = performance.now() + LOCKED_FOR_MS;
    for (;;) {
      try {
        await super.beginTransaction(connection);
        return;
      } catch (error) {
        if (!isLocked(error) || performance.now() > until) throw error;
        await sleep(LOCKED_RETRY_MS);
      }
    }
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk and the like undo all there was; a second rollback would hide the reason.
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

class PatientDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;
  readonly #database: Database.Database;

  constructor(config: SqliteDialectConfig, database: Database.Database) {
    super(config);
    this.#config = config;
    this.#database = database;
  }

  override createDriver(): SqliteDriver {
    return new PatientDriver(this.#config, this.#database);
  }
}

/** Whether another connection holds the lock that a transaction needs. */
function isLocked(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

/** @param onBegin called before a transaction begins, when nothing can come between any more */
function kyselyOver(
  database: Database.Database,
  onBegin: () => void = () => undefined,
): Kysely<SessionDatabase> {
  const statements = new Map<string, Database.Statement<unknown[]>>();
  return new Kysely<SessionDatabase>({
    dialect: new PatientDialect(
      {
        database: {
          close: () => database.close(),
          prepare: (text) => {
            // A transaction that reads first and then writes fails at once if another process wrote in between.
            const sql = text === 'begin' ? 'begin immediate' : text;
            if (text === 'begin') onBegin();
            const known = statements.get(sql);
            if (known !== undefined) return known;
            const statement = database.prepare<unknown[]>(sql);
            statements.set(sql, statement);
            return statement;
          },
        },
      },
      database,
    ),
  });
}

/** Looks whose file it is and marks it as ours, in one step: a start that is killed leaves it ours or untouched. */
function claimFile(path: string, database: Database.Database): void {
  const claim = database.transaction(() => {
    refuseForeign(path, database);
    database.pragma(`application_id = ${APPLICATION_ID}`);
  });
  claim.immediate();
}

/** Another program's file must not get our tables, and a newer gateway's must not be written by an older one. */
function refuseForeign(path: string, database: Database.Database): void {
  const application = Number(database.pragma('application_id', { simple: true }));
  const tables = database
    .prepare<[], { name: string }>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    )
    .all()
    .map(({ name }) => name);
  if (application === APPLICATION_ID) {
    refuseNewer(path, database, tables);
  } else if (application !== 0 || tables.some((name) => !STOCK_TABLES.has(name))) {
    throw new GatewayError(
      'BACKEND_UNAVAILABLE',
      `SQLITE_PATH ${path} belongs to another program; name another file.`,
    );
  }
}

function refuseNewer(path: string, database: Database.Database, tables: readonly string[]): void {
  if (!tables.includes('kysely_migration')) return;
  const unknown = database
    .prepare<[], { name: string }>('SELECT name FROM kysely_migration')
    .all()
    .filter(({ name }) => !(name in migrations));
  if (unknown.length === 0) return;
  throw new GatewayError(
    'BACKEND_UNAVAILABLE',
    `SQLITE_PATH ${path} was written by a newer Session Gateway; run that version, or name another file.`,
  );
}

function unusable(path: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const reasons: readonly (readonly [RegExp, string])[] = [
    [/^SQLITE_NOTADB/, 'is not a SQLite database'],
    [/^SQLITE_CORRUPT/, 'is damaged'],
    [
      /^(SQLITE_READONLY|EACCES|EROFS|EPERM|SQLITE_CANTOPEN|ENOTDIR|EEXIST)/,
      'cannot be written; check the folder and its rights',
    ],
    [/^(SQLITE_FULL|ENOSPC)/, 'cannot be written: the disk is full'],
    [/^SQLITE_BUSY/, 'is locked by another program'],
  ];
  const reason = reasons.find(([pattern]) => pattern.test(code))?.[1] ?? 'cannot be used';
  return new GatewayError('BACKEND_UNAVAILABLE', `SQLITE_PATH ${path} ${reason}.`, {
    cause: error,
  });
}
