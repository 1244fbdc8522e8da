// Promises 4 and 5 as a property: whatever the bell loses, doubles or delays, and whenever somebody comes, leaves or takes
// nothing, each watcher is sent every durable event after its cursor, once and in order; and no message is torn.
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import type { Failure, FeedItem } from '../../src/progress/feed-item.ts';
import { ProgressFeed } from '../../src/progress/feed.ts';
import { LocalBus } from '../../src/progress/local-bus.ts';
import {
  type Backend,
  LOOK,
  type ProgressBus,
  type ProgressSignal,
} from '../../src/session/ports.ts';
import { type MessageDelta, encodeCursor } from '../../src/session/progress.ts';
import { logNodes, startedSession } from '../support/started-session.ts';

const OWNER = { ownerId: 'local' };
const BUFFER = 100;

type Fate = 'heard' | 'lost' | 'doubled' | 'late';

/** A bus that loses, doubles and holds back what it is told. */
class BadBus implements ProgressBus {
  readonly #bus = new LocalBus();
  readonly #held: [string, ProgressSignal][] = [];
  fate: Fate = 'heard';

  publish(sessionId: string, signal: ProgressSignal): void {
    // Live events may be lost; whoever publishes them says so by a fate of their own.
    const fate = signal.type === 'changed' || signal.type === 'live' ? this.fate : 'heard';
    if (fate === 'late') this.#held.push([sessionId, signal]);
    if (fate === 'heard' || fate === 'doubled') this.#bus.publish(sessionId, signal);
    if (fate === 'doubled') this.#bus.publish(sessionId, signal);
  }

