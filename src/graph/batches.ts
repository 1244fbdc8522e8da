// Reading much in batches, each of a size that holds the event loop for a while that others do not notice.
import { setImmediate as nextTurn } from 'node:timers/promises';

const FEWEST = 16;
const MOST = 500;
/** How long a batch may take to be read and looked at; the time of the store counts, too. */
const WANTED_MS = 20;

/**
 * Yields batches until one is not full; others have their turn between them.
 * @param read reads so many after the last one
 */
export async function* inBatches<Item>(
  read: (limit: number, last: Item | null) => Promise<readonly Item[]>,
): AsyncGenerator<readonly Item[]> {
  let limit = FEWEST;
  for (let last: Item | null = null; ;) {
    const began = performance.now();
    const batch = await read(limit, last);
    yield batch;
    if (batch.length < limit) return;
    last = batch.at(-1) ?? null;
    const tookMs = performance.now() - began;
    limit = tookMs < WANTED_MS ? Math.min(MOST, limit * 2) : Math.max(FEWEST, limit >> 1);
    await nextTurn();
  }
}
