// What a client may ask for, how often, from which pages; and what it is told where it may not.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { post } from '../support/client.ts';
import { ENVIRONMENTS, type Environment, openEnvironment } from '../support/environments.ts';
import { type Program, runProgram, startProgram, temporaryFolder } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';

const GRAPHS = '{ graphs { id } }';

/** The code and the message of what the request is refused with, over HTTP and over WebSocket, which must agree. */
async function refusals(url: string, body: { query: string; variables?: object }) {
  const { errors } = await post(url, body);
  using socket = await RawSocket.connect(url, as('alice'));
  socket.subscribe('1', body.query, body.variables ?? {});
  const { payload } = await socket.next('error', '1');
  const [overSocket] = payload as NonNullable<typeof errors>;
  expect(overSocket?.extensions.code).toBe(errors?.[0]?.extensions.code);
  return { code: errors?.[0]?.extensions.code, message: errors?.[0]?.message };
}

describe('an operation that asks for too much', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({
      ENV: 'development',
      MAX_QUERY_TOKENS: '3000',
      MAX_QUERY_FIELDS: '200',
      MAX_BODY_BYTES: '5000000',
    });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  const nested = (depth: number) =>
    `{ sessions(first: 1) { nodes ${'{ checkpoint { session '.repeat(depth)}{ id }${' } }'.repeat(depth)} } }`;
  const ping = (depth: number) =>
    Array.from(
      { length: depth },
      (_, n) =>
        `fragment f${n} on Session { a${n}: forks(first: 1) { nodes { ...f${n + 1} } } b${n}: forks(first: 1) { nodes { ...f${n + 1} } } }`,
    ).join(' ');

  it.each([
    ['deep', nested(12), 'MAX_QUERY_DEPTH'],
    [
      'wide',
      `{ ${Array.from({ length: 40 }, (_, n) => `a${n}: graphs { id description nodes inputSchema stateSchema }`).join(' ')} }`,
      'MAX_QUERY_FIELDS',
    ],
    [
      'aliased',
      `{ ${Array.from({ length: 60 }, (_, n) => `a${n}: graphs { id }`).join(' ')} }`,
      'MAX_QUERY_ALIASES',
    ],
    ['long', `{ graphs { ${'id '.repeat(5000)} } }`, 'MAX_QUERY_TOKENS'],
    [
      'a list of lists',
      '{ sessions(first: 100) { nodes { forks(first: 100) { nodes { id } } } } }',
      'MAX_QUERY_COST',
    ],
    [
      'fragments that double',
      `{ sessions { nodes { ...f0 } } } ${ping(6)} fragment f6 on Session { id }`,
      'MAX_QUERY_',
    ],
    [
      'edges and nodes',
      '{ sessions(first: 100) { edges { node { runs(first: 100) { nodes { id } } } } } }',
      'MAX_QUERY_COST',
    ],
  ])('is refused before it is executed: %s', async (_what, query, setting) => {
    const begun = performance.now();
    const { code, message } = await refusals(program.url, { query });
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(code).toBe('LIMIT_EXCEEDED');
    expect(message).toContain(setting);
  });

  it('a list counts as often as its variable says, each time anew', async () => {
    const query =
      'query ($first: Int) { sessions(first: $first) { nodes { runs(first: 50) { nodes { id status } } } } }';
    expect((await post(program.url, { query, variables: { first: 10 } })).errors).toBeUndefined();
    expect(await refusals(program.url, { query, variables: { first: 100 } })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect((await post(program.url, { query, variables: { first: 10 } })).errors).toBeUndefined();
  });

  it('fragments that spread themselves are no operation', async () => {
    const query =
      '{ sessions { nodes { ...a } } } fragment a on Session { forks { nodes { ...b } } } fragment b on Session { forks { nodes { ...a } } }';
    expect(await refusals(program.url, { query })).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
  });

  it('what is refused is the client’s to mend, by its status too', async () => {
    const query = '{ sessions(first: 100) { nodes { forks(first: 100) { nodes { id } } } } }';
    for (const [accept, status] of [
      ['application/json', 200],
      ['application/graphql-response+json', 400],
    ] as const) {
      const response = await fetch(program.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ query }),
      });
      expect(response.status).toBe(status);
    }
  });

  it('fields that could be one are not compared without end', async () => {
    const begun = performance.now();
    for (let n = 0; n < 20; n += 1) {
      const query = `query Q${n} { sessions(first: 1) { nodes { ${'checkpoint { id } '.repeat(70)} } } }`;
      const { errors } = await post(program.url, { query });
      expect(errors?.[0]?.message).toContain('selects `checkpoint` 70 times');
    }
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it.each([
    ['too many', 300_000, 'SUCCEEDED', '`$s` has 300000 items'],
    ['too many, all wrong', 300_000, 1, '`$s` has 300000 items'],
    ['wrong', 10_000, 1, 'cannot represent non-string value'],
  ])('a list of variables is not looked at without end: %s', async (_what, count, item, told) => {
    const query =
      'query ($s: [SessionStatus!]) { sessions(filter: { status: $s }) { nodes { id } } }';
    const begun = performance.now();
    const variables = { s: Array<unknown>(count).fill(item) };
    const { errors } = await post(program.url, { query, variables });
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(errors?.[0]?.message).toContain(told);
    expect(errors?.[0]?.extensions.code).toMatch(/INVALID_INPUT|GRAPHQL_VALIDATION_FAILED/);
  });

  it('a status that is named often counts once', async () => {
    const query =
      'query ($s: [SessionStatus!]) { sessions(filter: { status: $s }) { nodes { id } } }';
    const variables = { s: Array<string>(10_000).fill('SUCCEEDED') };
    expect(await post(program.url, { query, variables })).toMatchObject({
      data: { sessions: { nodes: [] } },
    });
  });

  it('documents that are not good are not kept', async () => {
    // Kept, they would take 140 MB: the process would end.
    await using small = await startProgram({
      ENV: 'development',
      NODE_OPTIONS: '--max-old-space-size=160',
    });
    const names = Array.from({ length: 200 }, (_, field) => `f${field}`).join(' ');
    for (let n = 0; n < 900; n += 1) {
      const query = `{ q${n} ${names} }`;
      const { errors } = await post(small.url, { query }, { 'x-user-id': `u${n % 50}` });
      expect(errors?.length).toBeLessThanOrEqual(21);
    }
  });

  it('a batch is none', async () => {
    const { status, errors } = await post(program.url, [{ query: GRAPHS }, { query: GRAPHS }]);
    expect({ status, code: errors?.[0]?.extensions.code }).toEqual({
      status: 400,
      code: 'INVALID_INPUT',
    });
  });

  it('errors of validation say whether trying again helps', async () => {
    const { errors } = await post(program.url, { query: '{ nothing }' });
    expect(errors?.[0]?.extensions).toEqual({
      code: 'GRAPHQL_VALIDATION_FAILED',
      retryable: false,
    });
  });
});

