import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';

const LOOK_EVERY_MS = 20;
/** What a timer is late by on a busy machine, whatever the process does. */
const SLACK_MS = 10;
const LOGGED_FROM_MS = 1000;

/**
 * Measures how long the event loop is held at a time: for so long nobody else is served. A process that was frozen
 * counts, too.
 */
export function watchEventLoop(metrics: Metrics, log: Logger): Disposable {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const heldMs = now - last - LOOK_EVERY_MS;
    last = now;
    if (heldMs < SLACK_MS) return;
    metrics.eventLoopHeld.observe(heldMs / 1000);
    if (heldMs >= LOGGED_FROM_MS)
      log.warn(
        { heldMs: Math.round(heldMs) },
        'the event loop was held; nobody was served meanwhile',
      );
  }, LOOK_EVERY_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
