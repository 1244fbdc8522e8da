// Who may execute beside whom in a worker.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ExclusiveGate } from '../../src/worker/exclusive-gate.ts';

const isSettled = (work: Promise<unknown>) =>
  Promise.race([work.then(() => true), sleep(20).then(() => false)]);

it('an exclusive run begins once the others have left, and keeps later ones out until it shares', async () => {
  const gate = new ExclusiveGate();
  const [a, b] = [await gate.enterShared(), await gate.enterShared()];
  const asked = gate.tryEnterExclusive();
  expect([a.isAskedToLeave, b.isAskedToLeave]).toEqual([true, true]);
  const late = gate.enterShared();
  a.leave();
  expect(await isSettled(asked)).toBe(false);
  b.leave();
  const exclusive = await asked;
  expect(exclusive?.isAskedToLeave).toBe(false);
  expect(await isSettled(late)).toBe(false);
  exclusive?.share();
  expect(await isSettled(late)).toBe(true);
});

it('one that shares by now is among the others for the next', async () => {
  const gate = new ExclusiveGate();
  const first = await gate.tryEnterExclusive();
  expect(await gate.tryEnterExclusive()).toBeUndefined();
  first?.share();
  const next = gate.tryEnterExclusive();
  expect(first?.isAskedToLeave).toBe(true);
  expect(await isSettled(next)).toBe(false);
  first?.leave();
  expect(await next).toBeDefined();
});

it('neither who does not leave nor a long step holds the worker up for ever', async () => {
  const gate = new ExclusiveGate({ drainMs: 50, exclusiveMs: 50 });
  const stays = await gate.enterShared();
  const suspect = await gate.tryEnterExclusive();
  expect(suspect).toBeDefined();
  (await gate.enterShared()).leave();
  stays.leave();
  suspect?.leave();
  const alone = await gate.tryEnterExclusive();
  (await gate.enterShared()).leave();
  alone?.leave();
});
