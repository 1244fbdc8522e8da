// Where the server of a store is away, whatever is asked of it is answered so that the client tries again.
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgresBackend } from '../../src/backends/postgres/index.ts';
import { openRedisBackend } from '../../src/backends/redis/index.ts';
import { GatewayError } from '../../src/errors.ts';
import { startSession } from '../../src/session/lifecycle.ts';
import type {
  Attempt,
  Backend,
  CheckpointRow,
  CheckpointSavers,
  SessionStore,
} from '../../src/session/ports.ts';
import { Items } from '../../src/graph/items.ts';
import type { ItemStore } from '../../src/session/item-store.ts';
import type { Session } from '../../src/session/session.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startOwnRedis } from '../support/services/redis.ts';
import { postgresTestOptions, sharedRedis } from './open-test-backend.ts';
import { NEW_RUN, beginAttempt, storeSession } from '../../src/testing/sessions.ts';

const SERVERS = { postgres: startPostgres, redis: startOwnRedis } as const;

async function open(
  name: keyof typeof SERVERS,
  url: string,
  { migrate = true } = {},
): Promise<Backend> {
  if (name === 'redis') return openRedisBackend({ url, prefix: 'away' });
  return openPostgresBackend({ ...postgresTestOptions(url, (await sharedRedis()).url), migrate });
}

describe.each(['postgres', 'redis'] as const)('%s', (name) => {
  const parts = new AsyncDisposableStack();
  let backend: Backend;
  let session: Session;
  let attempt: Attempt;
  let row: CheckpointRow;

  beforeAll(async () => {
    const server = parts.use(await SERVERS[name]());
    backend = parts.use(await open(name, server.url));
    session = await storeSession(backend);
    attempt = await beginAttempt(backend, session.id);
    const config = { configurable: { thread_id: session.id, checkpoint_ns: '' } };
    const metadata = { source: 'input', step: -1, parents: {} } as const;
    await backend.savers.attempt(attempt).put(config, emptyCheckpoint(), metadata, {});
    const { items } = await backend.sessions.listCheckpoints(
      session.id,
      'system',
      { namespace: '', source: null, run: null },
      { first: 1, after: null },
    );
    const [first] = items;
    if (first === undefined) throw new Error('no checkpoint is stored');
    row = first;
    await server.stop();
  });

  afterAll(() => parts.disposeAsync());

  const anywhere = { status: null, graphId: null, metadata: {}, forkedFromSessionId: null };
  const page = { first: 1, after: null };
  const asked: Readonly<Record<keyof SessionStore, (store: SessionStore) => Promise<unknown>>> = {
    create: (store) =>
      store.create(startSession(session, { ...NEW_RUN, id: 'r' }, Date.now(), undefined)),
    change: (store) => store.change(session.id, 'system', () => undefined),
    adopt: (store) =>
      store.adopt(startSession(session, { ...NEW_RUN, id: 'r' }, Date.now(), undefined), [row]),
    delete: (store) => store.delete(session.id, 'system'),
    deleteExpired: (store) => store.deleteExpired(session.id, Date.now(), false),
    trimLog: (store) => store.trimLog(session.id, 1, 1),
    find: (store) => store.find(session.id, 'system'),
    findEach: (store) => store.findEach([session.id], 'system'),
    list: (store) => store.list('alice', anywhere, 'CREATED_AT', page),
    count: (store) => store.count('alice', anywhere),
    findRun: (store) => store.findRun(session.id, 'system'),
    findRunByNumber: (store) => store.findRunByNumber(session.id, 1, 'system'),
    listRuns: (store) => store.listRuns(session.id, 'system', page),
    findIdempotency: (store) => store.findIdempotency('alice', 'startSession', 'key'),
    readLog: (store) => store.readLog(session.id, 'system', 0, 10),
    listCheckpoints: (store) =>
      store.listCheckpoints(session.id, 'system', { namespace: '', source: null, run: null }, page),
    findCheckpoint: (store) => store.findCheckpoint(session.id, 'system', row.checkpointId, ''),
    listNamespaces: (store) => store.listNamespaces(session.id, 'system'),
    readMetadata: (store) => store.readMetadata([row]),
    nextCheckpoint: (store) => store.nextCheckpoint(row),
    subgraphsAt: (store) =>
      store.subgraphsAt(session.id, { after: 0, before: Infinity, upToEpoch: 1 }),
    fork: (store) =>
      store.fork(startSession(session, { ...NEW_RUN, id: 'r' }, Date.now(), undefined), {
        sessionId: session.id,
        seen: { epoch: 1, lastOrdinal: null },
        checkpoints: [{ ...row, writesUpTo: 1 }],
        sealed: [],
      }),
    listRange: (store) => store.listRange(session.id, 'graph', { after: 0, before: 9, limit: 9 }),
    longHistories: (store) => store.longHistories(10, null),
    sweepValues: (store) => store.sweepValues(session),
    claimable: (store) => store.claimable([], 10),
    busyWorkers: (store) => store.busyWorkers(),
    expired: (store) => store.expired(Date.now(), 10, true),
    acquireLease: (store) => store.acquireLease('sweeper', 'me', 1000),
    releaseLease: (store) => store.releaseLease('sweeper', 'me'),
    orphans: (store) => store.orphans(null, 10),
    deleteOrphan: (store) => store.deleteOrphan('none'),
    activityOf: (store) => store.activityOf('alice'),
    storedBytesOf: (store) => store.storedBytesOf('alice'),
  };

  const config = () => ({ configurable: { thread_id: session.id, checkpoint_ns: '' } });
  const saved: Readonly<Record<string, (savers: CheckpointSavers) => Promise<unknown>>> = {
    getTuple: (savers) => savers.reader().getTuple(config()),
    list: (savers) => Array.fromAsync(savers.reader().list(config())),
    put: (savers) =>
      savers
        .attempt(attempt)
        .put(
          config(),
          { ...emptyCheckpoint(), id: uuid6(1) },
          { source: 'loop', step: 0, parents: {} },
          {},
        ),
    putWrites: (savers) =>
      savers
        .attempt(attempt)
        .putWrites(
          { configurable: { ...config().configurable, checkpoint_id: row.checkpointId } },
          [['channel', 1]],
          'task',
        ),
    stockThread: (savers) => savers.stockThread('thread'),
    tuples: (savers) => savers.tuples([row], null),
  };

  // All at once, as each is retried for a while before it is given up.
  async function answers<T>(
    questions: Readonly<Record<string, (of: T) => Promise<unknown>>>,
    of: T,
  ) {
    const answered = Object.entries(questions).map(async ([name, ask]) => {
      const answer = await ask(of).then(
        () => 'an answer',
        (error: unknown) => (error instanceof GatewayError ? error.code : error),
      );
      return [name, answer] as const;
    });
    return Object.fromEntries(await Promise.all(answered));
  }

  const unavailable = (questions: object) =>
    Object.fromEntries(Object.keys(questions).map((name) => [name, 'BACKEND_UNAVAILABLE']));

  const at = { namespace: ['n'], key: 'k' };
  const range = { limit: 1, after: null };
  const kept: Readonly<Record<keyof ItemStore, (items: ItemStore) => Promise<unknown>>> = {
    get: (items) => items.get(['n'], 'k'),
    put: (items) => items.put(['n'], 'k', {}, { ttlMs: null, vectors: [] }),
    delete: (items) => items.delete(['n'], 'k'),
    list: (items) => items.list(['n'], { limit: 1, offset: 0 }),
    scan: (items) => items.scan(['n'], range),
    scanVectors: (items) => items.scanVectors(['n'], range),
    count: (items) => items.count(['n']),
    namespaces: (items) => items.namespaces([]),
    touch: (items) => items.touch([at]),
    deleteExpired: (items) => items.deleteExpired(1),
  };

  it('whatever is asked of a store that is away is to be asked again', async () => {
    const answered = await Promise.all([
      answers(asked, backend.sessions),
      answers(saved, backend.savers),
      answers(kept, backend.items),
    ]);
    expect(answered).toEqual([unavailable(asked), unavailable(saved), unavailable(kept)]);
  });
});

