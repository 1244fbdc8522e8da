import type { ErrorCode } from '../errors.ts';
import type { BUSY_POLICIES } from '../session/lifecycle.ts';
import type { SessionOrder } from '../session/ports.ts';
import type { CheckpointSource } from '../session/progress.ts';
import type { RunKind, RunStatus } from '../session/run.ts';
import type { SessionStatus } from '../session/session.ts';
import { builder } from './builder.ts';

/** The values of an enum, each with what it means. */
function valuesOf<Name extends string>(meanings: Readonly<Record<Name, string>>) {
  return Object.fromEntries(
    Object.entries<string>(meanings).map(([name, description]) => [
      name,
      { value: name, description },
    ]),
  ) as Record<Name, { value: Name; description: string }>;
}

export const SessionStatusEnum = builder.enumType('SessionStatus', {
  description: 'What a session is doing, or how its last run ended.',
  values: valuesOf<SessionStatus>({
    IDLE: 'No run of its own yet (a fork), or edited since the last one; `next` says whether it can go on.',
    QUEUED: 'Work waits for a worker.',
    RUNNING: 'A worker executes a run.',
    INTERRUPTED: 'Waits for answers to `interrupts`, or stopped at a breakpoint.',
    SUCCEEDED: 'The last run came to its end.',
    FAILED: 'The last run failed; `latestRun.error` says why.',
    CANCELLED: 'The last run was cancelled.',
  }),
});

export const RunKindEnum = builder.enumType('RunKind', {
  description: 'What a run was given.',
  values: valuesOf<RunKind>({
    START: 'The first input of the session.',
    MESSAGE: 'A `message`.',
    INPUT: 'An `input`.',
    ANSWERS: '`answers` to questions.',
    CONTINUE: 'Nothing: it went on from where the session stood.',
  }),
});

export const RunStatusEnum = builder.enumType('RunStatus', {
  description: 'Where a run stands.',
  values: valuesOf<RunStatus>({
    QUEUED: 'It waits for a worker.',
    RUNNING: 'A worker executes it.',
    INTERRUPTED: 'It asked and ended there, or stopped at a breakpoint.',
    SUCCEEDED: 'It came to its end.',
    FAILED: 'It failed; `error` says why.',
    CANCELLED: 'It was cancelled, or replaced by other work.',
  }),
});

export const CheckpointSourceEnum = builder.enumType('CheckpointSource', {
  description: 'What made a checkpoint.',
  values: valuesOf<CheckpointSource>({
    INPUT: 'A run was given input.',
    LOOP: 'A step of the graph.',
    UPDATE: 'The state was edited by hand.',
    FORK: 'The session was forked, or its head moved back.',
  }),
});

export const SessionOrderEnum = builder.enumType('SessionOrder', {
  description: 'What a list of sessions is ordered by, the newest first.',
  values: valuesOf<SessionOrder>({
    CREATED_AT: 'When they were made.',
    UPDATED_AT: 'When something last happened to them.',
  }),
});

const POLICIES: Readonly<Record<(typeof BUSY_POLICIES)[number], string>> = {
  REJECT: 'SESSION_BUSY.',
  ENQUEUE:
    'Runs after what is there, in order, however that ends: after a failure from the state it left, after questions by dropping them.',
  INTERRUPT: 'Cancels what runs and what is queued, keeps the checkpoints, and goes on from them.',
  ROLLBACK: `Cancels what runs and what is queued, and goes on from the state before the run that ran: the head moves back (to nothing for a
first run; for a run of answers to the checkpoint as it was when it asked). Its checkpoints and events stay in the history.`,
};

export const BusyPolicyEnum = builder.enumType('BusyPolicy', {
  description: 'What happens to new work while the session is queued or running.',
  values: valuesOf(POLICIES),
});

const CODE_MEANINGS: Readonly<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'It is not known who is calling. 401; a socket is closed with 4403.',
  FORBIDDEN: 'The caller may not do this.',
  CHECKPOINT_NOT_FOUND: 'The session has no such checkpoint.',
  RUN_NOT_FOUND: "No such run, or not the caller's.",
  GRAPH_NOT_FOUND: 'langgraph.json names no such graph.',
  SESSION_BUSY: 'Other work is queued or running, and `onBusy` is REJECT. Retryable.',
  STALE_CHECKPOINT: '`expectedCheckpointId` is no longer the newest.',
  AWAIT_TIMEOUT: 'The session did not settle in time; it goes on. Retryable.',
  LIMIT_EXCEEDED: 'More than there may be at once; the message names the setting.',
  RATE_LIMITED: 'Too many requests; `extensions.retryAfter` says in how many seconds. Retryable.',
  RECURSION_LIMIT: 'The graph took more steps than it may.',
  RUN_TIMEOUT: 'The attempt took longer than RUN_TIMEOUT.',
  BACKEND_UNAVAILABLE: 'A store or service cannot be reached now. Retryable.',
  SHUTTING_DOWN: 'This process stops; another one answers. Retryable.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED:
    'The document or its variables do not fit the schema, or ask for too much.',
  PERSISTED_QUERY_NOT_FOUND: 'No document has this id; send the document.',
  PERSISTED_QUERY_NOT_SUPPORTED:
    'The gateway does not learn documents by their hash (APQ); send the document.',
  INTERNAL: 'A fault of the gateway or of a program that it called; it was logged.',
  SESSION_NOT_FOUND: "No such session, or not the caller's: the two are not told apart.",
  INVALID_INPUT: 'The message names the field.',
  INTERRUPT_MISMATCH:
    'The answers do not fit the pending interrupts; extensions.pendingInterruptIds lists them.',
  IDEMPOTENCY_CONFLICT: 'The key was used before with other arguments.',
  GRAPH_ERROR: 'The graph threw.',
  GRAPH_CHANGED:
    'The graph no longer has the node to run next. The answers are kept: once the graph has it again, continue the session to apply them.',
  ATTEMPTS_EXHAUSTED:
    'The process died MAX_ATTEMPTS times in a row while it executed this run, without a new checkpoint.',
  RUN_SUPERSEDED: "A newer attempt owns the session; this one's writes were refused.",
};

export const ErrorCodeEnum = builder.enumType('ErrorCode', {
  description:
    '`extensions.code` of every error. `extensions.retryable` says whether the same request may succeed later.',
  values: valuesOf(CODE_MEANINGS),
});

export const SessionsChangedKindEnum = builder.enumType('SessionsChangedKind', {
  description: 'What has happened to a session.',
  values: valuesOf<'READY' | 'CREATED' | 'UPDATED' | 'DELETED'>({
    READY: 'Every change is sent from now on: a list that is read after it misses nothing.',
    CREATED: 'The session is new.',
    UPDATED: 'Something of the session has changed: its status, state, metadata or expiry.',
    DELETED: 'The session is gone: deleted, or expired.',
  }),
});
