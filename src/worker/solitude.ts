// Lets one run of a worker execute alone: one under which processes have died is a danger to its neighbours, and they
// would be blamed for its deaths.
import { setTimeout as sleep } from 'node:timers/promises';

export interface SolitudeOptions {
  /** How long the others are waited for to finish their steps, in ms. */
  readonly waitMs: number;
  /** How long nobody else may begin, in ms: a long step must not stop the whole worker. */
  readonly aloneMs: number;
  /** After how long it is tried again where the others did not finish, in ms. */
  readonly restMs: number;
}

const DEFAULTS: SolitudeOptions = { waitMs: 10_000, aloneMs: 60_000, restMs: 60_000 };

export class Solitude {
  readonly #options: SolitudeOptions;
  readonly #executing = new Set<object>();
  /** Resolves once others may begin. */
  #gate: { readonly promise: Promise<void>; readonly open: () => void } | undefined;
  /** Called when the last of those that execute has ended. */
  #onEmpty: () => void = () => undefined;
  #restsUntil = -Infinity;

  constructor(options: Partial<SolitudeOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Whether those that execute are asked to hand over at the end of their step. */
  get wanted(): boolean {
    return this.#gate !== undefined;
  }

  /** Waits until it may begin beside others. @returns what to call at its end */
  async beside(): Promise<() => void> {
    while (this.#gate !== undefined) await this.#gate.promise;
    const one = {};
    this.#executing.add(one);
    return () => {
      this.#executing.delete(one);
      if (this.#executing.size === 0) this.#onEmpty();
    };
  }

  /**
   * Waits until nobody else executes, and keeps others from it.
   * @returns what to call once others may begin; undefined where it cannot be alone now
   */
  async alone(): Promise<(() => void) | undefined> {
    if (this.#gate !== undefined || performance.now() < this.#restsUntil) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const gate = { promise, open: resolve };
    this.#gate = gate;
    const open = () => {
      clearTimeout(timer);
      if (this.#gate === gate) this.#gate = undefined;
      gate.open();
    };
    const timer = setTimeout(open, this.#options.waitMs + this.#options.aloneMs).unref();
    if (await this.#isEmpty()) return open;
    this.#restsUntil = performance.now() + this.#options.restMs;
    open();
    return undefined;
  }

  async #isEmpty(): Promise<boolean> {
    if (this.#executing.size === 0) return true;
    const patience = new AbortController();
    const empty = new Promise<boolean>((resolve) => {
      this.#onEmpty = () => resolve(true);
    });
    const late = sleep(this.#options.waitMs, false, { signal: patience.signal, ref: false });
    try {
      return await Promise.race([empty, late.catch(() => false)]);
    } finally {
      patience.abort();
      this.#onEmpty = () => undefined;
    }
  }
}
