// Many watchers of a session: what is read, executed and serialized for all of them at once, and that nothing of one user
// reaches another.
import { setImmediate as turn } from 'node:timers/promises';
import { parse } from 'graphql';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import { CheckpointCache } from '../../src/graph/checkpoint-views.ts';
import { GraphCatalog } from '../../src/graph/graph-catalog.ts';
import { joinChunks } from '../../src/graph/message-deltas.ts';
import { AnswersInFlight } from '../../src/graphql/answers.ts';
import { type Services, contextOfEvent } from '../../src/graphql/context.ts';
import { keepCost } from '../../src/graphql/costs.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { isRefused, prepareWatch } from '../../src/graphql/watch.ts';
import { type FeedRequest, ProgressFeed } from '../../src/progress/feed.ts';
import type { Sink } from '../../src/progress/watcher.ts';
import { changeSession } from '../../src/session/change-session.ts';
import { ALL_PERMITTED } from '../../src/session/policy.ts';
import type { Backend } from '../../src/session/ports.ts';
import { logNodes, startedSession } from '../support/started-session.ts';
import { upTo } from '../support/user.ts';

const DOCUMENT = `subscription Watch($id: ID!, $after: String, $other: Boolean = false) {
  sessionProgress(sessionId: $id, after: $after) {
    __typename sequence
    session { ownerId status }
    ... on CheckpointSaved { checkpoint { values } }
    ... on NodeFinished { node @skip(if: $other) }
  }
}`;

let backend: Backend;
let services: Services;
let id: string;
/** How often the store was asked for what. */
let asked: Map<string, number>;
/** How often a text was made of an item. */
const { schema } = createSchema();
let texts: Set<string>;

beforeEach(async () => {
  const memory = openMemoryBackend();
  id = await startedSession(memory);
  asked = new Map();
  const sessions = new Proxy(memory.sessions, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        asked.set(String(name), (asked.get(String(name)) ?? 0) + 1);
        return value.apply(target, args) as unknown;
      };
    },
  });
  backend = { ...memory, sessions };
  services = {
    backend,
    graphs: new GraphCatalog(new Map(), backend.savers),
    feed: new ProgressFeed(backend, {
      joinChunks,
      bufferBytes: 1 << 20,
      patienceMs: 1000,
      watchers: { inc: () => undefined, dec: () => undefined },
    }),
    cache: new CheckpointCache(0),
    charge: () => Promise.resolve(),
    answers: new AnswersInFlight({ maxBytes: 1e6, maxPerUser: 10, maxBytesPerUser: 1e6 }),
    policy: ALL_PERMITTED,
    closing: new AbortController().signal,
  } as Partial<Services> as Services;
  texts = new Set();
});

afterEach(() => backend[Symbol.asyncDispose]());

/** Begins to watch. @returns what is sent */
async function watch(
  userId: string,
  variables: object = {},
  text = DOCUMENT,
  more: object = {},
): Promise<string[]> {
  const sent: string[] = [];
  const { feed } = services;
  const counting = {
    watch: (request: FeedRequest, sink: Sink) =>
      feed.watch(
        {
          ...request,
          render: (item, reads) => {
            const made = request.render(item, reads);
            texts.add(`${texts.size}`);
            return made;
          },
        },
        sink,
      ),
  } as ProgressFeed;
  const watched = await prepareWatch(
    {
      schema,
      document: parse(text),
      variableValues: { id, ...variables },
      contextValue: Object.assign(
        contextOfEvent({ id: userId }, { ...services, feed: counting }),
        more,
      ),
    },
    pino({ level: 'silent' }),
  );
  if (isRefused(watched)) throw new Error(JSON.stringify(watched));
  watched.start({
    buffered: 0,
    taken: 0,
    send: (piece) => void sent.push(piece),
    complete: () => void sent.push('complete'),
    abandon: () => undefined,
  });
  return sent;
}

async function quiet(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await turn();
}

async function saveCheckpoint(): Promise<void> {
  await changeSession(backend, id, 'system', ({ session }) => ({
    session: { ...session, lastEvent: session.lastEvent + 1 },
    events: [
      {
        sequence: session.lastEvent + 1,
        runId: null,
        at: Date.now(),
        detail: {
          type: 'CheckpointSaved',
          namespace: '',
          step: 1,
          source: 'LOOP',
          next: [],
          changedKeys: [],
          checkpointId: '1ef00000-0000-6000-8000-000000000000',
        },
      },
    ],
  }));
}

