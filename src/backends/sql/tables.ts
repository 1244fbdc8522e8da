// The session tables, alike in SQLite and Postgres. JSON is text; times are ms since 1970.
import type { Insertable, Selectable } from 'kysely';
import type { IdempotencyRecord } from '../../session/ports.ts';
import type { DurableDetail, LogEntry } from '../../session/progress.ts';
import type { Run, RunBase } from '../../session/run.ts';
import type { Session, SessionStatus } from '../../session/session.ts';

export interface SessionTable {
  id: string;
  owner_id: string;
  graph_id: string;
  task: string | null;
  metadata: string;
  configurable: string;
  context: string | null;
  recursion_limit: number | null;
  status: SessionStatus;
  rest_status: SessionStatus;
  asking: number;
  epoch: number;
  head: string | null;
  last_ordinal: number;
  trimmed_at: number;
  stored_bytes: number;
  last_event: number;
  last_run: number;
  created_at: number;
  updated_at: number;
  ttl_ms: number | null;
  expires_at: number | null;
  forked_from_session_id: string | null;
  forked_from_checkpoint_id: string | null;
}

export interface RunTable {
  id: string;
  session_id: string;
  number: number;
  kind: Run['kind'];
  status: Run['status'];
  attempt: number;
  deaths: number;
  worker_id: string | null;
  /** What does not change and is not searched: input, work, configurable, options and the like. */
  request: string;
  base: string | null;
  error: string | null;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
}

export interface EventTable {
  session_id: string;
  sequence: number;
  run_id: string | null;
  at: number;
  detail: string;
}

export interface IdempotencyTable {
  owner_id: string;
  mutation: IdempotencyRecord['mutation'];
  key: string;
  fingerprint: string;
  session_id: string;
  run_id: string | null;
}

export interface LeaseTable {
  name: string;
  holder: string;
  expires_at: number;
}

export interface ItemTable {
  /** Its parts, with `.` between them. */
  namespace: string;
  key: string;
  value: string;
  created_at: number;
  updated_at: number;
  /** How long it lives after its last change or touch; null: for ever. */
  ttl_ms: number | null;
  expires_at: number | null;
  /** As `encodeVectors` writes them. */
  vectors: string | null;
}

export interface SessionDatabase {
  sessions: SessionTable;
  runs: RunTable;
  session_events: EventTable;
  idempotency_keys: IdempotencyTable;
  leases: LeaseTable;
  store_items: ItemTable;
}

type RunRequest = Pick<
  Run,
  | 'input'
  | 'work'
  | 'configurable'
  | 'recursionLimit'
  | 'options'
  | 'caller'
  | 'checkpointId'
  | 'origin'
>;

export function toSessionRow(session: Session): Insertable<SessionTable> {
  return {
    id: session.id,
    owner_id: session.ownerId,
    graph_id: session.graphId,
    task: session.task,
    metadata: JSON.stringify(session.metadata),
    configurable: JSON.stringify(session.configurable),
    context: session.context === null ? null : JSON.stringify(session.context),
    recursion_limit: session.recursionLimit,
    status: session.status,
    rest_status: session.restStatus,
    asking: session.asking ? 1 : 0,
    epoch: session.epoch,
    head: session.head,
    last_ordinal: session.lastOrdinal,
    trimmed_at: session.trimmedAt,
    stored_bytes: session.storedBytes,
    last_event: session.lastEvent,
    last_run: session.lastRun,
    created_at: session.createdAt,
    updated_at: session.updatedAt,
    ttl_ms: session.ttlMs,
    expires_at: session.expiresAt,
    forked_from_session_id: session.forkedFrom?.sessionId ?? null,
    forked_from_checkpoint_id: session.forkedFrom?.checkpointId ?? null,
  };
}

export function toSession(row: Selectable<SessionTable>): Session {
  return {
    id: row.id,
    ownerId: row.owner_id,
    graphId: row.graph_id,
    task: row.task,
    metadata: JSON.parse(row.metadata) as Session['metadata'],
    configurable: JSON.parse(row.configurable) as Session['configurable'],
    context: row.context === null ? null : (JSON.parse(row.context) as Session['context']),
    recursionLimit: row.recursion_limit,
    status: row.status,
    restStatus: row.rest_status,
    asking: row.asking === 1,
    epoch: row.epoch,
    head: row.head,
    lastOrdinal: row.last_ordinal,
    trimmedAt: row.trimmed_at,
    storedBytes: row.stored_bytes,
    lastEvent: row.last_event,
    lastRun: row.last_run,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ttlMs: row.ttl_ms,
    expiresAt: row.expires_at,
    forkedFrom:
      row.forked_from_session_id === null || row.forked_from_checkpoint_id === null
        ? null
        : { sessionId: row.forked_from_session_id, checkpointId: row.forked_from_checkpoint_id },
  };
}

export function toRunRow(run: Run): Insertable<RunTable> {
  const request: RunRequest = {
    input: run.input,
    work: run.work,
    configurable: run.configurable,
    recursionLimit: run.recursionLimit,
    options: run.options,
    caller: run.caller,
    checkpointId: run.checkpointId,
    origin: run.origin,
  };
  return {
    id: run.id,
    session_id: run.sessionId,
    number: run.number,
    kind: run.kind,
    status: run.status,
    attempt: run.attempt,
    deaths: run.deaths,
    worker_id: run.workerId,
    request: JSON.stringify(request),
    base: run.base === null ? null : JSON.stringify(run.base),
    error: run.error === null ? null : JSON.stringify(run.error),
    created_at: run.createdAt,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
  };
}

export function toRun(row: Selectable<RunTable>): Run {
  return {
    id: row.id,
    sessionId: row.session_id,
    number: row.number,
    kind: row.kind,
    ...(JSON.parse(row.request) as RunRequest),
    status: row.status,
    attempt: row.attempt,
    deaths: row.deaths,
    workerId: row.worker_id,
    base: row.base === null ? null : toRunBase(row.base),
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    error: row.error === null ? null : (JSON.parse(row.error) as Run['error']),
  };
}

/** Runs of an earlier version do not tell where they stand in history. */
export function toRunBase(json: string): RunBase {
  const base = JSON.parse(json) as Omit<RunBase, 'ordinal' | 'endOrdinal'> & Partial<RunBase>;
  return { ordinal: 0, endOrdinal: null, ...base };
}

export function toEventRow(sessionId: string, entry: LogEntry): Insertable<EventTable> {
  return {
    session_id: sessionId,
    sequence: entry.sequence,
    run_id: entry.runId,
    at: entry.at,
    detail: JSON.stringify(entry.detail),
  };
}

export function toLogEntry(row: Selectable<EventTable>): LogEntry {
  return {
    sequence: row.sequence,
    runId: row.run_id,
    at: row.at,
    detail: JSON.parse(row.detail) as DurableDetail,
  };
}

export function toIdempotencyRow(record: IdempotencyRecord): Insertable<IdempotencyTable> {
  return {
    owner_id: record.ownerId,
    mutation: record.mutation,
    key: record.key,
    fingerprint: record.fingerprint,
    session_id: record.sessionId,
    run_id: record.runId,
  };
}

export function toIdempotency(row: Selectable<IdempotencyTable>): IdempotencyRecord {
  return {
    ownerId: row.owner_id,
    mutation: row.mutation,
    key: row.key,
    fingerprint: row.fingerprint,
    sessionId: row.session_id,
    runId: row.run_id,
  };
}
