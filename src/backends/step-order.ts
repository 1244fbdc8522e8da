interface Writes {
  readonly namespace: string;
  readonly written: Promise<unknown>;
}

/** An attempt whose write was refused stores nothing more: a checkpoint without its tasks' writes would lose them. */
export class StepFailure {
  #failed: { readonly error: unknown } | undefined;

  /** Remembers the first error of the work, synchronous or not, and throws it on. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.remember(error);
      throw error;
    }
  }

  remember(error: unknown): void {
    this.#failed ??= { error };
  }

  throwIfFailed(): void {
    if (this.#failed !== undefined) throw this.#failed.error;
  }
}

/**
 * Keeps an attempt's steps in order: LangGraph does not wait for a task's writes before it puts the checkpoint that they
 * make. A checkpoint waits only for writes of its own namespace: those of another subgraph make another checkpoint.
 */
export class StepOrder {
  readonly #writes = new Set<Writes>();
  readonly failure = new StepFailure();

  /** Stores a task's writes, beside other tasks'. */
  async writes<Result>(namespace: string, store: () => Promise<Result>): Promise<Result> {
    this.failure.throwIfFailed();
    const written = this.failure.during(store);
    const writes = { namespace, written };
    this.#writes.add(writes);
    return await written.finally(() => this.#writes.delete(writes));
  }

  /** Stores a checkpoint, after all writes of its namespace that began before it. @throws what refused one of them */
  async checkpoint(namespace: string, store: () => Promise<void>): Promise<void> {
    const own = [...this.#writes].filter((writes) => writes.namespace === namespace);
    await Promise.allSettled(own.map(({ written }) => written));
    this.failure.throwIfFailed();
    await this.failure.during(store);
  }
}
