// What only a Postgres asks of its users: poolers, pools, timeouts and schemas.
import { Client, Connection } from 'pg';
import { afterEach, expect, it, vi } from 'vitest';
import { seedHistory } from '../../bench/history-seed.ts';
import { PostgresDatabase } from '../../src/backends/postgres/database.ts';
import { openPostgresBackend } from '../../src/backends/postgres/index.ts';
import { createDatabase } from '../support/services/postgres.ts';
import { upTo } from '../support/user.ts';
import { ALICE, openInProcess } from './in-process.ts';
import { postgresTestOptions, sharedRedis } from './open-test-backend.ts';

afterEach(() => vi.restoreAllMocks());

/** The methods of pg's connection that put something on the wire. */
interface Wire {
  startup(parameters: Record<string, unknown>): void;
  parse(statement: { readonly name?: string; readonly text: string }): void;
  query(text: string): void;
}

it('with PG_PREPARE=false a transaction-mode pooler may stand between', async () => {
  const { url } = await sharedRedis();
  await using server = await createDatabase();
  const parameters = new Set<string>();
  const names = new Set<string | undefined>();
  const texts = new Set<string>();
  const wire = Connection.prototype as unknown as Wire;
  const { startup, parse, query } = wire;
  vi.spyOn(wire, 'startup').mockImplementation(function tell(this: Wire, asked) {
    for (const name of Object.keys(asked)) parameters.add(name);
    startup.call(this, asked);
  });
  vi.spyOn(wire, 'parse').mockImplementation(function tell(this: Wire, statement) {
    names.add(statement.name);
    texts.add(statement.text);
    parse.call(this, statement);
  });
  vi.spyOn(wire, 'query').mockImplementation(function tell(this: Wire, text) {
    texts.add(text);
    query.call(this, text);
  });
  const options = { ...postgresTestOptions(server.url, url), prepare: false };
  await using backend = await openPostgresBackend(options);
  await using process = await openInProcess(backend, ['ask']);
  const { session } = await process.sessions.start(ALICE, { graphId: 'ask', task: 'x' });
  expect(await process.settled(session.id)).toMatchObject({ status: 'INTERRUPTED' });
  await process.forks.fork(ALICE, { sessionId: session.id });
  await process.sessions.delete(ALICE, session.id);

  expect([...names].filter(Boolean)).toEqual([]);
  // Those that PgBouncer knows.
  expect([...parameters].toSorted()).toEqual(['application_name', 'database', 'user']);
  expect(texts.size).toBeGreaterThan(20);
  const ofConnection = /^\s*(set (?!local)|listen|prepare|declare)|pg_advisory_lock|\btemp\b/i;
  expect([...texts].filter((text) => ofConnection.test(text))).toEqual([]);
});

it('has no more connections than its pool, and ends a statement that takes too long', async () => {
  await using server = await createDatabase();
  const options = { ...postgresTestOptions(server.url, ''), poolSize: 2, statementTimeoutMs: 500 };
  await using database = await PostgresDatabase.connect(options);
  await Promise.all(upTo(6).map(() => database.pool.query('SELECT pg_sleep(0.1)')));
  const { rows } = await database.pool.query(
    `SELECT count(*) AS open FROM pg_stat_activity WHERE datname = current_database()`,
  );
  expect(rows).toEqual([{ open: 2 }]);
  await expect(database.pool.query('SELECT pg_sleep(2)')).rejects.toMatchObject({ code: '57014' });
});

it('a long session among many short ones is read by its keys', async () => {
  const { url } = await sharedRedis();
  await using server = await createDatabase();
  await using parts = new AsyncDisposableStack();
  const client = parts.adopt(new Client(server.url), (each) => each.end());
  await client.connect();
  const options = postgresTestOptions(server.url, url);
  const checkpoints = 1500;
  const newest = { namespace: '', source: null, run: null };

  const seeding = await openPostgresBackend(options);
  const id = await seedHistory(seeding, checkpoints, 100);
  // Of what the planner knows, a session has three values.
  await client.query(
    `INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
      SELECT 'short' || n, '', channel, '1', 'json', '' FROM generate_series(1, 3000) AS n,
        unnest(ARRAY['text', 'count', 'branch:to:step']) AS channel`,
  );
  await client.query('ANALYZE');
  await seeding[Symbol.asyncDispose]();
  const before = await valuesRead(client);

  const backend = await openPostgresBackend(options);
  const { sessions, savers } = backend;
  const { items } = await sessions.listCheckpoints(id, 'system', newest, {
    first: 20,
    after: null,
  });
  const tuples = await savers.tuples(items, null);
  expect(tuples.map((tuple) => tuple?.checkpoint.channel_values['count'])).toEqual(
    Array.from({ length: 20 }, (_, n) => checkpoints - 1 - n),
  );
  await backend[Symbol.asyncDispose]();
  // Each has three, of which one holds nothing.
  const read = (await valuesRead(client)) - before;
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThanOrEqual(3 * 20);
});

