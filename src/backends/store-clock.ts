import type { Clock } from '../session/ports.ts';

/**
 * The time by the store's clock, which all processes share: what one process stamps, another compares. Between two looks
 * at the store it goes on by the monotonic clock, so a wrong or changed clock of a process's machine does not matter.
 */
export class StoreClock implements Clock {
  readonly #readMs: () => Promise<number>;
  /** What `performance.now` lacks to be ms since 1970. */
  #offset = Date.now() - performance.now();

  /** @param readMs asks the store for its time, in ms since 1970 */
  constructor(readMs: () => Promise<number>) {
    this.#readMs = readMs;
  }

  now(): number {
    return Math.floor(performance.now() + this.#offset);
  }

  async sync(): Promise<void> {
    const asked = performance.now();
    const storeMs = await this.#readMs();
    const answered = performance.now();
    const offset = storeMs - (asked + answered) / 2;
    // The store answered at some time in between: what is nearer than that is no difference.
    const uncertainty = (answered - asked) / 2 + 1;
    if (Math.abs(offset - this.#offset) > uncertainty) this.#offset = offset;
  }
}
