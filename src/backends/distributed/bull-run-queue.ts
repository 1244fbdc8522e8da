// BullMQ carries runs to workers. A job is one delivery of an attempt and holds no more than ids; the run's row is
// the truth, so a job that is lost is made again, and one that comes twice finds nothing to claim.
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueuedRun, RunConsumer, RunQueue } from '../../session/ports.ts';
import { closeRedis, createPatientRedis, untilConnected } from './redis-connection.ts';

const NAME = 'runs';
/** A run may take days and its process may be blocked for a while; neither fails the job, which decides nothing. */
const NEVER = 2 ** 31 - 1;
/**
 * A job whose delivery was lost is delivered again after as long. One that only seems lost, as its process is blocked,
 * finds nothing to claim.
 */
const LOST_MS = 5000;
const RETRY_MS = 500;
const PATIENCE_MS = 2000;
const CHECK_PATIENCE_MS = 2000;
const CHECK_KEY_MS = 60_000;

export class BullRunQueue implements RunQueue {
  readonly #url: string;
  readonly #prefix: string;
  readonly #commands: Redis;
  readonly #queue: Queue<QueuedRun>;
  readonly #held: AsyncDisposable[] = [];
  /** Whether the newest check failed. */
  #failed = false;

  constructor(url: string, commands: Redis, prefix: string) {
    this.#url = url;
    this.#prefix = `${prefix}:queue`;
    this.#commands = commands;
    this.#queue = new Queue(NAME, {
      connection: commands,
      prefix: this.#prefix,
      skipWaitingForReady: true,
      skipMetasUpdate: true,
      // It takes INFO, which a user of Redis may not have the right to.
      skipVersionCheck: true,
    });
    this.#queue.on('error', () => undefined);
  }

  add(run: QueuedRun): void {
    this.#add(run).catch(() => undefined);
  }

  remove(run: QueuedRun): void {
    const removed = async () => {
      await this.#queue.remove(jobId(run));
      // Its id stands in BullMQ's stream of events too, which nobody reads.
      await this.#queue.trimEvents(0);
    };
    removed().catch(() => undefined);
  }

  async ensure(runs: readonly QueuedRun[]): Promise<void> {
    if (runs.length === 0 || this.#commands.status !== 'ready') return;
    await withPatience(this.#addMissing(runs));
  }

  consume(execute: (run: QueuedRun) => Promise<void>, concurrency: number): RunConsumer {
    const connection = createPatientRedis(this.#url);
    const running = new Set<Promise<void>>();
    const worker = new Worker<QueuedRun>(
      NAME,
      async ({ data }) => {
        // A job of an earlier version does not tell whose run it is.
        const done = execute({ ...data, ownerId: (data as Partial<QueuedRun>).ownerId ?? '' });
        running.add(done);
        await done.finally(() => running.delete(done));
      },
      {
        connection,
        prefix: this.#prefix,
        concurrency,
        maxStalledCount: NEVER,
        lockDuration: LOST_MS,
        stalledInterval: LOST_MS,
        // After an error; BullMQ's own 15 s would be a long time without work once Redis is back.
        runRetryDelay: RETRY_MS,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
        skipVersionCheck: true,
      },
    );
    // Lost connections and locks: BullMQ tries again, and the store decides who owns a run.
    worker.on('error', () => undefined);
    this.#held.push({
      async [Symbol.asyncDispose]() {
        await withPatience(worker.close(true));
        await closeRedis(connection);
      },
    });
    return {
      async drain() {
        await withPatience(worker.pause(true));
        await Promise.all(running);
      },
    };
  }

  get isLost(): boolean {
    return this.#failed || this.#commands.status !== 'ready';
  }

  /** @throws what keeps jobs from being added and taken: reads that succeed say nothing of writes */
  async check(): Promise<void> {
    try {
      await untilConnected(this.#commands, CHECK_PATIENCE_MS);
      // ioredis goes on with database 0 where there is none of the number in REDIS_URL.
      await this.#commands.select(this.#commands.options.db ?? 0);
      await this.#commands.set(`${this.#prefix}:check`, '1', 'PX', CHECK_KEY_MS);
      // One of BullMQ's scripts, over several keys.
      await this.#queue.remove('check');
      this.#failed = false;
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  depth(): Promise<number> {
    return this.#queue.getWaitingCount();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const held of this.#held) await held[Symbol.asyncDispose]();
    await withPatience(this.#queue.close());
  }

  async #addMissing(runs: readonly QueuedRun[]): Promise<void> {
    const pipeline = this.#commands.pipeline();
    for (const run of runs) pipeline.exists(this.#queue.toKey(jobId(run)));
    const held = await pipeline.exec();
    await Promise.all(runs.filter((_, n) => held?.[n]?.[1] === 0).map((run) => this.#add(run)));
  }

  async #add(run: QueuedRun): Promise<void> {
    const { id, sessionId, attempt, ownerId } = run;
    await this.#queue.add(
      NAME,
      { id, sessionId, attempt, ownerId },
      // A run that was begun goes before those that were not: whoever took it has waited already.
      { jobId: jobId(run), lifo: attempt > 0, removeOnComplete: true, removeOnFail: true },
    );
  }
}

/** One job an attempt: the job of an attempt whose worker died stays locked for a while, and must not hold up the next. */
function jobId({ id, attempt }: QueuedRun): string {
  return `${id}.${attempt}`;
}

/** BullMQ waits for a Redis that is gone; we do not. */
async function withPatience(work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, PATIENCE_MS);
  await Promise.race([work.catch(() => undefined), promise]);
  clearTimeout(timer);
}