/** How many values of channels have been read in this database; a connection tells what it has read when it ends. */
async function valuesRead(client: Client): Promise<number> {
  await vi.waitFor(async () => {
    const { rows } = await client.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'`,
    );
    expect(rows).toEqual([]);
  }, 10_000);
  const { rows } = await client.query<{ read: string }>(
    `SELECT seq_tup_read + idx_tup_fetch AS read FROM pg_stat_user_tables WHERE relname = 'checkpoint_blobs'`,
  );
  return Number(rows[0]?.read);
}

it('refuses a schema whose name SQL would not take', async () => {
  const { url } = await sharedRedis();
  await using server = await createDatabase();
  const options = postgresTestOptions(`${server.url}?schema=a"b`, url);
  await expect(openPostgresBackend(options)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('?schema= must be of a-z, 0-9 and _'),
  });
});

it('keeps its tables in the schemas that it is told', async () => {
  const { url } = await sharedRedis();
  await using server = await createDatabase();
  const options = {
    ...postgresTestOptions(`${server.url}?schema=graphs`, url),
    gatewaySchema: 'sessions_here',
  };
  await using backend = await openPostgresBackend(options);
  await using process = await openInProcess(backend, ['steps']);
  const { session } = await process.sessions.start(ALICE, { graphId: 'steps', task: 'x' });
  expect(await process.settled(session.id)).toMatchObject({ status: 'SUCCEEDED' });
  await using database = await PostgresDatabase.connect(options);
  const { rows } = await database.pool.query(
    `SELECT DISTINCT schemaname AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  expect(rows).toEqual([{ name: 'graphs' }, { name: 'sessions_here' }]);
});

it('items of the store outlive connections that are killed', async () => {
  const { url } = await sharedRedis();
  await using server = await createDatabase();
  await using backend = await openPostgresBackend(postgresTestOptions(server.url, url));
  const killer = new Client(server.url);
  await killer.connect();
  const counts = async () => {
    for (const n of upTo(200)) {
      await backend.items.put(['counts'], 'n', { n }, { ttlMs: null, vectors: [] });
      expect(await backend.items.get(['counts'], 'n')).toMatchObject({ value: { n } });
    }
  };
  const kills = async () => {
    for (let n = 0; n < 5; n += 1)
      await killer.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
  };
  await Promise.all([counts(), kills()]);
  await killer.end();
});

it('items that are touched by many at once in other orders block nobody', async () => {
  const { url } = await sharedRedis();
  await using server = await createDatabase();
  await using backend = await openPostgresBackend(postgresTestOptions(server.url, url));
  await using parts = new AsyncDisposableStack();
  const client = new Client(server.url);
  await client.connect();
  parts.defer(() => client.end());
  const table = 'session_gateway.store_items';
  const names = upTo(100).map((n) => ({ namespace: ['touched'], key: String(n) }));
  for (const { namespace, key } of names)
    await backend.items.put(namespace, key, {}, { ttlMs: 600_000, vectors: [] });
  const orders = [names, names.toReversed(), names.slice(50), names.slice(0, 60).toReversed()];
  for (let round = 0; round < 20; round += 1) {
    // Most of their time has gone by.
    await client.query(`UPDATE ${table} SET expires_at = expires_at - 500000`);
    await Promise.all([...orders, ...orders].map((order) => backend.items.touch(order)));
    await client.query(`UPDATE ${table} SET expires_at = expires_at + 1`);
  }
  const { rows } = await client.query<{ low: string }>(
    `SELECT min(expires_at - updated_at) AS low FROM ${table}`,
  );
  expect(Number(rows[0]?.low)).toBeGreaterThan(500_000);
});
