// The saver's checkpoints in the documents of LangGraph's RedisSaver. A step is one script: fence, documents and event
// (single-writer fencing). The newest checkpoint is the stored head, and no key is ever searched for.
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
  ProgressSignal,
} from '../../session/ports.ts';
import type { RedisProgressBus } from '../distributed/redis-progress-bus.ts';
import type {
  CommittedEvents,
  HistoryQuery,
  SaverStorage,
  Serialized,
  StoredTuple,
} from '../saver-storage.ts';
import { serializer } from '../serializer.ts';
import type { CheckpointStep, Step, WritesStep } from '../step-order.ts';
import type { CheckpointAddress } from '../stored-form.ts';
import type { CheckpointDocuments } from './checkpoint-tuples.ts';
import type { RedisCheckpoints } from './checkpoints.ts';
import type { RedisDatabase } from './database.ts';
import { type Document, channelDocuments, checkpointDocument, writeDocument } from './documents.ts';
import { placeOf, saverKeys } from './keys.ts';
import type { ScriptName } from './scripts.ts';

export interface RedisSaverParts {
  readonly database: RedisDatabase;
  readonly checkpoints: RedisCheckpoints;
  readonly bus: RedisProgressBus;
}

/** What a script gets of a step, besides what every script gets. */
interface ScriptStep {
  readonly script: ScriptName;
  readonly keys: readonly string[];
  readonly words: readonly string[];
  readonly documents: readonly Document[];
}

export class RedisSaverStorage implements SaverStorage<readonly Document[]> {
  readonly channelsApart = true;
  readonly storesTogether = false;
  readonly #database: RedisDatabase;
  readonly #checkpoints: RedisCheckpoints;
  readonly #bus: RedisProgressBus;

  constructor({ database, checkpoints, bus }: RedisSaverParts) {
    this.#database = database;
    this.#checkpoints = checkpoints;
    this.#bus = bus;
  }

  async read(
    { threadId, namespace, checkpointId }: CheckpointAddress,
    upToEpoch: number | null,
  ): Promise<StoredTuple | undefined> {
    const id =
      checkpointId ?? (await this.#checkpoints.rows.newest(threadId, namespace, upToEpoch));
    if (id === undefined) return undefined;
    const place = { sessionId: threadId, namespace, checkpointId: id };
    return (await this.readAll([place], null, upToEpoch))[0];
  }

  /** In as many round trips as for one. */
  async readAll(
    places: readonly CheckpointPlace[],
    channels: readonly string[] | null,
    upToEpoch: number | null,
  ): Promise<(StoredTuple | undefined)[]> {
    const writesUpTo = upToEpoch ?? undefined;
    const found = await this.#checkpoints.tuples.read(
      places.map((place) => ({ ...place, writesUpTo })),
      channels,
    );
    return found.map((documents) => documents && tupleOf(documents));
  }

  async *list({ threadId, namespace, checkpointId, beforeId }: HistoryQuery) {
    const { rows } = this.#checkpoints;
    for (const id of threadId === undefined ? await rows.threadIds() : [threadId]) {
      for await (const row of rows.history(id, { namespace, before: beforeId })) {
        if (checkpointId !== undefined && row.checkpointId !== checkpointId) continue;
        const [stored] = await this.readAll([row], null, null);
        if (stored !== undefined) yield stored;
      }
    }
  }

  find({ sessionId, checkpointId, namespace }: CheckpointPlace): Promise<CheckpointRow | null> {
    return this.#checkpoints.rows.find(sessionId, checkpointId, namespace);
  }

  before(row: CheckpointRow, limit: number): Promise<readonly CheckpointRow[]> {
    return this.#checkpoints.rows.before(row, limit);
  }

  async stockPlaces(threadId: string): Promise<CheckpointPlace[]> {
    const addresses = await this.#checkpoints.commands.stockAddresses(threadId);
    return addresses.map((address) => ({ ...address, sessionId: threadId }));
  }

