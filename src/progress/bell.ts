import type { ProgressBus } from '../session/ports.ts';
import type { LiveEvent } from '../session/progress.ts';

/** A live event that nobody takes may not hold memory for ever; the log has everything that counts. */
const MOST_LIVE_EVENTS = 1000;

/** A live event, and the last event that was in the log when it came. */
export interface HeardLive {
  readonly after: number;
  readonly event: LiveEvent;
}

/** One listener's ear on a session: whether the log may have grown, and the live events since. */
export class Bell implements Disposable {
  readonly #unsubscribe: () => void;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#wake();
  #live: HeardLive[];
  #lastEvent = Infinity;
  #rung = false;
  #wake: () => void = () => undefined;

  constructor(bus: ProgressBus, sessionId: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#live = bus.messagesSoFar(sessionId).map((event) => ({ after: Infinity, event }));
    this.#unsubscribe = bus.subscribe(sessionId, (heard) => {
      if (heard.type === 'written') return;
      if (heard.type === 'changed') {
        this.#rung = true;
        this.#lastEvent = heard.lastEvent ?? Infinity;
      } else if (this.#live.length < MOST_LIVE_EVENTS) {
        this.#live.push({ after: this.#lastEvent, event: heard.event });
      }
      this.#wake();
    });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Live events since the last call, in order. */
  takeLive(): HeardLive[] {
    const live = this.#live;
    this.#live = [];
    return live;
  }

  /** Waits until the log may have grown, a live event came, or the signal is aborted. */
  async next(): Promise<void> {
    if (!this.#rung && this.#live.length === 0 && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#rung = false;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#wake();
  }
}
