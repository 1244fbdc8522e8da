// A run that waits costs nothing for its store, and what it asks of the store is done.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Item, MemorySaver } from '@langchain/langgraph-checkpoint';
import { expect, it, vi } from 'vitest';
import { MemoryItemStore } from '../../src/backends/memory/item-store.ts';
import { StoreClock } from '../../src/backends/store-clock.ts';
import { Items } from '../../src/graph/items.ts';
import { GraphStore } from '../../src/graph/graph-store.ts';
import { loadGraphs } from '../../src/graph/load-graphs.ts';

const file = join(import.meta.dirname, '../graphs/formats/storing.mjs');

async function run(store: GraphStore, exportName = 'graph'): Promise<unknown> {
  const entry = { id: 'g', description: null, file, exportName };
  const graph = (await loadGraphs([entry], { store })).get('g');
  const compiled = await graph?.instantiate({}, new MemorySaver());
  const config = { configurable: { thread_id: 't' } };
  await Array.fromAsync((await compiled?.stream({}, config)) ?? []);
  return (await compiled?.getState(config))?.values;
}

const storeOver = (store: MemoryItemStore) => new GraphStore(new Items(store));
const items = () => new MemoryItemStore(new StoreClock(async () => Date.now()));

it('a run looks at its store only when it is asked something', async () => {
  const batches = vi.spyOn(GraphStore.prototype, 'batch');
  const timers = vi.spyOn(globalThis, 'setTimeout');
  expect(await run(storeOver(items()))).toEqual({ found: ['a', 'b', 'c'] });
  // Three that are put at once are one batch.
  expect(batches.mock.calls.map(([operations]) => operations.length)).toEqual([3, 1]);
  // It sleeps for 200 ms meanwhile.
  expect(timers.mock.calls.filter(([, ms]) => ms === 0).length).toBeLessThan(20);
  vi.restoreAllMocks();
  await sleep(0);
});

it('a write is done before a later one begins', async () => {
  const slow = items();
  const { put } = MemoryItemStore.prototype;
  slow.put = async (namespace, key, value, options) => {
    if (value['n'] === 1) await sleep(50);
    return put.call(slow, namespace, key, value, options);
  };
  const store = storeOver(slow);
  expect(await run(store, 'inTurn')).toEqual({ found: [2] });
});

it('an error of the store reaches the node', async () => {
  const broken = items();
  broken.put = () => Promise.reject<never>(new Error('the store is full'));
  await expect(run(storeOver(broken))).rejects.toThrow('the store is full');
  const empty = items();
  empty.list = () => Promise.resolve([] as Item[] as never);
  expect(await run(storeOver(empty))).toEqual({ found: [] });
});
