// Moments of the feed that the model comes to seldom: each was found as an event lost, repeated or never told.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import { GatewayError } from '../../src/errors.ts';
import type { Failure, FeedItem } from '../../src/progress/feed-item.ts';
import { ProgressFeed } from '../../src/progress/feed.ts';
import { LocalBus } from '../../src/progress/local-bus.ts';
import { changeSession } from '../../src/session/change-session.ts';
import { settleRun } from '../../src/session/lifecycle.ts';
import { type Backend, LOOK } from '../../src/session/ports.ts';
import type { LiveDetail } from '../../src/session/progress.ts';
import { encodeCursor } from '../../src/session/progress.ts';
import { logNodes, startedSession } from '../support/started-session.ts';

type Parts = Pick<Backend, 'sessions' | 'bus'>;

let memory: Backend;
let bus: LocalBus;
let feed: ProgressFeed;
let id: string;
/** Happens while the log is read the next time. */
let whileRead: (() => unknown) | undefined;
/** What commits and is heard, and what commits and is not. */
let heard: Parts;
let silent: Parts;

beforeEach(async () => {
  memory = openMemoryBackend();
  bus = new LocalBus();
  whileRead = undefined;
  const { sessions } = memory;
  const watched = Object.assign(Object.create(sessions) as typeof sessions, {
    find: (...asked: Parameters<typeof sessions.find>) => sessions.find(...asked),
    readLog: async (...asked: Parameters<typeof sessions.readLog>) => {
      const act = whileRead;
      whileRead = undefined;
      await act?.();
      return sessions.readLog(...asked);
    },
  });
  heard = { sessions, bus };
  silent = {
    sessions,
    bus: {
      publish: () => undefined,
      subscribe: () => () => undefined,
      subscribed: () => Promise.resolve(),
    },
  };
  feed = new ProgressFeed(
    { sessions: watched, bus },
    {
      joinChunks: (chunks) => chunks.join(''),
      bufferBytes: 1000,
      patienceMs: 60_000,
      watchers: { inc: () => undefined, dec: () => undefined },
    },
  );
  id = await startedSession(memory);
});

afterEach(() => memory[Symbol.asyncDispose]());

function watch(
  options: {
    after?: number;
    untilSettled?: boolean;
    render?: (item: FeedItem | Failure) => unknown;
  } = {},
) {
  const sent: string[] = [];
  const sink = {
    buffered: 0,
    taken: 0,
    sent,
    complete: () => void sent.push('complete'),
    send: (text: string) => void (text.startsWith('Custom') || sent.push(text)),
    abandon: () => undefined,
  };
  feed.watch(
    {
      sessionId: id,
      actor: { ownerId: 'local' },
      after: options.after === undefined ? null : encodeCursor(id, options.after),
      untilSettled: options.untilSettled ?? false,
      group: 'all',
      render: (options.render ?? textOf) as typeof textOf,
    },
    sink,
  );
  return sink;
}

function textOf(item: FeedItem | Failure): string {
  if (item.kind === 'failure') return String(item.error);
  if (item.kind !== 'live') return `${item.kind} ${item.sequence}`;
  const { detail } = item;
  return detail.type === 'MessageDelta' ? `${detail.offset} ${detail.text}` : 'Custom';
}

function tell(detail: LiveDetail): void {
  bus.publish(id, { type: 'live', event: { runId: id, at: 0, detail } });
}

/** More than wait for an item to be rendered. */
function overflow(): void {
  for (let n = 0; n < 1010; n += 1)
    tell({ type: 'CustomProgress', namespace: '', node: 'n', payload: n });
}

function write(offset: number, text: string): void {
  const begins = offset === 0;
  tell({
    type: 'MessageDelta',
    namespace: '',
    node: 'n',
    messageId: 'm',
    role: 'AI',
    begins,
    offset,
    text,
    chunk: text,
  });
}

async function settle(): Promise<void> {
  await changeSession(silent, id, 'system', (seen) =>
    settleRun(seen, seen.active[0]?.id ?? '', seen.session.epoch, { status: 'SUCCEEDED' }, 0),
  );
}

it('a settlement that is committed while the log is read completes the feed', async () => {
  const { sent } = watch({ untilSettled: true });
  await sleep(10);
  await logNodes(silent, id, 1);
  whileRead = settle;
  bus.publish(id, LOOK);
  bus.publish(id, LOOK);
  await vi.waitFor(() =>
    expect(sent).toEqual(['snapshot 2', 'durable 3', 'durable 4', 'complete']),
  );
});

it('a gap whose snapshot is settled completes the feed', async () => {
  const { sent } = watch({ untilSettled: true });
  await sleep(10);
  await logNodes(silent, id, 20);
  await settle();
  await memory.sessions.trimLog(id, 1, 1000);
  bus.publish(id, LOOK);
  await vi.waitFor(() => expect(sent).toEqual(['snapshot 2', 'gap 2', 'snapshot 23', 'complete']));
});

