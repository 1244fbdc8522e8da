// Stored sessions and attempts on them, as the suite for backends needs them.
import type { Attempt, Backend } from '../session/ports.ts';
import { claimRun, startSession } from '../session/lifecycle.ts';
import { type Session, newSession } from '../session/session.ts';

export const NEW_RUN = {
  kind: 'START',
  input: { task: 'x' },
  work: { type: 'input', input: { task: 'x' } },
  configurable: {},
  recursionLimit: null,
  checkpointId: null,
} as const;

/** A session of alice's that is not stored yet. */
export function aliceSession(now: number): Session {
  return newSession({
    ownerId: 'alice',
    graphId: 'g',
    task: null,
    metadata: {},
    configurable: {},
    context: null,
    recursionLimit: null,
    ttlMs: null,
    now,
  });
}

/** A stored session with one queued run, whose id is its own. */
export async function storeSession(
  backend: Backend,
  changes: Partial<Session> = {},
): Promise<Session> {
  const session = { ...aliceSession(Date.now()), ...changes };
  await backend.sessions.create(
    startSession(session, { ...NEW_RUN, id: session.id }, Date.now(), undefined),
  );
  return session;
}

/** Begins the session's run; what a saver needs to write in the attempt's name. */
export async function beginAttempt(
  backend: Backend,
  sessionId: string,
  workerId = 'worker',
  refused: Error[] = [],
): Promise<Attempt> {
  const options = { workerId, isDead: () => true, maxAttempts: 1000, now: Date.now() };
  const state = await backend.sessions.change(sessionId, 'system', (seen) =>
    claimRun(seen, seen.active[0]?.id ?? '', options),
  );
  const run = state?.active[0];
  if (state === null || state === undefined || run === undefined)
    throw new Error('nothing to begin');
  return {
    sessionId,
    runId: run.id,
    epoch: state.session.epoch,
    describeCheckpoint: () => ({ next: ['n'], changedKeys: ['k'] }),
    nodeOf: async (_taskId, taskPath) => (taskPath === '' ? null : 'node'),
    checkSize: () => undefined,
    onLogged: () => undefined,
    onRefused: (error) => void refused.push(error),
  };
}
