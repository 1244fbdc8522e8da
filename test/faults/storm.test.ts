// Promises 2 to 7 in production, with two gateways and three workers as processes: workers are killed, frozen and
// added, Postgres and Redis are restarted, and Redis is emptied, while users start sessions and watch them.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, onTestFailed, vi } from 'vitest';
import { JWT_SECRET } from '../support/caller.ts';
import { Refused } from '../support/client.ts';
import { linesOf } from '../support/effects.ts';
import { type Program, type Settings, startProgram, temporaryFolder } from '../support/program.ts';
import { type PostgresServer, startPostgres } from '../support/services/postgres.ts';
import { type RedisServer, startOwnRedis } from '../support/services/redis.ts';
import { type Event, type State, User, durableSequences, upTo } from '../support/user.ts';

const SESSIONS = 500;
const STEPS = 10;
const STEP_MS = 250;
const CONCURRENCY = 8;
/** Each starts a session, waits for it, and starts the next. */
const USERS = 40;
/** Every so many sessions one is watched from its beginning to its end. */
const WATCHED = 5;
const LONGEST_MS = 240_000;
/** Of pino. */
const ERROR_LEVEL = 50;

interface Worker {
  readonly program: Program;
  readonly id: string;
}

interface Finished {
  readonly state: State;
  readonly watched: readonly Event[] | null;
}

const parts = new AsyncDisposableStack();
const folder = parts.use(temporaryFolder());
const effects = `${folder.path}/effects`;
let postgres: PostgresServer;
let redis: RedisServer;
let settings: Settings;
let gateways: readonly Program[];
const workers: Worker[] = [];

beforeAll(async () => {
  postgres = parts.use(await startPostgres());
  redis = parts.use(await startOwnRedis());
  settings = {
    ENV: 'production',
    JWT_SECRET,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    WORKER_CONCURRENCY: String(CONCURRENCY),
    // All of it is one user's, who asks again and again while the stores are away.
    REQUESTS_PER_USER: 'unlimited',
    LOG_LEVEL: 'info',
  };
  const gateway = async () => parts.use(await startProgram({ ...settings, ROLE: 'gateway' }));
  gateways = [await gateway(), await gateway()];
  for (let n = 0; n < 3; n += 1) await addWorker();
});

afterAll(() => parts.disposeAsync());

