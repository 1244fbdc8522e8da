// LangGraph puts a wrapper around a store that collects operations into batches. Its loop looks once a millisecond whether there is
// one, as long as a run lives: of a hundred runs that wait for their models, that takes a good part of a processor. Here the
// wrapper waits until there is one.
import { manifestOf, modulesOf } from './project-packages.ts';

/** The wrapper, as far as it is known. */
interface BatchedStore {
  readonly store: { batch(operations: readonly unknown[]): Promise<readonly unknown[]> };
  readonly queue: Map<unknown, Queued>;
  enqueueOperation(operation: unknown): Promise<unknown>;
  processBatchQueue(): Promise<void>;
  [WAITS]?: NodeJS.Immediate | undefined;
}

interface Queued {
  readonly operation: unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

const WAITS = Symbol('session-gateway.waits');

/** Changes the class in the copy that a graph's file imports; one of another shape stays as it is. */
export async function letStoresWait(file: string): Promise<void> {
  const langgraph = manifestOf('@langchain/langgraph', file);
  const manifest = langgraph && manifestOf('@langchain/langgraph-checkpoint', langgraph);
  if (manifest === undefined) return;
  try {
    const [module] = await modulesOf(manifest, ['.']);
    const { AsyncBatchedStore } = module as { AsyncBatchedStore?: { prototype: BatchedStore } };
    if (AsyncBatchedStore !== undefined) change(AsyncBatchedStore.prototype);
  } catch {
    // It works as it is.
  }
}

function change(prototype: BatchedStore): void {
  const { enqueueOperation, processBatchQueue } = prototype;
  if (Object.hasOwn(prototype, WAITS)) return;
  if (typeof enqueueOperation !== 'function' || typeof processBatchQueue !== 'function') return;
  Object.defineProperty(prototype, WAITS, { value: undefined, writable: true });
  prototype.processBatchQueue = () => Promise.resolve();
  prototype.enqueueOperation = function (this: BatchedStore, operation) {
    const answer = enqueueOperation.call(this, operation);
    // What comes in one turn of the event loop is one batch.
    this[WAITS] ??= setImmediate(() => {
      this[WAITS] = undefined;
      void flush(this);
    });
    return answer;
  };
}

async function flush({ store, queue }: BatchedStore): Promise<void> {
  const batch = [...queue.values()];
  queue.clear();
  try {
    const results = await store.batch(batch.map(({ operation }) => operation));
    for (const [n, { resolve }] of batch.entries()) resolve(results[n]);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
