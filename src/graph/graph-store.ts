// The store that graphs are given: LangGraph's interface over the items of the backend. A graph that was compiled with a
// store of its own keeps it.
import {
  BaseStore,
  type Item,
  type ListNamespacesOperation,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
} from '@langchain/langgraph-checkpoint';
import type { StoreItem } from '../session/item-store.ts';
import type { FoundItem, Items } from './items.ts';
import { pickNamespaces } from './item-namespaces.ts';

/** LangGraph's own. */
const DEFAULT_LIMIT = 10;

export class GraphStore extends BaseStore {
  readonly #items: Items;

  constructor(items: Items) {
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

  async #read(operation: Exclude<Operation, PutOperation>): Promise<unknown> {
    if ('namespacePrefix' in operation) return this.#search(operation);
    if (!('key' in operation)) return this.#listNamespaces(operation);
    const item = await this.#items.get(operation);
    return item && toItem(item);
  }

  async #write({ namespace, key, value, index }: PutOperation): Promise<void> {
    const name = { namespace, key };
    if (value === null) await this.#items.delete(name);
    else await this.#items.put(name, value, await this.#items.vectorsOf(value, index));
  }

  async #search(operation: SearchOperation): Promise<SearchItem[]> {
    const { namespacePrefix, filter, query, limit = DEFAULT_LIMIT, offset = 0 } = operation;
    const found = await this.#items.search(namespacePrefix, { filter, query }, { limit, offset });
    return found.map(toSearchItem);
  }

  async #listNamespaces(operation: ListNamespacesOperation): Promise<string[][]> {
    const { matchConditions = [], maxDepth, limit, offset } = operation;
    const prefix = matchConditions.find(
      ({ matchType, path }) => matchType === 'prefix' && !path.includes('*'),
    );
    const all = await this.#items.namespaces(prefix?.path ?? []);
    const picked = pickNamespaces(all, matchConditions, maxDepth);
    return picked.slice(offset, offset + limit).map((namespace) => [...namespace]);
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

function toSearchItem(found: FoundItem): SearchItem {
  return { ...toItem(found), ...(found.score !== undefined && { score: found.score }) };
}
