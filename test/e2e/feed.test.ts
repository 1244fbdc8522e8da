// How the feed treats its connections: who is slow, who is silent, who asks for too much, and who comes back.
import { access, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAudits } from 'graphql-http';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { as } from '../support/caller.ts';
import { execute } from '../support/client.ts';
import { ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { Delete, Watch } from '../support/operations.ts';
import { type Program, type Settings, startProgram } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { startSwitchingProxy } from '../support/services/switching-proxy.ts';
import { type Event, User, durableSequences, upTo } from '../support/user.ts';

const QUERY = Watch.toString();
const alice = as('alice');
let parts: AsyncDisposableStack;
let program: Program;
let user: User;

async function start(settings: Settings = {}): Promise<Program> {
  const environment = parts.use(await openEnvironment('sqlite'));
  return parts.use(await startProgram({ ...environment.settings, ...settings }));
}

function beginning(id: string): string {
  return Buffer.from(`${id}:0`).toString('base64url');
}

beforeAll(async () => {
  parts = new AsyncDisposableStack();
  program = await start({
    SOCKETS_PER_USER: '8',
    SUBSCRIPTIONS_PER_SOCKET: '3',
    SUBSCRIBER_TIMEOUT: '2s',
    SUBSCRIBER_BUFFER_BYTES: '65536',
    EVENTS_KEEP: '1000',
  });
  user = new User(program.url);
});

afterAll(() => parts.disposeAsync());

describe('graphql-http’s audit of', () => {
  it.each(
    serverAudits({
      url: () => program.url,
      fetchFn: (url: string, init?: RequestInit) =>
        fetch(url, { ...init, headers: { ...(init?.headers as object), ...alice } }),
    }).map((audit) => [`${audit.id} ${audit.name}`, audit] as const),
  )('%s', async (_name, audit) => {
    const result = await audit.fn();
    expect(result).toMatchObject({ status: 'ok' });
  });
});

describe('a socket is closed with a code for its reason:', () => {
  it('4408 without connection_init', async () => {
    using socket = await RawSocket.open(program.url);
    expect(await socket.closed).toBe(4408);
  });

  it('4400 for a message that only a gateway sends', async () => {
    using socket = await RawSocket.connect(program.url, as('alice'));
    socket.send({ id: '1', type: 'next', payload: {} });
    expect(await socket.closed).toBe(4400);
  });

  it('4400 for what is no message', async () => {
    using socket = await RawSocket.open(program.url);
    socket.send('nonsense');
    expect(await socket.closed).toBe(4400);
  });

  it('4401 for a subscription before connection_init', async () => {
    using socket = await RawSocket.open(program.url);
    socket.subscribe('1', QUERY, {});
    expect(await socket.closed).toBe(4401);
  });

  it('4406 without the protocol', async () => {
    using socket = await RawSocket.open(program.url, []);
    expect(await socket.closed).toBe(4406);
  });

  it('4409 for an id that is taken', async () => {
    const id = await user.start({ graphId: 'steps', task: 'go' });
    using socket = await RawSocket.connect(program.url, alice);
    // Its name stands in the reason, which has room for so many bytes.
    const name = 'ключ'.repeat(40);
    socket.subscribe(name, QUERY, { id, untilSettled: false });
    socket.subscribe(name, QUERY, { id, untilSettled: false });
    expect(await socket.closed).toBe(4409);
  });

  it('4429 for a second connection_init', async () => {
    using socket = await RawSocket.connect(program.url, alice);
    socket.send({ type: 'connection_init' });
    expect(await socket.closed).toBe(4429);
  });

  it('4430 for more sockets of one user than there may be, event streams among them', async () => {
    const carol = as('carol');
    await using open = new AsyncDisposableStack();
    const watcher = new User(program.url, carol);
    const id = await watcher.start({ graphId: 'ask', input: {} });
    for (let n = 0; n < 7; n += 1) open.use(await RawSocket.connect(program.url, carol));
    const stream = watcher.watch(id, { transport: 'sse', untilSettled: false });
    await stream.next();
    using refused = await RawSocket.open(program.url);
    refused.send({ type: 'connection_init', payload: carol });
    expect(await refused.closed).toBe(4430);
    await stream.return(undefined);
    // The place is free again.
    await vi.waitFor(async () => {
      using one = await RawSocket.connect(program.url, carol);
      expect(one.messages).toHaveLength(1);
    }, 10_000);
    // Others have places of their own.
    using other = await RawSocket.connect(program.url, as('dave'));
    expect(other.messages).toHaveLength(1);
  });

  it('429 for an event stream too many', async () => {
    const carol = as('carol too');
    await using open = new AsyncDisposableStack();
    const id = await new User(program.url, carol).start({ graphId: 'ask', input: {} });
    for (let n = 0; n < 8; n += 1) open.use(await RawSocket.connect(program.url, carol));
    const response = await openStream(id, {}, carol);
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
    });
  });

  it('1013 for a peer that takes nothing, which has what it missed when it comes back', async () => {
    const id = await user.start({ graphId: 'steps', task: 'x'.repeat(400_000) });
    using stalled = await RawSocket.connect(program.url, alice);
    const large = `subscription ($id: ID!, $after: String) {
      sessionProgress(sessionId: $id, after: $after) { cursor session { values } }
    }`;
    stalled.socket.pause();
    for (const name of ['1', '2', '3'])
      stalled.subscribe(name, large, { id, after: beginning(id) });
    // Nobody waits for it.
    const quick = await user.events(id, { after: beginning(id) });
    const sequences = durableSequences(quick);
    expect(sequences).toEqual(upTo(sequences.length));
    expect(quick.at(-1)).toMatchObject({ type: 'RunStatusChanged', status: 'SUCCEEDED' });
    // Once it is given up it has as long again to take the reason.
    await expect.poll(openSubscriptions, { interval: 20 }).toBe(0);
    stalled.socket.resume();
    expect(await stalled.closed).toBe(1013);
  });
});

