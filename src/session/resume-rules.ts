// What resumeSession may go on with, by what was seen of the session.
import { GatewayError, invalidInput } from '../errors.ts';
import type { RequestedWork } from './arguments.ts';
import type { BusyPolicy } from './lifecycle.ts';
import type { SessionState } from './ports.ts';
import type { CheckpointSaved, Interrupt } from './progress.ts';
import type { Work } from './run.ts';
import type { Session } from './session.ts';
import type { SessionView } from './session-service.ts';

/**
 * The answers of a run that its graph could not take, as it had changed: going on gives them again, as the graph may have
 * the node again. Undefined where the work is anything else.
 */
export function keptAnswers(
  { latest, active }: SessionState,
  { work }: RequestedWork,
  { checkpointId }: Place,
): Work | undefined {
  if (work.type !== 'continue' || checkpointId !== null || active.length > 0) return undefined;
  const couldNot = ['GRAPH_CHANGED', 'GRAPH_NOT_FOUND'].includes(latest?.error?.code ?? '');
  return latest?.status === 'FAILED' && couldNot && latest.work.type === 'answers'
    ? latest.work
    : undefined;
}

/**
 * The answer to a question from before an edit; undefined where the answers are to nothing of the kind.
 * @throws GatewayError INTERRUPT_MISMATCH where several were open: LangGraph could not tell which is answered
 */
export function answerAfterEdit(
  { work }: RequestedWork,
  earlier: readonly Interrupt[],
): Work | undefined {
  if (work.type !== 'answers' || earlier.length === 0) return undefined;
  const asked = new Set(earlier.map(({ interruptId }) => interruptId));
  if (!Object.keys(work.answers).every((id) => asked.has(id))) return undefined;
  if (earlier.length === 1) return { ...work, afterEdit: true };
  throw interruptMismatch(
    'Several questions were open before the edit; go on without answers, and they are asked again.',
    [],
  );
}

/** Where a resume is to start from, and what it expects there. */
export interface Place {
  readonly checkpointId: string | null;
  readonly expectedCheckpointId: string | null;
  readonly onBusy: BusyPolicy;
}

/** What was seen of the session: now (null while it is busy), at the checkpoint asked for, and before the run that runs. */
export interface Seen {
  readonly current: SessionView | null;
  readonly from: SessionView | null;
  readonly rollback: CheckpointSaved | null | undefined;
}

/** @throws GatewayError STALE_CHECKPOINT, INVALID_INPUT */
export function checkPlace({ session, active }: SessionState, place: Place): void {
  const { checkpointId, expectedCheckpointId, onBusy } = place;
  if (
    active.length > 0 &&
    onBusy === 'ENQUEUE' &&
    (checkpointId ?? expectedCheckpointId) !== null
  ) {
    const field = checkpointId === null ? 'expectedCheckpointId' : 'checkpointId';
    throw invalidInput(`\`${field}\` cannot be kept while other work is before this in the queue.`);
  }
  if (expectedCheckpointId !== null) checkExpected(session, expectedCheckpointId);
}

/** @throws GatewayError STALE_CHECKPOINT */
export function checkExpected(session: Session, expectedCheckpointId: string): void {
  if (expectedCheckpointId === session.head) return;
  throw new GatewayError(
    'STALE_CHECKPOINT',
    `The newest checkpoint is ${session.head ?? 'none'}, not ${expectedCheckpointId}; look again.`,
  );
}

/** Whether the work fits the questions that are open. @throws GatewayError INTERRUPT_MISMATCH, INVALID_INPUT */
export function checkFits(
  { session, active }: SessionState,
  { work }: RequestedWork,
  seen: Seen,
  { checkpointId, onBusy }: Place,
): void {
  const busy = active.length > 0;
  const open = session.asking && !busy ? (seen.current?.interrupts ?? []) : [];
  const elsewhere = checkpointId !== null && checkpointId !== session.head;
  if (work.type === 'answers') {
    const ids = new Set(open.map(({ interruptId }) => interruptId));
    const unknown = Object.keys(work.answers).filter((id) => !ids.has(id));
    if (unknown.length === 0 && !elsewhere) {
      const commands = work.update !== undefined || work.goto !== undefined;
      if (!commands || ids.size === Object.keys(work.answers).length) return;
      throw invalidInput('`values` and `goto` go with answers to all open questions.');
    }
    throw interruptMismatch(
      busy
        ? 'The session is busy; there is nothing to answer now.'
        : `Not asked now: ${unknown.join(', ') || 'questions of an earlier checkpoint'}.`,
      open,
    );
  }
  if (work.type !== 'continue') return;
  if (open.length > 0 && !elsewhere) {
    throw interruptMismatch('The session waits for answers; give `answers`, or a `message`.', open);
  }
  if (!goesOnAfter(seen, busy && onBusy === 'ROLLBACK')) {
    throw invalidInput('Nothing is next there; give `message` or `input`.');
  }
}

/** Whether there is something to go on with, as far as it is known. */
function goesOnAfter({ current, from, rollback }: Seen, rollsBack: boolean): boolean {
  if (from !== null) return from.goesOn;
  if (rollsBack && rollback !== undefined) return (rollback?.next ?? []).length > 0;
  return current?.goesOn ?? true;
}

function interruptMismatch(message: string, open: readonly Interrupt[]): GatewayError {
  return new GatewayError('INTERRUPT_MISMATCH', message, {
    extensions: { pendingInterruptIds: open.map(({ interruptId }) => interruptId) },
  });
}
