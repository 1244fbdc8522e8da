/**
 * Keeps an attempt's steps in order where writes travel over more than one connection: LangGraph does not wait for a
 * task's writes before it puts the checkpoint that they make.
 */
export class StepOrder {
  readonly #writes = new Set<Promise<unknown>>();

  /** Writes of tasks, which may go side by side. */
  async writes(work: () => Promise<void>): Promise<void> {
    const written = work();
    this.#writes.add(written);
    await written.finally(() => this.#writes.delete(written));
  }

  /** A checkpoint, which goes after all writes that were begun before it. */
  async checkpoint(work: () => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#writes);
    await work();
  }
}
