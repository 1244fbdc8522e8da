// LangGraph's store by the API: what clients see of what graphs remember, and what they may change.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Headers, execute, refusal } from '../support/client.ts';
import { as } from '../support/caller.ts';
import { type Environment, ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import {
  DeleteStoreItem,
  PutStoreItem,
  StoreItem,
  StoreItems,
  StoreNamespaces,
} from '../support/operations.ts';
import { type Program, startProgram } from '../support/program.ts';
import { User, upTo } from '../support/user.ts';

const LANGGRAPH_JSON = join(import.meta.dirname, '../graphs/environment/langgraph.json');

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;

  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    program = await startProgram({
      ...environment.settings,
      LANGGRAPH_JSON,
      STORE_ITEMS_PER_USER: '30',
    });
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  /** A user's part of the store. */
  function storeOf(id: string, headers: Headers = as(id)) {
    const own = (...parts: string[]) => ['users', id, ...parts];
    return {
      own,
      async put(namespace: string[], key: string, value: unknown, ttlSeconds?: number | null) {
        const input = { namespace, key, value, ...(ttlSeconds !== undefined && { ttlSeconds }) };
        return (await execute(program.url, PutStoreItem, { input }, headers)).putStoreItem.item;
      },
      async get(namespace: string[], key: string) {
        return (await execute(program.url, StoreItem, { namespace, key }, headers)).storeItem;
      },
      async delete(namespace: string[], key: string) {
        const input = { namespace, key };
        return (await execute(program.url, DeleteStoreItem, { input }, headers)).deleteStoreItem;
      },
      async find(prefix: string[], more: object = {}) {
        return (await execute(program.url, StoreItems, { prefix, ...more }, headers)).storeItems;
      },
      async namespaces(variables: object = {}) {
        return (await execute(program.url, StoreNamespaces, variables, headers)).storeNamespaces;
      },
    };
  }

  it('a client and a graph see what the other has put', async () => {
    const store = storeOf('gina');
    const gina = new User(program.url, as('gina'));
    const tell = async (text: string) => {
      const id = await gina.start({ graphId: 'remembers its user', input: { said: [text] } });
      const { values } = await gina.settled(id);
      return (values as { trail: string[] }).trail[0];
    };
    await tell('the cat sat');
    await store.put(store.own('memories'), 'of the client', { text: 'zoo' });
    expect(await tell('zooo')).toBe('zoo');
    const { nodes } = await store.find([], { query: 'a cat', first: 1 });
    expect(nodes).toMatchObject([
      { namespace: store.own('memories'), value: { text: 'the cat sat' } },
    ]);
    expect(nodes[0]?.score).toBeGreaterThan(0.5);
    expect(await store.get(store.own('memories'), 'zooo')).toMatchObject({
      value: { text: 'zooo' },
    });
  });

  it('an item is put, replaced, found and deleted', async () => {
    const id = 'ann.smith@example.org';
    const store = storeOf(id);
    const value = { n: 1, deep: { list: [null, 'ü', { 'a.b': true }] } };
    const first = await store.put(store.own('a'), 'k', value);
    expect(first).toMatchObject({ namespace: ['users', id, 'a'], key: 'k', value, score: null });
    expect(await store.get(store.own('a'), 'k')).toMatchObject({ value });
    const second = await store.put(store.own('a'), 'k', { n: 2 });
    expect(second).toMatchObject({ value: { n: 2 }, createdAt: first.createdAt });
    expect(await store.find(store.own())).toMatchObject({ nodes: [{ key: 'k', score: null }] });
    expect(await store.delete(store.own('a'), 'k')).toEqual({
      deletedNamespace: store.own('a'),
      deletedKey: 'k',
    });
    await store.delete(store.own('a'), 'k');
    expect(await store.get(store.own('a'), 'k')).toBeNull();
    expect((await store.find([])).nodes).toEqual([]);
  });

  it('pages miss nothing and repeat nothing, with a filter and by meaning', async () => {
    const store = storeOf('pat');
    for (const n of upTo(12))
      await store.put(store.own(n % 2 ? 'odd' : 'even', 'n'), String(n), {
        n,
        text: 'x'.repeat(n),
      });
    const all = async (variables: object) => {
      const keys: string[] = [];
      for (let after: string | null = null; ;) {
        const { nodes, pageInfo } = await store.find([], { ...variables, after });
        keys.push(...nodes.map(({ key }) => key));
        expect(pageInfo.hasPreviousPage).toBe(after !== null);
        if (!pageInfo.hasNextPage) return keys;
        after = pageInfo.endCursor;
      }
    };
    const evenFirst = ['10', '12', '2', '4', '6', '8', '1', '11', '3', '5', '7', '9'];
    expect(await all({ first: 5 })).toEqual(evenFirst);
    expect(await all({ first: 12 })).toEqual(evenFirst);
    const from = { filter: { n: { $gte: 4, $lt: 9 } } };
    expect(await all({ first: 2, ...from })).toEqual(['4', '6', '8', '5', '7']);
    expect(new Set(await all({ first: 5, query: 'xx' }))).toEqual(new Set(evenFirst));
    expect((await store.find(store.own('odd'))).nodes).toHaveLength(6);

    expect((await store.namespaces()).nodes).toEqual([
      store.own('even', 'n'),
      store.own('odd', 'n'),
    ]);
    expect((await store.namespaces({ maxDepth: 2 })).nodes).toEqual([store.own()]);
    expect((await store.namespaces({ prefix: ['*', 'pat', 'odd'] })).nodes).toEqual([
      store.own('odd', 'n'),
    ]);
    expect((await store.namespaces({ suffix: ['even', '*'] })).nodes).toEqual([
      store.own('even', 'n'),
    ]);
    const { nodes, pageInfo } = await store.namespaces({ first: 1 });
    expect([nodes.length, pageInfo.hasNextPage]).toEqual([1, true]);
    const rest = await store.namespaces({ first: 1, after: pageInfo.endCursor });
    expect([rest.nodes, rest.pageInfo.hasNextPage]).toEqual([[store.own('odd', 'n')], false]);
  });

  it('an item is gone once it has expired', async () => {
    const store = storeOf('tim');
    const items = { long: undefined, ever: null, brief: 1 };
    for (const [key, ttl] of Object.entries(items)) await store.put(store.own(key), 'k', {}, ttl);
    // To look at an item would begin its time anew.
    await vi.waitFor(
      async () =>
        expect((await store.namespaces()).nodes).toEqual([store.own('ever'), store.own('long')]),
      10_000,
    );
    expect(await store.get(store.own('brief'), 'k')).toBeNull();
    expect((await store.find([])).nodes).toHaveLength(2);
  });

  it('users see their own alone', async () => {
    const [ann, bob] = [storeOf('ann'), storeOf('bob')];
    await ann.put(ann.own('x'), 'k', { secret: true });
    for (const namespace of [
      ann.own('x'),
      ann.own(),
      ['memories'],
      ['users'],
      ['users', 'annabel'],
    ]) {
      expect(await refusal(bob.get(namespace, 'k'))).toBe('FORBIDDEN');
      expect(await refusal(bob.put(namespace, 'k', {}))).toBe('FORBIDDEN');
      expect(await refusal(bob.delete(namespace, 'k'))).toBe('FORBIDDEN');
    }
    for (const prefix of [ann.own(), ann.own('x'), ['users', 'annabel'], ['memories']]) {
      expect(await refusal(bob.find(prefix))).toBe('FORBIDDEN');
      expect(await refusal(bob.namespaces({ prefix }))).toBe('FORBIDDEN');
    }
    for (const prefix of [[], ['users']]) {
      expect((await bob.find(prefix)).nodes).toEqual([]);
      expect((await bob.find(prefix, { query: 'secret' })).nodes).toEqual([]);
      expect((await bob.namespaces({ prefix })).nodes).toEqual([]);
    }
    expect((await bob.namespaces({ prefix: ['users', '*'] })).nodes).toEqual([]);
    const { pageInfo } = await ann.find([]);
    const forged = [[], [''], ['a'], ['users'], ann.own(), ann.own('x'), ['users', 'bo']].map(
      (namespace) => Buffer.from(JSON.stringify(['item', namespace, ''])).toString('base64url'),
    );
    for (const after of [pageInfo.endCursor, ...forged]) {
      expect(await refusal(bob.find([], { after }))).toBe('INVALID_INPUT');
      expect(await refusal(bob.find([], { after, filter: { secret: true } }))).toBe(
        'INVALID_INPUT',
      );
    }
    expect(await ann.get(ann.own('x'), 'k')).toMatchObject({ value: { secret: true } });
  });

  it('refuses bad input with a code, and stores nothing', async () => {
    const store = storeOf('eve');
    const own = store.own('n');
    const bad: [string[], string, unknown, number?][] = [
      [[], 'k', {}],
      [store.own(''), 'k', {}],
      [store.own('a\0b'), 'k', {}],
      [store.own(...Array.from({ length: 19 }, () => 'p')), 'k', {}],
      [store.own('x'.repeat(1024)), 'k', {}],
      [own, '', {}],
      [own, 'x'.repeat(1025), {}],
      [own, '\ud800', {}],
      [own, 'k', []],
      [own, 'k', 'text'],
      [own, 'k', 7],
      [own, 'k', { text: 'x'.repeat(2_000_000) }],
      [own, 'k', { lc: 1, type: 'constructor', id: ['a'], kwargs: {} }],
      [own, 'k', {}, 0],
      [own, 'k', {}, -1],
    ];
    for (const [namespace, key, value, ttl] of bad)
      expect(await refusal(store.put(namespace, key, value, ttl))).toBe('INVALID_INPUT');
    const searches: object[] = [
      { filter: [] },
      { filter: { n: { $where: 'x' } } },
      { filter: Object.fromEntries(upTo(51).map((n) => [n, n])) },
      { query: '' },
      { query: 'x'.repeat(9000) },
      { first: 0 },
      { first: 101 },
      { after: 'nonsense' },
      { query: 'x', after: Buffer.from('["item",["users","eve"],"k"]').toString('base64url') },
    ];
    searches.push(
      { filter: { n: { $gt: Array.from({ length: 5000 }, () => 1) } } },
      { filter: { n: { $ne: 1, constructor: 1 } } },
      { filter: JSON.parse('{"n":{"$ne":1,"__proto__":1}}') as object },
      { query: 'x', after: Buffer.from('["rank",100000]').toString('base64url') },
    );
    for (const search of searches)
      expect(await refusal(store.find([], search))).toBe('INVALID_INPUT');
    for (const search of [{ maxDepth: 0 }, { prefix: [''] }, { after: 'nonsense' }])
      expect(await refusal(store.namespaces(search))).toBe('INVALID_INPUT');
    expect(await refusal(store.put(own, 'k', { text: 'fail' }))).toBe('BACKEND_UNAVAILABLE');
    expect((await store.find([])).nodes).toEqual([]);
  });

  it('a user has so many items, and may still replace them', async () => {
    const store = storeOf('max');
    const puts = upTo(40).map((n) => store.put(store.own(), String(n), { n }));
    const results = await Promise.allSettled(puts);
    const [one = '', two = '', ...more] = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value.key] : [],
    );
    expect(more).toHaveLength(28);
    expect(await refusal(store.put(store.own(), 'more', {}))).toBe('LIMIT_EXCEEDED');
    await store.put(store.own(), one, { n: 'replaced' });
    await store.delete(store.own(), two);
    await store.put(store.own(), 'more', {});
    await storeOf('mia').put(['users', 'mia'], 'k', {});
  });
});