async function openSubscriptions(): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', program.url))).text();
  return Number(/^session_gateway_subscribers (\d+)$/m.exec(metrics)?.[1]);
}

it('a subscription too many on one socket is refused, and the others go on', async () => {
  const id = await user.start({ graphId: 'ask', input: {} });
  using socket = await RawSocket.connect(program.url, alice);
  for (const name of ['1', '2', '3', '4'])
    socket.subscribe(name, QUERY, { id, untilSettled: false });
  expect(await socket.next('error', '4')).toMatchObject({
    payload: [{ extensions: { code: 'LIMIT_EXCEEDED', retryable: false } }],
  });
  await socket.next('next', '3');
  socket.send({ id: '3', type: 'complete' });
  socket.subscribe('5', QUERY, { id, untilSettled: false });
  await socket.next('next', '5');
});

it('ping is answered by pong, with its payload', async () => {
  using socket = await RawSocket.connect(program.url, alice);
  socket.send({ type: 'ping', payload: { n: 1 } });
  expect(await socket.next('pong')).toEqual({ type: 'pong', payload: { n: 1 } });
});

it('a slow watcher has all that is durable, and its messages whole', async () => {
  const id = await user.start({
    graphId: 'slow',
    input: { task: 'y'.repeat(100_000) },
    recursionLimit: 600,
  });
  const query = `subscription ($id: ID!, $after: String) {
    sessionProgress(sessionId: $id, after: $after, untilSettled: true) {
      type: __typename sequence cursor
      ... on CheckpointSaved { checkpoint { values(keys: ["task", "trail"]) } }
    }
  }`;
  using slow = await RawSocket.connect(program.url, alice);
  slow.subscribe('1', query, { id, after: beginning(id) });
  const quick = user.events(id, { after: beginning(id) });
  // Takes for a moment, and not for another.
  while (!slow.messages.some(({ type }) => type === 'complete')) {
    slow.socket.pause();
    await sleep(300);
    slow.socket.resume();
    await sleep(30);
  }
  const seen = slow.messages.flatMap(({ payload }) => {
    const event = (payload as { data?: { sessionProgress: Event } } | undefined)?.data;
    return event === undefined ? [] : [event.sessionProgress];
  });
  const all = await quick;
  expect(durableSequences(seen)).toEqual(upTo(durableSequences(all).length));
});

