// A storm of faults at random over a fleet that works, and what of the promises did not hold.
import { setTimeout as sleep } from 'node:timers/promises';
import { check } from './checker.ts';
import { FAULTS, faultsOf } from './faults.ts';
import { Fleet, type StormEnvironment } from './fleet.ts';
import { randomOf } from './random.ts';
import { type Finished, work } from './workload.ts';

export interface ChaosOptions {
  readonly ENV: StormEnvironment;
  readonly seconds: number;
  readonly seed: number;
  /** The setting WORKERS of each program; 0 unless given. */
  readonly workers?: number;
  /** Told of each fault as it begins. */
  readonly log: (line: string) => void;
}

export interface ChaosReport {
  readonly sessions: number;
  readonly watched: number;
  /** How often each fault befell the fleet. */
  readonly faults: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

const USERS = 12;
/** How long everything may take to settle once nothing befalls the fleet any more. */
const CALM_MS = 60_000;

export async function runChaos({
  ENV,
  seconds,
  seed,
  workers = 0,
  log,
}: ChaosOptions): Promise<ChaosReport> {
  await using fleet = await Fleet.open(ENV, workers);
  const random = randomOf(seed);
  const faults: Record<string, number> = {};
  const done: Finished[] = [];
  const end = performance.now() + seconds * 1000;
  const over = () => performance.now() >= end;
  const users = Promise.all(
    Array.from({ length: USERS }, (_, user) => work(fleet, user, over, done)),
  );
  const failed = users.then(
    () => [],
    (error: unknown) => [`a user was refused: ${String(error)}`],
  );
  const names = faultsOf(fleet);
  while (!over()) {
    await sleep(300 + random() * 2200);
    const name = names[Math.floor(random() * names.length)] ?? '';
    log(`${(seconds - (end - performance.now()) / 1000).toFixed(1)} s: ${name}`);
    faults[name] = (faults[name] ?? 0) + 1;
    await FAULTS[name]?.(fleet, random);
  }
  const calm = sleep(CALM_MS, ['after the storm, not all sessions settled'], { ref: false });
  const violations = [...(await Promise.race([failed, calm]))];
  violations.push(...fleet.unexpected().map((line) => `logged: ${line}`));
  for (const finished of done) violations.push(...(await check(fleet, finished)));
  const watched = done.filter((each) => each.watched !== null).length;
  return { sessions: done.length, watched, faults, violations };
}
