import type { ProgressBus, ProgressSignal } from '../session/ports.ts';

type Listener = (signal: ProgressSignal) => void;

/** Notifications within one process. Listeners are called in the order they subscribed, and must not throw. */
export class LocalBus implements ProgressBus {
  readonly #listeners = new Map<string, Set<Listener>>();

  publish(sessionId: string, signal: ProgressSignal): void {
    for (const listener of this.#listeners.get(sessionId) ?? []) listener(signal);
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
}