describe('a body', () => {
  it('is read no further than MAX_BODY_BYTES, whatever it says of its length, and no longer than REQUEST_TIMEOUT', async () => {
    await using program = await startProgram({
      ENV: 'development',
      MAX_BODY_BYTES: '4096',
      REQUEST_TIMEOUT: '1s',
    });
    const headers = { 'content-type': 'application/json' };
    const long = JSON.stringify({ query: GRAPHS, variables: { pad: 'x'.repeat(10_000) } });
    const told = await fetch(program.url, { method: 'POST', headers, body: long });
    expect(told.status).toBe(413);
    const chunked = await fetch(program.url, {
      method: 'POST',
      headers,
      body: new Blob([long]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
    const { hostname, port } = new URL(program.url);
    const slow = connect(Number(port), hostname);
    slow.write(
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    const begun = Date.now();
    await once(slow.resume(), 'close');
    expect(Date.now() - begun).toBeLessThan(8000);
    expect((await post(program.url, { query: GRAPHS })).errors).toBeUndefined();
  });
});

describe('what is long', () => {
  const long = { query: GRAPHS, variables: { pad: 'x'.repeat(1_000_000) } };
  const nested = `{"query":"${GRAPHS}","variables":{"a":${'['.repeat(1000)}${']'.repeat(1000)}}}`;

  it('counts as a request for each 64 KiB, over HTTP and WebSocket', async () => {
    await using program = await startProgram({ ENV: 'development', REQUESTS_PER_USER: '70' });
    const codes = [];
    for (let n = 0; n < 5; n += 1) {
      const { errors } = await post(program.url, long);
      codes.push(errors?.[0]?.extensions.code);
    }
    expect(codes).toEqual([...Array<undefined>(3).fill(undefined), 'RATE_LIMITED', 'RATE_LIMITED']);
    using socket = await RawSocket.connect(program.url, { 'x-user-id': 'bob' });
    for (let n = 0; n < 5; n += 1) socket.send({ type: 'ping', payload: long });
    expect(await socket.closed).toBe(4430);
    using unknown = await RawSocket.open(program.url);
    unknown.send({ type: 'ping', payload: long });
    expect(await unknown.closed).toBe(4400);
  });

  it('is not read without end where it is refused: the connection is closed', async () => {
    await using program = await startProgram({ ENV: 'development', MAX_BODY_BYTES: '100000' });
    const { hostname, port, host } = new URL(program.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 413/);
    expect(answer.toString().toLowerCase()).toContain('connection: close');
    await once(socket, 'close');
  });

  it('is refused where it is nested without end, before it is parsed', async () => {
    await using program = await startProgram({ ENV: 'development' });
    const response = await fetch(program.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: nested,
    });
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'The request is nested more than 116 deep.' }],
    });
    using socket = await RawSocket.connect(program.url, as('alice'));
    socket.send(`{"type":"subscribe","id":"1","payload":${nested}}`);
    expect(await socket.closed).toBe(4400);
    // What only looks nested is text.
    const text = '[{'.repeat(500) + '\\"'.repeat(500);
    const { errors } = await post(program.url, { query: GRAPHS, variables: { text } });
    expect(errors).toBeUndefined();
  });
});

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  beforeAll(async () => {
    environment = await openEnvironment(ENV);
  });
  afterAll(() => environment[Symbol.asyncDispose]());

  it('REQUESTS_PER_USER and REQUESTS_PER_ADDRESS hold over HTTP and WebSocket, in all processes together where there is a Redis', async () => {
    const shared = ENV === 'staging' || ENV === 'production';
    const settings = {
      ...environment.settings,
      REQUESTS_PER_USER: '12',
      REQUESTS_PER_ADDRESS: '40',
      JWT_SECRET,
      TRUSTED_PROXIES: 'loopback',
    };
    await using one = await startProgram(settings);
    await using two = shared ? await startProgram({ ...settings, ROLE: 'gateway' }) : null;
    const urls = [one.url, two?.url ?? one.url];
    const ask = (n: number, user: string, from: string) =>
      fetch(urls[n % 2] ?? '', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': from, ...as(user) },
        body: JSON.stringify({ query: GRAPHS }),
      });
    // Its document is known to both by then.
    for (const n of [0, 1]) await ask(n, `first-${n}`, '10.0.0.99');
    for (let n = 0; n < 12; n += 1) expect((await ask(n, 'alice', '10.0.0.1')).status).toBe(200);
    const refused = await ask(1, 'alice', '10.0.0.2');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      errors: [
        {
          extensions: {
            code: 'RATE_LIMITED',
            retryable: true,
            retryAfter: expect.any(Number) as number,
          },
        },
      ],
    });
    using late = await RawSocket.open(one.url);
    late.send({ type: 'connection_init', payload: as('alice') });
    expect(await late.closed).toBe(4430);
    // A connection counts as a request, and so does each operation on it.
    using socket = await RawSocket.connect(one.url, as('carol'));
    for (let n = 0; n < 11; n += 1) {
      socket.subscribe(`${n}`, GRAPHS, {});
      await socket.next('complete', `${n}`);
    }
    socket.subscribe('11', GRAPHS, {});
    expect((await socket.next('error', '11')).payload).toMatchObject([
      { extensions: { code: 'RATE_LIMITED' } },
    ]);
    // Bob is another, until his address has asked too often.
    const statuses = [];
    for (let n = 0; n < 45; n += 1) statuses.push((await ask(n, `bob-${n}`, '10.0.0.9')).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(40);
    expect((await ask(0, 'bob', '10.0.0.10')).status).toBe(200);
  });
});

