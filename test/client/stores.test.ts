// The stores behind the hooks, over a gateway that fails as the test tells it to.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  GatewayClient,
  GatewayRequestError,
  type ListedSession,
  type WatchClient,
  fetchRequest,
  openEventSource,
  openSession,
  openSessions,
} from '../../src/client/index.ts';

type Sink = Parameters<WatchClient['subscribe']>[1];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A gateway whose answers and subscriptions are the test's. */
function fakeGateway(answer: (query: string) => unknown) {
  const open = new Set<Sink>();
  let requests = 0;
  const client = new GatewayClient({
    request: <Data>(query: string) => {
      requests += 1;
      return Promise.resolve()
        .then(() => answer(query))
        .then((data) => data as Data);
    },
    watchClient: {
      subscribe({ query }, sink) {
        // Which event is the newest is not told.
        if (query.includes('NewestEvent')) return () => undefined;
        open.add(sink);
        return () => void open.delete(sink);
      },
    },
  });
  return {
    client,
    open,
    requests: () => requests,
    send(data: object) {
      for (const sink of open) sink.next({ data });
    },
  };
}

describe('a list', () => {
  const listed = (id: string, createdAt: string, status = 'INTERRUPTED') =>
    ({ id, createdAt, status, interrupts: [] }) as unknown as ListedSession;
  const all = [listed('c', '3'), listed('b', '2'), listed('a', '1')];
  let gone: ReadonlySet<string>;

  beforeEach(() => {
    gone = new Set();
  });

  function openList(fails = () => false) {
    const gateway = fakeGateway(() => {
      if (fails()) throw new TypeError('lost');
      const left = all.filter(({ id }) => !gone.has(id));
      return { sessions: { nodes: left.slice(0, 2), pageInfo: { hasNextPage: left.length > 2 } } };
    });
    const store = openSessions({ client: gateway.client, first: 2 });
    return { ...gateway, store, ids: () => store.get().sessions.map(({ id }) => id) };
  }
  const ready = {
    sessionsChanged: { kind: 'READY', sessionId: null, session: null, matches: false },
  };
  const left = (id: string) => ({
    sessionsChanged: { kind: 'DELETED', sessionId: id, session: null, matches: false },
  });

  it('fills up from older ones as those that it shows leave', async () => {
    const { store, send, ids } = openList();
    const leave = store.subscribe(() => undefined);
    send(ready);
    await vi.advanceTimersByTimeAsync(10);
    expect(ids()).toEqual(['c', 'b']);
    gone = new Set(['c', 'b']);
    send(left('c'));
    send(left('b'));
    // One of a later page does not stand alone as if it were the newest.
    send({ sessionsChanged: { kind: 'UPDATED', sessionId: 'a', session: all[2], matches: true } });
    expect(ids()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(ids()).toEqual(['a']);
    leave();
  });

  it('leaves nothing open, whatever fails when it is left', async () => {
    let fails = true;
    const { store, open, send, ids } = openList(() => fails);
    const leave = store.subscribe(() => undefined);
    send(ready);
    for (const sink of open) {
      open.delete(sink);
      sink.error(new Error('cut'));
    }
    await vi.advanceTimersByTimeAsync(500);
    leave();
    fails = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open.size).toBe(0);
    expect(ids()).toEqual([]);
  });

  it('has one subscription, also for a listener that subscribes twice', () => {
    const { store, open } = openList();
    const listener = () => undefined;
    const leaves = [store.subscribe(listener), store.subscribe(listener)];
    expect(open.size).toBe(1);
    for (const leave of leaves) leave();
    expect(open.size).toBe(0);
    store.subscribe(listener)();
    expect(open.size).toBe(0);
  });
});

