// What one user's sessions may take, how long they live, and what they may tell.
import { randomUUID } from 'node:crypto';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { describe, expect, it } from 'vitest';
import { as } from '../support/caller.ts';
import { post, refusal } from '../support/client.ts';
import { ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const UPDATE =
  'mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { session { id } } }';
const START = { graphId: 'steps', task: 'go' } as const;

describe('a user', () => {
  it('has so many sessions at work and runs that wait, whatever comes at once; others are not held up', async () => {
    await using program = await startProgram({
      ENV: 'development',
      ACTIVE_SESSIONS_PER_USER: '5',
      QUEUED_RUNS_PER_USER: '7',
      WORKER_CONCURRENCY: '100',
    });
    const alice = new User(program.url);
    const asked = await Promise.allSettled(
      Array.from({ length: 40 }, () => alice.start({ graphId: 'hanging', input: {} })),
    );
    const started = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(started).toHaveLength(5);
    expect(await refusal(alice.start(START))).toBe('LIMIT_EXCEEDED');
    const [first = '', second = ''] = started;
    // One that has not begun counts among those that wait.
    for (const id of started)
      await expect.poll(async () => (await alice.look(id)).status).toBe('RUNNING');
    // More work on a session that is at work makes no further one.
    const more = { sessionId: first, input: {}, onBusy: 'ENQUEUE' } as const;
    let accepted = 0;
    const enqueue = async () => {
      const asked = Array.from({ length: 20 }, () => alice.resume(more));
      const queued = await Promise.allSettled(asked);
      accepted += queued.filter(({ status }) => status === 'fulfilled').length;
      return accepted;
    };
    // What waits is looked at again and again: runs that have begun since make room.
    await expect.poll(enqueue).toBeGreaterThanOrEqual(5);
    expect(await enqueue()).toBeLessThanOrEqual(7);
    const bob = new User(program.url, { 'x-user-id': 'bob' });
    expect(await bob.settled(await bob.start(START))).toMatchObject({ status: 'SUCCEEDED' });
    await alice
      .resume({ sessionId: second, input: {}, onBusy: 'INTERRUPT' })
      .catch(() => undefined);
    await alice.cancel(first);
    await alice.cancel(second);
    const again = () => alice.start(START).catch(() => '');
    await expect.poll(again).toMatch(/./);
  });

  it('stores so many bytes: then new work, forks and edits are refused, and a run that stores on fails', async () => {
    await using program = await startProgram({
      ENV: 'development',
      STORED_BYTES_PER_USER: '50000000',
      MAX_CHECKPOINT_BYTES: '30000000',
      MAX_ANSWER_BYTES: '100000000',
      ANSWER_BYTES_PER_USER: '200000000',
    });
    const alice = new User(program.url);
    const small = await alice.start(START);
    await alice.settled(small);
    const hoard = await alice.start({ graphId: 'hoarding', input: {}, recursionLimit: 100 });
    expect(await alice.settled(hoard)).toMatchObject({
      status: 'FAILED',
      latestRun: { error: { code: 'LIMIT_EXCEEDED' } },
    });
    expect(await refusal(alice.start(START))).toBe('LIMIT_EXCEEDED');
    expect(await refusal(alice.fork({ sessionId: small }))).toBe('LIMIT_EXCEEDED');
    expect(await refusal(alice.edit({ sessionId: small, values: { trail: ['x'] } }))).toBe(
      'LIMIT_EXCEEDED',
    );
    const bob = new User(program.url, { 'x-user-id': 'bob' });
    expect(await bob.settled(await bob.start(START))).toMatchObject({ status: 'SUCCEEDED' });
    const update = { sessionId: small, metadata: { more: 'x' } };
    const { errors } = await post(program.url, { query: UPDATE, variables: { input: update } });
    expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    await alice.delete(hoard);
    const again = () => alice.start(START).catch(() => '');
    await expect.poll(again).toMatch(/./);
  });
});

it('what a session is told of itself counts as stored', async () => {
  await using program = await startProgram({ ENV: 'development', STORED_BYTES_PER_USER: '300000' });
  const alice = new User(program.url);
  const big = { big: 'x'.repeat(200_000) };
  const id = await alice.start({ ...START, configurable: big });
  await alice.settled(id);
  await alice.start({ ...START, configurable: big });
  const more = { ...START, configurable: big };
  const refused = () => refusal(alice.start(more)).catch(() => 'accepted');
  await expect.poll(refused).toBe('LIMIT_EXCEEDED');
});

it('what is accepted within a second counts as stored', async () => {
  await using program = await startProgram({
    ENV: 'development',
    STORED_BYTES_PER_USER: '3000000',
  });
  const alice = new User(program.url);
  const input = { task: 'x'.repeat(400_000) };
  const asked = await Promise.allSettled(
    Array.from({ length: 30 }, () => alice.start({ graphId: 'ask', input })),
  );
  const accepted = asked.filter(({ status }) => status === 'fulfilled').length;
  expect(accepted).toBeGreaterThanOrEqual(2);
  expect(accepted).toBeLessThanOrEqual(4);
});

it('a graph that throws what LangGraph throws at a drain fails, and what has no words', async () => {
  await using program = await startProgram({ ENV: 'development' });
  const alice = new User(program.url);
  for (const thrown of ['drained', 'nameless']) {
    const id = await alice.start({ graphId: 'throwing', input: { task: thrown } });
    expect(await alice.settled(id)).toMatchObject({
      status: 'FAILED',
      latestRun: { attempt: 1, error: { code: 'GRAPH_ERROR' } },
    });
  }
});

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  it('exactly so many sessions of 100 that are started at once are accepted; those with one key are one', async () => {
    await using environment = await openEnvironment(ENV);
    await using program = await startProgram({
      ...environment.settings,
      ACTIVE_SESSIONS_PER_USER: '5',
      QUEUED_RUNS_PER_USER: '10',
    });
    for (const name of ['alice', 'bob']) {
      const user = new User(program.url, as(name));
      const asked = await Promise.allSettled(
        Array.from({ length: 100 }, () => user.start({ graphId: 'hanging', input: {} })),
      );
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    }
    const carol = new User(program.url, as('carol'));
    const keyed = { graphId: 'hanging', input: {}, idempotencyKey: 'one' };
    for (let n = 0; n < 4; n += 1) await carol.start({ graphId: 'hanging', input: {} });
    const ids = await Promise.all(Array.from({ length: 50 }, () => carol.start(keyed)));
    expect(new Set(ids).size).toBe(1);
    // The limit is reached, and the answer stays what it was.
    expect(await refusal(carol.start({ graphId: 'hanging', input: {} }))).toBe('LIMIT_EXCEEDED');
    expect(await carol.start(keyed)).toBe(ids[0]);
  });

  it('metadata stays small as it is merged, and is found by what it says now', async () => {
    await using environment = await openEnvironment(ENV);
    await using program = await startProgram(environment.settings);
    const alice = new User(program.url, as('alice'));
    const keys = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${from + n}`, n]));
    const id = await alice.start({ ...START, metadata: keys(0, 60) });
    const update = async (metadata: object) => {
      const variables = { input: { sessionId: id, metadata } };
      const { errors } = await post(program.url, { query: UPDATE, variables });
      return errors?.[0]?.message ?? 'accepted';
    };
    const found = async (metadata: object) => {
      const query =
        'query ($metadata: JSON) { sessions(filter: { metadata: $metadata }) { nodes { id } } }';
      const { data } = await post(program.url, { query, variables: { metadata } });
      return (data as { sessions: { nodes: unknown[] } }).sessions.nodes.length;
    };
    expect(await update(keys(60, 5))).toContain('65 keys; at most 64');
    expect(await update({ ...keys(60, 4), k0: 'now' })).toBe('accepted');
    expect(await update({ one: 1, k1: null })).toBe('accepted');
    expect(await update({ another: 1 })).toContain('65 keys');
    expect(await update({ k2: 'x'.repeat(66_000) })).toContain('at most 65536');
    expect(await update({ k2: 'x'.repeat(40_000) })).toBe('accepted');
    expect(await update({ k3: 'x'.repeat(40_000) })).toContain('at most 65536');
    expect(await update({ k3: null, ['k'.repeat(129)]: 1 })).toContain('a key of 129 characters');
    // What is taken away may have any name, and be of any number.
    const gone = Array.from({ length: 70 }, (_, n) => [`${'k'.repeat(130)}${n}`, null]);
    expect(await update(Object.fromEntries(gone) as object)).toBe('accepted');
    expect(await update({ constructor: 'ACME', k5: null })).toBe('accepted');
    expect(await update({ k6: 'x' })).toBe('accepted');
    expect(await found({ constructor: 'ACME' })).toBe(1);
    expect(await refusal(alice.start({ ...START, metadata: keys(0, 65) }))).toBe('INVALID_INPUT');
    await alice.settled(id);
    // What ran since has not touched it.
    expect(await found({ k0: 'now', one: 1, k4: 4 })).toBe(1);
    expect(await found({ k0: 0 })).toBe(0);
    expect(await found({ k1: 1 })).toBe(0);
  });

  it('a run whose state cannot be written fails, and the session is as it was before', async () => {
    await using environment = await openEnvironment(ENV);
    await using program = await startProgram(environment.settings);
    const alice = new User(program.url, as('alice'));
    const id = await alice.start({ graphId: 'throwing', task: 'unwritable' });
    expect(await alice.settled(id)).toMatchObject({
      status: 'FAILED',
      latestRun: {
        error: { code: 'GRAPH_ERROR', message: expect.stringContaining('no JSON of me') as string },
      },
      values: { task: 'unwritable' },
    });
  });

  it('a run ends at RUN_TIMEOUT, and keeps no other user from theirs till then, and at MAX_CHECKPOINT_BYTES; what waits for an answer expires if it shall', async () => {
    await using environment = await openEnvironment(ENV);
    await using program = await startProgram({
      ...environment.settings,
      RUN_TIMEOUT: '3s',
      MAX_CHECKPOINT_BYTES: '100000',
      EXPIRE_INTERRUPTED: 'true',
      LEAK_API_KEY: 'sk-of-the-environment',
      LEAK_PASSWORD: 'it"s\\quoted',
    });
    const alice = new User(program.url);
    const hanging = Array.from({ length: 10 }, () =>
      alice.start({ graphId: 'hanging', input: {} }),
    );
    const [hangs = ''] = await Promise.all(hanging);
    const bob = new User(program.url, as('bob'));
    expect(await bob.settled(await bob.start(START))).toMatchObject({ status: 'SUCCEEDED' });
    expect(await alice.look(hangs)).toMatchObject({ status: 'RUNNING' });
    await Promise.all((await Promise.all(hanging)).slice(6).map((id) => alice.cancel(id)));
    const hoards = await alice.start({ graphId: 'hoarding', input: {}, recursionLimit: 1000 });
    const leaks = await alice.start({ graphId: 'leaking', task: 'go' });
    const waits = await alice.start({ graphId: 'ask', input: {}, ttlSeconds: 1 });
    expect(await alice.settled(hangs)).toMatchObject({
      status: 'FAILED',
      latestRun: {
        error: { code: 'RUN_TIMEOUT', message: 'The run took longer than 3 s (RUN_TIMEOUT).' },
      },
    });
    const hoarded = await alice.settled(hoards);
    expect(hoarded).toMatchObject({
      status: 'FAILED',
      latestRun: { error: { code: 'LIMIT_EXCEEDED' } },
    });
    expect((hoarded.values as { hoard: string }).hoard.length).toBeLessThan(100_000);
    const leaked = await alice.settled(leaks);
    expect(leaked.latestRun?.error?.message).toContain('[secret]');
    const told = JSON.stringify([leaked, await alice.events(leaks), program.output()]);
    expect(told).not.toContain('sk-of-the-environment');
    expect(told).not.toContain('quoted');
    await expect.poll(() => alice.look(waits).catch(() => 'gone')).toBe('gone');
  });
});

it('no session lives longer than MAX_SESSION_TTL', async () => {
  await using environment = await openEnvironment('sqlite');
  const { settings } = environment;
  const EXTEND =
    'mutation ($input: ExtendSessionInput!) { extendSession(input: $input) { session { expiresAt } } }';
  let eternal = '';
  {
    await using program = await startProgram(settings);
    const alice = new User(program.url);
    eternal = await alice.start(START);
    await alice.settled(eternal);
    await program.end();
  }
  await using program = await startProgram({ ...settings, MAX_SESSION_TTL: '1h' });
  const alice = new User(program.url);
  expect(await refusal(alice.start({ ...START, ttlSeconds: 3601 }))).toBe('INVALID_INPUT');
  const id = await alice.start({ ...START, ttlSeconds: 3600 });
  await alice.settled(id);
  const extend = async (ttl: object) => {
    const variables = { input: { sessionId: id, ...ttl } };
    const { errors } = await post(program.url, { query: EXTEND, variables });
    return errors?.[0]?.message ?? 'accepted';
  };
  expect(await extend({ ttlSeconds: 2_147_483_647 })).toContain('at most 3600 (MAX_SESSION_TTL)');
  expect(await extend({ ttlSeconds: null })).toContain('must not be null');
  expect(await extend({ ttlSeconds: 60 })).toBe('accepted');
  expect(await extend({})).toBe('accepted');
  const expiryOf = async (of: string) => {
    const query = 'query ($id: ID!) { session(id: $id) { expiresAt } }';
    const { data } = await post(program.url, { query, variables: { id: of } });
    const { expiresAt } = (data as { session: { expiresAt: string | null } }).session;
    return expiresAt === null ? Infinity : Date.parse(expiresAt) - Date.now();
  };
  // What was left out is the longest that there may be, a fork of one that lives for ever too.
  for (const one of [id, await alice.start(START), await alice.fork({ sessionId: eternal })])
    expect(await expiryOf(one)).toBeLessThanOrEqual(3_600_000);
  const contradicting = await runProgram({ MAX_SESSION_TTL: '1h', SESSION_TTL: 'never' });
  expect(contradicting).toMatchObject({ code: 1 });
  expect(contradicting.output).toContain('SESSION_TTL is longer than MAX_SESSION_TTL');
});

it('sessions that wait for an answer outlive their time to live unless EXPIRE_INTERRUPTED', async () => {
  await using environment = await openEnvironment('sqlite');
  await using program = await startProgram(environment.settings);
  const alice = new User(program.url);
  const waits = await alice.start({ graphId: 'ask', input: {}, ttlSeconds: 1 });
  const rests = await alice.start({ ...START, ttlSeconds: 1 });
  await alice.settled(waits);
  await alice.settled(rests).catch(() => undefined);
  await expect.poll(() => alice.look(rests).catch(() => 'gone')).toBe('gone');
  expect(await alice.look(waits)).toMatchObject({ status: 'INTERRUPTED' });
});

it('`prune` tells of threads without a session, `prune --orphans` removes them', async () => {
  await using environment = await openEnvironment('sqlite');
  const { settings } = environment;
  const path = settings['SQLITE_PATH'] ?? '';
  let id = '';
  {
    await using program = await startProgram(settings);
    const alice = new User(program.url);
    id = await alice.start(START);
    await alice.settled(id);
    await program.end();
  }
  const orphan = randomUUID();
  const saver = SqliteSaver.fromConnString(path);
  const config = { configurable: { thread_id: orphan, checkpoint_ns: '' } };
  await saver.put(config, emptyCheckpoint(), { source: 'loop', step: 0, parents: {} });
  saver.db.close();
  {
    await using program = await startProgram({ ...settings, LOG_LEVEL: 'warn' });
    await expect.poll(() => program.output()).toContain('prune --orphans');
    const metrics = await (await fetch(new URL('/metrics', program.url))).text();
    expect(metrics).toContain('session_gateway_orphan_threads 1');
  }
  const told = await runProgram(settings, ['prune']);
  expect(told).toMatchObject({ code: 0 });
  expect(told.output).toContain(`1 threads`);
  expect(told.output).toContain(orphan);
  expect((await runProgram(settings, ['prune', '--orphans'])).output).toContain(
    'Removed 1 threads',
  );
  expect((await runProgram(settings, ['prune'])).output).toContain('There are 0 threads');
  await using program = await startProgram(settings);
  expect(await new User(program.url).settled(id)).toMatchObject({ status: 'SUCCEEDED' });
});

it('settings that are wrong are named without what is secret in them', async () => {
  const secret = 'too-short-a-secret';
  const wrong = [
    { JWT_SECRET: secret },
    { ENV: 'staging', JWT_SECRET: 'x'.repeat(40), REDIS_URL: `http://user:${secret}@127.0.0.1:1` },
    { ENV: 'staging', JWT_SECRET: 'x'.repeat(40), REDIS_URL: `redis://user:${secret}@127.0.0.1:1` },
    {
      ENV: 'production',
      JWT_SECRET: 'x'.repeat(40),
      REDIS_URL: `redis://u:${secret}@127.0.0.1:1`,
      DATABASE_URL: `postgres://u:${secret}@127.0.0.1:1/x`,
    },
    { JWT_PUBLIC_KEY: secret },
    { ENV: secret, JWT_SECRET: secret },
  ];
  for (const settings of wrong) {
    const { code, output } = await runProgram(settings);
    expect(code).toBe(1);
    expect(output).not.toContain(secret);
  }
});
