// What the session service and the workers need from outside. A backend implements SessionStore and opens savers;
// everything that decides is in lifecycle.ts, so that the backends hold data and no rules.
import type {
  BaseCheckpointSaver,
  ChannelVersions,
  Checkpoint,
  CheckpointTuple,
} from '@langchain/langgraph-checkpoint';
import type { ItemStore } from './item-store.ts';
import type { Page, PageRequest } from './page.ts';
import type { CheckpointSource, DurableDetail, LiveEvent, LogEntry, Logged } from './progress.ts';
import type { Caller, Run, RunStatus } from './run.ts';
import type { Session, SessionStatus } from './session.ts';

/** In whose name storage is asked: a user sees what is theirs, the system (a worker, the sweeper) everything. */
export type Actor = { readonly ownerId: string } | 'system';

/** Who is calling. */
export interface User {
  /** 1 to 255 characters; it owns what it starts. */
  readonly id: string;
  /** What else is known of them, as JSON: the claims of their token. Graphs read it as `configurable.user.claims`. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Of what they sent, the headers that graphs are given, by their names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What they may do beside their own: `sessions:admin` may act for any owner, and see all of LangGraph's store. */
  readonly scopes?: readonly string[];
  /** Until when it is known that it is them, in ms since 1970; undefined where nothing says so. */
  readonly expiresAt?: number | undefined;
  /** The administrator who acts for them. */
  readonly actedBy?: string;
}

/** The scope of administrators. */
export const ADMIN_SCOPE = 'sessions:admin';

export function isAdministrator({ scopes }: User): boolean {
  return scopes?.includes(ADMIN_SCOPE) ?? false;
}

/** The user as the graphs see them. */
export function callerOf({ id, claims = {}, headers }: User): Caller {
  return { id, claims, ...(headers && { headers }) };
}

export function actorOf(user: User): Exclude<Actor, 'system'> {
  return { ownerId: user.id };
}

/** A session as a decision sees it: with its active runs in order, and its newest run whatever its status. */
export interface SessionState {
  readonly session: Session;
  readonly active: readonly Run[];
  readonly latest: Run | null;
}

/** A client's key for a mutation, and the answer it is kept for. */
export interface IdempotencyRecord {
  readonly ownerId: string;
  readonly mutation: 'startSession' | 'resumeSession' | 'forkSession';
  readonly key: string;
  /** What the arguments were: another request under the same key is refused. */
  readonly fingerprint: string;
  readonly sessionId: string;
  readonly runId: string | null;
}

/** A checkpoint as a saver stores it, serialized, with what history shows without reading it. */
export interface StoredCheckpoint {
  readonly namespace: string;
  readonly checkpointId: string;
  readonly parentId: string | null;
  readonly createdAt: number;
  readonly type: string;
  readonly checkpoint: Uint8Array;
  readonly metadata: Uint8Array;
  readonly step: number;
  readonly source: CheckpointSource;
  readonly changedKeys: readonly string[];
  readonly runId: string | null;
}

/** One write of a task, serialized. */
export interface StoredWrite {
  readonly namespace: string;
  readonly checkpointId: string;
  readonly taskId: string;
  readonly taskPath: string;
  readonly index: number;
  readonly channel: string;
  readonly type: string;
  readonly value: Uint8Array;
  /** A later write of the same task and index takes its place; otherwise the first stays. */
  readonly replaces: boolean;
}

/** What one decision stores, all of it or nothing. */
export interface Commit {
  readonly session: Session;
  readonly runs?: readonly Run[];
  readonly events?: readonly LogEntry[];
  readonly idempotency?: IdempotencyRecord | undefined;
  /** Checkpoints and writes to add, in the name of the session's new epoch. */
  readonly checkpoints?: readonly StoredCheckpoint[];
  readonly writes?: readonly StoredWrite[];
  /**
   * Take back what epochs from this one on did: look-ups without an id pass over their checkpoints, and their
   * writes on older checkpoints give way to what was there before.
   */
  readonly rollBackFrom?: number | undefined;
  /** Checkpoints to remove, with their writes. */
  readonly remove?: readonly CheckpointPlace[] | undefined;
}

