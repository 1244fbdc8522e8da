// What a peer may make the gateway keep for it: nothing before it is known, and after that no more than it takes.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as } from '../support/caller.ts';
import { type Headers, post } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { User } from '../support/user.ts';

const MB = 1e6;
const TIMEOUT_MS = 2000;
const alice = as('alice');
let program: Program;

beforeAll(async () => {
  program = await startProgram({
    ENV: 'development',
    SUBSCRIBER_TIMEOUT: `${TIMEOUT_MS / 1000}s`,
    REQUESTS_PER_USER: '2000',
    ANSWER_BYTES_PER_USER: '60000000',
    MAX_ANSWER_BYTES: '20000000',
    ANSWERS_PER_USER: '60',
  });
});
afterAll(() => program[Symbol.asyncDispose]());

async function metric(name: string): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', program.url))).text();
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1]);
}

const memory = () => metric('process_resident_memory_bytes');

/** A socket of TCP that says this, and takes nothing of the answer. */
async function deaf(text: string): Promise<Socket> {
  const { hostname, port } = new URL(program.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(text);
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

const HANDSHAKE =
  'GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n';

/** A text frame as a client sends it, masked by zeros. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  if (head.length === 2) head[1] = 0x80 | payload.length;
  else if (head.length === 4) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

describe('before connection_ack', () => {
  it.each(['ping', 'pong'])('a %s closes the socket, and is not echoed', async (type) => {
    using socket = await RawSocket.open(program.url);
    socket.send({ type, payload: { x: 'y' } });
    expect(await socket.closed).toBe(4401);
    expect(socket.messages).toEqual([]);
  });

  it.each([
    [
      'many long pings',
      frame(JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(65_000) } })),
    ],
    ['many short pings', Buffer.concat(Array(1000).fill(frame('{"type":"ping"}')))],
    ['a message that never ends', frame('x'.repeat(1_200_000)).subarray(0, 1_100_000)],
    ['many that come first', frame('{"type":"connection_init","payload":{}}')],
  ])('nothing is kept of %s', async (_what, chunk) => {
    const before = await memory();
    const sockets = await Promise.all(Array.from({ length: 40 }, () => deaf(HANDSHAKE)));
    const ends = Promise.all(sockets.map(closed));
    const until = performance.now() + 1000;
    let sent = 0;
    while (performance.now() < until) {
      for (const socket of sockets) {
        if (socket.destroyed || socket.writableLength > MB) continue;
        socket.write(chunk);
        sent += chunk.length;
      }
      await sleep(1);
    }
    expect(sent).toBeGreaterThan(10 * chunk.length);
    expect((await memory()) - before).toBeLessThan(80 * MB);
    for (const socket of sockets) socket.resume();
    await ends;
  });

  it('who does not answer the close has it no longer than some seconds', async () => {
    const begun = performance.now();
    const sockets = await Promise.all(Array.from({ length: 200 }, () => deaf(HANDSHAKE)));
    for (const socket of sockets) socket.resume();
    await Promise.all(sockets.map(closed));
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});

it('a long ping is answered without what it says', async () => {
  using socket = await RawSocket.connect(program.url, alice);
  socket.send({ type: 'ping', payload: { x: 'x'.repeat(2000) } });
  expect(await socket.next('pong')).toEqual({ type: 'pong' });
});

it('every message of a socket counts as a request, whatever it says', async () => {
  using socket = await RawSocket.connect(program.url, as('pinger'));
  for (let n = 0; n < 2100; n += 1) socket.send({ type: n % 2 ? 'ping' : 'pong' });
  expect(await socket.closed).toBe(4430);
  const { errors } = await post(program.url, { query: '{ graphs { id } }' }, as('pinger'));
  expect(errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
});

describe('who takes nothing', () => {
  let id: string;
  beforeAll(async () => {
    const user = new User(program.url);
    id = await user.start({ graphId: 'steps', task: 'x'.repeat(900_000) });
    await user.settled(id);
  });

  const request = (body: object, accept = 'application/json') => {
    const text = JSON.stringify(body);
    const headers = Object.entries({
      ...alice,
      host: 'localhost',
      accept,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }).map((header) => `${header.join(': ')}\r\n`);
    return `POST /graphql HTTP/1.1\r\n${headers.join('')}\r\n${text}`;
  };
  const values = () =>
    `{ ${Array.from({ length: 8 }, (_, n) => `a${n}: session(id: "${id}") { values }`).join(' ')} }`;
  const subscription = () =>
    `subscription { sessionProgress(sessionId: "${id}", after: "${Buffer.from(`${id}:0`).toString('base64url')}", untilSettled: false) { session { values } } }`;

  it.each([
    ['an answer', () => deaf(request({ query: values() }))],
    ['answers to requests one after the other', () => deaf(request({ query: values() }).repeat(5))],
    ['an event stream', () => deaf(request({ query: subscription() }, 'text/event-stream'))],
    [
      'answers on a WebSocket',
      async () => {
        const socket = await deaf(HANDSHAKE);
        socket.write(frame(JSON.stringify({ type: 'connection_init', payload: alice })));
        await acknowledged(socket);
        for (let n = 0; n < 5; n += 1) {
          const payload = { query: values() };
          socket.write(frame(JSON.stringify({ id: `${n}`, type: 'subscribe', payload })));
          // It is alive, as far as that goes.
          socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
        }
        return socket;
      },
    ],
  ])('of %s is cut off within SUBSCRIBER_TIMEOUT', async (_what, begin) => {
    const begun = performance.now();
    const sockets = await Promise.all(Array.from({ length: 4 }, begin));
    expect(sockets.filter(isHeld)).toHaveLength(4);
    await expect.poll(() => sockets.filter(isHeld), { timeout: 30_000 }).toEqual([]);
    process.stdout.write(`CUT_OFF_MS=${Math.round(performance.now() - begun)}\n`);
    for (const socket of sockets) socket.destroy();
  });
});

describe('answers', () => {
  const large = (id: string, count: number) =>
    `{ ${Array.from({ length: count }, (_, n) => `a${n}: session(id: "${id}") { id values }`).join(' ')} }`;

  it('that nobody reads are kept up to ANSWER_BYTES_PER_USER, and others have theirs', async () => {
    const mallory = as('mallory');
    const user = new User(program.url, mallory);
    const id = await user.start({ graphId: 'steps', task: 'x'.repeat(900_000) });
    await user.settled(id);
    const before = await memory();
    const text = JSON.stringify({ query: large(id, 20) });
    const { host } = new URL(program.url);
    const lines = { ...mallory, host, 'content-type': 'application/json' };
    const head = Object.entries({ ...lines, 'content-length': text.length })
      .map((header) => `${header.join(': ')}\r\n`)
      .join('');
    // More than the system takes for its peers.
    const sockets: Socket[] = [];
    const fill = async () => {
      const request = `POST /graphql HTTP/1.1\r\n${head}\r\n${text}`;
      sockets.push(...(await Promise.all(Array.from({ length: 20 }, () => deaf(request)))));
    };
    const told = async () => {
      const { errors } = await post(program.url, { query: large(id, 1) }, mallory);
      return errors?.[0]?.message ?? '';
    };
    const toldWhileFull = async () => {
      // On a slow machine they may have been cut off before anybody asked.
      if (!sockets.some(isHeld)) await fill();
      return told();
    };
    await expect.poll(toldWhileFull, { interval: 20 }).toContain('ANSWER_BYTES_PER_USER');
    expect((await memory()) - before).toBeLessThan(300 * MB);
    const bobs = await new User(program.url, as('bob')).start({ graphId: 'steps', task: 'go' });
    expect(await new User(program.url, as('bob')).settled(bobs)).toMatchObject({
      status: 'SUCCEEDED',
    });
    // They are cut off, and what they held is free again.
    await expect.poll(told, { timeout: 30_000 }).toBe('');
    for (const socket of sockets) socket.destroy();
  });

  it('beyond MAX_ANSWER_BYTES name the field, over HTTP, WebSocket and in events', async () => {
    const user = new User(program.url);
    const id = await user.start({ graphId: 'steps', task: 'x'.repeat(900_000) });
    await user.settled(id);
    const query = large(id, 23);
    const { errors, data } = await post(program.url, { query });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['LIMIT_EXCEEDED']);
    expect(errors?.[0]?.message).toMatch(/`Session.values` .* 20000000 bytes \(MAX_ANSWER_BYTES\)/);
    // What fits is there.
    expect(data).toMatchObject({ a0: { id }, a22: { id, values: null } });
    using socket = await RawSocket.connect(program.url, alice);
    socket.subscribe('1', query, {});
    expect((await socket.next('next', '1')).payload).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
    });
    const after = Buffer.from(`${id}:0`).toString('base64url');
    const fields = Array.from({ length: 23 }, (_, n) => `s${n}: session { values }`).join(' ');
    socket.subscribe(
      '2',
      `subscription { sessionProgress(sessionId: "${id}", after: "${after}") { sequence ${fields} } }`,
      {},
    );
    const event = (await socket.next('next', '2')).payload as {
      data: { sessionProgress: { sequence: number } };
      errors: { extensions: { code: string } }[];
    };
    expect(event.data.sessionProgress.sequence).toBe(1);
    expect(event.errors.map(({ extensions }) => extensions.code)).toEqual(['LIMIT_EXCEEDED']);
  });

  it('count what lists show, too', async () => {
    const user = new User(program.url, as('erin'));
    const metadata = { x: 'x'.repeat(60_000) };
    for (let n = 0; n < 100; n += 1)
      await user.start({ graphId: 'ask', task: 'x'.repeat(200_000), metadata });
    const told = async (first: number, fields: string) => {
      const query = `{ sessions(first: ${first}) { nodes { ${fields} } } }`;
      return (await post(program.url, { query }, as('erin'))).errors?.[0]?.message;
    };
    expect(await told(100, 'id task')).toContain('`Session.task`');
    expect(await told(80, 'id task')).toBeUndefined();
    expect(await told(100, 'id metadata')).toBeUndefined();
    expect(await told(80, 'id task metadata')).toMatch(/`Session.(task|metadata)`/);
  });

  it('of one user are no more at once than ANSWERS_PER_USER', async () => {
    const carol = as('carol');
    const user = new User(program.url, carol);
    const id = await user.start({ graphId: 'hanging', input: {} });
    const query = `{ awaitSession(id: "${id}", timeoutSeconds: 300) { id } }`;
    using socket = await RawSocket.connect(program.url, carol);
    for (let n = 0; n < 60; n += 1) socket.subscribe(`${n}`, query, {});
    const code = async (as: Headers) =>
      (await post(program.url, { query: '{ graphs { id } }' }, as)).errors?.[0]?.extensions.code;
    await expect.poll(() => code(carol), { interval: 20 }).toBe('LIMIT_EXCEEDED');
    expect(await code(as('dave'))).toBeUndefined();
    socket.send({ type: 'complete', id: '7' });
    await expect.poll(() => code(carol), { interval: 20 }).toBeUndefined();
    socket.socket.terminate();
    const statuses = () => Promise.all(Array.from({ length: 50 }, () => code(carol)));
    await expect.poll(statuses, { interval: 50 }).toEqual(Array(50).fill(undefined));
  });
});

/** Reads until connection_ack, and no further. */
async function acknowledged(socket: Socket): Promise<void> {
  let read = '';
  socket.on('data', (data: Buffer) => (read += data.toString())).resume();
  await expect.poll(() => read).toContain('connection_ack');
  socket.removeAllListeners('data').pause();
}

/** Whether the program still has its end of this connection, as Linux tells it. */
function isHeld({ localPort, remotePort }: Socket): boolean {
  const inHex = (port: number | undefined) =>
    (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const ends = new RegExp(`:${inHex(remotePort)} \\w+:${inHex(localPort)} (\\w\\w)`);
  const [, state] = ends.exec(readFileSync('/proc/net/tcp', 'utf8')) ?? [];
  return state === ESTABLISHED;
}

const ESTABLISHED = '01';
