// Whether starts, lists, resumes and progress keep their speed as sessions pile up, with one worker and with two.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from '../test/support/program.ts';
import { subscribed } from './feed-socket.ts';
import { measure } from './measure.ts';
import { seedSessions } from './scale-seed.ts';
import { type Services, openServices } from './services.ts';

const BACKENDS = ['sqlite', 'production'] as const;
const USER = 'local';

type Ask = (
  query: string,
  variables?: object,
) => Promise<Record<string, { session: { id: string } }>>;

export async function run({ quick }: { readonly quick: boolean }) {
  const sizes = quick ? [100, 10_000] : [100, 10_000, 1_000_000];
  const workers = quick ? [1] : [1, 2];
  const timeMs = quick ? 150 : 2000;
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of BACKENDS) {
    const medians = await measureBackend(ENV, sizes, workers, timeMs);
    for (const [name, all] of medians) {
      const byCount = Object.fromEntries(all.map((ms, n) => [`${sizes[n]} sessions, ms`, ms]));
      rows.push({ backend: ENV, name, ...byCount });
      figures[`${ENV}_${name}_${sizes.at(-1)}_OF_${sizes[0]}`] =
        (all.at(-1) ?? NaN) / (all[0] ?? NaN);
    }
  }
  console.table(rows);
  return figures;
}

/** The medians of each operation with each number of workers, by how many sessions there are. */
async function measureBackend(
  ENV: (typeof BACKENDS)[number],
  sizes: readonly number[],
  workerCounts: readonly number[],
  timeMs: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  await using services = await openServices(ENV);
  const medians = new Map<string, number[]>();
  let template: string | undefined;
  for (const size of sizes) {
    if (template !== undefined) await seedSessions(services.env, template, size);
    for (const workers of workerCounts) {
      await using fleet = await openFleet(services, ENV, workers);
      if (template === undefined) {
        template = await fleet.start();
        await seedSessions(services.env, template, size);
        // Seeding holds this process up; connections that were closed meanwhile are noticed before they are used.
        await sleep(100);
      }
      for (const [what, operation] of Object.entries(fleet.operations)) {
        const { medianMs } = await measure(operation, timeMs);
        const name = `${workers}_WORKERS_${what}`;
        medians.set(name, [...(medians.get(name) ?? []), medianMs]);
      }
    }
  }
  return medians;
}

interface Fleet extends AsyncDisposable {
  /** A session that has run to its end. */
  start(): Promise<string>;
  readonly operations: Readonly<Record<string, () => Promise<unknown>>>;
}

async function openFleet(services: Services, ENV: string, workers: number): Promise<Fleet> {
  await using parts = new AsyncDisposableStack();
  const { env } = services;
  const isSplit = ENV === 'production';
  const gateway = parts.use(await startProgram(isSplit ? { ...env, ROLE: 'gateway' } : env));
  for (let n = isSplit ? 0 : 1; n < workers; n += 1)
    parts.use(await startProgram(isSplit ? { ...env, ROLE: 'worker' } : env));
  const token = await services.tokenOf(USER);
  const ask = createClient(gateway.url, token);
  const start = async () => {
    const { startSession } = await ask(START, {
      input: { graphId: 'sixNodes', input: { input: 'x' } },
    });
    const id = startSession?.session.id ?? '';
    await ask(AWAIT, { id });
    return id;
  };
  const id = await start();
  const open = parts.move();
  return {
    start,
    operations: {
      list: () => ask(LIST),
      start,
      resume: async () => {
        await ask(RESUME, { input: { sessionId: id, input: { input: 'y' } } });
        await ask(AWAIT, { id });
      },
      progress: async () => {
        const socket = await subscribed(gateway.url, token, { query: PROGRESS, variables: { id } });
        await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
        socket.terminate();
      },
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function createClient(url: string, token: string | undefined): Ask {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? { 'x-user-id': USER } : { authorization: `Bearer ${token}` }),
  };
  return async (query, variables = {}) => {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(url, { method: 'POST', headers, body });
    const answer = (await response.json()) as { data: Awaited<ReturnType<Ask>>; errors?: unknown };
    if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  };
}

const START = `mutation ($input: StartSessionInput!) { startSession(input: $input) { session { id } } }`;
const RESUME = `mutation ($input: ResumeSessionInput!) { resumeSession(input: $input) { session { id } } }`;
const AWAIT = `query ($id: ID!) { awaitSession(id: $id, timeoutSeconds: 30) { status } }`;
const LIST = `{ sessions(first: 20) { nodes { id status task graph { id } createdAt latestRun { status } } } }`;
const PROGRESS = `subscription ($id: ID!) { sessionProgress(sessionId: $id) { sequence cursor } }`;
