import type { ProgressBus } from '../session/ports.ts';

/** One listener's ear on a session: whether its log may have grown. */
export class Bell implements Disposable {
  readonly #unsubscribe: () => void;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#wake();
  #rung = false;
  #wake: () => void = () => undefined;

  constructor(bus: ProgressBus, sessionId: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#unsubscribe = bus.subscribe(sessionId, (heard) => {
      if (heard.type !== 'changed') return;
      this.#rung = true;
      this.#wake();
    });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Waits until the log may have grown, or the signal is aborted. */
  async next(): Promise<void> {
    if (!this.#rung && !this.#signal.aborted) {
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
