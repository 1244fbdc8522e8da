// Promise 6: how death is told apart from a worker that has only just begun.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { closeRedis } from '../../src/backends/distributed/redis-connection.ts';
import { RedisWorkerRegistry } from '../../src/backends/distributed/redis-worker-registry.ts';
import { SqliteDatabase } from '../../src/backends/sqlite/database.ts';
import { SqliteWorkerRegistry } from '../../src/backends/sqlite/worker-registry.ts';
import type { WorkerRegistry } from '../../src/session/ports.ts';
import { temporaryFolder } from '../support/program.ts';
import { startOwnRedis } from '../support/services/redis.ts';
import { openTestBackend } from './open-test-backend.ts';

it('on Redis, a worker that has not been seen yet is dead only after it was missed for a while', async () => {
  await using test = await openTestBackend('redis');
  await using registry = await test.backend.openWorkerRegistry();
  await sleep(4000);
  const young = randomUUID();
  expect(registry.isDead(young)).toBe(false);
  await sleep(2000);
  expect(registry.isDead(young)).toBe(false);
  await expect.poll(() => registry.isDead(young)).toBe(true);

  const begun = performance.now();
  await using other = await test.backend.openWorkerRegistry();
  const beats = setInterval(() => expect(registry.isDead(other.workerId)).toBe(false), 100);
  await sleep(4500);
  clearInterval(beats);
  expect(other.beatingSince() - begun).toBeLessThan(1000);
});

/** Whether it was ever taken for dead within that time. */
async function everDead(registry: WorkerRegistry, workerId: string, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    if (registry.isDead(workerId)) return true;
    await sleep(10);
  }
  return false;
}

it('on Redis, nobody is dead whose heartbeats are refused as our own are, whoever beat last', async () => {
  await using server = await startOwnRedis({ modules: false });
  const redis = new Redis(server.url);
  await using judge = new RedisWorkerRegistry(server.url, redis, 'test');
  const beats = () => redis.hget('test:workers', judge.workerId).then(Number);
  const beatsAfter = async (count: number) => {
    await expect.poll(beats, { interval: 5 }).toBeGreaterThan(count);
    return beats();
  };
  const otherBeats = () => redis.hincrby('test:workers', 'other', 1);
  const counting = setInterval(() => void otherBeats(), 200);
  // It judges only after it has seen without a break for a while.
  expect(await everDead(judge, 'other', 5000)).toBe(false);
  clearInterval(counting);
  // The other's last beat lands about 0.7 s before the judge's. Done again if the judge's next one landed meanwhile.
  for (let last = -1, now = 0; now !== last; now = await beats()) {
    await redis.config('SET', 'maxmemory', '0');
    now = await beatsAfter(await beats());
    await sleep(300);
    await otherBeats();
    last = await beatsAfter(await beatsAfter(now));
    await redis.config('SET', 'maxmemory', '1');
  }
  expect(await everDead(judge, 'other', 5000)).toBe(false);
  await closeRedis(redis);
});

it('on SQLite, nobody is dead whose heartbeats wait for a lock as our own do', async () => {
  using folder = temporaryFolder();
  await using database = await SqliteDatabase.open(`${folder.path}/sessions.db`);
  await using judge = await SqliteWorkerRegistry.open(database);
  const other = new Database(database.path, { timeout: 5000 });
  other.exec(`INSERT INTO workers (id, host, pid, beat) VALUES ('other', 'elsewhere', 1, 0)`);
  const beats = setInterval(
    () => other.exec(`UPDATE workers SET beat = beat + 1 WHERE id = 'other'`),
    200,
  );
  // It judges only after its own beats have landed for a while.
  expect(await everDead(judge, 'other', 9000)).toBe(false);
  clearInterval(beats);
  // Its own beats land a little longer.
  await sleep(600);
  other.exec('BEGIN IMMEDIATE');
  expect(await everDead(judge, 'other', 6000)).toBe(false);
  other.exec('ROLLBACK');
  await expect.poll(() => judge.isDead('other')).toBe(true);
  other.close();
});

it('on SQLite, a worker that ends while it begins takes nothing with it', async () => {
  using folder = temporaryFolder();
  const script = `${import.meta.dirname}/brief-workers.ts`;
  const { stdout } = await promisify(execFile)(process.execPath, [script, `${folder.path}/s.db`]);
  expect(stdout.trim().split('\n')).toHaveLength(120);
});
