// All threads of the process: LangGraph's MemorySaver keeps the bytes, this keeps beside them what its form has no
// room for (history's order, who wrote what, and what a later epoch replaced), each found without a search.
import type { MemorySaver } from '@langchain/langgraph-checkpoint';
import type { PageRequest } from '../../session/page.ts';
import {
  type CheckpointFilter,
  type CheckpointPlace,
  type CheckpointRow,
  type ForkSource,
  type HistoryInterval,
  type StoredCheckpoint,
  type StoredWrite,
  type OrdinalRange,
  bytesOf,
} from '../../session/ports.ts';
import type { Session } from '../../session/session.ts';
import { serializer } from '../serializer.ts';

/** A write as it is kept, with the epoch that made it. */
export interface MemoryWrite extends StoredWrite {
  readonly epoch: number;
}

interface ReplacedWrite extends MemoryWrite {
  readonly replacedEpoch: number;
}

interface MemoryRow extends CheckpointRow {
  readonly type: string;
  discarded: boolean;
}

/** The writes of one checkpoint. */
interface Writes {
  /** By task and index. */
  readonly current: Map<string, MemoryWrite>;
  replaced: ReplacedWrite[];
}

interface Thread {
  /** By namespace, in the order of their ordinals. */
  readonly histories: Map<string, MemoryRow[]>;
  /** Those of subgraphs, in the order of their ordinals. */
  subgraphs: MemoryRow[];
  /** Namespaces that keep one history for the whole session: without a task's id. */
  readonly persistent: Set<string>;
  readonly byAddress: Map<string, MemoryRow>;
  readonly writes: Map<string, Writes>;
}

export class MemoryCheckpoints {
  /** Where a stock MemorySaver finds everything, too. */
  readonly saver: MemorySaver;
  readonly #threads = new Map<string, Thread>();

  constructor(saver: MemorySaver) {
    this.saver = saver;
  }

  add(sessionId: string, epoch: number, ordinal: number, stored: StoredCheckpoint): void {
    const { checkpoint, metadata, ...described } = stored;
    const { namespace, checkpointId, parentId } = stored;
    this.#addRow({ ...described, sessionId, ordinal, epoch, discarded: false });
    const threads = this.saver.storage;
    const namespaces = (threads[sessionId] ??= {});
    (namespaces[namespace] ??= {})[checkpointId] = [checkpoint, metadata, parentId ?? undefined];
  }

