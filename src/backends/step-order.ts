// The order rule of every backend: steps are stored in the order in which LangGraph put them.
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

/**
 * Stores steps of one namespace, in their order: the writes of several tasks, a checkpoint, or both; writes of special
 * channels come alone.
 */
type Store<Content> = (steps: readonly Step<Content>[]) => Promise<void>;

/** So much is stored in one commit, and with it the checkpoint that follows. */
const MOST_WRITES = 64;
const MOST_BYTES = 1024 * 1024;

/** A step that LangGraph has put. It is serialized at once, and stored in its turn. */
interface Put<Content> {
  /** Fulfilled once `step` or `refused` is there. */
  readonly prepared: Promise<void>;
  readonly stored: PromiseWithResolvers<void>;
  step?: Step<Content>;
  refused?: { readonly error: unknown };
}

/**
 * Stores an attempt's steps in the order in which LangGraph put them, each namespace's on its own. LangGraph does not wait
 * for a task's writes before it puts the checkpoint that they make, nor before it begins a task that waited for another.
 * What is put while a commit is under way is stored in the next one.
 *
 * Invariant: a step waits only for steps of its own namespace that were put before it. A checkpoint that waited for another
 * subgraph's writes would deadlock. Once a step was refused, no later commit is stored: a checkpoint without its tasks'
 * writes would lose them.
 */
export class StepOrder<Content> {
  readonly #store: Store<Content>;
  readonly #joins: boolean;
  readonly #puts = new Map<string, Put<Content>[]>();
  #failed: { readonly error: unknown } | undefined;

  /**
   * @param joins whether writes wait for a checkpoint, to be stored in one commit with it: until the end of the turn of the
   *   event loop, in which LangGraph usually puts it
   */
  constructor(store: Store<Content>, joins: boolean) {
    this.#store = store;
    this.#joins = joins;
  }

  /** @throws what refused it or an earlier step */
  async put(namespace: string, prepare: () => Promise<Step<Content>>): Promise<void> {
    const put: Put<Content> = {
      stored: Promise.withResolvers(),
      prepared: prepare().then(
        (step) => void (put.step = step),
        (error: unknown) => void (put.refused = { error }),
      ),
    };
    const puts = this.#puts.get(namespace);
    if (puts === undefined) {
      const begun = [put];
      this.#puts.set(namespace, begun);
      void this.#storeAll(namespace, begun);
    } else puts.push(put);
    await put.stored.promise;
  }

  async #storeAll(namespace: string, puts: Put<Content>[]): Promise<void> {
    for (let [first] = puts; first !== undefined; [first] = puts) {
      await first.prepared;
      if (this.#joins && mayJoin(first.step)) await setImmediate();
      const commit = puts.splice(0, commitLength(puts));
      await this.#commit(commit);
    }
    this.#puts.delete(namespace);
  }

  async #commit(puts: readonly Put<Content>[]): Promise<void> {
    try {
      const refused = this.#failed ?? puts.find((put) => put.refused !== undefined)?.refused;
      if (refused !== undefined) throw refused.error;
      await this.#store(puts.flatMap(({ step }) => step ?? []));
      for (const { stored } of puts) stored.resolve();
    } catch (error) {
      this.#failed ??= { error };
      for (const { stored } of puts) stored.reject(error);
    }
  }
}

const mayJoin = (step: Step<unknown> | undefined) => step?.type === 'writes' && !step.replaces;

/** How many of the first of these are stored in one commit: writes, and the checkpoint after them, as far as they are prepared. */
function commitLength(puts: readonly Put<unknown>[]): number {
  let bytes = 0;
  for (const [n, { step }] of puts.entries()) {
    if (!mayJoin(step)) return step?.type === 'checkpoint' || n === 0 ? n + 1 : n;
    bytes += step?.bytes ?? 0;
    if (n > 0 && (n >= MOST_WRITES || bytes > MOST_BYTES)) return n;
  }
  return puts.length;
}
