// The order rule of every backend: a checkpoint is never stored before the writes that made it.
import { setImmediate } from 'node:timers/promises';
import type { CheckpointSource, DurableDetail } from '../session/progress.ts';
import type { StoredWrite } from '../session/ports.ts';

/** A task's writes, ready to be stored. */
export interface WritesStep {
  readonly type: 'writes';
  readonly namespace: string;
  readonly checkpointId: string;
  readonly taskId: string;
  readonly taskPath: string;
  readonly writes: readonly StoredWrite[];
  /** They are of special channels: the newest counts. Other writes stay as they are where they are there already. */
  readonly replaces: boolean;
  readonly bytes: number;
  /** What is logged of them. */
  readonly event: DurableDetail | null;
}

/** A checkpoint, ready to be stored. */
export interface CheckpointStep<Content> {
  readonly type: 'checkpoint';
  readonly namespace: string;
  readonly checkpointId: string;
  readonly parentId: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly step: number;
  readonly source: CheckpointSource;
  readonly changedKeys: readonly string[];
  readonly bytes: number;
  readonly event: DurableDetail;
  /** The checkpoint as the backend has serialized it. */
  readonly content: Content;
}

export type Step<Content> = WritesStep | CheckpointStep<Content>;

/** Stores some tasks' writes, a checkpoint, or a checkpoint with writes that made it, which come first. */
type Store<Content> = (steps: readonly Step<Content>[]) => Promise<void>;

interface Writes {
  readonly namespace: string;
  /** Whether a checkpoint may still be stored with them. */
  mayJoin: boolean;
  /** What is to be stored, while it waits for a checkpoint to join. */
  step?: WritesStep;
  /** The commit that stores them with a checkpoint. */
  joined?: Promise<void>;
  stored?: Promise<void>;
}

/**
 * Keeps an attempt's steps in order. LangGraph does not wait for a task's writes before it puts the checkpoint that they
 * make. It usually puts it within the same turn of the event loop: where a backend stores both in one commit, writes wait
 * for the end of that turn.
 *
 * Invariant: a step waits only for steps of its own namespace that began before it. A checkpoint that waited for another
 * subgraph's writes, or writes that waited for a later checkpoint than the one that waits for them, would deadlock. Once
 * a step was refused, no later one is stored: a checkpoint without its tasks' writes would lose them.
 */
export class StepOrder<Content> {
  readonly #store: Store<Content>;
  readonly #joins: boolean;
  readonly #begun = new Set<Writes>();
  #failed: { readonly error: unknown } | undefined;

  /** @param joins whether writes wait for a checkpoint to be stored with them */
  constructor(store: Store<Content>, joins: boolean) {
    this.#joins = joins;
    this.#store = async (steps) => {
      if (this.#failed !== undefined) throw this.#failed.error;
      await this.#during(() => store(steps));
    };
  }

  /** A task's writes. They may be stored while other tasks' are. @throws what refused them or an earlier step */
  async writes(namespace: string, prepare: () => Promise<WritesStep>): Promise<void> {
    const writes: Writes = { namespace, mayJoin: this.#joins };
    this.#begun.add(writes);
    writes.stored = this.#storeWrites(writes, prepare);
    await writes.stored.finally(() => this.#begun.delete(writes));
  }

  /**
   * A checkpoint, stored after all writes of its namespace that began before it, or with them.
   * @throws what refused it or an earlier step
   */
  async checkpoint(
    namespace: string,
    prepare: () => Promise<CheckpointStep<Content>>,
  ): Promise<void> {
    const checkpoint = await this.#during(prepare);
    const begun = [...this.#begun].filter((writes) => writes.namespace === namespace);
    const joining = begun.flatMap((writes) =>
      writes.mayJoin && writes.step !== undefined ? [{ writes, step: writes.step }] : [],
    );
    const joined = new Set(joining.map(({ writes }) => writes));
    // No later checkpoint may join them: this one waits for them.
    for (const writes of begun) writes.mayJoin = false;
    const earlier = begun.flatMap((writes) => (joined.has(writes) ? [] : (writes.stored ?? [])));
    const steps = [...joining.map(({ step }) => step), checkpoint];
    const stored = Promise.allSettled(earlier).then(() => this.#store(steps));
    for (const writes of joined) writes.joined = stored;
    await stored;
  }

  async #storeWrites(writes: Writes, prepare: () => Promise<WritesStep>): Promise<void> {
    const step = await this.#during(prepare);
    if (writes.mayJoin && !step.replaces) {
      writes.step = step;
      await setImmediate();
      writes.mayJoin = false;
    }
    await (writes.joined ?? this.#store([step]));
  }

  /** Remembers the first error of the work, and throws it on. */
  async #during<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.#failed ??= { error };
      throw error;
    }
  }
}