  /** Publishes what was held back, the newest first. */
  release(): void {
    for (const held of this.#held.splice(0).toReversed()) this.#bus.publish(...held);
  }

  subscribed(): Promise<void> {
    return this.#bus.subscribed();
  }

  subscribe(sessionId: string, listener: (signal: ProgressSignal) => void): () => void {
    return this.#bus.subscribe(sessionId, listener);
  }
}

type Action =
  | { readonly do: 'commit'; readonly events: number; readonly fate: Fate }
  | { readonly do: 'write'; readonly text: string; readonly fate: Fate }
  | { readonly do: 'finish message' }
  | { readonly do: 'release' | 'look' | 'trim' }
  | {
      readonly do: 'watch';
      readonly after: 'nothing' | 'beyond' | number;
      readonly document: number;
    }
  | { readonly do: 'leave' | 'stall' | 'drain'; readonly watcher: number }
  | { readonly do: 'pause'; readonly turns: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      events: fc.integer({ min: 1, max: 4 }),
      fate: fc.constantFrom<Fate>('heard', 'heard', 'lost', 'doubled', 'late'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      text: fc.string({ minLength: 1, maxLength: 3 }),
      fate: fc.constantFrom<Fate>('heard', 'heard', 'heard', 'lost'),
    }),
  },
  fc.record({ do: fc.constant('finish message' as const) }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('release' as const, 'look' as const, 'trim' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('watch' as const),
      after: fc.oneof(fc.constant('nothing' as const), fc.constant('beyond' as const), fc.nat(30)),
      document: fc.nat(1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('leave', 'stall', 'stall', 'drain', 'drain'),
      watcher: fc.nat(3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pause' as const),
      turns: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

interface Sent {
  readonly kind: FeedItem['kind'];
  readonly sequence: number;
  readonly delta?: MessageDelta;
}

/** A watcher as its client sees it. */
class Client {
  readonly sent: Sent[] = [];
  readonly after: number | null;
  buffered = 0;
  taken = 0;
  stalled = false;
  gone = false;
  leave: () => void = () => undefined;

  constructor(after: number | null) {
    this.after = after;
  }

  send(text: string): void {
    if (this.stalled) this.buffered += 30;
    expect(this.buffered).toBeLessThanOrEqual(BUFFER + 60);
    this.sent.push(JSON.parse(text) as Sent);
  }

  complete(): void {
    throw new Error(`ended: ${JSON.stringify(this.sent.at(-1))}`);
  }

  abandon(): void {
    throw new Error('nobody waits so long here');
  }
}

function render(item: FeedItem | Failure): string {
  if (item.kind === 'failure')
    return JSON.stringify({ kind: item.kind, error: String(item.error) });
  const { kind, sequence } = item;
  const delta = kind === 'live' ? item.detail : undefined;
  return JSON.stringify({ kind, sequence, delta });
}

/** Everything a client was sent holds to the promises. `ended`: nothing more will come. */
function check(
  client: Client,
  newest: number,
  texts: ReadonlyMap<string, string>,
  ended: boolean,
): void {
  let sequence = client.after ?? -1;
  const seen = new Map<string, string>();
  for (const { kind, sequence: now, delta } of client.sent) {
    if (kind === 'snapshot') sequence = now;
    else if (kind === 'gap') expect([sequence, client.after]).toContain(now);
    else if (kind === 'durable') {
      expect(now).toBe(sequence + 1);
      sequence = now;
    } else expect(now).toBe(sequence);
    if (delta === undefined) continue;
    const before = seen.get(delta.messageId) ?? '';
    expect(before.length).toBeGreaterThanOrEqual(delta.offset);
    const text = before.slice(0, delta.offset) + delta.text;
    expect(texts.get(delta.messageId)?.startsWith(text)).toBe(true);
    seen.set(delta.messageId, text);
  }
  if (ended) expect(sequence).toBe(newest);
}

async function play(actions: readonly Action[], slow: boolean): Promise<void> {
  await using memory: Backend = openMemoryBackend();
  const bus = new BadBus();
  const { sessions } = memory;
  const wait = async () => {
    if (slow) await turn();
  };
  const backend = {
    bus,
    sessions: Object.assign(Object.create(sessions) as typeof sessions, {
      find: async (...asked: Parameters<typeof sessions.find>) => {
        const answer = await sessions.find(...asked);
        await wait();
        return answer;
      },
      readLog: async (...asked: Parameters<typeof sessions.readLog>) => {
        await wait();
        return sessions.readLog(...asked);
      },
    }),
  };
  const id = await startedSession(memory);
  let newest = (await sessions.find(id, 'system'))?.lastEvent ?? 0;
  const feed = new ProgressFeed(backend, {
    joinChunks: (chunks) => chunks.join(''),
    bufferBytes: BUFFER,
    patienceMs: 60_000,
    watchers: { inc: () => undefined, dec: () => undefined },
  });
  const clients: Client[] = [];
  const texts = new Map<string, string>();
  let writing: string | undefined;
  const tell = (detail: MessageDelta, type: 'live' | 'recalled') =>
    bus.publish(id, { type, event: { runId: id, at: 0, detail } });
  const deltaOf = (
    messageId: string,
    begins: boolean,
    offset: number,
    text: string,
  ): MessageDelta => ({
    type: 'MessageDelta',
    namespace: '',
    node: 'n',
    messageId,
    role: 'AI',
    begins,
    offset,
    text,
    chunk: text,
  });
  bus.subscribe(id, ({ type }) => {
    if (type === 'recall' && writing !== undefined)
      tell(deltaOf(writing, true, 0, texts.get(writing) ?? ''), 'recalled');
  });

  for (const step of actions) {
    switch (step.do) {
      case 'commit':
        bus.fate = step.fate;
        newest = await logNodes({ sessions, bus }, id, step.events);
        break;
      case 'write': {
        writing ??= `message ${texts.size}`;
        const before = texts.get(writing);
        texts.set(writing, (before ?? '') + step.text);
        bus.fate = step.fate;
        tell(deltaOf(writing, before === undefined, before?.length ?? 0, step.text), 'live');
        break;
      }
      case 'finish message':
        if (writing !== undefined) bus.publish(id, { type: 'written', messageIds: [writing] });
        writing = undefined;
        break;
      case 'release':
        bus.release();
        break;
      case 'look':
        bus.fate = 'heard';
        bus.publish(id, LOOK);
        break;
      case 'trim':
        await sessions.trimLog(id, 5, 1000);
        break;
      case 'watch': {
        const after =
          step.after === 'nothing'
            ? null
            : step.after === 'beyond'
              ? newest + 9
              : Math.min(step.after, newest);
        const client = new Client(after);
        clients.push(client);
        client.leave = feed.watch(
          {
            sessionId: id,
            actor: OWNER,
            after: after === null ? null : encodeCursor(id, after),
            untilSettled: false,
            group: String(step.document),
            // One document is executed at once, the other takes its time.
            render: step.document === 0 ? render : async (item) => turn(render(item)),
          },
          client,
        );
        break;
      }
      case 'leave':
      case 'stall':
      case 'drain': {
        const client = clients[step.watcher];
        if (client === undefined) break;
        client.stalled = step.do === 'stall';
        if (step.do === 'drain') client.buffered = 0;
        if (step.do === 'leave') {
          client.leave();
          client.gone = true;
        }
        break;
      }
      case 'pause':
        for (let n = 0; n < step.turns; n += 1) await turn();
        break;
    }
  }

  for (const client of clients) Object.assign(client, { stalled: false, buffered: 0 });
  bus.fate = 'heard';
  bus.publish(id, LOOK);
  const there = () => clients.every(({ gone, sent }) => gone || sent.at(-1)?.sequence === newest);
  const until = performance.now() + 3000;
  while (!there() && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 5));
  for (const client of clients) {
    check(client, newest, texts, !client.gone);
    client.leave();
  }
}

it('gapless event log, exactly-once resume: any watcher, any moment, any lost notification', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 20, maxLength: 120, size: 'max' }),
      fc.boolean(),
      play,
    ),
    { numRuns: 300 },
  );
});
