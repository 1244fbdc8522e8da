// The commands by which a commit adds, copies, takes back and removes a session's checkpoints.
import type { Checkpoint } from '@langchain/langgraph-checkpoint';
import type {
  CheckpointPlace,
  CheckpointRow,
  ForkSource,
  Orphans,
  StoredCheckpoint,
  StoredWrite,
} from '../../session/ports.ts';
import type { Session } from '../../session/session.ts';
import type { RedisCheckpointRows, StoredRow } from './checkpoint-rows.ts';
import type { RedisCheckpointTuples, CheckpointDocuments } from './checkpoint-tuples.ts';
import type { Command, RedisDatabase } from './database.ts';
import {
  type Document,
  type WriteDocument,
  copiedWrite,
  storedDocuments,
  writeDocument,
} from './documents.ts';
import { RARE_SOURCES, addressOfPlace, isPersistent, placeOf, saverKeys } from './keys.ts';
import { pairs } from './replies.ts';

const MANY = 500;
/** What the saver's keys begin with. */
const KINDS = ['checkpoint', 'checkpoint_blob', 'checkpoint_write', 'write_keys_zset'];

export class RedisCheckpointCommands {
  readonly #database: RedisDatabase;
  readonly #rows: RedisCheckpointRows;
  readonly #tuples: RedisCheckpointTuples;

  constructor(database: RedisDatabase, rows: RedisCheckpointRows, tuples: RedisCheckpointTuples) {
    this.#database = database;
    this.#rows = rows;
    this.#tuples = tuples;
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
          ...this.#documentCommands(
            session,
            storedDocuments(this.#keys.prefix, session.id, stored, hasWrites),
          ),
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
    const tuples = await this.#tuples.read(source.checkpoints);
    const rows = await this.#rows.at(
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
    const found = await Promise.all(KINDS.map((kind) => this.#scan(`${kind}:${threadId}:*`)));
    return [
      ...found.flat().map((key): Command => ['ZADD', this.#keys.documents(threadId), 0, key]),
      ...rows.flatMap((row) =>
        this.#rowCommands(threadId, row.namespace, row.checkpointId, withoutPlace(row)),
      ),
    ];
  }

  /** Threads that some of the saver's documents are of, and where the next part begins; null: the end. */
  async stockThreads(cursor: string, limit: number): Promise<Orphans> {
    const [next, keys] = await this.#database.retrying(() =>
      this.#database.redis.scan(cursor, 'MATCH', 'checkpoint*', 'COUNT', limit),
    );
    const documents = keys.filter((key) => /^checkpoint(_blob|_write)?:/.test(key));
    const [texts, gateways] = await Promise.all([
      this.#tuples.jsonOf(documents, '$.thread_id'),
      this.#tuples.jsonOf(documents, '$.gateway'),
    ]);
    const threads = texts.map((text) => (text === null ? [] : (JSON.parse(text) as string[])));
    const isOwn = (n: number) =>
      (JSON.parse(gateways[n] ?? '[]') as string[]).includes(this.#keys.prefix);
    return {
      threadIds: [...new Set(threads.flat())],
      own: [...new Set(threads.flatMap((ids, n) => (isOwn(n) ? ids : [])))],
      next: next === '0' ? null : next,
    };
  }

  /** Removes all that the saver has of a thread. */
  async deleteStockThread(threadId: string): Promise<void> {
    const pattern = threadId.replaceAll(/[*?[\]\\^]/g, String.raw`\$&`);
    for (const kind of KINDS) {
      const keys = await this.#scan(`${kind}:${pattern}:*`);
      await this.#database.look(inPieces(['UNLINK'], keys));
    }
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
    const discarded = await this.#rows.at(sessionId, places);
    const commands: Command[] = discarded.map((row) => {
      const stored: StoredRow = { ...withoutPlace(row), discarded: true };
      const place = placeOf(row.namespace, row.checkpointId);
      return ['HSET', this.#keys.checkpoints(sessionId), place, JSON.stringify(stored)];
    });

    const taken = new Set(places);
    const writeKeys = keys.filter((key) => key.startsWith('checkpoint_write:'));
    const writes = await this.#tuples.documentsOf<WriteDocument>(writeKeys);
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
      const replaced = await this.#tuples.replaced(sessionId, namespace, checkpointId);
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

  /** How many bytes the session's documents take. Not on the way of a request. */
  async measure(sessionId: string): Promise<number> {
    const documents = this.#keys.documents(sessionId);
    let bytes = 0;
    let cursor = '0';
    do {
      const [[next, flat]] = (await this.#database.look([
        ['ZSCAN', documents, cursor, 'COUNT', 1000],
      ])) as [[string, string[]]];
      const keys = pairs(flat).flatMap(([key]) => (key.startsWith('write_keys') ? [] : [key]));
      const texts = await this.#tuples.jsonOf(keys, '$');
      for (const text of texts) bytes += Buffer.byteLength(text ?? '');
      cursor = next;
    } while (cursor !== '0');
    return bytes;
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
      const texts = await this.#tuples.jsonOf(keys, '$.checkpoint.channel_versions');
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
    tuple: CheckpointDocuments,
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
        storedDocuments(this.#keys.prefix, target.id, stored, hasWrites),
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
    if (isPersistent(namespace)) commands.push(['SADD', keys.persistent(sessionId), namespace]);
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
        ['SREM', this.#keys.persistent(place.sessionId), place.namespace],
      ];
    });
  }
}

/** @param prefix what the key of the thread's documents begins with */
function addressOfKey(key: string, prefix: string): { namespace: string; checkpointId: string } {
  const [, namespace = '', checkpointId = ''] =
    /^(.*):([^:]+)$/s.exec(key.slice(prefix.length)) ?? [];
  return { namespace, checkpointId };
}

/** A command over many words, as several: a script can pass on only so many at once. */
function inPieces(head: Command, words: readonly string[]): Command[] {
  return Array.from({ length: Math.ceil(words.length / MANY) }, (_, n) => [
    ...head,
    ...words.slice(n * MANY, (n + 1) * MANY),
  ]);
}

function withoutPlace(row: CheckpointRow): StoredRow {
  const { sessionId: _s, namespace: _n, checkpointId: _c, ...stored } = row;
  return stored;
}

function wholeCheckpoint({ checkpoint, values }: CheckpointDocuments): Uint8Array {
  const inside = values.map(([channel, json]) => `${JSON.stringify(channel)}:${json}`).join(',');
  return Buffer.from(`${JSON.stringify(checkpoint).slice(0, -1)},"channel_values":{${inside}}}`);
}
