import { RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimiter } from '../session/ports.ts';

/** What a library's limiter says, told as a number. */
export function toRateLimiter(limiter: {
  consume(key: string, times: number): Promise<unknown>;
}): RateLimiter {
  return {
    async consume(key, times) {
      try {
        await limiter.consume(key, times);
        return 0;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
        throw refused;
      }
    },
  };
}
