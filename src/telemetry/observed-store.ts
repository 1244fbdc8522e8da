// Logs and counts every committed run transition, and links runs to the requests that created them.
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { overridingStore } from '../session/overriding-store.ts';
import type { Commit, SessionState, SessionStore } from '../session/ports.ts';
import { type Run, isActive } from '../session/run.ts';
import type { Session } from '../session/session.ts';
import type { Metrics } from './metrics.ts';
import { currentOrigin } from './tracing.ts';

/** The store, watched: what was committed is reported after it was, and new runs keep the request they came with. */
export function observedStore(store: SessionStore, metrics: Metrics, log: Logger): SessionStore {
  const observed: Pick<SessionStore, 'create' | 'fork' | 'change'> = {
    async create(commit) {
      const marked = withOrigin(commit);
      const taken = await store.create(marked);
      if (taken === null) report(marked, null);
      return taken;
    },
    async fork(commit, source) {
      const taken = await store.fork(commit, source);
      if (taken === null) report(commit, null);
      return taken;
    },
    async change(id, actor, decide) {
      let last: { commit: Commit; before: SessionState } | undefined;
      const state = await store.change(id, actor, (before) => {
        last = undefined;
        const commit = decide(before);
        if (commit === undefined) return undefined;
        last = { commit: withOrigin(commit), before };
        return last.commit;
      });
      if (state !== null && last !== undefined) report(last.commit, last.before);
      return state;
    },
  };

  function report({ session, runs = [], events = [] }: Commit, before: SessionState | null): void {
    for (const { detail, runId } of events) {
      metrics.events.inc({ type: detail.type });
      if (detail.type !== 'RunStatusChanged') continue;
      const { status, attempt, error } = detail;
      metrics.runs.inc({ status });
      const { graphId } = session;
      log.info(
        { ...idsOf(session, runs, runId), attempt, graphId, code: error?.code },
        `run ${status}`,
      );
    }
    for (const run of runs) {
      if (run.status !== 'RUNNING' || run.workerId === null || run.startedAt === null) continue;
      if (run.attempt === 1) metrics.queueWait.observe((run.startedAt - run.createdAt) / 1000);
      const earlier = before?.active.find(({ id }) => id === run.id);
      if (earlier?.status !== 'RUNNING' || earlier.workerId === null) continue;
      metrics.takeovers.inc();
      const { attempt, workerId } = run;
      log.warn(
        { ...idsOf(session, runs, run.id), attempt, workerId, deadWorkerId: earlier.workerId },
        'run taken over from a dead worker',
      );
    }
  }

  return overridingStore(store, observed);
}

/** The ids of a line about a run; its request is the one that it came with, whoever moves it now. */
function idsOf(session: Session, runs: readonly Run[], runId: string | null) {
  const requestId = runs.find(({ id }) => id === runId)?.origin?.requestId;
  return { sessionId: session.id, runId, ...(requestId != null && { requestId }) };
}

function withOrigin(commit: Commit): Commit {
  if (commit.runs?.some((run) => isActive(run) && run.attempt === 0 && run.origin === null)) {
    const origin = currentOrigin();
    const runs = commit.runs.map((run) =>
      run.attempt === 0 && run.origin === null ? { ...run, origin } : run,
    );
    return { ...commit, runs };
  }
  return commit;
}

/** Whether a write was refused because a newer epoch owns the session. */
export function isFenced(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'RUN_SUPERSEDED';
}
