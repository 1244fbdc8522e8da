import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Caller, Run, RunOptions, RunStatus } from './run.ts';

export type SessionStatus = 'IDLE' | RunStatus;

/**
 * A durable conversation with one graph. `id` is LangGraph's thread_id. Times are ms since 1970.
 * `epoch` is the number of the newest attempt or edit: writes in the name of an older one are refused (single-writer fencing).
 */
export interface Session {
  readonly id: string;
  readonly ownerId: string;
  readonly graphId: string;
  readonly task: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly configurable: Readonly<Record<string, unknown>>;
  /** LangGraph's runtime context; null: none was given. */
  readonly context: Readonly<Record<string, unknown>> | null;
  readonly recursionLimit: number | null;
  readonly status: SessionStatus;
  /** The status once nothing is queued or running. */
  readonly restStatus: SessionStatus;
  /** Whether the questions that the head's checkpoint holds still wait for an answer. */
  readonly asking: boolean;
  readonly epoch: number;
  /** The newest checkpoint of the graph itself, or null: what a look-up without an id answers. */
  readonly head: string | null;
  /** The number of the newest checkpoint: history's order, independent of any clock. */
  readonly lastOrdinal: number;
  /** What `lastOrdinal` was when the history was last trimmed; 0: never. */
  readonly trimmedAt: number;
  /** About how much is stored of it: checkpoints, what tasks wrote, and what runs were given. */
  readonly storedBytes: number;
  /** The number of the newest event, 0 before the first. */
  readonly lastEvent: number;
  /** The number of the newest run. */
  readonly lastRun: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** How long the session lives after its last activity; null: for ever. */
  readonly ttlMs: number | null;
  readonly expiresAt: number | null;
  readonly forkedFrom: { readonly sessionId: string; readonly checkpointId: string } | null;
}

/** The status as the contract defines it: a running run, else a queued one decides, else what the session rests in. */
export function statusOf(restStatus: SessionStatus, activeRuns: readonly Run[]): SessionStatus {
  if (activeRuns.some((run) => run.status === 'RUNNING')) return 'RUNNING';
  if (activeRuns.some((run) => run.status === 'QUEUED')) return 'QUEUED';
  return restStatus;
}

/** What a graph finds in `config.configurable`, beside what says where it stands. */
export function configurableOf(
  session: Session,
  caller?: Caller,
  ofRun: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const user = caller ?? { id: session.ownerId, claims: {} };
  return { ...session.configurable, ...ofRun, ...callerConfigurable(user) };
}

/** The runtime context of a run; null: neither it nor its session has one. */
export function contextOf(session: Session, { context }: RunOptions): Session['context'] {
  if (context === undefined) return session.context;
  return { ...session.context, ...context };
}

/** The user as graphs find them on LangGraph's own server. */
function authUserOf({ id, claims }: Caller): Readonly<Record<string, unknown>> {
  const { permissions, scope, name, display_name: displayName = name } = claims;
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((word) => word !== '') : [];
  return {
    ...claims,
    identity: id,
    display_name: typeof displayName === 'string' ? displayName : id,
    is_authenticated: true,
    permissions: Array.isArray(permissions) ? permissions : scopes,
  };
}

/** What `configurable` tells of the user. */
export function callerConfigurable({
  headers,
  ...user
}: Caller): Readonly<Record<string, unknown>> {
  return {
    ...headers,
    user,
    langgraph_auth_user: authUserOf(user),
    langgraph_auth_user_id: user.id,
  };
}

/** Whether nothing of the session is queued or running. */
export function isSettled(session: Session): boolean {
  return isSettledStatus(session.status);
}

/** Whether it stands still until somebody answers. */
export function awaitsAnswer({ asking, status }: Session): boolean {
  return asking || status === 'INTERRUPTED';
}

export function isSettledStatus(status: SessionStatus): boolean {
  return status !== 'QUEUED' && status !== 'RUNNING';
}

/** The session after something happened to it at `now`. */
export function touched(session: Session, now: number): Session {
  return {
    ...session,
    updatedAt: now,
    expiresAt: session.ttlMs === null ? null : now + session.ttlMs,
  };
}

/** How many bytes the session takes by itself. */
export function ownBytes({
  task,
  metadata,
  configurable,
  context,
}: Pick<Session, 'task' | 'metadata' | 'configurable' | 'context'>): number {
  return Buffer.byteLength(JSON.stringify([task, metadata, configurable, context]));
}

/** A session that has done nothing yet. */
export function newSession(
  given: Pick<
    Session,
    | 'ownerId'
    | 'graphId'
    | 'task'
    | 'metadata'
    | 'configurable'
    | 'context'
    | 'recursionLimit'
    | 'ttlMs'
  > & {
    now: number;
  },
): Session {
  const { now, ...rest } = given;
  return touched(
    {
      ...rest,
      id: randomUUID(),
      status: 'IDLE',
      restStatus: 'IDLE',
      asking: false,
      epoch: 0,
      head: null,
      lastOrdinal: 0,
      trimmedAt: 0,
      storedBytes: ownBytes(given),
      lastEvent: 0,
      lastRun: 0,
      createdAt: now,
      updatedAt: now,
      expiresAt: null,
      forkedFrom: null,
    },
    now,
  );
}
