import type { Backend } from '../../session/ports.ts';
import { BullRunQueue } from '../distributed/bull-run-queue.ts';
import { RedisProgressBus } from '../distributed/redis-progress-bus.ts';
import { createRedisRateLimiter } from '../distributed/redis-rate-limiter.ts';
import { RedisWorkerRegistry } from '../distributed/redis-worker-registry.ts';
import { createSavers } from '../fenced-saver.ts';
import { createCheckpoints } from './checkpoints.ts';
import { RedisDatabase } from './database.ts';
import { RedisItemStore } from './item-store.ts';
import { RedisSaverStorage } from './saver-storage.ts';
import { RedisSessionStore } from './session-store.ts';

export interface RedisBackendOptions {
  readonly url: string;
  /** What our keys and channels begin with; LangGraph's saver has none. */
  readonly prefix: string;
}

/**
 * Opens a Redis that has RedisJSON and RediSearch.
 * @throws GatewayError BACKEND_UNAVAILABLE saying what it lacks
 */
export async function openRedisBackend({ url, prefix }: RedisBackendOptions): Promise<Backend> {
  const database = await RedisDatabase.open(url, prefix);
  const { redis } = database;
  const checkpoints = createCheckpoints(database);
  const bus = new RedisProgressBus(url, redis, prefix);
  const queue = new BullRunQueue(url, redis, prefix);
  return {
    name: 'redis',
    risk: await database.risk(),
    sessions: new RedisSessionStore(database, checkpoints),
    savers: createSavers(new RedisSaverStorage({ database, checkpoints, bus })),
    items: new RedisItemStore(database),
    clock: database.clock,
    bus,
    queue,
    createRateLimiter: (...limit) => createRedisRateLimiter(redis, prefix, ...limit),
    openWorkerRegistry: async () => new RedisWorkerRegistry(url, redis, prefix),
    checks: {
      backend: () => database.checkWritable(),
      async queue() {
        await queue.check();
        await bus.check();
      },
    },
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
