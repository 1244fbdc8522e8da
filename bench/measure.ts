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

/** The value below which this part of all lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
