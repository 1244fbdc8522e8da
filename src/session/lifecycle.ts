// The session's state machine, as pure decisions over its state. A backend reads the state and stores the decision in one
// atomic step, so that the rules are here, once, and not in each backend.
//
//   accept  → QUEUED ── claim → RUNNING ── settle → INTERRUPTED | SUCCEEDED | FAILED
//                └────── cancel → CANCELLED ◄── cancel ──┘
import { GatewayError } from '../errors.ts';
import { Draft, type NewRun } from './draft.ts';
import {
  type Commit,
  type IdempotencyRecord,
  type SessionState,
  type StoredCheckpoint,
  type StoredWrite,
  bytesOf,
} from './ports.ts';
import type { CheckpointSaved, Interrupt } from './progress.ts';
import type { Run, RunError } from './run.ts';
import { type Session, isSettled } from './session.ts';

export const BUSY_POLICIES = ['REJECT', 'ENQUEUE', 'INTERRUPT', 'ROLLBACK'] as const;
export type BusyPolicy = (typeof BUSY_POLICIES)[number];

/** A session's first commit: the session and the run it was started with. */
export function startSession(
  session: Session,
  newRun: NewRun,
  now: number,
  idempotency: IdempotencyRecord | undefined,
): Commit {
  const draft = new Draft({ session, active: [], latest: null }, now);
  draft.queue(newRun);
  return draft.commit({ idempotency });
}

/** What new work meets on a session that is busy, and what is stored with it. */
export interface AcceptOptions {
  readonly onBusy: BusyPolicy;
  readonly now: number;
  readonly idempotency: IdempotencyRecord | undefined;
  /** For ROLLBACK: the checkpoint that the head moves back to, for the log; null: none. */
  readonly rollback: CheckpointSaved | null | undefined;
}

/**
 * Accepts new work on a session that exists.
 * @throws GatewayError SESSION_BUSY
 */
export function acceptRun(state: SessionState, newRun: NewRun, options: AcceptOptions): Commit {
  const draft = new Draft(state, options.now);
  const running = state.active.find((run) => run.status === 'RUNNING');
  let rollBackFrom: number | undefined;
  if (state.active.length > 0) {
    if (options.onBusy === 'REJECT') {
      throw new GatewayError(
        'SESSION_BUSY',
        `Session ${state.session.id} is ${state.session.status}; wait until it settles, or say what to do by onBusy.`,
      );
    }
    if (options.onBusy !== 'ENQUEUE') draft.cancelActive();
    if (options.onBusy === 'ROLLBACK' && running?.base) {
      rollBackFrom = running.base.epoch;
      draft.patch({ head: running.base.head });
      if (options.rollback) draft.log(running.id, options.rollback);
    }
  }
  draft.patch({ asking: false });
  draft.queue(newRun);
  return draft.commit({ idempotency: options.idempotency, rollBackFrom });
}

/** The limits and the name under which a worker takes a run. */
export interface ClaimOptions {
  readonly workerId: string;
  readonly isDead: (workerId: string) => boolean;
  readonly maxAttempts: number;
  readonly now: number;
}

/** Whether the newest attempt has stored a checkpoint of its own. */
export function hasProgressed({ lastOrdinal }: Session, { base }: Run): boolean {
  return base !== null && lastOrdinal > (base.attemptOrdinal ?? base.ordinal);
}

/**
 * Begins the next attempt of a run: QUEUED, or RUNNING under a worker that is dead or has handed it over. A run whose
 * process died `maxAttempts` times in a row without a new checkpoint fails instead. Undefined where there is nothing to
 * begin, or not yet.
 */
export function claimRun(
  state: SessionState,
  runId: string,
  options: ClaimOptions,
): Commit | undefined {
  const run = state.active[0];
  if (run === undefined || run.id !== runId) return undefined;
  const taken = run.status === 'RUNNING' && run.workerId !== null;
  if (taken && !options.isDead(run.workerId)) return undefined;

  const notBefore = run.base?.notBefore ?? null;
  if (!taken && notBefore !== null && isPostponed(notBefore, options.now)) return undefined;

  const deaths = hasProgressed(state.session, run) ? 0 : run.deaths + (taken ? 1 : 0);
  const draft = new Draft(state, options.now);
  if (deaths >= options.maxAttempts) {
    draft.settle({ ...run, deaths }, 'FAILED', {
      code: 'ATTEMPTS_EXHAUSTED',
      message: `The process died ${deaths} times under this run.`,
      node: null,
    });
    return draft.commit();
  }
  draft.begin(run, deaths, options.workerId);
  return draft.commit();
}

/** How an attempt ended. */
export type Outcome =
  | { readonly status: 'SUCCEEDED' }
  | { readonly status: 'INTERRUPTED'; readonly interrupts: readonly Interrupt[] }
  | { readonly status: 'FAILED'; readonly error: RunError };

/** Settles an attempt's run. Undefined where a newer epoch owns the session: the outcome is not its to tell. */
export function settleRun(
  state: SessionState,
  runId: string,
  epoch: number,
  outcome: Outcome,
  now: number,
): Commit | undefined {
  const run = ownedRun(state, runId, epoch);
  if (run === undefined) return undefined;
  const draft = new Draft(state, now);
  if (outcome.status === 'INTERRUPTED') {
    draft.patch({ asking: outcome.interrupts.length > 0 });
    draft.log(run.id, { type: 'InterruptsRaised', interrupts: outcome.interrupts });
  }
  draft.settle(run, outcome.status, outcome.status === 'FAILED' ? outcome.error : null);
  return draft.commit();
}

