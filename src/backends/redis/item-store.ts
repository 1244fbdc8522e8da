// LangGraph's store on Redis: items in a hash, their times in another, and their names in a set that is sorted by name, where a
// prefix is found.
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

interface Times {
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number;
}

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
    const json = JSON.stringify(value);
    const times = await this.#database.script('sgPutItem', this.#keys, [
      name,
      now,
      ttlMs ?? 0,
      ttlMs === null ? 0 : now + ttlMs,
      json,
      encodeVectors(vectors) ?? '',
    ]);
    return toItem(name, parseTimes(String(times)), json);
  }

  async delete(namespace: readonly string[], key: string): Promise<void> {
    await this.#database.script('sgDeleteItem', this.#keys, [nameOf({ namespace, key })]);
  }

  async list(prefix: readonly string[], { limit, offset }: ItemPage): Promise<StoreItem[]> {
    const names = await this.#names(prefix);
    const texts = await this.#hashed(this.#database.keys.itemTimes, names);
    const times = [...texts].map(([name, text]) => ({ name, ...parseTimes(text) }));
    const newestFirst = times.toSorted((a, b) => b.updatedAt - a.updatedAt);
    return this.#read(newestFirst.slice(offset, offset + limit).map(({ name }) => name));
  }

  async scan(prefix: readonly string[], { limit, after }: ItemRange): Promise<StoreItem[]> {
    return this.#scan(prefix, after, limit, (names) => this.#read(names));
  }

  async scanVectors(
    prefix: readonly string[],
    { limit, after }: ItemRange,
  ): Promise<IndexedItem[]> {
    return this.#scan(prefix, after, limit, async (names) => {
      const living = await this.#living(names);
      const texts = await this.#hashed(this.#database.keys.itemVectors, living);
      return [...texts].map(([name, text]) => ({
        ...partsOfName(name),
        vectors: decodeVectors(text),
      }));
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
    const names = await this.#names(prefix);
    const paths = new Set(names.map((name) => name.slice(0, name.indexOf(NUL))));
    return [...paths].toSorted().map(partsOf);
  }

  async touch(names: readonly ItemName[]): Promise<void> {
    if (names.length === 0) return;
    const { itemTimes, itemExpiry } = this.#database.keys;
    const now = this.#clock.now();
    await this.#database.script(
      'sgTouchItems',
      [itemTimes, itemExpiry],
      [now, ...names.map(nameOf)],
    );
  }

  async deleteExpired(most: number): Promise<number> {
    const now = this.#clock.now();
    return Number(await this.#database.script('sgDeleteExpiredItems', this.#keys, [now, most]));
  }

  /** Names of items that have not expired, in order. */
  async #names(prefix: readonly string[]): Promise<string[]> {
    const { itemNames } = this.#database.keys;
    const found = await this.#database.look(
      rangesOf(prefix, null).map(([from, to]) => ['ZRANGEBYLEX', itemNames, from, to]),
    );
    return this.#living((found as string[][]).flat());
  }

  /** Those that have not expired. What has is deleted within seconds, so it is not much. */
  async #living(names: readonly string[]): Promise<string[]> {
    const { itemExpiry } = this.#database.keys;
    const now = String(this.#clock.now());
    const [expired] = await this.#database.look([['ZRANGEBYSCORE', itemExpiry, '-inf', now]]);
    const gone = new Set(expired as string[]);
    return names.filter((name) => !gone.has(name));
  }

  /** Reads as many as are asked for, though not every name is of an item that is wanted. */
  async #scan<Item>(
    prefix: readonly string[],
    after: ItemName | null,
    limit: number,
    read: (names: readonly string[]) => Promise<readonly Item[]>,
  ): Promise<Item[]> {
    const items: Item[] = [];
    const most = Math.min(limit, READ_AT_ONCE);
    for (let last = after; items.length < limit;) {
      const { itemNames } = this.#database.keys;
      const found = await this.#database.look(
        rangesOf(prefix, last).map(([from, to]) => {
          return ['ZRANGEBYLEX', itemNames, from, to, 'LIMIT', '0', String(most)];
        }),
      );
      const names = (found as string[][]).flat().slice(0, most);
      const name = names.at(-1);
      if (name === undefined) break;
      items.push(...(await read(names)));
      last = partsOfName(name);
    }
    return items.slice(0, limit);
  }

  async #read(names: readonly string[]): Promise<StoreItem[]> {
    const { items, itemTimes } = this.#database.keys;
    const now = this.#clock.now();
    const times = await this.#hashed(itemTimes, names);
    const texts = await this.#hashed(items, names);
    return [...texts].flatMap(([name, json]) => {
      const of = times.get(name);
      if (of === undefined) return [];
      const parsed = parseTimes(of);
      return parsed.expiresAt > now ? [toItem(name, parsed, json)] : [];
    });
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
    const { items, itemNames, itemTimes, itemExpiry, itemVectors } = this.#database.keys;
    return [items, itemNames, itemTimes, itemExpiry, itemVectors];
  }
}

/**
 * Where the names of a namespace stand, then those of namespaces that it begins: `/` is the character after the `.` between
 * parts. What comes after a name begins there, but never before the prefix does.
 */
function rangesOf(prefix: readonly string[], after: ItemName | null): [from: string, to: string][] {
  const path = pathOf(prefix);
  const ranges: [from: string, to: string][] =
    path === ''
      ? [['', '']]
      : [
          [`${path}${NUL}`, `${path}\u0001`],
          [`${path}.`, `${path}/`],
        ];
  const last = after === null ? null : nameOf(after);
  return ranges.map(([from, to]) => {
    const begins =
      last === null || isBefore(last, from) ? (from === '' ? '-' : `[${from}`) : `(${last}`;
    return [begins, to === '' ? '+' : `(${to}`];
  });
}

/** In the order of Redis, which is that of bytes. */
function isBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}

/** As the scripts write them. */
function parseTimes(text: string): Times {
  const [createdAt = 0, updatedAt = 0, , expiresAt = 0] = text.split(' ').map(Number);
  return { createdAt, updatedAt, expiresAt: expiresAt === 0 ? Infinity : expiresAt };
}

function toItem(name: string, { createdAt, updatedAt }: Times, json: string): StoreItem {
  const value = JSON.parse(json) as StoreItem['value'];
  return { ...partsOfName(name), value, createdAt, updatedAt };
}
