// The queue of a process that works for itself. It holds what this process knows of; the store has every run.
import PQueue from 'p-queue';
import type { QueuedRun, RunConsumer, RunQueue } from '../../session/ports.ts';

export class LocalRunQueue implements RunQueue {
  readonly isLost = false;
  readonly #queue = new PQueue();
  readonly #known = new Set<string>();
  /** Undefined while this process takes no runs; another on the same file, or a later one, finds them in the store. */
  #execute: ((run: QueuedRun) => Promise<void>) | undefined;

  add(run: QueuedRun): void {
    const execute = this.#execute;
    if (execute === undefined || this.#known.has(run.id)) return;
    this.#known.add(run.id);
    // A run that was begun goes before those that were not.
    const priority = run.attempt > 0 ? 1 : 0;
    void this.#queue
      .add(() => execute(run), { priority })
      .finally(() => this.#known.delete(run.id));
  }

  /** It holds ids only, and no longer than the process lives. */
  remove(): void {}

  async ensure(runs: readonly QueuedRun[]): Promise<void> {
    for (const run of runs) this.add(run);
  }

  consume(execute: (run: QueuedRun) => Promise<void>, concurrency: number): RunConsumer {
    this.#queue.concurrency = concurrency;
    this.#execute = execute;
    return { drain: () => this[Symbol.asyncDispose]() };
  }

  async depth(): Promise<number> {
    return this.#queue.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#execute = undefined;
    this.#queue.clear();
    await this.#queue.onIdle();
  }
}
