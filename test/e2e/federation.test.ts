// A gateway as a subgraph: it composes next to others, and answers what they refer to.
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { post } from '../support/client.ts';
import { type Environment, ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { type Program, runProgram, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])';
const PAGES =
  'type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }';
const TICKETS = `${LINK}
type Query { tickets: TicketConnection! }
type TicketConnection { nodes: [Ticket!]! pageInfo: PageInfo! }
${PAGES}
type Ticket @key(fields: "id") { id: ID! session: Session graph: Graph }
type Session @key(fields: "id", resolvable: false) { id: ID! }
type Graph @key(fields: "id", resolvable: false) { id: ID! }`;
const USERS = `${LINK}
type Query { me: User node(id: ID!): Node @shareable }
interface Node { id: ID! }
type User implements Node @key(fields: "id") { id: ID! name: String! lastSession: Session }
type Session @key(fields: "id") { id: ID! rating: Int }`;

const ENTITIES = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Session { id status state { json } interrupts { id value } }
    ... on Run { id runStatus: status }
    ... on Graph { id nodes }
    ... on Interrupt { id node }
  }
}`;

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;
  let alice: User;

  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    program = await startProgram({ ...environment.settings, JWT_SECRET, FEDERATION: 'true' });
    alice = new User(program.url, as('alice'));
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  it('answers references by their ids, to who owns them', async () => {
    const id = await alice.start({ graphId: 'ask', input: {} });
    const { interrupts } = await alice.settled(id);
    const { data } = await post(program.url, {
      query: `{ session(id: "${id}") { runs { nodes { id } } interrupts { id } } }`,
    });
    const { session } = data as {
      session: { runs: { nodes: { id: string }[] }; interrupts: { id: string }[] };
    };
    const representations = [
      { __typename: 'Session', id },
      { __typename: 'Run', id: session.runs.nodes[0]?.id },
      { __typename: 'Graph', id: 'ask' },
      { __typename: 'Interrupt', id: session.interrupts[0]?.id },
      // Not there, of another type, and twice.
      { __typename: 'Session', id: '00000000-0000-4000-8000-000000000000' },
      { __typename: 'Run', id },
      { __typename: 'Session', id },
    ];
    const body = { query: ENTITIES, variables: { representations } };
    const asked = { __typename: 'Session', id, status: 'INTERRUPTED' };
    expect((await post(program.url, body)).data).toMatchObject({
      _entities: [
        { ...asked, interrupts: interrupts.map(({ value }) => ({ value })) },
        { __typename: 'Run' },
        { __typename: 'Graph', id: 'ask' },
        { __typename: 'Interrupt' },
        null,
        null,
        asked,
      ],
    });
    const others = await post(program.url, body, as('bob'));
    expect(others.data).toMatchObject({
      _entities: [null, null, { __typename: 'Graph' }, null, null, null, null],
    });
  });

  it('answers as many at once as a page of another subgraph refers to', async () => {
    const ids = await Promise.all(
      Array.from({ length: 120 }, () => alice.start({ graphId: 'ask', input: {} })),
    );
    const representations = ids.map((id) => ({ __typename: 'Session', id }));
    const { data } = await post(program.url, { query: ENTITIES, variables: { representations } });
    expect((data as { _entities: { id: string }[] })._entities.map(({ id }) => id)).toEqual(ids);
    // Who stitches asks for each by an alias.
    const aliases = ids.slice(0, 90).map((id, n) => `a${n}: session(id: "${id}") { id }`);
    expect(
      Object.keys((await post(program.url, { query: `{ ${aliases.join(' ')} }` })).data as object),
    ).toHaveLength(90);
  });

  it.each([
    [[{ __typename: 'Session' }]],
    [[{ id: 'x' }]],
    [[{ __typename: 'Query', id: 'x' }]],
    [['Session']],
    [Array.from({ length: 1001 }, (_, n) => ({ __typename: 'Graph', id: `${n}` }))],
  ])('refuses what refers to nothing', async (representations) => {
    const { errors } = await post(program.url, {
      query: '{ _entities(representations: $r) { __typename } }'.replace(
        '{',
        'query ($r: [_Any!]!) {',
      ),
      variables: { r: representations },
    });
    expect(errors?.[0]?.extensions.code).toBe('INVALID_INPUT');
  });
});

it('composes with other subgraphs, its types in their places', async () => {
  await using program = await startProgram({ ENV: 'development', FEDERATION: 'true' });
  const { data } = await post(program.url, { query: '{ _service { sdl } }' }, {});
  const { sdl } = (data as { _service: { sdl: string } })._service;
  const printed = await runProgram({ FEDERATION: 'true' }, ['schema']);
  expect(printed.output).toContain(sdl);
  const composed = composeServices([
    { name: 'agents', typeDefs: parse(sdl), url: program.url },
    { name: 'tickets', typeDefs: parse(TICKETS), url: 'http://127.0.0.1/tickets' },
    { name: 'users', typeDefs: parse(USERS), url: 'http://127.0.0.1/users' },
  ]);
  expect(composed.errors ?? []).toEqual([]);
  expect(composed.publicSdl).toMatch(/type Ticket[^}]*session: Session/);
  expect(composed.publicSdl).toMatch(/type Session[^}]*rating: Int/s);
  expect(composed.publicSdl).toContain('sessionProgress(');
});

const AGENTS = `${LINK}
type Query { tickets: [Ticket!]! }
"What this team means by them."
type Run { distance: Float! }
type Session { startsAt: String! }
enum RunStatus { DONE }
input SessionFilter { room: String }
type Ticket @key(fields: "id") { id: ID! session: AgentsSession room: Session run: Run status(in: SessionFilter): RunStatus }
type AgentsSession @key(fields: "id", resolvable: false) { id: ID! }
${PAGES}`;

describe('with TYPE_PREFIX', () => {
  const parts = new AsyncDisposableStack();
  const settings = { ENV: 'development', FEDERATION: 'true', TYPE_PREFIX: 'Agents' };
  let program: Program;
  const local = { 'x-user-id': 'local' };

  beforeAll(async () => {
    program = parts.use(await startProgram(settings));
  });
  afterAll(() => parts.disposeAsync());

  it('composes with a subgraph that has other types of the same names', async () => {
    const { data } = await post(program.url, { query: '{ _service { sdl } }' }, {});
    const { sdl } = (data as { _service: { sdl: string } })._service;
    expect((await runProgram(settings, ['schema'])).output).toContain(sdl);
    const composed = composeServices([
      { name: 'agents', typeDefs: parse(sdl), url: program.url },
      { name: 'tickets', typeDefs: parse(AGENTS), url: 'http://127.0.0.1/tickets' },
    ]);
    expect(composed.errors ?? []).toEqual([]);
    expect(composed.publicSdl).toMatch(/type AgentsSession[^}]*status: AgentsSessionStatus!/s);
    expect(composed.publicSdl).toMatch(/type Run \{[^}]*distance: Float!/s);
  });

  it('answers by its own names, and clients of the contract by theirs', async () => {
    const user = new User(program.url, local);
    const id = await user.start({ graphId: 'ask', input: {} });
    await user.settled(id);
    const look = async (query: string) =>
      (await post(program.url, { query, variables: { id } }, local)).data;
    const fields = '{ __typename ... on PREFIXSession { latestRun { __typename } } }';
    const asked = (prefix: string) =>
      `query ($id: ID!) { node(id: $id) ${fields.replace('PREFIX', prefix)} }`;
    expect(await look(asked('Agents'))).toEqual({
      node: { __typename: 'AgentsSession', latestRun: { __typename: 'AgentsRun' } },
    });
    expect(await look(asked(''))).toEqual({
      node: { __typename: 'Session', latestRun: { __typename: 'Run' } },
    });
    // Words within strings and comments name no type.
    const said = `query ($id: ID!) { # on Session
      sessions(first: 1, filter: { graphId: "depends on Session" }) { nodes { id } }
      node(id: $id) { __typename ... on AgentsSession { id } }
    }`;
    expect(await look(said)).toEqual({
      sessions: { nodes: [] },
      node: { __typename: 'AgentsSession', id },
    });
    expect(await look('{ __type(name: "AgentsGraphState") { kind } }')).toEqual({
      __type: { kind: 'INTERFACE' },
    });
    const representations = [
      { __typename: 'AgentsSession', id },
      { __typename: 'AgentsGraph', id: 'ask' },
    ];
    const query = `query ($of: [_Any!]!) {
      _entities(representations: $of) { __typename ... on AgentsSession { state { __typename } } }
    }`;
    expect(
      (await post(program.url, { query, variables: { of: representations } }, local)).data,
    ).toEqual({
      _entities: [
        { __typename: 'AgentsSession', state: { __typename: expect.stringMatching(/^Agents/) } },
        { __typename: 'AgentsGraph' },
      ],
    });
    // The events of a subscription, through either.
    const events = await user.events(id, { after: Buffer.from(`${id}:0`).toString('base64url') });
    expect(events.map(({ type }) => type)).toContain('CheckpointSaved');
    const client = createSseClient({ url: program.url, headers: local, retryAttempts: 0 });
    const names = [];
    const watched = client.iterate<{ sessionProgress: { __typename: string } }>({
      query: `subscription ($id: ID!) { sessionProgress(sessionId: $id, untilSettled: true) {
        __typename ... on AgentsSessionSnapshot { sequence }
      } }`,
      variables: { id },
    });
    for await (const { data } of watched) names.push(data?.sessionProgress.__typename);
    client.dispose();
    expect(names).toEqual(['AgentsSessionSnapshot']);
  });
});

it('is no subgraph where that is not asked for', async () => {
  await using program = await startProgram({ ENV: 'development' });
  const { errors } = await post(program.url, { query: '{ _service { sdl } }' }, {});
  expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
});
