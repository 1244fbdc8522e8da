// LangGraph's store on Redis: items in one hash, their names in a set that is sorted by name, where a prefix is found.
import type { Clock, ItemPage, ItemStore, StoreItem } from '../../session/ports.ts';
import { partsOf, pathOf } from '../item-path.ts';
import type { RedisDatabase } from './database.ts';

/** Between namespace and key; no namespace has it. */
const NUL = '\0';
const READ_AT_ONCE = 500;

export class RedisItemStore implements ItemStore {
  readonly #database: RedisDatabase;
  readonly #clock: Clock;

  constructor(database: RedisDatabase) {
    this.#database = database;
    this.#clock = database.clock;
  }

  async get(namespace: readonly string[], key: string): Promise<StoreItem | null> {
    const [item] = await this.#read([nameOf(namespace, key)]);
    return item ?? null;
  }

  async put(namespace: readonly string[], key: string, value: StoreItem['value']): Promise<void> {
    await this.#database.script('sgPutItem', this.#keys, [
      nameOf(namespace, key),
      this.#clock.now(),
      JSON.stringify(value),
    ]);
  }

  async delete(namespace: readonly string[], key: string): Promise<void> {
    await this.#database.script('sgDeleteItem', this.#keys, [nameOf(namespace, key)]);
  }

  async list(prefix: readonly string[], { limit, offset }: ItemPage): Promise<StoreItem[]> {
    const items = await this.#read(await this.#names(prefix));
    return items.toSorted((a, b) => b.updatedAt - a.updatedAt).slice(offset, offset + limit);
  }

  async namespaces(prefix: readonly string[]): Promise<string[][]> {
    const names = await this.#names(prefix);
    return [...new Set(names.map((name) => name.split(NUL, 1)[0] ?? ''))].toSorted().map(partsOf);
  }

  /** Of the namespace itself, then of those that it begins: `/` is the character after the `.` between parts. */
  async #names(prefix: readonly string[]): Promise<string[]> {
    const { itemNames } = this.#database.keys;
    const path = pathOf(prefix);
    const ranges =
      path === ''
        ? [['-', '+']]
        : [
            [`[${path}${NUL}`, `(${path}\u0001`],
            [`[${path}.`, `(${path}/`],
          ];
    const found = await this.#database.look(
      ranges.map(([from = '', to = '']) => ['ZRANGEBYLEX', itemNames, from, to]),
    );
    return (found as string[][]).flat();
  }

  async #read(names: readonly string[]): Promise<StoreItem[]> {
    const items: StoreItem[] = [];
    for (let first = 0; first < names.length; first += READ_AT_ONCE) {
      const some = names.slice(first, first + READ_AT_ONCE);
      const [texts] = (await this.#database.look([
        ['HMGET', this.#database.keys.items, ...some],
      ])) as [(string | null)[]];
      for (const [n, text] of texts.entries()) {
        if (text !== null) items.push(toItem(some[n] ?? '', text));
      }
    }
    return items;
  }

  get #keys(): string[] {
    const { items, itemNames } = this.#database.keys;
    return [items, itemNames];
  }
}

function nameOf(namespace: readonly string[], key: string): string {
  return `${pathOf(namespace)}${NUL}${key}`;
}

/** As the script writes it: when it was made and changed, and its JSON. */
function toItem(name: string, text: string): StoreItem {
  const [, createdAt, updatedAt, json = ''] = /^(\d+) (\d+) (.*)$/s.exec(text) ?? [];
  const [path = '', ...key] = name.split(NUL);
  return {
    namespace: partsOf(path),
    key: key.join(NUL),
    value: JSON.parse(json) as StoreItem['value'],
    createdAt: Number(createdAt),
    updatedAt: Number(updatedAt),
  };
}
