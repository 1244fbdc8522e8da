// What can be done with the items of LangGraph's store, for graphs and for clients alike: found by prefix, filter and
// meaning, and kept for as long as langgraph.json says.
import type { ItemName, ItemPage, ItemStore, StoreItem } from '../session/item-store.ts';
import { type Filter, matches } from './item-filter.ts';
import type { StoreIndex } from './store-index.ts';

export interface ItemsOptions {
  readonly index?: StoreIndex | undefined;
  /** How long items live that are put without a time of their own; undefined: for ever. */
  readonly ttlMs?: number | undefined;
  /** Whether being read begins an item's time to live anew; false when left out. */
  readonly refreshOnRead?: boolean;
}

export interface PutOptions {
  /** Paths to index in the place of the index's own; false: the item is not indexed. */
  readonly index?: readonly string[] | false | undefined;
  /** Null: for ever. Left out: as langgraph.json says. */
  readonly ttlMs?: number | null | undefined;
}

export interface Search {
  readonly filter?: Filter | undefined;
  /** Ranks by meaning, where the store has an index. */
  readonly query?: string | undefined;
}

export interface FoundItem extends StoreItem {
  /** How near it is to the query, -1 to 1. */
  readonly score?: number;
}

/** How many items a filter looks at in one go. */
const FILTERED_AT_ONCE = 200;
/** How many of the nearest are read in one go. */
const READ_AT_ONCE = 20;

export class Items {
  readonly #store: ItemStore;
  readonly #index: StoreIndex | undefined;
  readonly #ttlMs: number | null;
  readonly #refreshOnRead: boolean;

  constructor(store: ItemStore, options: ItemsOptions = {}) {
    this.#store = store;
    this.#index = options.index;
    this.#ttlMs = options.ttlMs ?? null;
    this.#refreshOnRead = options.refreshOnRead ?? false;
  }

  /** Whether items can be found by meaning. */
  get isIndexed(): boolean {
    return this.#index !== undefined;
  }

  async get({ namespace, key }: ItemName): Promise<StoreItem | null> {
    const item = await this.#store.get(namespace, key);
    if (item !== null) await this.#touch([item]);
    return item;
  }

  async put(
    { namespace, key }: ItemName,
    value: StoreItem['value'],
    { index, ttlMs = this.#ttlMs }: PutOptions = {},
  ): Promise<StoreItem> {
    const vectors = (await this.#index?.vectorsOf(value, index)) ?? [];
    return this.#store.put(namespace, key, value, { ttlMs, vectors });
  }

  delete({ namespace, key }: ItemName): Promise<void> {
    return this.#store.delete(namespace, key);
  }

  count(prefix: readonly string[]): Promise<number> {
    return this.#store.count(prefix);
  }

  namespaces(prefix: readonly string[]): Promise<readonly (readonly string[])[]> {
    return this.#store.namespaces(prefix);
  }

  /** The last changed first; with a query, the nearest first, then those that have no vector. */
  async search(
    prefix: readonly string[],
    { filter, query }: Search,
    { limit, offset }: ItemPage,
  ): Promise<FoundItem[]> {
    const found: FoundItem[] = [];
    if (limit <= 0) return found;
    if (query !== undefined && this.#index !== undefined) {
      await this.#collect(found, this.#nearest(this.#index, prefix, query), filter, {
        limit,
        offset,
      });
    } else if (filter !== undefined) {
      await this.#collect(found, this.#newest(prefix), filter, { limit, offset });
    } else {
      found.push(...(await this.#store.list(prefix, { limit, offset })));
    }
    await this.#touch(found);
    return found;
  }

  /** In the order of their names. */
  async after(
    prefix: readonly string[],
    filter: Filter | undefined,
    limit: number,
    after: ItemName | null,
  ): Promise<StoreItem[]> {
    const found: StoreItem[] = [];
    const atOnce = filter === undefined ? limit : FILTERED_AT_ONCE;
    for (let last = after; ;) {
      const some = await this.#store.scan(prefix, { limit: atOnce, after: last });
      found.push(...some.filter(({ value }) => filter === undefined || matches(value, filter)));
      if (found.length >= limit || some.length < atOnce) break;
      last = some.at(-1) ?? null;
    }
    const page = found.slice(0, limit);
    await this.#touch(page);
    return page;
  }

  async *#newest(prefix: readonly string[]): AsyncGenerator<StoreItem> {
    for (let offset = 0; ; offset += FILTERED_AT_ONCE) {
      const some = await this.#store.list(prefix, { limit: FILTERED_AT_ONCE, offset });
      yield* some;
      if (some.length < FILTERED_AT_ONCE) return;
    }
  }

  async *#nearest(
    index: StoreIndex,
    prefix: readonly string[],
    query: string,
  ): AsyncGenerator<FoundItem> {
    const ranked = await index.rank(this.#store, prefix, query);
    const seen = new Set<string>();
    for (let first = 0; first < ranked.length; first += READ_AT_ONCE) {
      const some = ranked.slice(first, first + READ_AT_ONCE);
      const items = await Promise.all(
        some.map(({ name: { namespace, key } }) => this.#store.get(namespace, key)),
      );
      for (const [n, { name, score }] of some.entries()) {
        const item = items[n] ?? null;
        seen.add(textOf(name));
        if (item !== null) yield { ...item, score };
      }
    }
    for await (const item of this.#newest(prefix)) {
      if (!seen.has(textOf(item))) yield item;
    }
  }

  /** Takes the page of what the filter lets through. */
  async #collect(
    found: FoundItem[],
    source: AsyncIterable<FoundItem>,
    filter: Filter | undefined,
    { limit, offset }: ItemPage,
  ): Promise<void> {
    let before = 0;
    for await (const item of source) {
      if (filter !== undefined && !matches(item.value, filter)) continue;
      if (before >= offset) found.push(item);
      before += 1;
      if (found.length === limit) return;
    }
  }

  async #touch(items: readonly ItemName[]): Promise<void> {
    if (this.#refreshOnRead) await this.#store.touch(items);
  }
}

function textOf({ namespace, key }: ItemName): string {
  return JSON.stringify([namespace, key]);
}
