// From LangGraph's put and putWrites to what the savers of every backend store: bytes, and what is logged of them.
import { Buffer } from 'node:buffer';
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type PendingWrite,
  type SerializerProtocol,
  TASKS,
  WRITES_IDX_MAP,
  copyCheckpoint,
  maxChannelVersion,
} from '@langchain/langgraph-checkpoint';
import { invalidInput } from '../errors.ts';
import { serializer } from './serializer.ts';
import { readableWords } from '../secrets.ts';
import { ERROR, NO_OUTPUT, checkpointSourceOf } from '../session/langgraph-names.ts';
import {
  type Attempt,
  type CheckpointPlace,
  type StoredCheckpoint,
  type StoredWrite,
  bytesOf,
} from '../session/ports.ts';
import type { DurableDetail } from '../session/progress.ts';

/** Where in a session's history a config points. */
export interface CheckpointAddress {
  readonly threadId: string;
  readonly namespace: string;
  readonly checkpointId: string | undefined;
}

export function addressOf(config: RunnableConfig): CheckpointAddress {
  const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
  if (typeof thread_id !== 'string' || thread_id === '') {
    throw invalidInput('The config has no thread_id.');
  }
  return {
    threadId: thread_id,
    namespace: typeof checkpoint_ns === 'string' ? checkpoint_ns : '',
    checkpointId:
      typeof checkpoint_id === 'string' && checkpoint_id !== '' ? checkpoint_id : undefined,
  };
}

/** A place as the key of a map. */
export function placeKey({ sessionId, namespace, checkpointId }: CheckpointPlace): string {
  return JSON.stringify([sessionId, namespace, checkpointId]);
}

/** When a checkpoint was made, in ms since 1970. */
export function madeAt({ ts }: Pick<Checkpoint, 'ts'>): number {
  return Date.parse(ts) || 0;
}

/** More decimals than these RedisJSON does not keep exactly, once the whole part has six digits. */
const VERSION_DECIMALS = 9;

/**
 * The version of a channel that follows `current`, with a fraction that no sibling branch has: stores that keep a
 * channel's values by their version then keep branches apart. Whole numbers of older checkpoints go on from.
 */
export function nextBranchVersion(current: number | undefined): number {
  const next = Math.floor(current ?? 0) + 1;
  return Number((next + Math.random()).toFixed(VERSION_DECIMALS));
}

/** Before version 4, LangGraph kept a checkpoint's Sends among its parent's pending writes. Changes `checkpoint`. */
export function restorePendingSends(
  checkpoint: Checkpoint,
  parentWrites: readonly CheckpointPendingWrite[],
): void {
  const sends = parentWrites.flatMap(([, channel, value]) => (channel === TASKS ? [value] : []));
  if (sends.length === 0) return;
  const versions = Object.values(checkpoint.channel_versions);
  checkpoint.channel_values[TASKS] = sends;
  checkpoint.channel_versions[TASKS] = versions.length > 0 ? maxChannelVersion(...versions) : 1;
}

/** What a saver knows of a checkpoint that it stores whole. */
export type SerializedCheckpoint = Omit<StoredCheckpoint, 'changedKeys' | 'runId'>;

/** A checkpoint serialized, without what only the graph can tell of it. */
export async function serializeCheckpoint(
  serde: SerializerProtocol,
  address: CheckpointAddress,
  checkpoint: Checkpoint,
  metadata: CheckpointMetadata,
): Promise<SerializedCheckpoint> {
  const [[type, bytes], [metadataType, metadataBytes]] = await Promise.all([
    serde.dumpsTyped(copyCheckpoint(checkpoint)),
    serde.dumpsTyped(metadata),
  ]);
  if (type !== metadataType)
    throw new Error('checkpoint and metadata serialize to different types');
  return {
    namespace: address.namespace,
    checkpointId: checkpoint.id,
    parentId: address.checkpointId ?? null,
    createdAt: madeAt(checkpoint),
    type,
    checkpoint: bytes,
    metadata: metadataBytes,
    step: metadata.step,
    source: checkpointSourceOf(metadata.source),
  };
}

