// The recipes of docs/recipes, each with the client it is for, over connections that break.
import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { Client } from '@urql/core';
import { transform } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ProgressLink } from '../../docs/recipes/apollo-client.ts';
import { progressExchange } from '../../docs/recipes/urql.ts';
import { openBrowser } from '../support/browser.ts';
import { type Program, startProgram } from '../support/program.ts';
import { type SwitchingProxy, startSwitchingProxy } from '../support/services/switching-proxy.ts';
import { User, upTo } from '../support/user.ts';

const QUERY = `subscription Recipe($id: ID!, $after: String) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: true) { __typename sequence cursor }
}`;

interface Event {
  readonly __typename: string;
  readonly sequence: number;
}

let parts: AsyncDisposableStack;
let program: Program;
let proxy: SwitchingProxy;

beforeAll(async () => {
  parts = new AsyncDisposableStack();
  program = parts.use(await startProgram({ ENV: 'development' }));
  proxy = parts.use(await startSwitchingProxy([program.url]));
});

afterAll(() => parts.disposeAsync());

async function startSlow(): Promise<{ id: string; after: string }> {
  const id = await new User(program.url, { 'x-user-id': 'local' }).start({
    graphId: 'slow',
    input: {},
    recursionLimit: 600,
  });
  return { id, after: Buffer.from(`${id}:0`).toString('base64url') };
}

function openSocket() {
  return createClient({
    url: proxy.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryWait: () => sleep(5),
    shouldRetry: () => true,
  });
}

/** Takes events until they end, and cuts the connection now and then. */
function taker() {
  const sequences: number[] = [];
  return {
    take({ __typename, sequence }: Event) {
      if (__typename === 'NodeStarted') return;
      sequences.push(sequence);
      if (sequences.length % 60 === 0) proxy.cutAll();
    },
    check() {
      expect(sequences.length).toBeGreaterThan(400);
      expect(sequences).toEqual(upTo(sequences.length));
    },
  };
}

it.concurrent('Apollo Client', async () => {
  const { id, after } = await startSlow();
  const client = new ApolloClient({
    link: new ProgressLink(openSocket()),
    cache: new InMemoryCache(),
  });
  const { take, check } = taker();
  await new Promise<void>((resolve, reject) => {
    client
      .subscribe<{ sessionProgress: Event }>({
        query: gql(QUERY),
        variables: { id, after },
        fetchPolicy: 'no-cache',
      })
      .subscribe({
        next: ({ data, error }) => {
          if (error !== undefined) reject(error);
          if (data) take(data.sessionProgress);
        },
        error: reject,
        complete: resolve,
      });
  });
  check();
});

it.concurrent('urql', async () => {
  const { id, after } = await startSlow();
  const client = new Client({
    url: proxy.url,
    exchanges: [progressExchange(openSocket())],
    preferGetMethod: false,
  });
  const { take, check } = taker();
  await new Promise<void>((resolve, reject) => {
    client
      .subscription<{ sessionProgress: Event }>(QUERY, { id, after })
      .subscribe(({ data, error, hasNext }) => {
        if (error !== undefined) reject(error);
        else if (data !== undefined && hasNext) take(data.sessionProgress);
        else resolve();
      });
  });
  check();
});

// The expect of the test itself: that of all tests does not know which one polls once another has ended.
it.concurrent('EventSource, in a browser', { timeout: 60_000 }, async ({ expect }) => {
  const { id, after } = await startSlow();
  const recipe = await readFile(
    new URL('../../docs/recipes/event-source.ts', import.meta.url),
    'utf8',
  );
  const { code } = await transform(recipe, { loader: 'ts', format: 'iife', globalName: 'recipe' });
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(proxy.url.replace('/graphql', '/health'));
    const results: Event[] = [];
    await page.exposeFunction('take', ({ data }: { data: { sessionProgress: Event } }) =>
      results.push(data.sessionProgress),
    );
    await page.evaluate(code.replace('var recipe =', 'globalThis.recipe ='));
    await page.evaluate(
      ([url, query, variables]) => {
        const { recipe, take } = globalThis as unknown as {
          recipe: { watchWithEventSource: (...given: unknown[]) => EventSource };
          take: (result: unknown) => void;
        };
        const source = recipe.watchWithEventSource(url, query, variables, take);
        Object.assign(globalThis, { source });
      },
      [proxy.url, QUERY, { id, after }] as const,
    );
    const readyState = () =>
      page.evaluate(() => (globalThis as unknown as { source: EventSource }).source.readyState);
    await expect.poll(() => results.length, { timeout: 20_000 }).toBeGreaterThan(100);
    proxy.cutAll();
    // Closed by the recipe once all came.
    await expect.poll(readyState, { timeout: 30_000 }).toBe(2);
    const sequences = results
      .filter(({ __typename }) => __typename !== 'NodeStarted')
      .map(({ sequence }) => sequence);
    expect(sequences).toEqual(upTo(sequences.length));
  } finally {
    await browser.close();
  }
});