it('500 sessions of ten steps end right through a storm', { timeout: LONGEST_MS }, async () => {
  onTestFailed(() => {
    for (const { level, ...line } of [...gateways, ...workers.map((each) => each.program)].flatMap(
      linesIn,
    ))
      if (Number(level) >= ERROR_LEVEL) console.log(JSON.stringify(line));
  });
  const done = new Map<string, Finished>();
  const users = Array.from({ length: USERS }, (_, n) => work(n, done));
  const load = Promise.all(users);
  const dead = await Promise.race([storm(), load.then(() => 'the load ended before the storm')]);
  if (typeof dead === 'string') throw new Error(dead);
  await load;

  expect(done.size).toBe(SESSIONS);
  const executions = Map.groupBy(
    linesOf(effects).map((line) => line.split(' ')),
    ([session]) => session,
  );
  const starts = new Map<string, number>();
  let repeated = 0;
  await inParallel([...done], 8, async ([id, { state, watched }]) => {
    expect(state).toMatchObject({ status: 'SUCCEEDED', next: [] });
    const trail = (state.values as { trail: string[] }).trail.map(parse);
    expect(trail.map(({ step }) => step)).toEqual(upTo(STEPS).map((n) => `step${n}`));

    const log = await new User(gatewayOf(0).url).events(id, { after: beginning(id) });
    expect(durableSequences(log)).toEqual(upTo(log.length));
    if (watched !== null) expect(watched.filter(isDurable)).toEqual(log);

    // Each step finished once, and none was begun again after it had; but for one that a worker had called just before
    // it froze, and whose code ran when it woke up: what that wrote was refused, or it would stand in the trail.
    const finished = log.filter((event) => event.type === 'NodeFinished');
    expect(finished.map((event) => ('node' in event ? event.node : null))).toEqual(
      upTo(STEPS).map((n) => `step${n}`),
    );
    const begun = (executions.get(id) ?? []).map((line) => parse(line.join(' ')));
    repeated += begun.length - STEPS;
    for (const [n, { at }] of finished.entries()) {
      const ofStep = begun.filter(
        ({ step, pid }) => step === `step${n + 1}` && !dead.frozenPids.has(pid),
      );
      expect(Math.max(0, ...ofStep.map((execution) => execution.at))).toBeLessThanOrEqual(
        timeOf(at),
      );
    }

    // What an attempt wrote is its own: of one process, and begun after the attempt was.
    const attempts = attemptsOf(log);
    expect(attempts.map(({ attempt }) => attempt)).toEqual(upTo(attempts.length));
    for (const { attempt, at, nodes } of attempts) {
      starts.set(`${id} ${attempt}`, timeOf(at));
      const own = trail.filter(({ step }) => nodes.includes(step));
      expect(new Set(own.map(({ pid }) => pid)).size).toBeLessThanOrEqual(1);
      for (const execution of own) expect(execution.at).toBeGreaterThanOrEqual(timeOf(at));
    }
  });

  const takeovers = takeoversIn([...gateways, ...workers.map(({ program }) => program)]);
  const waits = takeovers
    .filter(({ deadWorkerId }) => dead.killed.has(deadWorkerId))
    .map(
      ({ deadWorkerId, sessionId, attempt }) =>
        (starts.get(`${sessionId} ${attempt}`) ?? NaN) - (dead.killed.get(deadWorkerId) ?? NaN),
    )
    .toSorted((a, b) => a - b);
  const median = waits[Math.floor(waits.length / 2)] ?? NaN;
  const fenced = await Promise.all([...dead.frozen].map(fencedWritesOf));
  console.log(
    `STORM takeovers=${takeovers.length} after_kills=${waits.length}` +
      ` repeated_unfinished_tasks=${repeated} fenced_writes_of_frozen=${fenced.join('+')}`,
  );
  console.log(
    `KILL_TO_NEXT_ATTEMPT_MS median=${median} longest=${waits.at(-1)} all=${waits.join()}`,
  );
  expect(waits.length).toBeGreaterThan(CONCURRENCY);
  expect(median).toBeLessThanOrEqual(5000);
  for (const frozen of dead.frozen)
    expect(takeovers.map(({ deadWorkerId }) => deadWorkerId)).toContain(frozen);
  await expectWholeRows();
});

/** What befalls the services. @returns when each killed worker died, and who was frozen. */
async function storm(): Promise<{
  killed: ReadonlyMap<string, number>;
  frozen: ReadonlySet<string>;
  frozenPids: ReadonlySet<string>;
}> {
  const killed = new Map<string, number>();
  const frozen = new Set<string>();
  const frozenPids = new Set<string>();

  async function kill(): Promise<void> {
    const victim = await busyWorker((id) => !killed.has(id) && !frozen.has(id));
    killed.set(victim.id, Date.now());
    await victim.program.end('SIGKILL');
  }

  async function freezeUntilTakenOver(): Promise<void> {
    const victim = await busyWorker((id) => !killed.has(id) && !frozen.has(id));
    frozen.add(victim.id);
    frozenPids.add(String(victim.program.process.pid));
    victim.program.process.kill('SIGSTOP');
    await vi.waitFor(
      () =>
        expect(takeoversIn(workers.map(({ program }) => program))).toContainEqual(
          expect.objectContaining({ deadWorkerId: victim.id }),
        ),
      { timeout: 60_000, interval: 50 },
    );
    await sleep(500);
    victim.program.process.kill('SIGCONT');
  }

  await sleep(2000);
  await kill();
  await addWorker();
  await sleep(4000);
  await freezeUntilTakenOver();
  await sleep(1000);
  await postgres.restart(500);
  await sleep(3000);
  await kill();
  await redis.restart({ empty: false, pauseMs: 500 });
  await addWorker();
  await sleep(3000);
  await freezeUntilTakenOver();
  await postgres.restart(1500);
  await sleep(1500);
  await redis.restart({ empty: true, pauseMs: 500 });
  await sleep(4000);
  await kill();
  await addWorker();
  await sleep(5000);
  return { killed, frozen, frozenPids };
}

/** One user after another of the sessions that are left to start. */
async function work(user: number, done: Map<string, Finished>): Promise<void> {
  for (let n = user; n < SESSIONS; n += USERS) {
    const here = new User(gatewayOf(n).url);
    const input = { effects, delayMs: STEP_MS };
    const request = { graphId: 'logged', input, idempotencyKey: `session ${n}` };
    const id = await persist(() => here.start(request));
    const watching = n % WATCHED === 0 ? watchToTheEnd(new User(gatewayOf(n + 1).url), id) : null;
    let state: State;
    do state = await persist(() => here.settled(id, 5));
    while (['QUEUED', 'RUNNING'].includes(state.status));
    done.set(id, { state, watched: await watching });
  }
}

