import type { Actor, Backend, Commit, SessionState } from './ports.ts';
import type { LogEntry } from './progress.ts';

/**
 * Changes a session, and tells whoever watches it what was logged.
 * @returns the session's state afterwards; null where the actor has no such session
 */
export async function changeSession(
  { sessions, bus }: Pick<Backend, 'sessions' | 'bus'>,
  id: string,
  actor: Actor,
  decide: (state: SessionState) => Commit | undefined,
): Promise<SessionState | null> {
  let logged: readonly LogEntry[] = [];
  const state = await sessions.change(id, actor, (seen) => {
    const commit = decide(seen);
    logged = commit?.events ?? [];
    return commit;
  });
  if (state === null) return null;
  const { epoch } = state.session;
  const lastEvent = logged.at(-1)?.sequence ?? state.session.lastEvent;
  bus.publish(id, { type: 'changed', lastEvent, epoch, logged });
  return state;
}
