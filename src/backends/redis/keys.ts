// Where everything is. LangGraph's documents stand under RedisSaver's own keys, which know no prefix; all of ours
// begin with one. A session's keys are known from its id and its namespaces, so none is ever searched for.
import { createHash } from 'node:crypto';
import type { IdempotencyRecord } from '../../session/ports.ts';
import { CHECKPOINT_SOURCES, type CheckpointSource } from '../../session/progress.ts';

/** Keys of LangGraph's RedisSaver. */
export const saverKeys = {
  checkpoint: (threadId: string, namespace: string, checkpointId: string) =>
    `checkpoint:${threadId}:${namespace}:${checkpointId}`,
  blob: (threadId: string, namespace: string, channel: string, version: string | number) =>
    `checkpoint_blob:${threadId}:${namespace}:${channel}:${version}`,
  write: (
    threadId: string,
    namespace: string,
    checkpointId: string,
    taskId: string,
    index: number,
  ) => `checkpoint_write:${threadId}:${namespace}:${checkpointId}:${taskId}:${index}`,
  /** A sorted set of the keys of a checkpoint's writes. */
  writes: (threadId: string, namespace: string, checkpointId: string) =>
    `write_keys_zset:${threadId}:${namespace}:${checkpointId}`,
};

/** Sources that are found past the steps between them. */
export const RARE_SOURCES = CHECKPOINT_SOURCES.filter((source) => source !== 'LOOP');

/** Digits of an instant in text that sorts. */
export const INSTANT_LENGTH = 15;

export class Keys {
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Hash: the session's record, and beside it what each step changes. */
  session = (id: string) => `${this.prefix}:session:${id}`;
  /** Hash: runs by number, as JSON. */
  runs = (id: string) => `${this.prefix}:runs:${id}`;
  /** String: `SESSION NUMBER` of a run. */
  run = (runId: string) => `${this.prefix}:run:${runId}`;
  /** Stream: the log; the entry of event n has the id n-0. */
  events = (id: string) => `${this.prefix}:events:${id}`;
  /** Hash: each checkpoint's history row by its place (see `placeOf`), as JSON. */
  checkpoints = (id: string) => `${this.prefix}:checkpoints:${id}`;
  /** Sorted set: a namespace's checkpoint ids by ordinal. */
  history = (id: string, namespace: string) => `${this.prefix}:history:${id}:${namespace}`;
  /** Sorted set: namespaces by the ordinal of their first checkpoint. */
  namespaces = (id: string) => `${this.prefix}:namespaces:${id}`;
  /** Sorted set: a namespace's checkpoint ids of a source that is rare, by ordinal. */
  sourced = (id: string, source: CheckpointSource, namespace: string) =>
    `${this.prefix}:sourced:${id}:${source}:${namespace}`;
  /** Set: namespaces of subgraphs that keep one history for the whole session. */
  persistent = (id: string) => `${this.prefix}:lasting:${id}`;
  /** Sorted set: places of subgraphs' checkpoints by ordinal. */
  subgraphs = (id: string) => `${this.prefix}:subgraphs:${id}`;
  /** Sorted set: every key of LangGraph's that the session has, by the epoch that wrote it. */
  documents = (id: string) => `${this.prefix}:documents:${id}`;
  /** Hash: what a later epoch replaced on a checkpoint, for ROLLBACK and for forks of how it was when it was paused. */
  replaced = (id: string, namespace: string, checkpointId: string) =>
    `${this.prefix}:replaced:${id}:${placeOf(namespace, checkpointId)}`;
  /** Set: keys to delete with the session that cannot be derived from its id: of runs, idempotency and replaced writes. */
  belongings = (id: string) => `${this.prefix}:belongings:${id}`;
  /** String: the record of a client's key, as JSON. */
  idempotency = ({
    ownerId,
    mutation,
    key,
  }: Pick<IdempotencyRecord, 'ownerId' | 'mutation' | 'key'>) =>
    `${this.prefix}:idempotency:${tagOf(JSON.stringify([ownerId, mutation, key]))}`;

  /** Hash that RediSearch indexes: what a list of sessions is filtered and ordered by. */
  listed = (id: string) => `${this.prefix}:listed:${id}`;
  get listedPrefix(): string {
    return `${this.prefix}:listed:`;
  }
  /** The RediSearch index over `listed`. */
  get listIndex(): string {
    return `${this.prefix}:sessions`;
  }

  /** Sorted set: sessions whose first active run has no worker, by when it was accepted. */
  get waiting(): string {
    return `${this.prefix}:waiting`;
  }
  /** Hash: the worker of each session that one works on. */
  get busy(): string {
    return `${this.prefix}:busy`;
  }
  /** Sorted set: settled sessions by when they expire. */
  get expiry(): string {
    return `${this.prefix}:expiry`;
  }
  /** Sorted set: sessions that wait for an answer by when they would expire. */
  get expiryInterrupted(): string {
    return `${this.prefix}:expiry-interrupted`;
  }
  /** String: written now and then, to see whether it can be. */
  get check(): string {
    return `${this.prefix}:check`;
  }
  /** Hash: items of LangGraph's store as JSON, by their names. */
  get items(): string {
    return `${this.prefix}:items`;
  }
  /** Sorted set: their names, in order. */
  get itemNames(): string {
    return `${this.prefix}:item-names`;
  }
  /** Hash: when they were made and changed, how long they live and until when, by their names. */
  get itemTimes(): string {
    return `${this.prefix}:item-times`;
  }
  /** Sorted set: names of items by when they expire. */
  get itemExpiry(): string {
    return `${this.prefix}:item-expiry`;
  }
  /** Hash: the vectors of items that have some, by their names. */
  get itemVectors(): string {
    return `${this.prefix}:item-vectors`;
  }

  /** String: who holds a lease. */
  lease = (name: string) => `${this.prefix}:lease:${name}`;
  /** Sorted set: settled sessions by the ordinal that their history has reached. */
  get histories(): string {
    return `${this.prefix}:histories`;
  }
  /** Set: deleted sessions whose documents are still being removed. */
  get trash(): string {
    return `${this.prefix}:trash`;
  }
  /** Sorted set: the documents that a deleted session has left. */
  trashOf = (id: string) => `${this.prefix}:trash:${id}`;
}

/** Whether a namespace is of a subgraph that keeps one history for the whole session: it has no task's id. */
export function isPersistent(namespace: string): boolean {
  return namespace !== '' && !namespace.includes(':');
}

/** A checkpoint's place within its session, as a field of a hash. */
export function placeOf(namespace: string, checkpointId: string): string {
  return `${namespace} ${checkpointId}`;
}

export function addressOfPlace(place: string): { namespace: string; checkpointId: string } {
  const space = place.lastIndexOf(' ');
  return { namespace: place.slice(0, space), checkpointId: place.slice(space + 1) };
}

/** Any text as a tag of RediSearch, which gives meaning to most punctuation. */
export function tagOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
