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
import { isUnder, nameOf, pathOf, partsOf } from '../item-path.ts';

interface Kept extends ItemOptions {
  readonly item: StoreItem;
  readonly expiresAt: number;
}

/** LangGraph's store in this process. Values are copied, as a store elsewhere would. */
export class MemoryItemStore implements ItemStore {
  readonly #clock: Clock;
  readonly #items = new Map<string, Kept>();
  /** The names in order; null where there are others now. */
  #sorted: readonly string[] | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(namespace: readonly string[], key: string): Promise<StoreItem | null> {
    return structuredClone(this.#find({ namespace, key })?.item ?? null);
  }

  async put(
    namespace: readonly string[],
    key: string,
    value: StoreItem['value'],
    { ttlMs, vectors }: ItemOptions,
  ): Promise<StoreItem> {
    const now = this.#clock.now();
    const item = {
      namespace: [...namespace],
      key,
      value: JSON.parse(JSON.stringify(value)) as StoreItem['value'],
      createdAt: this.#find({ namespace, key })?.item.createdAt ?? now,
      updatedAt: now,
    };
    const name = nameOf(item);
    if (!this.#items.has(name)) this.#sorted = null;
    this.#items.set(name, { item, ttlMs, vectors, expiresAt: now + (ttlMs ?? Infinity) });
    return structuredClone(item);
  }

  async delete(namespace: readonly string[], key: string): Promise<void> {
    if (this.#items.delete(nameOf({ namespace, key }))) this.#sorted = null;
  }

  async list(prefix: readonly string[], { limit, offset }: ItemPage): Promise<StoreItem[]> {
    const items = this.#under(prefix).map(({ item }) => item);
    const newestFirst = items.toSorted((a, b) => b.updatedAt - a.updatedAt);
    return structuredClone(newestFirst.slice(offset, offset + limit));
  }

  async scan(prefix: readonly string[], { limit, after }: ItemRange): Promise<StoreItem[]> {
    const items = this.#after(prefix, after, limit, () => true);
    return structuredClone(items.map(({ item }) => item));
  }

  async scanVectors(
    prefix: readonly string[],
    { limit, after }: ItemRange,
  ): Promise<IndexedItem[]> {
    const indexed = this.#after(prefix, after, limit, ({ vectors }) => vectors.length > 0);
    return indexed.map(({ item: { namespace, key }, vectors }) => ({ namespace, key, vectors }));
  }

  async count(prefix: readonly string[]): Promise<number> {
    return this.#under(prefix).length;
  }

  async namespaces(prefix: readonly string[]): Promise<string[][]> {
    const paths = new Set(this.#under(prefix).map(({ item }) => pathOf(item.namespace)));
    return [...paths].toSorted().map(partsOf);
  }

  async touch(names: readonly ItemName[]): Promise<void> {
    const now = this.#clock.now();
    for (const name of names) {
      const kept = this.#find(name);
      if (kept === undefined) continue;
      const { ttlMs, expiresAt } = kept;
      if (ttlMs !== null && (expiresAt - now) * 10 < ttlMs * 9)
        this.#items.set(nameOf(name), { ...kept, expiresAt: now + ttlMs });
    }
  }

  async deleteExpired(most: number): Promise<number> {
    const now = this.#clock.now();
    const expired = [...this.#items].filter(([, { expiresAt }]) => expiresAt <= now).slice(0, most);
    for (const [name] of expired) this.#items.delete(name);
    if (expired.length > 0) this.#sorted = null;
    return expired.length;
  }

  #find(name: ItemName): Kept | undefined {
    const kept = this.#items.get(nameOf(name));
    return kept === undefined || kept.expiresAt <= this.#clock.now() ? undefined : kept;
  }

  #under(prefix: readonly string[]): Kept[] {
    const now = this.#clock.now();
    return [...this.#items.values()].filter(
      ({ item, expiresAt }) => expiresAt > now && isUnder(pathOf(item.namespace), prefix),
    );
  }

  #after(
    prefix: readonly string[],
    after: ItemName | null,
    limit: number,
    isWanted: (kept: Kept) => boolean,
  ): Kept[] {
    const now = this.#clock.now();
    this.#sorted ??= [...this.#items.keys()].toSorted();
    const found: Kept[] = [];
    for (let n = after === null ? 0 : firstAfter(this.#sorted, nameOf(after)); ; n += 1) {
      const kept = this.#items.get(this.#sorted[n] ?? '');
      if (kept === undefined || found.length === limit) return found;
      const isUnderIt = isUnder(pathOf(kept.item.namespace), prefix);
      if (isUnderIt && kept.expiresAt > now && isWanted(kept)) found.push(kept);
    }
  }
}

/** Where the first name stands that comes after this one. */
function firstAfter(sorted: readonly string[], name: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') > name) high = middle;
    else low = middle + 1;
  }
  return low;
}
