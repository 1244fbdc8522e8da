interface Writes {
  readonly namespace: string;
  readonly written: Promise<unknown>;
}

/**
 * Keeps an attempt's steps in order: LangGraph does not wait for a task's writes before it puts the checkpoint that they
 * make. A checkpoint waits only for writes of its own namespace: those of another subgraph make another checkpoint.
 */
export class StepOrder {
  readonly #writes = new Set<Writes>();

  /** Stores a task's writes, beside other tasks'. */
  async writes<Result>(namespace: string, store: () => Promise<Result>): Promise<Result> {
    const written = store();
    const writes = { namespace, written };
    this.#writes.add(writes);
    return await written.finally(() => this.#writes.delete(writes));
  }

  /** Stores a checkpoint, after all writes of its namespace that began before it. */
  async checkpoint(namespace: string, store: () => Promise<void>): Promise<void> {
    const own = [...this.#writes].filter((writes) => writes.namespace === namespace);
    await Promise.allSettled(own.map(({ written }) => written));
    await store();
  }
}
