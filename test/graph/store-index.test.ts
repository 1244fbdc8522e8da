// Items of LangGraph's store found by their meaning, and for how long they are kept.
import { InMemoryStore } from '@langchain/langgraph-checkpoint';
import { expect, it } from 'vitest';
import { MemoryItemStore } from '../../src/backends/memory/item-store.ts';
import { StoreClock } from '../../src/backends/store-clock.ts';
import { GraphStore } from '../../src/graph/graph-store.ts';
import { type Filter, matches } from '../../src/graph/item-filter.ts';
import { Items, type ItemsOptions } from '../../src/graph/items.ts';
import { StoreIndex, textsAt } from '../../src/graph/store-index.ts';
import type { ItemName } from '../../src/session/item-store.ts';

/** A number for each of some letters: how often a text has it. */
const letters = ['a', 'e', 'i', 'o', 'u'];
const vectorOf = (text: string) => letters.map((letter) => text.split(letter).length - 1);
const embeddings = {
  embedDocuments: async (texts: string[]) => texts.map(vectorOf),
  embedQuery: async (text: string) => vectorOf(text),
};
const dims = letters.length;

function open(options: ItemsOptions = {}, fields = ['text']) {
  const store = new MemoryItemStore(new StoreClock(async () => Date.now()));
  const index = new StoreIndex({ embeddings, dims, fields });
  const items = new Items(store, { index, ...options });
  const put = async (namespace: string[], key: string, value: Record<string, unknown>) =>
    items.put({ namespace, key }, value, await items.vectorsOf(value));
  return { store, items, put };
}

it('ranks as LangGraph’s InMemoryStore does', async () => {
  const ours = new GraphStore(open().items);
  const theirs = new InMemoryStore({
    index: { dims, embeddings: embeddings as never, fields: ['text'] },
  });
  const texts = ['banana', 'green tree', 'mini bikini', 'moon', 'sea', 'guru', 'tea', 'idea'];
  for (const store of [ours, theirs]) {
    for (const [n, text] of texts.entries())
      await store.put(['words', String(n % 2)], text, { text, even: n % 2 === 0 });
    await store.put(['words', '0'], 'silent', { other: 'aaa', even: true });
    await store.put(['words', '0'], 'unindexed', { text: 'aaa', even: true }, false);
    await store.put(['else'], 'apart', { text: 'aaa' });
  }
  for (const query of ['a', 'ea', 'o', 'beer', 'iau']) {
    for (const options of [
      { query, limit: 3 },
      { query, limit: 2, offset: 2 },
      { query, limit: 4, filter: { even: true } },
    ]) {
      const [own, expected] = await Promise.all(
        [ours, theirs].map(async (store) =>
          (await store.search(['words'], options)).map(({ key, score }) => [
            key,
            score?.toFixed(5),
          ]),
        ),
      );
      expect(own?.map(([, score]) => score)).toEqual(expected?.map(([, score]) => score));
      expect(own?.[0]?.[1]).toBeDefined();
    }
  }
  const all = await ours.search(['words'], { query: 'a', limit: 20 });
  expect(all.map(({ key }) => key)).toHaveLength(texts.length + 2);
  expect(all[0]).toMatchObject({ key: 'banana', score: expect.closeTo(1, 5) });
  // Those without a vector come last, and are not scored.
  expect(
    all
      .slice(-2)
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(['silent', 'unindexed']);
  expect(all.at(-1)).not.toHaveProperty('score');
});

it('ranks an item by the nearest of its texts, among more than are compared at once', async () => {
  const { items, put } = open({}, ['list[*].text']);
  for (let n = 0; n < 1100; n += 1) await put(['many'], String(n), { list: [{ text: 'o' }] });
  await put(['many'], 'wanted', { list: [{ text: 'o' }, { text: 'u' }] });
  const [first] = await items.search(['many'], { query: 'u' }, { limit: 1, offset: 0 });
  expect(first).toMatchObject({ key: 'wanted', score: 1 });
});

it('refuses vectors of another length than `dims`', async () => {
  const index = new StoreIndex({ embeddings, dims: 3, fields: ['$'] });
  await expect(index.vectorsOf({ text: 'a' })).rejects.toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    cause: { message: expect.stringContaining('`dims` is 3') as unknown },
  });
});

it('refuses what is no number in a vector, and an item of too many texts', async () => {
  const odd = { embedDocuments: async () => [[NaN, 1]], embedQuery: async () => [Infinity, 1] };
  const index = new StoreIndex({ embeddings: odd, dims: 2, fields: ['$'] });
  await expect(index.vectorsOf({ text: 'a' })).rejects.toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
  });
  const { items } = open({}, ['list[*]']);
  await expect(items.vectorsOf({ list: Array(101).fill('a') })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

it('a filter that matches nothing looks at so many items a page, and lets others have their turn', async () => {
  const { items, put } = open();
  for (let n = 0; n < 1000; n += 1) await put(['many'], String(n).padStart(4, '0'), { n });
  let longest = 0;
  let last = performance.now();
  const watching = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const pages: string[] = [];
  for (let after: ItemName | null = null, n = 0; n < 20; n += 1) {
    const page = await items.after(['many'], { n: -1 }, 10, after, 300);
    expect(page.items).toEqual([]);
    if (page.next === null) break;
    pages.push(page.next.key);
    after = page.next;
  }
  await items.search(['many'], { filter: { n: -1 }, query: 'a' }, { limit: 10, offset: 0 });
  clearInterval(watching);
  expect(pages.length).toBeGreaterThan(1);
  expect(pages).toEqual([...new Set(pages)].toSorted());
  expect(longest).toBeLessThan(1000);
});

it.each<Filter>([
  { n: { $ne: 1, __defineGetter__: 1 } },
  { n: { $ne: 1, constructor: 1 } },
  { n: { $gt: { toString: 1 } } },
  { n: { $gte: { valueOf: 1 } } },
])('no filter throws: %j', (filter) => {
  const value = { n: { toString: 1, valueOf: 1 }, x: 1 };
  expect(matches(value, filter)).toBe(false);
  expect(matches({ n: 2 }, { n: { $gt: 1 } })).toBe(true);
  expect(matches({}, { toString: Object.prototype.toString })).toBe(false);
});

it.each([
  ['$', ['{"a":{"b":"x"},"list":[{"t":"p"},{"t":"q"},{}],"n":1,"none":null}']],
  ['a.b', ['x']],
  ['a', ['{"b":"x"}']],
  ['list[*].t', ['p', 'q']],
  ['list[1].t', ['q']],
  ['list[9].t', []],
  ['n', ['1']],
  ['none', []],
  ['nowhere.at.all', []],
  ['toString', []],
])('the texts at %s', (path, texts) => {
  const value = { a: { b: 'x' }, list: [{ t: 'p' }, { t: 'q' }, {}], n: 1, none: null };
  expect(textsAt(value, path)).toEqual(texts);
});

it.each([true, false])('refreshOnRead: %s', async (refreshOnRead) => {
  const { store, items, put } = open({ ttlMs: 60_000, refreshOnRead });
  const name = { namespace: ['n'], key: 'k' };
  await put(name.namespace, name.key, { text: 'a' });
  const touched: string[] = [];
  store.touch = async (names) => void touched.push(...names.map(({ key }) => key));
  await items.get(name);
  await items.search(['n'], { query: 'a' }, { limit: 1, offset: 0 });
  await items.after(['n'], undefined, 10, null, 100);
  expect(touched).toEqual(refreshOnRead ? ['k', 'k', 'k'] : []);
});
