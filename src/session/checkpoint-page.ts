// A page of a session's history, as its owner asks for it.
import type { Page, PageRequest } from './page.ts';
import { toPage } from './page.ts';
import type { Actor, CheckpointRow, SessionStore } from './ports.ts';
import type { CheckpointSource } from './progress.ts';

export interface AskedCheckpoints {
  readonly namespace: string;
  readonly source: CheckpointSource | null;
  readonly runId: string | null;
}

/** Newest first; the key is the ordinal. A run of another session has no checkpoints here. */
export async function listCheckpoints(
  sessions: SessionStore,
  sessionId: string,
  actor: Actor,
  { namespace, source, runId }: AskedCheckpoints,
  page: PageRequest<number>,
): Promise<Page<CheckpointRow>> {
  if (runId === null) {
    return sessions.listCheckpoints(sessionId, actor, { namespace, source, run: null }, page);
  }
  const run = await sessions.findRun(runId, actor);
  if (run === null || run.sessionId !== sessionId || run.base === null) return toPage([], page);
  const { ordinal: after, endOrdinal: upTo } = run.base;
  const filter = { namespace, source, run: { runId, after, upTo } };
  return sessions.listCheckpoints(sessionId, actor, filter, page);
}
