// Sessions at work without a graph: their events are committed as fast as a benchmark wants them.
import { randomUUID } from 'node:crypto';
import { changeSession } from '../../src/session/change-session.ts';
import { claimRun, startSession } from '../../src/session/lifecycle.ts';
import type { Backend } from '../../src/session/ports.ts';
import { newSession } from '../../src/session/session.ts';

/** What it has logged by then: queued, and running. */
export const FIRST_EVENTS = 2;

/** A running session. */
export async function startedSession(backend: Backend, ownerId = 'local'): Promise<string> {
  const now = Date.now();
  const given = { ownerId, graphId: 'loop', task: null, metadata: {}, configurable: {} };
  const session = newSession({ ...given, context: null, recursionLimit: null, ttlMs: null, now });
  const run = {
    id: randomUUID(),
    kind: 'START',
    input: {},
    work: { type: 'input', input: {} },
    configurable: {},
    recursionLimit: null,
    checkpointId: null,
  } as const;
  await backend.sessions.create(startSession(session, run, now, undefined));
  const options = { workerId: 'bench', isDead: () => false, maxAttempts: 1, now };
  await changeSession(backend, session.id, 'system', (state) => claimRun(state, run.id, options));
  return session.id;
}

/** Commits so many events at once. @returns the number of the last one */
export async function logNodes(
  backend: Pick<Backend, 'sessions' | 'bus'>,
  id: string,
  count: number,
): Promise<number> {
  const at = Date.now();
  const state = await changeSession(backend, id, 'system', ({ session }) => {
    const events = Array.from({ length: count }, (_, n) => ({
      sequence: session.lastEvent + 1 + n,
      runId: null,
      at,
      detail: { type: 'NodeFinished', namespace: '', node: 'step', error: null } as const,
    }));
    return { session: { ...session, lastEvent: session.lastEvent + count }, events };
  });
  return state?.session.lastEvent ?? 0;
}
