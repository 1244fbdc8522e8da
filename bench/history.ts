// How history behaves as it grows: pages, forks and a session's first paint over HTTP at 10 to 100,000 checkpoints with
// 20 KB of state that each step writes anew, on every backend, beside LangGraph's own getStateHistory over the same
// tables. The gateway and its client share this process, so the delay of its event loop is of both.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { Bench } from 'tinybench';
import { openBackend } from '../src/backends/open-backend.ts';
import { type Config, readConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import { mintToken } from '../src/server/authentication.ts';
import type { Backend } from '../src/session/ports.ts';
import { temporaryFolder } from '../test/support/program.ts';
import { startPostgres } from '../test/support/services/postgres.ts';
import { startOwnRedis } from '../test/support/services/redis.ts';
import { loop } from './history-graph.ts';
import { seedHistory } from './history-seed.ts';

const ENVIRONMENTS = ['development', 'sqlite', 'staging', 'production'] as const;
const STATE_BYTES = 20 * 1024;
/** The stock saver is held against the gateway at this many. */
const STOCK_AT = 10_000;
const PAGE = 20;
const STOCK = 'stock getStateHistory';

interface Sample {
  readonly medianMs: number;
  readonly p99Ms: number;
  /** The longest delay of the event loop. */
  readonly delayMs: number;
}

interface Row extends Sample {
  readonly backend: string;
  readonly what: string;
  readonly checkpoints: number;
}

export async function run({ quick }: { readonly quick: boolean }) {
  const sizes = quick ? [10, 1000] : [10, 1000, 100_000];
  const rows: Row[] = [];
  for (const ENV of ENVIRONMENTS) {
    await using services = await openServices(ENV);
    rows.push(...(await measureBackend(services.config, sizes, quick)));
  }
  console.table(rows.map(toTableRow));
  return figuresOf(rows, sizes);
}

async function openServices(ENV: (typeof ENVIRONMENTS)[number]) {
  const parts = new AsyncDisposableStack();
  const folder = parts.use(temporaryFolder());
  const isServed = ENV === 'staging' || ENV === 'production';
  const config = readConfig({
    ENV,
    PORT: '0',
    LOG_LEVEL: 'error',
    LANGGRAPH_JSON: `${import.meta.dirname}/langgraph.json`,
    SQLITE_PATH: `${folder.path}/sessions.db`,
    JWT_SECRET: isServed ? 'for-the-benchmark-alone-and-no-other-use' : '',
    REDIS_URL: isServed ? parts.use(await startOwnRedis({ persistent: false })).url : '',
    DATABASE_URL: ENV === 'production' ? parts.use(await startPostgres()).url : '',
    // Every page is read, none is remembered.
    CHECKPOINT_CACHE_BYTES: '0',
  });
  return { config, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

async function measureBackend(
  config: Config,
  sizes: readonly number[],
  quick: boolean,
): Promise<Row[]> {
  const backend = await openBackend(config);
  const sessions = new Map<number, string>();
  const isPostgres = config.ENV === 'production';
  for (const size of isPostgres && !quick ? [...sizes, STOCK_AT] : sizes)
    sessions.set(size, await seedHistory(backend, size, STATE_BYTES));
  await using gateway = await createGateway(config, backend);
  const ask = await createClient(gateway.url, config);

  const rows: Row[] = [];
  const add = (what: string, checkpoints: number, sample: Sample) =>
    rows.push({ backend: backend.name, what, checkpoints, ...sample });
  const time = quick ? 150 : 1000;
  for (const [checkpoints, id] of sessions) {
    const middle = await middleOf(backend, id);
    const operations: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['newest page', () => ask(PAGE_QUERY, { id })],
      ['middle page', () => ask(PAGE_QUERY, { id, after: middle.cursor })],
      ['page with values', () => ask(VALUES_QUERY, { id })],
      ['first paint', () => ask(PAINT_QUERY, { id })],
      ['fork of the newest', () => ask(FORK, { input: { sessionId: id } })],
      [
        'fork of the middle',
        () => ask(FORK, { input: { sessionId: id, checkpointId: middle.checkpointId } }),
      ],
    ];
    for (const [what, operation] of operations)
      add(what, checkpoints, await measure(operation, time));
    const mostOfStock = quick ? 1000 : STOCK_AT;
    if (checkpoints > mostOfStock) continue;
    await using stock = await openStockSaver(id, config, backend);
    add(
      'stock getStateHistory',
      checkpoints,
      await measure(() => stockPage(stock.saver, id), time),
    );
  }
  return rows;
}

async function measure(operation: () => Promise<unknown>, time: number): Promise<Sample> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const bench = new Bench({ time, warmupTime: time / 4, throws: true });
  bench.add('operation', operation, {
    beforeAll() {
      delays.enable();
    },
  });
  const [task] = await bench.run();
  delays.disable();
  const result = task?.result;
  if (result === undefined || !('latency' in result)) throw new Error('nothing was measured');
  const { p50, p99 } = result.latency;
  // The timer of the monitor itself is a millisecond.
  return { medianMs: p50, p99Ms: p99, delayMs: Math.max(0, delays.max / 1e6 - 1) };
}

async function middleOf({ sessions }: Backend, id: string) {
  const newest = await sessions.find(id, 'system');
  const before = Math.ceil((newest?.lastOrdinal ?? 0) / 2) + 1;
  const filter = { namespace: '', source: null, run: null };
  const page = { first: 1, after: before };
  const [row] = (await sessions.listCheckpoints(id, 'system', filter, page)).items;
  if (row === undefined) throw new Error('there is no middle');
  const cursor = Buffer.from(JSON.stringify(['checkpoint', before])).toString('base64url');
  return { checkpointId: row.checkpointId, cursor };
}

async function createClient(url: string, config: Config) {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (config.JWT_SECRET !== undefined) {
    const token = await mintToken(config.JWT_SECRET, 'local', 86_400, config);
    headers.set('authorization', `Bearer ${token}`);
  }
  return async (query: string, variables: object): Promise<unknown> => {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(url, { method: 'POST', headers, body });
    const answer = (await response.json()) as { data?: unknown; errors?: unknown };
    if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  };
}

function threadConfig(threadId: string) {
  return { configurable: { thread_id: threadId } };
}

async function stockPage(saver: BaseCheckpointSaver, threadId: string): Promise<void> {
  const graph = loop.compile({ checkpointer: saver });
  const config = threadConfig(threadId);
  const states = await Array.fromAsync(graph.getStateHistory(config, { limit: PAGE }));
  if (states.length === 0) throw new Error('the stock saver finds nothing');
}

/** LangGraph's own saver over the same tables, where it finds them. */
async function openStockSaver(
  id: string,
  { ENV, DATABASE_URL, REDIS_URL, SQLITE_PATH }: Config,
  backend: Backend,
) {
  const none = () => Promise.resolve();
  switch (ENV) {
    case 'development':
      // MemorySaver's storage is within ours, whose list is its own but for the order.
      return { saver: backend.savers.reader(), [Symbol.asyncDispose]: none };
    case 'sqlite': {
      const { SqliteSaver } = await import('@langchain/langgraph-checkpoint-sqlite');
      const saver = SqliteSaver.fromConnString(SQLITE_PATH);
      return { saver, [Symbol.asyncDispose]: async () => void saver.db.close() };
    }
    case 'staging': {
      const { RedisSaver } = await import('@langchain/langgraph-checkpoint-redis');
      const saver = await RedisSaver.fromUrl(REDIS_URL ?? '');
      // Its index is made over all the documents that are there, and finds none before it has them.
      while ((await Array.fromAsync(saver.list(threadConfig(id), { limit: 1 }))).length === 0)
        await sleep(100);
      return { saver, [Symbol.asyncDispose]: () => saver.end() };
    }
    case 'production': {
      const saver = PostgresSaver.fromConnString(DATABASE_URL ?? '');
      return { saver, [Symbol.asyncDispose]: () => saver.end() };
    }
  }
}

function figuresOf(rows: readonly Row[], sizes: readonly number[]): Record<string, number> {
  const most = sizes.at(-1) ?? 0;
  const least = sizes[0] ?? 0;
  const at = (backend: string, what: string, checkpoints: number) =>
    rows.find(
      (row) => row.backend === backend && row.what === what && row.checkpoints === checkpoints,
    )?.medianMs ?? Number.NaN;
  const backends = [...new Set(rows.map(({ backend }) => backend))];
  const kinds = [...new Set(rows.map(({ what }) => what))].filter((what) => what !== STOCK);
  const growth = backends.flatMap((backend) =>
    kinds.map((what): [string, number] => [
      `${backend}_${what.replaceAll(' ', '_')}_${most}_over_${least}`,
      at(backend, what, most) / at(backend, what, least),
    ]),
  );
  const stockAt = Math.max(
    ...rows.filter(({ what }) => what === STOCK).map(({ checkpoints }) => checkpoints),
  );
  const stock = backends.flatMap((backend): [string, number][] => {
    const ratio = at(backend, STOCK, stockAt) / at(backend, 'newest page', stockAt);
    return Number.isNaN(ratio)
      ? []
      : [[`${backend}_stock_getStateHistory_over_newest_page_at_${stockAt}`, ratio]];
  });
  const delays = backends.map((backend): [string, number] => [
    `${backend}_longest_event_loop_delay_ms`,
    Math.max(
      ...rows
        .filter((row) => row.backend === backend && row.what !== STOCK)
        .map(({ delayMs }) => delayMs),
    ),
  ]);
  return Object.fromEntries([...growth, ...stock, ...delays]);
}

function toTableRow({ backend, what, checkpoints, medianMs, p99Ms, delayMs }: Row) {
  const ms = (value: number) => Number(value.toFixed(2));
  return {
    backend,
    what,
    checkpoints,
    'median ms': ms(medianMs),
    'p99 ms': ms(p99Ms),
    'loop delay ms': ms(delayMs),
  };
}

const PAGE_QUERY = `query Page($id: ID!, $after: String) {
  checkpoints(sessionId: $id, first: ${PAGE}, after: $after) {
    nodes { checkpointId parentCheckpointId step source createdAt changedKeys runId }
    pageInfo { endCursor hasNextPage }
  }
}`;
const VALUES_QUERY = `query Values($id: ID!) {
  checkpoints(sessionId: $id, first: ${PAGE}) { nodes { checkpointId values next } }
}`;
const PAINT_QUERY = `query Paint($id: ID!) {
  session(id: $id) {
    cursor status task values next
    interrupts { interruptId value }
    checkpoints(first: ${PAGE}) {
      nodes { checkpointId parentCheckpointId step source createdAt changedKeys runId }
      pageInfo { endCursor hasNextPage }
    }
  }
}`;
const FORK = `mutation Fork($input: ForkSessionInput!) {
  forkSession(input: $input) { session { id cursor } }
}`;
