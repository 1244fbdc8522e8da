// Reads of sessions: every query of a user carries the owner's id (ownership).
import { type Expression, type Kysely, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { type Page, type PageRequest, toPage } from '../../session/page.ts';
import type {
  Actor,
  CheckpointFilter,
  CheckpointPlace,
  CheckpointRow,
  ClaimableRun,
  IdempotencyRecord,
  LongHistories,
  HistoryInterval,
  Orphans,
  SessionFilter,
  SessionKey,
  SessionOrder,
  OrdinalRange,
  UserActivity,
} from '../../session/ports.ts';
import type { LogEntry } from '../../session/progress.ts';
import type { Run, RunStatus } from '../../session/run.ts';
import { type Session, isSettled } from '../../session/session.ts';
import { ClaimWindow } from '../claimable.ts';
import { serializer } from '../serializer.ts';
import type { CheckpointTables, SqlDialect } from './dialect.ts';
import {
  type SessionDatabase,
  toIdempotency,
  toLogEntry,
  toRun,
  toRunBase,
  toSession,
} from './tables.ts';

const SESSIONS_AT_A_TIME = 500;
const CLAIMABLE_AT_ONCE = 10_000;

export abstract class SqlSessionQueries {
  readonly #reader: Kysely<SessionDatabase>;
  protected readonly checkpoints: CheckpointTables;
  protected readonly dialect: SqlDialect;
  readonly #claimable = new ClaimWindow(CLAIMABLE_AT_ONCE);

  constructor(reader: Kysely<SessionDatabase>, checkpoints: CheckpointTables, dialect: SqlDialect) {
    this.#reader = reader;
    this.checkpoints = checkpoints;
    this.dialect = dialect;
  }

  find(id: string, actor: Actor): Promise<Session | null> {
    return this.read(async (db) => {
      const row = await sessionOf(db, id, actor).executeTakeFirst();
      return row === undefined ? null : toSession(row);
    });
  }

  findEach(ids: readonly string[], actor: Actor): Promise<(Session | null)[]> {
    return this.read(async (db) => {
      const rows = await ownedBy(actor, db.selectFrom('sessions').selectAll())
        .where('id', 'in', ids)
        .execute();
      const byId = new Map(rows.map((row) => [row.id, toSession(row)]));
      return ids.map((id) => byId.get(id) ?? null);
    });
  }

  list(
    ownerId: string,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest<SessionKey>,
  ): Promise<Page<Session>> {
    return this.read(async (db) => {
      const at = order === 'CREATED_AT' ? 'created_at' : 'updated_at';
      if (filter.status?.length === 0) return toPage([], page);
      let query = this.#found(db.selectFrom('sessions').selectAll(), ownerId, filter);
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

  count(ownerId: string, filter: SessionFilter): Promise<number> {
    return this.read(async (db) => {
      if (filter.status?.length === 0) return 0;
      const counted = db.selectFrom('sessions').select(({ fn }) => fn.countAll().as('count'));
      const row = await this.#found(counted, ownerId, filter).executeTakeFirstOrThrow();
      return Number(row.count);
    });
  }

  /** A user's sessions that fit the filter. */
  #found<Row>(
    query: SelectQueryBuilder<SessionDatabase, 'sessions', Row>,
    ownerId: string,
    filter: SessionFilter,
  ): SelectQueryBuilder<SessionDatabase, 'sessions', Row> {
    let found = query.where('owner_id', '=', ownerId);
    if (filter.status !== null) found = found.where('status', 'in', filter.status);
    if (filter.graphId !== null) found = found.where('graph_id', '=', filter.graphId);
    if (filter.forkedFromSessionId !== null)
      found = found.where('forked_from_session_id', '=', filter.forkedFromSessionId);
    for (const [key, value] of Object.entries(filter.metadata))
      found = found.where(this.dialect.metadataMatches(key, value));
    return found;
  }

  activityOf(ownerId: string): Promise<UserActivity> {
    return this.read(async (db) => {
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
    return this.read(async (db) => {
      const row = await db
        .selectFrom('sessions')
        .select(({ fn }) => fn.sum('stored_bytes').as('bytes'))
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      return Number(row?.bytes ?? 0);
    });
  }

  findRun(id: string, actor: Actor): Promise<Run | null> {
    return this.read(async (db) => {
      const row = await runsOf(db, actor).where('runs.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRun(row);
    });
  }

  findRunByNumber(sessionId: string, number: number, actor: Actor): Promise<Run | null> {
    return this.read(async (db) => {
      const row = await runsOf(db, actor)
        .where('runs.session_id', '=', sessionId)
        .where('runs.number', '=', number)
        .executeTakeFirst();
      return row === undefined ? null : toRun(row);
    });
  }

  listRuns(
    sessionId: string,
    actor: Actor,
    page: PageRequest<number>,
    status: readonly RunStatus[] | null = null,
  ): Promise<Page<Run>> {
    return this.read(async (db) => {
      let query = runsOf(db, actor).where('runs.session_id', '=', sessionId);
      if (page.after !== null) query = query.where('runs.number', '<', page.after);
      if (status?.length === 0) return toPage([], page);
      if (status !== null) query = query.where('runs.status', 'in', status);
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
    return this.read((db) => findIdempotency(db, ownerId, mutation, key));
  }

  readLog(
    sessionId: string,
    actor: Actor,
    after: number,
    limit: number,
  ): Promise<readonly LogEntry[]> {
    return this.read(async (db) => {
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

  async listCheckpoints(
    sessionId: string,
    actor: Actor,
    filter: CheckpointFilter,
    page: PageRequest<number>,
  ): Promise<Page<CheckpointRow>> {
    return toPage(await this.checkpoints.history.list(sessionId, actor, filter, page), page);
  }

  findCheckpoint(
    sessionId: string,
    actor: Actor,
    checkpointId: string,
    namespace: string,
  ): Promise<CheckpointRow | null> {
    return this.checkpoints.history.find(sessionId, actor, checkpointId, namespace);
  }

  listNamespaces(sessionId: string, actor: Actor): Promise<readonly string[]> {
    return this.checkpoints.history.listNamespaces(sessionId, actor);
  }

  async readMetadata(places: readonly CheckpointPlace[]): Promise<readonly unknown[]> {
    const texts = await this.checkpoints.history.readMetadata(places);
    return Promise.all(texts.map(async (text) => text && serializer.loadsTyped('json', text)));
  }

  nextCheckpoint(row: CheckpointRow): Promise<CheckpointRow | null> {
    return this.checkpoints.history.next(row);
  }

  subgraphsAt(sessionId: string, interval: HistoryInterval): Promise<readonly CheckpointRow[]> {
    return this.checkpoints.history.subgraphsAt(sessionId, interval);
  }

  listRange(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    range: OrdinalRange,
  ): Promise<readonly CheckpointRow[]> {
    return this.checkpoints.history.range(sessionId, whose, range);
  }

  claimable(
    deadWorkers: readonly string[],
    limit: number,
    except: readonly string[] = [],
  ): Promise<readonly ClaimableRun[]> {
    return this.read(async (db) => {
      let query = db
        .selectFrom('runs')
        .innerJoin('sessions', 'sessions.id', 'runs.session_id')
        // Not what the run was given, which may be large: this is asked all the time.
        .select(['runs.id', 'session_id', 'number', 'attempt', 'worker_id', 'base'])
        .select(['runs.created_at', 'owner_id'])
        .where('runs.status', 'in', ['QUEUED', 'RUNNING'])
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
      if (except.length > 0) query = query.where('runs.id', 'not in', except);
      const oldest = query
        .orderBy('runs.created_at')
        .orderBy('number')
        .limit(this.#claimable.size)
        .offset(this.#claimable.from);
      const turn = sql<number>`row_number() over (partition by owner_id order by created_at, number)`;
      const rows = await db
        .selectFrom(oldest.as('oldest'))
        .selectAll()
        .select([turn.as('turn'), sql<number | string>`count(*) over ()`.as('found')])
        .orderBy('turn')
        .orderBy('created_at')
        .limit(limit)
        .execute();
      this.#claimable.moveOn(Number(rows[0]?.found ?? 0));
      return rows.map((row): ClaimableRun => ({
        id: row.id,
        sessionId: row.session_id,
        attempt: row.attempt,
        ownerId: row.owner_id,
        workerId: row.worker_id,
        notBefore: row.base === null ? null : (toRunBase(row.base).notBefore ?? null),
      }));
    });
  }

  busyWorkers(): Promise<readonly string[]> {
    return this.read(async (db) => {
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
    return this.read(async (db) => {
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

  async longHistories(count: number, from: string | null): Promise<LongHistories> {
    const rows = await this.read((db) =>
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

  async orphans(from: string | null, limit: number): Promise<Orphans> {
    const rows = await this.read((db) => this.checkpoints.threads(db, from ?? '', limit));
    return {
      threadIds: rows.filter(({ owned }) => !owned).map(({ id }) => id),
      own: rows.filter(({ owned, own }) => !owned && own).map(({ id }) => id),
      next: rows.length < limit ? null : (rows.at(-1)?.id ?? null),
    };
  }

  protected async translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.dialect.translate(error);
    }
  }

  protected read<T>(work: (db: Kysely<SessionDatabase>) => Promise<T>): Promise<T> {
    return this.translated(() => work(this.#reader));
  }
}

/** Past its time, with nothing queued or running, nor, unless these count too, asked. */
export function isExpired(now: number, interruptedToo: boolean): Expression<SqlBool> {
  const atRest = sql<SqlBool>`expires_at <= ${now} AND status NOT IN ('QUEUED', 'RUNNING')`;
  return interruptedToo
    ? atRest
    : sql<SqlBool>`${atRest} AND asking = 0 AND status <> 'INTERRUPTED'`;
}

export function sessionOf(db: Kysely<SessionDatabase>, id: string, actor: Actor) {
  return ownedBy(actor, db.selectFrom('sessions').selectAll()).where('id', '=', id);
}

function ownedBy<Row>(actor: Actor, query: SelectQueryBuilder<SessionDatabase, 'sessions', Row>) {
  return actor === 'system' ? query : query.where('owner_id', '=', ownerOf(actor));
}

export async function findIdempotency(
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

export function ownerOf(actor: Actor): string {
  if (actor === 'system') throw new Error('the system owns no session');
  return actor.ownerId;
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
