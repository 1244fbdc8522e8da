// Items of LangGraph's store found by their meaning, and for how long they are kept.
import { InMemoryStore } from '@langchain/langgraph-checkpoint';
import { expect, it } from 'vitest';
import { MemoryItemStore } from '../../src/backends/memory/item-store.ts';
import { StoreClock } from '../../src/backends/store-clock.ts';
import { GraphStore } from '../../src/graph/graph-store.ts';
import { Items, type ItemsOptions } from '../../src/graph/items.ts';
import { StoreIndex, textsAt } from '../../src/graph/store-index.ts';

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
  return { store, items: new Items(store, { index, ...options }) };
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
  const { items } = open({}, ['list[*].text']);
  for (let n = 0; n < 1100; n += 1)
    await items.put({ namespace: ['many'], key: String(n) }, { list: [{ text: 'o' }] });
  await items.put({ namespace: ['many'], key: 'wanted' }, { list: [{ text: 'o' }, { text: 'u' }] });
  const [first] = await items.search(['many'], { query: 'u' }, { limit: 1, offset: 0 });
  expect(first).toMatchObject({ key: 'wanted', score: 1 });
});

it('refuses vectors of another length than `dims`', async () => {
  const index = new StoreIndex({ embeddings, dims: 3, fields: ['$'] });
  await expect(index.vectorsOf({ text: 'a' })).rejects.toThrow('`dims` is 3');
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
  const { store, items } = open({ ttlMs: 60_000, refreshOnRead });
  const name = { namespace: ['n'], key: 'k' };
  await items.put(name, { text: 'a' });
  const touched: string[] = [];
  store.touch = async (names) => void touched.push(...names.map(({ key }) => key));
  await items.get(name);
  await items.search(['n'], { query: 'a' }, { limit: 1, offset: 0 });
  await items.after(['n'], undefined, 10, null);
  expect(touched).toEqual(refreshOnRead ? ['k', 'k', 'k'] : []);
});
