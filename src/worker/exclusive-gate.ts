// Lets one run of a worker execute exclusively: a run under which processes have died may end the next one too, and the
// runs beside it would be charged with a death that they did not cause.
import { setTimeout as sleep } from 'node:timers/promises';

/** How long the others may take to reach the end of a step, in ms. */
const DRAIN_MS = 10_000;
/** How long nobody else may begin, in ms: a long step must not block the whole worker. */
const EXCLUSIVE_MS = 60_000;
/** How long after a drain that took too long the next is tried, in ms. */
const RETRY_AFTER_MS = 60_000;

export class ExclusiveGate {
  readonly #shared = new Set<object>();
  /** Closed while somebody executes exclusively, or waits to. */
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  /** Called when the last of the shared has left. */
  #onEmpty: () => void = () => undefined;
  #retryAt = -Infinity;

  /** Whether those that execute are asked to hand over at the end of their step. */
  get isExclusiveRequested(): boolean {
    return this.#gate !== undefined;
  }

  /** Waits until it may execute beside others. @returns what to call at its end */
  async enterShared(): Promise<() => void> {
    while (this.#gate !== undefined) await this.#gate.opened;
    const one = {};
    this.#shared.add(one);
    return () => {
      this.#shared.delete(one);
      if (this.#shared.size === 0) this.#onEmpty();
    };
  }

  /**
   * Waits until nobody else executes, and keeps others out.
   * @returns what to call once others may begin; undefined if it cannot be exclusive now
   */
  async tryEnterExclusive(): Promise<(() => void) | undefined> {
    if (this.#gate !== undefined || performance.now() < this.#retryAt) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const gate = { opened: promise, open: resolve };
    this.#gate = gate;
    const open = () => {
      clearTimeout(timer);
      if (this.#gate === gate) this.#gate = undefined;
      gate.open();
    };
    const timer = setTimeout(open, DRAIN_MS + EXCLUSIVE_MS).unref();
    if (await this.#drained()) return open;
    this.#retryAt = performance.now() + RETRY_AFTER_MS;
    open();
    return undefined;
  }

  async #drained(): Promise<boolean> {
    if (this.#shared.size === 0) return true;
    const patience = new AbortController();
    const empty = new Promise<boolean>((resolve) => {
      this.#onEmpty = () => resolve(true);
    });
    const late = sleep(DRAIN_MS, false, { signal: patience.signal, ref: false });
    try {
      return await Promise.race([empty, late.catch(() => false)]);
    } finally {
      patience.abort();
      this.#onEmpty = () => undefined;
    }
  }
}
