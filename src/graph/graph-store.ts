// The store that graphs are given: LangGraph's interface over the backend's items. A graph that was compiled with a store of
// its own keeps it.
import {
  BaseStore,
  type GetOperation,
  type Item,
  type ListNamespacesOperation,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
} from '@langchain/langgraph-checkpoint';
import type { ItemStore, StoreItem } from '../session/ports.ts';

/** How many items a filter looks at in one go. */
const FILTERED_AT_ONCE = 200;
/** LangGraph's own. */
const DEFAULT_LIMIT = 10;

type MatchCondition = NonNullable<ListNamespacesOperation['matchConditions']>[number];

export class GraphStore extends BaseStore {
  readonly #items: ItemStore;

  constructor(items: ItemStore) {
    super();
    this.#items = items;
  }

  /** Reads see what was there before the batch's own writes, as in LangGraph's stores. */
  override async batch<const Operations extends readonly Operation[]>(
    operations: Operations,
  ): Promise<OperationResults<Operations>> {
    const results = await Promise.all(
      operations.map(async (operation) => (isPut(operation) ? undefined : this.#read(operation))),
    );
    for (const operation of operations) if (isPut(operation)) await this.#write(operation);
    return results as OperationResults<Operations>;
  }

  #read(operation: Exclude<Operation, PutOperation>): Promise<unknown> {
    if ('namespacePrefix' in operation) return this.#search(operation);
    return 'key' in operation ? this.#get(operation) : this.#listNamespaces(operation);
  }

  async #get({ namespace, key }: GetOperation): Promise<Item | null> {
    const item = await this.#items.get(namespace, key);
    return item && toItem(item);
  }

  async #write({ namespace, key, value }: PutOperation): Promise<void> {
    if (value === null) await this.#items.delete(namespace, key);
    else await this.#items.put(namespace, key, value);
  }

  /** By prefix and filter. There is no index of meanings, so a `query` finds all alike, as in a store without one. */
  async #search(operation: SearchOperation): Promise<SearchItem[]> {
    const { namespacePrefix: prefix, filter, limit = DEFAULT_LIMIT, offset = 0 } = operation;
    if (filter === undefined)
      return (await this.#items.list(prefix, { limit, offset })).map(toItem);
    const found: StoreItem[] = [];
    for (let from = 0; found.length < offset + limit; from += FILTERED_AT_ONCE) {
      const some = await this.#items.list(prefix, { limit: FILTERED_AT_ONCE, offset: from });
      found.push(...some.filter(({ value }) => matches(value, filter)));
      if (some.length < FILTERED_AT_ONCE) break;
    }
    return found.slice(offset, offset + limit).map(toItem);
  }

  async #listNamespaces(operation: ListNamespacesOperation): Promise<string[][]> {
    const { matchConditions = [], maxDepth, limit, offset } = operation;
    const prefix = matchConditions.find(
      ({ matchType, path }) => matchType === 'prefix' && !path.includes('*'),
    );
    const all = await this.#items.namespaces(prefix?.path ?? []);
    const matching = all.filter((namespace) =>
      matchConditions.every((condition) => isMatch(condition, namespace)),
    );
    const cut = matching.map((namespace) => namespace.slice(0, maxDepth));
    const once = new Map(cut.map((namespace) => [namespace.join('.'), namespace]));
    return [...once.values()].slice(offset, offset + limit);
  }
}

function isPut(operation: Operation): operation is PutOperation {
  return 'value' in operation;
}

function toItem({ namespace, key, value, createdAt, updatedAt }: StoreItem): Item {
  return {
    namespace: [...namespace],
    key,
    value: { ...value },
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  };
}

function isMatch({ matchType, path }: MatchCondition, namespace: readonly string[]): boolean {
  if (path.length > namespace.length) return false;
  const first = matchType === 'prefix' ? 0 : namespace.length - path.length;
  return path.every((part, n) => part === '*' || part === namespace[first + n]);
}

/** LangGraph's filters: a value that a key must have, or operators that its value must satisfy. */
function matches(
  value: Readonly<Record<string, unknown>>,
  filter: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    const operators = typeof wanted === 'object' && wanted !== null ? Object.entries(wanted) : [];
    if (!operators.some(([name]) => name.startsWith('$'))) return value[key] === wanted;
    return operators.every(([name, operand]) => OPERATORS[name]?.(value[key], operand) ?? false);
  });
}

const OPERATORS: Readonly<Record<string, (value: unknown, operand: unknown) => boolean>> = {
  $eq: (value, operand) => value === operand,
  $ne: (value, operand) => value !== operand,
  $gt: (value, operand) => Number(value) > Number(operand),
  $gte: (value, operand) => Number(value) >= Number(operand),
  $lt: (value, operand) => Number(value) < Number(operand),
  $lte: (value, operand) => Number(value) <= Number(operand),
  $in: (value, operand) => Array.isArray(operand) && operand.includes(value),
  $nin: (value, operand) => !Array.isArray(operand) || !operand.includes(value),
};
