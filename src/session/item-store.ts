// LangGraph's store: what graphs remember across sessions.

export interface ItemName {
  /** One part or more; none is empty. */
  readonly namespace: readonly string[];
  readonly key: string;
}

/** Times are ms since 1970. */
export interface StoreItem extends ItemName {
  readonly value: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What an item means, as vectors of one length: one for each text of it that is indexed. */
export type Vectors = readonly Float32Array[];

export interface IndexedItem extends ItemName {
  readonly vectors: Vectors;
}

export interface ItemOptions {
  /** How long after its last change, or since it was last touched, an item is deleted; null: never. */
  readonly ttlMs: number | null;
  readonly vectors: Vectors;
}

export interface ItemPage {
  readonly limit: number;
  readonly offset: number;
}

/** Items after one, in the order of their names: by namespace, then by key. */
export interface ItemRange {
  readonly limit: number;
  /** Null: from the first. */
  readonly after: ItemName | null;
}

/**
 * Items by namespace and key. Whoever reads them sees nothing of one that has expired. A prefix is a namespace, and
 * stands for those within it, too; one without parts stands for all.
 * All methods throw GatewayError BACKEND_UNAVAILABLE where the store cannot be reached or is full.
 */
export interface ItemStore {
  get(namespace: readonly string[], key: string): Promise<StoreItem | null>;
  /** Adds an item, or changes all but the time of creation of one that is there. */
  put(
    namespace: readonly string[],
    key: string,
    value: StoreItem['value'],
    options: ItemOptions,
  ): Promise<StoreItem>;
  delete(namespace: readonly string[], key: string): Promise<void>;
  /** The last changed first. */
  list(prefix: readonly string[], page: ItemPage): Promise<readonly StoreItem[]>;
  /** In the order of their names. */
  scan(prefix: readonly string[], range: ItemRange): Promise<readonly StoreItem[]>;
  /** Those that have vectors, in the order of their names. */
  scanVectors(prefix: readonly string[], range: ItemRange): Promise<readonly IndexedItem[]>;
  /** Of those that have expired, some may be counted. */
  count(prefix: readonly string[]): Promise<number>;
  /** Namespaces that have items, in their order. */
  namespaces(prefix: readonly string[]): Promise<readonly (readonly string[])[]>;
  /** Begins the time to live of items anew; of those that have none, nothing changes. */
  touch(names: readonly ItemName[]): Promise<void>;
  /** Deletes at most so many of the items that have expired. @returns how many it deleted */
  deleteExpired(most: number): Promise<number>;
}
