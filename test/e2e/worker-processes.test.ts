// WORKERS: one program of several processes.
import { createClient as createSseClient } from 'graphql-sse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { linesOf } from '../support/effects.ts';
import { openEnvironment } from '../support/environments.ts';
import { type Program, runProgram, startProgram, temporaryFolder } from '../support/program.ts';
import { User, upTo } from '../support/user.ts';

const SHARED = ['sqlite', 'staging', 'production'] as const;
const LONG = { timeout: 30_000, interval: 100 };

/** The lines of the log. */
function logOf(program: Program): Line[] {
  const lines = program.output().split('\n');
  return lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
}

/** The processes that have begun to work. */
function workersOf(program: Program): number[] {
  return logOf(program).flatMap(({ pid, msg }) => (msg === 'working' ? [pid] : []));
}

/** The processes that have executed something, of all sessions or one. */
function executorsOf(program: Program, id?: string): Set<number> {
  const lines = logOf(program).filter(
    ({ pid, sessionId = '' }) =>
      pid !== program.process.pid && sessionId !== '' && (id ?? sessionId) === sessionId,
  );
  return new Set(lines.map(({ pid }) => pid));
}

interface Line {
  readonly pid: number;
  readonly msg: string;
  readonly sessionId?: string;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function metricOf(program: Program, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', program.url))).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(' ')
      .at(-1),
  );
}

describe.each(SHARED)('ENV=%s', (ENV) => {
  let parts: AsyncDisposableStack;
  let settings: Record<string, string | undefined>;
  let effects: string;

  beforeEach(async () => {
    parts = new AsyncDisposableStack();
    const environment = parts.use(await openEnvironment(ENV));
    const own = { JWT_SECRET, WORKERS: '2', LOG_LEVEL: 'info' };
    settings = { ...environment.settings, ...own };
    effects = `${parts.use(temporaryFolder()).path}/effects`;
  });
  afterEach(() => parts.disposeAsync());

  const start = async () => parts.use(await startProgram(settings));

  it('its children execute, and what they tell is heard', async () => {
    const program = await start();
    expect(new Set(workersOf(program)).size).toBe(2);
    const alice = new User(program.url, as('alice'));
    const ids = await Promise.all(
      upTo(12).map(() => alice.start({ graphId: 'steps', input: { delayMs: 50 } })),
    );
    for (const id of ids) expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(executorsOf(program)).toEqual(new Set(workersOf(program)));
    expect(await metricOf(program, 'session_gateway_runs_total{status="SUCCEEDED"}')).toBe(12);
    for (const name of ['backend', 'workers'])
      expect(await metricOf(program, `session_gateway_dependency_up{dependency="${name}"}`)).toBe(
        1,
      );

    // Live events are not stored: they come from the process that executes.
    const id = await alice.start({ graphId: 'writing', input: {}, interruptBefore: ['tools'] });
    await alice.settled(id);
    const client = createSseClient({ url: program.url, headers: as('alice'), retryAttempts: 0 });
    const query = `subscription ($id: ID!) { sessionProgress(sessionId: $id) {
      __typename ... on MessageDelta { text }
    } }`;
    const seen: string[] = [];
    const events = client.iterate<{ sessionProgress: { __typename: string; text?: string } }>({
      query,
      variables: { id },
    });
    for await (const { data } of events) {
      const { __typename: type = '', text } = data?.sessionProgress ?? {};
      seen.push(text ?? type);
      if (type === 'SessionSnapshot') await alice.resume({ sessionId: id });
      if (type === 'RunStatusChanged' && seen.includes('NodeFinished')) break;
    }
    client.dispose();
    expect(seen).toEqual(expect.arrayContaining(['NodeStarted', 'means tea']));
  });

  it('a child that is killed is replaced, and its run taken over', async () => {
    const program = await start();
    const alice = new User(program.url, as('alice'));
    const id = await alice.start({ graphId: 'slow', input: { effects }, recursionLimit: 600 });
    await vi.waitFor(() => expect(linesOf(effects).length).toBeGreaterThan(3), LONG);
    const [busy = 0] = executorsOf(program, id);
    const running = 'session_gateway_runs_total{status="RUNNING"}';
    expect(await metricOf(program, running)).toBe(1);
    process.kill(busy, 'SIGKILL');
    expect(await alice.settled(id, 60)).toMatchObject({
      status: 'SUCCEEDED',
      latestRun: { attempt: 2 },
    });
    await vi.waitFor(() => expect(workersOf(program)).toHaveLength(3), LONG);
    expect(program.output()).toContain('a worker process ended; another takes its place');
    // What the dead one had counted still counts.
    expect(await metricOf(program, running)).toBe(2);
  });

  it('SIGTERM ends all of them, and hands over what they execute', async () => {
    const program = await start();
    const alice = new User(program.url, as('alice'));
    const id = await alice.start({ graphId: 'slow', input: { effects }, recursionLimit: 600 });
    await vi.waitFor(() => expect(linesOf(effects).length).toBeGreaterThan(3), LONG);
    expect(await program.end('SIGTERM')).toBe(0);
    expect(workersOf(program).filter(isAlive)).toEqual([]);
    const next = await start();
    const bob = new User(next.url, as('alice'));
    expect(await bob.settled(id, 60)).toMatchObject({ status: 'SUCCEEDED' });
    // No step was begun twice.
    expect(linesOf(effects)).toHaveLength(200);
  });

  it('is not ready while none of them works', async () => {
    const program = await start();
    const ready = async () => (await fetch(new URL('/ready', program.url))).status;
    expect(await ready()).toBe(200);
    for (const pid of workersOf(program)) process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await ready()).toBe(503), LONG);
    await vi.waitFor(async () => expect(await ready()).toBe(200), LONG);
  });

  it('none outlives the process that serves', async () => {
    const program = await start();
    const workers = workersOf(program);
    program.process.kill('SIGKILL');
    await vi.waitFor(() => expect(workers.filter(isAlive)).toEqual([]), LONG);
  });
});

it.each([
  [{ ENV: 'development', WORKERS: '2' }, 'WORKERS needs a store that several processes share'],
  [{ WORKERS: 'auto', ROLE: 'worker' }, 'WORKERS needs ROLE=all'],
  [{ WORKERS: 'many' }, 'must be auto, or a number from 0 to 256'],
])('%j is refused', async (settings, words) => {
  const { code, output } = await runProgram(settings);
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(words) });
});

it('a child that cannot start ends the start', async () => {
  using folder = temporaryFolder();
  const { code, output } = await runProgram({
    SQLITE_PATH: `${folder.path}/sessions.db`,
    PORT: '0',
    WORKERS: '1',
    // Of the children alone.
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
      "if (process.argv.includes('--as-worker')) throw new Error('not this one')",
    )}`,
  });
  expect(code).toBe(1);
  expect(output).toContain('A worker process did not start.');
});
