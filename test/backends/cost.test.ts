// What a run costs its servers: every statement and every command that this process sends is counted.
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, expect, it, vi } from 'vitest';
import type { Backend } from '../../src/session/ports.ts';
import { ALICE, openInProcess } from './in-process.ts';
import { type BackendName, openTestBackend } from './open-test-backend.ts';

const GRAPHS = { tenSteps: 10, twentySteps: 20 };
type GraphName = keyof typeof GRAPHS;

afterEach(() => vi.restoreAllMocks());

/** Runs a session; the calls among `seen` from its acceptance to when its worker has done with it. */
async function run(
  name: BackendName,
  graphId: GraphName,
  seen: readonly string[],
): Promise<readonly string[]> {
  await using test = await openTestBackend(name);
  const { backend } = test;
  const gateway = await openInProcess(backend, [graphId]);
  const before = seen.length;
  const { session } = await gateway.sessions.start(ALICE, { input: { trail: [] } });
  // Accepted and begun, the input, two for each step, settled.
  await reaches(backend, session.id, 1 + 1 + 2 + 2 * GRAPHS[graphId] + 1);
  await gateway[Symbol.asyncDispose]();
  const calls = seen.slice(before);
  expect(await backend.sessions.find(session.id, 'system')).toMatchObject({ status: 'SUCCEEDED' });
  return calls;
}

/** Waits for the event of this number by the bell alone, which asks the servers nothing. */
function reaches({ bus }: Backend, sessionId: string, event: number): Promise<void> {
  return new Promise((resolve) => {
    bus.subscribe(sessionId, (heard) => {
      if (heard.type === 'changed' && heard.lastEvent === event) resolve();
    });
  });
}

it('a 20-step run takes at most 30 statements of Postgres', async () => {
  const statements: string[] = [];
  const query = Client.prototype.query;
  function count(this: Client, ...args: unknown[]): unknown {
    const [asked] = args as [string | { text: string }];
    statements.push(typeof asked === 'string' ? asked : asked.text);
    return Reflect.apply(query, this, args);
  }
  vi.spyOn(Client.prototype, 'query').mockImplementation(count);
  const calls = await run('postgres', 'twentySteps', statements);
  // The reconciler looks once a second, however many runs there are.
  const ofRun = calls.filter((text) => !/from "session_gateway"\."runs"/.test(text));
  console.log(`POSTGRES_STATEMENTS_OF_A_20_STEP_RUN=${ofRun.length}`);
  expect(ofRun.length).toBeLessThanOrEqual(30);
});

it('a step takes at most 3 calls of Redis', async () => {
  const calls: string[] = [];
  const send = Redis.prototype.sendCommand;
  vi.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function count(this: Redis, ...args) {
    calls.push(args[0].name);
    return Reflect.apply(send, this, args);
  });
  // What is asked at intervals only adds to what a run asks.
  const least = async (graphId: GraphName) =>
    Math.min(
      ...(await Array.fromAsync(Array(6), () => run('redis', graphId, calls))).map(
        (names) => ofRuns(names).length,
      ),
    );
  const perStep = ((await least('twentySteps')) - (await least('tenSteps'))) / 10;
  console.log(`REDIS_CALLS_PER_STEP=${perStep}`);
  expect(perStep).toBeGreaterThan(1);
  expect(perStep).toBeLessThanOrEqual(3);
});

/**
 * Without what is asked at intervals, however many runs there are, and what a new connection asks. On a slow machine each run
 * is as long as an interval: the look at the workers is then in all of them, a script beside an HGETALL.
 */
function ofRuns(names: readonly string[]): string[] {
  const atIntervals = /^(hgetall|zrange|client|info|exists|bzpopmin|ping|subscribe)$/i;
  const looks = names.filter((name) => name === 'HGETALL').length;
  return names.filter((name) => !atIntervals.test(name)).slice(looks);
}
