// What a connection is sent that takes nothing for a while.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import type { Failure, FeedItem } from '../../src/progress/feed-item.ts';
import { ProgressFeed } from '../../src/progress/feed.ts';
import type { Backend } from '../../src/session/ports.ts';
import { logNodes, startedSession } from '../support/started-session.ts';

let backend: Backend;
let feed: ProgressFeed;
let id: string;
let text = '';

beforeEach(async () => {
  backend = openMemoryBackend();
  id = await startedSession(backend);
  text = '';
  feed = new ProgressFeed(backend, {
    joinChunks: (chunks) => chunks.join(''),
    bufferBytes: 100,
    patienceMs: 300,
    watchers: { inc: () => undefined, dec: () => undefined },
  });
});

afterEach(() => backend[Symbol.asyncDispose]());

function watch() {
  const sent: string[] = [];
  const sink = {
    buffered: 0,
    get taken() {
      return -sink.buffered;
    },
    sent,
    ended: '',
    send: (piece: string) => void sent.push(piece),
    complete: () => void (sink.ended = 'complete'),
    abandon: () => void (sink.ended = 'abandoned'),
  };
  feed.watch(
    {
      sessionId: id,
      actor: { ownerId: 'local' },
      after: null,
      untilSettled: false,
      group: 'all',
      render,
    },
    sink,
  );
  return sink;
}

function render(item: FeedItem | Failure): string {
  if (item.kind === 'failure') return String(item.error);
  if (item.kind !== 'live') return `${item.kind} ${item.sequence}`;
  const { detail } = item;
  return detail.type === 'MessageDelta' ? `${detail.offset} ${detail.text}` : detail.type;
}

function write(piece: string): void {
  const detail = {
    type: 'MessageDelta',
    namespace: '',
    node: 'n',
    messageId: 'm',
    role: 'AI',
    begins: text === '',
    offset: text.length,
    text: piece,
    chunk: piece,
  } as const;
  text += piece;
  backend.bus.publish(id, { type: 'live', event: { runId: id, at: 0, detail } });
}

it('has its text anew where some of it was left out', async () => {
  const sink = watch();
  await sleep(10);
  write('a');
  sink.buffered = 60;
  write('b');
  await logNodes(backend, id, 1);
  sink.buffered = 0;
  write('c');
  await sleep(10);
  write('d');
  await sleep(10);
  expect(sink.sent).toEqual(['snapshot 2', '0 a', 'durable 3', '0 abc', '3 d']);
});

it('has each event once, though it takes nothing from the first one on', async () => {
  const sink = watch();
  const quick = watch();
  await sleep(10);
  sink.buffered = 101;
  await logNodes(backend, id, 1);
  await logNodes(backend, id, 2);
  await sleep(50);
  expect(sink.sent).toEqual(['snapshot 2']);
  // Nobody waits for it.
  expect(quick.sent).toEqual(['snapshot 2', 'durable 3', 'durable 4', 'durable 5']);
  sink.buffered = 0;
  await vi.waitFor(() => expect(sink.sent).toEqual(quick.sent));
  await logNodes(backend, id, 1);
  expect(sink.sent).toEqual(quick.sent);
});

it('is given up where it takes nothing for too long, but not while it takes a little', async () => {
  const stuck = watch();
  const slow = watch();
  await sleep(10);
  stuck.buffered = 1000;
  slow.buffered = 1000;
  await logNodes(backend, id, 1);
  for (let n = 0; n < 8; n += 1) {
    await sleep(100);
    slow.buffered -= 100;
  }
  expect(stuck.ended).toBe('abandoned');
  expect(slow.ended).toBe('');
  slow.buffered = 0;
  await vi.waitFor(() => expect(slow.sent).toEqual(['snapshot 2', 'durable 3']));
});
