// The saver's checkpoints in memory. The fence is checked and everything stored in one synchronous step.
import { compareWritesSortKeys, writesSortKey } from '@langchain/langgraph-checkpoint';
import type {
  Attempt,
  CheckpointPlace,
  CheckpointRow,
  ProgressBus,
  ProgressSignal,
} from '../../session/ports.ts';
import type { CommittedEvents, HistoryQuery, SaverStorage, StoredTuple } from '../saver-storage.ts';
import type { Step } from '../step-order.ts';
import {
  type CheckpointAddress,
  type SerializedCheckpoint,
  serializeWhole,
} from '../stored-form.ts';
import type { MemoryCheckpoints } from './checkpoints.ts';
import type { MemorySessionStore } from './session-store.ts';

export class MemorySaverStorage implements SaverStorage<SerializedCheckpoint> {
  readonly channelsApart = false;
  readonly storesTogether = false;
  readonly serialize = serializeWhole;
  readonly #checkpoints: MemoryCheckpoints;
  readonly #sessions: MemorySessionStore;
  readonly #bus: ProgressBus;

  constructor(checkpoints: MemoryCheckpoints, sessions: MemorySessionStore, bus: ProgressBus) {
    this.#checkpoints = checkpoints;
    this.#sessions = sessions;
    this.#bus = bus;
  }

  async read(
    { threadId, namespace, checkpointId }: CheckpointAddress,
    upToEpoch: number | null,
  ): Promise<StoredTuple | undefined> {
    const id = checkpointId ?? this.#newestId(threadId, namespace, upToEpoch ?? Infinity);
    return id === undefined
      ? undefined
      : this.#tuple({ sessionId: threadId, namespace, checkpointId: id }, upToEpoch ?? Infinity);
  }

  async *list({ threadId, namespace, checkpointId, beforeId }: HistoryQuery) {
    for (const id of threadId === undefined ? this.#checkpoints.threadIds() : [threadId]) {
      const before =
        beforeId === undefined ? Infinity : (this.#checkpoints.ordinalOf(id, beforeId) ?? 0);
      for (const row of this.#checkpoints.history(id, namespace, before)) {
        if (checkpointId !== undefined && row.checkpointId !== checkpointId) continue;
        const tuple = this.#tuple(row, Infinity);
        if (tuple !== undefined) yield tuple;
      }
    }
  }

  async find(place: CheckpointPlace): Promise<CheckpointRow | null> {
    return this.#checkpoints.find(place) ?? null;
  }

  async before(row: CheckpointRow, limit: number): Promise<readonly CheckpointRow[]> {
    return this.#checkpoints.before(row, limit);
  }

  async stockPlaces(threadId: string): Promise<CheckpointPlace[]> {
    const namespaces = Object.entries(this.#checkpoints.saver.storage[threadId] ?? {});
    return namespaces.flatMap(([namespace, checkpoints]) =>
      Object.keys(checkpoints).map((checkpointId) => ({
        sessionId: threadId,
        namespace,
        checkpointId,
      })),
    );
  }

  async store(
    attempt: Attempt,
    steps: readonly Step<SerializedCheckpoint>[],
  ): Promise<CommittedEvents[]> {
    return steps.map((step) => this.#storeOne(attempt, step));
  }

  publish(sessionId: string, signal: ProgressSignal): void {
    this.#bus.publish(sessionId, signal);
  }

  #storeOne(attempt: Attempt, step: Step<SerializedCheckpoint>): CommittedEvents {
    const { sessionId, epoch, runId } = attempt;
    return this.#sessions.writeStep(attempt, (session) => {
      const storedBytes = session.storedBytes + step.bytes;
      if (step.type === 'writes') {
        const isNew = this.#checkpoints.addWrites(sessionId, epoch, step.writes);
        return isNew ? { patch: { storedBytes }, event: step.event } : { patch: {}, event: null };
      }
      const { content, changedKeys, checkpointId, event, namespace } = step;
      const ordinal = session.lastOrdinal + 1;
      this.#checkpoints.add(sessionId, epoch, ordinal, { ...content, changedKeys, runId });
      const head = namespace === '' && { head: checkpointId };
      return { patch: { lastOrdinal: ordinal, storedBytes, ...head }, event };
    });
  }

  #newestId(threadId: string, namespace: string, upToEpoch: number): string | undefined {
    if (namespace === '') {
      const head = this.#sessions.headOf(threadId);
      if (head !== undefined) return head ?? undefined;
    }
    return this.#checkpoints.newest(threadId, namespace, upToEpoch)?.checkpointId;
  }

  #tuple(place: CheckpointPlace, upToEpoch: number): StoredTuple | undefined {
    const { sessionId, namespace, checkpointId } = place;
    const saved = this.#checkpoints.saver.storage[sessionId]?.[namespace]?.[checkpointId];
    if (saved === undefined) return undefined;
    const [checkpoint, metadata, parentId = null] = saved;
    const type = this.#checkpoints.typeOf(sessionId, namespace, checkpointId);
    const writes = this.#checkpoints
      .writesOf(sessionId, place, upToEpoch)
      .map((write) => ({ write, key: writesSortKey(write.taskPath, write.taskId, write.index) }))
      .toSorted((a, b) => compareWritesSortKeys(a.key, b.key));
    return {
      sessionId,
      namespace,
      checkpointId,
      parentId,
      checkpoint: [type, checkpoint],
      metadata: [type, metadata],
      writes: writes.map(({ write }) => [write.taskId, write.channel, [write.type, write.value]]),
    };
  }
}
