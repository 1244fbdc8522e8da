// A run and its status transitions (settled stays settled). The table is total: what it does not list cannot happen.
import type { ErrorCode } from '../errors.ts';

export const RUN_KINDS = ['START', 'MESSAGE', 'INPUT', 'ANSWERS', 'CONTINUE'] as const;
export type RunKind = (typeof RUN_KINDS)[number];

export const RUN_STATUSES = [
  'QUEUED',
  'RUNNING',
  'INTERRUPTED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** The statuses a run may move to from each status. RUNNING → RUNNING needs a higher attempt. */
export const RUN_TRANSITIONS: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  QUEUED: ['RUNNING', 'CANCELLED'],
  RUNNING: ['RUNNING', 'INTERRUPTED', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  INTERRUPTED: ['CANCELLED'],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
};

export interface RunError {
  readonly code: ErrorCode;
  /** The error's name and message, without its stack. */
  readonly message: string;
  readonly node: string | null;
  /** What caused it, and what an AggregateError is made of, nearest first. Runs of an earlier version do not tell. */
  readonly causes?: readonly RunErrorCause[] | undefined;
}

export type RunErrorCause = Pick<RunError, 'code' | 'message' | 'node'>;

/** What the graph is called with. */
export type Work =
  | { readonly type: 'input'; readonly input: unknown }
  | {
      readonly type: 'answers';
      readonly answers: Readonly<Record<string, unknown>>;
      /** LangGraph's Command.update and Command.goto, in the same step. */
      readonly update?: Readonly<Record<string, unknown>> | undefined;
      readonly goto?: readonly string[] | undefined;
      /** The one answer is to a question from before an edit, which its node asks again under another id. */
      readonly afterEdit?: true | undefined;
    }
  | { readonly type: 'continue' };

/** What a run's graph is called with, beside its work. */
export interface RunOptions {
  /** LangGraph's runtime context, laid over the session's. */
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  /** Nodes before or after which the run stops. */
  readonly interruptBefore?: readonly string[] | undefined;
  readonly interruptAfter?: readonly string[] | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Who asked for a run, as its graph sees them (`configurable.user`). */
export interface Caller {
  /** Of the client's headers those that graphs are given. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly id: string;
  /** The claims of their token, or what the gateway's `authenticate` told. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The request that a run came with, so that logs and traces lead from one to the other. */
export interface Origin {
  readonly requestId: string | null;
  /** W3C Trace Context; null where nothing is traced. */
  readonly traceparent: string | null;
}

/** Where a run stands in its session's history. */
export interface RunBase {
  /** The session's head and the epoch when execution first began: what ROLLBACK goes back to. */
  readonly head: string | null;
  readonly epoch: number;
  /** Its checkpoints come after this ordinal. */
  readonly ordinal: number;
  /** The last of its checkpoints is not after this ordinal; null until it is settled. */
  readonly endOrdinal: number | null;
  /** A checkpoint after this ordinal is progress of the newest attempt. Runs of an earlier version do not tell. */
  readonly attemptOrdinal?: number | undefined;
  /** How many attempts in a row the store ended, without progress. */
  readonly handOvers?: number | undefined;
  /** The next attempt does not begin earlier, in ms since 1970: the store is left alone for a while. */
  readonly notBefore?: number | null | undefined;
}

/** One piece of work on a session: from one input or one set of answers until it settles. Times are ms since 1970. */
export interface Run {
  readonly id: string;
  readonly sessionId: string;
  /** 1, 2, 3 … within the session, in the order of acceptance. */
  readonly number: number;
  readonly kind: RunKind;
  /** As the client gave it: the message's words, the input, or the answers. */
  readonly input: unknown;
  readonly work: Work;
  readonly configurable: Readonly<Record<string, unknown>>;
  readonly recursionLimit: number | null;
  /** Runs of an earlier version have none. */
  readonly options?: RunOptions | undefined;
  /** Runs of an earlier version do not tell. */
  readonly caller?: Caller | undefined;
  /** The earlier checkpoint to start from; null: the session's head. */
  readonly checkpointId: string | null;
  /** Null until it is stored. */
  readonly origin: Origin | null;
  readonly status: RunStatus;
  /** How often execution was begun. */
  readonly attempt: number;
  /** How many attempts ended because their process died, without a new checkpoint, since there was one. */
  readonly deaths: number;
  /** The worker that executes it; null where none does (not begun, handed over, or settled). */
  readonly workerId: string | null;
  /** Where the run stands in the session's history; null until it is begun. */
  readonly base: RunBase | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly error: RunError | null;
}

export function isActive(run: Run): boolean {
  return run.status === 'QUEUED' || run.status === 'RUNNING';
}

/**
 * The run moved to `status`, with `changes`.
 * @throws Error for a move that the table does not have: a defect of the caller, never of a user.
 */
export function moveRun(
  run: Run,
  status: RunStatus,
  changes: Partial<Omit<Run, 'id' | 'sessionId' | 'status'>> = {},
): Run {
  const next = { ...run, ...changes, status };
  const restart = run.status === 'RUNNING' && status === 'RUNNING';
  if (!RUN_TRANSITIONS[run.status].includes(status) || (restart && next.attempt <= run.attempt)) {
    throw new Error(`a run cannot move from ${run.status} to ${status}`);
  }
  return next;
}
