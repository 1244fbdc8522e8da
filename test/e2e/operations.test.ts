// What an operator sees: roles, probes, metrics, logs and traces of the real program.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { as } from '../support/caller.ts';
import { post } from '../support/client.ts';
import { linesOf } from '../support/effects.ts';
import {
  ENVIRONMENTS,
  type Environment,
  type EnvironmentName,
  openEnvironment,
} from '../support/environments.ts';
import { startCuttingProxy } from '../support/services/cutting-proxy.ts';
import { type Program, type Settings, startProgram, temporaryFolder } from '../support/program.ts';
import { decodeSpans } from '../support/otlp.ts';
import { type Event, User } from '../support/user.ts';

let environment: Environment;
let parts: AsyncDisposableStack;

beforeEach(() => {
  parts = new AsyncDisposableStack();
});

afterEach(() => parts.disposeAsync());

async function open(ENV: EnvironmentName): Promise<void> {
  environment = parts.use(await openEnvironment(ENV));
}

async function start(settings: Settings = {}): Promise<Program> {
  return parts.use(await startProgram({ ...environment.settings, ...settings }));
}

const addressOf = ({ url }: Program) => new URL(url).origin;

async function ready(program: Program, query = '') {
  const response = await fetch(`${addressOf(program)}/ready${query}`);
  return { status: response.status, ...((await response.json()) as Record<string, boolean>) };
}

/** The samples of /metrics, by name and labels. */
async function metricsOf(program: Program): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${addressOf(program)}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  const lines = (await response.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe.for(['staging', 'production'] as const)('roles in %s', (ENV) => {
  beforeEach(() => open(ENV));

  it('a gateway accepts and serves, a worker executes; both answer the probes', async () => {
    const gateway = await start({ ROLE: 'gateway' });
    const user = new User(gateway.url);
    const id = await user.start({ graphId: 'steps', input: {} });
    await new Promise((resolve) => {
      setTimeout(resolve, 1500);
    });
    expect(await user.look(id)).toMatchObject({ status: 'QUEUED' });
    const worker = await start({ ROLE: 'worker' });
    expect(worker.output()).toMatch(/Session Gateway working at http:\/\/127\.0\.0\.1:\d+ \(/);
    expect(await user.settled(id)).toMatchObject({ status: 'SUCCEEDED' });

    const asked = await fetch(`${addressOf(worker)}/graphql`, { method: 'POST', headers: as('a') });
    expect(asked.status).toBe(404);
    for (const program of [gateway, worker]) {
      expect((await fetch(`${addressOf(program)}/health`)).status).toBe(200);
      expect(await ready(program)).toMatchObject({ status: 200, ready: true, queue: true });
    }
    expect((await metricsOf(gateway)).get('session_gateway_runs_total{status="QUEUED"}')).toBe(1);
    expect((await metricsOf(worker)).get('session_gateway_runs_total{status="SUCCEEDED"}')).toBe(1);
  });

  it('SIGTERM: /ready says 503 while the running step finishes, sockets are closed to come back, exit 0', async () => {
    const program = await start();
    const user = new User(program.url);
    const id = await user.start({ graphId: 'steps', input: { delayMs: 1500 } });
    await vi.waitFor(
      async () => expect(await user.look(id)).toMatchObject({ status: 'RUNNING' }),
      10_000,
    );
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const event of user.watch(id)) seen.push(event);
    })().catch((error: unknown) => error);
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), 10_000);
    const ended = program.end('SIGTERM');
    await vi.waitFor(
      async () =>
        expect(await ready(program)).toMatchObject({ status: 503, ready: false, draining: true }),
      10_000,
    );
    const refused = await post(program.url, { query: '{ graphs { id } }' });
    expect(refused.errors?.[0]?.extensions).toMatchObject({
      code: 'SHUTTING_DOWN',
      retryable: true,
    });
    expect(await watching).toMatchObject({ code: 1012 });
    expect(await ended).toBe(0);
    const next = new User((await start()).url);
    expect(await next.settled(id)).toMatchObject({
      status: 'SUCCEEDED',
      latestRun: { attempt: 2 },
    });
  });
});

