// A look at a session and a commit of it, each in one round trip. A row's `xmin` names the transaction that wrote it,
// so it is the version that a commit compares.
import type { Actor, Commit, SessionState } from '../../session/ports.ts';
import { isActive } from '../../session/run.ts';
import { stateAfter } from '../../session/state-after.ts';
import { type ShortCommits, isShort } from '../sql/dialect.ts';
import {
  type RunTable,
  type SessionTable,
  toEventRow,
  toIdempotencyRow,
  toRun,
  toRunRow,
  toSession,
} from '../sql/tables.ts';
import type { PostgresDatabase } from './database.ts';
import { isDuplicate } from './errors.ts';
import { toChangedRow, toPostgresSessionRow } from './session-row.ts';

interface StateRow {
  readonly session: SessionTable;
  readonly runs: readonly RunTable[];
  readonly version: string;
}

/** How often a session that moves is looked at anew before it is locked instead. */
const LOOKS = 2;

export class PostgresCommits implements ShortCommits {
  readonly #database: PostgresDatabase;
  readonly #read: string;
  readonly #create: string;
  readonly #commit: string;

  constructor(database: PostgresDatabase) {
    this.#database = database;
    const sessions = database.own('sessions');
    const runs = database.own('runs');
    const writeRunsAndEvents = (from: string) => `
      written AS (
        INSERT INTO ${runs} SELECT r.* FROM ${from}, jsonb_populate_recordset(NULL::${runs}, $2) AS r
        ON CONFLICT (id) DO UPDATE SET (status, attempt, deaths, worker_id, base, error, started_at, finished_at)
          = (EXCLUDED.status, EXCLUDED.attempt, EXCLUDED.deaths, EXCLUDED.worker_id, EXCLUDED.base,
             EXCLUDED.error, EXCLUDED.started_at, EXCLUDED.finished_at)
      ), logged AS (
        INSERT INTO ${database.own('session_events')} (session_id, sequence, run_id, at, detail)
        SELECT e.session_id, e.sequence, e.run_id, e.at, e.detail
        FROM ${from}, jsonb_populate_recordset(NULL::${database.own('session_events')}, $3) AS e
      )`;
    this.#read = `SELECT to_jsonb(s) AS session, s.xmin::text AS version, coalesce((
        SELECT jsonb_agg(to_jsonb(r) ORDER BY r.number) FROM ${runs} AS r
        WHERE r.session_id = s.id AND (r.status IN ('QUEUED', 'RUNNING') OR r.number = s.last_run)
      ), '[]') AS runs
      FROM ${sessions} AS s WHERE s.id = $1 AND ($2::text IS NULL OR s.owner_id = $2)`;
    this.#create = `WITH keyed AS (
        INSERT INTO ${database.own('idempotency_keys')}
        SELECT k.* FROM jsonb_populate_record(NULL::${database.own('idempotency_keys')}, $4) AS k
        WHERE $4 IS NOT NULL ON CONFLICT DO NOTHING RETURNING 1
      ), stored AS (
        INSERT INTO ${sessions} SELECT s.* FROM jsonb_populate_record(NULL::${sessions}, $1) AS s
        WHERE $4 IS NULL OR EXISTS (SELECT FROM keyed) RETURNING id
      ), ${writeRunsAndEvents('stored')}
      SELECT id FROM stored`;
    this.#commit = `WITH stored AS (
        UPDATE ${sessions} AS s SET (task, metadata, configurable, recursion_limit, status, rest_status, asking,
          epoch, head, last_ordinal, trimmed_at, stored_bytes, last_event, last_run, updated_at, ttl_ms, expires_at, metadata_tags)
          = (CASE WHEN $1 ? 'task' THEN n.task ELSE s.task END, coalesce(n.metadata, s.metadata),
          coalesce(n.configurable, s.configurable), n.recursion_limit, n.status, n.rest_status, n.asking,
          n.epoch, n.head, n.last_ordinal, n.trimmed_at, n.stored_bytes, n.last_event, n.last_run, n.updated_at, n.ttl_ms, n.expires_at,
          coalesce(n.metadata_tags, s.metadata_tags))
        FROM jsonb_populate_record(NULL::${sessions}, $1) AS n
        WHERE s.id = n.id AND s.xmin::text = $4 RETURNING s.id
      ), ${writeRunsAndEvents('stored')}
      SELECT id FROM stored`;
  }

  async create(commit: Commit): Promise<boolean> {
    const { idempotency } = commit;
    try {
      const rows = await this.#database.query('session_create', this.#create, [
        ...documents(commit),
        idempotency === undefined ? null : JSON.stringify(toIdempotencyRow(idempotency)),
      ]);
      return rows.length > 0;
    } catch (error) {
      // The connection broke after the commit, and this is the second try.
      if (isDuplicate(error, 'sessions_pkey')) return true;
      throw error;
    }
  }

  /** Looks, decides, and stores if the session is as it was then. */
  async change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null | undefined> {
    for (let look = 0; look < LOOKS; look += 1) {
      const seen = await this.#look(id, actor);
      if (seen === null) return null;
      const commit = decide(seen.state);
      if (commit === undefined) return seen.state;
      if (!isShort(commit)) return undefined;
      const row = toChangedRow(commit.session, seen.state.session);
      const values = [...documents(commit, row), seen.version];
      const rows = await this.#database.queryOnce('session_commit', this.#commit, values);
      if (rows.length > 0) return stateAfter(seen.state, commit);
    }
    return undefined;
  }

  async #look(id: string, actor: Actor): Promise<{ state: SessionState; version: string } | null> {
    const owner = actor === 'system' ? null : actor.ownerId;
    const [row] = await this.#database.query<StateRow>('session_state', this.#read, [id, owner]);
    if (row === undefined) return null;
    const runs = row.runs.map(toRun);
    const state = {
      session: toSession(row.session),
      active: runs.filter(isActive),
      latest: runs.at(-1) ?? null,
    };
    return { state, version: row.version };
  }
}

/** The session, its runs and its events as the statements' first parameters. */
function documents(
  { session, runs = [], events = [] }: Commit,
  row: object = toPostgresSessionRow(session),
): string[] {
  return [
    JSON.stringify(row),
    JSON.stringify(runs.map(toRunRow)),
    JSON.stringify(events.map((entry) => toEventRow(session.id, entry))),
  ];
}
