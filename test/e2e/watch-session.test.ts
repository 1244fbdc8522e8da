// The client's side of the feed, over both transports, against the real program.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { graphql } from '../../gql/gql.ts';
import type { DefaultEventsSubscription } from '../../gql/graphql.ts';
import { EVENT_FIELDS } from '../../src/client/session-event.ts';
import {
  type SessionEvent,
  type SessionWatch,
  type WatchClient,
  type WatchDocuments,
  WatchError,
  type WatchState,
  watchSession,
} from '../../src/client/index.ts';
import { as } from '../support/caller.ts';
import { execute } from '../support/client.ts';
import { Delete } from '../support/operations.ts';
import { type Program, startProgram, temporaryFolder } from '../support/program.ts';
import { type SwitchingProxy, startSwitchingProxy } from '../support/services/switching-proxy.ts';
import { User } from '../support/user.ts';

/** What EVENT_FIELDS selects, for codegen. */
const DefaultEvents = graphql(`
  subscription DefaultEvents($sessionId: ID!) {
    sessionProgress(sessionId: $sessionId) {
      __typename
      sequence
      cursor
      sessionId
      runId
      at
      ... on SessionSnapshot {
        session {
          status
          next
        }
      }
      ... on ProgressGap {
        requestedAfter
      }
      ... on RunStatusChanged {
        status
        sessionStatus
        attempt
        error {
          code
          message
          node
        }
      }
      ... on CheckpointSaved {
        namespace
        step
        source
        next
        changedKeys
        checkpointId
      }
      ... on NodeStarted {
        namespace
        node
      }
      ... on NodeFinished {
        namespace
        node
        error {
          code
          message
          node
        }
      }
      ... on InterruptsRaised {
        interrupts {
          interruptId
          value
          responseSchema
          node
          namespace
        }
      }
      ... on MessageDelta {
        namespace
        node
        messageId
        role
        offset
        text
      }
      ... on CustomProgress {
        namespace
        node
        payload
      }
    }
  }
`);

const StepFields = graphql(`
  fragment WatchedStep on ProgressEvent {
    __typename
    ... on CheckpointSaved {
      step
    }
  }
`);

const headers = as('alice');
let parts: AsyncDisposableStack;
let program: Program;
let proxy: SwitchingProxy;
let user: User;

beforeAll(async () => {
  parts = new AsyncDisposableStack();
  const { path } = parts.use(temporaryFolder());
  program = parts.use(await startProgram({ ENV: 'sqlite', SQLITE_PATH: `${path}/sessions.db` }));
  proxy = parts.use(await startSwitchingProxy([program.url]));
  user = new User(program.url);
});

afterAll(() => parts.disposeAsync());

function beginning(id: string): string {
  return Buffer.from(`${id}:0`).toString('base64url');
}

const CLIENTS: Readonly<Record<string, (options?: { retryAttempts: number }) => WatchClient>> = {
  'graphql-ws': (options = { retryAttempts: 5 }) =>
    createWebSocketClient({
      url: proxy.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: headers,
      retryWait: () => sleep(5),
      ...options,
    }),
  'graphql-sse': (options = { retryAttempts: 5 }) =>
    createSseClient({ url: proxy.url, headers, retry: () => sleep(5), ...options }),
};