it('SIGTERM: a gateway answers each request that it has begun', async () => {
  await open('production');
  const gateway = await start({ ROLE: 'gateway' });
  const query = 'mutation { startSession(input: { graphId: "steps", input: {} }) { run { id } } }';
  const ask = () => Array.from({ length: 20 }, () => post(gateway.url, { query }));
  await Promise.all(ask());
  const begun = ask();
  await Promise.race(begun);
  const ended = gateway.end('SIGTERM');
  // Whether it was accepted or is to be sent again.
  const answers = await Promise.allSettled([...begun, ...ask()]);
  expect(await ended).toBe(0);
  const codes = answers.map((answer) =>
    answer.status === 'fulfilled'
      ? (answer.value.errors?.[0]?.extensions['code'] ?? 'accepted')
      : 'cut',
  );
  expect(new Set(codes)).not.toContain('cut');
  expect(codes).toContain('accepted');
});

it('SHUTDOWN_DELAY: a gateway that was told to stop serves on while /ready says 503, then refuses with 503', async () => {
  await open('development');
  const gateway = await start({ SHUTDOWN_DELAY: '2s' });
  const user = new User(gateway.url);
  // Keeps it from ending at once.
  await user.start({ graphId: 'steps', input: { delayMs: 1000 } });
  const query = '{ graphs { id } }';
  const ended = gateway.end('SIGTERM');
  await expect.poll(async () => (await ready(gateway)).status).toBe(503);
  const begun = performance.now();
  const statuses = new Set<number>();
  let served = 0;
  try {
    for (;;) {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      statuses.add(response.status);
      const { data } = (await response.json()) as { data?: unknown };
      expect(response.status).toBe(data === undefined || data === null ? 503 : 200);
      if (response.status === 200) served = performance.now() - begun;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } catch (error) {
    // The port is closed in the end.
    expect(error).toBeInstanceOf(TypeError);
  }
  expect(await ended).toBe(0);
  expect(served).toBeGreaterThan(1000);
  expect(statuses).toEqual(new Set([200, 503]));
});

it('SIGTERM: the process ends within SHUTDOWN_TIMEOUT, though its database is away', async () => {
  await open('production');
  const { DATABASE_URL = '' } = environment.settings;
  const proxy = await startCuttingProxy(DATABASE_URL);
  const program = await start({ DATABASE_URL: proxy.url, SHUTDOWN_TIMEOUT: '2s' });
  const user = new User(program.url);
  const id = await user.start({ graphId: 'steps', input: { delayMs: 20_000 } });
  await vi.waitFor(
    async () => expect(await user.look(id)).toMatchObject({ status: 'RUNNING' }),
    10_000,
  );
  proxy[Symbol.dispose]();
  const begun = performance.now();
  expect(await program.end('SIGTERM')).toBe(0);
  expect(performance.now() - begun).toBeLessThan(3000);
});

it('/ready says what is not well: tables of another version', async () => {
  await open('production');
  const program = await start();
  expect(await ready(program)).toEqual({
    status: 200,
    ready: true,
    draining: false,
    backend: true,
    migrations: true,
    queue: true,
  });
  const client = new Client({ connectionString: environment.settings['DATABASE_URL'] });
  await client.connect();
  await client.query(`INSERT INTO session_gateway.kysely_migration VALUES ('999_later', 'now')`);
  await client.end();
  expect(await ready(program)).toMatchObject({ status: 503, ready: false, migrations: false });
  expect(await ready(program, '?exclude=migrations')).toMatchObject({ status: 200, ready: true });
});

describe.for(ENVIRONMENTS)('in %s', (ENV) => {
  beforeEach(() => open(ENV));

  it('/metrics counts runs, waits, writes, events and subscribers', async () => {
    const program = await start();
    const user = new User(program.url);
    const id = await user.start({ graphId: 'steps', task: 'go' });
    await user.settled(id);
    const events: Event[] = [];
    for await (const event of user.watch(id, { untilSettled: false })) {
      events.push(event);
      if (event.type === 'SessionSnapshot') {
        expect((await metricsOf(program)).get('session_gateway_subscribers')).toBe(1);
        await user.resume({ sessionId: id, input: { task: 'again' } });
      }
      if (event.type === 'RunStatusChanged' && event.status === 'SUCCEEDED') break;
    }
    await vi.waitFor(
      async () => expect((await metricsOf(program)).get('session_gateway_subscribers')).toBe(0),
      10_000,
    );
    const metrics = await metricsOf(program);
    const countOf = (type: string) => events.filter((event) => event.type === type).length;
    for (const status of ['QUEUED', 'RUNNING', 'SUCCEEDED'])
      expect(metrics.get(`session_gateway_runs_total{status="${status}"}`)).toBe(2);
    for (const type of ['RunStatusChanged', 'NodeFinished', 'CheckpointSaved', 'NodeStarted']) {
      const published = metrics.get(`session_gateway_events_published_total{type="${type}"}`);
      expect(published).toBeGreaterThanOrEqual(countOf(type));
    }
    // Twice 6 steps, the input's checkpoint and the one that begins the first step.
    expect(metrics.get('session_gateway_events_published_total{type="CheckpointSaved"}')).toBe(16);
    expect(metrics.get('session_gateway_events_published_total{type="NodeFinished"}')).toBe(12);
    const writes = 'session_gateway_checkpoint_write_seconds';
    expect(metrics.get(`${writes}_count{operation="put"}`)).toBe(16);
    expect(metrics.get(`${writes}_sum{operation="put"}`)).toBeGreaterThan(0);
    expect(metrics.get('session_gateway_queue_wait_seconds_count')).toBe(2);
    expect(metrics.get('session_gateway_queue_depth')).toBe(0);
    expect(metrics.get('session_gateway_fenced_writes_total')).toBe(0);
    expect(metrics.get('session_gateway_takeovers_total')).toBe(0);
  });

  it('logs are JSON lines that name session, run, attempt and request, and hold nothing of the state', async () => {
    const program = await start({ LOG_LEVEL: 'trace', LOG_ERROR_MESSAGES: 'false' });
    const requestId = 'request-of-the-test';
    const user = new User(program.url, { ...as('alice'), 'x-request-id': requestId });
    const secret = 'a-secret-in-the-state';
    const id = await user.start({ graphId: 'steps', task: secret, metadata: { secret } });
    await user.settled(id);
    const asking = await user.start({ graphId: 'ask', task: secret });
    const { interrupts } = await user.settled(asking);
    const answers = interrupts.map(({ interruptId }) => ({ interruptId, value: secret }));
    await user.resume({ sessionId: asking, answers });
    await user.settled(asking);
    const failing = await user.start({ graphId: 'indiscreet', task: secret });
    expect((await user.settled(failing)).latestRun?.error?.message).toContain(secret);

    const lines = program
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const ofRun = lines.filter(({ sessionId }) => sessionId === id);
    expect(ofRun.map(({ msg }) => msg)).toEqual(['run QUEUED', 'run RUNNING', 'run SUCCEEDED']);
    expect(new Set(ofRun.map(({ runId }) => runId)).size).toBe(1);
    expect(ofRun.map(({ attempt }) => attempt)).toEqual([0, 1, 1]);
    expect(ofRun.every((line) => line['requestId'] === requestId)).toBe(true);
    const failed = lines.find(({ msg }) => msg === 'the graph failed');
    expect(failed).toMatchObject({ sessionId: failing, attempt: 1, thrown: { type: 'Error' } });
    expect(failed?.['thrown']).toMatchObject({ stack: expect.stringMatching(/graphs\.ts/) });
    expect(program.output()).not.toContain(secret);
  });
});

it('takeovers and fenced writes are counted', async () => {
  await open('production');
  const folder = parts.use(temporaryFolder());
  const gateway = await start({ ROLE: 'gateway' });
  const frozen = await start({ ROLE: 'worker' });
  const user = new User(gateway.url);
  // It blocks: so what it wakes up to is a write, before it may hear that it was taken over.
  const effects = `${folder.path}/effects`;
  const id = await user.start({ graphId: 'blocking', input: { delayMs: 2_000, effects } });
  await vi.waitFor(() => expect(linesOf(effects)).toEqual(['block']), 10_000);
  frozen.process.kill('SIGSTOP');
  const worker = await start({ ROLE: 'worker' });
  expect(await user.settled(id)).toMatchObject({ status: 'SUCCEEDED', latestRun: { attempt: 2 } });
  frozen.process.kill('SIGCONT');
  expect((await metricsOf(worker)).get('session_gateway_takeovers_total')).toBe(1);
  await vi.waitFor(
    async () =>
      expect((await metricsOf(frozen)).get('session_gateway_fenced_writes_total')).toBeGreaterThan(
        0,
      ),
    10_000,
  );
});

it('a process that has nothing to do gives memory back', async () => {
  await open('sqlite');
  const program = await start();
  const resident = async () =>
    (await metricsOf(program)).get('process_resident_memory_bytes') ?? Number.NaN;
  const started = await resident();
  await vi.waitFor(async () => expect(await resident()).toBeLessThan(started * 0.8), {
    timeout: 90_000,
    interval: 2000,
  });
});

describe('traces', () => {
  it.for(['sqlite', 'production'] as const)(
    'lead from the request to the run, its steps and its writes, over processes (%s)',
    async (ENV) => {
      await open(ENV);
      const received: Buffer[] = [];
      const collector = createServer((request, response) => {
        void buffer(request).then((body) => {
          received.push(body);
          return response.end();
        });
      }).listen(0, '127.0.0.1');
      await once(collector, 'listening');
      parts.defer(() => void collector.close());
      const { port } = collector.address() as AddressInfo;
      const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
      const programs =
        ENV === 'sqlite'
          ? [await start(tracing)]
          : [
              await start({ ...tracing, ROLE: 'gateway' }),
              await start({ ...tracing, ROLE: 'worker' }),
            ];
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      const user = new User(programs[0]?.url ?? '', {
        ...as('alice'),
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      });
      const id = await user.start({ graphId: 'nested', task: 'x' });
      expect(await user.settled(id)).toMatchObject({ status: 'INTERRUPTED' });
      for (const program of programs) expect(await program.end('SIGTERM')).toBe(0);

      const spans = received.flatMap(decodeSpans);
      const parentOf = (span: (typeof spans)[number] | undefined) =>
        spans.find(({ spanId }) => spanId === span?.parentSpanId);
      const chainOf = (name: string) => {
        const names: string[] = [];
        let span = spans.find((candidate) => candidate.name === name);
        while (span !== undefined) {
          names.push(span.name);
          span = parentOf(span);
        }
        return names;
      };
      const run = spans.find(({ name }) => name === 'run');
      expect(run?.traceId).toBe(traceId);
      expect(chainOf('run')).toEqual(['run', 'mutation']);
      // The subgraph's node, in its own step, in the step of the node that it is.
      expect(chainOf('node inside').slice(-3)).toEqual(['step', 'run', 'mutation']);
      const writes = spans.filter(({ name }) => name === 'checkpoint putWrites');
      expect(writes.length).toBeGreaterThan(0);
      expect(writes.every((span) => /^(node .+|task)$/.test(parentOf(span)?.name ?? ''))).toBe(
        true,
      );
      const puts = spans.filter(({ name }) => name === 'checkpoint put');
      expect(puts.map((span) => parentOf(span)?.name)).toContain('run');
      expect(puts.some((span) => parentOf(span)?.name.startsWith('step '))).toBe(true);
      expect(spans.every((span) => span.endTime >= span.startTime)).toBe(true);
    },
  );
});
