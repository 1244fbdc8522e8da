/**
 * Keeps an attempt's steps in order: LangGraph does not wait for a task's writes before it puts the checkpoint that they
 * make.
 */
export class StepOrder {
  readonly #writes = new Set<Promise<unknown>>();

  /** Work on the writes of tasks, which may go side by side. */
  async writes<Result>(work: () => Promise<Result>): Promise<Result> {
    const written = work();
    this.#writes.add(written);
    return await written.finally(() => this.#writes.delete(written));
  }

  /** A checkpoint, which goes after the work on all writes that was begun before it. */
  async checkpoint(work: () => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#writes);
    await work();
  }
}
