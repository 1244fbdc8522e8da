// Connections to Redis. Each has a listener for errors, without which a broken one would end the process, and comes
// back by itself: when it breaks, when it is silent for too long, and when its server turns into a replica.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions as AllOptions } from 'ioredis';
import { invalidInput } from '../../errors.ts';

/** A command that waits longer than this for an answer has failed. */
const COMMAND_TIMEOUT_MS = 5000;
/** A connection that owes an answer and says nothing for as long is frozen, and made anew. */
const SILENT_MS = 5000;
/** BullMQ's blocking reads ask for an answer within 10 s. */
const SILENT_WHILE_BLOCKING_MS = 15_000;
const LONGEST_PAUSE_MS = 500;
/** A server that stays a replica must not have its connections made anew with each command. */
const RECONNECT_AT_MOST_EVERY_MS = 1000;

/** Without what would change the shape of replies. */
type RedisOptions = Omit<AllOptions, 'replyMapping'>;

/** For commands: they fail at once while there is no connection. */
export function createRedis(url: string, options: RedisOptions = {}): Redis {
  return open(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENT_MS,
    ...options,
  });
}

/** For what waits until there is a connection again: subscriptions, and BullMQ's blocking reads. */
export function createPatientRedis(url: string): Redis {
  return open(url, { maxRetriesPerRequest: null, socketTimeout: SILENT_WHILE_BLOCKING_MS });
}

/** What every connection of the gateway has, the heartbeat thread's too. */
export function commonOptions(): RedisOptions {
  let reconnected = -Infinity;
  return {
    // Replies in the shapes that are documented with the commands.
    protocol: 2,
    keepAlive: 5000,
    connectTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_PAUSE_MS),
    // After a failover the old connection leads to a replica; a new one leads to where the address points now.
    reconnectOnError(error) {
      if (!/\b(READONLY|UNBLOCKED|MASTERDOWN)\b/.test(error.message)) return false;
      const now = performance.now();
      if (now - reconnected < RECONNECT_AT_MOST_EVERY_MS) return false;
      reconnected = now;
      return true;
    },
  };
}

function open(url: string, options: RedisOptions): Redis {
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    throw invalidInput('REDIS_URL must be redis://USER:PASSWORD@HOST:PORT, or rediss:// for TLS.');
  }
  const redis = new Redis(url, { ...commonOptions(), lazyConnect: true, ...options });
  redis.on('error', (error: Error) => lastErrors.set(redis, error));
  redis.on('ready', () => lastErrors.delete(redis));
  // A server that is not there now is waited for.
  redis.connect().catch(() => undefined);
  return redis;
}

/** Why a connection is not there, as far as it is known. */
const lastErrors = new WeakMap<Redis, Error>();

const LOOK_MS = 20;

/** Waits until the connection is there. @throws what keeps it from being there, once `timeoutMs` are over */
export async function untilConnected(redis: Redis, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (redis.status !== 'ready') {
    if (performance.now() > until)
      throw lastErrors.get(redis) ?? new Error('Redis cannot be reached.');
    await sleep(LOOK_MS);
  }
}

/** What the server tells of itself; a user without the right for it is told nothing. */
export async function infoOf(
  redis: Redis,
  section: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  const text = await redis.info(section).catch(() => undefined);
  const pairs = text?.split(/\r?\n/).flatMap((line): [string, string][] => {
    const at = line.indexOf(':');
    return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
  });
  return pairs && new Map(pairs);
}

/** Closes the connection; what was sent is answered first, where the server still answers. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => undefined);
  redis.disconnect();
}
