// Items of LangGraph's store as clients see them. Graphs are trusted, and see all; a user sees and changes those whose
// namespace begins with `users` and their id; who `seesAll` has no such bounds.
import { z } from 'zod';
import { GatewayError, invalidInput } from '../errors.ts';
import { checkTtl } from '../session/arguments.ts';
import type { ItemName, StoreItem } from '../session/item-store.ts';
import { checkJsonObject, checkText } from '../session/json-input.ts';
import { type Page, decodeKey, encodeKey, pageSize, toPage } from '../session/page.ts';
import { TurnsPerUser } from '../session/turns-per-user.ts';
import { checkFilter } from './item-filter.ts';
import { pickNamespaces } from './item-namespaces.ts';
import type { FoundItem, Items } from './items.ts';

export interface UserItemsLimits {
  readonly maxInputBytes: number;
  /** How many items a user may have; null: any number. */
  readonly itemsPerUser: number | null;
}

export interface ItemSearch {
  readonly namespacePrefix: readonly string[];
  readonly filter?: unknown;
  readonly query?: string | null | undefined;
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

export interface NamespaceSearch {
  readonly prefix?: readonly string[] | null | undefined;
  readonly suffix?: readonly string[] | null | undefined;
  readonly maxDepth?: number | null | undefined;
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

export interface PutItem extends ItemName {
  readonly value?: unknown;
  /** Null: for ever. Left out: as langgraph.json says. */
  readonly ttlSeconds?: number | null | undefined;
}

/** A page with a cursor for each of its items. */
export interface CursorPage<Item> {
  readonly page: Page<Item>;
  readonly cursorOf: (item: Item) => string;
  /** Where the next page begins, if it is not behind the last of the items. */
  readonly end?: string;
}

export const MOST_PARTS = 20;
/** An index of Postgres holds at most 2,704 bytes of a row: a namespace and a key, with what else they need. */
export const MOST_NAMESPACE_BYTES = 1024;
export const MOST_KEY_BYTES = 1024;
/** How many items a filter looks at for one page. */
const MOST_LOOKED_AT = 2000;
/** How far down what is found by meaning can be paged. */
const MOST_RANKED = 1000;
const MOST_QUERY_BYTES = 8192;
/** Longer than a store may take to answer. */
const LONGEST_PUT_MS = 600_000;

const byName = z
  .tuple([z.literal('item'), z.array(z.string()), z.string()])
  .transform(([, namespace, key]): ItemName => ({ namespace, key }));
const byRank = z
  .tuple([z.literal('rank'), z.int().min(0).max(MOST_RANKED)])
  .transform(([, rank]) => rank);
const byNamespace = z
  .tuple([z.literal('namespace'), z.array(z.string())])
  .transform(([, namespace]) => namespace);

/** Who asks, and whether they see more than their own. */
export interface Viewer {
  readonly userId: string;
  readonly seesAll: boolean;
}

/** All methods throw GatewayError FORBIDDEN for what is another's, and INVALID_INPUT. */
export class UserItems {
  readonly #items: Items;
  readonly #limits: UserItemsLimits;
  /** What a user puts is counted and stored before more of theirs is: a limit is exact within this process. */
  readonly #puts = new TurnsPerUser(1, LONGEST_PUT_MS);

  constructor(items: Items, limits: UserItemsLimits) {
    this.#items = items;
    this.#limits = limits;
  }

  async get(viewer: Viewer, name: ItemName): Promise<StoreItem | null> {
    checkName(viewer, name);
    return this.#items.get(name);
  }

  /** @throws GatewayError LIMIT_EXCEEDED for more items than a user may have */
  async put(viewer: Viewer, { namespace, key, value, ttlSeconds }: PutItem): Promise<StoreItem> {
    const name = { namespace, key };
    checkName(viewer, name);
    const checked = checkJsonObject('value', value, this.#limits.maxInputBytes);
    const ttlMs = ttlSeconds === undefined ? undefined : checkTtl(ttlSeconds, null);
    const vectors = await this.#items.vectorsOf(checked);
    return this.#puts.take(viewer.userId, async () => {
      await this.#admit(viewer, name);
      return this.#items.put(name, checked, vectors, ttlMs);
    });
  }

  async delete(viewer: Viewer, name: ItemName): Promise<void> {
    checkName(viewer, name);
    await this.#items.delete(name);
  }