it('bells in the wrong order hold nothing back', async () => {
  const { sent } = watch();
  await sleep(10);
  await logNodes(silent, id, 2);
  const detail = { type: 'NodeFinished', namespace: '', node: 'step', error: null } as const;
  const bell = (lastEvent: number) =>
    bus.publish(id, {
      type: 'changed',
      lastEvent,
      epoch: 1,
      logged: [{ runId: null, at: 0, detail }],
    });
  whileRead = () => bell(3);
  bell(4);
  await vi.waitFor(() => expect(sent).toEqual(['snapshot 2', 'durable 3', 'durable 4']));
});

it('who comes before the bell does has at once what is in the log', async () => {
  watch();
  await sleep(10);
  await logNodes(heard, id, 1);
  await logNodes(silent, id, 1);
  const begun = performance.now();
  const { sent } = watch({ after: 3 });
  await vi.waitFor(() => expect(sent).toEqual(['durable 4']));
  expect(performance.now() - begun).toBeLessThan(300);
});

it('who enters while more comes than can be rendered misses nothing', async () => {
  const gate = Promise.withResolvers<void>();
  let slow = false;
  const render = async (item: FeedItem | Failure) => {
    if (slow && item.kind === 'live') await gate.promise;
    return textOf(item);
  };
  const first = watch({ render });
  await sleep(10);
  write(0, 'a');
  await sleep(10);
  slow = true;
  const second = watch({ render });
  await sleep(10);
  await logNodes(heard, id, 3);
  overflow();
  slow = false;
  gate.resolve();
  await sleep(50);
  await logNodes(heard, id, 1);
  const durable = ['durable 3', 'durable 4', 'durable 5', 'durable 6'];
  for (const { sent } of [first, second])
    await vi.waitFor(() =>
      expect(sent.filter((text) => text.startsWith('durable'))).toEqual(durable),
    );
});

it('who waits to enter while more comes than can be rendered is sent nothing twice', async () => {
  const gate = Promise.withResolvers<void>();
  let held = 0;
  const render = (item: FeedItem | Failure) => {
    if (held === 0 || item.kind !== 'durable') return textOf(item);
    held -= 1;
    return gate.promise.then(() => textOf(item));
  };
  const first = watch({ render });
  await sleep(10);
  held = 1;
  await logNodes(heard, id, 1);
  const second = watch({ render, after: 2 });
  await sleep(10);
  overflow();
  gate.resolve();
  await sleep(50);
  expect(first.sent).toEqual(['snapshot 2', 'durable 3']);
  expect(second.sent).toEqual(['durable 3']);
});

it('what cannot be rendered while the store is away is sent once it is back', async () => {
  let away = false;
  const render = (item: FeedItem | Failure) => {
    if (away) throw new GatewayError('BACKEND_UNAVAILABLE', 'The store is away.');
    return textOf(item);
  };
  const { sent } = watch({ render });
  await sleep(10);
  await logNodes(heard, id, 1);
  away = true;
  await logNodes(heard, id, 1);
  write(0, 'a');
  await sleep(50);
  away = false;
  await logNodes(heard, id, 1);
  await vi.waitFor(
    () => expect(sent).toEqual(['snapshot 2', 'durable 3', 'durable 4', 'durable 5', '0 a']),
    2000,
  );
});

it('a store that has lost what it had is a gap, and the feed goes on from there', async () => {
  await logNodes(heard, id, 3);
  const { sent } = watch();
  await sleep(10);
  const lost = await startedSession(memory);
  const { find } = memory.sessions;
  // As if the session had been restored from an earlier copy.
  memory.sessions.find = async (asked, actor) => {
    const session = await find.call(memory.sessions, lost, actor);
    return session && { ...session, id: asked };
  };
  bus.publish(id, LOOK);
  await vi.waitFor(() => expect(sent).toEqual(['snapshot 5', 'gap 5', 'snapshot 2']));
  const detail = { type: 'NodeFinished', namespace: '', node: 'step', error: null } as const;
  const logged = [{ runId: null, at: 0, detail }];
  bus.publish(id, { type: 'changed', lastEvent: 3, epoch: 1, logged });
  await vi.waitFor(() => expect(sent.at(-1)).toBe('durable 3'));
});

it('more watchers than items are queued for enter at once, and are sent what follows', async () => {
  const crowd = Array.from({ length: 1500 }, () => watch({ after: 2 }));
  await logNodes(heard, id, 1);
  // A timer fires only where the watchers leave the event loop to others.
  await sleep(1);
  await vi.waitFor(() => {
    for (const { sent } of crowd) expect(sent).toHaveLength(1);
  });
});
