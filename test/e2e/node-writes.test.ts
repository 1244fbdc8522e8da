// What nodes write, in the events that tell of their end, and what tools say, as it is said.
import { createClient as createSseClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const WATCH = `subscription ($id: ID!, $after: String, $untilSettled: Boolean = false) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: $untilSettled) {
    __typename
    ... on NodeFinished { namespace node writes }
    ... on MessageDelta { node role text chunk }
  }
}`;

interface Event {
  readonly __typename: string;
  readonly namespace: string;
  readonly node: string;
  readonly writes: unknown;
}

async function watch(url: string, id: string): Promise<Event[]> {
  const after = Buffer.from(`${id}:0`).toString('base64url');
  return Array.fromAsync(eventsOf(url, { id, after, untilSettled: true }));
}

async function* eventsOf(url: string, variables: Readonly<Record<string, unknown>>) {
  const client = createSseClient({ url, headers: as('alice'), retryAttempts: 0 });
  try {
    const events = client.iterate<{ sessionProgress: Event }>({ query: WATCH, variables });
    for await (const { data } of events) if (data) yield data.sessionProgress;
  } finally {
    client.dispose();
  }
}

const writesIn = (events: readonly Event[]) =>
  events
    .filter(({ __typename }) => __typename === 'NodeFinished')
    .map(({ namespace, node, writes }) => [namespace.split(':')[0], node, writes]);

const OF_TOOL = {
  type: 'tool',
  content: 'means tea',
  name: 'lookUp',
  tool_call_id: 'call-1',
  status: 'success',
};

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  const parts = new AsyncDisposableStack();
  let program: Program;

  beforeAll(async () => {
    const { settings } = parts.use(await openEnvironment(ENV));
    program = parts.use(await startProgram({ ...settings, JWT_SECRET }));
  });
  afterAll(() => parts.disposeAsync());

  it('NodeFinished has what the node wrote, live and replayed', async () => {
    const alice = new User(program.url, as('alice'));
    const id = await alice.start({ graphId: 'writing', input: {} });
    const events = await watch(program.url, id);
    expect(writesIn(events)).toEqual([
      ['', 'keys', { trail: ['a'], text: 'small' }],
      ['', 'nothing', null],
      ['', 'twice', [{ trail: ['b'] }, { trail: ['c'] }]],
      ['child', 'within', { trail: ['within'] }],
      ['', 'child', { trail: ['a', 'b', 'c', 'within'] }],
      ['', 'call', { messages: [expect.objectContaining({ type: 'ai', id: 'asked' })] }],
      ['', 'tools', { messages: [expect.objectContaining(OF_TOOL)] }],
      ['', 'large', null],
      ['', 'fails', null],
    ]);
    const replayed = await watch(program.url, id);
    expect(writesIn(replayed)).toEqual(writesIn(events));
  });

  it('a task of the functional API has what it returned', async () => {
    const alice = new User(program.url, as('alice'));
    const id = await alice.start({ graphId: 'writingFunctional', input: 21 });
    expect(writesIn(await watch(program.url, id))).toEqual([
      [expect.any(String), 'double', 42],
      ['', 'doubled', { doubled: 42 }],
    ]);
  });

  it("MessageDelta has a tool's message, whole", async () => {
    const alice = new User(program.url, as('alice'));
    const id = await alice.start({ graphId: 'writing', input: {}, interruptBefore: ['tools'] });
    await alice.settled(id);
    let told: Event | undefined;
    for await (const event of eventsOf(program.url, { id })) {
      if (event.__typename === 'SessionSnapshot') await alice.resume({ sessionId: id });
      if (event.__typename === 'MessageDelta') told = event;
      if (event.__typename === 'NodeFinished' && event.node === 'tools') break;
    }
    expect(told).toMatchObject({ node: 'tools', role: 'TOOL', text: 'means tea', chunk: OF_TOOL });
  });
});
