import type { Orphans, SessionStore } from './ports.ts';

const THREADS_AT_A_TIME = 500;

/** Threads that have checkpoints but no session, a part of them at a time; some may come twice. */
export async function* orphanThreads(
  sessions: Pick<SessionStore, 'orphans'>,
): AsyncGenerator<Pick<Orphans, 'threadIds' | 'own'>> {
  let from: string | null = null;
  do {
    const part: Orphans = await sessions.orphans(from, THREADS_AT_A_TIME);
    yield part;
    from = part.next;
  } while (from !== null);
}
