// What somebody may do to a gateway who wants it to be of no use to others, in a process of its own: it begins one of
// them, says so, goes on until it is ended, and tells how it was answered when it is asked.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { as } from '../support/caller.ts';
import type { StartSessionInput } from '../../gql/graphql.ts';

export type AttackName = keyof typeof ATTACKS;

/** How often each answer came: a status, a code of an error or of a closed socket. */
export type Answers = Readonly<Record<string, number>>;

const DOCUMENTS_PER_SECOND = 60;
const BODIES_PER_SECOND = 10;
/** Of as many bytes as REQUESTS_PER_USER lets a user send in a minute. */
const LISTS_PER_SECOND = 5;
const SLOW_BODIES = 500;
/** So that not all of them are due at once. */
const SLOW_BODIES_WITHIN_MS = 2000;
const SOCKETS = 5000;
const SOCKETS_PER_SECOND = 700;
const RUNS = 50;
const FLOODS = 8;
const MESSAGES_AT_ONCE = 10_000;
const PING_FRAME = Symbol('ping');
const UNREAD = 150;
const START =
  'mutation ($input: StartSessionInput!) { startSession(input: $input) { session { id } } }';

const [url = '', name = ''] = process.argv.slice(2);
const { hostname, port, host } = new URL(url);
const answers: Record<string, number> = {};
const sessions: string[] = [];

const ATTACKS = {
  deep: () =>
    documents((n) => `query D${n} ${'{ sessions { nodes '.repeat(800)}{ id }${' } }'.repeat(800)}`),
  wide: () =>
    documents((n) => `query W${n} { graphs { ${'id nodes description '.repeat(3000)} } }`),
  aliased: () =>
    documents(
      (n) =>
        `query A${n} { ${Array.from({ length: 1000 }, (_, at) => `a${at}: sessions { totalCount }`).join(' ')} }`,
    ),
  'fragments that double': () =>
    documents((n) => {
      const fragments = Array.from(
        { length: 30 },
        (_, at) =>
          `fragment f${at} on Session { forks { nodes { ...f${at + 1} } } b: forks { nodes { ...f${at + 1} } } }`,
      );
      return `query F${n} { sessions { nodes { ...f0 } } } ${fragments.join(' ')} fragment f30 on Session { id }`;
    }),
  'fragments that spread themselves': () =>
    documents(
      (n) =>
        `query R${n} { sessions { nodes { ...a } } } fragment a on Session { forks { nodes { ...b } } } fragment b on Session { forks { nodes { ...a ...b } } }`,
    ),
  'lists in lists': () => {
    const lists = `{"query":"{ graphs { id } }","variables":{"a":${'['.repeat(600_000)}${']'.repeat(600_000)}}}`;
    return paced(LISTS_PER_SECOND, (n) => ask(n, { body: lists }));
  },
  'bodies of 10 MB': () => {
    const body = Buffer.from(JSON.stringify({ query: '{ graphs { id } }', pad: 'x'.repeat(10e6) }));
    return paced(BODIES_PER_SECOND, async (n) => {
      const streamed = new Blob([body]).stream();
      // Half of them do not say how long they are.
      await ask(n, n % 2 ? { body } : ({ body: streamed, duplex: 'half' } as RequestInit));
    });
  },
  'slow bodies': async () => {
    for (let n = 0; n < SLOW_BODIES; n += 1) {
      const identity = Object.entries({ ...as(userOf(0)), 'x-forwarded-for': addressOf(n) })
        .map((header) => `${header.join(': ')}\r\n`)
        .join('');
      const open = () => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(
            `POST /graphql HTTP/1.1\r\nhost: ${host}\r\n${identity}content-type: application/json\r\ncontent-length: 100000\r\n\r\n{`,
          );
        });
        const drip = setInterval(() => socket.write(' '), 250);
        socket.on('error', () => undefined);
        socket.on('data', (data) => count(data.toString().slice(9, 12)));
        socket.on('close', () => {
          clearInterval(drip);
          setTimeout(open, 100);
        });
      };
      open();
      await sleep(SLOW_BODIES_WITHIN_MS / SLOW_BODIES);
    }
  },
  '5,000 sockets': async () => {
    let opened = 0;
    const open = (n: number) => {
      const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', {
        headers: { 'x-forwarded-for': addressOf(n) },
      });
      // One in two says who it is: a few users, each with too many.
      if (n % 2) {
        socket.on('open', () =>
          socket.send(JSON.stringify({ type: 'connection_init', payload: as(userOf(n % 30)) })),
        );
      }
      socket.on('message', () => count('acknowledged'));
      socket.on('error', () => undefined);
      socket.on('close', (code) => {
        count(String(code));
        setTimeout(open, 5000, n);
      });
    };
    while (opened < SOCKETS) {
      for (let n = 0; n < SOCKETS_PER_SECOND / 10; n += 1) open((opened += 1));
      await sleep(100);
    }
  },
  'wrong variables': () => {
    const query =
      'query ($s: [SessionStatus!]) { sessions(filter: { status: $s }) { nodes { id } } }';
    const body = JSON.stringify({ query, variables: { s: Array<number>(300_000).fill(1) } });
    return paced(LISTS_PER_SECOND, (n) => ask(n, { body }));
  },
  'inputs of many values': () => {
    const input = {
      graphId: 'steps',
      input: { trail: Array.from({ length: 300_000 }, () => ({})) },
    };
    const body = JSON.stringify({ query: START, variables: { input } });
    return paced(LISTS_PER_SECOND, (n) => ask(n, { body }));
  },
  'metadata without end': async () => {
    const { sessionId } = await started({ graphId: 'ask', input: {} });
    const query =
      'mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { session { id } } }';
    return paced(BODIES_PER_SECOND, (n) => {
      const metadata = { [`more ${n}`]: 'x'.repeat(60_000) };
      return ask(1, {
        body: JSON.stringify({ query, variables: { input: { sessionId, metadata } } }),
      });
    });
  },
  'operations that cost much': () => {
    const fields = Array.from({ length: 12 }, (_, n) => `a${n}: next`).join(' ');
    const query = `{ sessions(first: 100) { nodes { ${fields} } } }`;
    return paced(DOCUMENTS_PER_SECOND, () => ask(1, { body: JSON.stringify({ query }) }));
  },
  'pings before connection_init': async () => {
    const ping = JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(60_000) } });
    for (let n = 0; n < FLOODS; n += 1) flood(n, ping);
    await sleep(500);
  },
  'pings of one user': async () => {
    const init = JSON.stringify({ type: 'connection_init', payload: as(userOf(1)) });
    for (let n = 0; n < FLOODS; n += 1) flood(n, JSON.stringify({ type: 'ping' }), init);
    await sleep(500);
  },
  'pings of the WebSocket itself': async () => {
    const init = JSON.stringify({ type: 'connection_init', payload: as(userOf(1)) });
    for (let n = 0; n < FLOODS; n += 1) flood(n, PING_FRAME, init);
    await sleep(500);
  },
  'answers that nobody reads': async () => {
    const { sessionId } = await started({
      graphId: 'ask',
      input: { trail: ['x'.repeat(900_000)] },
    });
    const fields = Array.from(
      { length: 8 },
      (_, n) => `a${n}: session(id: "${sessionId}") { values }`,
    );
    const body = JSON.stringify({ query: `{ ${fields.join(' ')} }` });
    const headers = Object.entries({
      ...as(userOf(1)),
      host,
      'content-type': 'application/json',
      'content-length': String(body.length),
    });
    const lines = headers.map((header) => `${header.join(': ')}\r\n`).join('');
    for (let n = 0; n < UNREAD; n += 1) {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`POST /graphql HTTP/1.1\r\n${lines}\r\n${body}`);
        count('asked');
      });
      socket.on('error', () => undefined).pause();
      await sleep(20);
    }
  },
  'graphs that never end': () => runs({ graphId: 'hanging', input: {} }),
  'graphs that fill memory slowly': () =>
    runs({ graphId: 'filling', input: {}, recursionLimit: 5000 }),
};

