// LangGraph's store on Redis: items in one hash, their names in a set that is sorted by name, where a prefix is found.
import type {
  IndexedItem,
  ItemName,
  ItemOptions,
  ItemPage,
  ItemRange,
  ItemStore,
  StoreItem,
} from '../../session/item-store.ts';
import type { Clock } from '../../session/ports.ts';
import { NUL, nameOf, partsOf, partsOfName, pathOf } from '../item-path.ts';
import { decodeVectors, encodeVectors } from '../item-vectors.ts';
import type { RedisDatabase } from './database.ts';

const READ_AT_ONCE = 500;

export class RedisItemStore implements ItemStore {
  readonly #database: RedisDatabase;
  readonly #clock: Clock;

  constructor(database: RedisDatabase) {
    this.#database = database;
    this.#clock = database.clock;
  }

  async get(namespace: readonly string[], key: string): Promise<StoreItem | null> {
    const [item] = await this.#read([nameOf({ namespace, key })]);
    return item ?? null;
  }

  async put(
    namespace: readonly string[],
    key: string,
    value: StoreItem['value'],
    { ttlMs, vectors }: ItemOptions,
  ): Promise<StoreItem> {
    const now = this.#clock.now();
    const name = nameOf({ namespace, key });
    const text = await this.#database.script('sgPutItem', this.#keys, [
      name,
      now,
      ttlMs ?? 0,
      ttlMs === null ? 0 : now + ttlMs,
      JSON.stringify(value),
      encodeVectors(vectors) ?? '',
    ]);
    return parse(name, String(text)).item;
  }

  async delete(namespace: readonly string[], key: string): Promise<void> {
    await this.#database.script('sgDeleteItem', this.#keys, [nameOf({ namespace, key })]);
  }

  async list(prefix: readonly string[], { limit, offset }: ItemPage): Promise<StoreItem[]> {
    const items = await this.#all(prefix);
    return items.toSorted((a, b) => b.updatedAt - a.updatedAt).slice(offset, offset + limit);
  }

  async scan(prefix: readonly string[], { limit, after }: ItemRange): Promise<StoreItem[]> {
    return this.#scan(prefix, after, limit, (names) => this.#read(names));
  }

  async scanVectors(
    prefix: readonly string[],
    { limit, after }: ItemRange,
  ): Promise<IndexedItem[]> {
    return this.#scan(prefix, after, limit, async (names) => {
      const texts = await this.#hashed(this.#database.keys.itemVectors, names);
      const living = new Set((await this.#read([...texts.keys()])).map(nameOf));
      return [...texts]
        .filter(([name]) => living.has(name))
        .map(([name, text]) => ({ ...partsOfName(name), vectors: decodeVectors(text) }));
    });
  }

  async count(prefix: readonly string[]): Promise<number> {
    const { itemNames } = this.#database.keys;
    const counts = await this.#database.look(
      rangesOf(prefix, null).map(([from, to]) => ['ZLEXCOUNT', itemNames, from, to]),
    );
    return (counts as number[]).reduce((sum, count) => sum + count, 0);
  }

  async namespaces(prefix: readonly string[]): Promise<string[][]> {
    const items = await this.#all(prefix);
    const paths = new Set(items.map(({ namespace }) => pathOf(namespace)));
    return [...paths].toSorted().map(partsOf);
  }

  async touch(names: readonly ItemName[]): Promise<void> {
    if (names.length === 0) return;
    await this.#database.script('sgTouchItems', this.#keys, [
      this.#clock.now(),
      ...names.map(nameOf),
    ]);
  }

  async deleteExpired(most: number): Promise<number> {
    const now = this.#clock.now();
    return Number(await this.#database.script('sgDeleteExpiredItems', this.#keys, [now, most]));
  }

  async #all(prefix: readonly string[]): Promise<StoreItem[]> {
    const { itemNames } = this.#database.keys;
    const found = await this.#database.look(
      rangesOf(prefix, null).map(([from, to]) => ['ZRANGEBYLEX', itemNames, from, to]),
    );
    return this.#read((found as string[][]).flat());
  }

  /** Reads as many as are asked for, though not every name is of an item that is wanted. */
  async #scan<Item>(
    prefix: readonly string[],
    after: ItemName | null,
    limit: number,
    read: (names: readonly string[]) => Promise<readonly Item[]>,
  ): Promise<Item[]> {
    const items: Item[] = [];
    const most = String(Math.min(limit, READ_AT_ONCE));
    for (let last = after; items.length < limit;) {
      const found = await this.#database.look(
        rangesOf(prefix, last).map(([from, to]) => [
          'ZRANGEBYLEX',
          this.#database.keys.itemNames,
          from,
          to,
          'LIMIT',
          '0',
          most,
        ]),
      );
      const names = (found as string[][]).flat().slice(0, Number(most));
      const name = names.at(-1);
      if (name === undefined) break;
      items.push(...(await read(names)));
      last = partsOfName(name);
    }
    return items.slice(0, limit);
  }

  async #read(names: readonly string[]): Promise<StoreItem[]> {
    const now = this.#clock.now();
    const texts = await this.#hashed(this.#database.keys.items, names);
    return [...texts]
      .map(([name, text]) => parse(name, text))
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ item }) => item);
  }

  /** What a hash has under these names, in their order. */
  async #hashed(hash: string, names: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (let first = 0; first < names.length; first += READ_AT_ONCE) {
      const some = names.slice(first, first + READ_AT_ONCE);
      const [texts] = (await this.#database.look([['HMGET', hash, ...some]])) as [
        (string | null)[],
      ];
      for (const [n, text] of texts.entries()) {
        if (text !== null) found.set(some[n] ?? '', text);
      }
    }
    return found;
  }

  get #keys(): string[] {
    const { items, itemNames, itemExpiry, itemVectors } = this.#database.keys;
    return [items, itemNames, itemExpiry, itemVectors];
  }
}

/**
 * Where the names of a namespace stand, then those of namespaces that it begins: `/` is the character after the `.` between
 * parts.
 */
function rangesOf(prefix: readonly string[], after: ItemName | null): [from: string, to: string][] {
  const path = pathOf(prefix);
  const from = after === null ? undefined : `(${nameOf(after)}`;
  if (path === '') return [[from ?? '-', '+']];
  const within: [string, string] = [`[${path}.`, `(${path}/`];
  if (after !== null && pathOf(after.namespace) !== path) return [[from ?? '', within[1]]];
  return [[from ?? `[${path}${NUL}`, `(${path}\u0001`], within];
}

/** As the scripts write it: when it was made and changed, its time to live, when it expires, and its JSON. */
function parse(name: string, text: string): { item: StoreItem; expiresAt: number } {
  const [, createdAt, updatedAt, , expiresAt = '0', json = ''] =
    /^(\d+) (\d+) (\d+) (\d+) (.*)$/s.exec(text) ?? [];
  return {
    item: {
      ...partsOfName(name),
      value: JSON.parse(json) as StoreItem['value'],
      createdAt: Number(createdAt),
      updatedAt: Number(updatedAt),
    },
    expiresAt: expiresAt === '0' ? Infinity : Number(expiresAt),
  };
}
