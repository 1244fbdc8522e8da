// Promises 2 to 7 under faults at random. What `npm run chaos` finds is run again here, by its seed.
import { expect, it } from 'vitest';
import { runChaos } from './chaos.ts';

it.each([
  ['production', 25, 1],
  ['staging', 10, 1],
  ['sqlite', 10, 1],
] as const)('%s for %i s, seed %i', { timeout: 240_000 }, async (ENV, seconds, seed) => {
  const faults: string[] = [];
  const report = await runChaos({ ENV, seconds, seed, log: (line) => faults.push(line) });
  process.stdout.write(
    `CHAOS ${ENV} sessions=${report.sessions} watched=${report.watched} faults=${JSON.stringify(report.faults)}\n`,
  );
  expect({ violations: report.violations, faults }).toEqual({ violations: [], faults });
  expect(report.sessions).toBeGreaterThan(20);
});