await ATTACKS[name as AttackName]();
process.on('message', () => {
  const told = { ...answers };
  void endRuns().then(() => process.send?.(told));
});
process.send?.('begun');

function count(answer: string): void {
  answers[answer] = (answers[answer] ?? 0) + 1;
}

/** Of this attack alone: what others have asked for counts against others. */
function userOf(n: number): string {
  return `mallory-${process.pid}-${n}`;
}

/** Of many, so that no limit of one address ends the attack. */
function addressOf(n: number): string {
  return `10.1.${(n >> 8) & 255}.${n & 255}`;
}

/** A document that was never sent before, each time. */
async function documents(documentOf: (n: number) => string): Promise<void> {
  await paced(DOCUMENTS_PER_SECOND, (n) =>
    ask(n, { body: JSON.stringify({ query: documentOf(n) }) }),
  );
}

async function runs(input: StartSessionInput): Promise<void> {
  for (let n = 0; n < RUNS; n += 1) {
    sessions.push((await started(input)).sessionId);
    count('started');
  }
}

/** Frees the workers for the next attack: what never ends keeps its slot. */
async function endRuns(): Promise<void> {
  const query =
    'mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { deletedSessionId } }';
  for (const id of sessions) await ask(1, { body: JSON.stringify({ query, variables: { id } }) });
}

/** A session of the first user's. */
async function started(input: StartSessionInput): Promise<{ sessionId: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...as(userOf(1)) },
    body: JSON.stringify({ query: START, variables: { input } }),
  });
  const { data } = (await response.json()) as {
    data: { startSession: { session: { id: string } } };
  };
  return { sessionId: data.startSession.session.id };
}

/** Sends this over and over and reads nothing, and opens another socket where one is closed. */
function flood(n: number, message: string | typeof PING_FRAME, first?: string): void {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', {
    headers: { 'x-forwarded-for': addressOf(n) },
  });
  let timer: NodeJS.Timeout | undefined;
  socket.on('open', () => {
    if (first !== undefined) socket.send(first);
    timer = setInterval(() => {
      // A connection that has just been cut buffers nothing any more.
      for (let sent = 0; sent < MESSAGES_AT_ONCE && socket.bufferedAmount < 1e6; sent += 1)
        if (message === PING_FRAME) socket.ping();
        else socket.send(message);
    }, 5);
  });
  socket.once('message', () => count('acknowledged'));
  socket.on('error', () => undefined);
  socket.on('close', (code) => {
    clearInterval(timer);
    count(String(code));
    setTimeout(flood, 100, n, message, first);
  });
}

async function paced(perSecond: number, act: (n: number) => Promise<void>): Promise<void> {
  let n = 0;
  setInterval(() => void act((n += 1)), 1000 / perSecond);
  await sleep(500);
}

async function ask(n: number, request: RequestInit): Promise<void> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': addressOf(n),
        ...as(userOf(n % 100)),
      },
      ...request,
    });
    const { errors } = (await response.json()) as {
      errors?: readonly { extensions: { code: string } }[];
    };
    count(errors?.[0]?.extensions.code ?? String(response.status));
  } catch {
    count('cut off');
  }
}
