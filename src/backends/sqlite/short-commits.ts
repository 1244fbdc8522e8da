// Decisions about a session as synchronous work of the one connection: those of a turn of the event loop commit together,
// and wait for the disk once.
import type { Actor, Commit, SessionState } from '../../session/ports.ts';
import { isActive } from '../../session/run.ts';
import { stateAfter } from '../../session/state-after.ts';
import { type ShortCommits, isShort } from '../sql/dialect.ts';
import {
  type RunTable,
  type SessionDatabase,
  type SessionTable,
  toEventRow,
  toIdempotencyRow,
  toRun,
  toRunRow,
  toSession,
  toSessionRow,
} from '../sql/tables.ts';
import type { SqliteDatabase } from './database.ts';

/** What does not change of a session, and of a run. */
const FIXED: ReadonlySet<string> = new Set(['id', 'owner_id', 'created_at']);
const FIXED_OF_RUNS: ReadonlySet<string> = new Set(
  'id session_id number kind request created_at'.split(' '),
);

export class SqliteCommits implements ShortCommits {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  create(commit: Commit): Promise<boolean> {
    const { session, idempotency } = commit;
    return this.#database.transaction(() => {
      if (idempotency !== undefined) {
        const row = toIdempotencyRow(idempotency);
        if (this.#insert('idempotency_keys', row, 'ON CONFLICT DO NOTHING') === 0) return false;
      }
      this.#insert('sessions', toSessionRow(session));
      this.#insertRunsAndEvents(commit);
      return true;
    }, 'durable');
  }

  change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null | undefined> {
    return this.#database.transaction(
      () => {
        const state = this.#state(id, actor);
        if (state === null) return null;
        const commit = decide(state);
        if (commit === undefined) return state;
        if (!isShort(commit)) return undefined;
        const row = toSessionRow(commit.session);
        const set = columnsOf(row, FIXED).map((column) => `${column} = @${column}`);
        this.#database.statement(`UPDATE sessions SET ${set.join(', ')} WHERE id = @id`).run(row);
        this.#insertRunsAndEvents(commit);
        return stateAfter(state, commit);
      },
      // What a user was promised.
      actor === 'system' ? 'fast' : 'durable',
    );
  }

  #state(id: string, actor: Actor): SessionState | null {
    const owner = actor === 'system' ? null : actor.ownerId;
    const row = this.#database
      .statement('SELECT * FROM sessions WHERE id = ? AND (? IS NULL OR owner_id = ?)')
      .get(id, owner, owner) as SessionTable | undefined;
    if (row === undefined) return null;
    const rows = this.#database
      .statement(
        `SELECT * FROM runs WHERE session_id = ? AND (status IN ('QUEUED', 'RUNNING') OR number = ?) ORDER BY number`,
      )
      .all(id, row.last_run) as RunTable[];
    const runs = rows.map(toRun);
    return {
      session: toSession(row),
      active: runs.filter(isActive),
      latest: runs.at(-1) ?? null,
    };
  }

  #insertRunsAndEvents({ session, runs = [], events = [] }: Commit): void {
    for (const run of runs) {
      const row = toRunRow(run);
      const set = columnsOf(row, FIXED_OF_RUNS).map((column) => `${column} = excluded.${column}`);
      this.#insert('runs', row, `ON CONFLICT (id) DO UPDATE SET ${set.join(', ')}`);
    }
    for (const entry of events) this.#insert('session_events', toEventRow(session.id, entry));
  }

  /** @returns how many rows were written */
  #insert(table: keyof SessionDatabase, row: object, conflict = ''): number {
    const columns = columnsOf(row);
    const values = columns.map((column) => `@${column}`);
    return this.#database
      .statement(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')}) ${conflict}`,
      )
      .run(row).changes;
  }
}

function columnsOf(row: object, besides?: ReadonlySet<string>): string[] {
  return Object.keys(row).filter((column) => besides?.has(column) !== true);
}