/** Checkpoints to copy under a new session, which then stand there alone. */
export interface ForkSource {
  readonly sessionId: string;
  /** How the session was when this was made up: as it is otherwise by now, this may not be what it was to be. */
  readonly seen: {
    readonly epoch: number;
    /** Null where later checkpoints do not matter. */
    readonly lastOrdinal: number | null;
  };
  /** The graph's own and those of its subgraphs, in the order of their ordinals. */
  readonly checkpoints: readonly CopiedCheckpoint[];
  /** Those of them whose DeltaChannels were sealed for the copy; the others go as they are. */
  readonly sealed: readonly StoredCheckpoint[];
}

/** A checkpoint to copy, with what epochs up to `writesUpTo` wrote on it. */
export interface CopiedCheckpoint extends CheckpointPlace {
  readonly writesUpTo: number;
}

/** How many bytes they take. */
export function bytesOf(
  stored: Iterable<Pick<StoredCheckpoint, 'checkpoint' | 'metadata'> | Pick<StoredWrite, 'value'>>,
): number {
  let bytes = 0;
  for (const one of stored)
    bytes += 'value' in one ? one.value.length : one.checkpoint.length + one.metadata.length;
  return bytes;
}

/** Where a checkpoint is stored. */
export interface CheckpointPlace {
  readonly sessionId: string;
  readonly namespace: string;
  readonly checkpointId: string;
}

/** What history shows of a checkpoint without reading its values. */
export interface CheckpointRow extends CheckpointPlace {
  readonly parentId: string | null;
  /** When the graph made it, in ms since 1970 by the clock of its worker. */
  readonly createdAt: number;
  readonly ordinal: number;
  readonly epoch: number;
  readonly runId: string | null;
  readonly step: number;
  readonly source: CheckpointSource;
  readonly changedKeys: readonly string[];
}

/** The span of a session's history during which a checkpoint was the newest, with the writes of epochs up to `upToEpoch`. */
export interface HistoryInterval {
  /** The ordinal of the graph's newest checkpoint then. */
  readonly after: number;
  /** The ordinal of the one that followed; Infinity where none has yet. */
  readonly before: number;
  readonly upToEpoch: number;
}

/** Ordinals after one and before another, and how many of them at the most. */
export interface OrdinalRange {
  readonly after: number;
  readonly before: number;
  readonly limit: number;
}

/** Some threads that have no session, and where the next part of them begins; null: the end. */
export interface Orphans {
  readonly threadIds: readonly string[];
  /** Those of them that this gateway is known to have written: no other program's, and no other gateway's. */
  readonly own: readonly string[];
  readonly next: string | null;
}

export interface LongHistories {
  readonly sessions: readonly Session[];
  readonly next: string | null;
}

export interface CheckpointFilter {
  readonly namespace: string;
  readonly source: CheckpointSource | null;
  readonly run: RunCheckpoints | null;
}

/** Where a run's checkpoints are to be looked for. */
export interface RunCheckpoints {
  readonly runId: string;
  /** They come after this ordinal. */
  readonly after: number;
  /** None of them comes after this one; null while it is not settled. */
  readonly upTo: number | null;
}

export interface SessionFilter {
  readonly status: readonly SessionStatus[] | null;
  readonly graphId: string | null;
  /** Top-level metadata keys with these scalar values, all of them. */
  readonly metadata: Readonly<Record<string, string | number | boolean | null>>;
  readonly forkedFromSessionId: string | null;
}

export type SessionOrder = 'CREATED_AT' | 'UPDATED_AT';

/** A user's active sessions and queued runs. */
export interface UserActivity {
  readonly activeSessions: number;
  readonly queuedRuns: number;
}

/** The place of a session in a list: the instant it is ordered by, and its id. */
export type SessionKey = readonly [at: number, id: string];

