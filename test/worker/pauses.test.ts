import { MemorySaver, emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { expect, it } from 'vitest';
import { Pauses, pauseAfterLargeSteps } from '../../src/worker/pauses.ts';

const MB = 1 << 20;
const never = new AbortController().signal;

/** Pauses whose time passes by hand. */
class ManualPauses extends Pauses {
  readonly asked: number[] = [];
  readonly #ends: (() => void)[] = [];

  constructor(patience = 1000) {
    super((ms, signal) => {
      this.asked.push(ms);
      return new Promise((resolve, reject) => {
        this.#ends.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    }, patience);
  }

  endOne(): void {
    this.#ends.shift()?.();
  }

  /** Tells whether a run has gone on after a step of so many bytes. */
  step(bytes: number, signal = never): { wentOn: boolean } {
    const told = { wentOn: false };
    void this.pause(bytes, signal).then(() => (told.wentOn = true));
    return told;
  }
}

/** Until all that needs no time is done. */
const soon = () => new Promise((resolve) => setImmediate(resolve));

it('pauses after steps that store much, one run after the other, for as long as they took', async () => {
  const pauses = new ManualPauses();
  const runs = [MB, 2 * MB, 1000 * MB, 1000].map((bytes) => pauses.step(bytes));
  const wentOn = async () => {
    await soon();
    return runs.map((run) => run.wentOn);
  };
  expect(await wentOn()).toEqual([false, false, false, true]);
  pauses.endOne();
  expect(await wentOn()).toEqual([true, false, false, true]);
  pauses.endOne();
  expect(await wentOn()).toEqual([true, true, false, true]);
  pauses.endOne();
  expect(await wentOn()).toEqual([true, true, true, true]);
  expect(pauses.asked).toEqual([20, 40, 1000]);
});

it('ends the pause of a run that ends, and the wait for it', async () => {
  const pauses = new ManualPauses();
  const ends = [new AbortController(), new AbortController()] as const;
  const runs = ends.map(({ signal }) => pauses.step(50 * MB, signal));
  ends[1].abort();
  await soon();
  expect(runs).toEqual([{ wentOn: false }, { wentOn: true }]);
  ends[0].abort();
  await soon();
  expect(runs).toEqual([{ wentOn: true }, { wentOn: true }]);
  const next = pauses.step(MB);
  await soon();
  pauses.endOne();
  pauses.endOne();
  await soon();
  expect(next.wentOn).toBe(true);
});

it('lets a small step wait for a few times its own pause at the most, whatever others do', async () => {
  const pauses = new ManualPauses(4);
  const never = pauses.step(1000 * MB);
  const small = pauses.step(MB);
  await expect.poll(() => small.wentOn).toBe(true);
  expect(never.wentOn).toBe(false);
});

it("counts each step's bytes once, and pauses only where a further step follows", async () => {
  const saver = new MemorySaver();
  const asked: number[] = [];
  let stored = 0;
  const take = () => {
    asked.push(stored);
    return stored;
  };
  pauseAfterLargeSteps(saver, take, () => false, never);
  const metadata = { source: 'loop', step: 0, parents: {} } as const;
  for (stored = 0; stored < 3; stored += 1)
    await saver.put({ configurable: { thread_id: 't' } }, emptyCheckpoint(), metadata);
  expect(asked).toEqual([0, 1, 2]);
});