describe.each(['postgres', 'redis'] as const)('%s, which reads and does not write', (name) => {
  it('gives items, though it can neither take any nor begin their time anew', async () => {
    await using parts = new AsyncDisposableStack();
    const server = parts.use(await SERVERS[name]());
    const prepared = await open(name, server.url);
    const named = { namespace: ['n'], key: 'k' };
    await prepared.items.put(['n'], 'k', { n: 1 }, { ttlMs: 60_000, vectors: [] });
    await prepared[Symbol.asyncDispose]();
    // Postgres asks new connections alone; Redis is asked to write when it is opened.
    if (name === 'postgres') await refuseWrites(name, server.url);
    const backend = parts.use(await open(name, server.url, { migrate: false }));
    if (name === 'redis') await refuseWrites(name, server.url);
    const items = new Items(backend.items, { refreshOnRead: true });
    // Until more than a tenth of its time has gone by, there is nothing to write.
    await expect
      .poll(() => backend.items.touch([named]).catch((error: unknown) => error))
      .toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    expect(await items.get(named)).toMatchObject({ value: { n: 1 } });
    expect(await items.search(['n'], { filter: { n: 1 } }, { limit: 1, offset: 0 })).toHaveLength(
      1,
    );
    await expect(items.put(named, { n: 2 }, [])).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
    });
    expect(await backend.items.get(['n'], 'k')).toMatchObject({ value: { n: 1 } });
  });
});

async function refuseWrites(name: keyof typeof SERVERS, url: string): Promise<void> {
  if (name === 'redis') {
    const redis = new Redis(url);
    await redis.config('SET', 'maxmemory', '1');
    redis.disconnect();
    return;
  }
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
  await client.query(`ALTER DATABASE "${rows[0]?.name}" SET default_transaction_read_only = on`);
  await client.end();
}
