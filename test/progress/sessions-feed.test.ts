// What a watcher of an owner's sessions is sent, at moments that a real connection comes to by chance.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { LocalBus } from '../../src/progress/local-bus.ts';
import { SessionsFeed, type SessionsItem } from '../../src/progress/sessions-feed.ts';
import { LOOK, channelOfOwner } from '../../src/session/ports.ts';

const CHANNEL = channelOfOwner('ann');
const MINUTE_MS = 60_000;

interface Watcher {
  readonly sent: { readonly item: SessionsItem; readonly at: number }[];
  buffered: number;
  leave(): void;
}

let bus: LocalBus;
let feed: SessionsFeed;
/** What the next looks at the store fail with. */
let failures: GatewayError[];
/** How often something was rendered. */
let rendered: number;
let begins: PromiseWithResolvers<void>;
let ann: Watcher;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  bus = new LocalBus();
  begins = Promise.withResolvers();
  bus.subscribed = () => begins.promise;
  failures = [];
  rendered = 0;
  const watchers = { inc: () => undefined, dec: () => undefined };
  feed = new SessionsFeed(bus, { bufferBytes: 100, watchers });
  ann = watch();
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  ann.leave();
  vi.useRealTimers();
});

function watch(group = 'all'): Watcher {
  const sent: Watcher['sent'] = [];
  const watcher: Watcher = { sent, buffered: 0, leave: () => undefined };
  watcher.leave = feed.watch(
    {
      ownerId: 'ann',
      group,
      render: (item) => {
        rendered += 1;
        const failure = failures.shift();
        return failure ? Promise.reject(failure) : Promise.resolve(JSON.stringify(item));
      },
    },
    {
      get buffered() {
        return watcher.buffered;
      },
      taken: 0,
      send: (text) =>
        void sent.push({ item: JSON.parse(text) as SessionsItem, at: performance.now() }),
      complete: () => undefined,
      abandon: () => undefined,
    },
  );
  return watcher;
}

function changed(sessionId: string, isNew = false): void {
  bus.publish(CHANNEL, { type: 'session', sessionId, isNew });
}

async function begin(): Promise<void> {
  begins.resolve();
  await vi.advanceTimersByTimeAsync(0);
}

const names = ({ sent } = ann) =>
  sent.map(({ item }) => (item.kind === 'READY' ? 'READY' : item.sessionId)).join(' ');

it('begins with READY once the subscription stands, and then has what was heard before', async () => {
  changed('a');
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(names()).toBe('');
  await begin();
  expect(names()).toBe('READY a');
});

it('tells a session every 250 ms, others meanwhile, and that it was new', async () => {
  await begin();
  changed('a', true);
  await vi.advanceTimersByTimeAsync(0);
  for (let n = 0; n < 10; n += 1) {
    changed('a');
    await vi.advanceTimersByTimeAsync(20);
  }
  changed('b');
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(names()).toBe('READY a b a');
  expect(ann.sent.map(({ item }) => item.kind === 'CHANGED' && item.isNew)).toEqual([
    false,
    true,
    false,
    false,
  ]);
  const [, first, , last] = ann.sent.map(({ at }) => at);
  expect((last ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(250);
});

it('waits for a connection that takes nothing, which is to read its list then', async () => {
  await begin();
  ann.buffered = 60;
  for (let n = 0; n < 10; n += 1) {
    changed('a');
    changed('b');
    await vi.advanceTimersByTimeAsync(300);
  }
  expect(names()).toBe('READY');
  ann.buffered = 0;
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(names()).toBe('READY READY');
});

it('does not keep more sessions than it may, and has the list read again', async () => {
  await begin();
  failures = [new GatewayError('BACKEND_UNAVAILABLE', 'away')];
  for (let n = 0; n < 10_002; n += 1) changed(`s${n}`);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(names().split(' ').length).toBeLessThan(10);
  expect(
    names()
      .split(' ')
      .filter((name) => name === 'READY'),
  ).toHaveLength(2);
});

it('tries again while the store is away, or the user has asked for too much', async () => {
  failures = [new GatewayError('BACKEND_UNAVAILABLE', 'away')];
  await begin();
  expect(names()).toBe('');
  await vi.advanceTimersByTimeAsync(1000);
  expect(names()).toBe('READY');
  failures = [
    new GatewayError('BACKEND_UNAVAILABLE', 'away'),
    new GatewayError('RATE_LIMITED', 'x'),
  ];
  changed('a', true);
  await vi.advanceTimersByTimeAsync(2000);
  expect(names()).toBe('READY a');
  expect(ann.sent[1]?.item).toMatchObject({ isNew: true });
});

it('says READY again where something may have been missed, but not without an end', async () => {
  await begin();
  for (let n = 0; n < 100; n += 1) {
    bus.publish(CHANNEL, LOOK);
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(names().split(' ').length).toBeGreaterThan(4);
  expect(names().split(' ').length).toBeLessThan(8);
});

it('reads and renders once for all who are alike, and sends READY to each who joins', async () => {
  await begin();
  const alike = watch();
  const other = watch('other');
  await vi.advanceTimersByTimeAsync(0);
  const before = rendered;
  changed('a');
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(rendered - before).toBe(2);
  expect([ann, alike, other].map(names)).toEqual(['READY a', 'READY a', 'READY a']);
  alike.leave();
  other.leave();
});

it('tries no sooner again because more changes', async () => {
  await begin();
  failures = Array.from({ length: 3 }, () => new GatewayError('BACKEND_UNAVAILABLE', 'away'));
  const before = rendered;
  for (let n = 0; n < 50; n += 1) {
    changed(`s${n}`);
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(rendered - before).toBeLessThan(5);
});

it('sends nothing after it was left', async () => {
  await begin();
  ann.leave();
  changed('a');
  bus.publish(CHANNEL, LOOK);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(names()).toBe('READY');
  expect(bus.watched()).toEqual([]);
});
