// Whoever asks for a run gets a turn soon, however much others have queued before, whichever queue there is.
import { describe, expect, it } from 'vitest';
import { openInProcess } from './in-process.ts';
import { type BackendName, openTestBackend } from './open-test-backend.ts';

const BACKENDS: readonly BackendName[] = ['memory', 'sqlite', 'redis', 'postgres'];
const QUEUED_BY_EACH = 1000;
/** Of one run, three steps of as long. */
const STEP_MS = 100;
/** In the order in which they came, a third user's run would wait for ten minutes, or for more than one. */
const AT_MOST_MS = 10_000;

describe.each(BACKENDS)('%s', (name) => {
  it.each([1, 8])('with %i slots', async (concurrency) => {
    await using test = await openTestBackend(name);
    const limits = { concurrency, perUser: Math.max(1, Math.floor(concurrency * 0.75)) };
    await using gateway = await openInProcess(test.backend, ['steps'], 'graphs.ts', limits);
    const start = async (id: string) => {
      const given = { graphId: 'steps', input: { task: 'go', delayMs: STEP_MS } };
      return (await gateway.sessions.start({ id }, given)).session.id;
    };
    const many = Array.from({ length: QUEUED_BY_EACH });
    const queued = await Promise.all(
      ['alice', 'bob'].map((id) => Promise.all(many.map(() => start(id)))),
    );
    const startedAt = async (id: string) =>
      (await test.backend.sessions.findRunByNumber(id, 1, 'system'))?.startedAt ?? null;
    // Both have had a turn.
    for (const ids of queued) {
      const some = async () => (await Promise.all(ids.map(startedAt))).some((at) => at !== null);
      await expect.poll(some, { timeout: 60_000 }).toBe(true);
    }
    const waits: number[] = [];
    for (let n = 0; n < 2; n += 1) {
      const id = await start('carol');
      await expect.poll(() => startedAt(id), { interval: 20, timeout: 60_000 }).not.toBeNull();
      const run = await test.backend.sessions.findRunByNumber(id, 1, 'system');
      waits.push((run?.startedAt ?? Infinity) - (run?.createdAt ?? 0));
    }
    process.stdout.write(
      `WAITED_MS of a third user, ${name}, ${concurrency} slots=${waits.join()}\n`,
    );
    expect(Math.max(...waits)).toBeLessThan(AT_MOST_MS);
  });
});
