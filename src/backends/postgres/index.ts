import type { Redis } from 'ioredis';
import type { Backend } from '../../session/ports.ts';
import { BullRunQueue } from '../distributed/bull-run-queue.ts';
import {
  closeRedis,
  createRedis,
  infoOf,
  untilConnected,
} from '../distributed/redis-connection.ts';
import { RedisProgressBus } from '../distributed/redis-progress-bus.ts';
import { createRedisRateLimiter } from '../distributed/redis-rate-limiter.ts';
import { RedisWorkerRegistry } from '../distributed/redis-worker-registry.ts';
import { createSavers } from '../fenced-saver.ts';
import { SqlItemStore } from '../sql/item-store.ts';
import { PostgresDatabase, type PostgresOptions } from './database.ts';
import { translatePostgresError } from './errors.ts';
import { PostgresSaverStorage } from './saver-storage.ts';
import { createPostgresSessionStore } from './session-store.ts';

export interface PostgresBackendOptions extends PostgresOptions {
  readonly redisUrl: string;
  /** What the keys and channels in Redis begin with. */
  readonly redisPrefix: string;
}

/**
 * Opens the database, and Redis for its queue and notifications. A Redis that is down now is waited for: work is accepted
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
    risk: await riskOf(commands),
    sessions: createPostgresSessionStore(database),
    savers: createSavers(new PostgresSaverStorage(database, bus)),
    items: new SqlItemStore(database.db, database.db, database.clock, {
      locksRows: true,
      retrying: (work) => database.retrying(work),
      translate: translatePostgresError,
    }),
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

/** A Redis that is away now is none: that is reported as a loss. */
const RISK_PATIENCE_MS = 500;

/** What of the settings of Redis delays runs; null if nothing does. */
async function riskOf(redis: Redis): Promise<string | null> {
  try {
    await untilConnected(redis, RISK_PATIENCE_MS);
  } catch {
    return null;
  }
  const policy = (await infoOf(redis, 'memory'))?.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return null;
  return `Redis may evict queued jobs when its memory is full (maxmemory-policy ${policy}), which delays runs. Set it to noeviction.`;
}