/**
 * Sessions, runs, events and idempotency keys, beside the checkpoints in one store. Every look-up carries the
 * actor; what is not theirs is not there.
 * All methods throw GatewayError BACKEND_UNAVAILABLE where the store cannot be reached or is full.
 */
export interface SessionStore {
  /**
   * Stores a new session. Where the idempotency key is taken nothing is stored and its record comes back.
   */
  create(commit: Commit): Promise<IdempotencyRecord | null>;
  /**
   * Stores a new session with copies of another's checkpoints, in one atomic step. 'moved' where the other is not as
   * it was seen, or gone. Where the idempotency key is taken nothing is stored and its record comes back.
   */
  fork(commit: Commit, source: ForkSource): Promise<IdempotencyRecord | 'moved' | null>;
  /**
   * Shows `decide` the session as it stands and stores what it answers, in one atomic step. `decide` must be pure:
   * it may be called again. Undefined stores nothing.
   * @returns the session's state afterwards; null where the actor has no such session.
   */
  change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null>;
  /**
   * Stores a new session over checkpoints that a stock saver has written, with what history shows of them.
   * False where there is a session of this id.
   */
  adopt(commit: Commit, rows: readonly CheckpointRow[]): Promise<boolean>;
  /** Deletes the session and everything under it. False where the actor has no such session. */
  delete(id: string, actor: Actor): Promise<boolean>;
  /** Deletes the session if it still is among the expired. */
  deleteExpired(id: string, now: number, interruptedToo: boolean): Promise<boolean>;

  find(id: string, actor: Actor): Promise<Session | null>;
  /** Several at once, in the order of the ids; null for those that are not there, or not the actor's. */
  findEach(ids: readonly string[], actor: Actor): Promise<readonly (Session | null)[]>;
  list(
    ownerId: string,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest<SessionKey>,
  ): Promise<Page<Session>>;
  /** How many of a user's sessions fit the filter. */
  count(ownerId: string, filter: SessionFilter): Promise<number>;
  /** How many sessions of a user are queued or running, and how many of their runs wait for a worker. */
  activityOf(ownerId: string): Promise<UserActivity>;
  /** About how much is stored of a user's sessions, in bytes; what a run is writing just now may be missing. */
  storedBytesOf(ownerId: string): Promise<number>;
  findRun(id: string, actor: Actor): Promise<Run | null>;
  /** The session's run of this number. */
  findRunByNumber(sessionId: string, number: number, actor: Actor): Promise<Run | null>;
  /** Newest first; the key is the run's number. `status`: only runs in one of these. */
  listRuns(
    sessionId: string,
    actor: Actor,
    page: PageRequest<number>,
    status?: readonly RunStatus[] | null,
  ): Promise<Page<Run>>;
  findIdempotency(
    ownerId: string,
    mutation: IdempotencyRecord['mutation'],
    key: string,
  ): Promise<IdempotencyRecord | null>;
  /** Log entries after `sequence`, in order, at most `limit`. */
  readLog(
    sessionId: string,
    actor: Actor,
    after: number,
    limit: number,
  ): Promise<readonly LogEntry[]>;

  /** Removes the oldest entries but for the newest `keep`, at most `limit` of them. @returns whether some are left to remove */
  trimLog(sessionId: string, keep: number, limit: number): Promise<boolean>;

