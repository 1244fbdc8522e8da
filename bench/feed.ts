// What the progress feed costs beside the bare thing: a raw relay of the same message, raw sends of the same bytes on
// the same sockets, and a bare graphql-ws server.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { openBackend } from '../src/backends/open-backend.ts';
import { readConfig } from '../src/config.ts';
import { encodeCursor } from '../src/session/progress.ts';
import { startOwnRedis } from '../test/support/services/redis.ts';
import { FIRST_EVENTS, logNodes } from '../test/support/started-session.ts';
import { openChild } from './child.ts';
import type { AskedOfBare } from './feed-bare.ts';
import type { AskedOfClients } from './feed-clients.ts';
import type { AskedOfPublisher } from './feed-publisher.ts';
import type { AskedOfRelay } from './feed-relay.ts';
import type { AskedOfServer, Opened } from './feed-server.ts';
import { subscribed } from './feed-socket.ts';
import { quantile } from './measure.ts';
import { ENVIRONMENTS, type EnvironmentName, openServices } from './services.ts';

const QUERY = `subscription Watch($id: ID!) {
  sessionProgress(sessionId: $id) {
    __typename sequence cursor at
    ... on NodeFinished { node namespace }
    ... on CheckpointSaved { step next checkpointId }
    ... on RunStatusChanged { status }
  }
}`;
const BARE_QUERY =
  'subscription Watch($id: ID!) { sessionProgress(sessionId: $id) { sequence cursor at } }';
const ENV = {
  PORT: '0',
  // Nothing takes the sessions over, whose worker is not there.
  ROLE: 'gateway',
  LOG_LEVEL: 'error',
  SOCKETS_PER_USER: '100000',
  SUBSCRIPTIONS_PER_USER: '100000',
  LANGGRAPH_JSON: `${import.meta.dirname}/langgraph.json`,
};

interface Options {
  readonly quick: boolean;
}

export async function run(options: Options) {
  return {
    ...(await measureLatency(options)),
    BROADCAST_1000_WATCHERS_OF_RAW: await measureBroadcast(options),
    ...(await measureSessions(options)),
    ...(await measureIdle(options)),
    ...(await measureJoins(options)),
  };
}

async function openFeed(name: EnvironmentName) {
  const services = await openServices(name);
  return {
    env: { ...services.env, ...ENV },
    token: await services.tokenOf('local'),
    [Symbol.asyncDispose]: () => services[Symbol.asyncDispose](),
  };
}

/** (a) From the commit in a process with Postgres to a client of the gateway, and of a relay of the same message. */
async function measureLatency({ quick }: Options) {
  await using services = await openFeed('production');
  const { env, token } = services;
  using server = openChild<AskedOfServer>('feed-server.ts', env);
  using relay = openChild<AskedOfRelay>('feed-relay.ts', env);
  const { url, ids } = await server.ask<Opened>({ ask: 'open', sessions: 1 });
  const [id = ''] = ids;
  const config = readConfig(env);
  await using backend = await openBackend(config);
  const channel = `${config.REDIS_PREFIX}:progress:${id}`;
  const relayUrl = await relay.ask<string>({ ask: 'open', channel });

  let committedAt = 0;
  const { bus } = backend;
  const timed = {
    sessions: backend.sessions,
    bus: {
      subscribe: bus.subscribe.bind(bus),
      subscribed: bus.subscribed.bind(bus),
      publish: (...heard: Parameters<typeof bus.publish>) => {
        committedAt = performance.now();
        bus.publish(...heard);
      },
    },
  };
  const latencies = async (socket: WebSocket, events: number) => {
    const samples: number[] = [];
    for (let n = 0; n < events; n += 1) {
      const came = once(socket, 'message').then(() => performance.now());
      await logNodes(timed, id, 1);
      samples.push((await came) - committedAt);
      await sleep(2);
    }
    return samples;
  };
  const rounds = quick ? 6 : 30;
  const ours: number[] = [];
  const raw: number[] = [];
  for (let n = 0; n < rounds; n += 1) {
    // One at a time, so that neither waits for the other.
    const watcher = await subscribed(url, token, { query: QUERY, variables: { id } });
    await once(watcher, 'message');
    await sleep(50);
    const feed = await latencies(watcher, 50);
    watcher.terminate();
    await sleep(50);
    const bare = new WebSocket(relayUrl);
    await once(bare, 'open');
    const relayed = await latencies(bare, 50);
    bare.terminate();
    await sleep(50);
    // What is compiled at first is in none of the figures.
    if (n === 0) continue;
    ours.push(...feed);
    raw.push(...relayed);
  }
  console.table([
    { what: 'commit to client, feed', p50: quantile(ours, 0.5), p99: quantile(ours, 0.99) },
    { what: 'commit to client, raw relay', p50: quantile(raw, 0.5), p99: quantile(raw, 0.99) },
  ]);
  return {
    LATENCY_P50_OF_RAW: quantile(ours, 0.5) / quantile(raw, 0.5),
    LATENCY_P99_OF_RAW: quantile(ours, 0.99) / quantile(raw, 0.99),
    LATENCY_P50_MS: quantile(ours, 0.5),
    LATENCY_P99_MS: quantile(ours, 0.99),
  };
}

