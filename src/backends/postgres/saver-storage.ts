// The saver's checkpoints in the tables of LangGraph's PostgresSaver. A checkpoint, the writes that made it, the fence and the
// events are one statement (single-writer fencing). The newest checkpoint is the stored head.
import { createHash } from 'node:crypto';
import type {
  ChannelVersions,
  Checkpoint,
  CheckpointMetadata,
} from '@langchain/langgraph-checkpoint';
import { superseded } from '../../errors.ts';
import type {
  Attempt,
  CheckpointPlace,
  CheckpointRow,
  ProgressBus,
  ProgressSignal,
} from '../../session/ports.ts';
import type { DurableDetail } from '../../session/progress.ts';
import type {
  CommittedEvents,
  HistoryQuery,
  SaverStorage,
  Serialized,
  StoredTuple,
} from '../saver-storage.ts';
import { serializer } from '../serializer.ts';
import type { CheckpointStep, Step, WritesStep } from '../step-order.ts';
import { type CheckpointAddress, placeKey } from '../stored-form.ts';
import { pack, packChannels, toJsonb, unpack } from './channel-blobs.ts';
import type { PostgresDatabase } from './database.ts';
import { isDuplicate, translatePostgresError } from './errors.ts';
import { type StepStatements, selectTuples, stepStatements } from './statements.ts';

const EVERY_EPOCH = Number.MAX_SAFE_INTEGER;

/** A checkpoint as the statement takes it: two JSON texts, and its channels in one array of bytes. */
interface Content {
  readonly head: string;
  readonly metadata: string;
  readonly blobs: Awaited<ReturnType<typeof packChannels>>;
}

export class PostgresSaverStorage implements SaverStorage<Content> {
  readonly channelsApart = true;
  readonly storesTogether = true;
  readonly #database: PostgresDatabase;
  readonly #bus: ProgressBus;
  readonly #statements: StepStatements;

  constructor(database: PostgresDatabase, bus: ProgressBus) {
    this.#database = database;
    this.#bus = bus;
    this.#statements = stepStatements(database);
  }

  async read(
    { threadId, namespace, checkpointId }: CheckpointAddress,
    upToEpoch: number | null,
  ): Promise<StoredTuple | undefined> {
    const values = [threadId, namespace, upToEpoch ?? EVERY_EPOCH];
    if (checkpointId !== undefined)
      return this.#one('tuple_by_id', 'cp.checkpoint_id = $4', [...values, checkpointId]);
    if (namespace !== '') {
      const where = 'cp.discarded = 0 AND cp.epoch <= $3 ORDER BY cp.ordinal DESC LIMIT 1';
      return this.#one('tuple_newest', where, values);
    }
    const where = `cp.checkpoint_id = (SELECT head FROM ${this.#database.own('sessions')} WHERE id = $1)`;
    return this.#one('tuple_head', where, values);
  }