/** For backends that store a checkpoint whole: what they store, and how many bytes it takes. */
export async function serializeWhole(
  address: CheckpointAddress,
  checkpoint: Checkpoint,
  metadata: CheckpointMetadata,
): Promise<{ content: SerializedCheckpoint; bytes: number }> {
  const content = await serializeCheckpoint(serializer, address, checkpoint, metadata);
  return { content, bytes: bytesOf([content]) };
}

/** A task's writes serialized. Special channels have one slot each, whose newest write counts. */
export function serializeWrites(
  serde: SerializerProtocol,
  config: RunnableConfig,
  writes: readonly PendingWrite[],
  taskId: string,
  taskPath: string,
): Promise<StoredWrite[]> {
  const { namespace, checkpointId } = addressOf(config);
  if (checkpointId === undefined) throw invalidInput('The config has no checkpoint_id.');
  const replaces = writes.every(([channel]) => channel in WRITES_IDX_MAP);
  return Promise.all(
    writes.map(async ([channel, value], index) => {
      const [type, bytes] = await serde.dumpsTyped(
        channel === ERROR ? readableError(value) : value,
      );
      return {
        namespace,
        checkpointId,
        taskId,
        taskPath,
        index: WRITES_IDX_MAP[channel] ?? index,
        channel,
        type,
        value: bytes,
        replaces,
      };
    }),
  );
}

/** The event that a task's writes report: its node finished, or failed. Null where they report none. */
export async function nodeFinished(
  attempt: Attempt,
  writes: readonly PendingWrite[],
  { namespace, checkpointId }: CheckpointAddress,
  taskId: string,
  taskPath: string,
): Promise<DurableDetail | null> {
  const failure = writes.find(([channel]) => channel === ERROR);
  if (failure === undefined && writes.every(([channel]) => NO_OUTPUT.has(channel))) return null;
  const node = await attempt.nodeOf(taskId, taskPath);
  if (node === null) return null;
  return {
    type: 'NodeFinished',
    namespace,
    node,
    error:
      failure === undefined
        ? null
        : {
            code: 'GRAPH_ERROR',
            message: readableWords(describeFailure(failure[1])),
            node,
          },
    ...(checkpointId !== undefined && { checkpointId, taskId }),
  };
}

/** What a node threw as LangGraph stores it, as its owner may read it. */
function readableError(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('message' in value)) return value;
  return { ...value, message: readableWords(String(value.message)) };
}

/** LangGraph stores what a node threw as its name and message. */
function describeFailure(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) {
    const name = 'name' in value && typeof value.name === 'string' ? value.name : 'Error';
    return `${name}: ${String(value.message)}`;
  }
  return String(value);
}

/** Tells the attempt what it is about to store. @returns how many bytes that is @throws GatewayError LIMIT_EXCEEDED */
export function checkSize(attempt: Attempt, stored: Parameters<typeof bytesOf>[0]): number {
  const bytes = bytesOf(stored);
  attempt.checkSize(bytes);
  return bytes;
}

/** Bytes as SQL drivers bind them, without a copy. */
export function toBlob(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws Error for a saver that was opened for reading */
export function boundAttempt(attempt: Attempt | undefined): Attempt {
  if (attempt === undefined) throw new Error('a saver without an attempt cannot write');
  return attempt;
}

/** Whether a checkpoint's metadata has each of the filter's values. */
export function metadataMatches(
  metadata: unknown,
  filter: Record<string, unknown> | undefined,
): boolean {
  if (filter === undefined) return true;
  if (typeof metadata !== 'object' || metadata === null) return false;
  const values = new Map<string, unknown>(Object.entries(metadata));
  return Object.entries(filter).every(
    ([key, value]) => value === undefined || values.get(key) === value,
  );
}
