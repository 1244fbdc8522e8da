import { randomUUID } from 'node:crypto';
import { MemorySaver } from '@langchain/langgraph-checkpoint';
import { LocalBus } from '../../progress/local-bus.ts';
import type { Backend } from '../../session/ports.ts';
import { createLocalRateLimiter } from '../embedded/local-rate-limiter.ts';
import { LocalRunQueue } from '../embedded/local-run-queue.ts';
import { createSavers } from '../fenced-saver.ts';
import { StoreClock } from '../store-clock.ts';
import { MemoryCheckpoints } from './checkpoints.ts';
import { MemoryItemStore } from './item-store.ts';
import { MemorySaverStorage } from './saver-storage.ts';
import { MemorySessionStore } from './session-store.ts';

/** Everything in this process: quick, and lost with it. `saver` is where LangGraph finds the checkpoints, too. */
export function openMemoryBackend(saver: MemorySaver = new MemorySaver()): Backend {
  const bus = new LocalBus();
  const checkpoints = new MemoryCheckpoints(saver);
  // This process is the store.
  const clock = new StoreClock(async () => performance.timeOrigin + performance.now());
  const sessions = new MemorySessionStore(checkpoints, clock);
  const workerId = randomUUID();
  return {
    name: 'memory',
    risk: 'Sessions are kept in memory: a restart loses them.',
    sessions,
    savers: createSavers(new MemorySaverStorage(checkpoints, sessions, bus)),
    items: new MemoryItemStore(clock),
    clock,
    bus,
    queue: new LocalRunQueue(),
    createRateLimiter: createLocalRateLimiter,
    async openWorkerRegistry() {
      return {
        workerId,
        isDead: (id) => id !== workerId,
        beatingSince: () => -Infinity,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
    checks: { backend: () => Promise.resolve() },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
