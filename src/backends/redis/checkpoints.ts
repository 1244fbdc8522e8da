// A session's checkpoints: how they are looked up, and the commands by which a commit adds, copies and takes them back.
import type { Checkpoint } from '@langchain/langgraph-checkpoint';
import type { PageRequest } from '../../session/page.ts';
import type {
  CheckpointFilter,
  CheckpointRow,
  ForkSource,
  StoredCheckpoint,
  StoredWrite,
} from '../../session/ports.ts';
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
import { placeOf, saverKeys } from './keys.ts';

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

  /** With `upToEpoch`, its writes as they were when that epoch was the newest. */
  async readTuple(
    threadId: string,
    namespace: string,
    checkpointId: string,
    upToEpoch: number | null,
  ): Promise<StoredTuple | undefined> {
    const [json, writeKeys] = (await this.#database.look([
      ['JSON.GET', saverKeys.checkpoint(threadId, namespace, checkpointId)],
      ['ZRANGE', saverKeys.writes(threadId, namespace, checkpointId), 0, -1],
    ])) as [string | null, string[]];
    if (json === null) return undefined;
    const document = JSON.parse(json) as CheckpointDocument;
    const { channel_values: inside, ...checkpoint } = document.checkpoint;
    const versions = Object.entries(checkpoint.channel_versions);
    const blobKeys = versions.map(([channel, version]) =>
      saverKeys.blob(threadId, namespace, channel, version),
    );
    const [near, exact, writes] = await Promise.all([
      this.#jsonOf(blobKeys, '$.value'),
      this.#jsonOf(blobKeys, '$.exact'),
      this.#writes(threadId, writeKeys, upToEpoch),
    ]);
    const values = versions.flatMap(([channel], n): [string, string][] => {
      const text = exact[n] ?? null;
      if (text !== null) return [[channel, (JSON.parse(text) as [string])[0]]];
      const blob = near[n] ?? null;
      if (blob !== null) return [[channel, blob.slice(1, -1)]];
      // A stock saver keeps what a step has changed in the checkpoint itself too.
      return channel in inside ? [[channel, JSON.stringify(inside[channel])]] : [];
    });
    return {
      threadId,
      namespace,
      parentId: document.parent_checkpoint_id,
      checkpoint,
      metadata: document.metadata,
      values,
      writes: inOrder(writes),
    };
  }

  /** Rows, newest first. */
  async *history(
    threadId: string,
    only: { readonly namespace: string | undefined; readonly before: string | undefined },
  ): AsyncGenerator<Row> {
    const rows =
      only.namespace === undefined
        ? await this.#allNewestFirst(threadId)
        : this.#newestFirst(threadId, only.namespace);
    let passed = only.before === undefined;
    for await (const row of rows) {
      if (passed) yield row;
      else passed = row.checkpointId === only.before;
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
    const rows: CheckpointRow[] = [];
    for await (const row of this.#newestFirst(sessionId, filter.namespace, page.after)) {
      if (filter.source !== null && row.source !== filter.source) continue;
      if (filter.runId !== null && row.runId !== filter.runId) continue;
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

  async firstChild(row: CheckpointRow): Promise<CheckpointRow | null> {
    const field = placeOf(row.namespace, row.checkpointId);
    const [child] = await this.#database.look([
      ['HGET', this.#keys.children(row.sessionId), field],
    ]);
    return typeof child === 'string' ? this.find(row.sessionId, child, row.namespace) : null;
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
        const { namespace, checkpointId, parentId, runId, step, source, changedKeys } = stored;
        const hasWrites = written.has(placeOf(namespace, checkpointId));
        const { epoch } = session;
        return [
          ...this.#documentCommands(session, storedDocuments(session.id, stored, hasWrites)),
          ...this.#rowCommands(session.id, namespace, checkpointId, {
            ordinal: first + n,
            epoch,
            runId,
            parentId,
            step,
            source,
            changedKeys,
          }),
        ];
      }),
    ];
  }

  /** Copies the source's checkpoints under `target`; their number. */
  async copy(
    source: ForkSource,
    target: Session,
  ): Promise<{ readonly commands: Command[]; readonly count: number }> {
    const addresses: CheckpointRow[] = [];
    for (const namespace of source.namespaces) {
      for await (const row of this.#newestFirst(
        source.sessionId,
        namespace,
        source.beforeOrdinal,
      )) {
        if (row.discarded !== undefined || row.epoch > (source.upToEpoch ?? Infinity)) continue;
        addresses.push(row);
        break;
      }
    }
    const root = await this.find(source.sessionId, source.checkpointId, '');
    if (root !== null) addresses.push(root);
    const commands: Command[][] = [];
    for (const [n, row] of addresses.entries()) {
      commands.push(await this.#copyOne(source, target, row, n + 1));
    }
    return { commands: commands.flat(), count: addresses.length };
  }

  /** Checkpoints of a thread that is no session: only a search finds them, which no request makes. */
  async stockAddresses(
    threadId: string,
  ): Promise<{ readonly namespace: string; readonly checkpointId: string }[]> {
    const keys = await this.#scan(`checkpoint:${threadId}:*`);
    return keys.map((key) => {
      const [, namespace = '', checkpointId = ''] =
        /^(.*):([^:]+)$/s.exec(key.slice(`checkpoint:${threadId}:`.length)) ?? [];
      return { namespace, checkpointId };
    });
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
    const discarded: Row[] = [];
    for (const namespace of ['', ...(await this.listNamespaces(sessionId))]) {
      for await (const row of this.#newestFirst(sessionId, namespace)) {
        if (row.epoch < fromEpoch) break;
        discarded.push(row);
      }
    }
    const commands = await this.#discard(sessionId, discarded);
    const [taken] = (await this.#database.look([
      ['ZRANGE', this.#keys.documents(sessionId), fromEpoch, '+inf', 'BYSCORE'],
    ])) as [string[]];
    const writeKeys = taken.filter((key) => key.startsWith('checkpoint_write:'));
    const [writes, replaced] = await Promise.all([
      this.#documentsOf<WriteDocument>(writeKeys),
      this.#replaced(sessionId),
    ]);
    for (const [n, write] of writes.entries()) {
      const place = write && (await this.find(sessionId, write.checkpoint_id, write.checkpoint_ns));
      const key = writeKeys[n];
      if (!place || key === undefined || place.epoch >= fromEpoch) continue;
      const set = saverKeys.writes(sessionId, write.checkpoint_ns, write.checkpoint_id);
      commands.push(['UNLINK', key], ['ZREM', set, key]);
      commands.push(['ZREM', this.#keys.documents(sessionId), key]);
    }
    // Oldest last, so that what stood there before all of them comes back.
    const restored = replaced
      .filter(({ epoch, replacedEpoch }) => epoch < fromEpoch && replacedEpoch >= fromEpoch)
      .toSorted((a, b) => a.epoch - b.epoch);
    for (const { field, key, epoch, write } of restored) {
      const set = saverKeys.writes(sessionId, write.checkpoint_ns, write.checkpoint_id);
      commands.push(['JSON.SET', key, '$', JSON.stringify(write)]);
      commands.push(['ZADD', set, Math.max(0, write.idx), key]);
      commands.push(['ZADD', this.#keys.documents(sessionId), epoch, key]);
      commands.push(['HDEL', this.#keys.replaced(sessionId), field]);
    }
    return commands;
  }

  get #keys() {
    return this.#database.keys;
  }

  /** Marks rows, and forgets those of them that were their parent's first child: younger ones are marked as well. */
  async #discard(sessionId: string, rows: readonly Row[]): Promise<Command[]> {
    const parents = rows.map(({ namespace, parentId }) => placeOf(namespace, parentId ?? ''));
    const children = this.#keys.children(sessionId);
    const firsts =
      parents.length === 0
        ? []
        : ((await this.#database.look([['HMGET', children, ...parents]]))[0] as unknown[]);
    return rows.flatMap((row, n): Command[] => {
      const { namespace, checkpointId } = row;
      const stored: StoredRow = { ...withoutPlace(row), discarded: true };
      const place = placeOf(namespace, checkpointId);
      const parent = parents[n] ?? '';
      return [
        ['HSET', this.#keys.checkpoints(sessionId), place, JSON.stringify(stored)],
        ...(firsts[n] === checkpointId ? [['HDEL', children, parent] as const] : []),
      ];
    });
  }

  async #copyOne(
    source: ForkSource,
    target: Session,
    row: CheckpointRow,
    ordinal: number,
  ): Promise<Command[]> {
    const { namespace, checkpointId } = row;
    const { sessionId, upToEpoch } = source;
    const tuple = await this.readTuple(sessionId, namespace, checkpointId, upToEpoch);
    if (tuple === undefined) return [];
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
      ['JSON.SET', key, '$', json],
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
    if (row.parentId !== null) {
      const parent = placeOf(namespace, row.parentId);
      commands.push(['HSETNX', keys.children(sessionId), parent, checkpointId]);
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

  async #writes(
    threadId: string,
    writeKeys: readonly string[],
    upToEpoch: number | null,
  ): Promise<WriteDocument[]> {
    const found = await this.#documentsOf<WriteDocument>(writeKeys);
    const writes = found.filter((write) => write !== null);
    if (upToEpoch === null) return writes;
    const replaced = await this.#replaced(threadId);
    return [
      ...writes.filter(({ epoch = 0 }) => epoch <= upToEpoch),
      ...replaced
        .filter(
          ({ key, epoch, replacedEpoch }) =>
            writeKeys.includes(key) && epoch <= upToEpoch && replacedEpoch > upToEpoch,
        )
        .map(({ write }) => write),
    ];
  }

  async #replaced(sessionId: string): Promise<Replaced[]> {
    const [flat] = (await this.#database.look([['HGETALL', this.#keys.replaced(sessionId)]])) as [
      string[],
    ];
    return pairs(flat).map(([field, text]) => {
      const [, key = '', epoch = ''] = /^(.*) (\d+)$/s.exec(field) ?? [];
      const [, replacedEpoch = '', json = ''] = /^(\d+) (.*)$/s.exec(text) ?? [];
      const [write] = JSON.parse(json) as [WriteDocument];
      return { field, key, epoch: Number(epoch), replacedEpoch: Number(replacedEpoch), write };
    });
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

  async *#newestFirst(
    sessionId: string,
    namespace: string,
    before: number | null = null,
  ): AsyncGenerator<Row> {
    let from = before === null ? '+inf' : `(${before}`;
    for (;;) {
      const [flat] = (await this.#database.look([
        [
          'ZRANGE',
          this.#keys.history(sessionId, namespace),
          from,
          '-inf',
          'BYSCORE',
          'REV',
          'LIMIT',
          0,
          BATCH,
          'WITHSCORES',
        ],
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
        const space = place.lastIndexOf(' ');
        return toRow(sessionId, place.slice(0, space), place.slice(space + 1), json);
      })
      .toSorted((a, b) => b.ordinal - a.ordinal);
  }

  async #rows(
    sessionId: string,
    namespace: string,
    checkpointIds: readonly string[],
  ): Promise<Row[]> {
    if (checkpointIds.length === 0) return [];
    const places = checkpointIds.map((id) => placeOf(namespace, id));
    const [texts] = (await this.#database.look([
      ['HMGET', this.#keys.checkpoints(sessionId), ...places],
    ])) as [(string | null)[]];
    return checkpointIds.flatMap((id, n) => {
      const json = texts[n];
      return json ? [toRow(sessionId, namespace, id, json)] : [];
    });
  }
}

function toRow(sessionId: string, namespace: string, checkpointId: string, json: string): Row {
  return { ...(JSON.parse(json) as StoredRow), sessionId, namespace, checkpointId };
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