it('1,000 watchers of one document share each execution, and what it reads', async () => {
  const watchers = await Promise.all(Array.from({ length: 1000 }, () => watch('local')));
  await quiet();
  for (const sent of watchers) expect(sent).toHaveLength(1);
  texts.clear();
  asked.clear();
  await logNodes(backend, id, 3);
  await saveCheckpoint();
  await quiet();
  expect(texts.size).toBe(4);
  for (const sent of watchers) expect(sent).toHaveLength(5);
  expect(new Set(watchers.map((sent) => sent.slice(1).join())).size).toBe(1);
  // The session once for each event, the checkpoint once, the log not at all.
  expect(Object.fromEntries(asked)).toEqual({ change: 2, find: 4, findCheckpoint: 1 });
});

it('documents that differ are executed apart, over what was read once', async () => {
  const other = DOCUMENT.replace('Watch', 'Other');
  const sent = [await watch('local'), await watch('local', {}, other)];
  const without = await watch('local', { other: true });
  await quiet();
  texts.clear();
  asked.clear();
  await logNodes(backend, id, 1);
  await saveCheckpoint();
  await quiet();
  expect(texts.size).toBe(6);
  expect(Object.fromEntries(asked)).toEqual({ change: 2, find: 2, findCheckpoint: 1 });
  expect(sent[0]?.slice(1)).toEqual(sent[1]?.slice(1));
  expect(sent[0]?.[1]).toContain('"node":"step"');
  expect(without[1]).not.toContain('"node"');
});

it('each of them is as long as it is by itself, though they read together', async () => {
  // As much as one has, and not two.
  const answers = new AnswersInFlight({ maxBytes: 3, maxPerUser: 10, maxBytesPerUser: 1e6 });
  services = { ...services, answers };
  const documents = ['One', 'Two', 'Three'].map(
    (name) =>
      `subscription ${name}($id: ID!) { sessionProgress(sessionId: $id) { sequence session { metadata } } }`,
  );
  const sent = await Promise.all(documents.map((text) => watch('local', {}, text)));
  await quiet();
  await logNodes(backend, id, 2);
  await quiet();
  for (const texts of sent) {
    expect(texts).toHaveLength(3);
    expect(texts.join()).not.toContain('LIMIT_EXCEEDED');
  }
});

it('watchers who begin at different cursors share the same execution once they are up to date', async () => {
  await logNodes(backend, id, 20);
  const after = (n: number) => Buffer.from(`${id}:${n}`).toString('base64url');
  const watchers = await Promise.all([3, 9, 15].map((n) => watch('local', { after: after(n) })));
  await quiet();
  expect(watchers.map((sent) => sent.length)).toEqual([19, 13, 7]);
  texts.clear();
  await logNodes(backend, id, 1);
  await quiet();
  expect(texts.size).toBe(1);
  expect(watchers.map((sent) => sent.length)).toEqual([20, 14, 8]);
});

it('1,000 who come back at once read the log once', async () => {
  await logNodes(backend, id, 100);
  asked.clear();
  const after = Buffer.from(`${id}:0`).toString('base64url');
  const watchers = await Promise.all(Array.from({ length: 1000 }, () => watch('local', { after })));
  for (let n = 0; n < 50; n += 1) await quiet();
  for (const sent of watchers) expect(sent).toHaveLength(102);
  expect(asked.get('readLog')).toBeLessThan(10);
});

it('an event that costs much is counted, and comes later where there were too many', async () => {
  let left = 5;
  const charged: number[] = [];
  services = {
    ...services,
    async charge(_user, cost) {
      charged.push(cost);
      if ((left -= 1) < 0) throw new GatewayError('RATE_LIMITED', 'Too many.');
    },
  };
  const after = Buffer.from(`${id}:0`).toString('base64url');
  const params = {};
  keepCost(params, 250);
  const sent = await watch('local', { after }, DOCUMENT, { params });
  await quiet();
  await logNodes(backend, id, 10);
  // One for the subscription itself.
  await vi.waitFor(() => expect(charged.length).toBeGreaterThan(6), 5000);
  expect(sent).toHaveLength(4);
  left = 1000;
  await vi.waitFor(() => expect(sent).toHaveLength(12), 10_000);
  const sequences = sent.map((text) => (JSON.parse(text) as Sent).data.sessionProgress.sequence);
  expect(sequences).toEqual(upTo(12));
  expect(new Set(charged)).toEqual(new Set([250]));
});

interface Sent {
  readonly data: { readonly sessionProgress: { readonly sequence: number } };
}

it('ownership: another user with the same document and variables is sent nothing of it', async () => {
  const owner = await watch('local');
  const stranger = await watch('mallory');
  await quiet();
  await logNodes(backend, id, 3);
  await quiet();
  expect(owner).toHaveLength(4);
  expect(stranger).toHaveLength(2);
  expect(JSON.parse(stranger[0] ?? '')).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'SESSION_NOT_FOUND' } }],
  });
  expect(stranger[1]).toBe('complete');
  expect(stranger.join()).not.toContain('local');
});
