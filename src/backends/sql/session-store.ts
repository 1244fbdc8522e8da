// Holds promises 1, 2, 4, 7 and 9 on SQL: each query of a user carries the owner's id, and a decision, its events
// and its checkpoints commit in one transaction.
import {
  type DeleteResult,
  type Expression,
  type Insertable,
  type Kysely,
  type SqlBool,
  sql,
  type Transaction,
} from 'kysely';
import { type Page, type PageRequest, toPage } from '../../session/page.ts';
import type {
  Actor,
  CheckpointFilter,
  CheckpointPlace,
  CheckpointRow,
  Commit,
  ForkSource,
  IdempotencyRecord,
  LongHistories,
  Moment,
  Orphans,
  SessionFilter,
  SessionKey,
  SessionOrder,
  SessionState,
  SessionStore,
  StoredCheckpoint,
  StoredWrite,
  Stretch,
  UserActivity,
} from '../../session/ports.ts';
import type { LogEntry } from '../../session/progress.ts';
import type { Run } from '../../session/run.ts';
import { type Session, isSettled, ownBytes } from '../../session/session.ts';
import { stateAfter } from '../../session/state-after.ts';
import { serializer } from '../serializer.ts';
import type { SqlCheckpointHistory } from './checkpoint-history.ts';
import {
  type SessionDatabase,
  type SessionTable,
  toEventRow,
  toIdempotency,
  toIdempotencyRow,
  toLogEntry,
  toRun,
  toRunRow,
  toSession,
} from './tables.ts';

/** The checkpoint tables of one SQL backend, as the session store needs them inside its transactions. */
export interface CheckpointTables {
  /** Adds checkpoints after the session's ordinal, and writes, in the name of the session's epoch. */
  insert(
    tx: Transaction<SessionDatabase>,
    session: Session,
    checkpoints: readonly StoredCheckpoint[],
    writes: readonly StoredWrite[],
  ): Promise<void>;
  rollBack(tx: Transaction<SessionDatabase>, sessionId: string, fromEpoch: number): Promise<void>;
  /** Gives rows to checkpoints that a stock saver has written. */
  adopt(tx: Transaction<SessionDatabase>, rows: readonly CheckpointRow[]): Promise<void>;
  /** Copies the source's checkpoints under `target`; the number of those that were still there. */
  copy(tx: Transaction<SessionDatabase>, source: ForkSource, target: Session): Promise<number>;
  remove(tx: Transaction<SessionDatabase>, places: readonly CheckpointPlace[]): Promise<void>;
  /** Threads after this one, in order, and whether each is a session's. */
  threads(db: Kysely<SessionDatabase>, after: string, limit: number): Promise<readonly Thread[]>;
  /** How many bytes the session's checkpoints and writes take. */
  measure(tx: Transaction<SessionDatabase>, sessionId: string): Promise<number>;
  /** Removes values that no checkpoint of the session holds. */
  sweepValues(tx: Transaction<SessionDatabase>, sessionId: string): Promise<void>;
  deleteAll(tx: Transaction<SessionDatabase>, sessionId: string): Promise<void>;
  readonly history: SqlCheckpointHistory;
}

/** Something that checkpoints are of. */
export interface Thread {
  readonly id: string;
  /** Whether it is a session. */
  readonly owned: boolean;
}

/** What differs between the SQL backends. */
export interface SqlDialect {
  /** The table's columns; a backend may add some of its own. */
  toSessionRow(session: Session): Insertable<SessionTable>;
  readonly lockForUpdate: boolean;
  /** Whether the error says that an idempotency key is taken. */
  isTaken(error: unknown): boolean;
  readonly short: ShortCommits;
  /** Called before a transaction begins: `durable` ones were promised to a user and survive a loss of power. */
  setDurability?(durable: boolean): void;
  metadataMatches(key: string, value: string | number | boolean | null): Expression<SqlBool>;
  /** Turns a driver's error into what the user may see. */
  translate(error: unknown): unknown;
}

/** Commits of a session, its runs and events alone, which take less than a transaction of many statements. */
export interface ShortCommits {
  /** False where the idempotency key is taken. */
  create(commit: Commit): Promise<boolean>;
  /** As the store's; undefined where it takes a transaction: nothing was changed, and it is decided anew. */
  change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null | undefined>;
}