  /** Newest first, by stored ordinal; the key is the ordinal. */
  listCheckpoints(
    sessionId: string,
    actor: Actor,
    filter: CheckpointFilter,
    page: PageRequest<number>,
  ): Promise<Page<CheckpointRow>>;
  findCheckpoint(
    sessionId: string,
    actor: Actor,
    checkpointId: string,
    namespace: string,
  ): Promise<CheckpointRow | null>;
  /** Checkpoint namespaces of subgraphs that have checkpoints, in the order they first appeared. */
  listNamespaces(sessionId: string, actor: Actor): Promise<readonly string[]>;
  /** LangGraph's metadata of each of these checkpoints, as it was given; undefined for those that are gone. */
  readMetadata(places: readonly CheckpointPlace[]): Promise<readonly unknown[]>;
  /** The checkpoint that followed in the same namespace, taken back or not; null for the newest. */
  nextCheckpoint(row: CheckpointRow): Promise<CheckpointRow | null>;
  /**
   * What its subgraphs had stored at a moment: the newest checkpoint of each that worked in it, and of each that keeps
   * one history for the whole session (its namespace has no task's id). Not what a rollback took back. In the order of
   * their ordinals.
   */
  subgraphsAt(sessionId: string, interval: HistoryInterval): Promise<readonly CheckpointRow[]>;

  /**
   * Runs to claim now or, if postponed, after `notBefore`: the first active run of its session, QUEUED, or RUNNING under no
   * worker or one of these dead ones. The oldest of each user come first, then the second of each, and so on: a long
   * backlog of some hides nobody else's. Where very many wait, each call
   * looks at another part of them.
   * @param except ids of runs to leave out
   */
  claimable(
    deadWorkers: readonly string[],
    limit: number,
    except?: readonly string[],
  ): Promise<readonly ClaimableRun[]>;
  /** The workers that runs are RUNNING under. */
  busyWorkers(): Promise<readonly string[]>;
  /**
   * Sessions to delete: past their expiry, with nothing queued or running.
   * @param interruptedToo whether those count that wait for an answer
   */
  expired(now: number, limit: number, interruptedToo: boolean): Promise<readonly Session[]>;
  /** Whether the holder has the lease of this name from now on for so long: it was free, had ended, or was theirs. */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Gives the lease back, if it is the holder's. */
  releaseLease(name: string, holder: string): Promise<void>;
  /**
   * Threads that have checkpoints, or writes, but no session: a part of them, and where the next part begins. Null: the
   * beginning, and the end. A thread may be told more than once.
   */
  orphans(from: string | null, limit: number): Promise<Orphans>;
  /** Removes what is stored of a thread that has no session. False where it has one. */
  deleteOrphan(threadId: string): Promise<boolean>;

  /** Checkpoints of a range of history, newest first: the graph's own, or all of its subgraphs'. */
  listRange(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    range: OrdinalRange,
  ): Promise<readonly CheckpointRow[]>;
  /**
   * Settled sessions with more checkpoints than `count`, subgraphs' included: a part of them, and where the next
   * part begins. Null: the beginning, and the end.
   */
  longHistories(count: number, from: string | null): Promise<LongHistories>;
  /**
   * Removes the values that none of a settled session's checkpoints holds any more, where values are stored apart.
   * False where the session moved meanwhile: what is left of them goes the next time.
   */
  sweepValues(session: Session): Promise<boolean>;
}

/** Who lives: every worker process beats from a thread of its own, so that a blocked event loop is not taken for death. */
export interface WorkerRegistry extends AsyncDisposable {
  /** This process's id as a worker. */
  readonly workerId: string;
  /** Whether it is known that this worker beats no more. Not to have looked long enough is not to know. */
  isDead(workerId: string): boolean;
  /**
   * Since when this worker's beats have landed without a lapse so long that others may take it for dead, as
   * `performance.now` tells it; Infinity in a lapse. It was frozen, or cannot reach the registry.
   */
  beatingSince(): number;
}

export interface CheckpointDescription {
  readonly next: readonly string[];
  readonly changedKeys: readonly string[];
}

/** One execution of a run, as its saver sees it. */
export interface Attempt {
  readonly sessionId: string;
  readonly runId: string;
  readonly epoch: number;
  describeCheckpoint(
    namespace: string,
    checkpoint: Checkpoint,
    newVersions: ChannelVersions,
  ): CheckpointDescription;
  /** The node a task belongs to; null for tasks that are no node's. */
  nodeOf(taskId: string, taskPath: string): Promise<string | null>;
  /** Called with how many bytes are about to be stored at once. @throws GatewayError LIMIT_EXCEEDED for too many */
  checkSize(bytes: number): void;
  /** Called after an event was logged in its name. */
  onLogged(type: DurableDetail['type']): void;
  /** Called at once when a write is refused, so that the attempt stops. */
  onRefused(error: Error): void;
}

