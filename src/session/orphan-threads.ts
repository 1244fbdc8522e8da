import type { Orphans, SessionStore } from './ports.ts';

const THREADS_AT_A_TIME = 500;

/** Threads that have checkpoints but no session, a part of them at a time; some may come twice. */
export async function* orphanThreads(
  sessions: Pick<SessionStore, 'orphans'>,
): AsyncGenerator<readonly string[]> {
  let from: string | null = null;
  do {
    const { threadIds, next }: Orphans = await sessions.orphans(from, THREADS_AT_A_TIME);
    yield threadIds;
    from = next;
  } while (from !== null);
}
