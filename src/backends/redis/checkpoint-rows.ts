// The index of a session's checkpoints: a row for each, found by ordinal.
import type { PageRequest } from '../../session/page.ts';
import type {
  CheckpointFilter,
  CheckpointRow,
  HistoryInterval,
  OrdinalRange,
} from '../../session/ports.ts';
import type { CheckpointSource } from '../../session/progress.ts';
import type { RedisDatabase } from './database.ts';
import { addressOfPlace, placeOf } from './keys.ts';
import { pairs } from './replies.ts';

/** A history row as it is stored: what is not in its place. */
export type StoredRow = Omit<CheckpointRow, 'sessionId' | 'namespace' | 'checkpointId'> & {
  /** A rollback took it back. */
  readonly discarded?: true;
};

export type Row = CheckpointRow & Pick<StoredRow, 'discarded'>;

const BATCH = 100;

export class RedisCheckpointRows {
  readonly #database: RedisDatabase;

  constructor(database: RedisDatabase) {
    this.#database = database;
  }

  /** The head of the graph itself; of a subgraph's namespace, the newest that no rollback took back. */
  async newest(
    threadId: string,
    namespace: string,
    upToEpoch: number | null,
  ): Promise<string | undefined> {
    if (namespace === '') {
      const [head] = await this.#database.look([['HGET', this.#keys.session(threadId), 'head']]);
      return typeof head === 'string' && head !== '' ? head : undefined;
    }
    for await (const row of this.#newestFirst(threadId, namespace)) {
      if (row.discarded === undefined && row.epoch <= (upToEpoch ?? Infinity))
        return row.checkpointId;
    }
    return undefined;
  }

  /** Rows, newest first. */
  async *history(
    threadId: string,
    only: { readonly namespace: string | undefined; readonly before: string | undefined },
  ): AsyncGenerator<Row> {
    const before =
      only.before === undefined
        ? null
        : ((await this.#ordinalOf(threadId, only.before, only.namespace ?? '')) ?? 0);
    if (only.namespace !== undefined) yield* this.#newestFirst(threadId, only.namespace, before);
    else {
      const rows = await this.#allNewestFirst(threadId);
      yield* rows.filter(({ ordinal }) => before === null || ordinal < before);
    }
  }

  /** Threads that are sessions; for LangGraph's list over all of them, which no request makes. */
  async threadIds(): Promise<string[]> {
    const [found] = (await this.#database.look([
      ['FT.SEARCH', this.#keys.listIndex, '*', 'NOCONTENT', 'LIMIT', 0, 10_000],
    ])) as [[number, ...string[]]];
    return found.slice(1).map((key) => String(key).slice(this.#keys.listedPrefix.length));
  }

  async list(
    sessionId: string,
    filter: CheckpointFilter,
    page: PageRequest<number>,
  ): Promise<CheckpointRow[]> {
    const { namespace, source, run } = filter;
    const before = Math.min(page.after ?? Infinity, (run?.upTo ?? Infinity) + 1);
    const only = source === null || source === 'LOOP' ? null : source;
    const rows: CheckpointRow[] = [];
    const from = before === Infinity ? null : before;
    for await (const row of this.#newestFirst(sessionId, namespace, from, only)) {
      if (row.ordinal <= (run?.after ?? 0)) break;
      if (source !== null && row.source !== source) continue;
      if (run !== null && row.runId !== run.runId) continue;
      rows.push(withoutMark(row));
      if (rows.length > page.first) break;
    }
    return rows;
  }

  async find(
    sessionId: string,
    checkpointId: string,
    namespace: string,
  ): Promise<CheckpointRow | null> {
    const [row] = await this.#rows(sessionId, namespace, [checkpointId]);
    return row === undefined ? null : withoutMark(row);
  }

  async listNamespaces(sessionId: string): Promise<string[]> {
    const [names] = (await this.#database.look([
      ['ZRANGE', this.#keys.namespaces(sessionId), 0, -1],
    ])) as [string[]];
    return names.filter((name) => name !== '');
  }

  /** Those before it in its namespace, newest first. */
  before(
    { sessionId, namespace, ordinal }: CheckpointRow,
    first: number,
  ): Promise<CheckpointRow[]> {
    const filter = { namespace, source: null, run: null };
    return this.list(sessionId, filter, { first: first - 1, after: ordinal });
  }

  async next({ sessionId, namespace, ordinal }: CheckpointRow): Promise<CheckpointRow | null> {
    const history = this.#keys.history(sessionId, namespace);
    const [ids] = (await this.#database.look([
      ['ZRANGE', history, `(${ordinal}`, '+inf', 'BYSCORE', 'LIMIT', 0, 1],
    ])) as [string[]];
    const [row] = await this.#rows(sessionId, namespace, ids);
    return row === undefined ? null : withoutMark(row);
  }

