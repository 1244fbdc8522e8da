import { GatewayError, sessionNotFound } from '../errors.ts';
import type { Actor, Backend } from '../session/ports.ts';
import { type Session, isSettled } from '../session/session.ts';
import { Bell } from './bell.ts';

/**
 * Waits until nothing of the session is queued or running.
 * @throws GatewayError AWAIT_TIMEOUT when the signal is aborted first, SESSION_NOT_FOUND once it is gone
 */
export async function untilSettled(
  backend: Pick<Backend, 'sessions' | 'bus'>,
  sessionId: string,
  actor: Actor,
  signal: AbortSignal,
): Promise<Session> {
  using bell = new Bell(backend.bus, sessionId, signal);
  for (;;) {
    const session = await backend.sessions.find(sessionId, actor);
    if (session === null) throw sessionNotFound(sessionId);
    if (isSettled(session)) return session;
    if (signal.aborted) {
      if (signal.reason instanceof GatewayError) throw signal.reason;
      throw new GatewayError(
        'AWAIT_TIMEOUT',
        `Session ${sessionId} is still ${session.status}; it goes on, and can be awaited again.`,
      );
    }
    await bell.next();
  }
}
