// What can be done with the items of LangGraph's store, for graphs and for clients alike: found by prefix, filter and
// meaning, and kept for as long as langgraph.json says.
import type { ItemName, ItemPage, ItemStore, StoreItem, Vectors } from '../session/item-store.ts';
import { inBatches } from './batches.ts';
import { type Filter, matches } from './item-filter.ts';
import type { StoreIndex } from './store-index.ts';

export interface ItemsOptions {
  readonly index?: StoreIndex | undefined;
  /** How long items live that are put without a time of their own; undefined: for ever. */
  readonly ttlMs?: number | undefined;
  /** Whether being read begins an item's time to live anew; false when left out. */
  readonly refreshOnRead?: boolean;
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

/** Some items in the order of their names, and where the next ones begin. */
export interface ItemsAfter {
  readonly items: readonly StoreItem[];
  /** The last that was looked at; null: there are no more. */
  readonly next: ItemName | null;
}

/** What is known of an item before it is read. */
interface Candidate {
  readonly name: ItemName;
  readonly score?: number;
}

/** How many are read at once by their names. */
const READ_AT_ONCE = 10;

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

  /**
   * What is stored beside an item, to be found by it.
   * @param fields paths to index in the place of the index's own; false: the item is not indexed
   */
  async vectorsOf(value: StoreItem['value'], fields?: readonly string[] | false): Promise<Vectors> {
    return (await this.#index?.vectorsOf(value, fields)) ?? [];
  }

  /** @param ttlMs null: for ever; left out: as langgraph.json says */
  async put(
    { namespace, key }: ItemName,
    value: StoreItem['value'],
    vectors: Vectors,
    ttlMs: number | null = this.#ttlMs,
  ): Promise<StoreItem> {
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
    page: ItemPage,
  ): Promise<FoundItem[]> {
    const { limit, offset } = page;
    if (limit <= 0) return [];
    const nearest =
      query === undefined ? undefined : await this.#index?.rank(this.#store, prefix, query);
    if (nearest === undefined && filter === undefined) {
      const items = [...(await this.#store.list(prefix, page))];
      await this.#touch(items);
      return items;
    }
    const candidates =
      nearest === undefined
        ? await this.#newest(prefix, filter)
        : await this.#ranked(nearest, prefix, filter, limit + offset);
    const found = await this.#read(candidates.slice(offset, offset + limit));
    await this.#touch(found);
    return found;
  }

  /**
   * In the order of their names.
   * @param most how many are looked at: fewer than `limit` may be found, though there are more
   */
  async after(
    prefix: readonly string[],
    filter: Filter | undefined,
    limit: number,
    after: ItemName | null,
    most: number,
  ): Promise<ItemsAfter> {
    const found: StoreItem[] = [];
    const next = await this.#collect(found, prefix, filter, limit, after, most);
    await this.#touch(found);
    return { items: found, next };
  }

  /** @returns after which the next page begins */
  async #collect(
    found: StoreItem[],
    prefix: readonly string[],
    filter: Filter | undefined,
    limit: number,
    after: ItemName | null,
    most: number,
  ): Promise<ItemName | null> {
    let looked = 0;
    const batches = inBatches<StoreItem>((atOnce, last) => {
      const wanted = filter === undefined ? Math.min(atOnce, limit + 1 - found.length) : atOnce;
      return this.#store.scan(prefix, { limit: wanted, after: last ?? after });
    });
    for await (const batch of batches) {
      for (const item of batch) {
        if (filter !== undefined && !matches(item.value, filter)) continue;
        if (found.length === limit) return found.at(-1) ?? null;
        found.push(item);
      }
      looked += batch.length;
      if (looked >= most) return batch.at(-1) ?? null;
    }
    return null;
  }

  async #read(candidates: readonly Candidate[]): Promise<FoundItem[]> {
    const found: FoundItem[] = [];
    for (let first = 0; first < candidates.length; first += READ_AT_ONCE) {
      const some = candidates.slice(first, first + READ_AT_ONCE);
      const items = await Promise.all(
        some.map(async ({ name: { namespace, key }, score }) => {
          const item = await this.#store.get(namespace, key);
          return item && { ...item, ...(score !== undefined && { score }) };
        }),
      );
      found.push(...items.filter((item) => item !== null));
    }
    return found;
  }

  /** Those that the filter lets through, the last changed first. */
  async #newest(prefix: readonly string[], filter: Filter | undefined): Promise<Candidate[]> {
    const found: { name: ItemName; updatedAt: number }[] = [];
    const batches = inBatches<StoreItem>((limit, after) =>
      this.#store.scan(prefix, { limit, after }),
    );
    for await (const batch of batches) {
      for (const { namespace, key, value, updatedAt } of batch) {
        if (filter === undefined || matches(value, filter))
          found.push({ name: { namespace, key }, updatedAt });
      }
    }
    return found.toSorted((a, b) => b.updatedAt - a.updatedAt);
  }

  /** Those that the filter lets through, the nearest first; those that have no vector only where there are too few others. */
  async #ranked(
    nearest: readonly Candidate[],
    prefix: readonly string[],
    filter: Filter | undefined,
    wanted: number,
  ): Promise<readonly Candidate[]> {
    if (filter === undefined && nearest.length >= wanted) return nearest;
    const newest = await this.#newest(prefix, filter);
    const permitted = new Set(newest.map(({ name }) => textOf(name)));
    const ranked = nearest.filter(({ name }) => permitted.has(textOf(name)));
    const seen = new Set(ranked.map(({ name }) => textOf(name)));
    return [...ranked, ...newest.filter(({ name }) => !seen.has(textOf(name)))];
  }

  /** What cannot be touched is read all the same. */
  async #touch(items: readonly ItemName[]): Promise<void> {
    if (this.#refreshOnRead) await this.#store.touch(items).catch(() => undefined);
  }
}

function textOf({ namespace, key }: ItemName): string {
  return JSON.stringify([namespace, key]);
}
