import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { RateLimiter } from '../../session/ports.ts';
import { toRateLimiter } from '../rate-limiter.ts';

/** A limit that one process counts for itself. */
export function createLocalRateLimiter(_name: string, most: number, windowMs: number): RateLimiter {
  return toRateLimiter(new RateLimiterMemory({ points: most, duration: windowMs / 1000 }));
}