/** Hands a run over, unfinished, to whoever claims it next: a drain, or a claim whose answer was lost. It counts no death. */
export function releaseRun(
  state: SessionState,
  runId: string,
  epoch: number,
  now: number,
): Commit | undefined {
  const run = ownedRun(state, runId, epoch);
  if (run === undefined) return undefined;
  const draft = new Draft(state, now);
  draft.replace({ ...run, workerId: null });
  return draft.commit();
}

/** The longest pause between two attempts that the store ended, in ms. */
const LONGEST_PAUSE_MS = 300_000;

/** Whether a run still waits for its next attempt. A longer pause than there can be comes from a clock that was ahead. */
export function isPostponed(notBefore: number, now: number): boolean {
  return notBefore > now && notBefore - now <= LONGEST_PAUSE_MS;
}

/**
 * Hands a run over whose attempt the store has ended. Each attempt may cost calls of a model, so the next begins after 1,
 * 2, 4 … s, at most 5 minutes, for as long as none stores a new checkpoint.
 */
export function postponeRun(
  state: SessionState,
  runId: string,
  epoch: number,
  now: number,
): Commit | undefined {
  const run = ownedRun(state, runId, epoch);
  if (run?.base == null) return undefined;
  const handOvers = (hasProgressed(state.session, run) ? 0 : (run.base.handOvers ?? 0)) + 1;
  const pauseMs = Math.min(1000 * 2 ** (handOvers - 1), LONGEST_PAUSE_MS);
  const draft = new Draft(state, now);
  const base = { ...run.base, handOvers, notBefore: now + pauseMs };
  draft.replace({ ...run, workerId: null, base });
  return draft.commit();
}

/** Stops what runs and what is queued, and drops open questions. */
export function cancelSession(state: SessionState, now: number): Commit | undefined {
  const interrupted =
    state.latest?.status === 'INTERRUPTED' && state.session.restStatus === 'INTERRUPTED'
      ? state.latest
      : undefined;
  if (state.active.length === 0 && !state.session.asking && interrupted === undefined)
    return undefined;
  const draft = new Draft(state, now);
  if (state.active.length > 0) draft.cancelActive();
  else {
    draft.nextEpoch();
    if (interrupted === undefined) draft.patch({ restStatus: 'CANCELLED' });
    else draft.settle(interrupted, 'CANCELLED', null);
  }
  draft.patch({ asking: false });
  return draft.commit();
}

/**
 * Cancels one run, queued or running, or that waits for an answer; runs behind it go on. Undefined where it is settled.
 */
export function cancelRun(state: SessionState, runId: string, now: number): Commit | undefined {
  const run = state.active.find(({ id }) => id === runId);
  if (run === undefined) {
    const isLast = state.active.length === 0 && state.latest?.id === runId;
    return isLast && state.latest.status === 'INTERRUPTED' ? cancelSession(state, now) : undefined;
  }
  const draft = new Draft(state, now);
  if (run.status === 'RUNNING') {
    // A higher epoch shuts it out.
    draft.nextEpoch();
    draft.settle(run, 'CANCELLED', null);
  } else {
    // What was not begun leaves what the session rests in; but questions were dropped when it was accepted.
    const { restStatus } = state.session;
    const isOver = restStatus !== 'IDLE' && restStatus !== 'INTERRUPTED';
    draft.settle(run, 'CANCELLED', null, isOver ? restStatus : 'CANCELLED');
  }
  return draft.commit();
}

/** An edit of the state, made against the state that `epoch` and `head` name. */
export interface Edit {
  readonly epoch: number;
  readonly head: string | null;
  readonly checkpoints: readonly StoredCheckpoint[];
  readonly writes: readonly StoredWrite[];
  readonly saved: CheckpointSaved;
}

/** Undefined where the session has moved since the edit was computed. @throws GatewayError SESSION_BUSY */
export function editState(state: SessionState, edit: Edit, now: number): Commit | undefined {
  refuseWhileBusy(state.session);
  if (state.session.epoch !== edit.epoch || state.session.head !== edit.head) return undefined;
  const draft = new Draft(state, now);
  draft.nextEpoch();
  draft.patch({
    lastOrdinal: state.session.lastOrdinal + edit.checkpoints.length,
    storedBytes: state.session.storedBytes + bytesOf([...edit.checkpoints, ...edit.writes]),
    // An edit of a subgraph leaves the graph itself where it is.
    ...(edit.saved.namespace === '' && { head: edit.saved.checkpointId }),
    restStatus: 'IDLE',
    asking: false,
  });
  draft.log(null, edit.saved);
  return draft.commit({ checkpoints: edit.checkpoints, writes: edit.writes });
}

/** @throws GatewayError SESSION_BUSY */
export function refuseWhileBusy(session: Session): void {
  if (isSettled(session)) return;
  throw new GatewayError(
    'SESSION_BUSY',
    `Session ${session.id} is ${session.status}; its state can be edited once it settles.`,
  );
}

/** A fork's first commit: the session and the event that says what it was copied from. */
export function forkedSession(
  session: Session,
  saved: CheckpointSaved,
  now: number,
  idempotency: IdempotencyRecord | undefined,
): Commit {
  const draft = new Draft({ session, active: [], latest: null }, now);
  draft.log(null, saved);
  return draft.commit({ idempotency });
}

function ownedRun(state: SessionState, runId: string, epoch: number): Run | undefined {
  const run = state.active.find(({ id }) => id === runId);
  return run?.status === 'RUNNING' && state.session.epoch === epoch ? run : undefined;
}