describe.each(Object.keys(CLIENTS))('watchSession over %s', (name) => {
  const open = (options?: { retryAttempts: number }): WatchClient => {
    const client = CLIENTS[name]?.(options);
    if (client === undefined) throw new Error('there is no such client');
    return client;
  };

  it('is live with the snapshot, and ends once the session is settled', async () => {
    const id = await user.start({ graphId: 'steps', input: { delayMs: 20 } });
    const states: WatchState[] = [];
    const watch = watchSession({
      client: open(),
      sessionId: id,
      untilSettled: true,
      onState: (state) => states.push(state),
    });
    expect(watch.state).toBe('connecting');
    const events = await Array.fromAsync(watch);
    expect(events[0]).toMatchObject({ __typename: 'SessionSnapshot' });
    expect(events.at(-1)).toMatchObject({ __typename: 'RunStatusChanged', status: 'SUCCEEDED' });
    expect(states).toEqual(['live', 'ended']);
    expect(watch.cursor).toBe(events.at(-1)?.cursor);
  });

  it('catches up before it is live', async () => {
    const id = await user.start({ graphId: 'ask', input: {} });
    await user.settled(id);
    const states: WatchState[] = [];
    const watch = watchSession({
      client: open(),
      sessionId: id,
      after: beginning(id),
      onState: (state) => states.push(state),
    });
    const seen = [await watch.next(), await watch.next()];
    expect(seen.map(({ value }) => value?.sequence)).toEqual([1, 2]);
    await vi.waitFor(() => expect(watch.state).toBe('live'), 10_000);
    expect(states).toEqual(['catching-up', 'live']);
    watch.close();
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  it('is live at once where nothing came meanwhile', async () => {
    const id = await user.start({ graphId: 'ask', input: {} });
    const { cursor } = (await user.events(id)).at(-1) ?? { cursor: null };
    const watch = watchSession({ client: open(), sessionId: id, after: cursor });
    await vi.waitFor(() => expect(watch.state).toBe('live'), 10_000);
    watch.close();
  });

  it.each([0, 5])(
    'comes back where a connection breaks (client’s own retries: %i)',
    async (retryAttempts) => {
      const id = await user.start({ graphId: 'slow', input: {}, recursionLimit: 600 });
      const states: WatchState[] = [];
      const watch: SessionWatch<SessionEvent> = watchSession({
        client: open({ retryAttempts }),
        sessionId: id,
        untilSettled: true,
        retryWait: () => 10,
        onState: (state) => states.push(state),
      });
      const sequences: number[] = [];
      for await (const event of watch) {
        if (['SessionSnapshot', 'NodeStarted'].includes(event.__typename)) continue;
        sequences.push(event.sequence);
        if (sequences.length === 30 || sequences.length === 80) proxy.cutAll();
        if (sequences.length === 130) break;
      }
      const [first = 0] = sequences;
      expect(sequences).toEqual(sequences.map((_, n) => first + n));
      // Where nothing came meanwhile, there is nothing to catch up with.
      expect(states.filter((state) => state !== 'catching-up')).toEqual([
        'live',
        'reconnecting',
        'live',
        'reconnecting',
        'live',
        'ended',
      ]);
    },
  );

  it('throws what the gateway refuses', async () => {
    const nowhere = '00000000-0000-4000-8000-000000000000';
    const watch = (options: object) =>
      Array.fromAsync(watchSession({ client: open(), sessionId: nowhere, ...options }));
    await expect(watch({})).rejects.toMatchObject({
      name: 'WatchError',
      code: 'SESSION_NOT_FOUND',
    });
    const id = await user.start({ graphId: 'steps', task: 'go' });
    await expect(watch({ sessionId: id, after: 'nonsense' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    await expect(watch({ fields: 'nothing' })).rejects.toThrow(WatchError);
  });

  it('throws SESSION_NOT_FOUND once the session is deleted, after all that came before', async () => {
    const id = await user.start({ graphId: 'ask', input: {} });
    await user.settled(id);
    const watch = watchSession({ client: open(), sessionId: id });
    expect((await watch.next()).value).toMatchObject({ __typename: 'SessionSnapshot' });
    await execute(program.url, Delete, { id }, headers);
    await expect(watch.next()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(watch.state).toBe('ended');
  });

  it('leaves the other watches of its client alone where it is refused', async () => {
    const client = open();
    const [id, doomed] = await Promise.all([
      user.start({ graphId: 'ask', input: {} }),
      user.start({ graphId: 'ask', input: {} }),
    ]);
    await Promise.all([user.settled(id), user.settled(doomed)]);
    const states: WatchState[] = [];
    const watch = watchSession({ client, sessionId: id, onState: (state) => states.push(state) });
    await watch.next();
    for (let n = 0; n < 3; n += 1) {
      const other = watchSession({ client, sessionId: doomed });
      if (n === 0) {
        await other.next();
        await execute(program.url, Delete, { id: doomed }, headers);
      }
      await expect(other.next()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      await sleep(100);
    }
    expect(states).toEqual(['live']);
    const [question] = (await user.look(id)).interrupts;
    const answers = [{ interruptId: question?.interruptId ?? '', value: 'yes' }];
    await user.resume({ sessionId: id, answers });
    expect((await watch.next()).value).toMatchObject({ __typename: 'RunStatusChanged' });
    watch.close();
  });

  it('ends with its signal', async () => {
    const id = await user.start({ graphId: 'ask', input: {} });
    const abort = new AbortController();
    const watch = watchSession({ client: open(), sessionId: id, signal: abort.signal });
    await watch.next();
    setTimeout(() => abort.abort(), 50);
    for await (const event of watch) expect(event.sequence).toBeGreaterThan(0);
    expect(watch.state).toBe('ended');
  });

  it('takes fields as text, and as a fragment with its types', async () => {
    const id = await user.start({ graphId: 'steps', task: 'go' });
    await user.settled(id);
    const options = { client: open(), sessionId: id, after: beginning(id), untilSettled: true };
    const steps: number[] = [];
    for await (const event of watchSession({ ...options, fields: StepFields })) {
      if (event.__typename !== 'CheckpointSaved') continue;
      expectTypeOf(event.step).toEqualTypeOf<number>();
      steps.push(event.step);
    }
    expect(steps).toEqual([-1, 0, 1, 2, 3, 4, 5, 6]);
    const asText = watchSession<{ at: string }>({ ...options, fields: 'at' });
    for await (const { at } of asText) expect(at).toMatch(/^20/);
    const untyped = watchSession({ ...options, fields: 'at' });
    expectTypeOf(untyped).toExtend<AsyncIterable<{ __typename: string; sequence: number }>>();
    expectTypeOf(untyped).not.toExtend<AsyncIterable<{ at: string }>>();
    untyped.close();
  });
});

describe('where documents are persisted alone', () => {
  it.for(['websocket', 'sse'])('it goes by their hashes, over %s', async (transport) => {
    using folder = temporaryFolder();
    const file = `${folder.path}/documents.json`;
    const watch: WatchDocuments<PlacedEvent>['watch'] = named('watch');
    writeFileSync(
      file,
      JSON.stringify({
        watch: `subscription ($sessionId: ID!, $after: String, $untilSettled: Boolean!) {
          sessionProgress(sessionId: $sessionId, after: $after, untilSettled: $untilSettled) { __typename sequence cursor } }`,
        newest: 'query ($sessionId: ID!) { session(id: $sessionId) { id cursor } }',
        start:
          'mutation { startSession(input: {graphId: "steps", task: "go"}) { session { id cursor } } }',
      }),
    );
    await using own = await startProgram({ ENV: 'development', PERSISTED_DOCUMENTS: file });
    const answer = await fetch(own.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ documentId: 'start' }),
    });
    const { data } = (await answer.json()) as {
      data: { startSession: { session: { id: string; cursor: string } } };
    };
    const { id, cursor } = data.startSession.session;
    const client: WatchClient =
      transport === 'sse'
        ? createSseClient({ url: own.url })
        : createWebSocketClient({ url: own.url.replace('http', 'ws'), webSocketImpl: WebSocket });
    const documents = { watch, newest: named('newest') };
    const states: WatchState[] = [];
    const options = { client, sessionId: id, untilSettled: true, documents };
    const names: string[] = [];
    for await (const { __typename } of watchSession({ ...options, after: beginning(id) }))
      names.push(__typename);
    expect(names.filter((name) => name === 'CheckpointSaved')).toHaveLength(8);
    // With a cursor that was read just now it is live at once.
    const onState = (state: WatchState) => states.push(state);
    const fresh = watchSession({ ...options, after: cursor, isNewest: true, onState });
    expect(states).toEqual(['live']);
    expect((await fresh.next()).value?.sequence).toBeGreaterThan(0);
    fresh.close();
  });
});

type PlacedEvent = { __typename: string; sequence: number; cursor: string };

/** A document of which only the hash is to be sent. */
function named(hash: string) {
  return {
    __meta__: { hash },
    toString: (): string => {
      throw new Error('its text was asked for');
    },
  };
}

it('its default events are typed as the schema has them', () => {
  const plain = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  expect(plain(DefaultEvents.toString())).toContain(plain(EVENT_FIELDS));
  type Generated = DefaultEventsSubscription['sessionProgress'];
  expectTypeOf<Generated>().toExtend<SessionEvent>();
});