/** (b) Many watchers of one session: events delivered per second, as a part of what raw sends deliver. */
async function measureBroadcast({ quick }: Options): Promise<number> {
  const watchers = quick ? 300 : 1000;
  const env = { ...ENV, ENV: 'development', WATCH_SENDS: 'true' };
  using server = openChild<AskedOfServer>('feed-server.ts', env);
  using clients = openChild<AskedOfClients>('feed-clients.ts');
  const { url, ids } = await server.ask<Opened>({ ask: 'open', sessions: 1 });
  const watched = Array.from({ length: watchers }, () => ids[0] ?? '');
  await clients.ask({ ask: 'watch', url, ids: watched, query: QUERY, token: undefined });
  const events = quick ? 50 : 200;
  const received = receiver(clients, events * watchers);
  const commit = () => received(() => server.ask({ ask: 'commit', events }));
  await commit();
  return await pairs(
    `events delivered per second, ${watchers} watchers of one session`,
    quick ? 5 : 15,
    commit,
    () => received(() => server.ask({ ask: 'send', messages: events })),
  );
}

/** (c) Many sessions with one watcher each, whose events come by Redis: beside a relay of the same messages. */
async function measureSessions({ quick }: Options) {
  const sessions = quick ? 200 : 1000;
  await using redis = await startOwnRedis({ modules: false, persistent: false });
  const env = { ...ENV, ENV: 'development', BUS_URL: redis.url };
  using server = openChild<AskedOfServer>('feed-server.ts', { ...env, WATCH_SENDS: 'true' });
  using publisher = openChild<AskedOfPublisher>('feed-publisher.ts', env);
  using clients = openChild<AskedOfClients>('feed-clients.ts');
  const { url, ids } = await server.ask<Opened>({ ask: 'open', sessions });
  await clients.ask({ ask: 'watch', url, ids, query: QUERY, token: undefined });
  const events = quick ? 50 : 100;
  const received = receiver(clients, events * sessions);
  let last = FIRST_EVENTS;
  const publish = (prefix: string) =>
    received(() => {
      const first = last + 1;
      last += events;
      return publisher.ask({ ask: 'publish', prefix, ids, first, last });
    });
  const feed = () => publish('bench:progress:');
  await feed();
  await server.ask({ ask: 'relay' });
  const raw = () => {
    const before = last;
    return publish('raw:').finally(() => {
      last = before;
    });
  };
  const title = `events delivered per second, ${sessions} sessions with one watcher each`;
  const rounds = quick ? 5 : 15;
  const ofRelay = await pairs(`${title}: beside a relay`, rounds, feed, raw);
  const sends = () => received(() => server.ask({ ask: 'send', messages: events }));
  const ofSends = await pairs(`${title}: beside sends without Redis`, rounds, feed, sends);
  return { SESSIONS_1000_OF_RAW_RELAY: ofRelay, SESSIONS_1000_OF_RAW_SENDS: ofSends };
}

