import type { Redis } from 'ioredis';
import { RLWrapperTimeouts, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { RateLimiter } from '../../session/ports.ts';
import { toRateLimiter } from '../rate-limiter.ts';

/** A request waits no longer for its count. */
const PATIENCE_MS = 250;

/** A limit that all processes count together. While Redis is away or silent, each counts for itself. */
export function createRedisRateLimiter(
  redis: Redis,
  prefix: string,
  name: string,
  most: number,
  windowMs: number,
): RateLimiter {
  const limit = { points: most, duration: windowMs / 1000 };
  const limiter = new RateLimiterRedis({
    ...limit,
    storeClient: redis,
    keyPrefix: `${prefix}:rate:${name}`,
    rejectIfRedisNotReady: true,
    // Who is over the limit is refused without asking again.
    inMemoryBlockOnConsumed: most + 1,
  });
  const insuranceLimiter = new RateLimiterMemory(limit);
  return toRateLimiter(
    new RLWrapperTimeouts({ limiter, timeoutMs: PATIENCE_MS, insuranceLimiter }),
  );
}
