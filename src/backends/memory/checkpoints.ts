// All threads of the process: LangGraph's MemorySaver keeps the bytes, this keeps beside them what its form has no
// room for (history's order, who wrote what, and what a later epoch replaced).
import type { MemorySaver } from '@langchain/langgraph-checkpoint';
import type { PageRequest } from '../../session/page.ts';
import type {
  CheckpointFilter,
  CheckpointRow,
  ForkSource,
  StoredCheckpoint,
  StoredWrite,
} from '../../session/ports.ts';
import type { Session } from '../../session/session.ts';

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

interface Thread {
  readonly rows: MemoryRow[];
  readonly writes: Map<string, MemoryWrite>;
  replaced: ReplacedWrite[];
}

export class MemoryCheckpoints {
  /** Where a stock MemorySaver finds everything, too. */
  readonly saver: MemorySaver;
  readonly #threads = new Map<string, Thread>();

  constructor(saver: MemorySaver) {
    this.saver = saver;
  }

  add(sessionId: string, epoch: number, ordinal: number, stored: StoredCheckpoint): void {
    const thread = this.#thread(sessionId);
    const { namespace, checkpointId, parentId, runId, step, source, changedKeys, type } = stored;
    const known = thread.rows.findIndex(
      (row) => row.namespace === namespace && row.checkpointId === checkpointId,
    );
    if (known !== -1) thread.rows.splice(known, 1);
    thread.rows.push({
      sessionId,
      namespace,
      checkpointId,
      parentId,
      ordinal,
      epoch,
      runId,
      step,
      source,
      changedKeys,
      type,
      discarded: false,
    });
    const threads = this.saver.storage;
    const namespaces = (threads[sessionId] ??= {});
    (namespaces[namespace] ??= {})[checkpointId] = [
      stored.checkpoint,
      stored.metadata,
      parentId ?? undefined,
    ];
  }

