// Promises 2, 4, 5 and 10 while Redis or Postgres is wrong, away, or cuts connections.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JWT_SECRET } from '../support/caller.ts';
import { execute, present } from '../support/client.ts';
import { Fork, History, Sessions } from '../support/operations.ts';
import { type Program, type Settings, runProgram, startProgram } from '../support/program.ts';
import { Changes } from '../support/session-changes.ts';
import { createDatabase } from '../support/services/postgres.ts';
import { type RedisServer, startOwnRedis } from '../support/services/redis.ts';
import { type Event, User, durableSequences, upTo } from '../support/user.ts';

let parts: AsyncDisposableStack;

beforeEach(() => {
  parts = new AsyncDisposableStack();
});

afterEach(() => parts.disposeAsync());

async function start(settings: Settings): Promise<Program> {
  return parts.use(await startProgram({ JWT_SECRET, ...settings }));
}

function connect({ url }: { url: string }): Redis {
  const redis = new Redis(url);
  parts.defer(() => redis.disconnect());
  return redis;
}

describe('at start', () => {
  it('a Redis without modules is refused, with what to run', async () => {
    const redis = parts.use(await startOwnRedis({ modules: false }));
    const { code, output } = await runProgram({ ENV: 'staging', JWT_SECRET, REDIS_URL: redis.url });
    expect(code).toBe(1);
    expect(output).toContain('lacks RedisJSON and RediSearch: run Redis 8 (docker run redis:8)');
  });

  it('a Redis that keeps nothing on disk is told of', async () => {
    const careless = parts.use(await startOwnRedis({ persistent: false }));
    const careful = parts.use(await startOwnRedis());
    const secretive = parts.use(await startOwnRedis());
    const evicting = parts.use(await startOwnRedis());
    await connect(evicting).config('SET', 'maxmemory-policy', 'allkeys-lru');
    await connect(secretive).acl('SETUSER', 'default', '-config', '-info');
    const told = async ({ url }: RedisServer) =>
      (await start({ ENV: 'staging', REDIS_URL: url })).output();
    const { url } = parts.use(await createDatabase());
    const production = await start({
      ENV: 'production',
      DATABASE_URL: url,
      REDIS_URL: evicting.url,
    });
    expect(production.output()).toContain('Redis may evict queued jobs');
    expect(await told(careless)).toContain('its restart loses all sessions. Set `appendonly yes`');
    expect(await told(careful)).not.toContain('appendonly');
    expect(await told(secretive)).toContain('does not tell whether it keeps its data');
    expect(await told(evicting)).toContain('may evict sessions when its memory is full');
  });
});

