// `npm run soak [-- --minutes 5 --visits 20000]`: watchers come and leave in every way there is, on Redis, and afterwards
// the gateway holds no more than before: memory, file descriptors, Redis channels, watchers. It fails where it does.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { WebSocket } from 'ws';
import { as } from '../test/support/caller.ts';
import { openEnvironment } from '../test/support/environments.ts';
import { startProgram, temporaryFolder } from '../test/support/program.ts';
import { User } from '../test/support/user.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    visits: { type: 'string', default: '20000' },
  },
});
const visits = Number(values.visits);
const lastsMs = Number(values.minutes) * 60_000;
const QUERY = `subscription ($id: ID!) {
  sessionProgress(sessionId: $id) { __typename cursor session { status } }
}`;
const headers = as('alice');

await using environment = await openEnvironment('staging');
using folder = temporaryFolder();
const sweeper = `${folder.path}/sweeper.mjs`;
writeFileSync(
  sweeper,
  `import { setFlagsFromString } from 'node:v8';
   import { runInNewContext } from 'node:vm';
   setFlagsFromString('--expose-gc');
   const sweep = runInNewContext('gc');
   process.on('SIGUSR2', () => sweep());`,
);
await using program = await startProgram({
  ...environment.settings,
  NODE_OPTIONS: `--import=${sweeper}`,
  SOCKETS_PER_USER: '10000',
  // What is kept on purpose is no leak.
  CHECKPOINT_CACHE_BYTES: '0',
  LOG_LEVEL: 'error',
});
const redis = new Redis(environment.settings['REDIS_URL'] ?? '');
const user = new User(program.url);
/** Some that rest, and one that works all the time. */
const ids = await Promise.all(
  Array.from({ length: 20 }, () => user.start({ graphId: 'ask', input: {} })),
);
const busy = await user.start({ graphId: 'ask', input: {} });
await user.settled(busy);

interface Held {
  readonly heapBytes: number;
  readonly fileDescriptors: number;
  readonly channels: number;
  readonly watchers: number;
}

async function held(): Promise<Held> {
  for (let n = 0; n < 3; n += 1) {
    program.process.kill('SIGUSR2');
    await sleep(500);
  }
  const last = await metrics();
  const channels = (await redis.pubsub('CHANNELS', '*:progress:*')) as string[];
  return {
    heapBytes: last.get('nodejs_heap_size_used_bytes') ?? NaN,
    fileDescriptors: last.get('process_open_fds') ?? NaN,
    channels: channels.length,
    watchers: last.get('session_gateway_subscribers') ?? NaN,
  };
}

async function metrics(): Promise<Map<string, number>> {
  const text = await (await fetch(program.url.replace('/graphql', '/metrics'))).text();
  return new Map(
    text.split('\n').flatMap((line) => {
      const match = /^(?<name>\w+) (?<value>\S+)$/.exec(line);
      return match?.groups ? [[match.groups['name'] ?? '', Number(match.groups['value'])]] : [];
    }),
  );
}

/** Comes, sees what there is or not, and leaves in one of six ways. */
async function visit(n: number): Promise<void> {
  const id = n % 3 === 0 ? busy : (ids[n % ids.length] ?? busy);
  if (n % 6 === 0) {
    const abort = new AbortController();
    const query = new URLSearchParams({ query: QUERY, variables: JSON.stringify({ id }) });
    const response = await fetch(`${program.url}?${query}`, {
      headers: { ...headers, accept: 'text/event-stream' },
      signal: abort.signal,
    });
    const reader = response.body?.getReader();
    if (n % 12 === 0) await reader?.read();
    abort.abort();
    return;
  }
  const socket = new WebSocket(program.url.replace('http', 'ws'), 'graphql-transport-ws');
  socket.on('error', () => undefined);
  await once(socket, 'open');
  // Leaves before anybody knows who it is.
  if (n % 6 === 1) {
    socket.terminate();
    return;
  }
  socket.send(JSON.stringify({ type: 'connection_init', payload: headers }));
  await once(socket, 'message');
  const subscribe = (name: string) =>
    socket.send(
      JSON.stringify({ id: name, type: 'subscribe', payload: { query: QUERY, variables: { id } } }),
    );
  subscribe('1');
  // Leaves before the first event.
  if (n % 6 === 2) {
    socket.terminate();
    return;
  }
  await once(socket, 'message');
  if (n % 6 === 3) socket.send(JSON.stringify({ id: '1', type: 'complete' }));
  if (n % 6 === 4) subscribe('2');
  const closed = once(socket, 'close');
  if (n % 6 === 5) socket.terminate();
  else socket.close(1000);
  await closed;
}

async function keepBusy(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { interrupts } = await user.look(busy);
    const answers = interrupts.map(({ interruptId }) => ({ interruptId, value: 'no' }));
    await user.resume({ sessionId: busy, ...(answers.length > 0 ? { answers } : { input: {} }) });
    await user.settled(busy);
    await sleep(50);
  }
}

// What is compiled and kept at first is in neither figure.
for (let n = 0; n < 600; n += 1) await visit(n);
await sleep(1000);
const before = await held();
const working = new AbortController();
const busily = keepBusy(working.signal);
const begun = performance.now();
for (let n = 0; n < visits; n += 10) {
  await Promise.all(Array.from({ length: 10 }, (_, m) => visit(n + m)));
  const due = begun + (lastsMs * n) / visits;
  await sleep(Math.max(0, due - performance.now()));
}
working.abort();
await busily;
await sleep(2000);
const after = await held();
console.table({ before, after });
const metric = (name: string, value: number) => process.stdout.write(`soak ${name}=${value}\n`);
metric('HEAP_AFTER_OF_BEFORE', Number((after.heapBytes / before.heapBytes).toPrecision(3)));
metric('FILE_DESCRIPTORS_MORE', after.fileDescriptors - before.fileDescriptors);
metric('CHANNELS_LEFT', after.channels);
metric('WATCHERS_LEFT', after.watchers);
metric('VISITS', visits);
metric('MINUTES', Number(((performance.now() - begun) / 60_000).toPrecision(3)));
redis.disconnect();
const leaks =
  after.heapBytes > before.heapBytes * 1.1 ||
  after.fileDescriptors > before.fileDescriptors + 10 ||
  after.channels > before.channels ||
  after.watchers > 0;
process.exitCode = leaks ? 1 : 0;
