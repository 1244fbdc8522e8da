// What only a Redis can do to its users.
import { randomUUID } from 'node:crypto';
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { openRedisBackend } from '../../src/backends/redis/index.ts';
import { orphanThreads } from '../../src/session/orphan-threads.ts';
import type { Backend } from '../../src/session/ports.ts';
import { openTestBackend, sharedRedis } from './open-test-backend.ts';
import { beginAttempt, storeSession } from '../../src/testing/sessions.ts';
import { openInProcess } from './in-process.ts';

const ALL = { status: null, graphId: null, metadata: {}, forkedFromSessionId: null };
const ALICE = { id: 'alice' };

it('a list that takes RediSearch long is whole', async () => {
  await using test = await openTestBackend('redis');
  using redis = connect(test.place);
  const created = Date.now();
  for (let n = 0; n < 4000; n += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, k) =>
        storeSession(test.backend, { createdAt: created + n + k }),
      ),
    );
  }
  await redis.client.call('FT.CONFIG', 'SET', 'TIMEOUT', '1');
  const page = await test.backend.sessions.list('alice', ALL, 'CREATED_AT', {
    first: 100,
    after: null,
  });
  await redis.client.call('FT.CONFIG', 'SET', 'TIMEOUT', '500');
  expect(page.items.map(({ createdAt }) => createdAt - created)).toEqual(
    Array.from({ length: 100 }, (_, n) => 3999 - n),
  );
});

it('a server that lost its data makes its index again, and says that it does', async () => {
  await using test = await openTestBackend('redis');
  using redis = connect(test.place);
  await redis.client.flushall();
  const { id } = await storeSession(test.backend);
  const list = () =>
    test.backend.sessions.list('alice', ALL, 'CREATED_AT', { first: 5, after: null });
  await expect(list()).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  await expect
    .poll(async () => (await list().catch(() => null))?.items.map((session) => session.id))
    .toEqual([id]);
});

it('a step of very many writes is stored', async () => {
  await using test = await openTestBackend('redis');
  const session = await storeSession(test.backend);
  const saver = test.backend.savers.attempt(await beginAttempt(test.backend, session.id));
  const config = {
    configurable: { thread_id: session.id, checkpoint_ns: '', checkpoint_id: 'c' },
  };
  const writes = Array.from({ length: 70_000 }, (_, n): [string, number] => ['a', n]);
  await saver.putWrites(config, writes, 'task', '~__pregel_pull, node');
  expect(await test.backend.sessions.find(session.id, 'system')).toMatchObject({ lastEvent: 3 });
});

it('a run that an earlier version has accepted is found, and dealt as its user’s', async () => {
  await using test = await openTestBackend('redis');
  const { backend, place } = test;
  const { id } = await storeSession(backend);
  const redis = new Redis(place);
  const [key = ''] = await redis.keys(`*:listed:${id}`);
  const found = [
    { id, sessionId: id, attempt: 0, ownerId: 'alice', workerId: null, notBefore: null },
  ];
  const claim = (await redis.hget(key, 'claim')) ?? '';
  // Beside it an earlier version runs, which leaves what is told there as it was.
  await redis.hset(key, 'claim', claim.replace(id, 'another').replace('0/1', '0/9'));
  expect(await backend.sessions.claimable([], 10)).toEqual(found);
  expect(await redis.hdel(key, 'claim')).toBe(1);
  expect(await backend.sessions.claimable([], 10)).toEqual(found);
  redis.disconnect();
});

it('complete deletion: from the queue, too', async () => {
  await using test = await openTestBackend('redis');
  using redis = connect(test.place);
  await using process = await openInProcess(test.backend, ['slow']);
  const busy = await Promise.all(
    Array.from({ length: 4 }, () =>
      process.sessions.start(ALICE, { graphId: 'slow', input: {}, recursionLimit: 600 }),
    ),
  );
  await expect
    .poll(async () =>
      Promise.all(
        busy.map(
          async (each) => (await test.backend.sessions.find(each.session.id, 'system'))?.status,
        ),
      ),
    )
    .toEqual(busy.map(() => 'RUNNING'));
  const { session } = await process.sessions.start(ALICE, { graphId: 'slow', task: 'x' });
  await expect.poll(() => test.backend.queue.depth()).toBe(1);
  for (const { session: each } of [...busy, { session }])
    await process.sessions.delete(ALICE, each.id);
  await expect.poll(() => mentions(redis.client, session.id)).toEqual([]);
});

/** Keys that have the text in their name or in what they hold. */
async function mentions(redis: Redis, text: string): Promise<string[]> {
  const keys = await redis.keys('*');
  const held = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return keys.filter((key, n) => key.includes(text) || held[n]?.includes(text));
}

function connect(url: string): Disposable & { readonly client: Redis } {
  const client = new Redis(url);
  return { client, [Symbol.dispose]: () => client.disconnect() };
}

it('what another gateway keeps in the same Redis is not its own to prune', async () => {
  const { url } = await sharedRedis();
  const prefixes = ['team-a', 'team-b'].map((name) => `${name}-${randomUUID()}`);
  const [a = '', b = ''] = prefixes;
  await using teamA = await openRedisBackend({ url, prefix: a });
  await using teamB = await openRedisBackend({ url, prefix: b });
  const session = await storeSession(teamB);
  const attempt = await beginAttempt(teamB, session.id);
  const config = { configurable: { thread_id: session.id, checkpoint_ns: '' } };
  const metadata = { source: 'loop', step: 0, parents: {} } as const;
  await teamB.savers.attempt(attempt).put(config, emptyCheckpoint(), metadata, {});
  const ownOf = async ({ sessions }: Backend) => {
    const own = new Set<string>();
    for await (const part of orphanThreads(sessions)) for (const id of part.own) own.add(id);
    return own;
  };
  expect((await ownOf(teamA)).has(session.id)).toBe(false);
  expect((await ownOf(teamB)).has(session.id)).toBe(false);
  // What is left of a session of its own is.
  const redis = new Redis(url);
  await redis.del(`${b}:session:${session.id}`);
  redis.disconnect();
  expect((await ownOf(teamA)).has(session.id)).toBe(false);
  expect((await ownOf(teamB)).has(session.id)).toBe(true);
});

it('a list goes on past sessions that are deleted while it is read', async () => {
  await using test = await openTestBackend('redis');
  const { sessions } = test.backend;
  const ids = new Set<string>();
  for (let n = 0; n < 12; n += 1) ids.add((await storeSession(test.backend)).id);
  const find = sessions.find.bind(sessions);
  let gone = '';
  vi.spyOn(sessions, 'find').mockImplementation(async (id, actor) => {
    gone ||= id;
    return id === gone ? null : find(id, actor);
  });
  const first = await sessions.list('alice', ALL, 'CREATED_AT', { first: 5, after: null });
  expect(first.items).toHaveLength(4);
  expect(first.hasNext).toBe(true);
  vi.restoreAllMocks();
});
