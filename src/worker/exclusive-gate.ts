// Lets one run of a worker execute exclusively: a run under which processes have died may end the next one too, and the
// runs beside it would be charged with a death that they did not cause.
import { setTimeout as sleep } from 'node:timers/promises';

export interface GateOptions {
  /** How long the others may take to reach the end of a step, in ms. Then the run executes beside them. */
  readonly drainMs: number;
  /** How long nobody else may begin, in ms: a long step must not block the whole worker. */
  readonly exclusiveMs: number;
}

const DEFAULTS: GateOptions = { drainMs: 30_000, exclusiveMs: 60_000 };

/** One run's place in the worker. */
export interface Entry {
  /** Whether it is asked to hand over at the end of its step, for somebody who must execute exclusively. */
  readonly isAskedToLeave: boolean;
  /** Lets others begin beside it. */
  share(): void;
  leave(): void;
}

export class ExclusiveGate {
  readonly #options: GateOptions;
  readonly #shared = new Set<object>();
  /** Closed while somebody executes exclusively, or waits to. */
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  /** Called when the last of the shared has left. */
  #onEmpty: () => void = () => undefined;

  constructor(options: Partial<GateOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Waits until it may execute beside others. */
  async enterShared(): Promise<Entry> {
    while (this.#gate !== undefined) await this.#gate.opened;
    return this.#entry(() => undefined, undefined);
  }

  /** Waits until nobody else executes, and keeps others out. Undefined while somebody else does so. */
  async tryEnterExclusive(): Promise<Entry | undefined> {
    if (this.#gate !== undefined) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const gate = { opened: promise, open: resolve };
    this.#gate = gate;
    const open = () => {
      if (this.#gate === gate) this.#gate = undefined;
      gate.open();
    };
    if (!(await this.#drained())) open();
    return this.#entry(open, gate);
  }

  #entry(open: () => void, own: object | undefined): Entry {
    const one = {};
    const isAsked = () => this.#gate !== undefined && this.#gate !== own;
    const share = () => {
      clearTimeout(timer);
      open();
    };
    const timer =
      own === undefined ? undefined : setTimeout(share, this.#options.exclusiveMs).unref();
    this.#shared.add(one);
    return {
      get isAskedToLeave() {
        return isAsked();
      },
      share,
      leave: () => {
        share();
        this.#shared.delete(one);
        if (this.#shared.size === 0) this.#onEmpty();
      },
    };
  }

  /** False if the others did not leave in time. */
  async #drained(): Promise<boolean> {
    if (this.#shared.size === 0) return true;
    const patience = new AbortController();
    const empty = new Promise<boolean>((resolve) => {
      this.#onEmpty = () => resolve(true);
    });
    const { drainMs } = this.#options;
    const late = sleep(drainMs, false, { signal: patience.signal, ref: false });
    try {
      return await Promise.race([empty, late.catch(() => false)]);
    } finally {
      patience.abort();
      this.#onEmpty = () => undefined;
    }
  }
}
