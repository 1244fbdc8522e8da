// Connections to Redis. Each has a listener for errors, without which a broken one would end the process, and comes
// back by itself.
import { Redis, type RedisOptions as AllOptions } from 'ioredis';
import { invalidInput } from '../../errors.ts';

/** A command that waits longer than this for an answer has failed; a connection so old and silent is broken. */
const COMMAND_TIMEOUT_MS = 5000;
const LONGEST_PAUSE_MS = 500;

/** Without what would change the shape of replies. */
type RedisOptions = Omit<AllOptions, 'replyMapping'>;

const COMMON: RedisOptions = {
  // Replies in the shapes that are documented with the commands.
  protocol: 2,
  lazyConnect: true,
  keepAlive: 5000,
  connectTimeout: COMMAND_TIMEOUT_MS,
  retryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_PAUSE_MS),
};

/** For commands: they fail at once while there is no connection. */
export function createRedis(url: string, options: RedisOptions = {}): Redis {
  return open(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    ...options,
  });
}

/** For what waits until there is a connection again: subscriptions, and BullMQ's blocking reads. */
export function createPatientRedis(url: string): Redis {
  return open(url, { maxRetriesPerRequest: null });
}

function open(url: string, options: RedisOptions): Redis {
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    throw invalidInput('REDIS_URL must be redis://USER:PASSWORD@HOST:PORT, or rediss:// for TLS.');
  }
  const redis = new Redis(url, { ...COMMON, ...options });
  redis.on('error', () => undefined);
  // A server that is not there now is waited for.
  redis.connect().catch(() => undefined);
  return redis;
}

/** Closes the connection; what was sent is answered first, where the server still answers. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => undefined);
  redis.disconnect();
}
