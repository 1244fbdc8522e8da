import { GatewayError, sessionNotFound } from '../errors.ts';
import type { Actor, Backend, ProgressBus, ProgressSignal } from '../session/ports.ts';
import { type Session, isSettled, isSettledStatus } from '../session/session.ts';

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
  using notifications = new Notifications(backend.bus, sessionId, signal);
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
    await notifications.next();
  }
}

/** One listener's ear on a session: whether it may have settled, which is told by an event of its own. */
class Notifications implements Disposable {
  readonly #unsubscribe: () => void;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#wake();
  #notified = false;
  #wake: () => void = () => undefined;

  constructor(bus: ProgressBus, sessionId: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#unsubscribe = bus.subscribe(sessionId, (heard) => {
      if (!maySettle(heard)) return;
      this.#notified = true;
      this.#wake();
    });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Waits until the session may have settled, or the signal is aborted. */
  async next(): Promise<void> {
    if (!this.#notified && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#notified = false;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#wake();
  }
}

function maySettle(heard: ProgressSignal): boolean {
  if (heard.type !== 'changed') return false;
  // What is not told is in the log.
  return (
    heard.logged.length === 0 ||
    heard.logged.some(
      ({ detail }) => detail.type === 'RunStatusChanged' && isSettledStatus(detail.sessionStatus),
    )
  );
}
