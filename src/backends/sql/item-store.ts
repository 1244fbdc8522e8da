// LangGraph's store on SQL: one table, whose key begins with the namespace.
import type { Kysely, SelectQueryBuilder, Transaction } from 'kysely';
import type { Clock, ItemPage, ItemStore, StoreItem } from '../../session/ports.ts';
import { pathOf, partsOf } from '../item-path.ts';
import type { ItemTable, SessionDatabase } from './tables.ts';

/** What the two databases do differently. */
export interface ItemDialect {
  setDurability?(durable: boolean): void;
  /** Does work again whose connection broke. */
  retrying?<T>(work: () => Promise<T>): Promise<T>;
  translate(error: unknown): unknown;
}

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
        .selectAll()
        .where('namespace', '=', pathOf(namespace))
        .where('key', '=', key)
        .executeTakeFirst(),
    );
    return row === undefined ? null : toItem(row);
  }

  async put(namespace: readonly string[], key: string, value: StoreItem['value']): Promise<void> {
    const now = this.#clock.now();
    const changed = { value: JSON.stringify(value), updated_at: now };
    const row = { namespace: pathOf(namespace), key, created_at: now, ...changed };
    await this.#write((tx) =>
      tx
        .insertInto('store_items')
        .values(row)
        .onConflict((conflict) => conflict.columns(['namespace', 'key']).doUpdateSet(changed))
        .execute(),
    );
  }

  async delete(namespace: readonly string[], key: string): Promise<void> {
    await this.#write((tx) =>
      tx
        .deleteFrom('store_items')
        .where('namespace', '=', pathOf(namespace))
        .where('key', '=', key)
        .execute(),
    );
  }

  async list(prefix: readonly string[], { limit, offset }: ItemPage): Promise<StoreItem[]> {
    const rows = await this.#translated(() =>
      under(this.#reader.selectFrom('store_items'), prefix)
        .selectAll()
        .orderBy('updated_at', 'desc')
        .orderBy('namespace')
        .orderBy('key')
        .limit(limit)
        .offset(offset)
        .execute(),
    );
    return rows.map(toItem);
  }

  async namespaces(prefix: readonly string[]): Promise<string[][]> {
    const rows = await this.#translated(() =>
      under(this.#reader.selectFrom('store_items'), prefix)
        .select('namespace')
        .distinct()
        .orderBy('namespace')
        .execute(),
    );
    return rows.map(({ namespace }) => partsOf(namespace));
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

/** The namespace itself, and those that it begins: `/` is the character after the `.` between their parts. */
function under<Output>(
  query: SelectQueryBuilder<SessionDatabase, 'store_items', Output>,
  prefix: readonly string[],
) {
  if (prefix.length === 0) return query;
  const path = pathOf(prefix);
  return query.where(({ or, and, eb }) =>
    or([
      eb('namespace', '=', path),
      and([eb('namespace', '>=', `${path}.`), eb('namespace', '<', `${path}/`)]),
    ]),
  );
}

function toItem(row: ItemTable): StoreItem {
  return {
    namespace: partsOf(row.namespace),
    key: row.key,
    value: JSON.parse(row.value) as StoreItem['value'],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
