// Production as it is really set up: a pooler, a balancer with a failover, and TLS between the gateway and its stores.
import { createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JWT_SECRET } from '../support/caller.ts';
import { execute, present } from '../support/client.ts';
import { History } from '../support/operations.ts';
import { type Program, type Settings, runProgram, startProgram } from '../support/program.ts';
import { startOwnRedis } from '../support/services/redis.ts';
import { User, durableSequences, upTo } from '../support/user.ts';
import {
  type Postgres,
  makeCertificates,
  promote,
  startHaproxy,
  startPgBouncer,
  startPostgresServer,
  startStandby,
  startStunnel,
  stopServer,
} from './debian.ts';

let parts: AsyncDisposableStack;
let redisUrl: string;

beforeEach(async () => {
  parts = new AsyncDisposableStack();
  redisUrl = parts.use(await startOwnRedis({ modules: false })).url;
});

afterEach(() => parts.disposeAsync());

const production = (settings: Settings): Settings => ({
  ENV: 'production',
  JWT_SECRET,
  REDIS_URL: redisUrl,
  ...settings,
});

async function start(settings: Settings): Promise<Program> {
  return parts.use(await startProgram(production(settings)));
}

/** Starts, watches, answers, forks and cancels. */
async function work(program: Program): Promise<void> {
  const alice = new User(program.url);
  const id = await alice.start({ graphId: 'ask', task: 'x', idempotencyKey: 'one' });
  const { interrupts } = await alice.settled(id);
  const answers = interrupts.map(({ interruptId }) => ({ interruptId, value: 'yes' }));
  await alice.resume({ sessionId: id, answers });
  expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
  const after = Buffer.from(`${id}:0`).toString('base64url');
  const sequences = durableSequences(await alice.events(id, { after }));
  expect(sequences).toEqual(upTo(sequences.length));
  const { checkpoints } = await execute(program.url, History, { id }, alice.headers);
  const oldest = present(checkpoints).nodes.at(-1)?.checkpointId ?? '';
  const fork = await alice.fork({ sessionId: id, checkpointId: oldest });
  await alice.resume({ sessionId: fork });
  expect((await alice.settled(fork)).status).toBe('INTERRUPTED');
  await alice.cancel(fork);
  const beside = await alice.start({ graphId: 'deepBeside', task: 'go' });
  expect((await alice.settled(beside)).status).toBe('INTERRUPTED');
  const runs = await Promise.all(
    upTo(20).map(() => alice.start({ graphId: 'steps', input: { delayMs: 20 } })),
  );
  for (const run of runs)
    expect(await alice.settled(run)).toMatchObject({
      status: 'SUCCEEDED',
      latestRun: { attempt: 1 },
    });
}

describe('PgBouncer', () => {
  let postgres: Postgres;

  beforeEach(async () => {
    postgres = await startPostgresServer(parts);
  });

  it.each(['transaction', 'session'])('in %s mode serves with PG_PREPARE=false', async (mode) => {
    const size = mode === 'transaction' ? 3 : 30;
    const url = await startPgBouncer(parts, postgres, [
      `pool_mode = ${mode}`,
      `default_pool_size = ${size}`,
    ]);
    await work(await start({ DATABASE_URL: url, PG_PREPARE: 'false' }));
  });

  it.each([
    ['transaction', ''],
    ['session', ''],
    [
      'transaction',
      'ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout',
    ],
  ])('in %s mode without it, a start says what to set (%s)', async (mode, more) => {
    const url = await startPgBouncer(parts, postgres, [`pool_mode = ${mode}`, more]);
    const { code, output } = await runProgram(production({ DATABASE_URL: url }));
    expect(code).toBe(1);
    expect(output).toContain('set PG_PREPARE=false');
  });
});

it('haproxy, and a Postgres that fails over to its standby: every run ends, nothing is missed', async () => {
  const primary = await startPostgresServer(parts);
  const standby = await startStandby(parts, primary);
  // What a failover manager answers: who is the primary.
  const checks = await Promise.all([primary, standby].map(() => startCheck()));
  checks[1]?.say(false);
  const port = await startHaproxy(
    parts,
    [primary, standby].map((server, n) => ({
      port: server.port,
      checkPort: checks[n]?.port ?? 0,
    })),
  );
  const program = await start({
    DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres`,
    PG_STATEMENT_TIMEOUT: '5s',
  });
  const alice = new User(program.url);
  const ids = await Promise.all(
    upTo(6).map(() =>
      alice.start({ graphId: 'logged', input: { delayMs: 500, effects: '/dev/null' } }),
    ),
  );
  const watched = ids.map(async (id) => {
    const seen: number[] = [];
    let cursor = Buffer.from(`${id}:0`).toString('base64url');
    for (;;) {
      try {
        for await (const event of alice.watch(id, { after: cursor })) {
          seen.push(...durableSequences([event]));
          ({ cursor } = event);
        }
        return seen;
      } catch {
        await sleep(200);
      }
    }
  });
  await sleep(1500);
  // What is replicated by now is all that was answered.
  checks[0]?.say(false);
  await stopServer(primary.process);
  await expect.poll(() => program.output(), { timeout: 20_000 }).toContain('backend lost');
  promote(standby);
  checks[1]?.say(true);
  for (const id of ids) {
    const settled = async () => (await alice.settled(id, 20).catch(() => undefined))?.status;
    await expect.poll(settled, { timeout: 60_000, interval: 200 }).toBe('SUCCEEDED');
  }
  for (const seen of await Promise.all(watched)) expect(seen).toEqual(upTo(seen.length));
  await expect.poll(() => program.output()).toContain('backend is back');
});

describe('TLS to both stores', () => {
  it('by an authority of one’s own serves; by an unknown one the start says which store', async () => {
    const tls = makeCertificates(parts);
    const postgres = await startPostgresServer(parts, [
      'ssl = on',
      `ssl_cert_file = '${tls.certificate}'`,
      `ssl_key_file = '${tls.key}'`,
    ]);
    const redisPort = await startStunnel(parts, Number(new URL(redisUrl).port), tls);
    const at = (query: string) => `postgres://postgres@localhost:${postgres.port}/postgres${query}`;
    const REDIS_URL = `rediss://localhost:${redisPort}`;
    const trusted = {
      DATABASE_URL: at(`?sslmode=verify-full&sslrootcert=${tls.authority}`),
      REDIS_URL,
      NODE_EXTRA_CA_CERTS: tls.authority,
    };
    const program = await start(trusted);
    await work(program);
    const { status } = await fetch(new URL('/ready', program.url));
    expect(status).toBe(200);

    const { code, output } = await runProgram(
      production({ DATABASE_URL: at('?sslmode=verify-full') }),
    );
    expect(code).toBe(1);
    expect(output).toContain('DATABASE_URL');
    // Redis is waited for, and its loss is told.
    const deaf = await start({ ...trusted, NODE_EXTRA_CA_CERTS: undefined });
    expect(deaf.output()).toContain('queue lost');
    expect(deaf.output()).toMatch(/certificate/);
  });
});

/** A port that takes connections, or does not. */
async function startCheck(): Promise<{ port: number; say(isPrimary: boolean): void }> {
  let server = createServer((socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  parts.defer(() => void server.close());
  return {
    port,
    say(isPrimary) {
      server.close();
      if (!isPrimary) return;
      server = createServer((socket) => socket.destroy());
      server.listen(port, '127.0.0.1');
    },
  };
}
