import type { Clock, ItemPage, ItemStore, StoreItem } from '../../session/ports.ts';
import { isUnder, pathOf } from '../item-path.ts';

/** LangGraph's store in this process. Values are copied, as a store elsewhere would. */
export class MemoryItemStore implements ItemStore {
  readonly #clock: Clock;
  readonly #items = new Map<string, StoreItem>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(namespace: readonly string[], key: string): Promise<StoreItem | null> {
    return structuredClone(this.#items.get(nameOf(namespace, key)) ?? null);
  }

  async put(namespace: readonly string[], key: string, value: StoreItem['value']): Promise<void> {
    const name = nameOf(namespace, key);
    const now = this.#clock.now();
    this.#items.set(name, {
      namespace: [...namespace],
      key,
      value: JSON.parse(JSON.stringify(value)) as StoreItem['value'],
      createdAt: this.#items.get(name)?.createdAt ?? now,
      updatedAt: now,
    });
  }

  async delete(namespace: readonly string[], key: string): Promise<void> {
    this.#items.delete(nameOf(namespace, key));
  }

  async list(prefix: readonly string[], { limit, offset }: ItemPage): Promise<StoreItem[]> {
    const newestFirst = this.#under(prefix).toSorted((a, b) => b.updatedAt - a.updatedAt);
    return structuredClone(newestFirst.slice(offset, offset + limit));
  }

  async namespaces(prefix: readonly string[]): Promise<string[][]> {
    const paths = new Set(this.#under(prefix).map(({ namespace }) => pathOf(namespace)));
    return [...paths].toSorted().map((path) => path.split('.'));
  }

  #under(prefix: readonly string[]): StoreItem[] {
    return [...this.#items.values()].filter(({ namespace }) => isUnder(pathOf(namespace), prefix));
  }
}

function nameOf(namespace: readonly string[], key: string): string {
  return JSON.stringify([pathOf(namespace), key]);
}