  /** Gives rows to checkpoints that a stock saver has put here, and takes in their writes. */
  adopt(rows: readonly CheckpointRow[]): void {
    for (const row of rows) {
      this.#addRow({ ...row, type: 'json', discarded: false });
      const { current } = this.#writes(row.sessionId, row);
      for (const write of this.#stockWrites(row.sessionId, row)) current.set(keyOf(write), write);
    }
  }

  /** Whether anything was new. */
  addWrites(sessionId: string, epoch: number, writes: readonly StoredWrite[]): boolean {
    let changed = false;
    for (const write of writes) {
      const { current, replaced } = this.#writes(sessionId, write);
      const old = current.get(keyOf(write));
      if (old !== undefined && !write.replaces) continue;
      if (old !== undefined && old.epoch < epoch) replaced.push({ ...old, replacedEpoch: epoch });
      this.#setWrite(sessionId, { ...write, epoch });
      changed = true;
    }
    return changed;
  }

  /** A checkpoint's writes, with their types, as they were when this epoch was the newest. */
  writesOf(sessionId: string, address: Address, upToEpoch = Infinity): MemoryWrite[] {
    const thread = this.#threads.get(sessionId);
    if (thread === undefined) return this.#stockWrites(sessionId, address);
    const writes = thread.writes.get(addressKey(address));
    return [
      ...[...(writes?.current.values() ?? [])].filter(({ epoch }) => epoch <= upToEpoch),
      ...(writes?.replaced ?? []).filter(
        ({ epoch, replacedEpoch }) => epoch <= upToEpoch && replacedEpoch > upToEpoch,
      ),
    ];
  }

  /** Rows of one namespace, or of all, newest first. */
  *history(sessionId: string, namespace?: string, before = Infinity): Generator<CheckpointRow> {
    const thread = this.#threads.get(sessionId);
    if (thread === undefined) return;
    const rows =
      namespace === undefined
        ? [...thread.histories.values()].flat().toSorted((a, b) => a.ordinal - b.ordinal)
        : (thread.histories.get(namespace) ?? []);
    for (let n = countBefore(rows, before) - 1; n >= 0; n -= 1) {
      const row = rows[n];
      if (row !== undefined) yield row;
    }
  }

  /** The newest of a namespace that no rollback took back. */
  newest(sessionId: string, namespace: string, upToEpoch = Infinity): CheckpointRow | undefined {
    const rows = this.#threads.get(sessionId)?.histories.get(namespace);
    return rows?.findLast((row) => !row.discarded && row.epoch <= upToEpoch);
  }

  find(place: CheckpointPlace): CheckpointRow | undefined {
    return this.#threads.get(place.sessionId)?.byAddress.get(addressKey(place));
  }

  /** The highest ordinal under which a checkpoint of this id stands, in whatever namespace. */
  ordinalOf(sessionId: string, checkpointId: string): number | undefined {
    const thread = this.#threads.get(sessionId);
    const found = [...(thread?.histories.keys() ?? [])].flatMap(
      (namespace) => thread?.byAddress.get(addressKey({ namespace, checkpointId })) ?? [],
    );
    return found.length === 0 ? undefined : Math.max(...found.map(({ ordinal }) => ordinal));
  }

  typeOf(sessionId: string, namespace: string, checkpointId: string): string {
    const thread = this.#threads.get(sessionId);
    return thread?.byAddress.get(addressKey({ namespace, checkpointId }))?.type ?? 'json';
  }

  /** LangGraph's metadata; undefined for a checkpoint that is gone. */
  async metadataOf({ sessionId, namespace, checkpointId }: CheckpointPlace): Promise<unknown> {
    const bytes = this.saver.storage[sessionId]?.[namespace]?.[checkpointId];
    return (
      bytes && serializer.loadsTyped(this.typeOf(sessionId, namespace, checkpointId), bytes[1])
    );
  }

  threadIds(): string[] {
    return [...this.#threads.keys()];
  }

  namespaces(sessionId: string): string[] {
    const histories = [...(this.#threads.get(sessionId)?.histories ?? [])];
    return histories
      .filter(([namespace]) => namespace !== '')
      .toSorted(([, a], [, b]) => (a[0]?.ordinal ?? 0) - (b[0]?.ordinal ?? 0))
      .map(([namespace]) => namespace);
  }

  list(sessionId: string, filter: CheckpointFilter, page: PageRequest<number>): CheckpointRow[] {
    const { namespace, source, run } = filter;
    const before = Math.min(page.after ?? Infinity, (run?.upTo ?? Infinity) + 1);
    const rows: CheckpointRow[] = [];
    for (const row of this.history(sessionId, namespace, before)) {
      if (row.ordinal <= (run?.after ?? 0) || rows.length > page.first) break;
      if (source !== null && row.source !== source) continue;
      if (run !== null && row.runId !== run.runId) continue;
      rows.push(row);
    }
    return rows;
  }

  /** Those before it in its namespace, newest first. */
  before({ sessionId, namespace, ordinal }: CheckpointRow, limit: number): CheckpointRow[] {
    return this.history(sessionId, namespace, ordinal).take(limit).toArray();
  }

  next({ sessionId, namespace, ordinal }: CheckpointRow): CheckpointRow | null {
    const rows = this.#threads.get(sessionId)?.histories.get(namespace) ?? [];
    return rows[countBefore(rows, ordinal + 1)] ?? null;
  }

  range(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    { after, before, limit }: OrdinalRange,
  ): CheckpointRow[] {
    const thread = this.#threads.get(sessionId);
    const rows = (whose === 'graph' ? thread?.histories.get('') : thread?.subgraphs) ?? [];
    const end = countBefore(rows, before);
    return rows.slice(Math.max(countBefore(rows, after + 1), end - limit), end).toReversed();
  }

  subgraphsAt(sessionId: string, { after, before, upToEpoch }: HistoryInterval): CheckpointRow[] {
    const thread = this.#threads.get(sessionId);
    if (thread === undefined) return [];
    const counts = (row: MemoryRow) => !row.discarded && row.epoch <= upToEpoch;
    const newest = new Map<string, CheckpointRow>();
    const { subgraphs } = thread;
    const within = subgraphs.slice(
      countBefore(subgraphs, after + 1),
      countBefore(subgraphs, before),
    );
    for (const row of within) if (counts(row)) newest.set(row.namespace, row);
    for (const namespace of thread.persistent) {
      const rows = thread.histories.get(namespace) ?? [];
      const row = rows.slice(0, countBefore(rows, before)).findLast(counts);
      if (row !== undefined) newest.set(namespace, row);
    }
    return [...newest.values()].toSorted((a, b) => a.ordinal - b.ordinal);
  }

  rollBack(sessionId: string, fromEpoch: number): void {
    const thread = this.#thread(sessionId);
    const older = (key: string) => (thread.byAddress.get(key)?.epoch ?? 0) < fromEpoch;
    for (const row of thread.byAddress.values()) row.discarded ||= row.epoch >= fromEpoch;
    for (const [key, writes] of thread.writes) {
      for (const write of writes.current.values()) {
        if (write.epoch >= fromEpoch && older(key)) this.#dropWrite(sessionId, write);
      }
      const back = writes.replaced.filter(
        (write) => write.epoch < fromEpoch && write.replacedEpoch >= fromEpoch,
      );
      writes.replaced = writes.replaced.filter((write) => !back.includes(write));
      for (const write of back) this.#setWrite(sessionId, write);
    }
  }

  /** Copies what a fork starts with; the number of checkpoints. */
  copy(source: ForkSource, target: Session): number {
    let copied = 0;
    for (const place of source.checkpoints) {
      const stored = this.#stored(place, source);
      if (stored === undefined) continue;
      copied += 1;
      this.add(target.id, 0, copied, { ...stored, runId: null });
      this.addWrites(target.id, 0, this.writesOf(place.sessionId, place, place.writesUpTo));
    }
    return copied;
  }

  /** How many bytes the session's checkpoints and writes take. */
  measure(sessionId: string): number {
    const thread = this.#threads.get(sessionId);
    let bytes = 0;
    for (const { namespace, checkpointId } of thread?.byAddress.values() ?? []) {
      const saved = this.saver.storage[sessionId]?.[namespace]?.[checkpointId];
      bytes += (saved?.[0].length ?? 0) + (saved?.[1].length ?? 0);
    }
    for (const { current } of thread?.writes.values() ?? []) bytes += bytesOf(current.values());
    return bytes;
  }

  remove(places: readonly CheckpointPlace[]): void {
    const gone = new Set<CheckpointRow>();
    for (const place of places) {
      const thread = this.#thread(place.sessionId);
      const key = addressKey(place);
      const row = thread.byAddress.get(key);
      if (row === undefined) continue;
      gone.add(row);
      thread.byAddress.delete(key);
      thread.writes.delete(key);
      delete this.saver.storage[place.sessionId]?.[place.namespace]?.[place.checkpointId];
      delete this.saver.writes[writesKey(place.sessionId, place)];
    }
    for (const sessionId of new Set(places.map((place) => place.sessionId))) {
      const thread = this.#thread(sessionId);
      thread.subgraphs = thread.subgraphs.filter((row) => !gone.has(row));
      for (const [namespace, rows] of thread.histories) {
        const left = rows.filter((row) => !gone.has(row));
        if (left.length > 0) thread.histories.set(namespace, left);
        else thread.histories.delete(namespace);
      }
    }
  }

  deleteAll(sessionId: string): void {
    for (const row of this.#threads.get(sessionId)?.byAddress.values() ?? []) {
      delete this.saver.writes[writesKey(sessionId, row)];
    }
    delete this.saver.storage[sessionId];
    this.#threads.delete(sessionId);
  }

  #addRow(row: MemoryRow): void {
    const thread = this.#thread(row.sessionId);
    const key = addressKey(row);
    const known = thread.byAddress.get(key);
    if (known !== undefined) this.#forgetRow(thread, known);
    thread.byAddress.set(key, row);
    const rows = thread.histories.get(row.namespace) ?? [];
    thread.histories.set(row.namespace, rows);
    rows.push(row);
    if (row.namespace === '') return;
    thread.subgraphs.push(row);
    if (!row.namespace.includes(':')) thread.persistent.add(row.namespace);
  }

  /** A checkpoint that is put again gets a new place in history. */
  #forgetRow(thread: Thread, row: MemoryRow): void {
    const rows = thread.histories.get(row.namespace) ?? [];
    rows.splice(rows.indexOf(row), 1);
    if (row.namespace !== '') thread.subgraphs.splice(thread.subgraphs.indexOf(row), 1);
  }

  #stored(place: CheckpointPlace, source: ForkSource): StoredCheckpoint | undefined {
    const sealed = source.sealed.find(
      ({ namespace, checkpointId }) =>
        namespace === place.namespace && checkpointId === place.checkpointId,
    );
    const row = this.#threads.get(place.sessionId)?.byAddress.get(addressKey(place));
    const bytes = this.saver.storage[place.sessionId]?.[place.namespace]?.[place.checkpointId];
    if (row === undefined || bytes === undefined) return undefined;
    return sealed ?? { ...row, checkpoint: bytes[0], metadata: bytes[1] };
  }

  /** Writes as a stock saver has put them. */
  #stockWrites(sessionId: string, { namespace, checkpointId }: Address): MemoryWrite[] {
    const stock = this.saver.writes[writesKey(sessionId, { namespace, checkpointId })] ?? {};
    return Object.entries(stock).map(([key, [taskId, channel, value, taskPath = '']]) => {
      const index = Number(key.slice(key.lastIndexOf(',') + 1));
      const place = { namespace, checkpointId, taskId, taskPath, index };
      return { ...place, channel, type: 'json', value, replaces: false, epoch: 0 };
    });
  }