describe('a Postgres that cannot be used says why', () => {
  const role = `limited_${randomUUID().replaceAll('-', '')}`;
  let admin: Client;
  let database: string;
  let settings: Settings;

  beforeEach(async () => {
    database = parts.use(await createDatabase()).url;
    admin = new Client({ connectionString: database });
    await admin.connect();
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`);
    parts.defer(async () => {
      await admin.query(`DROP OWNED BY ${role}`);
      await admin.query(`DROP ROLE ${role}`);
      await admin.end();
    });
    const url = new URL(database);
    url.username = role;
    url.password = 'p';
    const redis = parts.use(await startOwnRedis({ modules: false }));
    settings = { ENV: 'production', JWT_SECRET, DATABASE_URL: url.href, REDIS_URL: redis.url };
  });

  it('its user may not create tables, or lacks the rights to them', async () => {
    const { code, output } = await runProgram(settings);
    expect(code).toBe(1);
    expect(output).toContain('does not give its user the rights that are needed');
    await runProgram({ ...settings, DATABASE_URL: database }, ['migrate']);
    const without = await runProgram({ ...settings, MIGRATE: 'false' });
    expect(without.output).toContain('SELECT, INSERT, UPDATE and DELETE');
    for (const schema of ['public', 'session_gateway']) {
      await admin.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
      await admin.query(
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
      );
    }
    const program = await start({ ...settings, MIGRATE: 'false' });
    const alice = new User(program.url);
    expect(await alice.settled(await alice.start({ graphId: 'steps', task: 'x' }))).toMatchObject({
      status: 'SUCCEEDED',
    });
    expect((await fetch(new URL('/ready', program.url))).status).toBe(200);
  });

  it('it is empty and read-only', async () => {
    const name = new URL(database).pathname.slice(1);
    await admin.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
    const { code, output } = await runProgram({ ...settings, DATABASE_URL: database });
    await admin.query(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
    expect(code).toBe(1);
    expect(output).toContain('is a standby or read-only');
  });

  it('a newer version has changed its tables: what it then refuses may be sent again', async () => {
    const program = await start({ ...settings, DATABASE_URL: database });
    const alice = new User(program.url);
    await alice.settled(await alice.start({ graphId: 'steps', task: 'x' }));
    await admin.query(
      'ALTER TABLE session_gateway.sessions ADD COLUMN later int NOT NULL DEFAULT 1',
    );
    const refused = await alice
      .start({ graphId: 'steps', task: 'x' })
      .catch((error: unknown) => error);
    expect(JSON.stringify((refused as { errors?: unknown }).errors)).toContain(
      '"code":"BACKEND_UNAVAILABLE","retryable":true',
    );
    expect(program.output()).not.toContain('unexpected error');
  });
});

describe.each(['staging', 'production'] as const)('live lists, ENV=%s', (ENV) => {
  it('go on after Redis was away, and say that changes may have been missed', async () => {
    const redis = parts.use(await startOwnRedis());
    const settings = {
      ENV,
      REDIS_URL: redis.url,
      ...(ENV === 'production' && { DATABASE_URL: parts.use(await createDatabase()).url }),
    };
    const gateway = await start({ ...settings, ROLE: 'gateway' });
    const other = await start(settings);
    const alice = new User(other.url);
    const changes = await parts.use(new Changes(gateway.url, alice.headers)).ready();
    const isTold = async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      await expect.poll(() => changes.last(id)?.session?.status).toBe('SUCCEEDED');
    };
    await isTold();
    await redis.stop();
    await redis.start();
    const isReady = async ({ url }: Program) => (await fetch(new URL('/ready', url))).status;
    for (const program of [gateway, other]) await expect.poll(() => isReady(program)).toBe(200);
    const readies = () => changes.all.filter(({ kind }) => kind === 'READY').length;
    await expect.poll(readies).toBeGreaterThan(1);
    await isTold();
    // It does not say so for ever.
    const before = readies();
    await isTold();
    expect(readies()).toBeLessThanOrEqual(before + 1);
  });
});

describe('production', () => {
  let redis: RedisServer;
  let settings: Settings;
  let database: string;

  beforeEach(async () => {
    redis = parts.use(await startOwnRedis());
    database = parts.use(await createDatabase()).url;
    settings = { ENV: 'production', DATABASE_URL: database, REDIS_URL: redis.url };
  });

  it('durable acceptance: what is started while Redis is away is executed when it is back', async () => {
    const program = await start(settings);
    const alice = new User(program.url);
    const ready = async (query: string) =>
      (await fetch(new URL(`/ready${query}`, program.url))).status;
    await redis.stop();
    await expect.poll(() => ready('')).toBe(503);
    expect(await ready('?exclude=queue')).toBe(200);
    const begun = performance.now();
    const id = await alice.start({ graphId: 'steps', task: 'go' });
    expect(performance.now() - begun).toBeLessThan(2000);
    // By now a worker that looked into Postgres may have begun it.
    await redis.start();
    expect(await alice.settled(id)).toMatchObject({
      status: 'SUCCEEDED',
      latestRun: { attempt: 1 },
    });
    await expect.poll(() => ready('')).toBe(200);
  });

  it('exactly-once resume: many clients share one subscriber, and one that is cut misses nothing', async () => {
    const gateway = await start({ ...settings, ROLE: 'gateway' });
    await start({ ...settings, ROLE: 'worker' });
    const admin = connect(redis);
    const alice = new User(gateway.url);
    const input = { delayMs: 1000 };
    const ids = [
      await alice.start({ graphId: 'steps', input }),
      await alice.start({ graphId: 'steps', input }),
    ];
    const seen = Promise.all(
      ids.flatMap((id) =>
        upTo(4).map(async () => {
          const after = Buffer.from(`${id}:0`).toString('base64url');
          return alice.events(id, { after });
        }),
      ),
    );
    // Awaited below, unless the test fails before.
    seen.catch(() => undefined);
    // One of the gateway, and one of the worker, which listens for what supersedes its runs.
    const subscriptions = async () => {
      const subscribers = (await admin.call('CLIENT', 'LIST', 'TYPE', 'PUBSUB')) as string;
      return subscribers.trim().match(/ sub=\d+/g);
    };
    await expect.poll(subscriptions).toEqual([' sub=2', ' sub=2']);
    for (const _ of upTo(4)) {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'PUBSUB');
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    for (const events of await seen) {
      const durable = durableSequences(events);
      expect(durable).toEqual(upTo(durable.length));
      expect(events.at(-1)).toMatchObject({ type: 'RunStatusChanged', status: 'SUCCEEDED' });
    }
  });

  it('killed connections to Postgres end no process and no run', async () => {
    const program = await start(settings);
    const alice = new User(program.url);
    const admin = new Client({ connectionString: database });
    admin.on('error', () => undefined);
    await admin.connect();
    const ids = await Promise.all(
      upTo(10).map(() => alice.start({ graphId: 'steps', input: { delayMs: 200 } })),
    );
    const watching = Promise.all(ids.map((id) => untilWhole(alice, id)));
    for (const _ of upTo(20)) {
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await admin.end();
    for (const id of ids) expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
    for (const events of await watching) {
      const durable = durableSequences(events);
      expect(durable).toEqual(upTo(durable.length));
    }
    expect(program.process.exitCode).toBeNull();
  });
});

it('in staging no request makes Redis walk over its keys or build an index', async () => {
  const redis = parts.use(await startOwnRedis());
  const REDIS_PREFIX = `test-${randomUUID()}`;
  const program = await start({ ENV: 'staging', REDIS_URL: redis.url, REDIS_PREFIX });
  const alice = new User(program.url);
  const admin = connect(redis);
  // A worker looks for threads without a session once at its start, and then each hour.
  const scanned = async () => /cmdstat_scan:/.test(await admin.info('commandstats'));
  await expect.poll(scanned).toBe(true);
  await sleep(500);
  await admin.config('RESETSTAT');

  const id = await alice.start({ graphId: 'ask', task: 'x', metadata: { team: 'a' } });
  const { interrupts } = await alice.settled(id);
  const answers = interrupts.map(({ interruptId }) => ({ interruptId, value: 'yes' }));
  await alice.resume({ sessionId: id, answers });
  await alice.settled(id);
  const { headers } = alice;
  const { checkpoints } = await execute(program.url, History, { id }, headers);
  const [newest] = present(checkpoints).nodes;
  await execute(
    program.url,
    Fork,
    { input: { sessionId: id, checkpointId: newest?.checkpointId ?? '' } },
    headers,
  );
  const filter = { metadata: { team: 'a' } };
  const { sessions } = await execute(program.url, Sessions, { filter }, headers);
  expect(sessions.nodes.length).toBeGreaterThanOrEqual(1);
  await alice.events(id, { after: Buffer.from(`${id}:0`).toString('base64url') });

  const stats = await admin.info('commandstats');
  const called = [...stats.matchAll(/^cmdstat_([^:]+):calls=\d+/gm)].map(([, name]) => name);
  expect(called).toContain('evalsha');
  expect(called.filter((name) => /^(keys|scan|ft\.create)$/i.test(name ?? ''))).toEqual([]);
});

/** A session's whole log; comes back with its last cursor as often as the feed ends. */
async function untilWhole(user: User, id: string): Promise<Event[]> {
  const seen: Event[] = [];
  let after = Buffer.from(`${id}:0`).toString('base64url');
  for (;;) {
    try {
      for await (const event of user.watch(id, { after })) {
        seen.push(event);
        after = event.cursor;
      }
      return seen;
    } catch {
      // The feed said that the database was away.
    }
  }
}
