// Promise 6: how death is told apart from a worker that has only just begun.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/program.ts';
import { openTestBackend } from './open-test-backend.ts';

it('on Redis, a worker that has not been seen yet is dead only after it was missed for a while', async () => {
  await using test = await openTestBackend('redis');
  await using registry = await test.backend.openWorkerRegistry();
  await sleep(4000);
  const young = randomUUID();
  expect(registry.isDead(young)).toBe(false);
  await sleep(2000);
  expect(registry.isDead(young)).toBe(false);
  await expect.poll(() => registry.isDead(young), { timeout: 2000 }).toBe(true);

  const begun = performance.now();
  await using other = await test.backend.openWorkerRegistry();
  const beats = setInterval(() => expect(registry.isDead(other.workerId)).toBe(false), 100);
  await sleep(4500);
  clearInterval(beats);
  expect(other.beatingSince() - begun).toBeLessThan(1000);
});

it('on SQLite, a worker that ends while it begins takes nothing with it', async () => {
  using folder = temporaryFolder();
  const script = `${import.meta.dirname}/brief-workers.ts`;
  const { stdout } = await promisify(execFile)(process.execPath, [script, `${folder.path}/s.db`]);
  expect(stdout.trim().split('\n')).toHaveLength(120);
});
