import type { ProgressBus, ProgressSignal } from '../session/ports.ts';
import type { LiveEvent } from '../session/progress.ts';

type Listener = (signal: ProgressSignal) => void;

/** The bell within one process. Listeners are called in the order they subscribed, and must not throw. */
export class LocalBus implements ProgressBus {
  readonly #listeners = new Map<string, Set<Listener>>();
  /** The newest delta of each message that is being written, by session and message id. */
  readonly #writing = new Map<string, Map<string, LiveEvent>>();

  publish(sessionId: string, signal: ProgressSignal): void {
    if (signal.type === 'written') this.#forget(sessionId, signal.by);
    if (signal.type === 'live' && signal.event.detail.type === 'MessageDelta') {
      const messages = this.#writing.get(sessionId) ?? new Map<string, LiveEvent>();
      this.#writing.set(sessionId, messages.set(signal.event.detail.messageId, signal.event));
    }
    this.deliver(sessionId, signal);
  }

  /** Tells the listeners, and remembers nothing: a signal of another process. */
  deliver(sessionId: string, signal: ProgressSignal): void {
    for (const listener of this.#listeners.get(sessionId) ?? []) listener(signal);
  }

  messagesSoFar(sessionId: string): LiveEvent[] {
    return [...(this.#writing.get(sessionId)?.values() ?? [])].flatMap((event) =>
      event.detail.type === 'MessageDelta'
        ? [{ ...event, detail: { ...event.detail, offset: 0, ...event.detail.soFar() } }]
        : [],
    );
  }

  subscribe(sessionId: string, listener: Listener): () => void {
    // Two subscriptions of one function are two subscriptions.
    const own: Listener = (signal) => listener(signal);
    const listeners = this.#listeners.get(sessionId) ?? new Set();
    this.#listeners.set(sessionId, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0) this.#listeners.delete(sessionId);
    };
  }

  isWatched(sessionId: string): boolean {
    return this.#listeners.has(sessionId);
  }

  /** The sessions that somebody listens to. */
  watched(): string[] {
    return [...this.#listeners.keys()];
  }

  #forget(sessionId: string, by: { namespace: string; node: string } | null): void {
    const messages = this.#writing.get(sessionId);
    for (const [id, { detail }] of messages ?? []) {
      if (detail.type !== 'MessageDelta') continue;
      if (by === null || (detail.node === by.node && detail.namespace === by.namespace))
        messages?.delete(id);
    }
    if (messages?.size === 0) this.#writing.delete(sessionId);
  }
}
