// The backends under test, each on real storage of its own.
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import { openSqliteBackend } from '../../src/backends/sqlite/index.ts';
import type { Attempt, Backend } from '../../src/session/ports.ts';
import { claimRun, startSession } from '../../src/session/lifecycle.ts';
import { newSession } from '../../src/session/session.ts';
import type { Session } from '../../src/session/session.ts';
import { temporaryFolder } from '../support/program.ts';

export const BACKENDS = ['memory', 'sqlite'] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface TestBackend extends AsyncDisposable {
  readonly backend: Backend;
  /** Every stored row or key, as text, for what a deletion must leave: nothing. */
  readonly path: string;
}

export async function openTestBackend(name: BackendName): Promise<TestBackend> {
  const folder = temporaryFolder();
  const path = `${folder.path}/sessions.db`;
  const backend = name === 'memory' ? openMemoryBackend() : await openSqliteBackend(path);
  return {
    backend,
    path,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

export const NEW_RUN = {
  kind: 'START',
  input: { task: 'x' },
  work: { type: 'input', input: { task: 'x' } },
  configurable: {},
  recursionLimit: null,
  checkpointId: null,
} as const;

/** A stored session with one queued run, whose id is its own. */
export async function storeSession(
  backend: Backend,
  changes: Partial<Session> = {},
): Promise<Session> {
  const session = {
    ...newSession({
      ownerId: 'alice',
      graphId: 'g',
      task: null,
      metadata: {},
      configurable: {},
      recursionLimit: null,
      ttlMs: null,
      now: Date.now(),
    }),
    ...changes,
  };
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
    onRefused: (error) => void refused.push(error),
  };
}
