// A worker and the session service over one backend, in this process.
import { AsyncLocalStorage } from 'node:async_hooks';
import { pino } from 'pino';
import {
  CheckpointCache,
  CheckpointViews,
  type TakeTurn,
} from '../../src/graph/checkpoint-views.ts';
import { StateEdits } from '../../src/graph/edit-state.ts';
import { SessionForks } from '../../src/graph/fork-session.ts';
import { GraphCatalog } from '../../src/graph/graph-catalog.ts';
import { loadGraphs } from '../../src/graph/load-graphs.ts';
import { untilSettled } from '../../src/progress/until-settled.ts';
import type { Backend } from '../../src/session/ports.ts';
import { UserQuota } from '../../src/session/quota.ts';
import { SessionService } from '../../src/session/session-service.ts';
import type { Session } from '../../src/session/session.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { Worker } from '../../src/worker/worker.ts';

export const ALICE = { id: 'alice' };

const LIMITS = { maxInputBytes: 1e6, maxSteps: 1000, sessionTtlMs: null, maxTtlMs: null };
const PATIENCE_MS = 20_000;

const turns = new AsyncLocalStorage<true>();

/** A turn within a turn would wait for itself, where a user has only one. */
const takeTurn: TakeTurn = (act) => {
  if (turns.getStore()) throw new Error('a turn was taken within a turn');
  return turns.run(true, act);
};

export interface InProcess extends AsyncDisposable {
  readonly graphs: GraphCatalog;
  readonly sessions: SessionService;
  readonly forks: SessionForks;
  readonly edits: StateEdits;
  readonly checkpoints: CheckpointViews;
  settled(id: string): Promise<Session>;
}

/** @param graphIds graphs of a file in test/graphs: the names of their exports, or `id=export` */
export async function openInProcess(
  backend: Backend,
  graphIds: readonly string[],
  fileName = 'graphs.ts',
  { concurrency, perUser } = { concurrency: 4, perUser: 4 },
): Promise<InProcess> {
  const file = `${import.meta.dirname}/../graphs/${fileName}`;
  const entries = graphIds.map((name) => {
    const [id = '', exportName = id] = name.split('=');
    return { id, file, exportName, description: null };
  });
  const graphs = new GraphCatalog(await loadGraphs(entries), backend.savers);
  const log = pino({ level: 'silent' });
  const metrics = new Metrics(() => backend.queue.depth());
  const worker = await Worker.open({
    backend,
    graphs,
    log,
    metrics,
    concurrency,
    perUser,
    maxAttempts: 5,
    stalledAfterMs: null,
    describeThrown: () => ({}),
    limits: {
      timeoutMs: null,
      maxCheckpointBytes: Infinity,
      quota: { stored: () => undefined, admitBytes: () => Promise.resolve() },
    },
  });
  const unlimited = { activeSessions: null, queuedRuns: null, storedBytes: null };
  const quota = new UserQuota(backend.sessions, unlimited);
  const sessions = new SessionService(backend, graphs, LIMITS, quota);
  return {
    graphs,
    sessions,
    forks: new SessionForks(backend, graphs, LIMITS, quota),
    edits: new StateEdits(backend, graphs, sessions, LIMITS, quota),
    checkpoints: new CheckpointViews(backend, graphs, new CheckpointCache(1 << 20), takeTurn),
    settled: (id) => untilSettled(backend, id, 'system', AbortSignal.timeout(PATIENCE_MS)),
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}
