import { ERROR_CODES, type ErrorCode } from '../errors.ts';
import { BUSY_POLICIES } from '../session/lifecycle.ts';
import { CHECKPOINT_SOURCES } from '../session/progress.ts';
import { RUN_KINDS, RUN_STATUSES } from '../session/run.ts';
import { builder } from './builder.ts';

export const SessionStatusEnum = builder.enumType('SessionStatus', {
  values: {
    IDLE: {
      description:
        'No run of its own yet (a fork), or edited since the last one; `next` says whether it can go on.',
    },
    QUEUED: {},
    RUNNING: {},
    INTERRUPTED: { description: 'Waits for answers to `interrupts`.' },
    SUCCEEDED: {},
    FAILED: {},
    CANCELLED: {},
  },
});

export const RunKindEnum = builder.enumType('RunKind', { values: RUN_KINDS });
export const RunStatusEnum = builder.enumType('RunStatus', { values: RUN_STATUSES });
export const CheckpointSourceEnum = builder.enumType('CheckpointSource', {
  values: CHECKPOINT_SOURCES,
});
export const SessionOrderEnum = builder.enumType('SessionOrder', {
  values: ['CREATED_AT', 'UPDATED_AT'] as const,
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
  values: {
    REJECT: { description: POLICIES.REJECT },
    ENQUEUE: { description: POLICIES.ENQUEUE },
    INTERRUPT: { description: POLICIES.INTERRUPT },
    ROLLBACK: { description: POLICIES.ROLLBACK },
  },
});

const CODE_MEANINGS: Partial<Record<(typeof ERROR_CODES)[number], string>> = {
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
  values: Object.fromEntries(
    ERROR_CODES.map((code) => {
      const description = CODE_MEANINGS[code];
      return [code, { value: code, ...(description !== undefined && { description }) }];
    }),
  ) as Record<ErrorCode, { value: ErrorCode }>,
});
