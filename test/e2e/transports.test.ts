// What clients and proxies of GraphQL expect of HTTP and WebSocket beside the contract itself.
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createHash } from 'node:crypto';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { type Headers, post } from '../support/client.ts';
import { type Program, runProgram, startProgram, temporaryFolder } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { User } from '../support/user.ts';

const GRAPHS = '{ graphs { id } }';
const WATCH = `subscription ($id: ID!, $after: String) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: true) { __typename cursor }
}`;
const MINE = '{ sessions(first: 10) { nodes { id ownerId } } }';
const ORIGIN = 'https://app.example.com';
const settings = { ENV: 'development', JWT_SECRET, CORS_ORIGINS: ORIGIN };

let program: Program;
let alice: User;

beforeAll(async () => {
  program = await startProgram(settings);
  alice = new User(program.url, as('alice'));
});
afterAll(() => program[Symbol.asyncDispose]());

/** A session that has asked, with the cursor of its beginning. */
async function asked(): Promise<{ id: string; after: string }> {
  const id = await alice.start({ graphId: 'ask', input: {} });
  await alice.settled(id);
  return { id, after: Buffer.from(`${id}:0`).toString('base64url') };
}

function streamed(accept: string, variables: object): Promise<Response> {
  return fetch(program.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...as('alice') },
    body: JSON.stringify({ query: WATCH, variables }),
  });
}

describe('a subscription over HTTP', () => {
  it('comes in parts to Apollo Client with nothing but its HttpLink', async () => {
    const client = new ApolloClient({
      link: new HttpLink({ uri: program.url, headers: as('alice') }),
      cache: new InMemoryCache(),
    });
    const events: string[] = [];
    const variables = await asked();
    await new Promise<void>((resolve, reject) => {
      client
        .subscribe<{ sessionProgress: { __typename: string } }>({ query: gql(WATCH), variables })
        .subscribe({
          next({ data, error }) {
            if (error !== undefined) reject(error);
            if (data) events.push(data.sessionProgress.__typename);
          },
          error: reject,
          complete: resolve,
        });
    });
    expect(events).toEqual([
      'RunStatusChanged',
      'RunStatusChanged',
      'CheckpointSaved',
      'CheckpointSaved',
      'InterruptsRaised',
      'RunStatusChanged',
    ]);
    client.stop();
  });

  it('tells in parts what is wrong with it, too', async () => {
    const client = new ApolloClient({
      link: new HttpLink({ uri: program.url, headers: as('alice') }),
      cache: new InMemoryCache(),
    });
    const variables = { id: '00000000-0000-4000-8000-000000000000' };
    const told = await new Promise((resolve) => {
      client
        .subscribe({ query: gql(WATCH), variables, errorPolicy: 'all' })
        .subscribe({ next: ({ error }) => resolve(error), error: resolve });
    });
    expect(String(told)).toContain('There is no session');
    client.stop();
  });

  it('tells who accepts parts alone why it is refused', async () => {
    for (const accept of ['multipart/mixed', 'MULTIPART/MIXED; subscriptionSpec="1.0"']) {
      const response = await streamed(accept, { id: 'x' });
      expect(await response.json()).toMatchObject({
        errors: [{ extensions: { code: 'INVALID_INPUT' } }],
      });
    }
  });

  it('says how it may be had to who accepts one answer only', async () => {
    const response = await streamed('application/json', await asked());
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({
      errors: [
        {
          message: expect.stringContaining('text/event-stream') as string,
          extensions: { code: 'INVALID_INPUT' },
        },
      ],
    });
  });

  it('has a real event as its first, for clients that take `retry` alone for one', async () => {
    const response = await streamed('text/event-stream', await asked());
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('cache-control')).toContain('no-transform');
    const blocks = (await response.text()).split('\n\n').filter((block) => block !== ':');
    expect(blocks[0]).toMatch(/^retry: 1000\nevent: next\nid: \S+\ndata: \{/);
    expect(blocks.slice(1, -2).every((block) => block.startsWith('event: next\nid: '))).toBe(true);
  });
});