  /** In the order of their names; with a query, the nearest in meaning first. */
  async search(viewer: Viewer, search: ItemSearch): Promise<CursorPage<FoundItem>> {
    const prefix = seenBy(viewer, search.namespacePrefix, 'namespacePrefix');
    const filter =
      search.filter === null || search.filter === undefined
        ? undefined
        : checkFilter(search.filter);
    const first = pageSize(search.first);
    const { query, after } = search;
    if (query === null || query === undefined) {
      const key = decodeKey<ItemName>(byName, after);
      if (key !== null && !beginsWith(key.namespace, prefix))
        throw invalidInput('`after` is not a cursor of this list.');
      const { items, next } = await this.#items.after(prefix, filter, first, key, MOST_LOOKED_AT);
      const cursorOf = ({ namespace, key }: ItemName) => encodeKey(['item', namespace, key]);
      const page = { items, hasNext: next !== null, hasPrevious: key !== null };
      return { page, cursorOf, ...(next !== null && { end: cursorOf(next) }) };
    }
    this.#checkQuery(query);
    const rank = decodeKey<number>(byRank, after);
    const range = { limit: first + 1, offset: rank ?? 0 };
    const rows = await this.#items.search(prefix, { filter, query }, range);
    const page = toPage(rows, { first, after: rank });
    const isLast = range.offset + first >= MOST_RANKED;
    return {
      page: { ...page, hasNext: page.hasNext && !isLast },
      cursorOf: (item) => encodeKey(['rank', range.offset + rows.indexOf(item) + 1]),
    };
  }

  /** In their order, each once. */
  async namespaces(
    viewer: Viewer,
    search: NamespaceSearch,
  ): Promise<CursorPage<readonly string[]>> {
    const { prefix, suffix, maxDepth, after } = search;
    if (maxDepth !== null && maxDepth !== undefined && maxDepth < 1)
      throw invalidInput('`maxDepth` must be at least 1.');
    const first = pageSize(search.first);
    const key = decodeKey<readonly string[]>(byNamespace, after);
    const path = checkParts(prefix ?? [], 'prefix');
    const end = checkParts(suffix ?? [], 'suffix');
    const within = seenBy(viewer, path.includes('*') ? [] : path, 'prefix');
    const picked = pickNamespaces(
      await this.#items.namespaces(within),
      [
        { matchType: 'prefix', path },
        { matchType: 'suffix', path: end },
      ],
      maxDepth ?? undefined,
    );
    const rows = picked
      .filter((namespace) => key === null || compare(namespace, key) > 0)
      .toSorted(compare)
      .slice(0, first + 1);
    return {
      page: toPage(rows, { first, after: key }),
      cursorOf: (namespace) => encodeKey(['namespace', namespace]),
    };
  }

  async #admit(viewer: Viewer, name: ItemName): Promise<void> {
    const { itemsPerUser: most } = this.#limits;
    if (most === null || viewer.seesAll) return;
    const count = await this.#items.count(ownOf(viewer));
    if (count < most || (await this.#items.get(name)) !== null) return;
    throw new GatewayError(
      'LIMIT_EXCEEDED',
      `You have ${count} items in the store; at most ${most} (STORE_ITEMS_PER_USER). Delete some.`,
    );
  }

  #checkQuery(query: string): void {
    if (!this.#items.isIndexed) {
      throw invalidInput(
        '`query` needs an index: set `store.index` in langgraph.json, or find items by `filter`.',
      );
    }
    checkText('query', query);
    if (query === '' || Buffer.byteLength(query) > MOST_QUERY_BYTES)
      throw invalidInput(`\`query\` must have 1 to ${MOST_QUERY_BYTES} bytes.`);
  }
}

function ownOf({ userId }: Viewer): readonly string[] {
  return ['users', userId];
}

function beginsWith(namespace: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, n) => namespace[n] === part);
}

/** What of a prefix the user may see: their own, where it stands for more. */
function seenBy(viewer: Viewer, prefix: readonly string[], field: string): readonly string[] {
  checkParts(prefix, field);
  const own = ownOf(viewer);
  if (viewer.seesAll || beginsWith(prefix, own)) return prefix;
  if (beginsWith(own, prefix)) return own;
  throw notTheirs(viewer, field);
}

function checkName(viewer: Viewer, { namespace, key }: ItemName): void {
  checkParts(namespace, 'namespace');
  if (namespace.length === 0) throw invalidInput('`namespace` must have a part.');
  checkText('key', key);
  if (key === '' || Buffer.byteLength(key) > MOST_KEY_BYTES)
    throw invalidInput(`\`key\` must have 1 to ${MOST_KEY_BYTES} bytes.`);
  if (!viewer.seesAll && !beginsWith(namespace, ownOf(viewer)))
    throw notTheirs(viewer, 'namespace');
}

function checkParts(namespace: readonly string[], field: string): readonly string[] {
  for (const part of namespace) checkText(field, part);
  if (namespace.includes('')) throw invalidInput(`\`${field}\` has an empty part.`);
  const bytes = Buffer.byteLength(namespace.join('.'));
  if (namespace.length > MOST_PARTS || bytes > MOST_NAMESPACE_BYTES) {
    throw invalidInput(
      `\`${field}\` has ${namespace.length} parts and ${bytes} bytes; at most ${MOST_PARTS} and ${MOST_NAMESPACE_BYTES}.`,
    );
  }
  return namespace;
}

/** Part by part; one that begins another comes before it. */
function compare(a: readonly string[], b: readonly string[]): number {
  for (const [n, part] of a.entries()) {
    const other = b[n];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return a.length - b.length;
}

function notTheirs(viewer: Viewer, field: string): GatewayError {
  return new GatewayError(
    'FORBIDDEN',
    `\`${field}\` must begin with ${JSON.stringify(ownOf(viewer))}: you see and change your own items alone.`,
  );
}