it('a new document counts for more than one that is known', async () => {
  await using program = await startProgram({ ENV: 'development', REQUESTS_PER_USER: '100' });
  const statuses = [];
  for (let n = 0; n < 15; n += 1)
    statuses.push((await post(program.url, { query: `query Q${n} { graphs { id } }` })).status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(10);
});

it('an operation counts by what it costs, over HTTP and WebSocket', async () => {
  await using program = await startProgram({ ENV: 'development', REQUESTS_PER_USER: '200' });
  const dear = '{ sessions(first: 100) { nodes { id graphId ownerId task status metadata } } }';
  const cheap = async (user: string) =>
    (await post(program.url, { query: GRAPHS }, as(user))).status;
  const statuses = [];
  for (let n = 0; n < 40; n += 1) {
    const { status, errors } = await post(program.url, { query: dear }, as('alice'));
    statuses.push(status);
    expect(errors?.[0]?.extensions.code).toBe(status === 200 ? undefined : 'RATE_LIMITED');
  }
  const served = statuses.filter((status) => status === 200).length;
  expect(served).toBeGreaterThan(10);
  expect(served).toBeLessThan(35);
  expect(statuses.at(-1)).toBe(429);
  expect(await cheap('alice')).toBe(429);
  using socket = await RawSocket.connect(program.url, as('bob'));
  for (let n = 0; n < 40; n += 1) socket.subscribe(`${n}`, dear, {});
  // A message that is refused itself ends with an error; an operation that costs too much, with a result that says so.
  await expect
    .poll(() => socket.messages.filter(({ type }) => type === 'complete' || type === 'error'))
    .toHaveLength(40);
  const answered = socket.messages.filter(({ type, payload }) => {
    return type === 'next' && !('errors' in (payload as object));
  });
  expect(answered.length).toBeGreaterThan(10);
  expect(answered.length).toBeLessThan(35);
  // What costs little is not dearer than it was.
  const cheaply = [];
  for (let n = 0; n < 150; n += 1) cheaply.push(await cheap('carol'));
  expect(new Set(cheaply)).toEqual(new Set([200]));
});

it('a request may name the whole address, as proxies do; one that names none is refused', async () => {
  await using program = await startProgram({ ENV: 'development' });
  const { hostname, port, host } = new URL(program.url);
  const answer = async (target: string) => {
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    const [data] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return data.toString();
  };
  const query = `?query=${encodeURIComponent(GRAPHS)}`;
  expect(await answer(`http://${host}/graphql${query}`)).toMatch(/^HTTP\/1.1 200/);
  for (const target of ['http://', 'nonsense', '*'])
    expect(await answer(target)).toMatch(/^HTTP\/1.1 (400|404)/);
});

describe('addresses', () => {
  it('are those of the sockets where no proxy is trusted, and networks for version 6', async () => {
    const settings = { ENV: 'development', REQUESTS_PER_ADDRESS: '3', JWT_SECRET };
    await using direct = await startProgram(settings);
    await using behind = await startProgram({ ...settings, TRUSTED_PROXIES: '127.0.0.0/8' });
    const ask = async (url: string, from: string) =>
      (
        await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': from, ...as('alice') },
          body: JSON.stringify({ query: GRAPHS }),
        })
      ).status;
    const direct4 = [];
    for (let n = 0; n < 4; n += 1) direct4.push(await ask(direct.url, `10.0.0.${n}`));
    expect(direct4).toEqual([200, 200, 200, 429]);
    const network = [];
    for (let n = 0; n < 4; n += 1) network.push(await ask(behind.url, `2001:db8:1:2::${n}`));
    expect(network).toEqual([200, 200, 200, 429]);
    expect(await ask(behind.url, '2001:db8:1:3::1')).toBe(200);
    const ports = [];
    for (let n = 0; n < 4; n += 1) ports.push(await ask(behind.url, `7.7.7.7:${1000 + n}`));
    expect(ports).toEqual([200, 200, 200, 429]);
  });

  it('TRUSTED_PROXIES that are none stop the start', async () => {
    const { code, output } = await runProgram({ ENV: 'development', TRUSTED_PROXIES: 'nonsense' });
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringContaining('TRUSTED_PROXIES') as string,
    });
  });
});

