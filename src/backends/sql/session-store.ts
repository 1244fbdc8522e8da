// The session store on SQL: every statement of a user carries the owner's id (ownership), and a decision, its events and its
// checkpoints commit in one transaction.
import type { DeleteResult, Kysely, Transaction } from 'kysely';
import type {
  Actor,
  CheckpointRow,
  Clock,
  Commit,
  ForkSource,
  IdempotencyRecord,
  SessionState,
  SessionStore,
} from '../../session/ports.ts';
import { isActive } from '../../session/run.ts';
import { type Session, isSettled, ownBytes } from '../../session/session.ts';
import { stateAfter } from '../../session/state-after.ts';
import type { CheckpointTables, SqlDialect } from './dialect.ts';
import {
  SqlSessionQueries,
  findIdempotency,
  isExpired,
  ownerOf,
  sessionOf,
} from './session-queries.ts';
import {
  type SessionDatabase,
  toEventRow,
  toIdempotencyRow,
  toRun,
  toRunRow,
  toSession,
} from './tables.ts';

export class SqlSessionStore extends SqlSessionQueries implements SessionStore {
  readonly #writer: Kysely<SessionDatabase>;
  readonly #clock: Clock;

  constructor(
    writer: Kysely<SessionDatabase>,
    reader: Kysely<SessionDatabase>,
    clock: Clock,
    checkpoints: CheckpointTables,
    dialect: SqlDialect,
  ) {
    super(reader, checkpoints, dialect);
    this.#writer = writer;
    this.#clock = clock;
  }

  async create(commit: Commit): Promise<IdempotencyRecord | null> {
    if (await this.translated(() => this.dialect.short.create(commit))) return null;
    return this.#taken(commit);
  }

  async fork(commit: Commit, source: ForkSource): Promise<IdempotencyRecord | 'moved' | null> {
    try {
      return await this.#fork(commit, source);
    } catch (error) {
      if (error instanceof Moved) return 'moved';
      if (commit.idempotency === undefined || !this.dialect.isTaken(error)) throw error;
      return this.#taken(commit);
    }
  }

  adopt(commit: Commit, rows: readonly CheckpointRow[]): Promise<boolean> {
    return this.#write({ ownerId: commit.session.ownerId }, async (tx) => {
      const stored = await tx
        .insertInto('sessions')
        .values(this.dialect.toSessionRow(commit.session))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (stored === undefined) return false;
      await this.checkpoints.adopt(tx, rows);
      await this.#store(tx, commit);
      return true;
    });
  }

  async change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null> {
    const state = await this.translated(() => this.dialect.short.change(id, actor, decide));
    if (state !== undefined) return state;
    return this.#write(actor, async (tx) => {
      const state = await this.#state(tx, id, actor);
      if (state === null) return null;
      const commit = decide(state);
      if (commit === undefined) return state;
      const { id: _, created_at, owner_id, ...columns } = this.dialect.toSessionRow(commit.session);
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
      await this.checkpoints.deleteAll(tx, id);
      return true;
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

  sweepValues(session: Session): Promise<boolean> {
    return this.#write('system', async (tx) => {
      const now = await sessionOf(tx, session.id, 'system')
        .$if(this.dialect.lockForUpdate, (query) => query.forUpdate())
        .executeTakeFirst();
      if (now === undefined || now.epoch !== session.epoch) return false;
      if (!isSettled(toSession(now))) return false;
      await this.checkpoints.sweepValues(tx, session.id);
      const stored_bytes = ownBytes(session) + (await this.checkpoints.measure(tx, session.id));
      await tx.updateTable('sessions').set({ stored_bytes }).where('id', '=', session.id).execute();
      return true;
    });
  }

  deleteOrphan(threadId: string): Promise<boolean> {
    return this.#write('system', async (tx) => {
      const session = await sessionOf(tx, threadId, 'system').executeTakeFirst();
      if (session !== undefined) return false;
      await this.checkpoints.deleteAll(tx, threadId);
      return true;
    });
  }

  acquireLease(name: string, holder: string, ttlMs: number): Promise<boolean> {
    return this.#write('system', async (tx) => {
      const now = this.#clock.now();
      const lease = { name, holder, expires_at: now + ttlMs };
      const held = await tx
        .insertInto('leases')
        .values(lease)
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet(lease)
            // One that ends later than any could was made by a clock that was ahead.
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
        storedBytes: storedBytes + (copied === 0 ? 0 : await this.checkpoints.measure(tx, id)),
      };
      await tx.insertInto('sessions').values(this.dialect.toSessionRow(session)).execute();
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
      .$if(this.dialect.lockForUpdate, (query) => query.forShare())
      .executeTakeFirst();
    const { epoch, lastOrdinal } = source.seen;
    if (parent?.epoch !== epoch) throw new Moved();
    if (lastOrdinal !== null && parent.last_ordinal !== lastOrdinal) throw new Moved();
    const copied = await this.checkpoints.copy(tx, source, target);
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
      await this.checkpoints.rollBack(tx, session.id, commit.rollBackFrom);
    }
    if (commit.remove !== undefined) await this.checkpoints.remove(tx, commit.remove);
    if (commit.checkpoints !== undefined || commit.writes !== undefined) {
      await this.checkpoints.insert(tx, session, commit.checkpoints ?? [], commit.writes ?? []);
    }
  }

  async #state(
    tx: Transaction<SessionDatabase>,
    id: string,
    actor: Actor,
  ): Promise<SessionState | null> {
    const row = await sessionOf(tx, id, actor)
      .$if(this.dialect.lockForUpdate, (query) => query.forUpdate())
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
      active: all.filter(isActive),
      latest: all.at(-1) ?? null,
    };
  }

  #write<T>(actor: Actor, work: (tx: Transaction<SessionDatabase>) => Promise<T>): Promise<T> {
    return this.translated(() =>
      this.#writer.connection().execute((connection) => {
        this.dialect.setDurability?.(actor !== 'system');
        return connection.transaction().execute(work);
      }),
    );
  }
}

/** Ends a transaction that copies what has moved. */
class Moved extends Error {}