describe('a deleted session ends its feeds with SESSION_NOT_FOUND', () => {
  it('the same way over both transports', async () => {
    const id = await user.start({ graphId: 'ask', input: {} });
    await user.settled(id);
    using socket = await RawSocket.connect(program.url, alice);
    socket.subscribe('1', QUERY, { id, untilSettled: false });
    await socket.next('next', '1');
    const response = await openStream(id);
    const stream = response.text();
    await sleep(200);
    await execute(program.url, Delete, { id }, alice);
    await socket.next('complete', '1');
    const overSocket = socket.messages.findLast(({ type }) => type === 'next')?.payload;
    expect(overSocket).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'SESSION_NOT_FOUND', retryable: false } }],
    });
    const messages = (await stream).trim().split('\n\n').slice(-2);
    expect(messages[0]).toBe(`event: next\ndata: ${JSON.stringify(overSocket)}`);
    expect(messages[1]).toBe('event: complete\ndata:');
  });

  it('and so does one that expires', async () => {
    const id = await user.start({ graphId: 'steps', task: 'go', ttlSeconds: 1 });
    await user.settled(id);
    const events = user.watch(id, { untilSettled: false });
    await expect(Array.fromAsync(events)).rejects.toThrow('SESSION_NOT_FOUND');
  });
});

describe('server-sent events', () => {
  it('carry their cursor as id, and go on after Last-Event-ID whatever `after` says', async () => {
    const id = await user.start({ graphId: 'steps', task: 'go' });
    await user.settled(id);
    const all = messagesOf(await (await openStream(id, { after: beginning(id) })).text());
    expect(all.length).toBeGreaterThan(10);
    for (const { event } of all) expect(event.cursor).toBeTruthy();
    expect(all.map((message) => message.id)).toEqual(all.map(({ event }) => event.cursor));
    const fifth = all[4]?.id ?? '';
    const headers = { 'last-event-id': fifth };
    const rest = await openStream(id, { after: beginning(id) }, { ...alice, ...headers });
    expect(messagesOf(await rest.text())).toEqual(all.slice(5));
  });

  it('are what a subscription needs: other answers are refused', async () => {
    const id = await user.start({ graphId: 'steps', task: 'go' });
    const response = await openStream(id, {}, { ...alice, accept: 'application/json' });
    expect(response.status).toBe(406);
  });

  it('carry queries, too', async () => {
    const query = new URLSearchParams({ query: '{ graphs { id } }' });
    const response = await fetch(`${program.url}?${query}`, {
      headers: { ...alice, accept: 'text/event-stream' },
    });
    expect(await response.text()).toContain('event: next\ndata: {"data":{"graphs":[');
  });
});

