// Durable acceptance, and no run that fails for the store's sake, where a store or queue is alive but useless: it refuses
// writes and answers reads, its connections freeze, or it is a replica by now.
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JWT_SECRET } from '../support/caller.ts';
import { type Program, type Settings, startProgram, temporaryFolder } from '../support/program.ts';
import { createDatabase } from '../support/services/postgres.ts';
import { type RedisServer, startOwnRedis } from '../support/services/redis.ts';
import { startCuttingProxy } from '../support/services/cutting-proxy.ts';
import { type State, User, upTo } from '../support/user.ts';

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
  redis.on('error', () => undefined);
  parts.defer(() => redis.disconnect());
  return redis;
}

async function ask(database: string, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: database });
  client.on('error', () => undefined);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function ready(program: Program, query = ''): Promise<number> {
  return (await fetch(new URL(`/ready${query}`, program.url))).status;
}

async function metric(program: Program, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', program.url))).text();
  const line = text.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1) ?? 0);
}

const count = (program: Program, words: string) => program.output().split(words).length - 1;

async function settledAs(user: User, id: string): Promise<State> {
  for (;;) {
    const state = await user.settled(id, 20).catch(() => undefined);
    if (state !== undefined && !['QUEUED', 'RUNNING'].includes(state.status)) return state;
    await sleep(200);
  }
}

