// What the saver of every backend stands on: a backend stores an attempt's steps, and finds checkpoints again.
import type {
  ChannelVersions,
  Checkpoint,
  CheckpointMetadata,
} from '@langchain/langgraph-checkpoint';
import type { Attempt, CheckpointPlace, CheckpointRow, ProgressSignal } from '../session/ports.ts';
import type { Logged } from '../session/progress.ts';
import type { Step } from './step-order.ts';
import type { CheckpointAddress } from './stored-form.ts';

/** A value as LangGraph's serializer gave it. */
export type Serialized = readonly [type: string, value: Uint8Array | string];

/** A checkpoint as a backend finds it, with its values still serialized. */
export interface StoredTuple extends CheckpointPlace {
  readonly parentId: string | null;
  /** The checkpoint whole, or without its channels and beside them. */
  readonly checkpoint:
    | Serialized
    | {
        readonly head: Omit<Checkpoint, 'channel_values'>;
        readonly channels: readonly (readonly [channel: string, value: Serialized])[];
      };
  readonly metadata: Serialized;
  /** In the order of their tasks' paths, then of their tasks, then as the task wrote them. */
  readonly writes: readonly (readonly [taskId: string, channel: string, value: Serialized])[];
}

/** Which checkpoints are listed, newest first; what is left out restricts nothing. */
export interface HistoryQuery {
  readonly threadId?: string | undefined;
  readonly namespace?: string | undefined;
  readonly checkpointId?: string | undefined;
  /** Only those before the one of this id. */
  readonly beforeId?: string | undefined;
  /** Only those whose metadata has these values. A backend may leave that to its caller. */
  readonly filter?: Record<string, unknown> | undefined;
  /** No more than these are read; undefined where the filter decides how many. */
  readonly limit?: number | undefined;
}

/** What one commit has logged: `lastEvent` is the session's newest event then, null where it was logged before. */
export interface CommittedEvents {
  readonly lastEvent: number | null;
  readonly logged: readonly Logged[];
}

/**
 * What a backend does for the saver. `Content` is a checkpoint as it stores it.
 *
 * `store` is where single-writer fencing and the gapless event log are kept: in one atomic commit it checks that the
 * session's epoch is the attempt's and that its run still runs, stores the steps, moves the head, and logs their events.
 */
export interface SaverStorage<Content> {
  /** Whether a checkpoint's channels stand apart from each other, so that one is read without the rest. */
  readonly channelsApart: boolean;
  /** Whether `store` takes writes and their checkpoint in one commit. */
  readonly storesTogether: boolean;

  /**
   * The checkpoint of this id; without one, the newest of its namespace that no rollback took back: for the graph itself
   * the session's head. Its writes are those of epochs up to `upToEpoch`; null: of all.
   */
  read(address: CheckpointAddress, upToEpoch: number | null): Promise<StoredTuple | undefined>;
  /** Several at once, in the order of `places`. Left out where that is no quicker than one after another. */
  readAll?(
    places: readonly CheckpointPlace[],
    channels: readonly string[] | null,
    upToEpoch: number | null,
  ): Promise<(StoredTuple | undefined)[]>;
  list(query: HistoryQuery): AsyncIterable<StoredTuple>;
  find(place: CheckpointPlace): Promise<CheckpointRow | null>;
  /** The checkpoints before this one in its namespace, newest first. */
  before(row: CheckpointRow, limit: number): Promise<readonly CheckpointRow[]>;
  /** All that a stock saver has written of a thread that is no session. Left out where `list` finds it. */
  stockPlaces?(threadId: string): Promise<readonly CheckpointPlace[]>;

  /** `newVersions`: the channels that the step has written. @returns with how many bytes it takes */
  serialize(
    address: CheckpointAddress,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<{ readonly content: Content; readonly bytes: number }>;
  /**
   * Steps of one namespace, in their order: writes of several tasks, and last a checkpoint; writes that replace others alone.
   * @returns what each of its commits has logged: one, unless the backend had to divide them
   * @throws GatewayError RUN_SUPERSEDED where the attempt no longer owns the session
   */
  store(attempt: Attempt, steps: readonly Step<Content>[]): Promise<readonly CommittedEvents[]>;
  /** Notifies the session's watchers, in every process. */
  publish(sessionId: string, signal: ProgressSignal): void;
}
