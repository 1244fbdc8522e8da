import { setImmediate } from 'node:timers/promises';
import type { DurableDetail } from '../../session/progress.ts';
import { StepFailure } from '../step-order.ts';
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
  readonly namespace: string;
  /** Whether a checkpoint may still be stored with them, in one statement. */
  mayJoin: boolean;
  /** What is to be stored, while it waits for a checkpoint to join. */
  step?: Step | undefined;
  /** The statement that stores them with a checkpoint. */
  joined?: Promise<void>;
  stored?: Promise<void>;
}

/**
 * Keeps an attempt's steps in order: LangGraph does not wait for a task's writes before it puts the checkpoint that they
 * make. The checkpoint usually comes within the same turn of the event loop, so writes wait for the end of that turn, and
 * both are stored by one statement.
 *
 * Invariant: a step waits only for steps of its own namespace that began before it. A checkpoint that waited for another
 * subgraph's writes, or writes that waited for a later checkpoint than the one that waits for them, would deadlock. Once
 * a step was refused, no later one is stored.
 */
export class StepQueue {
  readonly #store: Store;
  readonly #begun = new Set<Writes>();
  readonly #failure = new StepFailure();

  constructor(store: Store) {
    this.#store = async (...steps) => {
      this.#failure.throwIfFailed();
      await this.#failure.during(() => store(...steps));
    };
  }

  /** A task's writes. They may be stored while other tasks' are. */
  async writes(namespace: string, prepare: () => Promise<Step>): Promise<void> {
    const writes: Writes = { namespace, mayJoin: true };
    this.#begun.add(writes);
    writes.stored = this.#storeWrites(writes, prepare);
    await writes.stored.finally(() => this.#begun.delete(writes));
  }

  /** A checkpoint, stored after all writes of its namespace that began before it, or with the first of them. */
  async checkpoint(namespace: string, prepare: () => Promise<Step>): Promise<void> {
    const checkpoint = await this.#failure.during(prepare);
    const begun = [...this.#begun].filter((writes) => writes.namespace === namespace);
    const first = begun.find(({ mayJoin, step }) => mayJoin && step !== undefined);
    // Nobody else may join them: this checkpoint waits for them.
    for (const writes of begun) writes.mayJoin = false;
    const others = begun.flatMap((writes) => (writes === first ? [] : (writes.stored ?? [])));
    if (first?.step === undefined) {
      await Promise.allSettled(others);
      await this.#store(checkpoint);
    } else {
      const { step } = first;
      first.joined = Promise.allSettled(others).then(() => this.#store(step, checkpoint));
      await first.joined;
    }
  }

  async #storeWrites(writes: Writes, prepare: () => Promise<Step>): Promise<void> {
    const step = await this.#failure.during(prepare);
    if (step.statement === 'putWrites' && writes.mayJoin) {
      writes.step = step;
      await setImmediate();
      writes.mayJoin = false;
    }
    await (writes.joined ?? this.#store(step));
  }
}
