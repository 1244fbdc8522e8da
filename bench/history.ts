// How history behaves as it grows: pages, forks and a session's first paint over HTTP at 10 to 100,000 checkpoints with
// 20 KB of state that each step writes anew, on every backend, beside LangGraph's own getStateHistory over the same
// tables. Each backend has a gateway in a process of its own, whose event loop alone is watched.
import { openChild } from './child.ts';
import type { Asked, History, Opened } from './history-gateway.ts';
import { measure, type Sample } from './measure.ts';
import { ENVIRONMENTS, type EnvironmentName, openServices } from './services.ts';

/** As many as the gateway's own process takes for a page. */
const PAGE = 20;
/** The stock saver is held against the gateway at this many. */
const STOCK_AT = 10_000;
const STOCK = 'stock getStateHistory, in process';
const PAGE_IN_PROCESS = 'newest page, in process';

interface Row extends Sample {
  readonly backend: string;
  readonly what: string;
  readonly checkpoints: number;
  /** The longest that the gateway's event loop was late, in milliseconds; null where nothing waited for it. */
  readonly delayMs: number | null;
}

export async function run({ quick }: { readonly quick: boolean }) {
  const sizes = quick ? [10, 1000] : [10, 1000, 100_000];
  const rows: Row[] = [];
  for (const ENV of ENVIRONMENTS) {
    const isStockHeld = ENV === 'production' && !quick;
    rows.push(...(await measureBackend(ENV, isStockHeld ? [...sizes, STOCK_AT] : sizes, quick)));
  }
  console.table(rows.map(toTableRow));
  return figuresOf(rows, sizes);
}

async function measureBackend(
  ENV: EnvironmentName,
  sizes: readonly number[],
  quick: boolean,
): Promise<Row[]> {
  await using services = await openServices(ENV);
  // Every page is read, none is remembered.
  const env = { ...services.env, CHECKPOINT_CACHE_BYTES: '0' };
  using gateway = openChild<Asked>('history-gateway.ts', env);
  const { backend, url, histories } = await gateway.ask<Opened>({ ask: 'open', sizes });
  const ask = createClient(url, await services.tokenOf('local'));

  const timeMs = quick ? 100 : 350;
  const rounds = quick ? 1 : 3;
  const served = async (what: string, { checkpoints }: History, request: Parameters<Ask>) => {
    await gateway.ask({ ask: 'watch' });
    const sample = await measure(() => ask(...request), timeMs);
    const delayMs = await gateway.ask<number>({ ask: 'longest delay' });
    return { backend, what, checkpoints, ...sample, delayMs };
  };
  const inProcess = async (
    what: string,
    { checkpoints, id }: History,
    part: 'stock' | 'page in process',
  ) => {
    const sample = await gateway.ask<Sample>({ ask: part, id, timeMs });
    return { backend, what, checkpoints, ...sample, delayMs: null };
  };
  const round = async () => {
    const rows: Row[] = [];
    // The lengths take turns, so that what else the machine does falls on all of them.
    for (const [what, requestOf] of OPERATIONS)
      for (const history of histories) rows.push(await served(what, history, requestOf(history)));
    for (const history of histories)
      rows.push(await inProcess(PAGE_IN_PROCESS, history, 'page in process'));
    return rows;
  };

  // What is compiled and planned at first is in none of the rows.
  await round();
  const all: Row[] = [];
  for (let n = 0; n < rounds; n += 1) all.push(...(await round()));
  // Last, for stock savers make indexes of their own, which others would wait for.
  for (const history of histories.filter(({ checkpoints }) => checkpoints <= STOCK_AT))
    all.push(await inProcess(STOCK, history, 'stock'));
  return Map.groupBy(all, ({ what, checkpoints }) => `${what} ${checkpoints}`)
    .values()
    .map(ofRounds)
    .toArray();
}

/** The round in the middle, with the longest delay of all of them. */
function ofRounds(rows: readonly Row[]): Row {
  const sorted = rows.toSorted((a, b) => a.medianMs - b.medianMs);
  const [middle] = sorted.slice(Math.floor(sorted.length / 2));
  if (middle === undefined) throw new Error('there was no round');
  const delays = rows.flatMap(({ delayMs }) => delayMs ?? []);
  return { ...middle, delayMs: delays.length > 0 ? Math.max(...delays) : null };
}

type Ask = (query: string, variables: object) => Promise<unknown>;

function createClient(url: string, token: string | undefined): Ask {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  return async (query, variables) => {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(url, { method: 'POST', headers, body });
    const answer = (await response.json()) as { data?: unknown; errors?: unknown };
    if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  };
}

function figuresOf(rows: readonly Row[], sizes: readonly number[]): Record<string, number> {
  const most = sizes.at(-1) ?? 0;
  const least = sizes[0] ?? 0;
  const at = (backend: string, what: string, checkpoints: number) =>
    rows.find(
      (row) => row.backend === backend && row.what === what && row.checkpoints === checkpoints,
    )?.medianMs ?? Number.NaN;
  const backends = [...new Set(rows.map(({ backend }) => backend))];
  const kinds = [...new Set(rows.map(({ what }) => what))].filter(
    (what) => what !== STOCK && what !== PAGE_IN_PROCESS,
  );
  const growth = backends.flatMap((backend) =>
    kinds.map((what): [string, number] => {
      // Ten checkpoints are half a page of values.
      const from = what === 'page with values' ? (sizes.at(-2) ?? least) : least;
      const ratio = at(backend, what, most) / at(backend, what, from);
      return [`${backend}_${what.replaceAll(' ', '_')}_${most}_over_${from}`, ratio];
    }),
  );
  const stockAt = Math.max(
    ...rows.filter(({ what }) => what === STOCK).map(({ checkpoints }) => checkpoints),
  );
  const stock = backends.flatMap((backend): [string, number][] => {
    const name = `${backend}_stock_getStateHistory_over_newest_page`;
    const stockMs = at(backend, STOCK, stockAt);
    return Number.isNaN(stockMs)
      ? []
      : [
          [`${name}_at_${stockAt}`, stockMs / at(backend, 'newest page', stockAt)],
          [`${name}_in_process_at_${stockAt}`, stockMs / at(backend, PAGE_IN_PROCESS, stockAt)],
        ];
  });
  const delays = backends.map((backend): [string, number] => [
    `${backend}_longest_event_loop_delay_ms`,
    Math.max(...rows.flatMap((row) => (row.backend === backend ? (row.delayMs ?? []) : []))),
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
    'loop delay ms': delayMs === null ? '' : ms(delayMs),
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

const OPERATIONS: readonly (readonly [string, (history: History) => Parameters<Ask>])[] = [
  ['newest page', ({ id }) => [PAGE_QUERY, { id }]],
  ['middle page', ({ id, middle }) => [PAGE_QUERY, { id, after: middle.cursor }]],
  ['page with values', ({ id }) => [VALUES_QUERY, { id }]],
  ['first paint', ({ id }) => [PAINT_QUERY, { id }]],
  ['fork of the newest', ({ id }) => [FORK, { input: { sessionId: id } }]],
  [
    'fork of the middle',
    ({ id, middle }) => [FORK, { input: { sessionId: id, checkpointId: middle.checkpointId } }],
  ],
];
