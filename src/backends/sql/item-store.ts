// LangGraph's store on SQL: one table, whose key begins with the namespace.
import {
  type ExpressionBuilder,
  type Kysely,
  type SelectQueryBuilder,
  type Transaction,
  sql,
} from 'kysely';
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
import { partsOf, pathOf } from '../item-path.ts';
import { decodeVectors, encodeVectors } from '../item-vectors.ts';
import type { ItemTable, SessionDatabase } from './tables.ts';

/** What the two databases do differently. */
export interface ItemDialect {
  setDurability?(durable: boolean): void;
  /** Whether several change rows at once, and must lock them. */
  readonly locksRows: boolean;
  /** Does work again whose connection broke. */
  retrying?<T>(work: () => Promise<T>): Promise<T>;
  translate(error: unknown): unknown;
}

/** How many rows are locked in one go. */
const LOCKED_AT_ONCE = 100;

const ITEM = ['namespace', 'key', 'value', 'created_at', 'updated_at'] as const;

export class SqlItemStore implements ItemStore {
  readonly #writer: Kysely<SessionDatabase>;
  readonly #reader: Kysely<SessionDatabase>;
  readonly #clock: Clock;
  readonly #dialect: ItemDialect;

  constructor(
    writer: Kysely<SessionDatabase>,
    reader: Kysely<SessionDatabase>,
    clock: Clock,
    dialect: ItemDialect,
  ) {
    this.#writer = writer;
    this.#reader = reader;
    this.#clock = clock;
    this.#dialect = dialect;
  }

