// LangGraph's documents as RedisSaver reads them. Values stand in blobs by channel and version, in the serializer's
// own form, so that what plain JSON would lose (Map, Set, bytes, Date) comes back; our fields stand beside its own.
import type {
  ChannelVersions,
  Checkpoint,
  SerializerProtocol,
} from '@langchain/langgraph-checkpoint';
import type { StoredCheckpoint, StoredWrite } from '../../session/ports.ts';
import { saverKeys } from './keys.ts';

/** A document's key and its JSON. */
export type Document = readonly [key: string, json: string];

/** RedisSaver's word for the empty namespace within a document. */
const EMPTY = '__empty__';

const UTF8 = new TextDecoder();

/** JSON of a value that the serializer gave as text or as bytes. */
export function valueJson(type: string, bytes: Uint8Array): string {
  if (type !== 'bytes') return UTF8.decode(bytes);
  const list = [...bytes].join(',');
  return `{"lc":2,"type":"constructor","id":["Uint8Array"],"method":"from","args":[[${list}]],"kwargs":{}}`;
}

/** Documents of the channels that a step has written. */
export function channelDocuments(
  serde: SerializerProtocol,
  threadId: string,
  namespace: string,
  { id, channel_values }: Checkpoint,
  versions: ChannelVersions,
): Promise<Document[]> {
  const written = Object.entries(versions).filter(([channel]) => channel in channel_values);
  return Promise.all(
    written.map(async ([channel, version]) => {
      const [type, bytes] = await serde.dumpsTyped(channel_values[channel]);
      return blobDocument(threadId, namespace, id, channel, version, valueJson(type, bytes));
    }),
  );
}

function blobDocument(
  threadId: string,
  namespace: string,
  checkpointId: string,
  channel: string,
  version: string | number,
  json: string,
): Document {
  const head = JSON.stringify({
    thread_id: threadId,
    checkpoint_ns: namespace || EMPTY,
    checkpoint_id: checkpointId,
    channel,
    version: String(version),
    type: 'json',
  });
  return [saverKeys.blob(threadId, namespace, channel, version), withValue(head, json)];
}

export interface CheckpointParts {
  /** The prefix of the gateway that writes it: LangGraph's keys have none. */
  readonly gateway: string;
  readonly threadId: string;
  readonly namespace: string;
  readonly parentId: string | null;
  /** Without its values. */
  readonly checkpoint: Omit<Checkpoint, 'channel_values'>;
  readonly metadataJson: string;
  readonly source: string;
  readonly step: number;
  readonly hasWrites?: boolean;
}

export function checkpointDocument(parts: CheckpointParts): Document {
  const { threadId, namespace, parentId, checkpoint } = parts;
  const head = JSON.stringify({
    thread_id: threadId,
    checkpoint_ns: namespace || EMPTY,
    checkpoint_id: checkpoint.id,
    parent_checkpoint_id: parentId,
    checkpoint: { ...checkpoint, channel_values: {} },
    checkpoint_ts: Date.now(),
    has_writes: String(parts.hasWrites ?? false),
    source: parts.source,
    step: parts.step,
    gateway: parts.gateway,
  });
  const key = saverKeys.checkpoint(threadId, namespace, checkpoint.id);
  return [key, withField(head, 'metadata', wellFormed(parts.metadataJson))];
}

/** A checkpoint that was serialized whole, as documents: its own last. */
export function storedDocuments(
  gateway: string,
  threadId: string,
  stored: StoredCheckpoint,
  hasWrites = false,
): Document[] {
  const { channel_values, ...checkpoint } = JSON.parse(
    UTF8.decode(stored.checkpoint),
  ) as Checkpoint;
  const blobs = Object.entries(channel_values).map(([channel, value]) =>
    blobDocument(
      threadId,
      stored.namespace,
      checkpoint.id,
      channel,
      checkpoint.channel_versions[channel] ?? 0,
      JSON.stringify(value),
    ),
  );
  const { namespace, parentId, source, step } = stored;
  return [
    ...blobs,
    checkpointDocument({
      gateway,
      threadId,
      namespace,
      parentId,
      checkpoint,
      metadataJson: UTF8.decode(stored.metadata),
      source: source.toLowerCase(),
      step,
      hasWrites,
    }),
  ];
}