  #setWrite(sessionId: string, write: MemoryWrite): void {
    this.#writes(sessionId, write).current.set(keyOf(write), write);
    const stock = (this.saver.writes[writesKey(sessionId, write)] ??= {});
    stock[`${write.taskId},${write.index}`] = [
      write.taskId,
      write.channel,
      write.value,
      write.taskPath,
    ];
  }

  #dropWrite(sessionId: string, write: MemoryWrite): void {
    this.#writes(sessionId, write).current.delete(keyOf(write));
    delete this.saver.writes[writesKey(sessionId, write)]?.[`${write.taskId},${write.index}`];
  }

  #writes(sessionId: string, address: Address): Writes {
    const { writes } = this.#thread(sessionId);
    const key = addressKey(address);
    const known = writes.get(key) ?? { current: new Map<string, MemoryWrite>(), replaced: [] };
    writes.set(key, known);
    return known;
  }

  #thread(sessionId: string): Thread {
    let thread = this.#threads.get(sessionId);
    if (thread === undefined) {
      thread = {
        histories: new Map(),
        subgraphs: [],
        persistent: new Set(),
        byAddress: new Map(),
        writes: new Map(),
      };
      this.#threads.set(sessionId, thread);
    }
    return thread;
  }
}

interface Address {
  readonly namespace: string;
  readonly checkpointId: string;
}

/** How many of the rows, which are in the order of their ordinals, come before this one. */
function countBefore(rows: readonly CheckpointRow[], ordinal: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.ordinal ?? Infinity) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}

function addressKey({ namespace, checkpointId }: Address): string {
  return JSON.stringify([namespace, checkpointId]);
}

function keyOf({ taskId, index }: StoredWrite): string {
  return JSON.stringify([taskId, index]);
}

/** The key MemorySaver keeps a checkpoint's writes under. */
function writesKey(sessionId: string, { namespace, checkpointId }: Address): string {
  return JSON.stringify([sessionId, namespace, checkpointId]);
}
