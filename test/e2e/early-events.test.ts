// Who begins to watch while a run executes is told what runs, and how far it is, in whichever process the run is.
import { createClient as createSseClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { execute } from '../support/client.ts';
import { ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { Cancel } from '../support/operations.ts';
import { type Program, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const WATCH = `subscription ($id: ID!, $after: String) {
  sessionProgress(sessionId: $id, after: $after) {
    __typename
    ... on NodeStarted { namespace node }
    ... on CustomProgress { node payload }
    ... on NodeFinished { node }
  }
}`;

interface Event {
  readonly __typename: string;
  readonly node?: string;
  readonly payload?: unknown;
}

function isSecond(payload: unknown): boolean {
  return (payload as { done: number }).done === 2;
}

/** All that is told until it has been this. */
async function watchUntil(
  url: string,
  id: string,
  isLast: (events: readonly Event[]) => boolean,
  after: string | null = null,
) {
  const events: Event[] = [];
  const client = createSseClient({ url, headers: as('alice'), retryAttempts: 0 });
  for await (const { data } of client.iterate<{ sessionProgress: Event }>({
    query: WATCH,
    variables: { id, after },
  })) {
    if (data) events.push(data.sessionProgress);
    if (isLast(events)) break;
  }
  client.dispose();
  return events;
}

const progressOf = (events: readonly Event[]) =>
  events.filter(({ __typename }) => __typename === 'CustomProgress');

function isAllDone(all: readonly Event[]): boolean {
  return (
    progressOf(all).filter(({ payload }) => isSecond(payload)).length === 2 &&
    all.some(({ node, __typename }) => __typename === 'NodeFinished' && node === 'three')
  );
}

const beginningOf = (id: string) => Buffer.from(`${id}:0`).toString('base64url');

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  const parts = new AsyncDisposableStack();
  let worker: Program;
  let gateway: Program;

  beforeAll(async () => {
    const { settings } = parts.use(await openEnvironment(ENV));
    worker = parts.use(await startProgram({ ...settings, JWT_SECRET }));
    // Two processes on one file pass on what is durable alone.
    const isAlone = ENV === 'development' || ENV === 'sqlite';
    gateway = isAlone
      ? worker
      : parts.use(await startProgram({ ...settings, JWT_SECRET, ROLE: 'gateway' }));
  });
  afterAll(() => parts.disposeAsync());

  it('the nodes that run come first, each with its newest progress, and those that ended do not', async () => {
    const alice = new User(worker.url, as('alice'));
    const id = await alice.start({ graphId: 'absorbed', input: {} });
    // Until everything has happened that will.
    await watchUntil(worker.url, id, isAllDone, beginningOf(id));
    for (let n = 0; n < 2; n += 1) {
      const events = await watchUntil(gateway.url, id, (all) => progressOf(all).length >= 2);
      expect(events[0]?.__typename).toBe('SessionSnapshot');
      const started = events.filter(({ __typename }) => __typename === 'NodeStarted');
      expect(new Set(started.map(({ node }) => node))).toEqual(new Set(['one', 'two']));
      expect(started).toHaveLength(2);
      expect(progressOf(events).map(({ payload }) => payload)).toEqual([{ done: 2 }, { done: 2 }]);
    }
    await execute(worker.url, Cancel, { id }, as('alice'));
    await alice.settled(id);
    const after = await watchUntil(gateway.url, id, ({ length }) => length >= 1);
    expect(after.map(({ __typename }) => __typename)).toEqual(['SessionSnapshot']);
  });
});

it.each(['sqlite', 'staging', 'production'] as const)(
  'ENV=%s: what had finished before a takeover is not told as running after it',
  async (ENV) => {
    await using environment = await openEnvironment(ENV);
    const settings = { ...environment.settings, JWT_SECRET };
    const first = await startProgram(settings);
    const id = await new User(first.url, as('alice')).start({ graphId: 'absorbed', input: {} });
    await watchUntil(first.url, id, isAllDone, beginningOf(id));
    await first.end('SIGKILL');
    await using second = await startProgram(settings);
    // The next attempt runs two of the three nodes again.
    const isToldAgain = (all: readonly Event[]) =>
      progressOf(all).filter(({ payload }) => isSecond(payload)).length >= 2;
    await watchUntil(second.url, id, isToldAgain);
    const events = await watchUntil(second.url, id, (all) => progressOf(all).length >= 2);
    const started = events.filter(({ __typename }) => __typename === 'NodeStarted');
    expect(new Set(started.map(({ node }) => node))).toEqual(new Set(['one', 'two']));
    await execute(second.url, Cancel, { id }, as('alice'));
  },
);