  /** Gives rows to checkpoints that a stock saver has put here, and takes in their writes. */
  adopt(rows: readonly CheckpointRow[]): void {
    for (const row of rows) {
      const thread = this.#thread(row.sessionId);
      thread.rows.push({ ...row, type: 'json', discarded: false });
      for (const write of this.#stockWrites(row.sessionId, row))
        thread.writes.set(keyOf(write), write);
    }
  }

  /** Whether anything was new. */
  addWrites(sessionId: string, epoch: number, writes: readonly StoredWrite[]): boolean {
    const thread = this.#thread(sessionId);
    let changed = false;
    for (const write of writes) {
      const key = keyOf(write);
      const old = thread.writes.get(key);
      if (old !== undefined && !write.replaces) continue;
      if (old !== undefined && old.epoch < epoch)
        thread.replaced.push({ ...old, replacedEpoch: epoch });
      this.#setWrite(sessionId, { ...write, epoch });
      changed = true;
    }
    return changed;
  }

  /** A checkpoint's writes, with their types, as they were when this epoch was the newest. */
  writesOf(sessionId: string, address: Address, upToEpoch = Infinity): MemoryWrite[] {
    const thread = this.#threads.get(sessionId);
    if (thread === undefined) return this.#stockWrites(sessionId, address);
    const here = (write: MemoryWrite) =>
      write.epoch <= upToEpoch && addressKey(write) === addressKey(address);
    return [
      ...[...thread.writes.values()].filter(here),
      ...thread.replaced.filter((write) => here(write) && write.replacedEpoch > upToEpoch),
    ];
  }

  /** Newest first. */
  history(sessionId: string, accepts: (row: CheckpointRow) => boolean): CheckpointRow[] {
    return (this.#threads.get(sessionId)?.rows ?? []).filter(accepts).toReversed();
  }

  /** The newest of a namespace that no rollback took back. */
  newest(sessionId: string, namespace: string, upToEpoch = Infinity): CheckpointRow | undefined {
    return this.#threads
      .get(sessionId)
      ?.rows.findLast(
        (row) => row.namespace === namespace && !row.discarded && row.epoch <= upToEpoch,
      );
  }

  typeOf(sessionId: string, namespace: string, checkpointId: string): string {
    const rows = this.#threads.get(sessionId)?.rows ?? [];
    return (
      rows.find((row) => row.namespace === namespace && row.checkpointId === checkpointId)?.type ??
      'json'
    );
  }

  threadIds(): string[] {
    return [...this.#threads.keys()];
  }

  list(sessionId: string, filter: CheckpointFilter, page: PageRequest<number>): CheckpointRow[] {
    return this.history(
      sessionId,
      (row) =>
        row.namespace === filter.namespace &&
        (filter.source === null || row.source === filter.source) &&
        (filter.runId === null || row.runId === filter.runId) &&
        (page.after === null || row.ordinal < page.after),
    ).slice(0, page.first + 1);
  }

  firstChild(parent: CheckpointRow): CheckpointRow | null {
    const rows = this.#threads.get(parent.sessionId)?.rows ?? [];
    return (
      rows.find(
        (row) =>
          row.namespace === parent.namespace &&
          row.parentId === parent.checkpointId &&
          !row.discarded,
      ) ?? null
    );
  }

  rollBack(sessionId: string, fromEpoch: number): void {
    const thread = this.#thread(sessionId);
    for (const row of thread.rows) row.discarded ||= row.epoch >= fromEpoch;
    const older = new Set(
      thread.rows.filter(({ epoch }) => epoch < fromEpoch).map((row) => addressKey(row)),
    );
    for (const write of thread.writes.values()) {
      if (write.epoch >= fromEpoch && older.has(addressKey(write)))
        this.#dropWrite(sessionId, write);
    }
    const back = thread.replaced.filter(
      (write) => write.epoch < fromEpoch && write.replacedEpoch >= fromEpoch,
    );
    thread.replaced = thread.replaced.filter((write) => !back.includes(write));
    for (const write of back) this.#setWrite(sessionId, write);
  }

  /** Copies what a fork starts with; the number of checkpoints. */
  copy(source: ForkSource, target: Session): number {
    const upTo = source.upToEpoch ?? Infinity;
    const before = source.beforeOrdinal ?? Infinity;
    const rows = this.#threads.get(source.sessionId)?.rows ?? [];
    const live = source.namespaces.flatMap(
      (namespace) =>
        rows.findLast(
          (row) =>
            row.namespace === namespace &&
            !row.discarded &&
            row.epoch <= upTo &&
            row.ordinal < before,
        ) ?? [],
    );
    const root = rows.filter(
      (row) => row.namespace === '' && row.checkpointId === source.checkpointId,
    );
    const copies = [...live, ...root];
    for (const [index, row] of copies.entries()) {
      this.add(target.id, 0, index + 1, { ...this.#stored(row, source), runId: null });
      this.addWrites(target.id, 0, this.writesOf(row.sessionId, row, upTo));
    }
    return copies.length;
  }

  deleteAll(sessionId: string): void {
    const thread = this.#threads.get(sessionId);
    for (const write of thread?.writes.values() ?? []) {
      delete this.saver.writes[writesKey(sessionId, write)];
    }
    delete this.saver.storage[sessionId];
    this.#threads.delete(sessionId);
  }

  #stored(row: MemoryRow, source: ForkSource): StoredCheckpoint {
    const sealed = source.sealed.find(
      ({ namespace, checkpointId }) =>
        namespace === row.namespace && checkpointId === row.checkpointId,
    );
    const bytes = this.saver.storage[row.sessionId]?.[row.namespace]?.[row.checkpointId];
    if (bytes === undefined) throw new Error(`checkpoint ${row.checkpointId} has no bytes`);
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
    this.#thread(sessionId).writes.set(keyOf(write), write);
    const stock = (this.saver.writes[writesKey(sessionId, write)] ??= {});
    stock[`${write.taskId},${write.index}`] = [
      write.taskId,
      write.channel,
      write.value,
      write.taskPath,
    ];
  }

  #dropWrite(sessionId: string, write: MemoryWrite): void {
    this.#thread(sessionId).writes.delete(keyOf(write));
    delete this.saver.writes[writesKey(sessionId, write)]?.[`${write.taskId},${write.index}`];
  }

  #thread(sessionId: string): Thread {
    let thread = this.#threads.get(sessionId);
    if (thread === undefined) {
      thread = { rows: [], writes: new Map(), replaced: [] };
      this.#threads.set(sessionId, thread);
    }
    return thread;
  }
}

interface Address {
  readonly namespace: string;
  readonly checkpointId: string;
}

function addressKey({ namespace, checkpointId }: Address): string {
  return JSON.stringify([namespace, checkpointId]);
}

function keyOf({ namespace, checkpointId, taskId, index }: StoredWrite): string {
  return JSON.stringify([namespace, checkpointId, taskId, index]);
}

/** The key MemorySaver keeps a checkpoint's writes under. */
function writesKey(sessionId: string, { namespace, checkpointId }: Address): string {
  return JSON.stringify([sessionId, namespace, checkpointId]);
}
