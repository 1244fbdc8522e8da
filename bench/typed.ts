// What types of graphs cost: at the start, for a state of 20 KB beside the same as JSON, and a page of messages beside all.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram, temporaryFolder } from '../test/support/program.ts';
import { quantile } from './measure.ts';
import { ENVIRONMENTS, openServices } from './services.ts';

const GRAPH = join(import.meta.dirname, 'typed-graph.ts');
const GRAPHS = 50;
const LINES = 130;
const MESSAGES = 10_000;
const PAGE = 30;

const STATE = `... on OrdersState {
  count customer { name email vatId } lines { sku name count price state } notes status
}`;
const QUERIES = {
  json: 'query ($id: ID!) { session(id: $id) { values } }',
  typed: `query ($id: ID!) { session(id: $id) { state { ${STATE} } } }`,
  messages: `query ($id: ID!) { session(id: $id) { messages(last: ${PAGE}) { nodes { messageId role text } } } }`,
};
const START = `mutation ($input: StartSessionInput!) { startSession(input: $input) { session { id } } }`;
const AWAIT = `query ($id: ID!) { awaitSession(id: $id) { status } }`;

export async function run({ quick }: { readonly quick: boolean }) {
  const rounds = quick ? 3 : 11;
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of ENVIRONMENTS) {
    using folder = temporaryFolder();
    await using services = await openServices(ENV);
    const settings = {
      ...services.env,
      REQUESTS_PER_USER: 'unlimited',
      CHECKPOINT_CACHE_BYTES: '0',
      LANGGRAPH_JSON: graphsFile(folder.path, { orders: `${GRAPH}:orders`, chat: `${GRAPH}:chat` }),
    };
    await using program = await startProgram(settings);
    const token = await services.tokenOf('local');
    const ask = async (query: string, variables: object) => {
      const response = await fetch(program.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      const text = await response.text();
      if (!response.ok || text.includes('"errors"')) throw new Error(text);
      return text;
    };
    const start = async (graph: object) => {
      const text = await ask(START, { input: { graph } });
      const { id } = (JSON.parse(text) as Started).data.startSession.session;
      await ask(AWAIT, { id });
      return id;
    };
    const customer = { name: 'Ada', email: 'ada@example.org', vatId: null };
    const order = await start({ orders: { customer, count: LINES } });
    const long = await start({ chat: { count: MESSAGES } });
    const times = {
      json: [] as number[],
      typed: [] as number[],
      all: [] as number[],
      page: [] as number[],
    };
    const timed = async (into: number[], query: string, id: string) => {
      const begun = performance.now();
      const text = await ask(query, { id });
      into.push(performance.now() - begun);
      return text.length;
    };
    let bytes = 0;
    const turns = quick ? 100 : 500;
    // They take turns; the first of each compile what they need.
    for (let n = -turns / 10; n < turns; n += 1) {
      if (n === 0) for (const list of Object.values(times)) list.length = 0;
      bytes = await timed(times.json, QUERIES.json, order);
      await timed(times.typed, QUERIES.typed, order);
    }
    for (let n = 0; n < turns / 20; n += 1) {
      await timed(times.all, QUERIES.json, long);
      await timed(times.page, QUERIES.messages, long);
    }
    const median = (of: keyof typeof times) => quantile(times[of], 0.5);
    rows.push({
      backend: ENV,
      'JSON bytes': bytes,
      'JSON, ms': median('json').toFixed(2),
      'typed, ms': median('typed').toFixed(2),
      [`all of ${MESSAGES} messages, ms`]: median('all').toFixed(1),
      [`the last ${PAGE}, ms`]: median('page').toFixed(1),
    });
    figures[`${ENV}_OF_JSON`] = median('typed') / median('json');
    figures[`${ENV}_PAGE_OF_ALL`] = median('page') / median('all');
  }
  console.table(rows);
  const [withTypes, without] = await startsMs(rounds);
  console.table([
    { graphs: GRAPHS, 'with types, ms': Math.round(withTypes), 'without, ms': Math.round(without) },
  ]);
  return { ...figures, START_MORE_MS: withTypes - without };
}

interface Started {
  readonly data: { readonly startSession: { readonly session: { readonly id: string } } };
}

function graphsFile(folder: string, graphs: Readonly<Record<string, string>>): string {
  const path = join(folder, 'langgraph.json');
  writeFileSync(path, JSON.stringify({ graphs }));
  return path;
}

/** How long the program takes until it is ready, with 50 graphs of which each has its own schemas. */
async function startsMs(rounds: number): Promise<[withTypes: number, without: number]> {
  using folder = temporaryFolder();
  const names = Array.from(
    { length: GRAPHS },
    (_, n) => `orders-of-${'abcdefghij'[n % 10]}${'xyzuvw'[Math.floor(n / 10)]}`,
  );
  const LANGGRAPH_JSON = graphsFile(
    folder.path,
    Object.fromEntries(names.map((name) => [name, `${GRAPH}:orders`])),
  );
  const samples = { true: [] as number[], false: [] as number[] };
  for (let n = 0; n <= rounds; n += 1) {
    for (const GRAPH_TYPES of ['true', 'false'] as const) {
      const begun = performance.now();
      await using _program = await startProgram({
        ENV: 'development',
        LANGGRAPH_JSON,
        GRAPH_TYPES,
      });
      if (n > 0) samples[GRAPH_TYPES].push(performance.now() - begun);
    }
  }
  return [quantile(samples.true, 0.5), quantile(samples.false, 0.5)];
}
