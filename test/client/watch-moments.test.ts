// watchSession at moments that a real connection comes to by chance.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type WatchClient, watchSession } from '../../src/client/index.ts';

type Request = Parameters<WatchClient['subscribe']>[0];
type Sink = Parameters<WatchClient['subscribe']>[1];

interface Operation {
  readonly sink: Sink;
  readonly asksForNewest: boolean;
  left: boolean;
}

/** A client whose connection is the test's to make and break. */
function fakeClient() {
  const operations: Operation[] = [];
  const listeners = {
    closed: new Set<(event: unknown) => void>(),
    connected: new Set<(event: unknown) => void>(),
  };
  const client: WatchClient = {
    subscribe({ query }: Request, sink: Sink) {
      const operation = { sink, asksForNewest: query.includes('NewestEvent'), left: false };
      operations.push(operation);
      return () => {
        operation.left = true;
      };
    },
    on(event, listener) {
      listeners[event].add(listener);
      return () => listeners[event].delete(listener);
    },
  };
  const open = (asksForNewest: boolean) =>
    operations.filter((one) => one.asksForNewest === asksForNewest && !one.left);
  return {
    client,
    operations,
    emit: (event: 'closed' | 'connected') => {
      for (const listener of listeners[event]) listener({ code: 1006 });
    },
    events: () => open(false),
    send(sequence: number, type = 'NodeFinished') {
      const event = { __typename: type, sequence, cursor: `c${sequence}` };
      for (const { sink } of open(false)) sink.next({ data: { sessionProgress: event } });
    },
    newest(cursor: string) {
      for (const { sink } of open(true)) sink.next({ data: { session: { cursor } } });
    },
    newestFails() {
      for (const { sink } of open(true)) sink.next({ data: { session: null }, errors: [{}] });
    },
  };
}

it('is live though the first attempt to connect failed', () => {
  const fake = fakeClient();
  const watch = watchSession({ client: fake.client, sessionId: 's', after: 'c5' });
  fake.emit('closed');
  fake.emit('connected');
  fake.newest('c7');
  for (const n of [6, 7]) fake.send(n);
  expect(watch.state).toBe('live');
  watch.close();
});

it('is live with what is live, though nothing told which event is the newest', () => {
  const fake = fakeClient();
  const watch = watchSession({ client: fake.client, sessionId: 's', after: 'c5' });
  fake.newestFails();
  fake.send(6);
  expect(watch.state).toBe('catching-up');
  fake.send(6, 'NodeStarted');
  expect(watch.state).toBe('live');
  watch.close();
});

it('asks again which event is the newest', async () => {
  const fake = fakeClient();
  const watch = watchSession({ client: fake.client, sessionId: 's', after: 'c5' });
  fake.newestFails();
  await sleep(1100);
  fake.newest('c5');
  expect(watch.state).toBe('live');
  watch.close();
});

it('is not live while it waits to subscribe again, whoever uses the client', () => {
  const fake = fakeClient();
  const options = { client: fake.client, sessionId: 's', after: 'c5', retryWait: () => 10_000 };
  const watch = watchSession(options);
  const passing = { extensions: { code: 'BACKEND_UNAVAILABLE', retryable: true } };
  for (const { sink } of fake.events()) sink.next({ data: null, errors: [passing] });
  fake.emit('closed');
  fake.emit('connected');
  fake.newest('c5');
  expect(watch.state).not.toBe('live');
  expect(fake.events()).toHaveLength(1);
  // The one that was refused is left where the client begins it again.
  fake.send(6);
  expect(fake.events()).toEqual([]);
  watch.close();
});

it('leaves all it has asked for when it is closed', () => {
  const fake = fakeClient();
  watchSession({ client: fake.client, sessionId: 's', after: 'c5' }).close();
  expect(fake.operations.map(({ left }) => left)).toEqual([true, true]);
});

