// A session's checkpoints: how they are looked up, and the commands by which a commit adds, copies, takes back and
// removes them.
import type { Checkpoint } from '@langchain/langgraph-checkpoint';
import type { PageRequest } from '../../session/page.ts';
import type {
  CheckpointFilter,
  CheckpointPlace,
  CheckpointRow,
  ForkSource,
  Moment,
  StoredCheckpoint,
  StoredWrite,
  Stretch,
} from '../../session/ports.ts';
import type { CheckpointSource } from '../../session/progress.ts';
import type { Session } from '../../session/session.ts';
import type { Command, RedisDatabase } from './database.ts';
import {
  type Document,
  type WriteDocument,
  copiedWrite,
  inOrder,
  storedDocuments,
  writeDocument,
} from './documents.ts';
import { RARE_SOURCES, isLasting, placeOf, saverKeys } from './keys.ts';

/** A history row as it is stored: what is not in its place. */
type StoredRow = Omit<CheckpointRow, 'sessionId' | 'namespace' | 'checkpointId'> & {
  /** A rollback took it back. */
  readonly discarded?: true;
};

type Row = CheckpointRow & Pick<StoredRow, 'discarded'>;

/** A checkpoint with its channels and its pending writes, in JSON as far as the serializer must read it. */
export interface StoredTuple {
  readonly threadId: string;
  readonly namespace: string;
  readonly parentId: string | null;
  readonly checkpoint: Omit<Checkpoint, 'channel_values'>;
  readonly metadata: unknown;
  readonly values: readonly (readonly [channel: string, json: string])[];
  readonly writes: readonly WriteDocument[];
}

interface CheckpointDocument {
  readonly parent_checkpoint_id: string | null;
  readonly checkpoint: Checkpoint;
  readonly metadata: unknown;
}

/** What an older epoch wrote where a newer one wrote again. */
interface Replaced {
  readonly field: string;
  readonly key: string;
  readonly epoch: number;
  readonly replacedEpoch: number;
  readonly write: WriteDocument;
}

const BATCH = 100;
const MANY = 500;

export class RedisCheckpoints {
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

