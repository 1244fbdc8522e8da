// Nothing is deleted, and nothing kept from being, because the clock of one process is wrong by days.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { openEnvironment } from '../support/environments.ts';
import { startProgram, temporaryFolder } from '../support/program.ts';
import { User, upTo } from '../support/user.ts';

const CLOCK = `${import.meta.dirname}/../chaos/clock.mjs`;
const DAY_MS = 86_400_000;
/** Longer than between two sweeps. */
const SWEPT_MS = 6000;

it.each(['sqlite', 'staging', 'production'] as const)(
  '%s: workers that are two days ahead and behind delete nothing that lives',
  async (ENV) => {
    await using environment = await openEnvironment(ENV);
    using folder = temporaryFolder();
    const settings = { ...environment.settings, JWT_SECRET };
    await using gateway = await startProgram({ ...settings, ROLE: 'gateway' });
    const startWorker = (days: number) => {
      const CLOCK_FILE = `${folder.path}/${days}`;
      writeFileSync(CLOCK_FILE, String(days * DAY_MS));
      const NODE_OPTIONS = `--import=${CLOCK}`;
      return startProgram({ ...settings, ROLE: 'worker', CLOCK_FILE, NODE_OPTIONS });
    };
    await using ahead = await startWorker(2);
    await using behind = await startWorker(-2);
    const alice = new User(gateway.url, as('alice'));
    const started = Date.now();
    const start = (ttlSeconds: number) => alice.start({ graphId: 'steps', task: 'go', ttlSeconds });
    const living = await Promise.all(upTo(8).map(() => start(3600)));
    const expiring = await Promise.all(upTo(4).map(() => start(2)));
    for (const id of living) expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
    for (const id of expiring)
      await expect.poll(() => alice.look(id).catch(() => 'gone'), { timeout: 30_000 }).toBe('gone');
    await sleep(SWEPT_MS);
    for (const id of living) {
      const expiresAt = Date.parse(String((await alice.look(id)).expiresAt));
      expect(expiresAt).toBeGreaterThan(started + 3_500_000);
      expect(expiresAt).toBeLessThan(Date.now() + 3_700_000);
    }
    for (const { process } of [ahead, behind]) expect(process.exitCode).toBeNull();
  },
);