describe('documents by their hash', () => {
  it('are given up by Apollo Client after the first', async () => {
    let requests = 0;
    const client = new ApolloClient({
      link: new PersistedQueryLink({
        sha256: (text) => createHash('sha256').update(text).digest('hex'),
      }).concat(
        new HttpLink({
          uri: program.url,
          headers: as('alice'),
          fetch: (url, options) => {
            requests += 1;
            return fetch(url, options);
          },
        }),
      ),
      cache: new InMemoryCache(),
      defaultOptions: { query: { fetchPolicy: 'no-cache' } },
    });
    for (let n = 0; n < 3; n += 1)
      expect((await client.query({ query: gql(GRAPHS) })).data).toHaveProperty('graphs');
    expect(requests).toBe(4);
    client.stop();
  });

  it('are given up by urql after the first', async () => {
    let requests = 0;
    const client = new Client({
      url: program.url,
      preferGetMethod: false,
      requestPolicy: 'network-only',
      fetchOptions: { headers: as('alice') },
      fetch: (url, options) => {
        requests += 1;
        return fetch(url, options);
      },
      exchanges: [persistedExchange({ preferGetForPersistedQueries: false }), fetchExchange],
    });
    for (let n = 0; n < 3; n += 1) {
      const { data, error } = await client.query(GRAPHS, {}).toPromise();
      expect(error).toBeUndefined();
      expect(data).toHaveProperty('graphs');
    }
    expect(requests).toBe(4);
  });

  it('may be a manifest of Apollo, whose clients name them by its ids', async () => {
    using folder = temporaryFolder();
    const file = `${folder.path}/manifest.json`;
    const operations = [{ id: 'abc', name: 'Graphs', type: 'query', body: GRAPHS }];
    const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations };
    writeFileSync(file, JSON.stringify(manifest));
    await using locked = await startProgram({ ENV: 'development', PERSISTED_DOCUMENTS: file });
    const byHash = (sha256Hash: string, query?: string) =>
      post(locked.url, { query, extensions: { persistedQuery: { version: 1, sha256Hash } } });
    expect(await byHash('abc')).toMatchObject({ data: { graphs: expect.any(Array) as unknown[] } });
    expect((await byHash('gone')).errors?.[0]).toMatchObject({
      message: 'PersistedQueryNotFound',
      extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
    });
    // Sent with its text, it is refused for good.
    expect((await byHash('gone', '{ graphs { name } }')).errors?.[0]?.message).toContain(
      'executes only the operations it was given',
    );
  });

  it.each([
    ['[1]'],
    ['{"a": 1}'],
    ['{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}'],
    ['{'],
  ])('that a file has as %s are refused in one line', async (content) => {
    using folder = temporaryFolder();
    const file = `${folder.path}/documents.json`;
    writeFileSync(file, content);
    const { code, output } = await runProgram({ ENV: 'development', PERSISTED_DOCUMENTS: file });
    expect(code).toBe(1);
    expect(output).toMatch(/PERSISTED_DOCUMENTS=\S+ must be a JSON file of documents[^\n]*\n$/);
  });
});

describe('a WebSocket', () => {
  async function open(url: string, headers: Headers, init?: object): Promise<RawSocket> {
    const socket = await RawSocket.open(url, undefined, headers);
    socket.send({ type: 'connection_init', ...(init && { payload: init }) });
    return socket;
  }

  it('is of the user of its upgrade request where connection_init names none', async () => {
    const id = await alice.start({ graphId: 'ask', input: {} });
    const mine = {
      data: { sessions: { nodes: expect.arrayContaining([{ id, ownerId: 'alice' }]) as unknown } },
    };
    for (const init of [undefined, {}, { other: 1 }]) {
      using socket = await open(program.url, as('alice'), init);
      await socket.next('connection_ack');
      socket.subscribe('1', MINE, {});
      expect((await socket.next('next', '1')).payload).toMatchObject(mine);
    }
    using bobs = await open(program.url, as('alice'), as('bob'));
    await bobs.next('connection_ack');
    bobs.subscribe('1', MINE, {});
    expect((await bobs.next('next', '1')).payload).toEqual({ data: { sessions: { nodes: [] } } });
    using nobodys = await open(program.url, { authorization: 'Bearer no' }, {});
    expect(await nobodys.closed).toBe(4403);
    // What connection_init says counts, right or wrong.
    using wrong = await open(program.url, as('alice'), { authorization: 'Bearer no' });
    expect(await wrong.closed).toBe(4403);
    // A page of another site sends cookies, and those say nothing.
    using cookies = await open(program.url, { cookie: 'authorization=x' }, {});
    expect(await cookies.closed).toBe(4403);
  });

  it('is of the x-user-id of its upgrade request where anybody is believed', async () => {
    await using open_ = await startProgram({ ENV: 'development' });
    const carol = new User(open_.url, { 'x-user-id': 'carol' });
    const id = await carol.start({ graphId: 'ask', input: {} });
    using socket = await open(open_.url, { 'x-user-id': 'carol' }, {});
    await socket.next('connection_ack');
    socket.subscribe('1', MINE, {});
    expect((await socket.next('next', '1')).payload).toEqual({
      data: { sessions: { nodes: [{ id, ownerId: 'carol' }] } },
    });
  });
});

it('a page of a listed origin may send any header, and one of another none', async () => {
  const names =
    'apollographql-client-name,apollographql-client-version,baggage,sentry-trace,x-api-key';
  const preflight = (origin: string) =>
    fetch(program.url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': names,
      },
    });
  const listed = await preflight(ORIGIN);
  expect(listed.headers.get('access-control-allow-headers')).toBe(names);
  expect(listed.headers.get('access-control-allow-credentials')).toBeNull();
  const other = await preflight('https://evil.example.com');
  expect(other.headers.get('access-control-allow-headers')).toBeNull();
  expect(other.headers.get('access-control-allow-origin')).toBeNull();
});

it('long answers are compressed for who takes them so, and short ones never', async () => {
  const ask = (encoding: string, query: string) =>
    fetch(program.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': encoding, ...as('alice') },
      body: JSON.stringify({ query }),
    });
  const long = '{ __schema { types { name description fields { name description } } } }';
  const plain = await (await ask('identity', long)).text();
  for (const encoding of ['br', 'gzip']) {
    const response = await ask(encoding, long);
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toContain('Accept-Encoding');
    expect(await response.text()).toBe(plain);
  }
  expect((await ask('identity', long)).headers.get('content-encoding')).toBeNull();
  const short = await ask('br, gzip', '{ __typename }');
  expect(short.headers.get('content-encoding')).toBeNull();
  expect(await short.json()).toEqual({ data: { __typename: 'Query' } });
});

it('the contract is found in the package by its name', () => {
  expect(existsSync(fileURLToPath(import.meta.resolve('session-gateway/schema.graphql')))).toBe(
    true,
  );
});