/** LangGraph savers on the backend's own tables and keys. */
export interface CheckpointSavers {
  /** Whether a checkpoint's channels stand apart from each other, so that one is read without the rest. */
  readonly channelsApart: boolean;
  /**
   * Checkpoints with their pending writes, read together and given in the order of `places`; undefined for those
   * that are gone. `channels`: where they stand apart, only the values of these; null: all.
   */
  tuples(
    places: readonly CheckpointPlace[],
    channels: readonly string[] | null,
  ): Promise<(CheckpointTuple | undefined)[]>;
  /** A saver for reading, and for edits. */
  reader(options?: ReaderOptions): BaseCheckpointSaver;
  /** A saver whose every write is fenced by the attempt's epoch and logged as events. */
  attempt(attempt: Attempt): BaseCheckpointSaver;
  /** All that a stock saver has written of a thread that is no session, in any order. */
  stockThread(threadId: string): Promise<CheckpointTuple[]>;
}

export interface ReaderOptions {
  /** Takes what is put, instead of the store. */
  readonly collect?: Collector;
  /** Show only what epochs up to this one did. */
  readonly upToEpoch?: number;
}

/** Takes serialized checkpoints and writes that a later commit stores together. */
export interface Collector {
  checkpoint(
    stored: Omit<StoredCheckpoint, 'changedKeys' | 'runId'>,
    checkpoint: Checkpoint,
    newVersions: ChannelVersions,
  ): void;
  writes(stored: readonly StoredWrite[]): void;
}

/** A notification that something happened to a session. The log is the truth (gapless event log). */
export type ProgressSignal =
  /**
   * The log grew to `lastEvent` under `epoch`; null: it is not known how far and by whom, or the session is gone.
   * `logged` are its newest entries, the last of which is `lastEvent`; it may be empty.
   */
  | {
      readonly type: 'changed';
      readonly lastEvent: number | null;
      readonly epoch: number | null;
      readonly logged: readonly Logged[];
    }
  | { readonly type: 'live'; readonly event: LiveEvent }
  /** These messages are whole, and nothing more comes of them. */
  | { readonly type: 'written'; readonly messageIds: readonly string[] }
  /** Somebody began to watch: whoever makes messages at this moment tells them from their beginnings. */
  | { readonly type: 'recall' }
  /** A message from its beginning, for those who do not have it. */
  | { readonly type: 'recalled'; readonly event: LiveEvent }
  /** On the channel of an owner: one of the owner's sessions has changed or was deleted. */
  | { readonly type: 'session'; readonly sessionId: string; readonly isNew: boolean };

/** Something may have happened, and the log tells what. */
export const LOOK: ProgressSignal = {
  type: 'changed',
  lastEvent: null,
  epoch: null,
  logged: [],
};

/**
 * How processes hear of a session, by its id, and of the sessions of an owner, by `channelOfOwner`. Signals of one process
 * come in the order they were published, or not at all; LOOK is published where some may have been lost.
 */
export interface ProgressBus {
  /** Returns at once and does not fail. */
  publish(channel: string, signal: ProgressSignal): void;
  /** @returns what ends the subscription. */
  subscribe(channel: string, listener: (signal: ProgressSignal) => void): () => void;
  /** Resolves once a subscription of the channel is confirmed: signals that are published later are received. */
  subscribed(channel: string): Promise<void>;
}

const OF_OWNERS = 'owner:';

/** Sessions are UUIDs, so no session has the name of an owner. */
export function channelOfOwner(ownerId: string): string {
  return OF_OWNERS + ownerId;
}

/** The owner whose channel it is; undefined for one of a session. */
export function ownerOfChannel(channel: string): string | undefined {
  return channel.startsWith(OF_OWNERS) ? channel.slice(OF_OWNERS.length) : undefined;
}

