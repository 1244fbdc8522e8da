// The clients of examples/clients: each takes the same tour over connections that break, and must see what is stored.
import { transform } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApollo } from '../../examples/clients/apollo/client.ts';
import { openFetch } from '../../examples/clients/fetch/client.ts';
import { openRelay } from '../../examples/clients/relay/client.ts';
import { openTanStackQuery } from '../../examples/clients/tanstack-query/client.ts';
import { type TourClient, takeTour } from '../../examples/clients/tour.ts';
import { openUrql } from '../../examples/clients/urql/client.ts';
import { JWT_SECRET, as } from '../support/caller.ts';
import { openBrowser } from '../support/browser.ts';
import { expectTour } from '../examples/tour.ts';
import { openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';
import { startSwitchingProxy } from '../support/services/switching-proxy.ts';
import { User, upTo } from '../support/user.ts';

const CLIENTS: Readonly<
  Record<string, (url: string, headers: Record<string, string>) => TourClient & Disposable>
> = {
  'Apollo Client': openApollo,
  urql: openUrql,
  'TanStack Query': openTanStackQuery,
  Relay: openRelay,
  'plain fetch': openFetch,
};

const LETTERS = join(import.meta.dirname, '../../examples/clients/langgraph.json');

describe.each(['sqlite', 'staging'] as const)('ENV=%s', (ENV) => {
  const parts = new AsyncDisposableStack();
  let program: Program;

  beforeAll(async () => {
    const { settings } = parts.use(await openEnvironment(ENV));
    program = parts.use(await startProgram({ ...settings, JWT_SECRET, LANGGRAPH_JSON: LETTERS }));
  });
  afterAll(() => parts.disposeAsync());

  it.each(Object.keys(CLIENTS))('%s', async (name) => {
    using proxy = await startSwitchingProxy([program.url]);
    using client = CLIENTS[name]?.(proxy.url, as('alice')) as TourClient & Disposable;
    let seen = 0;
    const tour = await takeTour(client, () => {
      seen += 1;
      if (seen === 10 || seen === 25) proxy.cutAll();
    });
    await expectTour(program.url, tour, as('alice'));
  });
});

const QUERY = `subscription Recipe($id: ID!, $after: String) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: true) { __typename sequence cursor }
}`;

interface Event {
  readonly __typename: string;
  readonly sequence: number;
}

it('EventSource, in a browser', async () => {
  await using program = await startProgram({ ENV: 'development' });
  using proxy = await startSwitchingProxy([program.url]);
  const user = new User(program.url, { 'x-user-id': 'local' });
  const id = await user.start({ graphId: 'slow', input: {}, recursionLimit: 600 });
  const after = Buffer.from(`${id}:0`).toString('base64url');
  const recipe = await readFile(
    new URL('../../examples/clients/event-source/watch.ts', import.meta.url),
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
    await expect.poll(() => results.length).toBeGreaterThan(100);
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