  async get(namespace: readonly string[], key: string): Promise<StoreItem | null> {
    const row = await this.#translated(() =>
      this.#reader
        .selectFrom('store_items')
        .select(ITEM)
        .where(is({ namespace, key }))
        .where(lives(this.#clock.now()))
        .executeTakeFirst(),
    );
    return row === undefined ? null : toItem(row);
  }

  async put(
    namespace: readonly string[],
    key: string,
    value: StoreItem['value'],
    { ttlMs, vectors }: ItemOptions,
  ): Promise<StoreItem> {
    const now = this.#clock.now();
    const changed = {
      value: JSON.stringify(value),
      updated_at: now,
      ttl_ms: ttlMs,
      expires_at: ttlMs === null ? null : now + ttlMs,
      vectors: encodeVectors(vectors),
    };
    const row = { namespace: pathOf(namespace), key, created_at: now, ...changed };
    const stored = await this.#write((tx) =>
      tx
        .insertInto('store_items')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['namespace', 'key']).doUpdateSet({
            ...changed,
            // One that has expired, and was not deleted yet, is a new one.
            created_at: sql<number>`CASE WHEN store_items.expires_at <= ${now} THEN ${now} ELSE store_items.created_at END`,
          }),
        )
        .returning(ITEM)
        .executeTakeFirstOrThrow(),
    );
    return toItem(stored);
  }

  async delete(namespace: readonly string[], key: string): Promise<void> {
    await this.#write((tx) => tx.deleteFrom('store_items').where(is({ namespace, key })).execute());
  }

  async list(prefix: readonly string[], { limit, offset }: ItemPage): Promise<StoreItem[]> {
    const rows = await this.#translated(() =>
      this.#under(prefix)
        .select(ITEM)
        .orderBy('updated_at', 'desc')
        .orderBy('namespace')
        .orderBy('key')
        .limit(limit)
        .offset(offset)
        .execute(),
    );
    return rows.map(toItem);
  }

  async scan(prefix: readonly string[], range: ItemRange): Promise<StoreItem[]> {
    const rows = await this.#translated(() => this.#range(prefix, range).select(ITEM).execute());
    return rows.map(toItem);
  }

  async scanVectors(prefix: readonly string[], range: ItemRange): Promise<IndexedItem[]> {
    const rows = await this.#translated(() =>
      this.#range(prefix, range)
        .select(['namespace', 'key', 'vectors'])
        .where('vectors', 'is not', null)
        .execute(),
    );
    return rows.map(({ namespace, key, vectors }) => ({
      namespace: partsOf(namespace),
      key,
      vectors: decodeVectors(vectors ?? ''),
    }));
  }

  async count(prefix: readonly string[]): Promise<number> {
    const { items } = await this.#translated(() =>
      this.#under(prefix)
        .select(({ fn }) => fn.countAll().as('items'))
        .executeTakeFirstOrThrow(),
    );
    return Number(items);
  }

  async namespaces(prefix: readonly string[]): Promise<string[][]> {
    const rows = await this.#translated(() =>
      this.#under(prefix).select('namespace').distinct().orderBy('namespace').execute(),
    );
    return rows.map(({ namespace }) => partsOf(namespace));
  }

  async touch(names: readonly ItemName[]): Promise<void> {
    const now = this.#clock.now();
    for (let first = 0; first < names.length; first += LOCKED_AT_ONCE) {
      const some = names.slice(first, first + LOCKED_AT_ONCE);
      await this.#write(async (tx) => {
        const due = await this.#locked(
          tx
            .selectFrom('store_items')
            .select(['namespace', 'key'])
            .where(({ or }) => or(some.map(is)))
            .where('expires_at', '>', now)
            // What has most of its time before it is left alone: to read costs no write each time.
            .where(sql<boolean>`(expires_at - ${now}) * 10 < ttl_ms * 9`),
        );
        if (due.length === 0) return;
        await tx
          .updateTable('store_items')
          .set({ expires_at: sql<number>`${now} + ttl_ms` })
          .where(({ or }) => or(due.map(isRow)))
          .execute();
      });
    }
  }

  async deleteExpired(most: number): Promise<number> {
    return this.#write(async (tx) => {
      const expired = await this.#locked(
        tx
          .selectFrom('store_items')
          .select(['namespace', 'key'])
          .where('expires_at', '<=', this.#clock.now())
          .limit(most),
      );
      if (expired.length > 0) {
        await tx
          .deleteFrom('store_items')
          .where(({ or }) => or(expired.map(isRow)))
          .execute();
      }
      return expired.length;
    });
  }

  /** Rows that nobody else changes meanwhile, always in the same order; those that somebody does change are left out. */
  #locked(
    query: SelectQueryBuilder<SessionDatabase, 'store_items', Pick<ItemTable, 'namespace' | 'key'>>,
  ) {
    const ordered = query.orderBy('namespace').orderBy('key');
    return (this.#dialect.locksRows ? ordered.forUpdate().skipLocked() : ordered).execute();
  }

  #under(prefix: readonly string[]) {
    return this.#reader
      .selectFrom('store_items')
      .where(isUnder(prefix))
      .where(lives(this.#clock.now()));
  }

  #range(prefix: readonly string[], { limit, after }: ItemRange) {
    const rows = this.#under(prefix).orderBy('namespace').orderBy('key').limit(limit);
    return after === null ? rows : rows.where(follows(after));
  }

  #write<T>(work: (tx: Transaction<SessionDatabase>) => Promise<T>): Promise<T> {
    return this.#translated(() =>
      this.#writer.connection().execute((connection) => {
        this.#dialect.setDurability?.(true);
        return connection.transaction().execute(work);
      }),
    );
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await (this.#dialect.retrying?.(work) ?? work());
    } catch (error) {
      throw this.#dialect.translate(error);
    }
  }
}

type Where = ExpressionBuilder<SessionDatabase, 'store_items'>;

const ALL = sql<boolean>`1 = 1`;

function is({ namespace, key }: ItemName) {
  return isRow({ namespace: pathOf(namespace), key });
}

function isRow({ namespace, key }: Pick<ItemTable, 'namespace' | 'key'>) {
  return sql<boolean>`(namespace = ${namespace} AND key = ${key})`;
}

function follows({ namespace, key }: ItemName) {
  return sql<boolean>`(namespace, key) > (${pathOf(namespace)}, ${key})`;
}

function lives(now: number) {
  return ({ or, eb }: Where) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]);
}

/**
 * The namespace itself, and those that it begins: `/` is the character after the `.` between their parts. All of them stand
 * between two names, which ends the look at the index.
 */
function isUnder(prefix: readonly string[]) {
  const path = pathOf(prefix);
  return ({ or, and, eb }: Where) =>
    path === ''
      ? ALL
      : and([
          eb('namespace', '>=', path),
          eb('namespace', '<', `${path}/`),
          or([eb('namespace', '=', path), eb('namespace', '>=', `${path}.`)]),
        ]);
}

function toItem(row: Pick<ItemTable, (typeof ITEM)[number]>): StoreItem {
  return {
    namespace: partsOf(row.namespace),
    key: row.key,
    value: JSON.parse(row.value) as StoreItem['value'],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
