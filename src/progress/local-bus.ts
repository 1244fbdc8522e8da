import type { ProgressBus, ProgressSignal } from '../session/ports.ts';

type Listener = (signal: ProgressSignal) => void;

/** Notifications within one process. Listeners are called in the order they subscribed, and must not throw. */
export class LocalBus implements ProgressBus {
  readonly #listeners = new Map<string, Set<Listener>>();

  publish(channel: string, signal: ProgressSignal): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener(signal);
  }

  subscribe(channel: string, listener: Listener): () => void {
    // Two subscriptions of one function are two subscriptions.
    const own: Listener = (signal) => listener(signal);
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0) this.#listeners.delete(channel);
    };
  }

  subscribed(): Promise<void> {
    return Promise.resolve();
  }

  isWatched(channel: string): boolean {
    return this.#listeners.has(channel);
  }

  /** The channels that somebody listens to. */
  watched(): string[] {
    return [...this.#listeners.keys()];
  }
}