describe('pages', () => {
  const upgrade = (url: string, headers: Record<string, string>) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
      socket.on('open', () => (resolve(101), socket.terminate()));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.on('error', () => undefined);
    });
  const ask = async (url: string, headers: Record<string, string>) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...as('alice'), ...headers },
      body: JSON.stringify({ query: GRAPHS }),
    });
    return [response.status, response.headers.get('access-control-allow-origin')];
  };

  it('of other sites may use the gateway where CORS_ORIGINS lists them, over HTTP and WebSocket', async () => {
    await using environment = await openEnvironment('production');
    await using program = await startProgram({
      ...environment.settings,
      CORS_ORIGINS: 'https://app.example.com, https://b.example.com',
    });
    const { host } = new URL(program.url);
    for (const origin of ['https://app.example.com', 'https://b.example.com']) {
      expect(await ask(program.url, { origin })).toEqual([200, origin]);
      expect(await upgrade(program.url, { origin })).toBe(101);
    }
    for (const origin of [
      'https://evil.example.com',
      'http://app.example.com',
      'null',
      'http://localhost:5173',
      'nonsense',
    ]) {
      expect(await ask(program.url, { origin })).toEqual([403, null]);
      expect(await upgrade(program.url, { origin })).toBe(403);
    }
    // What a page asks for without reading it, such as a picture, has no origin.
    expect(await ask(program.url, { 'sec-fetch-site': 'cross-site' })).toEqual([403, null]);
    // Its own pages, and programs.
    expect(await ask(program.url, { origin: `http://${host}` })).toEqual([200, null]);
    expect(await upgrade(program.url, { origin: `http://${host}` })).toBe(101);
    expect(
      await upgrade(program.url, {
        origin: 'https://public.example.com',
        'sec-fetch-site': 'same-origin',
      }),
    ).toBe(101);
    expect(await upgrade(program.url, {})).toBe(101);
    const preflight = await fetch(program.url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,authorization',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    // Off in production: GraphiQL, the schema, and hints at it.
    const page = await fetch(program.url, { headers: { accept: 'text/html' } });
    expect(await page.text()).not.toContain('<script');
    expect(
      (await post(program.url, { query: '{ __schema { types { name } } }' })).errors?.[0]?.message,
    ).toContain('introspection');
    expect(
      (await post(program.url, { query: '{ graph { i } }' })).errors
        ?.map(({ message }) => message)
        .join(),
    ).not.toContain('Did you mean');
    for (const path of ['', '/../health', '/../metrics', '/../nothing']) {
      const { headers } = await fetch(new URL(`/graphql${path}`, program.url));
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('while developing: those of this machine; and a name that only points here is not answered', async () => {
    await using program = await startProgram({ ENV: 'development' });
    expect(await ask(program.url, { origin: 'http://localhost:5173' })).toEqual([
      200,
      'http://localhost:5173',
    ]);
    expect(await ask(program.url, { origin: 'https://evil.example.com' })).toEqual([403, null]);
    expect(await upgrade(program.url, { origin: 'https://evil.example.com' })).toBe(403);
    expect(
      await upgrade(program.url, { host: 'evil.example.com', origin: 'http://evil.example.com' }),
    ).toBe(403);
    const { hostname, port } = new URL(program.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /graphql?query=${encodeURIComponent(GRAPHS)} HTTP/1.1\r\nhost: evil.example.com\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1.1 403/);
    const again = await post(program.url, { query: `{ graphs { ${'id '.repeat(990)} } }` });
    expect(again.errors?.[0]?.message).toContain('too often');
    // Nothing changes by a link.
    const link = await fetch(
      `${program.url}?query=${encodeURIComponent('mutation { deleteSession(input: {sessionId: "x"}) { deletedSessionId } }')}`,
    );
    expect(link.status).toBe(405);
  });
});

describe('PERSISTED_DOCUMENTS', () => {
  it('are the only operations then, by id or in full, over HTTP, event streams and WebSocket', async () => {
    using folder = temporaryFolder();
    const file = `${folder.path}/persisted-documents.json`;
    const watch =
      'subscription ($id: ID!) { sessionProgress(sessionId: $id, untilSettled: true) { __typename } }';
    const start =
      'mutation { startSession(input: {graphId: "steps", task: "go"}) { session { id } } }';
    writeFileSync(file, JSON.stringify({ graphs: GRAPHS, watch, start }));
    await using program = await startProgram({ ENV: 'development', PERSISTED_DOCUMENTS: file });
    const { url } = program;
    const ids = { data: { graphs: expect.any(Array) as unknown[] } };
    expect(await post(url, { documentId: 'graphs' })).toMatchObject(ids);
    expect(await post(url, { documentId: 'sha256:graphs' })).toMatchObject(ids);
    expect(
      await post(url, { extensions: { persistedQuery: { version: 1, sha256Hash: 'graphs' } } }),
    ).toMatchObject(ids);
    expect(await post(url, { query: GRAPHS })).toMatchObject(ids);
    expect(await (await fetch(`${url}?documentId=graphs`)).json()).toMatchObject(ids);
    const others = [
      { query: '{ graphs { nodes } }' },
      { query: '{ graphs { nodes } }', documentId: 'graphs' },
      { documentId: 'nothing' },
      { documentId: '__proto__' },
      { query: '{ __schema { types { name } } }' },
      {
        query: '{ graphs { nodes } }',
        extensions: { persistedQuery: { version: 1, sha256Hash: 'mine' } },
      },
      {},
    ];
    using socket = await RawSocket.connect(url, as('alice'));
    for (const [n, body] of others.entries()) {
      expect((await post(url, body)).errors?.[0]?.extensions.code).toBe(
        'PERSISTED_QUERY_NOT_FOUND',
      );
      socket.send(
        JSON.stringify({ id: `o${n}`, type: 'subscribe', payload: { query: '', ...body } }),
      );
      expect((await socket.next('error', `o${n}`)).payload).toMatchObject([
        { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
      ]);
    }
    const { data } = await post(url, { documentId: 'start' });
    const { id } = (data as { startSession: { session: { id: string } } }).startSession.session;
    const payload = { query: '', documentId: 'watch', variables: { id } };
    socket.send(JSON.stringify({ id: 'w', type: 'subscribe', payload }));
    await socket.next('complete', 'w');
    const stream = await fetch(
      `${url}?documentId=watch&variables=${encodeURIComponent(JSON.stringify({ id }))}`,
      {
        headers: { accept: 'text/event-stream', ...as('alice') },
      },
    );
    expect(await stream.text()).toContain('event: next');
  });

  it('without the setting any operation may be sent, and an id that nobody knows is told', async () => {
    await using program = await startProgram({ ENV: 'development' });
    const { url } = program;
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'mine' } };
    using socket = await RawSocket.connect(url, as('alice'));
    const unknown = [
      [{ documentId: 'mine' }, 'PERSISTED_QUERY_NOT_FOUND'],
      [{ extensions }, 'PERSISTED_QUERY_NOT_SUPPORTED'],
    ] as const;
    for (const [n, [body, code]] of unknown.entries()) {
      expect((await post(url, body)).errors?.[0]?.extensions.code).toBe(code);
      const payload = { query: '', ...body };
      socket.send(JSON.stringify({ id: `u${n}`, type: 'subscribe', payload }));
      expect((await socket.next('error', `u${n}`)).payload).toMatchObject([
        { extensions: { code } },
      ]);
    }
    // As a client of Apollo's sends it then, with its text.
    expect(await post(url, { query: GRAPHS, extensions })).toMatchObject({
      data: { graphs: expect.any(Array) as unknown[] },
    });
  });

  it('are checked at the start', async () => {
    using folder = temporaryFolder();
    const file = `${folder.path}/documents.json`;
    const run = () => runProgram({ ENV: 'development', PERSISTED_DOCUMENTS: file });
    expect((await run()).output).toContain('PERSISTED_DOCUMENTS');
    writeFileSync(file, JSON.stringify({ one: '{ nothing }' }));
    expect((await run()).output).toContain('document one: Cannot query field "nothing"');
  });
});

it('SUBSCRIPTIONS_PER_USER holds over sockets and event streams together', async () => {
  await using program = await startProgram({ ENV: 'development', SUBSCRIPTIONS_PER_USER: '2' });
  const { data } = await post(program.url, {
    query: 'mutation { startSession(input: {graphId: "ask", input: {}}) { session { id } } }',
  });
  const { id } = (data as { startSession: { session: { id: string } } }).startSession.session;
  const query = 'subscription ($id: ID!) { sessionProgress(sessionId: $id) { __typename } }';
  using one = await RawSocket.connect(program.url, as('alice'));
  using two = await RawSocket.connect(program.url, as('alice'));
  one.subscribe('1', query, { id });
  await one.next('next', '1');
  const stream = new AbortController();
  const open = () =>
    fetch(
      `${program.url}?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(JSON.stringify({ id }))}`,
      {
        headers: { accept: 'text/event-stream', ...as('alice') },
        signal: stream.signal,
      },
    );
  expect((await open()).status).toBe(200);
  two.subscribe('2', query, { id });
  expect((await two.next('next', '2')).payload).toMatchObject({
    errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
  });
  expect((await open()).status).toBe(429);
  one.send({ id: '1', type: 'complete' });
  await sleep(100);
  two.subscribe('3', query, { id });
  await two.next('next', '3');
  stream.abort();
});
