// No run is used up by its neighbours: a graph that ends the process, or throws where nobody can catch it, costs the
// others no more than an attempt.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Program, startProgram, temporaryFolder } from '../support/program.ts';
import { type State, User } from '../support/user.ts';

let parts: AsyncDisposableStack;
let path: string;

beforeEach(() => {
  parts = new AsyncDisposableStack();
  path = parts.use(temporaryFolder()).path;
});

afterEach(() => parts.disposeAsync());

const begin = () => startProgram({ ENV: 'sqlite', SQLITE_PATH: `${path}/sessions.db` });

it('a graph that kills its process is given up; long steps and many steps beside it are not', async () => {
  let program: Program = await begin();
  parts.defer(() => program.end('SIGKILL').then(() => undefined));
  const alice = async () => {
    if (program.process.exitCode !== null || program.process.signalCode !== null)
      program = await begin().catch(() => program);
    return new User(program.url);
  };
  // The process may die before it has answered.
  const start = async (graphId: string, given: object): Promise<string> => {
    const input = { effects: `${path}/effects`, ...given };
    for (;;) {
      const request = { graphId, input, idempotencyKey: graphId };
      const id = await (await alice()).start(request).catch(() => undefined);
      if (id !== undefined) return id;
    }
  };
  const ids = {
    longStep: await start('steps', { delayMs: 2000 }),
    manySteps: await start('twentySteps', { delayMs: 300 }),
    poison: await start('suicide', {}),
  };
  const look = async (id: string): Promise<State | undefined> =>
    (await alice()).look(id).catch(() => undefined);
  const end = { timeout: 75_000, interval: 200 };
  await expect
    .poll(() => look(ids.poison), end)
    .toMatchObject({ status: 'FAILED', latestRun: { error: { code: 'ATTEMPTS_EXHAUSTED' } } });
  await expect.poll(() => look(ids.longStep), end).toMatchObject({ status: 'SUCCEEDED' });
  await expect.poll(() => look(ids.manySteps), end).toMatchObject({ status: 'SUCCEEDED' });
});

it('what a graph throws from a timer fails its own run, with its words, and nothing else', async () => {
  await using program = await begin();
  const alice = new User(program.url);
  const neighbour = await alice.start({ graphId: 'steps', input: { delayMs: 200 } });
  const id = await alice.start({ graphId: 'poison', task: 'x' });
  expect(await alice.settled(id)).toMatchObject({
    status: 'FAILED',
    latestRun: {
      attempt: 1,
      error: { code: 'GRAPH_ERROR', message: 'RangeError: thrown by a timer' },
    },
  });
  expect(await alice.settled(neighbour)).toMatchObject({
    status: 'SUCCEEDED',
    latestRun: { attempt: 1 },
  });
  expect(program.process.exitCode).toBeNull();
  expect(program.output()).toContain('uncaught exception in graph code');
});
