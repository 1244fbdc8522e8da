// The store that graphs are given, against LangGraph's own.
import { type BaseStore, InMemoryStore } from '@langchain/langgraph-checkpoint';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryItemStore } from '../../src/backends/memory/item-store.ts';
import { StoreClock } from '../../src/backends/store-clock.ts';
import { Items } from '../../src/graph/items.ts';
import { GraphStore } from '../../src/graph/graph-store.ts';

const part = fc.constantFrom('a', 'b', 'ab');
const namespace = fc.array(part, { minLength: 1, maxLength: 3 });
const key = fc.constantFrom('x', 'y', 'z');
const value = fc.record({ n: fc.nat(3), word: fc.constantFrom('p', 'q') });
const path = fc.array(fc.oneof(part, fc.constant('*')), { minLength: 1, maxLength: 2 });
const filter = fc.oneof(
  fc.record({ n: fc.nat(3) }),
  fc.record({ word: fc.constant('p'), n: fc.record({ $gte: fc.nat(3), $lt: fc.nat(4) }) }),
  fc.record({ n: fc.record({ $in: fc.array(fc.nat(3)) }) }),
  fc.record({
    n: fc.record({ $nin: fc.array(fc.nat(3)) }),
    word: fc.record({ $ne: fc.constant('q') }),
  }),
  fc.record({ n: fc.record({ $gt: fc.nat(3) }) }),
  fc.record({ n: fc.record({ $lte: fc.nat(3), $eq: fc.nat(3) }) }),
);

const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), namespace, key, value }),
  fc.record({ do: fc.constant('delete' as const), namespace, key }),
  fc.record({ do: fc.constant('get' as const), namespace, key }),
  fc.record({
    do: fc.constant('search' as const),
    prefix: fc.array(part, { maxLength: 2 }),
    filter: fc.option(filter, { nil: undefined }),
  }),
  fc.record({
    do: fc.constant('list' as const),
    prefix: fc.option(path, { nil: undefined }),
    suffix: fc.option(path, { nil: undefined }),
    maxDepth: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  }),
);

it('answers as LangGraph’s InMemoryStore does', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    const clock = new StoreClock(async () => Date.now());
    const ours = new GraphStore(new Items(new MemoryItemStore(clock)));
    const theirs = new InMemoryStore();
    for (const one of steps) {
      const [own, expected] = await Promise.all(
        [ours, theirs].map(async (store) => {
          switch (one.do) {
            case 'put':
              return store.put(one.namespace, one.key, one.value);
            case 'delete':
              return store.delete(one.namespace, one.key);
            case 'get':
              return plain([await store.get(one.namespace, one.key)]);
            case 'search':
              return plain(
                await store.search(one.prefix, {
                  limit: 100,
                  ...(one.filter !== undefined && { filter: one.filter }),
                }),
              );
            case 'list':
              return (
                await (
                  await withoutEmpty(store)
                ).listNamespaces({
                  ...(one.prefix !== undefined && { prefix: one.prefix }),
                  ...(one.suffix !== undefined && { suffix: one.suffix }),
                  ...(one.maxDepth !== undefined && { maxDepth: one.maxDepth }),
                })
              ).map((each) => each.join('/'));
          }
        }),
      );
      expect(sorted(own)).toEqual(sorted(expected));
    }
  });
  await fc.assert(property, { numRuns: 300 });
});

it('pages over what a filter finds', async () => {
  const clock = new StoreClock(async () => Date.now());
  const store = new GraphStore(new Items(new MemoryItemStore(clock)));
  for (let n = 0; n < 450; n += 1) await store.put(['many'], String(n), { odd: n % 2 === 1, n });
  const page = (offset: number) =>
    store.search(['many'], { filter: { odd: true }, limit: 100, offset });
  const found = [...(await page(0)), ...(await page(100)), ...(await page(200))];
  expect(new Set(found.map((item) => item.value['n']))).toHaveLength(225);
});

/** InMemoryStore still tells namespaces whose last item was deleted. */
async function withoutEmpty(store: BaseStore): Promise<BaseStore> {
  if (!(store instanceof InMemoryStore)) return store;
  const fresh = new InMemoryStore();
  for (const item of await store.search([], { limit: 1000 }))
    await fresh.put(item.namespace, item.key, item.value);
  return fresh;
}

/** Without their times. */
function plain(items: readonly ({ namespace: string[]; key: string; value: unknown } | null)[]) {
  return items.map((item) =>
    item === null ? 'none' : JSON.stringify([item.namespace, item.key, item.value]),
  );
}

function sorted(answer: string[] | void) {
  return answer?.toSorted();
}
