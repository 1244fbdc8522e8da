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

const [url = '', name = ''] = process.argv.slice(2);
const { hostname, port, host } = new URL(url);
const answers: Record<string, number> = {};

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
      const identity = Object.entries({ ...as('mallory'), 'x-forwarded-for': addressOf(n) })
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
          socket.send(
            JSON.stringify({ type: 'connection_init', payload: as(`mallory-${n % 30}`) }),
          ),
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
  'graphs that never end': () => runs({ graphId: 'hanging', input: {} }),
  'graphs that fill memory slowly': () =>
    runs({ graphId: 'filling', input: {}, recursionLimit: 5000 }),
};

await ATTACKS[name as AttackName]();
process.on('message', () => process.send?.(answers));
process.send?.('begun');

function count(answer: string): void {
  answers[answer] = (answers[answer] ?? 0) + 1;
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
  const query =
    'mutation ($input: StartSessionInput!) { startSession(input: $input) { session { id } } }';
  const body = JSON.stringify({ query, variables: { input } });
  for (let n = 0; n < RUNS; n += 1) await ask(1, { body });
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
        ...as(`mallory-${n % 100}`),
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
