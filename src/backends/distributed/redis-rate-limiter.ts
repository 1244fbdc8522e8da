import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { RateLimiter } from '../../session/ports.ts';
import { toRateLimiter } from '../rate-limiter.ts';

/** A limit that all processes count together. While Redis is away, each counts for itself. */
export function createRedisRateLimiter(
  redis: Redis,
  prefix: string,
  name: string,
  most: number,
  windowMs: number,
): RateLimiter {
  const limit = { points: most, duration: windowMs / 1000 };
  return toRateLimiter(
    new RateLimiterRedis({
      ...limit,
      storeClient: redis,
      keyPrefix: `${prefix}:rate:${name}`,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(limit),
      // Who is over the limit is refused without asking again.
      inMemoryBlockOnConsumed: most + 1,
    }),
  );
}