  /** In one round trip. */
  async readAll(
    places: readonly CheckpointPlace[],
    channels: readonly string[] | null,
    upToEpoch: number | null,
  ): Promise<(StoredTuple | undefined)[]> {
    if (places.length === 0) return [];
    const only = '($5::text[] IS NULL OR b.channel = ANY($5))';
    const text = `${selectTuples(this.#database, '$4', only)}
      WHERE (cp.thread_id, cp.checkpoint_ns, cp.checkpoint_id)
        IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`;
    const rows = await this.#query('tuples', text, [
      places.map(({ sessionId }) => sessionId),
      places.map(({ namespace }) => namespace),
      places.map(({ checkpointId }) => checkpointId),
      upToEpoch ?? EVERY_EPOCH,
      channels,
    ]);
    const found = new Map(rows.map(tupleOf).map((tuple) => [placeKey(tuple), tuple]));
    return places.map((place) => found.get(placeKey(place)));
  }

  async *list({ threadId, namespace, checkpointId, beforeId, filter, limit }: HistoryQuery) {
    const values: unknown[] = [EVERY_EPOCH];
    const parameter = (value: unknown) => `$${values.push(value)}`;
    const where = ['TRUE'];
    if (threadId !== undefined) where.push(`cp.thread_id = ${parameter(threadId)}`);
    if (namespace !== undefined) where.push(`cp.checkpoint_ns = ${parameter(namespace)}`);
    if (checkpointId !== undefined) where.push(`cp.checkpoint_id = ${parameter(checkpointId)}`);
    if (beforeId !== undefined) {
      where.push(`cp.ordinal < (SELECT max(b.ordinal) FROM ${this.#database.table('checkpoints')} AS b
        WHERE b.thread_id = cp.thread_id AND b.checkpoint_id = ${parameter(beforeId)})`);
    }
    if (filter !== undefined) where.push(`cp.metadata @> ${parameter(JSON.stringify(filter))}`);
    const text = `${selectTuples(this.#database, '$1')} WHERE ${where.join(' AND ')}
      ORDER BY cp.ordinal DESC NULLS LAST, cp.checkpoint_id DESC LIMIT ${parameter(limit ?? null)}`;
    for (const row of await this.#query('list', text, values)) yield tupleOf(row);
  }

  find({ sessionId, namespace, checkpointId }: CheckpointPlace): Promise<CheckpointRow | null> {
    return this.#database.history.find(sessionId, 'system', checkpointId, namespace);
  }

  before(row: CheckpointRow, limit: number): Promise<readonly CheckpointRow[]> {
    return this.#database.history.before(row, limit);
  }

  async serialize(
    _address: CheckpointAddress,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<{ content: Content; bytes: number }> {
    const { channel_values, ...rest } = checkpoint;
    const [blobs, [, metadataBytes]] = await Promise.all([
      packChannels(serializer, channel_values, newVersions),
      serializer.dumpsTyped(metadata),
    ]);
    const head = toJsonb(JSON.stringify(rest));
    return {
      content: { head, metadata: toJsonb(new TextDecoder().decode(metadataBytes)), blobs },
      bytes: head.length + metadataBytes.length + blobs.bytes.length,
    };
  }

  /** One statement; where an event of it was logged before, one for each step. */
  async store(attempt: Attempt, steps: readonly Step<Content>[]): Promise<CommittedEvents[]> {
    try {
      const together = await this.#storeTogether(attempt, steps);
      if (together !== null) return [together];
      const apart: CommittedEvents[] = [];
      for (const step of steps) apart.push(await this.#storeOne(attempt, step));
      return apart;
    } catch (error) {
      throw translatePostgresError(error);
    }
  }

  publish(sessionId: string, signal: ProgressSignal): void {
    this.#bus.publish(sessionId, signal);
  }

  async #storeOne(attempt: Attempt, step: Step<Content>): Promise<CommittedEvents> {
    const committed = await this.#storeTogether(attempt, [step]);
    if (committed !== null) return committed;
    // The connection broke after the commit, or the task's writes come a second time.
    if (step.type === 'writes') await this.#storeTogether(attempt, [{ ...step, event: null }]);
    return LOGGED_BEFORE;
  }

  /**
   * @returns null where an event was logged before; nothing is stored then
   * @throws GatewayError RUN_SUPERSEDED
   */
  async #storeTogether(
    attempt: Attempt,
    steps: readonly Step<Content>[],
  ): Promise<CommittedEvents | null> {
    const { sessionId, epoch, runId } = attempt;
    const checkpoint = steps.find((step) => step.type === 'checkpoint');
    const writes = steps.filter((step) => step.type === 'writes');
    const statement = statementFor(checkpoint, writes);
    const events = steps.filter(hasEvent);
    const at = this.#database.clock.now();
    try {
      const [owned] = await this.#database.query<{ last_event: number }>(
        statement,
        this.#statements[statement],
        [
          sessionId,
          epoch,
          runId,
          at,
          steps[0]?.namespace,
          steps.reduce((sum, { bytes }) => sum + bytes, 0),
          events.map(({ event }) => JSON.stringify(event)),
          events.map((step) => subjectOf(attempt, step)),
          ...(writes.length > 0 ? writesParameters(writes) : []),
          ...(checkpoint === undefined ? [] : checkpointParameters(checkpoint)),
        ],
      );
      if (owned === undefined) throw superseded(sessionId, epoch);
      const logged = events.map(({ event }) => ({ runId, at, detail: event }));
      return { lastEvent: owned.last_event, logged };
    } catch (error) {
      if (isDuplicate(error, 'session_events_subject')) return null;
      throw error;
    }
  }

  async #one(name: string, where: string, values: unknown[]): Promise<StoredTuple | undefined> {
    const text = `${selectTuples(this.#database, '$3')}
      WHERE cp.thread_id = $1 AND cp.checkpoint_ns = $2 AND ${where}`;
    const [row] = await this.#query(name, text, values);
    return row && tupleOf(row);
  }

  async #query(name: string, text: string, values: unknown[]): Promise<TupleRow[]> {
    try {
      // Lists have many shapes, which are not worth a name each.
      return name === 'list'
        ? (await this.#database.pool.query<TupleRow>(text, values)).rows
        : await this.#database.query<TupleRow>(name, text, values);
    } catch (error) {
      throw translatePostgresError(error);
    }
  }
}

