// What a backend promises of the items of LangGraph's store.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { ItemName, ItemStore } from '../session/item-store.ts';

const FOR_EVER = { ttlMs: null, vectors: [] };
const TEN = { limit: 10, after: null };

/** @param itemsOf the items of an empty backend, of its own for each test */
export function describeItems(itemsOf: () => ItemStore): void {
  describe('items of LangGraph’s store', () => {
    it('are replaced by name, and keep when they were made', async () => {
      const items = itemsOf();
      expect(await items.get(['a', 'b'], 'k')).toBeNull();
      const value = { n: 1, deep: [null, { ü: '\n' }] };
      const first = await items.put(['a', 'b'], 'k', value, FOR_EVER);
      expect(first).toMatchObject({ namespace: ['a', 'b'], key: 'k', value });
      expect(await items.get(['a', 'b'], 'k')).toEqual(first);
      await sleep(2);
      const second = await items.put(['a', 'b'], 'k', { n: 2 }, FOR_EVER);
      expect(await items.get(['a', 'b'], 'k')).toEqual(second);
      expect(second).toMatchObject({ value: { n: 2 }, createdAt: first.createdAt });
      expect(second.updatedAt).toBeGreaterThan(first.updatedAt);
      await items.delete(['a', 'b'], 'k');
      await items.delete(['a', 'b'], 'k');
      expect(await items.get(['a', 'b'], 'k')).toBeNull();
    });

    it('are listed by the whole parts of a namespace, the last changed first', async () => {
      const items = itemsOf();
      const names = [['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'bc'], ['ab'], ['a-']];
      for (const namespace of names) {
        await items.put(namespace, 'k', { of: namespace.join('/') }, FOR_EVER);
        await sleep(2);
      }
      const of = async (prefix: string[], page = { limit: 10, offset: 0 }) =>
        (await items.list(prefix, page)).map(({ value }) => value['of']);
      expect(await of(['a'])).toEqual(['a/bc', 'a/b/c', 'a/b', 'a']);
      expect(await of(['a', 'b'])).toEqual(['a/b/c', 'a/b']);
      expect(await of([])).toHaveLength(names.length);
      expect(await of(['a'], { limit: 2, offset: 1 })).toEqual(['a/b/c', 'a/b']);
      expect(await of(['nobody'])).toEqual([]);
      expect(await items.count(['a'])).toBe(4);
      expect(await items.count([])).toBe(names.length);
      expect(await items.namespaces(['a', 'b'])).toEqual([
        ['a', 'b'],
        ['a', 'b', 'c'],
      ]);
      await items.put(['a'], 'k', { of: 'changed' }, FOR_EVER);
      expect((await of(['a']))[0]).toBe('changed');
      await items.delete(['a', 'bc'], 'k');
      expect(await items.namespaces(['a', 'bc'])).toEqual([]);
    });

    it('are read by pages in the order of their names', async () => {
      const items = itemsOf();
      const namespaces = [['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'bc'], ['a-'], ['ab']];
      for (const namespace of namespaces)
        for (const key of ['x', '', 'y']) await items.put(namespace, key, {}, FOR_EVER);
      const pages = async (prefix: string[], limit: number) => {
        const names: string[] = [];
        for (let after: ItemName | null = null; ;) {
          const page = await items.scan(prefix, { limit, after });
          expect(page.length).toBeLessThanOrEqual(limit);
          names.push(...page.map(({ namespace, key }) => [...namespace, key].join('/')));
          after = page.at(-1) ?? null;
          if (page.length < limit) return names;
        }
      };
      const all = await pages([], 100);
      expect(new Set(all).size).toBe(18);
      for (const limit of [1, 2, 5, 18]) expect(await pages([], limit)).toEqual(all);
      const within = all.filter((name) => name.startsWith('a/'));
      for (const limit of [1, 4, 100]) expect(await pages(['a'], limit)).toEqual(within);
      expect(await pages(['a', 'b', 'c'], 1)).toEqual(['a/b/c/', 'a/b/c/x', 'a/b/c/y']);
      expect(await pages(['nobody'], 1)).toEqual([]);
      // What comes after a name from elsewhere is of the prefix all the same.
      const elsewhere = [[], ['a'], ['a', 'b'], ['a-'], ['ab'], ['zz']];
      for (const namespace of elsewhere) {
        for (const prefix of [['a', 'b'], ['a']]) {
          const page = await items.scan(prefix, { limit: 100, after: { namespace, key: '' } });
          for (const item of page) expect(item.namespace.slice(0, prefix.length)).toEqual(prefix);
        }
      }
      const before = { namespace: [''], key: '' };
      expect(await items.scan(['a', 'b', 'c'], { limit: 9, after: before })).toHaveLength(3);
    });

    it('whose names are odd are told apart', async () => {
      const items = itemsOf();
      const odd = [' ', 'a.b', 'a%2Eb', 'a%b', 'ü', '😀', '%', '_', "'", 'A', 'a', 'a:b', '/', '*'];
      for (const key of [...odd, '']) await items.put(['odd'], key, { key }, FOR_EVER);
      for (const key of [...odd, ''])
        expect(await items.get(['odd'], key)).toMatchObject({ key, value: { key } });
      expect(await items.list(['odd'], { limit: 50, offset: 0 })).toHaveLength(odd.length + 1);
      for (const part of odd) await items.put(['part', part, 'z'], 'k', { part }, FOR_EVER);
      for (const part of odd) {
        const found = await items.scan(['part', part], TEN);
        expect(found).toMatchObject([{ namespace: ['part', part, 'z'], value: { part } }]);
      }
      expect(await items.namespaces(['part', 'a.b'])).toEqual([['part', 'a.b', 'z']]);
      expect(await items.namespaces(['part', 'a', 'b'])).toEqual([]);
    });

    it('are gone once they have expired, unless they were touched, and are deleted', async () => {
      const items = itemsOf();
      const brief = { ttlMs: 500, vectors: [new Float32Array([1])] };
      const first = await items.put(['e'], 'brief', {}, brief);
      await items.put(['e'], 'touched', {}, { ttlMs: 600_000, vectors: [] });
      await items.put(['e'], 'ever', {}, FOR_EVER);
      await items.put(['e'], 'replaced', {}, brief);
      await items.put(['e'], 'replaced', {}, FOR_EVER);
      await items.touch([
        { namespace: ['e'], key: 'touched' },
        { namespace: ['e'], key: 'ever' },
        { namespace: ['e'], key: 'nowhere' },
      ]);
      await vi.waitFor(async () => expect(await items.get(['e'], 'brief')).toBeNull(), 10_000);
      const kept = ['ever', 'replaced', 'touched'];
      const keysOf = (found: readonly ItemName[]) => found.map(({ key }) => key).toSorted();
      expect(keysOf(await items.list(['e'], { limit: 10, offset: 0 }))).toEqual(kept);
      expect(keysOf(await items.scan(['e'], TEN))).toEqual(kept);
      expect(await items.scan(['e'], { limit: 1, after: null })).toHaveLength(1);
      expect(await items.scanVectors(['e'], TEN)).toEqual([]);
      // Touched too late, it stays away; put again, it is a new one.
      await items.touch([{ namespace: ['e'], key: 'brief' }]);
      expect(await items.get(['e'], 'brief')).toBeNull();
      const again = await items.put(['e'], 'brief', {}, brief);
      expect(again.createdAt).toBeGreaterThan(first.createdAt);
      await vi.waitFor(async () => expect(await items.deleteExpired(10)).toBe(1), 10_000);
      expect(await items.deleteExpired(10)).toBe(0);
      expect(await items.count(['e'])).toBe(3);
    });

    it('live on for as long as they are touched', { timeout: 30_000 }, async () => {
      const items = itemsOf();
      const name = { namespace: ['t'], key: 'k' };
      const { createdAt } = await items.put(['t'], 'k', {}, { ttlMs: 3000, vectors: [] });
      let touchedAt = createdAt;
      // Each time within what it has to live, and for longer than that in all.
      while (touchedAt < createdAt + 3500) {
        await items.touch([name]);
        touchedAt = Date.now();
        await sleep(250);
      }
      expect(await items.get(['t'], 'k')).toMatchObject({ createdAt });
    });

    it('are touched however many they are, by several at once', async () => {
      const items = itemsOf();
      const names = Array.from({ length: 1200 }, (_, n) => ({ namespace: ['m'], key: String(n) }));
      for (const { namespace, key } of names.slice(0, 150))
        await items.put(namespace, key, {}, { ttlMs: 60_000, vectors: [] });
      await Promise.all([
        items.touch(names),
        items.touch(names.toReversed()),
        items.touch(names.slice(0, 99)),
        items.deleteExpired(50),
      ]);
      expect(await items.count(['m'])).toBe(150);
    });

    it('have vectors, which are replaced with them', async () => {
      const items = itemsOf();
      const vectors = [new Float32Array([0.25, -1.5, 3e-7]), new Float32Array([1, 2, 3])];
      await items.put(['v'], 'a', {}, { ttlMs: null, vectors });
      await items.put(['v', 'w'], 'b', {}, { ttlMs: null, vectors: vectors.slice(1) });
      await items.put(['v'], 'none', {}, FOR_EVER);
      expect(await items.scanVectors(['v'], TEN)).toEqual([
        { namespace: ['v'], key: 'a', vectors },
        { namespace: ['v', 'w'], key: 'b', vectors: vectors.slice(1) },
      ]);
      const after = { namespace: ['v'], key: 'a' };
      expect(await items.scanVectors(['v'], { limit: 1, after })).toMatchObject([{ key: 'b' }]);
      await items.put(['v'], 'a', {}, FOR_EVER);
      await items.delete(['v', 'w'], 'b');
      expect(await items.scanVectors(['v'], TEN)).toEqual([]);
    });
  });
}
