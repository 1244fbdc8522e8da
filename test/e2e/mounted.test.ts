// A gateway within a program of one's own: graphs as objects, a server that others share, route handlers of the web's kind.
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { END, START, StateGraph, interrupt } from '@langchain/langgraph';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { type Gateway, createGateway } from '../../src/index.ts';
import { post } from '../support/client.ts';
import { User } from '../support/user.ts';

const graph = new StateGraph(z.object({ name: z.string(), answer: z.unknown() }))
  .addNode('ask', ({ name }) => ({ answer: interrupt(`Is it ${name}?`) }))
  .addEdge(START, 'ask')
  .addEdge('ask', END);
const graphs = { ask: graph };
const config = { ENV: 'development', LOG_LEVEL: 'silent', PORT: 0 } as const;
const PATH = '/agents/graphql';
const WATCH = `subscription ($id: ID!) {
  sessionProgress(sessionId: $id) { __typename ... on SessionSnapshot { session { status } } }
}`;

describe('beside other routes of a server', () => {
  let gateway: Gateway;
  const server = createServer();
  let url: string;

  beforeAll(async () => {
    gateway = await createGateway({ graphs, config, listen: false, path: PATH });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.startsWith('/agents') !== true) {
        response.end('of the program');
        return;
      }
      // As Express hands it on to what is mounted at /agents.
      Object.assign(request, { originalUrl: request.url, url: request.url.slice(7) });
      gateway.handle(request, response);
    });
    server.on('upgrade', (request, socket, head) => {
      if (!gateway.upgrade(request, socket, head))
        socket.end('HTTP/1.1 418 Of the program\r\ncontent-length: 0\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await gateway.close();
    server.closeAllConnections();
    server.close();
  });

  it('serves GraphQL at its path, and nothing else', async () => {
    expect(gateway.url).toBe(PATH);
    expect(gateway.consoleUrl).toBeNull();
    const user = new User(url + PATH, {});
    const id = await user.start({ graphId: 'ask', input: { name: 'Ann' } });
    const { interrupts } = await user.settled(id);
    expect(interrupts).toMatchObject([{ value: 'Is it Ann?' }]);
    expect(
      (await post(`${url}${PATH}`, { query: '{ graphs { id stateSchema } }' }, {})).data,
    ).toEqual({
      graphs: [{ id: 'ask', stateSchema: expect.anything() as unknown }],
    });
    expect(await (await fetch(`${url}/other`)).text()).toBe('of the program');
    for (const path of ['/agents/health', '/agents/metrics', '/agents/graphq', '/agents/'])
      expect((await fetch(url + path)).status).toBe(404);
    const graphiql = await fetch(url + PATH, { headers: { accept: 'text/html' } });
    expect((await graphiql.text()).includes('YogaGraphiQL')).toBe(true);
  });

  it('takes WebSockets of its path, and leaves those of others', async () => {
    const user = new User(url + PATH, {});
    const id = await user.start({ graphId: 'ask', input: { name: 'Ann' } });
    await user.settled(id);
    const client = createClient({
      url: `${url.replace('http', 'ws')}${PATH}`,
      webSocketImpl: WebSocket,
    });
    for await (const { data } of client.iterate<{ sessionProgress: object }>({
      query: WATCH,
      variables: { id },
    })) {
      expect(data?.sessionProgress).toEqual({
        __typename: 'SessionSnapshot',
        session: { status: 'INTERRUPTED' },
      });
      break;
    }
    await client.dispose();
    const other = new WebSocket(`${url.replace('http', 'ws')}/hot-reload`);
    const [error] = (await once(other, 'error')) as [Error];
    expect(error.message).toContain('418');
  });
});

