import { Bench } from 'tinybench';

export interface Sample {
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** How long an operation takes, one at a time for so many milliseconds after a quarter of them to warm up. */
export async function measure(operation: () => Promise<unknown>, timeMs: number): Promise<Sample> {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 4, throws: true });
  const [task] = await bench.add('operation', operation).run();
  const result = task?.result;
  if (result === undefined || !('latency' in result)) throw new Error('nothing was measured');
  return { medianMs: result.latency.p50, p99Ms: result.latency.p99 };
}