/** Whether the commit is of the session, its runs and events alone. */
export function isShort({
  rollBackFrom,
  remove,
  checkpoints,
  writes,
  idempotency,
}: Commit): boolean {
  const others = [rollBackFrom, remove, checkpoints, writes, idempotency];
  return others.every((part) => part === undefined);
}

export class SqlSessionStore implements SessionStore {
  readonly #writer: Kysely<SessionDatabase>;
  readonly #reader: Kysely<SessionDatabase>;
  readonly #checkpoints: CheckpointTables;
  readonly #dialect: SqlDialect;

  constructor(
    writer: Kysely<SessionDatabase>,
    reader: Kysely<SessionDatabase>,
    checkpoints: CheckpointTables,
    dialect: SqlDialect,
  ) {
    this.#writer = writer;
    this.#reader = reader;
    this.#checkpoints = checkpoints;
    this.#dialect = dialect;
  }

  async create(commit: Commit): Promise<IdempotencyRecord | null> {
    if (await this.#translated(() => this.#dialect.short.create(commit))) return null;
    return this.#taken(commit);
  }

  async fork(commit: Commit, source: ForkSource): Promise<IdempotencyRecord | 'moved' | null> {
    try {
      return await this.#fork(commit, source);
    } catch (error) {
      if (error instanceof Moved) return 'moved';
      if (commit.idempotency === undefined || !this.#dialect.isTaken(error)) throw error;
      return this.#taken(commit);
    }
  }

  adopt(commit: Commit, rows: readonly CheckpointRow[]): Promise<boolean> {
    return this.#write({ ownerId: commit.session.ownerId }, async (tx) => {
      const stored = await tx
        .insertInto('sessions')
        .values(this.#dialect.toSessionRow(commit.session))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (stored === undefined) return false;
      await this.#checkpoints.adopt(tx, rows);
      await this.#store(tx, commit);
      return true;
    });
  }

  async change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null> {
    const state = await this.#translated(() => this.#dialect.short.change(id, actor, decide));
    if (state !== undefined) return state;
    return this.#write(actor, async (tx) => {
      const state = await this.#state(tx, id, actor);
      if (state === null) return null;
      const commit = decide(state);
      if (commit === undefined) return state;
      const {
        id: _,
        created_at,
        owner_id,
        ...columns
      } = this.#dialect.toSessionRow(commit.session);
      await tx.updateTable('sessions').set(columns).where('id', '=', id).execute();
      await this.#store(tx, commit);
      return stateAfter(state, commit);
    });
  }

  delete(id: string, actor: Actor): Promise<boolean> {
    return this.#delete(id, actor, (tx) =>
      tx
        .deleteFrom('sessions')
        .where('id', '=', id)
        .$if(actor !== 'system', (query) => query.where('owner_id', '=', ownerOf(actor)))
        .executeTakeFirst(),
    );
  }

  deleteExpired(id: string, now: number, interruptedToo: boolean): Promise<boolean> {
    return this.#delete(id, 'system', (tx) =>
      tx
        .deleteFrom('sessions')
        .where('id', '=', id)
        .where(isExpired(now, interruptedToo))
        .executeTakeFirst(),
    );
  }

  #delete(
    id: string,
    actor: Actor,
    deleteSession: (tx: Transaction<SessionDatabase>) => Promise<DeleteResult>,
  ): Promise<boolean> {
    return this.#write(actor, async (tx) => {
      const { numDeletedRows } = await deleteSession(tx);
      if (numDeletedRows === 0n) return false;
      await tx.deleteFrom('runs').where('session_id', '=', id).execute();
      await tx.deleteFrom('session_events').where('session_id', '=', id).execute();
      await tx.deleteFrom('idempotency_keys').where('session_id', '=', id).execute();
      await this.#checkpoints.deleteAll(tx, id);
      return true;
    });
  }

  find(id: string, actor: Actor): Promise<Session | null> {
    return this.#read(async (db) => {
      const row = await sessionOf(db, id, actor).executeTakeFirst();
      return row === undefined ? null : toSession(row);
    });
  }

  list(
    ownerId: string,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest<SessionKey>,
  ): Promise<Page<Session>> {
    return this.#read(async (db) => {
      const at = order === 'CREATED_AT' ? 'created_at' : 'updated_at';
      let query = db.selectFrom('sessions').selectAll().where('owner_id', '=', ownerId);
      if (filter.status?.length === 0) return toPage([], page);
      if (filter.status !== null) query = query.where('status', 'in', filter.status);
      if (filter.graphId !== null) query = query.where('graph_id', '=', filter.graphId);
      if (filter.forkedFromSessionId !== null) {
        query = query.where('forked_from_session_id', '=', filter.forkedFromSessionId);
      }
      for (const [key, value] of Object.entries(filter.metadata)) {
        query = query.where(this.#dialect.metadataMatches(key, value));
      }
      if (page.after !== null) {
        const [time, id] = page.after;
        query = query.where(sql<SqlBool>`(${sql.ref(at)}, id) < (${time}, ${id})`);
      }
      const rows = await query
        .orderBy(at, 'desc')
        .orderBy('id', 'desc')
        .limit(page.first + 1)
        .execute();
      return toPage(rows.map(toSession), page);
    });
  }

  activityOf(ownerId: string): Promise<UserActivity> {
    return this.#read(async (db) => {
      // As literals: a partial index is used only where its condition can be seen.
      const active = sql<SqlBool>`sessions.status IN ('QUEUED', 'RUNNING')`;
      const row = await db
        .selectFrom('sessions')
        .leftJoin('runs', (join) =>
          join.onRef('runs.session_id', '=', 'sessions.id').on('runs.status', '=', 'QUEUED'),
        )
        .select(({ fn }) => [
          fn.count('sessions.id').distinct().as('active'),
          fn.count('runs.id').as('queued'),
        ])
        .where('owner_id', '=', ownerId)
        .where(active)
        .executeTakeFirstOrThrow();
      return { activeSessions: Number(row.active), queuedRuns: Number(row.queued) };
    });
  }

  storedBytesOf(ownerId: string): Promise<number> {
    return this.#read(async (db) => {
      const row = await db
        .selectFrom('sessions')
        .select(({ fn }) => fn.sum('stored_bytes').as('bytes'))
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      return Number(row?.bytes ?? 0);
    });
  }

  findRun(id: string, actor: Actor): Promise<Run | null> {
    return this.#read(async (db) => {
      const row = await runsOf(db, actor).where('runs.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRun(row);
    });
  }

  findRunByNumber(sessionId: string, number: number, actor: Actor): Promise<Run | null> {
    return this.#read(async (db) => {
      const row = await runsOf(db, actor)
        .where('runs.session_id', '=', sessionId)
        .where('runs.number', '=', number)
        .executeTakeFirst();
      return row === undefined ? null : toRun(row);
    });
  }

  listRuns(sessionId: string, actor: Actor, page: PageRequest<number>): Promise<Page<Run>> {
    return this.#read(async (db) => {
      let query = runsOf(db, actor).where('runs.session_id', '=', sessionId);
      if (page.after !== null) query = query.where('runs.number', '<', page.after);
      const rows = await query
        .orderBy('runs.number', 'desc')
        .limit(page.first + 1)
        .execute();
      return toPage(rows.map(toRun), page);
    });
  }

  findIdempotency(
    ownerId: string,
    mutation: IdempotencyRecord['mutation'],
    key: string,
  ): Promise<IdempotencyRecord | null> {
    return this.#read((db) => findIdempotency(db, ownerId, mutation, key));
  }

  readLog(
    sessionId: string,
    actor: Actor,
    after: number,
    limit: number,
  ): Promise<readonly LogEntry[]> {
    return this.#read(async (db) => {
      let query = db
        .selectFrom('session_events')
        .selectAll('session_events')
        .where('session_events.session_id', '=', sessionId)
        .where('sequence', '>', after);
      if (actor !== 'system') {
        query = query
          .innerJoin('sessions', 'sessions.id', 'session_events.session_id')
          .where('sessions.owner_id', '=', actor.ownerId);
      }
      const rows = await query.orderBy('sequence').limit(limit).execute();
      return rows.map(toLogEntry);
    });
  }

  trimLog(sessionId: string, keep: number, limit: number): Promise<boolean> {
    return this.#write('system', async (tx) => {
      const session = await sessionOf(tx, sessionId, 'system').executeTakeFirst();
      const events = tx.selectFrom('session_events').where('session_id', '=', sessionId);
      const oldest = await events
        .select('sequence')
        .orderBy('sequence')
        .limit(1)
        .executeTakeFirst();
      if (session === undefined || oldest === undefined) return false;
      const end = session.last_event - keep + 1;
      const least = Math.min(end, oldest.sequence + limit);
      if (oldest.sequence >= least) return false;
      await tx
        .deleteFrom('session_events')
        .where('session_id', '=', sessionId)
        .where('sequence', '<', least)
        .execute();
      return least < end;
    });
  }

  async listCheckpoints(
    sessionId: string,
    actor: Actor,
    filter: CheckpointFilter,
    page: PageRequest<number>,
  ): Promise<Page<CheckpointRow>> {
    return toPage(await this.#checkpoints.history.list(sessionId, actor, filter, page), page);
  }

  findCheckpoint(
    sessionId: string,
    actor: Actor,
    checkpointId: string,
    namespace: string,
  ): Promise<CheckpointRow | null> {
    return this.#checkpoints.history.find(sessionId, actor, checkpointId, namespace);
  }

  listNamespaces(sessionId: string, actor: Actor): Promise<readonly string[]> {
    return this.#checkpoints.history.listNamespaces(sessionId, actor);
  }

  async readMetadata(places: readonly CheckpointPlace[]): Promise<readonly unknown[]> {
    const texts = await this.#checkpoints.history.readMetadata(places);
    return Promise.all(texts.map(async (text) => text && serializer.loadsTyped('json', text)));
  }

  nextCheckpoint(row: CheckpointRow): Promise<CheckpointRow | null> {
    return this.#checkpoints.history.next(row);
  }

  subgraphsAt(sessionId: string, moment: Moment): Promise<readonly CheckpointRow[]> {
    return this.#checkpoints.history.subgraphsAt(sessionId, moment);
  }

  claimable(deadWorkers: readonly string[], limit: number): Promise<readonly Run[]> {
    return this.#read(async (db) => {
      let query = db
        .selectFrom('runs')
        .selectAll()
        .where('status', 'in', ['QUEUED', 'RUNNING'])
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('runs as earlier')
                .select('earlier.id')
                .whereRef('earlier.session_id', '=', 'runs.session_id')
                .whereRef('earlier.number', '<', 'runs.number')
                .where('earlier.status', 'in', ['QUEUED', 'RUNNING']),
            ),
          ),
        );
      query = query.where((where) =>
        where.or([
          where('worker_id', 'is', null),
          ...(deadWorkers.length === 0 ? [] : [where('worker_id', 'in', deadWorkers)]),
        ]),
      );
      const rows = await query.orderBy('created_at').orderBy('number').limit(limit).execute();
      return rows.map(toRun);
    });
  }

  busyWorkers(): Promise<readonly string[]> {
    return this.#read(async (db) => {
      const rows = await db
        .selectFrom('runs')
        .select('worker_id')
        .distinct()
        .where('status', 'in', ['QUEUED', 'RUNNING'])
        .where('worker_id', 'is not', null)
        .execute();
      return rows.flatMap(({ worker_id }) => worker_id ?? []);
    });
  }

  expired(now: number, limit: number, interruptedToo: boolean): Promise<readonly Session[]> {
    return this.#read(async (db) => {
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .where(isExpired(now, interruptedToo))
        .orderBy('expires_at')
        .limit(limit)
        .execute();
      return rows.map(toSession);
    });
  }

  acquireLease(name: string, holder: string, ttlMs: number): Promise<boolean> {
    return this.#write('system', async (tx) => {
      const now = Date.now();
      const lease = { name, holder, expires_at: now + ttlMs };
      const held = await tx
        .insertInto('leases')
        .values(lease)
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet(lease)
            // One that ends later than any could was made by a clock that is ahead.
            .where(({ or, eb }) =>
              or([
                eb('leases.holder', '=', holder),
                eb('leases.expires_at', '<=', now),
                eb('leases.expires_at', '>', now + ttlMs),
              ]),
            ),
        )
        .returning('holder')
        .executeTakeFirst();
      return held !== undefined;
    });
  }

  async releaseLease(name: string, holder: string): Promise<void> {
    await this.#write('system', (tx) =>
      tx.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute(),
    );
  }

  async orphans(from: string | null, limit: number): Promise<Orphans> {
    const rows = await this.#read((db) => this.#checkpoints.threads(db, from ?? '', limit));
    return {
      threadIds: rows.filter(({ owned }) => !owned).map(({ id }) => id),
      next: rows.length < limit ? null : (rows.at(-1)?.id ?? null),
    };
  }

  deleteOrphan(threadId: string): Promise<boolean> {
    return this.#write('system', async (tx) => {
      const session = await sessionOf(tx, threadId, 'system').executeTakeFirst();
      if (session !== undefined) return false;
      await this.#checkpoints.deleteAll(tx, threadId);
      return true;
    });
  }

  listStretch(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    stretch: Stretch,
  ): Promise<readonly CheckpointRow[]> {
    return this.#checkpoints.history.stretch(sessionId, whose, stretch);
  }

  async longHistories(count: number, from: string | null): Promise<LongHistories> {
    const rows = await this.#read((db) =>
      db
        .selectFrom('sessions')
        .selectAll()
        .where('id', '>', from ?? '')
        .orderBy('id')
        .limit(SESSIONS_AT_A_TIME)
        .execute(),
    );
    const sessions = rows.map(toSession);
    return {
      sessions: sessions.filter((session) => isSettled(session) && session.lastOrdinal > count),
      next: rows.length < SESSIONS_AT_A_TIME ? null : (rows.at(-1)?.id ?? null),
    };
  }

  sweepValues(session: Session): Promise<boolean> {
    return this.#write('system', async (tx) => {
      const now = await sessionOf(tx, session.id, 'system')
        .$if(this.#dialect.lockForUpdate, (query) => query.forUpdate())
        .executeTakeFirst();
      if (now === undefined || now.epoch !== session.epoch) return false;
      if (!isSettled(toSession(now))) return false;
      await this.#checkpoints.sweepValues(tx, session.id);
      const stored_bytes = ownBytes(session) + (await this.#checkpoints.measure(tx, session.id));
      await tx.updateTable('sessions').set({ stored_bytes }).where('id', '=', session.id).execute();
      return true;
    });
  }

  #fork(commit: Commit, source: ForkSource): Promise<IdempotencyRecord | null> {
    return this.#write({ ownerId: commit.session.ownerId }, async (tx) => {
      if (commit.idempotency !== undefined) {
        const { ownerId, mutation, key } = commit.idempotency;
        const taken = await findIdempotency(tx, ownerId, mutation, key);
        if (taken !== null) return taken;
      }
      const copied = await this.#copy(tx, source, commit.session);
      const { id, storedBytes } = commit.session;
      const session = {
        ...commit.session,
        lastOrdinal: copied,
        storedBytes: storedBytes + (copied === 0 ? 0 : await this.#checkpoints.measure(tx, id)),
      };
      await tx.insertInto('sessions').values(this.#dialect.toSessionRow(session)).execute();
      await this.#store(tx, { ...commit, session });
      return null;
    });
  }

  async #taken({ idempotency }: Commit): Promise<IdempotencyRecord | null> {
    if (idempotency === undefined) throw new Error('a session was not stored');
    return this.findIdempotency(idempotency.ownerId, idempotency.mutation, idempotency.key);
  }

  /** @throws Moved where the source is not as it was seen */
  async #copy(
    tx: Transaction<SessionDatabase>,
    source: ForkSource,
    target: Session,
  ): Promise<number> {
    const owner = { ownerId: target.ownerId };
    // No step of the parent comes between the parts of the copy.
    const parent = await sessionOf(tx, source.sessionId, owner)
      .$if(this.#dialect.lockForUpdate, (query) => query.forShare())
      .executeTakeFirst();
    const { epoch, lastOrdinal } = source.seen;
    if (parent?.epoch !== epoch) throw new Moved();
    if (lastOrdinal !== null && parent.last_ordinal !== lastOrdinal) throw new Moved();
    const copied = await this.#checkpoints.copy(tx, source, target);
    if (copied < source.checkpoints.length) throw new Moved();
    return copied;
  }

  async #store(tx: Transaction<SessionDatabase>, commit: Commit): Promise<void> {
    const { session } = commit;
    for (const run of commit.runs ?? []) {
      const { id, session_id, number, kind, request, created_at, ...moving } = toRunRow(run);
      await tx
        .insertInto('runs')
        .values(toRunRow(run))
        .onConflict((conflict) => conflict.column('id').doUpdateSet(moving))
        .execute();
    }
    const events = commit.events ?? [];
    if (events.length > 0) {
      await tx
        .insertInto('session_events')
        .values(events.map((entry) => toEventRow(session.id, entry)))
        .execute();
    }
    if (commit.idempotency !== undefined) {
      await tx
        .insertInto('idempotency_keys')
        .values(toIdempotencyRow(commit.idempotency))
        .execute();
    }
    if (commit.rollBackFrom !== undefined) {
      await this.#checkpoints.rollBack(tx, session.id, commit.rollBackFrom);
    }
    if (commit.remove !== undefined) await this.#checkpoints.remove(tx, commit.remove);
    if (commit.checkpoints !== undefined || commit.writes !== undefined) {
      await this.#checkpoints.insert(tx, session, commit.checkpoints ?? [], commit.writes ?? []);
    }
  }

  async #state(
    tx: Transaction<SessionDatabase>,
    id: string,
    actor: Actor,
  ): Promise<SessionState | null> {
    const row = await sessionOf(tx, id, actor)
      .$if(this.#dialect.lockForUpdate, (query) => query.forUpdate())
      .executeTakeFirst();
    if (row === undefined) return null;
    const runs = await tx
      .selectFrom('runs')
      .selectAll()
      .where('session_id', '=', id)
      .where((where) =>
        where.or([
          where('status', 'in', ['QUEUED', 'RUNNING']),
          where('number', '=', row.last_run),
        ]),
      )
      .orderBy('number')
      .execute();
    const all = runs.map(toRun);
    return {
      session: toSession(row),
      active: all.filter(({ status }) => status === 'QUEUED' || status === 'RUNNING'),
      latest: all.at(-1) ?? null,
    };
  }

  async #write<T>(
    actor: Actor,
    work: (tx: Transaction<SessionDatabase>) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#writer.connection().execute((connection) => {
        this.#dialect.setDurability?.(actor !== 'system');
        return connection.transaction().execute(work);
      });
    } catch (error) {
      throw this.#dialect.translate(error);
    }
  }

  #read<T>(work: (db: Kysely<SessionDatabase>) => Promise<T>): Promise<T> {
    return this.#translated(() => work(this.#reader));
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#dialect.translate(error);
    }
  }
}

