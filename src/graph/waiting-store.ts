// LangGraph wraps a store to batch its operations, and polls for them every millisecond for as long as a run lives. This makes the
// wrapper wait until there is one.
import { manifestOf, modulesOf } from './project-packages.ts';

/** The wrapper, as far as it is known. */
interface BatchedStore {
  readonly store: { batch(operations: readonly unknown[]): Promise<readonly unknown[]> };
  readonly queue: Map<unknown, Queued>;
  enqueueOperation(operation: unknown): Promise<unknown>;
  processBatchQueue(): Promise<void>;
  [FLUSHES]?: boolean | undefined;
}

interface Queued {
  readonly operation: unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

const FLUSHES = Symbol('session-gateway.flushes');

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
  if (Object.hasOwn(prototype, FLUSHES)) return;
  if (typeof enqueueOperation !== 'function' || typeof processBatchQueue !== 'function') return;
  Object.defineProperty(prototype, FLUSHES, { value: false, writable: true });
  prototype.processBatchQueue = () => Promise.resolve();
  prototype.enqueueOperation = function (this: BatchedStore, operation) {
    const answer = enqueueOperation.call(this, operation);
    if (this[FLUSHES] !== true) {
      this[FLUSHES] = true;
      // What comes in one turn of the event loop is one batch.
      setImmediate(() => void flush(this));
    }
    return answer;
  };
}

/** One batch after another, as LangGraph does it: a write is done before a later one begins. */
async function flush(batched: BatchedStore): Promise<void> {
  while (batched.queue.size > 0) {
    const batch = [...batched.queue.values()];
    batched.queue.clear();
    try {
      const results = await batched.store.batch(batch.map(({ operation }) => operation));
      for (const [n, { resolve }] of batch.entries()) resolve(results[n]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
  batched[FLUSHES] = false;
}