  /**
   * Tuples in three round trips, however many. With `writesUpTo`, a place's writes as they were when that epoch was
   * the newest; with `channels`, only the values of these.
   */
  async readTuples(
    places: readonly (CheckpointPlace & { readonly writesUpTo?: number | undefined })[],
    channels: readonly string[] | null = null,
  ): Promise<(StoredTuple | undefined)[]> {
    const looks = await this.#database.look(
      places.flatMap(({ sessionId, namespace, checkpointId }): Command[] => [
        ['JSON.GET', saverKeys.checkpoint(sessionId, namespace, checkpointId)],
        ['ZRANGE', saverKeys.writes(sessionId, namespace, checkpointId), 0, -1],
      ]),
    );
    const found = places.map((place, n) => {
      const json = looks[2 * n] as string | null;
      const document = json === null ? undefined : (JSON.parse(json) as CheckpointDocument);
      const versions = Object.entries(document?.checkpoint.channel_versions ?? {}).filter(
        ([channel]) => channels === null || channels.includes(channel),
      );
      const blobKeys = versions.map(([channel, version]) =>
        saverKeys.blob(place.sessionId, place.namespace, channel, version),
      );
      return { place, document, versions, blobKeys, writeKeys: looks[2 * n + 1] as string[] };
    });
    const allBlobs = found.flatMap(({ blobKeys }) => blobKeys);
    const [near, exact, writes] = await Promise.all([
      this.#jsonOf(allBlobs, '$.value'),
      this.#jsonOf(allBlobs, '$.exact'),
      this.#writesOf(found),
    ]);
    let first = 0;
    return found.map(({ place, document, versions }, n): StoredTuple | undefined => {
      if (document === undefined) return undefined;
      const { channel_values: inside, ...checkpoint } = document.checkpoint;
      const begin = first;
      first += versions.length;
      return {
        threadId: place.sessionId,
        namespace: place.namespace,
        parentId: document.parent_checkpoint_id,
        checkpoint,
        metadata: document.metadata,
        values: versions.flatMap(([channel], index): [string, string][] => {
          const text = exact[begin + index] ?? null;
          if (text !== null) return [[channel, (JSON.parse(text) as [string])[0]]];
          const blob = near[begin + index] ?? null;
          if (blob !== null) return [[channel, blob.slice(1, -1)]];
          // A stock saver keeps what a step has changed in the checkpoint itself too.
          return channel in inside ? [[channel, JSON.stringify(inside[channel])]] : [];
        }),
        writes: inOrder(writes[n] ?? []),
      };
    });
  }

  /** JSON of each document's metadata. */
  async readMetadata(places: readonly CheckpointPlace[]): Promise<(string | undefined)[]> {
    const keys = places.map(({ sessionId, namespace, checkpointId }) =>
      saverKeys.checkpoint(sessionId, namespace, checkpointId),
    );
    const texts = await this.#jsonOf(keys, '$.metadata');
    return texts.map((text) => text?.slice(1, -1));
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

  async stretch(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    { after, before, limit }: Stretch,
  ): Promise<CheckpointRow[]> {
    const key =
      whose === 'graph' ? this.#keys.history(sessionId, '') : this.#keys.subgraphs(sessionId);
    const begin = before === Infinity ? '+inf' : `(${before}`;
    const words = [begin, `(${after}`, 'BYSCORE', 'REV', 'LIMIT', 0, limit];
    const [members] = (await this.#database.look([['ZRANGE', key, ...words]])) as [string[]];
    const places = whose === 'graph' ? members.map((id) => placeOf('', id)) : members;
    return (await this.#rowsAt(sessionId, places)).map(withoutMark);
  }

  async subgraphsAt(
    sessionId: string,
    { after, before, upToEpoch }: Moment,
  ): Promise<CheckpointRow[]> {
    const end = before === Infinity ? '+inf' : `(${before}`;
    const [places, lasting] = (await this.#database.look([
      ['ZRANGE', this.#keys.subgraphs(sessionId), `(${after}`, end, 'BYSCORE'],
      ['SMEMBERS', this.#keys.lasting(sessionId)],
    ])) as [string[], string[]];
    const counts = (row: Row) => row.discarded === undefined && row.epoch <= upToEpoch;
    const newest = new Map<string, Row>();
    for (const row of await this.#rowsAt(sessionId, places)) {
      if (counts(row)) newest.set(row.namespace, row);
    }
    for (const namespace of lasting) {
      const from = before === Infinity ? null : before;
      for await (const row of this.#newestFirst(sessionId, namespace, from)) {
        if (!counts(row)) continue;
        newest.set(namespace, row);
        break;
      }
    }
    return [...newest.values()].toSorted((a, b) => a.ordinal - b.ordinal).map(withoutMark);
  }

  /** Adds checkpoints after the session's ordinal, and writes, in the name of the session's epoch. */
  insert(
    session: Session,
    checkpoints: readonly StoredCheckpoint[],
    writes: readonly StoredWrite[],
  ): Command[] {
    const first = session.lastOrdinal - checkpoints.length + 1;
    const written = new Set(
      writes.map(({ namespace, checkpointId }) => placeOf(namespace, checkpointId)),
    );
    return [
      ...writes.flatMap((write) => {
        const [key, json] = writeDocument(session.id, write, session.epoch);
        return this.#writeCommands(session, write.namespace, write.checkpointId, key, json);
      }),
      ...checkpoints.flatMap((stored, n) => {
        const { namespace, checkpointId, parentId, createdAt, runId, step, source, changedKeys } =
          stored;
        const hasWrites = written.has(placeOf(namespace, checkpointId));
        const { epoch } = session;
        return [
          ...this.#documentCommands(session, storedDocuments(session.id, stored, hasWrites)),
          ...this.#rowCommands(session.id, namespace, checkpointId, {
            ordinal: first + n,
            epoch,
            runId,
            parentId,
            createdAt,
            step,
            source,
            changedKeys,
          }),
        ];
      }),
    ];
  }

  /** Copies the source's checkpoints under `target`; undefined where one of them is gone. */
  async copy(source: ForkSource, target: Session): Promise<Command[] | undefined> {
    const tuples = await this.readTuples(source.checkpoints);
    const rows = await this.#rowsAt(
      source.sessionId,
      source.checkpoints.map(({ namespace, checkpointId }) => placeOf(namespace, checkpointId)),
    );
    if (rows.length < source.checkpoints.length) return undefined;
    const commands: Command[] = [];
    for (const [n, row] of rows.entries()) {
      const tuple = tuples[n];
      if (tuple === undefined) return undefined;
      commands.push(...this.#copyOne(source, target, row, tuple, n + 1));
    }
    return commands;
  }

  /** Checkpoints of a thread that is no session: only a search finds them, which no request makes. */
  async stockAddresses(
    threadId: string,
  ): Promise<{ readonly namespace: string; readonly checkpointId: string }[]> {
    const prefix = `checkpoint:${threadId}:`;
    return (await this.#scan(`${prefix}*`)).map((key) => addressOfKey(key, prefix));
  }

  /** Gives rows to checkpoints that a stock saver has written, and takes all of the thread's documents in. */
  async adopt(threadId: string, rows: readonly CheckpointRow[]): Promise<Command[]> {
    const kinds = ['checkpoint', 'checkpoint_blob', 'checkpoint_write', 'write_keys_zset'];
    const found = await Promise.all(kinds.map((kind) => this.#scan(`${kind}:${threadId}:*`)));
    return [
      ...found.flat().map((key): Command => ['ZADD', this.#keys.documents(threadId), 0, key]),
      ...rows.flatMap((row) =>
        this.#rowCommands(threadId, row.namespace, row.checkpointId, withoutPlace(row)),
      ),
    ];
  }

  /** Takes back what epochs from this one on did. */
  async rollBack(sessionId: string, fromEpoch: number): Promise<Command[]> {
    const [keys] = (await this.#database.look([
      ['ZRANGE', this.#keys.documents(sessionId), fromEpoch, '+inf', 'BYSCORE'],
    ])) as [string[]];
    const prefix = `checkpoint:${sessionId}:`;
    const places = keys
      .filter((key) => key.startsWith(prefix))
      .map((key) => addressOfKey(key, prefix))
      .map(({ namespace, checkpointId }) => placeOf(namespace, checkpointId));
    const discarded = await this.#rowsAt(sessionId, places);
    const commands: Command[] = discarded.map((row) => {
      const stored: StoredRow = { ...withoutPlace(row), discarded: true };
      const place = placeOf(row.namespace, row.checkpointId);
      return ['HSET', this.#keys.checkpoints(sessionId), place, JSON.stringify(stored)];
    });

    const taken = new Set(places);
    const writeKeys = keys.filter((key) => key.startsWith('checkpoint_write:'));
    const writes = await this.#documentsOf<WriteDocument>(writeKeys);
    const older = new Map<string, { readonly namespace: string; readonly checkpointId: string }>();
    for (const [n, write] of writes.entries()) {
      const key = writeKeys[n];
      if (write === null || key === undefined) continue;
      const { checkpoint_ns: namespace, checkpoint_id: checkpointId } = write;
      if (taken.has(placeOf(namespace, checkpointId))) continue;
      older.set(placeOf(namespace, checkpointId), { namespace, checkpointId });
      commands.push(['UNLINK', key]);
      commands.push(['ZREM', saverKeys.writes(sessionId, namespace, checkpointId), key]);
      commands.push(['ZREM', this.#keys.documents(sessionId), key]);
    }
    for (const { namespace, checkpointId } of older.values()) {
      const replaced = await this.#replaced(sessionId, namespace, checkpointId);
      // Oldest last, so that what stood there before all of them comes back.
      const restored = replaced
        .filter(({ epoch, replacedEpoch }) => epoch < fromEpoch && replacedEpoch >= fromEpoch)
        .toSorted((a, b) => b.epoch - a.epoch);
      const set = saverKeys.writes(sessionId, namespace, checkpointId);
      const hash = this.#keys.replaced(sessionId, namespace, checkpointId);
      for (const { field, key, epoch, write } of restored) {
        commands.push(['JSON.SET', key, '$', JSON.stringify(write)]);
        commands.push(['ZADD', set, Math.max(0, write.idx), key]);
        commands.push(['ZADD', this.#keys.documents(sessionId), epoch, key]);
        commands.push(['HDEL', hash, field]);
      }
    }
    return commands;
  }

  /** Removes checkpoints with their writes; their values go with `garbage`. */
  async remove(places: readonly CheckpointPlace[]): Promise<Command[]> {
    if (places.length === 0) return [];
    const sets = places.map(({ sessionId, namespace, checkpointId }) =>
      saverKeys.writes(sessionId, namespace, checkpointId),
    );
    const writeKeys = (await this.#database.look(
      sets.map((set): Command => ['ZRANGE', set, 0, -1]),
    )) as string[][];
    const commands = places.flatMap(({ sessionId, namespace, checkpointId }, n): Command[] => {
      const keys = this.#keys;
      const document = saverKeys.checkpoint(sessionId, namespace, checkpointId);
      const documents = [document, sets[n] ?? '', ...(writeKeys[n] ?? [])];
      const place = placeOf(namespace, checkpointId);
      const replaced = keys.replaced(sessionId, namespace, checkpointId);
      return [
        ...inPieces(['UNLINK'], [replaced, ...documents]),
        ...inPieces(['ZREM', keys.documents(sessionId)], documents),
        ['SREM', keys.belongings(sessionId), replaced],
        ['HDEL', keys.checkpoints(sessionId), place],
        ['ZREM', keys.history(sessionId, namespace), checkpointId],
        ['ZREM', keys.subgraphs(sessionId), place],
        ...RARE_SOURCES.map((source): Command => [
          'ZREM',
          keys.sourced(sessionId, source, namespace),
          checkpointId,
        ]),
      ];
    });
    return [...commands, ...(await this.#emptiedNamespaces(places))];
  }

  /** Keys of values that no checkpoint of the session holds. Not on the way of a request. */
  async garbage(sessionId: string): Promise<string[]> {
    const [places] = (await this.#database.look([
      ['HKEYS', this.#keys.checkpoints(sessionId)],
    ])) as [string[]];
    const addresses = places.map(addressOfPlace);
    const held = new Set<string>();
    for (let n = 0; n < addresses.length; n += MANY) {
      const some = addresses.slice(n, n + MANY);
      const keys = some.map(({ namespace, checkpointId }) =>
        saverKeys.checkpoint(sessionId, namespace, checkpointId),
      );
      const texts = await this.#jsonOf(keys, '$.checkpoint.channel_versions');
      for (const [index, { namespace }] of some.entries()) {
        const [versions = {}] = JSON.parse(
          texts[index] ?? '[]',
        ) as Checkpoint['channel_versions'][];
        for (const [channel, version] of Object.entries(versions))
          held.add(saverKeys.blob(sessionId, namespace, channel, version));
      }
    }
    const garbage: string[] = [];
    let cursor = '0';
    do {
      const words = [this.#keys.documents(sessionId), cursor, 'MATCH', 'checkpoint_blob:*'];
      const [[next, flat]] = (await this.#database.look([['ZSCAN', ...words, 'COUNT', 1000]])) as [
        [string, string[]],
      ];
      for (const [key] of pairs(flat)) if (!held.has(key)) garbage.push(key);
      cursor = next;
    } while (cursor !== '0');
    return garbage;
  }

  get #keys() {
    return this.#database.keys;
  }

  #copyOne(
    source: ForkSource,
    target: Session,
    row: CheckpointRow,
    tuple: StoredTuple,
    ordinal: number,
  ): Command[] {
    const { namespace, checkpointId } = row;
    const sealed = source.sealed.find(
      (stored) => stored.namespace === namespace && stored.checkpointId === checkpointId,
    );
    const hasWrites = tuple.writes.length > 0;
    const stored: StoredCheckpoint = sealed ?? {
      ...row,
      type: 'json',
      checkpoint: wholeCheckpoint(tuple),
      metadata: Buffer.from(JSON.stringify(tuple.metadata)),
    };
    return [
      ...this.#documentCommands(
        { ...target, epoch: 0 },
        storedDocuments(target.id, stored, hasWrites),
      ),
      ...tuple.writes.flatMap((write) => {
        const [key, json] = copiedWrite(target.id, write);
        return this.#writeCommands({ ...target, epoch: 0 }, namespace, checkpointId, key, json);
      }),
      ...this.#rowCommands(target.id, namespace, checkpointId, {
        ...withoutPlace(row),
        ordinal,
        epoch: 0,
        runId: null,
      }),
    ];
  }

  #documentCommands(
    session: Pick<Session, 'id' | 'epoch'>,
    documents: readonly Document[],
  ): Command[] {
    return documents.flatMap(([key, json]): Command[] => [
      ['ZADD', this.#keys.documents(session.id), session.epoch, key],
      // A channel's version is written once.
      ['JSON.SET', key, '$', json, ...(key.startsWith('checkpoint_blob:') ? ['NX'] : [])],
    ]);
  }

  #writeCommands(
    session: Pick<Session, 'id' | 'epoch'>,
    namespace: string,
    checkpointId: string,
    key: string,
    json: string,
  ): Command[] {
    const set = saverKeys.writes(session.id, namespace, checkpointId);
    return [
      ...this.#documentCommands(session, [[key, json]]),
      ['ZADD', set, 0, key],
      ['ZADD', this.#keys.documents(session.id), session.epoch, set],
    ];
  }

  #rowCommands(
    sessionId: string,
    namespace: string,
    checkpointId: string,
    row: StoredRow,
  ): Command[] {
    const keys = this.#keys;
    const place = placeOf(namespace, checkpointId);
    const commands: Command[] = [
      ['HSET', keys.checkpoints(sessionId), place, JSON.stringify(row)],
      ['ZADD', keys.history(sessionId, namespace), row.ordinal, checkpointId],
      ['ZADD', keys.namespaces(sessionId), 'NX', row.ordinal, namespace],
    ];
    if (namespace !== '') commands.push(['ZADD', keys.subgraphs(sessionId), row.ordinal, place]);
    if (isLasting(namespace)) commands.push(['SADD', keys.lasting(sessionId), namespace]);
    if (row.source !== 'LOOP') {
      const sourced = keys.sourced(sessionId, row.source, namespace);
      commands.push(['ZADD', sourced, row.ordinal, checkpointId]);
    }
    return commands;
  }

  async #scan(pattern: string): Promise<string[]> {
    const keys = new Set<string>();
    let cursor = '0';
    do {
      const from = cursor;
      const [next, found] = await this.#database.retrying(() =>
        this.#database.redis.scan(from, 'MATCH', pattern, 'COUNT', 1000),
      );
      for (const key of found) keys.add(key);
      cursor = next;
    } while (cursor !== '0');
    return [...keys];
  }

  /** The writes of each of these checkpoints. */
  async #writesOf(
    found: readonly {
      readonly place: CheckpointPlace & { readonly writesUpTo?: number | undefined };
      readonly writeKeys: readonly string[];
    }[],
  ): Promise<WriteDocument[][]> {
    const documents = await this.#documentsOf<WriteDocument>(
      found.flatMap(({ writeKeys }) => writeKeys),
    );
    let first = 0;
    const current = found.map(({ writeKeys }) => {
      const own = documents.slice(first, first + writeKeys.length);
      first += writeKeys.length;
      return own.filter((write) => write !== null);
    });
    return Promise.all(
      found.map(async ({ place, writeKeys }, n) => {
        const { sessionId, namespace, checkpointId, writesUpTo: upToEpoch } = place;
        if (upToEpoch === undefined) return current[n] ?? [];
        const replaced =
          writeKeys.length === 0 ? [] : await this.#replaced(sessionId, namespace, checkpointId);
        return [
          ...(current[n] ?? []).filter(({ epoch = 0 }) => epoch <= upToEpoch),
          ...replaced
            .filter(({ epoch, replacedEpoch }) => epoch <= upToEpoch && replacedEpoch > upToEpoch)
            .map(({ write }) => write),
        ];
      }),
    );
  }

  async #replaced(sessionId: string, namespace: string, checkpointId: string): Promise<Replaced[]> {
    const [flat] = (await this.#database.look([
      ['HGETALL', this.#keys.replaced(sessionId, namespace, checkpointId)],
    ])) as [string[]];
    return pairs(flat).map(([field, text]) => {
      const [, key = '', epoch = ''] = /^(.*) (\d+)$/s.exec(field) ?? [];
      const [, replacedEpoch = '', json = ''] = /^(\d+) (.*)$/s.exec(text) ?? [];
      const [write] = JSON.parse(json) as [WriteDocument];
      return { field, key, epoch: Number(epoch), replacedEpoch: Number(replacedEpoch), write };
    });
  }

  /** Takes namespaces out whose checkpoints are all among these. */
  async #emptiedNamespaces(places: readonly CheckpointPlace[]): Promise<Command[]> {
    const removed = [
      ...Map.groupBy(places, ({ sessionId, namespace }) =>
        this.#keys.history(sessionId, namespace),
      ),
    ];
    const looked = (await this.#database.look(
      removed.flatMap(([history, of]): Command[] => [
        ['ZCARD', history],
        ['ZMSCORE', history, ...of.map(({ checkpointId }) => checkpointId)],
      ]),
    )) as (number | (string | null)[])[];
    return removed.flatMap(([, [place]], n): Command[] => {
      const count = looked[2 * n] as number;
      const there = (looked[2 * n + 1] as (string | null)[]).filter((score) => score !== null);
      if (place === undefined || count > there.length) return [];
      return [
        ['ZREM', this.#keys.namespaces(place.sessionId), place.namespace],
        ['SREM', this.#keys.lasting(place.sessionId), place.namespace],
      ];
    });
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
    const rows = await this.#rowsAt(sessionId, places);
    return rows.at(-1)?.ordinal;
  }

  async #documentsOf<Content>(keys: readonly string[]): Promise<(Content | null)[]> {
    const texts = await this.#jsonOf(keys, '$');
    return texts.map((text) =>
      text === null ? null : ((JSON.parse(text) as [Content])[0] ?? null),
    );
  }

  /** The JSON at a path of each document, within an array; null where there is none. */
  async #jsonOf(keys: readonly string[], path: string): Promise<(string | null)[]> {
    if (keys.length === 0) return [];
    const [texts] = (await this.#database.look([['JSON.MGET', ...keys, path]])) as [
      (string | null)[],
    ];
    return texts.map((text) => (text === '[]' ? null : text));
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
    return this.#rowsAt(
      sessionId,
      checkpointIds.map((id) => placeOf(namespace, id)),
    );
  }

  async #rowsAt(sessionId: string, places: readonly string[]): Promise<Row[]> {
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
}