/** A run as a queue carries it: no more than where to find it. */
export interface QueuedRun extends Pick<Run, 'id' | 'sessionId' | 'attempt'> {
  /** Whose it is: workers deal their slots to users in turn. */
  readonly ownerId: string;
}

/** The fields of a run that a worker needs to claim it. */
export interface ClaimableRun extends QueuedRun {
  /** The dead worker that has it; null where none does. */
  readonly workerId: string | null;
  /** When the next attempt may begin, in ms since 1970; null: at once. */
  readonly notBefore: number | null;
}

export function toQueued({ id, sessionId, attempt }: Run, ownerId: string): QueuedRun {
  return { id, sessionId, attempt, ownerId };
}

export function toClaimable(run: Run, ownerId: string): ClaimableRun {
  const { workerId, base } = run;
  return { ...toQueued(run, ownerId), workerId, notBefore: base?.notBefore ?? null };
}

/** Delivers runs to workers. The stored runs are the truth; a queue that forgets is set right by the reconciler. */
export interface RunQueue extends AsyncDisposable {
  /** Returns at once and does not fail: what cannot be queued now is queued by a worker's reconciler. */
  add(run: QueuedRun): void;
  /** Takes out the run of a session that was deleted. Returns at once; a run that is gone is never executed anyway. */
  remove(run: QueuedRun): void;
  /** Adds those of the runs that the queue does not hold. */
  ensure(runs: readonly QueuedRun[]): Promise<void>;
  /** Executes runs as they are delivered, at most `concurrency` at once. `execute` does not throw. */
  consume(execute: (run: QueuedRun) => Promise<void>, concurrency: number): RunConsumer;
  /** How many runs wait for a worker. */
  depth(): Promise<number>;
  /** Whether the queue is known to deliver nothing now. */
  readonly isLost: boolean;
}

export interface RunConsumer {
  /** Takes no further runs, and waits until those that were taken are done. */
  drain(): Promise<void>;
}

/** Counts within windows of time, for all processes of a backend together where they share a Redis. */
export interface RateLimiter {
  /** Counts so many more under the key. @returns 0, or after how many ms the next one is let through */
  consume(key: string, times: number): Promise<number>;
}

/** The time by the store's clock, so that processes with different clocks agree. */
export interface Clock {
  /** In ms since 1970. */
  now(): number;
  /** Looks at the store's clock. @throws GatewayError BACKEND_UNAVAILABLE */
  sync(): Promise<void>;
}

/** What passes between the processes of one program: signals, and runs for whoever executes. */
export type SiblingMessage =
  | { readonly type: 'signal'; readonly channel: string; readonly signal: ProgressSignal }
  | { readonly type: 'run'; readonly run: QueuedRun };

/** The other processes of this program: the one that serves has those that execute, and each of them has the one that serves. */
export interface Siblings {
  /** Returns at once and does not fail; what is sent to a dying process is lost. */
  send(message: SiblingMessage): void;
  receive(listener: (message: SiblingMessage) => void): void;
}

/** One place for everything durable, and how the processes on it hear each other. */
export interface Backend extends AsyncDisposable {
  /** For the log and the start's message. */
  readonly name: string;
  /** What of the storage’s own settings can lose sessions, for the operator; null where nothing does. */
  readonly risk: string | null;
  readonly sessions: SessionStore;
  readonly savers: CheckpointSavers;
  readonly items: ItemStore;
  readonly clock: Clock;
  readonly bus: ProgressBus;
  readonly queue: RunQueue;
  /**
   * Lets `most` through of each key in `windowMs`.
   * @param name tells its counts from those of other limiters
   */
  createRateLimiter(name: string, most: number, windowMs: number): RateLimiter;
  /** Starts beating as a worker. */
  openWorkerRegistry(): Promise<WorkerRegistry>;
  /** What must be well for the process to do its work, by name; a check that rejects is one that is not. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
}
