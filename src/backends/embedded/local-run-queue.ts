import type { QueuedRun, RunConsumer, RunQueue, Siblings } from '../../session/ports.ts';

/**
 * The queue of a process that works for itself: it hands each run to the worker at once, which holds what it cannot
 * begin yet. A process that executes nothing itself passes them to its siblings. The store has every run; what another program on
 * the same file has accepted is found there.
 */
export class LocalRunQueue implements RunQueue {
  readonly isLost = false;
  readonly #underWay = new Set<Promise<void>>();
  /** Undefined while this process takes no runs. */
  #execute: ((run: QueuedRun) => Promise<void>) | undefined;
  /** Whether this process executes, or did until it was told to end. */
  #hasExecuted = false;
  readonly #siblings: Siblings | undefined;

  constructor(siblings?: Siblings) {
    this.#siblings = siblings;
    siblings?.receive((message) => {
      // What cannot be executed here now is found in the store.
      if (message.type === 'run') this.#hand(message.run);
    });
  }

  add(run: QueuedRun): void {
    if (this.#execute !== undefined) this.#hand(run);
    else if (!this.#hasExecuted) this.#siblings?.send({ type: 'run', run });
  }

  #hand(run: QueuedRun): void {
    const done = this.#execute?.(run);
    if (done === undefined) return;
    this.#underWay.add(done);
    void done.finally(() => this.#underWay.delete(done));
  }

  /** It holds none. */
  remove(): void {}

  async ensure(runs: readonly QueuedRun[]): Promise<void> {
    for (const run of runs) this.add(run);
  }

  consume(execute: (run: QueuedRun) => Promise<void>): RunConsumer {
    this.#execute = execute;
    this.#hasExecuted = true;
    return { drain: () => this[Symbol.asyncDispose]() };
  }

  async depth(): Promise<number> {
    return 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#execute = undefined;
    await Promise.all(this.#underWay);
  }
}