const SESSIONS_AT_A_TIME = 500;

/** Ends a transaction that copies what has moved. */
class Moved extends Error {}

/** Past its time, with nothing queued or running, nor, unless these count too, asked. */
function isExpired(now: number, interruptedToo: boolean): Expression<SqlBool> {
  const atRest = sql<SqlBool>`expires_at <= ${now} AND status NOT IN ('QUEUED', 'RUNNING')`;
  return interruptedToo
    ? atRest
    : sql<SqlBool>`${atRest} AND asking = 0 AND status <> 'INTERRUPTED'`;
}

function sessionOf(db: Kysely<SessionDatabase>, id: string, actor: Actor) {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .$if(actor !== 'system', (query) => query.where('owner_id', '=', ownerOf(actor)));
}

function runsOf(db: Kysely<SessionDatabase>, actor: Actor) {
  return db
    .selectFrom('runs')
    .selectAll('runs')
    .$if(actor !== 'system', (query) =>
      query
        .innerJoin('sessions', 'sessions.id', 'runs.session_id')
        .where('sessions.owner_id', '=', ownerOf(actor)),
    );
}

async function findIdempotency(
  db: Kysely<SessionDatabase>,
  ownerId: string,
  mutation: IdempotencyRecord['mutation'],
  key: string,
): Promise<IdempotencyRecord | null> {
  const row = await db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('mutation', '=', mutation)
    .where('key', '=', key)
    .executeTakeFirst();
  return row === undefined ? null : toIdempotency(row);
}

function ownerOf(actor: Actor): string {
  if (actor === 'system') throw new Error('the system owns no session');
  return actor.ownerId;
}
