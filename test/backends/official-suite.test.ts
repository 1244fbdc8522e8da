// LangGraph's own suite for savers, on the savers as the gateway uses them: each thread is a session with a running
// attempt, and every write is fenced.
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type PendingWrite,
} from '@langchain/langgraph-checkpoint';
import { validate } from '@langchain/langgraph-checkpoint-validation';
import { startSession } from '../../src/session/lifecycle.ts';
import { BACKENDS, type TestBackend, openTestBackend } from './open-test-backend.ts';
import { NEW_RUN, aliceSession, beginAttempt } from '../../src/testing/sessions.ts';

/** Sends each thread's writes through an attempt of a session with that thread's id. */
class GatewaySaver extends BaseCheckpointSaver {
  readonly test: TestBackend;
  readonly #savers = new Map<string, Promise<BaseCheckpointSaver>>();

  constructor(test: TestBackend) {
    super();
    this.test = test;
  }

  override getTuple(config: RunnableConfig) {
    return this.test.backend.savers.reader().getTuple(config);
  }

  override list(config: RunnableConfig, options?: CheckpointListOptions) {
    return this.test.backend.savers.reader().list(config, options);
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ) {
    return (await this.#saver(config)).put(config, checkpoint, metadata, newVersions);
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath?: string,
  ) {
    return (await this.#saver(config)).putWrites(config, writes, taskId, taskPath);
  }

  override async deleteThread(threadId: string) {
    await this.test.backend.sessions.delete(threadId, 'system');
    this.#savers.delete(threadId);
  }

  #saver(config: RunnableConfig): Promise<BaseCheckpointSaver> {
    const id = String(config.configurable?.['thread_id']);
    const saver = this.#savers.get(id) ?? this.#open(id);
    this.#savers.set(id, saver);
    return saver;
  }

  async #open(id: string): Promise<BaseCheckpointSaver> {
    const { backend } = this.test;
    const session = aliceSession(Date.now());
    await backend.sessions.create(
      startSession({ ...session, id }, { ...NEW_RUN, id: `run of ${id}` }, Date.now(), undefined),
    );
    return backend.savers.attempt(await beginAttempt(backend, id));
  }
}

/**
 * The suite knows by these names that a saver stores checkpoints whole: of its one test that wants only what changed
 * stored, it exempts them.
 */
const SUITE_NAMES = {
  memory: 'MemorySaver',
  sqlite: '@langchain/langgraph-checkpoint-sqlite',
  redis: '@langchain/langgraph-checkpoint-redis',
  postgres: '@langchain/langgraph-checkpoint-postgres',
} as const;

for (const name of BACKENDS) {
  validate({
    checkpointerName: SUITE_NAMES[name],
    createCheckpointer: async () => new GatewaySaver(await openTestBackend(name)),
    destroyCheckpointer: async (saver: GatewaySaver) => saver.test[Symbol.asyncDispose](),
  });
}
