import type { RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Requests at a pace that the answers have no part in, as those of many users: each counts from when it was due, so
 * that a program that is slow for a while is slow for all that were due in it.
 * @param latencies where each is noted, in microseconds
 * @throws what any of the requests threw
 */
export async function pacedLoad(
  perSecond: number,
  forMs: number,
  latencies: RecordableHistogram,
  request: (n: number) => Promise<unknown>,
): Promise<void> {
  const total = Math.round((perSecond * forMs) / 1000);
  const begun = performance.now();
  const open: Promise<void>[] = [];
  const timed = async (n: number, due: number) => {
    await request(n);
    latencies.record(Math.max(1, Math.round((performance.now() - due) * 1000)));
  };
  for (let n = 0; n < total; n += 1) {
    const due = begun + (n * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    const answered = timed(n, due);
    // What fails is thrown below, once all have been asked.
    answered.catch(() => undefined);
    open.push(answered);
  }
  await Promise.all(open);
}
