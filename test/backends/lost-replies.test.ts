// Promises 3 and 4 where a connection breaks after the commit and before its answer.
import { randomUUID } from 'node:crypto';
import { type BaseCheckpointSaver, emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { expect, it } from 'vitest';
import { openPostgresBackend } from '../../src/backends/postgres/index.ts';
import { openRedisBackend } from '../../src/backends/redis/index.ts';
import type { Attempt } from '../../src/session/ports.ts';
import { createDatabase } from '../support/services/postgres.ts';
import { startCuttingProxy } from '../support/services/cutting-proxy.ts';
import { upTo } from '../support/user.ts';
import { postgresTestOptions, sharedRedis } from './open-test-backend.ts';
import { beginAttempt, storeSession } from '../../src/testing/sessions.ts';

const STEPS = 4;

const CASES = (['redis', 'postgres'] as const).flatMap((name) =>
  (['awaited', 'and its checkpoint at once'] as const).map((way) => [name, way] as const),
);

it.each(CASES)(
  'on %s a step whose answer is lost is sent again and stored once, its writes %s',
  async (name, way) => {
    const redis = await sharedRedis();
    await using database = await createDatabase();
    using proxy = await startCuttingProxy(name === 'redis' ? redis.url : database.url);
    const prefix = `test-${randomUUID()}`;
    const open = (url: string) =>
      name === 'redis'
        ? openRedisBackend({ url, prefix })
        : openPostgresBackend({ ...postgresTestOptions(url, redis.url), redisPrefix: prefix });
    await using direct = await open(name === 'redis' ? redis.url : database.url);
    await using cut = await open(proxy.url);

    const session = await storeSession(direct);
    const attempt = await beginAttempt(direct, session.id);
    const heard: unknown[] = [];
    cut.bus.subscribe(session.id, (signal) => void heard.push(signal));
    proxy.cut(/NodeFinished|CheckpointSaved/, 2 * STEPS);
    let head = await put(cut.savers.attempt(attempt), attempt, 0);
    for (const step of upTo(STEPS)) {
      const config = {
        configurable: { thread_id: session.id, checkpoint_ns: '', checkpoint_id: head },
      };
      const saver = cut.savers.attempt(attempt);
      const task = `task ${step}`;
      const writes = saver.putWrites(config, [['a', step]], task, '~__pregel_pull, node');
      if (way === 'awaited') await writes;
      head = await put(saver, attempt, step, head);
      await writes;
    }
    expect(proxy.lost).toBe(2 * STEPS);

    const log = await direct.sessions.readLog(session.id, 'system', 0, 100);
    expect(log.map(({ sequence, detail }) => [sequence, detail.type])).toEqual(
      ['RunStatusChanged', 'RunStatusChanged', 'CheckpointSaved']
        .concat(...upTo(STEPS).map(() => ['NodeFinished', 'CheckpointSaved']))
        .map((type, n) => [n + 1, type]),
    );
    expect(await direct.sessions.find(session.id, 'system')).toMatchObject({
      lastOrdinal: STEPS + 1,
      head,
    });
    // Who watches in the same process is told of each step.
    expect(heard.length).toBeGreaterThanOrEqual(STEPS + 1);

    await beginAttempt(direct, session.id, 'another');
    proxy.cut(/CheckpointSaved/, 1);
    await expect(put(cut.savers.attempt(attempt), attempt, 9, head)).rejects.toMatchObject({
      code: 'RUN_SUPERSEDED',
    });
  },
);

async function put(
  saver: BaseCheckpointSaver,
  attempt: Attempt,
  value: number,
  parent?: string,
): Promise<string> {
  const id = uuid6(value);
  const version = value + 1;
  await saver.put(
    {
      configurable: {
        thread_id: attempt.sessionId,
        checkpoint_ns: '',
        ...(parent !== undefined && { checkpoint_id: parent }),
      },
    },
    {
      ...emptyCheckpoint(),
      id,
      channel_values: { a: value },
      channel_versions: { a: version },
    },
    { source: 'loop', step: value, parents: {} },
    { a: version },
  );
  return id;
}