it('a draining gateway closes with 1012, and the client’s own retry goes on at the next', async () => {
  const environment = parts.use(await openEnvironment('sqlite'));
  const first = parts.use(await startProgram(environment.settings));
  const second = parts.use(await startProgram(environment.settings));
  const proxy = parts.use(await startSwitchingProxy([first.url, second.url]));
  const there = new User(second.url);
  const id = await there.start({ graphId: 'slow', input: {}, recursionLimit: 600 });
  const codes: number[] = [];
  const client = createClient({
    url: proxy.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: alice,
    retryWait: () => sleep(50),
    on: { closed: (event) => void codes.push((event as { code: number }).code) },
  });
  const variables = { id, after: beginning(id), untilSettled: true };
  const seen: Event[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    client.subscribe<{ sessionProgress: Event }>(
      { query: QUERY, variables },
      {
        next: ({ data }) => {
          if (!data) return;
          seen.push(data.sessionProgress);
          variables.after = data.sessionProgress.cursor;
        },
        error: reject,
        complete: resolve,
      },
    );
  });
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(20), 10_000);
  expect(await first.end('SIGTERM')).toBe(0);
  await ended;
  expect(codes).toContain(1012);
  const all = await there.events(id, { after: beginning(id) });
  expect(durableSequences(seen)).toEqual(durableSequences(all));
  expect(durableSequences(all)).toEqual(upTo(all.length));
});

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  it('EVENTS_KEEP bounds the log; who comes back from before it has a gap and a snapshot', async () => {
    const environment = parts.use(await openEnvironment(ENV));
    const own = parts.use(await startProgram({ ...environment.settings, EVENTS_KEEP: '5' }));
    const watcher = new User(own.url);
    const id = await watcher.start({ graphId: 'steps', task: 'go' });
    const whole = await watcher.events(id, { after: beginning(id) });
    const last = whole.at(-1)?.sequence ?? 0;
    await vi.waitFor(async () => {
      const events = await watcher.events(id, { after: beginning(id) });
      expect(events).toMatchObject([
        { type: 'ProgressGap', requestedAfter: beginning(id), cursor: beginning(id), sequence: 0 },
        { type: 'SessionSnapshot', sequence: last, session: { status: 'SUCCEEDED' } },
      ]);
    }, 10_000);
    const after = Buffer.from(`${id}:${last - 5}`).toString('base64url');
    expect(await watcher.events(id, { after })).toHaveLength(5);
    const before = Buffer.from(`${id}:${last - 6}`).toString('base64url');
    expect(await watcher.events(id, { after: before })).toMatchObject([
      { type: 'ProgressGap', requestedAfter: before },
      { type: 'SessionSnapshot' },
    ]);
  });
});

describe.each(['staging', 'production'] as const)('ENV=%s', (ENV) => {
  it('tokens come through Redis, a frame at a time, and from the beginning to who joins in the middle', async () => {
    const environment = parts.use(await openEnvironment(ENV));
    const gateway = parts.use(await startProgram({ ...environment.settings, ROLE: 'gateway' }));
    parts.use(await startProgram({ ...environment.settings, ROLE: 'worker' }));
    const watcher = new User(gateway.url);
    const whole = 'word '.repeat(20).trim();
    const gate = join(await mkdtemp(join(tmpdir(), 'session-gateway-')), 'gate');
    const id = await watcher.start({ graphId: 'talker', task: gate });
    await vi.waitFor(() => access(`${gate}.waiting`), 20_000);
    const deltas: Event[] = [];
    // The first in this process: it has heard nothing of the message.
    for await (const event of watcher.watch(id)) {
      if (event.type !== 'MessageDelta') continue;
      deltas.push(event);
      await writeFile(gate, '');
    }
    expect(deltas[0]).toMatchObject({ node: 'speak', offset: 0 });
    expect(textOf(deltas)).toBe(whole);
    expect(deltas[0]).toMatchObject({ text: expect.stringMatching(/^word w/) });
    // A letter every 10 ms would be 99 of them.
    expect(deltas.length).toBeLessThan(70);
  });
});

/** The text that a client has after these deltas. */
function textOf(deltas: readonly Event[]): string {
  let text = '';
  for (const delta of deltas) {
    if (delta.type !== 'MessageDelta' || !('offset' in delta)) continue;
    expect(text.length).toBeGreaterThanOrEqual(delta.offset);
    text = text.slice(0, delta.offset) + delta.text;
  }
  return text;
}

function openStream(
  id: string,
  variables: object = {},
  headers: Readonly<Record<string, string>> = alice,
): Promise<Response> {
  const untilSettled = 'after' in variables;
  const query = new URLSearchParams({
    query: QUERY,
    variables: JSON.stringify({ id, untilSettled, ...variables }),
  });
  return fetch(`${program.url}?${query}`, { headers: { accept: 'text/event-stream', ...headers } });
}

function messagesOf(text: string): { id: string; event: Event }[] {
  return text.split('\n\n').flatMap((message) => {
    const match = /^(?:retry: \d+\n)?event: next\nid: (?<id>\S+)\ndata: (?<data>.*)$/.exec(message);
    if (match === null) return [];
    const { data } = JSON.parse(match.groups?.['data'] ?? '') as {
      data: { sessionProgress: Event };
    };
    return [{ id: match.groups?.['id'] ?? '', event: data.sessionProgress }];
  });
}
