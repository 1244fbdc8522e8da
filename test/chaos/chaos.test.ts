// Promises 2 to 7 under faults at random. What `npm run chaos` finds is run again here, by its seed.
import { expect, it } from 'vitest';
import { runChaos } from './chaos.ts';

it.each([
  ['production', 25, 1, 0],
  ['staging', 10, 1, 0],
  ['sqlite', 10, 1, 0],
  ['production', 25, 1, 2],
] as const)(
  '%s for %i s, seed %i, WORKERS=%i',
  { timeout: 240_000 },
  async (ENV, seconds, seed, workers) => {
    const faults: string[] = [];
    const report = await runChaos({
      ENV,
      seconds,
      seed,
      workers,
      log: (line) => faults.push(line),
    });
    process.stdout.write(
      `CHAOS ${ENV} WORKERS=${workers} sessions=${report.sessions} watched=${report.watched} faults=${JSON.stringify(report.faults)}\n`,
    );
    expect({ violations: report.violations, faults }).toEqual({ violations: [], faults });
    expect(report.sessions).toBeGreaterThan(20);
  },
);