describe('production, where Redis answers reads and refuses writes', () => {
  const REFUSALS: Readonly<Record<string, [string[], string[]]>> = {
    'out of memory': [
      ['CONFIG', 'SET', 'maxmemory', '1'],
      ['CONFIG', 'SET', 'maxmemory', '0'],
    ],
    'short of replicas': [
      ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
      ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
    ],
    'a replica': [
      ['REPLICAOF', '127.0.0.1', '1'],
      ['REPLICAOF', 'NO', 'ONE'],
    ],
    'without the right to write': [
      ['ACL', 'SETUSER', 'default', '-@write', '-publish'],
      ['ACL', 'SETUSER', 'default', '+@all'],
    ],
    'unable to save its snapshot': [['BGSAVE'], ['CONFIG', 'SET', 'save', '']],
  };
  /** A snapshot cannot take the name of a folder: Redis then refuses writes with MISCONF. */
  const UNSAVABLE = ['--dbfilename', 'appendonlydir', '--save', '3600 1000000'];

  it.each(Object.keys(REFUSALS))('%s: nobody is dead, and runs begin and end', async (refusal) => {
    const [refuse, accept] = REFUSALS[refusal] ?? [[], []];
    const unsavable = refuse[0] === 'BGSAVE' ? UNSAVABLE : [];
    const redis = parts.use(await startOwnRedis({ modules: false, settings: unsavable }));
    const settings = {
      ENV: 'production',
      DATABASE_URL: parts.use(await createDatabase()).url,
      REDIS_URL: redis.url,
    };
    const programs = [await start(settings), await start(settings)];
    const [one] = programs;
    if (one === undefined) throw new Error('no program was started');
    const alice = new User(one.url);
    const admin = connect(redis);
    const begin = () =>
      alice.start({ graphId: 'logged', input: { delayMs: 800, effects: '/dev/null' } });
    const ids = await Promise.all(upTo(4).map(begin));
    await expect.poll(async () => (await alice.look(ids[0] ?? '')).status).toBe('RUNNING');
    const [command = '', ...words] = refuse;
    await admin.call(command, words);
    await expect.poll(() => ready(one)).toBe(503);
    expect(await ready(one, '?exclude=queue')).toBe(200);
    const asked = performance.now();
    const late = await alice.start({ graphId: 'steps', task: 'go' });
    expect(await settledAs(alice, late)).toMatchObject({ status: 'SUCCEEDED' });
    expect(performance.now() - asked).toBeLessThan(4000);
    for (const id of ids)
      expect(await settledAs(alice, id)).toMatchObject({
        status: 'SUCCEEDED',
        latestRun: { attempt: 1 },
      });
    const [undo = '', ...undone] = accept;
    await admin.call(undo, undone);
    for (const program of programs) {
      await expect.poll(() => ready(program)).toBe(200);
      await expect.poll(() => count(program, 'queue is back')).toBe(1);
      expect(count(program, 'queue lost')).toBe(1);
      expect(await metric(program, 'session_gateway_takeovers_total')).toBe(0);
      expect(await metric(program, 'session_gateway_dependency_up{dependency="queue"}')).toBe(1);
      expect(
        await metric(program, 'session_gateway_dependency_losses_total{dependency="queue"}'),
      ).toBe(1);
    }
  });

  it('a lost Redis costs a watched run at most a second more', async () => {
    const redis = parts.use(await startOwnRedis({ modules: false }));
    const settings = {
      ENV: 'production',
      DATABASE_URL: parts.use(await createDatabase()).url,
      REDIS_URL: redis.url,
    };
    const gateway = await start({ ...settings, ROLE: 'gateway' });
    const worker = await start({ ...settings, ROLE: 'worker' });
    const alice = new User(gateway.url);
    const median = async () => {
      const times: number[] = [];
      for (const _ of upTo(7)) {
        const begun = performance.now();
        const id = await alice.start({ graphId: 'steps', task: 'go' });
        await alice.events(id);
        times.push(performance.now() - begun);
      }
      return times.toSorted((a, b) => a - b)[3] ?? 0;
    };
    await median();
    const usual = await median();
    await redis.stop();
    for (const program of [gateway, worker])
      await expect.poll(() => count(program, 'queue lost')).toBe(1);
    const lost = await median();
    process.stdout.write(
      `RUN_WITH_REDIS_MS=${usual.toFixed(0)} RUN_WITHOUT_REDIS_MS=${lost.toFixed(0)}\n`,
    );
    expect(lost - usual).toBeLessThan(1000);
    await redis.start();
    await expect.poll(() => ready(gateway)).toBe(200);
  });

  it('a user of Redis without the right to INFO is no hindrance', async () => {
    const redis = parts.use(await startOwnRedis({ modules: false }));
    await connect(redis).call(
      'ACL',
      'SETUSER',
      'lim',
      'on',
      '>p@ss',
      '~*',
      '&*',
      '+@all',
      '-@dangerous',
    );
    const url = new URL(redis.url);
    url.username = 'lim';
    url.password = 'p@ss';
    const program = await start({
      ENV: 'production',
      DATABASE_URL: parts.use(await createDatabase()).url,
      REDIS_URL: url.href,
    });
    const alice = new User(program.url);
    await alice.settled(await alice.start({ graphId: 'steps', task: 'go' }));
    const begun = performance.now();
    await alice.settled(await alice.start({ graphId: 'steps', task: 'go' }));
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(await ready(program)).toBe(200);
  });

  it('the wrong password is told, and costs a watched run no more than a second or so', async () => {
    const redis = parts.use(await startOwnRedis({ modules: false }));
    await connect(redis).config('SET', 'requirepass', 'right');
    const url = new URL(redis.url);
    url.password = 'wrong';
    const settings = {
      ENV: 'production',
      DATABASE_URL: parts.use(await createDatabase()).url,
      REDIS_URL: url.href,
    };
    const gateway = await start({ ...settings, ROLE: 'gateway' });
    await start({ ...settings, ROLE: 'worker' });
    expect(count(gateway, 'queue lost')).toBe(1);
    expect(gateway.output()).toContain('WRONGPASS');
    expect(await ready(gateway)).toBe(503);
    const alice = new User(gateway.url);
    await alice.settled(await alice.start({ graphId: 'steps', task: 'go' }));
    const begun = performance.now();
    await alice.settled(await alice.start({ graphId: 'steps', task: 'go' }));
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});

describe.each(['staging', 'production'] as const)('%s', (ENV) => {
  async function services(redis: { url: string }, through?: (url: string) => Promise<string>) {
    if (ENV === 'staging') return { ENV, REDIS_URL: redis.url };
    const { url } = parts.use(await createDatabase());
    return { ENV, REDIS_URL: redis.url, DATABASE_URL: (await through?.(url)) ?? url };
  }

  it('Redis fails over under connections that survive: work goes on within seconds', async () => {
    const master = parts.use(await startOwnRedis());
    const replica = parts.use(await startOwnRedis());
    const admins = [connect(master), connect(replica)] as const;
    const portOf = ({ url }: RedisServer) => Number(new URL(url).port);
    await admins[1].replicaof('127.0.0.1', portOf(master));
    await expect.poll(() => admins[1].info('replication')).toContain('master_link_status:up');
    const relay = parts.use(await startCuttingProxy(master.url));
    const program = await start(await services(relay));
    const alice = new User(program.url);
    const id = await alice.start({
      graphId: 'logged',
      input: { delayMs: 300, effects: '/dev/null' },
    });
    await sleep(1000);
    await admins[1].replicaof('NO', 'ONE');
    await admins[0].replicaof('127.0.0.1', portOf(replica));
    relay.lead(replica.url);
    await expect.poll(() => ready(program)).toBe(200);
    expect(await settledAs(alice, id)).toMatchObject({ status: 'SUCCEEDED' });
    const begun = performance.now();
    const next = await alice.start({ graphId: 'steps', task: 'go' });
    expect(await settledAs(alice, next)).toMatchObject({ status: 'SUCCEEDED' });
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  it('connections to Redis freeze without a sign: work goes on within seconds', async () => {
    const redis = parts.use(await startOwnRedis());
    const relay = parts.use(await startCuttingProxy(redis.url));
    const program = await start(await services(relay));
    const alice = new User(program.url);
    const ids = await Promise.all(
      upTo(4).map(() =>
        alice.start({ graphId: 'logged', input: { delayMs: 300, effects: '/dev/null' } }),
      ),
    );
    await sleep(500);
    relay.freeze();
    for (const id of ids) expect(await settledAs(alice, id)).toMatchObject({ status: 'SUCCEEDED' });
    await expect.poll(() => ready(program)).toBe(200);
    const begun = performance.now();
    const next = await alice.start({ graphId: 'steps', task: 'go' });
    expect(await settledAs(alice, next)).toMatchObject({ status: 'SUCCEEDED' });
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});

describe('Postgres', () => {
  let settings: Settings;
  let database: string;

  beforeEach(async () => {
    const redis = parts.use(await startOwnRedis({ modules: false }));
    database = parts.use(await createDatabase()).url;
    settings = { ENV: 'production', REDIS_URL: redis.url, DATABASE_URL: database };
  });

  it('connections that freeze without a sign are given up, and every run ends', async () => {
    const relay = parts.use(await startCuttingProxy(database));
    const program = await start({
      ...settings,
      DATABASE_URL: relay.url,
      PG_STATEMENT_TIMEOUT: '2s',
    });
    const alice = new User(program.url);
    const ids = await Promise.all(
      upTo(8).map(() =>
        alice.start({ graphId: 'logged', input: { delayMs: 200, effects: '/dev/null' } }),
      ),
    );
    await sleep(500);
    relay.freeze();
    await Promise.all(
      ids.map(async (id) => {
        expect(await settledAs(alice, id)).toMatchObject({ status: 'SUCCEEDED' });
      }),
    );
    await expect.poll(() => ready(program)).toBe(200);
  });

  it('a password that changes fails no run and cuts no watcher off for good', async () => {
    const role = `rotated_${process.pid}`;
    await ask(database, `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'old'`);
    parts.defer(() =>
      ask(database, `DROP OWNED BY ${role} CASCADE`, `DROP ROLE ${role}`).catch(() => undefined),
    );
    const url = new URL(database);
    url.username = role;
    url.password = 'old';
    const program = await start({ ...settings, DATABASE_URL: url.href });
    const alice = new User(program.url);
    const ids = await Promise.all(
      upTo(8).map(() =>
        alice.start({ graphId: 'logged', input: { delayMs: 300, effects: '/dev/null' } }),
      ),
    );
    const cut: unknown[] = [];
    const begun = new Set<string>();
    const watching = ids.map(async (id) => {
      try {
        for await (const _ of alice.watch(id)) begun.add(id);
      } catch (error) {
        cut.push(error);
      }
    });
    // Who asks while the database is away is refused.
    await expect.poll(() => begun.size + cut.length).toBe(ids.length);
    await ask(
      database,
      `ALTER ROLE ${role} NOLOGIN`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`,
    );
    await expect.poll(() => ready(program)).toBe(503);
    const refused = await alice.start({ graphId: 'steps', task: 'x' }).then(
      () => 'accepted',
      (error: unknown) => JSON.stringify((error as { errors?: unknown }).errors ?? String(error)),
    );
    expect(refused).toContain('BACKEND_UNAVAILABLE');
    await ask(database, `ALTER ROLE ${role} LOGIN`);
    for (const id of ids) expect(await settledAs(alice, id)).toMatchObject({ status: 'SUCCEEDED' });
    await Promise.all(watching);
    expect(cut).toEqual([]);
    expect(count(program, 'backend lost')).toBe(1);
    expect(count(program, 'backend is back')).toBe(1);
    expect(program.output()).not.toContain('unexpected error');
  });

  it('a database that is read-only is not ready, and says so', async () => {
    const program = await start(settings);
    const { pathname } = new URL(database);
    const name = pathname.slice(1);
    await ask(
      database,
      `ALTER DATABASE "${name}" SET default_transaction_read_only = on`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '${name}' AND pid <> pg_backend_pid()`,
    );
    await expect.poll(() => ready(program)).toBe(503);
    await expect.poll(() => program.output()).toContain('a standby or read-only');
    await ask(
      database,
      'SET default_transaction_read_only = off',
      `ALTER DATABASE "${name}" RESET default_transaction_read_only`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '${name}' AND pid <> pg_backend_pid()`,
    );
    await expect.poll(() => ready(program)).toBe(200);
    expect(count(program, 'backend is back')).toBe(1);
  });
});

describe('SQLite', () => {
  it('a lock that another program holds delays writes, and neither reads nor probes', async () => {
    const { path } = parts.use(temporaryFolder());
    const SQLITE_PATH = `${path}/sessions.db`;
    const settings = { ENV: 'sqlite', SQLITE_PATH };
    const programs = [await start(settings), await start({ ...settings, ROLE: 'worker' })];
    const [program] = programs;
    if (program === undefined) throw new Error('no program was started');
    const alice = new User(program.url);
    const ids = await Promise.all(
      upTo(4).map(() =>
        alice.start({ graphId: 'logged', input: { delayMs: 300, effects: '/dev/null' } }),
      ),
    );
    const file = new Database(SQLITE_PATH);
    file.exec('BEGIN IMMEDIATE');
    const end = performance.now() + 8000;
    let longest = 0;
    let wasRefused = false;
    while (performance.now() < end) {
      const asked = performance.now();
      await alice.look(ids[0] ?? '');
      expect((await fetch(new URL('/health', program.url))).status).toBe(200);
      longest = Math.max(longest, performance.now() - asked);
      wasRefused ||= (await ready(program)) === 503;
    }
    file.exec('ROLLBACK');
    file.close();
    // On a machine that has other things to do; without the mend it is as long as the lock is held.
    expect(longest).toBeLessThan(3000);
    expect(wasRefused).toBe(true);
    for (const id of ids)
      expect(await settledAs(alice, id)).toMatchObject({
        status: 'SUCCEEDED',
        latestRun: { attempt: 1 },
      });
    await expect.poll(() => ready(program)).toBe(200);
    expect(count(program, 'backend lost')).toBe(1);
    await expect.poll(() => count(program, 'backend is back')).toBe(1);
    for (const each of programs)
      expect(await metric(each, 'session_gateway_takeovers_total')).toBe(0);
  });
});