describe('as a route handler of the web', () => {
  const ADDRESS = 'http://localhost:3000/graphql';
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await createGateway({
      graphs,
      config: { ...config, SUBSCRIPTIONS_PER_USER: 1 },
      listen: false,
    });
  });
  afterAll(() => gateway.close());

  const ask = (body: object, headers = {}, signal?: AbortSignal) =>
    gateway.fetch(
      new Request(ADDRESS, {
        method: 'POST',
        headers: { 'content-type': 'application/json', host: 'localhost:3000', ...headers },
        body: JSON.stringify(body),
        ...(signal && { signal }),
      }),
    );

  it('answers requests, and streams', async () => {
    const start = await ask({
      query:
        'mutation { startSession(input: {graphId: "ask", input: {name: "Bo"}}) { session { id } } }',
    });
    expect(start.status).toBe(200);
    expect(start.headers.get('content-type')).toContain('json');
    const { data } = (await start.json()) as {
      data: { startSession: { session: { id: string } } };
    };
    const { id } = data.startSession.session;
    const query = WATCH.replace('$id)', '$id, untilSettled: true)');
    const stream = await ask({ query, variables: { id } }, { accept: 'text/event-stream' });
    const text = await stream.text();
    expect(text).toContain('"SessionSnapshot"');
    expect(text.trimEnd()).toMatch(/event: complete\ndata:$/);
    const long = await ask({
      query: '{ __schema { types { name description fields { name } } } }',
    });
    expect(((await long.json()) as { data: object }).data).toHaveProperty('__schema');
    expect(await (await ask({ query: '{' })).json()).toHaveProperty('errors');
    const page = await gateway.fetch(
      new Request(ADDRESS, { headers: { accept: 'text/html', host: 'localhost:3000' } }),
    );
    expect((await page.text()).includes('YogaGraphiQL')).toBe(true);
  });

  it('says why it refuses what is too long, and that it has stopped', async () => {
    const limited = await createGateway({
      graphs,
      config: { ...config, MAX_BODY_BYTES: 2000 },
      listen: false,
    });
    const long = () =>
      limited.fetch(
        new Request(ADDRESS, {
          method: 'POST',
          headers: { 'content-type': 'application/json', host: 'localhost:3000' },
          body: JSON.stringify({ query: '{ graphs { id } }', variables: { x: 'x'.repeat(3e6) } }),
        }),
      );
    const refused = await long();
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: 'INVALID_INPUT' } }],
    });
    await limited.close();
    const never = await createGateway({ graphs, config, listen: false });
    await never.close();
    for (const stopped of [limited, never]) {
      const answer = await stopped.fetch(new Request(ADDRESS));
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        errors: [{ extensions: { code: 'SHUTTING_DOWN' } }],
      });
    }
  });

  it('ends a stream that is cancelled', async () => {
    const start = await ask({
      query:
        'mutation { startSession(input: {graphId: "ask", input: {name: "Bo"}}) { session { id } } }',
    });
    const { data } = (await start.json()) as {
      data: { startSession: { session: { id: string } } };
    };
    const { id } = data.startSession.session;
    const watch = () => ask({ query: WATCH, variables: { id } }, { accept: 'text/event-stream' });
    for (let n = 0; n < 3; n += 1) {
      const stream = await opened(watch);
      const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
      expect((await reader.read()).done).toBe(false);
      expect((await watch()).status).toBe(429);
      await reader.cancel();
    }
  });
});

/** What is answered once the stream before it has ended. */
async function opened(watch: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const stream = await watch();
    if (stream.status === 200) return stream;
  }
}

it('settings of the program count before those of the environment, and derive others', async () => {
  await using gateway = await createGateway({
    graphs,
    config: { ...config, WORKER_CONCURRENCY: 4 },
  });
  expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/);
  expect(gateway.graphs).toEqual(['ask']);
});

it('graphs that are none are refused by their names', async () => {
  await expect(createGateway({ graphs: { broken: 1 }, config })).rejects.toThrow(
    /Graph "broken".*not a graph/,
  );
  await expect(createGateway({ graphs: {}, config })).rejects.toThrow('names no graph');
});
