import { setImmediate } from 'node:timers/promises';
import type { DurableDetail } from '../../session/progress.ts';
import type { StepStatements } from './statements.ts';

/** What an attempt is about to store. */
export interface Step {
  readonly statement: Exclude<keyof StepStatements, 'putBoth'>;
  readonly threadId: string;
  /** What is logged of it. */
  readonly event: DurableDetail | null;
  /** Names what it stores, of all that the attempt does: it is logged once. */
  readonly subject: string;
  readonly parameters: readonly unknown[];
}

/** Stores a step, or a task's writes with the checkpoint that they make. */
type Store = (step: Step, checkpoint?: Step) => Promise<void>;

interface Writes {
  /** Where it waits for a checkpoint to go with. */
  step?: Step | undefined;
  /** Where it goes with one. */
  joined?: Promise<void>;
  stored?: Promise<void>;
}

/**
 * Keeps an attempt's steps in order: LangGraph does not wait for a task's writes before it puts the checkpoint that they
 * make. That comes within the same turn of the event loop mostly, so writes wait for its end, and both are stored at once.
 */
export class StepQueue {
  readonly #store: Store;
  readonly #begun = new Set<Writes>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Writes of a task, which may go side by side with others'. */
  async writes(prepare: () => Promise<Step>): Promise<void> {
    const writes: Writes = {};
    this.#begun.add(writes);
    writes.stored = this.#storeWrites(writes, prepare);
    await writes.stored.finally(() => this.#begun.delete(writes));
  }

  /** A checkpoint, which goes after all writes that were begun before it, or with them. */
  async checkpoint(prepare: () => Promise<Step>): Promise<void> {
    const checkpoint = await prepare();
    const begun = [...this.#begun];
    const last = begun.find(({ step }) => step !== undefined);
    const others = begun.flatMap((writes) => (writes === last ? [] : (writes.stored ?? [])));
    if (last?.step === undefined) {
      await Promise.allSettled(others);
      await this.#store(checkpoint);
    } else {
      const { step } = last;
      last.step = undefined;
      last.joined = Promise.allSettled(others).then(() => this.#store(step, checkpoint));
      await last.joined;
    }
  }

  async #storeWrites(writes: Writes, prepare: () => Promise<Step>): Promise<void> {
    const step = await prepare();
    if (step.statement === 'putWrites') {
      writes.step = step;
      await setImmediate();
      writes.step = undefined;
    }
    await (writes.joined ?? this.#store(step));
  }
}
