// A user's limits within one process are exact, however much is asked for at once and however long the store takes.
import { setTimeout as sleep } from 'node:timers/promises';
import { array, assert, asyncProperty, nat } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { UserQuota } from '../../src/session/quota.ts';

const MOST = 20;

/** A store that tells of a session what it was when the look began or when it ended, as the test says. */
function open(delays: () => number) {
  let active = 0;
  let highest = 0;
  const quota = new UserQuota(
    {
      async activityOf() {
        const before = active;
        const delay = delays();
        await sleep(delay);
        const told = delay % 2 === 0 ? before : active;
        return { activeSessions: told, queuedRuns: told };
      },
      storedBytesOf: () => Promise.resolve(0),
    },
    { activeSessions: MOST, queuedRuns: null, storedBytes: null },
  );
  return {
    highest: () => highest,
    /** Whether it was accepted. */
    async start(): Promise<boolean> {
      try {
        using _admitted = await quota.admitWork('alice', { activates: true, bytes: 0 });
        await sleep(delays());
        active += 1;
        highest = Math.max(highest, active);
        return true;
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'LIMIT_EXCEEDED') return false;
        throw error;
      }
    },
    settle() {
      active -= 1;
    },
  };
}

describe('a limit of 20', () => {
  it('lets 20 of 300 through that come at once, and none that comes soon after', async () => {
    const { start } = open(() => 4);
    const accepted = await Promise.all(Array.from({ length: 300 }, start));
    expect(accepted.filter(Boolean)).toHaveLength(MOST);
    await sleep(150);
    const later = await Promise.all(Array.from({ length: 300 }, start));
    expect(later.filter(Boolean)).toEqual([]);
  });

  it('is never passed, and lets others through once some have settled', async () => {
    const delays = array(nat(300), { minLength: 50, maxLength: 50 });
    await assert(
      asyncProperty(delays, async (given) => {
        let at = 0;
        const { start, settle, highest } = open(() => given[(at += 1) % given.length] ?? 0);
        const waves = Array.from({ length: 4 }, async (_, wave) => {
          await sleep(wave * 110);
          const accepted = await Promise.all(Array.from({ length: 40 }, start));
          return accepted.filter(Boolean).length;
        });
        const counts = await Promise.all(waves);
        expect(highest()).toBe(MOST);
        expect(counts.reduce((sum, count) => sum + count)).toBe(MOST);
        for (let n = 0; n < MOST; n += 1) settle();
        await expect.poll(start, { interval: 20 }).toBe(true);
      }),
      { numRuns: 5 },
    );
  });
});