  async serialize(
    { threadId, namespace, checkpointId }: CheckpointAddress,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<{ content: Document[]; bytes: number }> {
    const { channel_values: _, ...rest } = checkpoint;
    const [blobs, [, metadataBytes]] = await Promise.all([
      channelDocuments(serializer, threadId, namespace, checkpoint, newVersions),
      serializer.dumpsTyped(metadata),
    ]);
    const document = checkpointDocument({
      gateway: this.#database.keys.prefix,
      threadId,
      namespace,
      parentId: checkpointId ?? null,
      checkpoint: rest,
      metadataJson: new TextDecoder().decode(metadataBytes),
      source: metadata.source,
      step: metadata.step,
    });
    const content = [...blobs, document];
    const bytes = content.reduce((sum, [, json]) => sum + Buffer.byteLength(json), 0);
    return { content, bytes };
  }

  async store(
    attempt: Attempt,
    steps: readonly Step<readonly Document[]>[],
  ): Promise<CommittedEvents[]> {
    const writes = steps.filter((step) => step.type === 'writes');
    const checkpoint = steps.find((step) => step.type === 'checkpoint');
    // One connection sends them in this order.
    const committed = await Promise.all(
      writes.map((step) => this.#run(attempt, step, this.#writesScript(attempt, step))),
    );
    if (checkpoint === undefined) return committed;
    const script = this.#checkpointScript(attempt, checkpoint);
    return [...committed, await this.#run(attempt, checkpoint, script)];
  }

  publish(sessionId: string, signal: ProgressSignal): void {
    // The script has notified the other processes.
    this.#bus.deliver(sessionId, signal);
  }

  #checkpointScript(
    { sessionId, epoch, runId }: Attempt,
    checkpoint: CheckpointStep<readonly Document[]>,
  ): ScriptStep {
    const { namespace, checkpointId, content } = checkpoint;
    const { parentId, createdAt, step, source, changedKeys } = checkpoint;
    const { keys } = this.#database;
    const row = { epoch, runId, parentId, createdAt, step, source, changedKeys };
    return {
      script: 'sgPutCheckpoint',
      keys: [
        keys.documents(sessionId),
        keys.checkpoints(sessionId),
        keys.subgraphs(sessionId),
        keys.namespaces(sessionId),
        keys.history(sessionId, namespace),
        saverKeys.writes(sessionId, namespace, checkpointId),
        keys.sourced(sessionId, source, namespace),
        keys.persistent(sessionId),
      ],
      words: [
        namespace,
        checkpointId,
        placeOf(namespace, checkpointId),
        source === 'LOOP' ? '' : 'rare',
        JSON.stringify(row).slice(1),
        namespace === '' ? checkpointId : '',
      ],
      documents: content,
    };
  }

  #writesScript(
    { sessionId, epoch }: Attempt,
    { namespace, checkpointId, writes, replaces }: WritesStep,
  ): ScriptStep {
    const { keys } = this.#database;
    return {
      script: 'sgPutWrites',
      keys: [
        keys.documents(sessionId),
        keys.replaced(sessionId, namespace, checkpointId),
        saverKeys.writes(sessionId, namespace, checkpointId),
        saverKeys.checkpoint(sessionId, namespace, checkpointId),
        keys.belongings(sessionId),
      ],
      words: [replaces ? '1' : ''],
      documents: writes.map((write) => writeDocument(sessionId, write, epoch)),
    };
  }

  async #run(
    { sessionId, epoch, runId }: Attempt,
    { event }: Step<readonly Document[]>,
    { script, keys, words, documents }: ScriptStep,
  ): Promise<CommittedEvents> {
    const database = this.#database;
    const at = database.clock.now();
    const logged = event === null ? [] : [{ runId, at, detail: event }];
    // What the script publishes itself comes after what was told before.
    this.#bus.flush();
    const sequence = await database.script(
      script,
      [
        database.keys.session(sessionId),
        database.keys.events(sessionId),
        ...keys,
        database.keys.listed(sessionId),
      ],
      [
        epoch,
        at,
        runId,
        event === null ? '' : JSON.stringify(event),
        this.#bus.channelOf(sessionId),
        this.#bus
          .message([{ type: 'changed', lastEvent: SEQUENCE, epoch, logged }])
          .replace(String(SEQUENCE), '%SEQUENCE%'),
        ...words,
        ...documents.flat(),
      ],
    );
    if (sequence === -1) throw superseded(sessionId, epoch);
    // 0: it stands in the log already, and an answer that was lost may have said so.
    if (sequence === 0 && event !== null) return { lastEvent: null, logged: [] };
    return { lastEvent: Number(sequence), logged };
  }
}

function tupleOf(documents: CheckpointDocuments): StoredTuple {
  const { threadId, namespace, parentId, checkpoint, metadata, values, writes } = documents;
  const json = (text: string): Serialized => ['json', text];
  return {
    sessionId: threadId,
    namespace,
    checkpointId: checkpoint.id,
    parentId,
    checkpoint: {
      head: checkpoint,
      channels: values.map(([channel, text]) => [channel, json(text)]),
    },
    metadata: json(JSON.stringify(metadata)),
    writes: writes.map(({ task_id, channel, value, exact }) => [
      task_id,
      channel,
      // A stock saver leaves a value out that is undefined.
      json(exact ?? JSON.stringify(value) ?? UNDEFINED),
    ]),
  };
}

const UNDEFINED = '{"lc":2,"type":"undefined"}';

/** Stands for the event's number in the notification until the script knows it. */
const SEQUENCE = 9_007_199_254_740_991;