it('gives each who waits for an event one, in order, and ends them all', async () => {
  const fake = fakeClient();
  const watch = watchSession({ client: fake.client, sessionId: 's' });
  const waiting = [watch.next(), watch.next(), watch.next()];
  fake.send(1, 'SessionSnapshot');
  fake.send(2);
  const events = await Promise.all(waiting.slice(0, 2));
  expect(events.map(({ value }) => value?.sequence)).toEqual([1, 2]);
  watch.close();
  expect(await waiting[2]).toEqual({ done: true, value: undefined });
});

it('tells each attempt to connect that failed, with what the client said', () => {
  const fake = fakeClient();
  const told: unknown[] = [];
  const onState = (...state: unknown[]) => told.push(state);
  const watch = watchSession({ client: fake.client, sessionId: 's', onState });
  fake.emit('closed');
  fake.emit('closed');
  fake.send(1, 'SessionSnapshot');
  fake.emit('closed');
  watch.close();
  const cause = { code: 1006 };
  expect(told).toEqual([
    ['connecting', cause],
    ['connecting', cause],
    ['live'],
    ['reconnecting', cause],
    ['ended'],
  ]);
});

it('does not queue without bound for a loop that is slower than the feed', async () => {
  const fake = fakeClient();
  const watch = watchSession({ client: fake.client, sessionId: 's', after: 'c0' });
  for (let n = 1; n <= 1500; n += 1) fake.send(n);
  for (let n = 0; n < 500; n += 1) fake.send(1500, 'CustomProgress');
  for (let n = 1501; n <= 5000; n += 1) fake.send(n);
  // It has left: what follows stays in the log.
  expect(fake.events()).toHaveLength(0);
  const taken: number[] = [];
  const take = async () => {
    const { value } = await watch.next();
    if (value !== undefined) taken.push(value.sequence);
  };
  for (let n = 0; n < 2000; n += 1) await take();
  expect(fake.events()).toHaveLength(1);
  for (let n = 2001; n <= 2100; n += 1) fake.send(n);
  for (let n = 0; n < 100; n += 1) await take();
  expect(taken).toEqual(Array.from({ length: 2100 }, (_, n) => n + 1));
  watch.close();
});

describe('behind another gateway', () => {
  const errors = [
    ['without a code', {}],
    ['of its own', { code: 'INTERNAL_SERVER_ERROR' }],
    ['of its own connection', { code: 'DOWNSTREAM_SERVICE_ERROR' }],
  ] as const;

  it.each(errors)('comes back with its cursor after an error %s', async (_name, extensions) => {
    const fake = fakeClient();
    const watch = watchSession({
      client: fake.client,
      sessionId: 's',
      after: 'c1',
      retryWait: () => 0,
    });
    fake.send(2);
    for (const { sink } of fake.events()) sink.next({ data: null, errors: [{ extensions }] });
    const before = fake.operations.length;
    await expect.poll(() => fake.operations.length).toBeGreaterThan(before);
    fake.send(3);
    expect((await watch.next()).value).toMatchObject({ sequence: 2 });
    expect((await watch.next()).value).toMatchObject({ sequence: 3 });
    watch.close();
  });

  it('gives up after several in a row, and at once where the request is wrong', async () => {
    const lost = fakeClient();
    const gone = watchSession({ client: lost.client, sessionId: 's', retryWait: () => 0 });
    const failing = setInterval(() => {
      for (const { sink } of lost.events()) sink.next({ errors: [{ message: 'Unexpected.' }] });
    }, 1);
    await expect(gone.next()).rejects.toThrow('Unexpected.');
    clearInterval(failing);
    expect(lost.operations.length).toBe(9);
    for (const code of ['GRAPHQL_VALIDATION_FAILED', 'UNAUTHENTICATED', 'BAD_USER_INPUT']) {
      const fake = fakeClient();
      const watch = watchSession({ client: fake.client, sessionId: 's', retryWait: () => 0 });
      for (const { sink } of fake.events())
        sink.next({ errors: [{ message: 'no', extensions: { code } }] });
      await expect(watch.next()).rejects.toMatchObject({ code });
    }
  });
});