/** It stands in the log; under which number, only that tells. */
const LOGGED_BEFORE: CommittedEvents = { lastEvent: null, logged: [] };

const hasEvent = <S extends Step<Content>>(
  step: S,
): step is S & { readonly event: DurableDetail } => step.event !== null;

function statementFor(
  checkpoint: CheckpointStep<Content> | undefined,
  writes: readonly WritesStep[],
): keyof StepStatements {
  if (checkpoint !== undefined) return writes.length > 0 ? 'putBoth' : 'putCheckpoint';
  return writes.some(({ replaces }) => replaces) ? 'replaceWrites' : 'putWrites';
}

/** What an event is about: its unique key within the session, which is of a fixed length. */
function subjectOf({ epoch }: Attempt, step: Step<Content>): string {
  const { namespace, checkpointId } = step;
  const subject =
    step.type === 'checkpoint'
      ? `c/${namespace}/${checkpointId}`
      : `t/${namespace}/${checkpointId}/${step.taskId}`;
  return createHash('sha256').update(`${epoch}/${subject}`).digest('base64url');
}

function checkpointParameters(checkpoint: CheckpointStep<Content>): unknown[] {
  const { head, metadata, blobs } = checkpoint.content;
  return [
    checkpoint.checkpointId,
    checkpoint.parentId,
    head,
    metadata,
    checkpoint.step,
    checkpoint.source,
    JSON.stringify(checkpoint.changedKeys),
    blobs.channels,
    blobs.versions,
    blobs.types,
    blobs.starts,
    blobs.lengths,
    blobs.bytes,
    checkpoint.createdAt,
  ];
}

function writesParameters(steps: readonly WritesStep[]): unknown[] {
  const all = steps.flatMap((step) => step.writes.map((write) => ({ step, write })));
  const packed = pack(
    all.map(({ write: { channel, type, value } }) => ({
      channel,
      version: '',
      type,
      bytes: value,
    })),
  );
  return [
    all.map(({ step }) => step.checkpointId),
    all.map(({ step }) => step.taskId),
    all.map(({ step }) => step.taskPath),
    all.map(({ write }) => write.index),
    packed.channels,
    packed.types,
    packed.starts,
    packed.lengths,
    packed.bytes,
  ];
}

function tupleOf(row: TupleRow): StoredTuple {
  const blobs = unpack(row.lengths, row.bytes);
  const writes = unpack(row.write_lengths, row.write_bytes);
  const value = (type = '', bytes: Uint8Array = new Uint8Array()): Serialized => [type, bytes];
  return {
    sessionId: row.thread_id,
    namespace: row.checkpoint_ns,
    checkpointId: row.checkpoint_id,
    parentId: row.parent_checkpoint_id,
    checkpoint: {
      head: row.checkpoint,
      channels: (row.channels ?? []).map((channel, n) => [
        channel,
        value(row.types?.[n], blobs[n]),
      ]),
    },
    metadata: ['json', JSON.stringify(row.metadata)],
    writes: (row.tasks ?? []).map((taskId, n) => [
      taskId,
      row.write_channels?.[n] ?? '',
      value(row.write_types?.[n], writes[n]),
    ]),
  };
}

interface TupleRow {
  readonly thread_id: string;
  readonly checkpoint_ns: string;
  readonly checkpoint_id: string;
  readonly parent_checkpoint_id: string | null;
  readonly checkpoint: Omit<Checkpoint, 'channel_values'>;
  readonly metadata: unknown;
  readonly channels: string[] | null;
  readonly types: string[] | null;
  readonly lengths: (number | null)[] | null;
  readonly bytes: Uint8Array | null;
  readonly tasks: string[] | null;
  readonly write_channels: string[] | null;
  readonly write_types: string[] | null;
  readonly write_lengths: (number | null)[] | null;
  readonly write_bytes: Uint8Array | null;
}