/** A write as RedisSaver reads it, with the fields that give its order and who wrote it. */
export interface WriteDocument {
  readonly thread_id: string;
  readonly checkpoint_ns: string;
  readonly checkpoint_id: string;
  readonly task_id: string;
  readonly task_path: string;
  readonly idx: number;
  readonly channel: string;
  readonly value: unknown;
  /** The value's JSON, where RedisJSON would not give it back as it was. */
  readonly exact?: string;
  /** Undefined for one that a stock saver wrote. */
  readonly epoch?: number;
}

export function writeDocument(threadId: string, write: StoredWrite, epoch: number): Document {
  const { namespace, checkpointId, taskId, taskPath, index, channel } = write;
  const now = Date.now() * 1000;
  const head = JSON.stringify({
    thread_id: threadId,
    checkpoint_ns: namespace,
    checkpoint_id: checkpointId,
    task_id: taskId,
    task_path: taskPath,
    idx: index,
    channel,
    type: 'json',
    timestamp: now,
    global_idx: now + Math.max(0, index),
    epoch,
  });
  const key = saverKeys.write(threadId, namespace, checkpointId, taskId, index);
  return [key, withValue(head, valueJson(write.type, write.value))];
}

/** A write's document under another thread, as a fork has it. */
export function copiedWrite(threadId: string, write: WriteDocument): Document {
  const { checkpoint_ns, checkpoint_id, task_id, idx } = write;
  return [
    saverKeys.write(threadId, checkpoint_ns, checkpoint_id, task_id, idx),
    JSON.stringify({ ...write, thread_id: threadId, epoch: 0 }),
  ];
}

/** In the order of their tasks' paths, then of their tasks, then as the task wrote them. */
export function inOrder(writes: readonly WriteDocument[]): WriteDocument[] {
  return writes.toSorted(
    (a, b) =>
      compare(a.task_path ?? '', b.task_path ?? '') ||
      compare(a.task_id, b.task_id) ||
      a.idx - b.idx,
  );
}

/** RedisJSON takes no JSON that is nested deeper; a value stands one deep in its document. */
const DEEPEST = 126;
/** Numbers that RedisJSON reads only nearly: of more than 15 digits, or with an exponent. */
const INEXACT = /[:[,]-?(?:(?:\d\.?){16,}|[\d.]+e)/i;
/** What JSON.stringify makes of half a surrogate pair. */
const HALF_PAIR = /\\ud[89a-f][0-9a-f]{2}/;

/**
 * The document with its value: as JSON that a stock saver reads too and, where RedisJSON would change or refuse it,
 * exactly, as text.
 */
function withValue(head: string, json: string): string {
  const deep = isDeeperThan(DEEPEST, json);
  if (!deep && !INEXACT.test(`,${json}`) && !HALF_PAIR.test(json))
    return withField(head, 'value', json);
  const near = deep ? 'null' : wellFormed(json);
  return withField(withField(head, 'value', near), 'exact', JSON.stringify(json));
}

function wellFormed(json: string): string {
  return json.replaceAll(new RegExp(HALF_PAIR, 'g'), String.raw`\ufffd`);
}

function isDeeperThan(limit: number, json: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let n = 0; n < json.length; n += 1) {
    const char = json[n];
    if (quoted) {
      if (char === '\\') n += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '[' || char === '{') {
      depth += 1;
      if (depth > limit) return true;
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return false;
}

/** An object's JSON with one more field, whose value is JSON already. */
function withField(objectJson: string, field: string, json: string): string {
  return `${objectJson.slice(0, -1)},${JSON.stringify(field)}:${json}}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