  async range(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    { after, before, limit }: OrdinalRange,
  ): Promise<CheckpointRow[]> {
    const key =
      whose === 'graph' ? this.#keys.history(sessionId, '') : this.#keys.subgraphs(sessionId);
    const begin = before === Infinity ? '+inf' : `(${before}`;
    const words = [begin, `(${after}`, 'BYSCORE', 'REV', 'LIMIT', 0, limit];
    const [members] = (await this.#database.look([['ZRANGE', key, ...words]])) as [string[]];
    const places = whose === 'graph' ? members.map((id) => placeOf('', id)) : members;
    return (await this.at(sessionId, places)).map(withoutMark);
  }

  async subgraphsAt(
    sessionId: string,
    { after, before, upToEpoch }: HistoryInterval,
  ): Promise<CheckpointRow[]> {
    const end = before === Infinity ? '+inf' : `(${before}`;
    const [places, persistent] = (await this.#database.look([
      ['ZRANGE', this.#keys.subgraphs(sessionId), `(${after}`, end, 'BYSCORE'],
      ['SMEMBERS', this.#keys.persistent(sessionId)],
    ])) as [string[], string[]];
    const counts = (row: Row) => row.discarded === undefined && row.epoch <= upToEpoch;
    const newest = new Map<string, Row>();
    for (const row of await this.at(sessionId, places)) {
      if (counts(row)) newest.set(row.namespace, row);
    }
    for (const namespace of persistent) {
      const from = before === Infinity ? null : before;
      for await (const row of this.#newestFirst(sessionId, namespace, from)) {
        if (!counts(row)) continue;
        newest.set(namespace, row);
        break;
      }
    }
    return [...newest.values()].toSorted((a, b) => a.ordinal - b.ordinal).map(withoutMark);
  }

  /** Those at these places, as far as they are there. */
  async at(sessionId: string, places: readonly string[]): Promise<Row[]> {
    if (places.length === 0) return [];
    const [texts] = (await this.#database.look([
      ['HMGET', this.#keys.checkpoints(sessionId), ...places],
    ])) as [(string | null)[]];
    return places.flatMap((place, n) => {
      const json = texts[n];
      const { namespace, checkpointId } = addressOfPlace(place);
      return json ? [toRow(sessionId, namespace, checkpointId, json)] : [];
    });
  }

  get #keys() {
    return this.#database.keys;
  }

  /** The ordinal of a checkpoint, whose namespace LangGraph does not tell. */
  async #ordinalOf(
    sessionId: string,
    checkpointId: string,
    likely: string,
  ): Promise<number | undefined> {
    for (const namespace of ['', likely]) {
      const row = await this.find(sessionId, checkpointId, namespace);
      if (row !== null) return row.ordinal;
    }
    const places = (await this.listNamespaces(sessionId)).map((namespace) =>
      placeOf(namespace, checkpointId),
    );
    const rows = await this.at(sessionId, places);
    return rows.at(-1)?.ordinal;
  }

  /** @param only one of the rare sources */
  async *#newestFirst(
    sessionId: string,
    namespace: string,
    before: number | null = null,
    only: CheckpointSource | null = null,
  ): AsyncGenerator<Row> {
    const key =
      only === null
        ? this.#keys.history(sessionId, namespace)
        : this.#keys.sourced(sessionId, only, namespace);
    let from = before === null ? '+inf' : `(${before}`;
    for (;;) {
      const [flat] = (await this.#database.look([
        ['ZRANGE', key, from, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, BATCH, 'WITHSCORES'],
      ])) as [string[]];
      const found = pairs(flat);
      yield* await this.#rows(
        sessionId,
        namespace,
        found.map(([id]) => id),
      );
      const last = found.at(-1);
      if (last === undefined || found.length < BATCH) return;
      from = `(${last[1]}`;
    }
  }

  async #allNewestFirst(sessionId: string): Promise<Row[]> {
    const [flat] = (await this.#database.look([
      ['HGETALL', this.#keys.checkpoints(sessionId)],
    ])) as [string[]];
    return pairs(flat)
      .map(([place, json]) => {
        const { namespace, checkpointId } = addressOfPlace(place);
        return toRow(sessionId, namespace, checkpointId, json);
      })
      .toSorted((a, b) => b.ordinal - a.ordinal);
  }

  #rows(sessionId: string, namespace: string, checkpointIds: readonly string[]): Promise<Row[]> {
    return this.at(
      sessionId,
      checkpointIds.map((id) => placeOf(namespace, id)),
    );
  }
}

function toRow(sessionId: string, namespace: string, checkpointId: string, json: string): Row {
  // Rows of an earlier version do not tell when they were made.
  const row = JSON.parse(json) as Omit<StoredRow, 'createdAt'> & { readonly createdAt?: number };
  return { createdAt: 0, ...row, sessionId, namespace, checkpointId };
}

function withoutMark({ discarded: _, ...row }: Row): CheckpointRow {
  return row;
}