/** (d) What an idle watcher takes of memory: beside a bare graphql-ws server. */
async function measureIdle({ quick }: Options) {
  const watchers = quick ? 1000 : 10_000;
  const growth = async (open: () => Promise<Watched>, memory: () => Promise<number>) => {
    using clients = openChild<AskedOfClients>('feed-clients.ts');
    const { url, ids, query, token } = await open();
    // What the first ones make is there for all.
    const some = Array.from({ length: watchers + 100 }, (_, n) => ids[n % ids.length] ?? '');
    await clients.ask({ ask: 'watch', url, ids: some.slice(0, 100), query, token });
    const before = await memory();
    await clients.ask({ ask: 'watch', url, ids: some.slice(100), query, token });
    await sleep(500);
    return ((await memory()) - before) / watchers;
  };
  const rows: { what: string; bytes: number }[] = [];
  const bare = async () => {
    using server = openChild<AskedOfBare>('feed-bare.ts', {}, ['--expose-gc']);
    const open = async () => ({
      url: await server.ask<string>({ ask: 'open' }),
      ids: ['one'],
      query: BARE_QUERY,
      token: undefined,
    });
    return await growth(open, () => server.ask<number>({ ask: 'memory' }));
  };
  const ours = async (sessions: number) => {
    await using services = await openFeed('staging');
    using server = openChild<AskedOfServer>('feed-server.ts', services.env, ['--expose-gc']);
    const open = async () => {
      const { url, ids } = await server.ask<Opened>({ ask: 'open', sessions });
      return { url, ids, query: QUERY, token: services.token };
    };
    return await growth(open, () => server.ask<number>({ ask: 'memory' }));
  };
  const note = (what: string, bytes: number) => {
    rows.push({ what, bytes: Math.round(bytes) });
    return bytes;
  };
  const raw = note(`bare graphql-ws, ${watchers} idle`, await bare());
  const shared = note(`feed, ${watchers} idle on 100 sessions`, await ours(100));
  const each = note(`feed, ${watchers} idle on a session each`, await ours(watchers));
  console.table(rows);
  return {
    IDLE_MEMORY_OF_BARE: shared / raw,
    IDLE_MEMORY_SESSION_EACH_OF_BARE: each / raw,
    IDLE_BYTES: shared,
  };
}

interface Watched {
  readonly url: string;
  readonly ids: readonly string[];
  readonly query: string;
  readonly token: string | undefined;
}

/** (e) How long a watcher waits for its first event, by how many the session has. */
async function measureJoins({ quick }: Options) {
  const lengths = quick ? [10, 10_000] : [10, 100_000];
  const rows: Record<string, string | number>[] = [];
  const ratios: number[] = [];
  for (const name of ENVIRONMENTS) {
    await using services = await openFeed(name);
    using server = openChild<AskedOfServer>('feed-server.ts', services.env);
    const { url, ids } = await server.ask<Opened>({ ask: 'open', sessions: lengths.length });
    await server.ask({ ask: 'log', events: lengths });
    for (const [what, after] of [
      ['from a snapshot', () => null],
      ['from the beginning', (id: string) => encodeCursor(id, 0)],
    ] as const) {
      const samples = lengths.map((): number[] => []);
      for (let n = 0; n < (quick ? 10 : 40); n += 1) {
        for (const [at, id] of ids.entries()) {
          const variables = { id, after: after(id) };
          const socket = await subscribed(url, services.token, { query: JOIN_QUERY, variables });
          const asked = performance.now();
          await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
          if (n > 2) samples[at]?.push(performance.now() - asked);
          socket.terminate();
        }
      }
      const [short = NaN, long = NaN] = samples.map((some) => quantile(some, 0.5));
      rows.push({
        backend: name,
        what,
        [`${lengths[0]} events`]: short,
        [`${lengths[1]} events`]: long,
      });
      ratios.push(long / short);
    }
  }
  console.table(rows);
  return { JOIN_100000_OF_10_EVENTS: Math.max(...ratios) };
}

const JOIN_QUERY = `subscription Join($id: ID!, $after: String) {
  sessionProgress(sessionId: $id, after: $after) { sequence cursor }
}`;

/** Times from when something is begun to when all of its messages have come. */
function receiver(clients: ReturnType<typeof openChild<AskedOfClients>>, messages: number) {
  return async (begin: () => Promise<unknown>): Promise<number> => {
    const received = clients.ask<number>({ ask: 'receive', messages });
    await sleep(100);
    const begun = performance.timeOrigin + performance.now();
    const [ended] = await Promise.all([received, begin()]);
    return messages / ((ended - begun) / 1000);
  };
}

/** The median of pairs that take turns. */
async function pairs(
  title: string,
  count: number,
  ours: () => Promise<number>,
  raw: () => Promise<number>,
): Promise<number> {
  const rounds: { ours: number; raw: number }[] = [];
  for (let n = 0; n < count; n += 1) rounds.push({ ours: await ours(), raw: await raw() });
  const ratios = rounds.map((round) => round.ours / round.raw);
  console.table([
    {
      what: title,
      feed: Math.round(
        quantile(
          rounds.map((round) => round.ours),
          0.5,
        ),
      ),
      raw: Math.round(
        quantile(
          rounds.map((round) => round.raw),
          0.5,
        ),
      ),
      'median ratio': quantile(ratios, 0.5),
      'lowest ratio': Math.min(...ratios),
    },
  ]);
  return quantile(ratios, 0.5);
}