/** Tries again what was refused for now. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refused) || error.errors[0]?.extensions.retryable !== true)
        throw error;
      await sleep(200);
    }
  }
}

/** Comes back with its last cursor as often as the feed ends. */
async function watchToTheEnd(user: User, id: string): Promise<Event[]> {
  const seen: Event[] = [];
  let cursor = beginning(id);
  for (;;) {
    try {
      for await (const event of user.watch(id, { after: cursor })) {
        seen.push(event);
        ({ cursor } = event);
      }
      return seen;
    } catch {
      await sleep(100);
    }
  }
}

async function addWorker(): Promise<void> {
  const program = parts.use(await startProgram({ ...settings, ROLE: 'worker' }));
  const { workerId } = linesIn(program).find(({ msg }) => msg === 'working') ?? {};
  workers.push({ program, id: String(workerId) });
}

/** A worker that executes something now. */
function busyWorker(among: (id: string) => boolean): Promise<Worker> {
  return vi.waitFor(
    async () => {
      for (const worker of workers.filter(({ id }) => among(id))) {
        if ((await metric(worker, 'session_gateway_runs_executing')) >= CONCURRENCY / 2)
          return worker;
      }
      throw new Error('no worker is busy');
    },
    { timeout: 60_000, interval: 100 },
  );
}

async function metric({ program }: Worker, name: string): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', program.url))).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)?.[1]);
}

function fencedWritesOf(id: string): Promise<number> {
  const worker = workers.find((each) => each.id === id);
  if (worker === undefined) throw new Error(`there is no worker ${id}`);
  return metric(worker, 'session_gateway_fenced_writes_total');
}

function takeoversIn(programs: readonly Program[]) {
  return programs.flatMap((program) =>
    linesIn(program)
      .filter(({ msg }) => msg === 'run taken over from a dead worker')
      .map(({ sessionId, attempt, deadWorkerId }) => ({
        sessionId: String(sessionId),
        attempt: Number(attempt),
        deadWorkerId: String(deadWorkerId),
      })),
  );
}

/** What the attempts of a session's one run logged, in the order of the log. */
function attemptsOf(log: readonly Event[]) {
  const attempts: { attempt: number; at: unknown; nodes: (string | null)[] }[] = [];
  for (const event of log) {
    if (event.type === 'RunStatusChanged' && 'attempt' in event && event.status === 'RUNNING')
      attempts.push({ attempt: event.attempt, at: event.at, nodes: [] });
    if (event.type === 'NodeFinished' && 'node' in event) attempts.at(-1)?.nodes.push(event.node);
  }
  return attempts;
}

/** What stands in the database: of each session every event once, and one checkpoint a step. */
async function expectWholeRows(): Promise<void> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  const events = await client.query(
    `SELECT session_id FROM session_gateway.session_events GROUP BY session_id
    HAVING count(*) <> max(sequence) OR min(sequence) <> 1`,
  );
  const checkpoints = await client.query(
    `SELECT thread_id FROM checkpoints GROUP BY thread_id
    HAVING count(*) <> ${STEPS + 2} OR count(DISTINCT metadata->>'step') <> ${STEPS + 2}`,
  );
  const active = await client.query(
    `SELECT id FROM session_gateway.runs WHERE status IN ('QUEUED', 'RUNNING')`,
  );
  await client.end();
  expect([events.rows, checkpoints.rows, active.rows]).toEqual([[], [], []]);
}

async function inParallel<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

function gatewayOf(n: number): Program {
  const gateway = gateways[n % gateways.length];
  if (gateway === undefined) throw new Error('there are no gateways');
  return gateway;
}

function linesIn({ output }: Program): Record<string, unknown>[] {
  return output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** One execution of a step, as the graph `logged` writes it. */
function parse(line: string) {
  const [, step = '', pid = '', at] = line.split(' ');
  return { step, pid, at: Number(at) };
}

function timeOf(at: unknown): number {
  return new Date(String(at)).getTime();
}

function isDurable(event: Event): boolean {
  return durableSequences([event]).length > 0;
}

function beginning(id: string): string {
  return Buffer.from(`${id}:0`).toString('base64url');
}
