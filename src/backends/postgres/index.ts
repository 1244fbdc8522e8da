import type { Backend } from '../../session/ports.ts';
import { BullRunQueue } from '../distributed/bull-run-queue.ts';
import { closeRedis, createRedis } from '../distributed/redis-connection.ts';
import { RedisProgressBus } from '../distributed/redis-progress-bus.ts';
import { createRedisRateLimiter } from '../distributed/redis-rate-limiter.ts';
import { RedisWorkerRegistry } from '../distributed/redis-worker-registry.ts';
import { createPostgresSavers } from './checkpointer.ts';
import { PostgresDatabase, type PostgresOptions } from './database.ts';
import { createPostgresSessionStore } from './session-store.ts';

export interface PostgresBackendOptions extends PostgresOptions {
  readonly redisUrl: string;
  /** What the keys and channels in Redis begin with. */
  readonly redisPrefix: string;
}

/**
 * Opens the database, and Redis for its queue and its bell. A Redis that is down now is waited for: work is accepted
 * all the same.
 * @throws GatewayError BACKEND_UNAVAILABLE saying what is wrong with the database
 */
export async function openPostgresBackend(options: PostgresBackendOptions): Promise<Backend> {
  const { redisUrl, redisPrefix } = options;
  const commands = createRedis(redisUrl);
  const database = await PostgresDatabase.open(options).catch(async (error: unknown) => {
    commands.disconnect();
    throw error;
  });
  const bus = new RedisProgressBus(redisUrl, commands, redisPrefix);
  const queue = new BullRunQueue(redisUrl, commands, redisPrefix);
  return {
    name: 'postgres',
    risk: null,
    sessions: createPostgresSessionStore(database),
    savers: createPostgresSavers(database, bus),
    clock: database.clock,
    bus,
    queue,
    createRateLimiter: (...limit) => createRedisRateLimiter(commands, redisPrefix, ...limit),
    openWorkerRegistry: async () => new RedisWorkerRegistry(redisUrl, commands, redisPrefix),
    checks: {
      backend: () => database.checkWritable(),
      migrations: () => database.checkMigrated(),
      async queue() {
        await queue.check();
        await bus.check();
      },
    },
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
      await closeRedis(commands);
      await database[Symbol.asyncDispose]();
    },
  };
}