function addressOfPlace(place: string): { namespace: string; checkpointId: string } {
  const space = place.lastIndexOf(' ');
  return { namespace: place.slice(0, space), checkpointId: place.slice(space + 1) };
}

/** @param prefix what the key of the thread's documents begins with */
function addressOfKey(key: string, prefix: string): { namespace: string; checkpointId: string } {
  const [, namespace = '', checkpointId = ''] =
    /^(.*):([^:]+)$/s.exec(key.slice(prefix.length)) ?? [];
  return { namespace, checkpointId };
}

function toRow(sessionId: string, namespace: string, checkpointId: string, json: string): Row {
  // Rows of an earlier version do not tell when they were made.
  const row = JSON.parse(json) as Omit<StoredRow, 'createdAt'> & { readonly createdAt?: number };
  return { createdAt: 0, ...row, sessionId, namespace, checkpointId };
}

/** A command over many words, as several: a script can pass on only so many at once. */
function inPieces(head: Command, words: readonly string[]): Command[] {
  return Array.from({ length: Math.ceil(words.length / MANY) }, (_, n) => [
    ...head,
    ...words.slice(n * MANY, (n + 1) * MANY),
  ]);
}

function withoutMark({ discarded: _, ...row }: Row): CheckpointRow {
  return row;
}

function withoutPlace(row: CheckpointRow): StoredRow {
  const { sessionId: _s, namespace: _n, checkpointId: _c, ...stored } = row;
  return stored;
}

function wholeCheckpoint({ checkpoint, values }: StoredTuple): Uint8Array {
  const inside = values.map(([channel, json]) => `${JSON.stringify(channel)}:${json}`).join(',');
  return Buffer.from(`${JSON.stringify(checkpoint).slice(0, -1)},"channel_values":{${inside}}}`);
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, n) => [
    String(flat[2 * n]),
    String(flat[2 * n + 1]),
  ]);
}