describe('a session', () => {
  const session = {
    id: 's',
    status: 'RUNNING',
    cursor: 'c0',
    messages: null,
    interrupts: [],
    latestRun: null,
  };
  const saved = (n: number) => ({
    sessionProgress: { __typename: 'CheckpointSaved', sequence: n, cursor: `c${n}`, namespace: '' },
  });

  it('is loaded once the gateway is back', async () => {
    let failures = 3;
    const { client } = fakeGateway(() => {
      failures -= 1;
      if (failures >= 0) throw new GatewayRequestError(200, []);
      return { session };
    });
    const store = openSession({ client, sessionId: 's' });
    const leave = store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(store.get().phase).toBe('ready');
    leave();
  });

  it('says so where it can be loaded no more, and asks no more', async () => {
    let isRefused = false;
    const { client, open, send, requests } = fakeGateway(() => {
      if (isRefused) throw new GatewayRequestError(400, [{ message: 'no such field' }]);
      return { session };
    });
    const store = openSession({ client, sessionId: 's' });
    const leave = store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(10);
    isRefused = true;
    send(saved(1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(store.get()).toMatchObject({ phase: 'failed', error: { message: 'no such field' } });
    const before = requests();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests()).toBe(before);
    expect(open.size).toBe(0);
    leave();
  });

  it('does not say that it is live before it is again', async () => {
    const { client, send } = fakeGateway(() => ({ session }));
    const store = openSession({ client, sessionId: 's' });
    const leave = store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(10);
    send({
      sessionProgress: {
        __typename: 'NodeStarted',
        sequence: 1,
        cursor: 'c1',
        namespace: '',
        node: 'n',
      },
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(store.get().connection).toBe('live');
    leave();
    const leaveAgain = store.subscribe(() => undefined);
    expect(store.get().connection).toBe('connecting');
    leaveAgain();
  });
});

describe('an event stream', () => {
  function streamOf(chunks: readonly string[], ends = true) {
    const fetch = (_url: unknown, { signal }: RequestInit = {}) => {
      const body = new ReadableStream({
        start(controller) {
          signal?.addEventListener('abort', () => controller.error(signal.reason));
          for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
          if (ends) controller.close();
        },
      });
      const headers = { 'content-type': 'text/event-stream' };
      return Promise.resolve(new Response(body, { headers }));
    };
    const results: unknown[] = [];
    const end = new Promise((resolve) => {
      openEventSource({
        url: 'http://gateway/graphql',
        fetch,
      }).subscribe(
        { query: '', variables: {} },
        {
          next: (result) => results.push(result),
          error: resolve,
          complete: () => resolve('complete'),
        },
      );
    });
    return { results, end };
  }

  it.each(['\n', '\r\n'])('is read however it is cut, with %j between lines', async (newline) => {
    vi.useRealTimers();
    const text = [
      ':',
      '',
      'retry: 1000',
      'event: next',
      'id: 1',
      'data: {"data":{"a":"é"}}',
      '',
      'event: complete',
      'data:',
      '',
      '',
    ].join(newline);
    const { results, end } = streamOf(text.split(''));
    expect(await end).toBe('complete');
    expect(results).toEqual([{ data: { a: 'é' } }]);
  });

  it('is given up where nothing comes any more', async () => {
    const { end } = streamOf([':\n\n'], false);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(String(await end)).toContain('silent');
  });
});

it('an answer that is cut off is a lost connection, and none of JSON may be tried again', async () => {
  vi.useRealTimers();
  const answers = [
    () => new Response(new ReadableStream({ start: (c) => c.error(new TypeError('terminated')) })),
    () => new Response('<html>', { status: 502 }),
    () => new Response('', { status: 404 }),
  ];
  const failures = await Promise.all(
    answers.map((answer) =>
      fetchRequest({ url: 'http://gateway', fetch: () => Promise.resolve(answer()) })(
        '{ a }',
        {},
      ).catch((error: unknown) => error),
    ),
  );
  expect(failures).toMatchObject([
    { name: 'TypeError' },
    { retryable: true, status: 502 },
    { retryable: false, status: 404 },
  ]);
});
