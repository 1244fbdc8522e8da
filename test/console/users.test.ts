// Who looks at the console: ownership.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createGateway } from '../../src/gateway.ts';
import { JWT_SECRET, as } from '../support/caller.ts';
import {
  type ConsoleBrowser,
  type ConsolePage,
  openConsoleBrowser,
  pictureFailures,
} from '../support/console-page.ts';
import { type Program, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const GRAPHS = { LANGGRAPH_JSON: 'test/graphs/console/langgraph.json' };
let browser: ConsoleBrowser;
let at: ConsolePage;
pictureFailures(() => at);

beforeAll(async () => {
  browser = await openConsoleBrowser();
});
afterAll(() => browser[Symbol.asyncDispose]());

describe('where the gateway checks tokens', () => {
  let program: Program;
  const folder = temporaryFolder();

  beforeAll(async () => {
    program = await startProgram({
      ...GRAPHS,
      ENV: 'sqlite',
      SQLITE_PATH: `${folder.path}/sessions.db`,
      JWT_SECRET,
      GRAPHIQL: 'false',
    });
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const signIn = async (token: string) => {
    await at.page.getByLabel('Token', { exact: true }).fill(token);
    await at.page.getByRole('button', { name: 'Sign in' }).click();
  };
  const tokenOf = (user: string, ttlSeconds?: number) =>
    as(user, ttlSeconds)['authorization'] ?? '';

  it('a person signs in with a token, and is told where it is refused', async () => {
    at = await browser.open(program.url);
    const { page } = at;
    await at.go('/');
    await signIn('no token');
    await page.getByText('The gateway refused the token').waitFor();
    await signIn(tokenOf('ada'));
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
    // It goes with its tab, and is in no address.
    expect(page.url()).toBe(new URL('/', program.url).href);
    await page.reload();
    await page.getByText('No sessions yet').waitFor();
    expect(await page.getByRole('link', { name: 'GraphiQL' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    // The browser tells of each answer that is a refusal; nothing else stands in its console.
    expect(at.problems.filter((problem) => !problem.includes('401'))).toEqual([]);
  });

  it('two people see each their own, and a link of the other shows nothing', async () => {
    const id = await new User(program.url, as('ada')).start({ graphId: 'plain', task: 'Of Ada' });
    at = await browser.open(program.url);
    await at.go(`/sessions/${id}`);
    await signIn(tokenOf('ada'));
    await at.page.getByRole('heading', { name: 'Of Ada' }).waitFor();
    await using other = await browser.open(program.url);
    await other.go(`/sessions/${id}`);
    await other.page.getByLabel('Token', { exact: true }).fill(tokenOf('bob'));
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.getByText('No such session').waitFor();
    await other.go('/');
    await other.page.getByText('No sessions yet').waitFor();
    await other.go('/inbox');
    await other.page.getByText('Nobody waits for you').waitFor();
    expect(await other.page.content()).not.toContain('Of Ada');
    at.expectNoProblems();
    other.expectNoProblems();
  });

  it('who watches when the token expires is asked for another', async () => {
    const id = await new User(program.url, as('eve')).start({ graphId: 'plain', task: 'Of Eve' });
    at = await browser.open(program.url);
    await at.go(`/sessions/${id}`);
    // With the clock tolerance of JWT_CLOCK_TOLERANCE.
    await signIn(tokenOf('eve', -2));
    await at.page.getByRole('heading', { name: 'Of Eve' }).waitFor();
    await at.page.getByText('The gateway refused the token').waitFor();
    await signIn(tokenOf('eve'));
    await at.page.getByRole('heading', { name: 'Of Eve' }).waitFor();
  });
});

describe('while developing', () => {
  it('a person becomes another, and sees nothing of the one before', async () => {
    await using program = await startProgram({ ...GRAPHS, ENV: 'development' });
    at = await browser.open(program.url);
    const { page } = at;
    await at.start('plain', 'Of the first');
    await at.status('Waiting');
    await page.getByRole('button', { name: 'User local: switch' }).click();
    await page.getByRole('textbox', { name: 'User' }).fill('zoë 中');
    await page.getByRole('button', { name: 'Switch', exact: true }).click();
    await page.getByText('No such session').waitFor();
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByText('No sessions yet').waitFor();
    const id = await at.start('plain', 'Of Zoë');
    await at.status('Waiting');
    // A header is of bytes.
    const zoë = new User(program.url, { 'x-user-id': Buffer.from('zoë 中').toString('latin1') });
    expect(await zoë.look(id)).toMatchObject({ status: 'INTERRUPTED' });
    at.expectNoProblems();
  });
});

describe('where the program tells who is calling', () => {
  it('the console asks nobody who they are, and sends what the browser sends by itself', async () => {
    await using gateway = await createGateway({
      config: readConfig({ ...GRAPHS, ENV: 'development', PORT: '0', LOG_LEVEL: 'silent' }),
      authenticate: (credentials) =>
        credentials.get('cookie') === 'who=ada' ? { id: 'ada' } : null,
    });
    at = await browser.open(gateway.url);
    await at.go('/');
    await at.page.getByText('You are not signed in').waitFor();
    await at.context.addCookies([{ name: 'who', value: 'ada', url: gateway.url }]);
    await at.page.reload();
    await at.page.getByText('No sessions yet').waitFor();
    expect(await at.page.getByRole('button', { name: /user|sign/i }).count()).toBe(0);
  });
});

describe('the operations of the console', () => {
  it('are persisted: where the operator allows others alone, they are executed all the same', async () => {
    using folder = temporaryFolder();
    const file = `${folder.path}/documents.json`;
    writeFileSync(file, JSON.stringify({ mine: '{ graphs { id } }' }));
    await using program = await startProgram({
      ...GRAPHS,
      ENV: 'development',
      PERSISTED_DOCUMENTS: file,
    });
    at = await browser.open(program.url);
    await at.start('plain', 'Persisted');
    await at.page.getByRole('heading', { name: 'ask asks' }).waitFor();
    await at.page.getByText('Live', { exact: true }).waitFor();
    const asked = await fetch(program.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ sessions { nodes { id } } }' }),
    });
    expect(await asked.text()).toContain('PERSISTED_QUERY_NOT_FOUND');
    at.expectNoProblems();
  });

  it('a page of a session is one query and one subscription, the other pages are one query', async () => {
    await using program = await startProgram({ ...GRAPHS, ENV: 'development' });
    at = await browser.open(program.url);
    const id = await at.start('plain', 'Counted');
    await at.page.getByRole('heading', { name: 'ask asks' }).waitFor();
    const requestsOf = async (path: string, isThere: string) => {
      await at.page.goto('about:blank');
      at.queries.length = 0;
      at.subscriptions.length = 0;
      await at.go(path);
      await at.page.getByText(isThere).first().waitFor();
      await at.page.waitForLoadState('networkidle');
      return { queries: [...at.queries], subscriptions: at.subscriptions.length };
    };
    expect(await requestsOf(`/sessions/${id}`, 'ask asks')).toEqual({
      queries: ['SessionPage'],
      subscriptions: 1,
    });
    // All of it is sent by its hash.
    expect(at.subscriptions[0]).toContain('sha256Hash');
    const checkpoint = at.page.getByRole('button', { name: /^0 / }).first();
    await checkpoint.click();
    const path = new URL(at.page.url()).pathname;
    expect(await requestsOf(path, 'Fork from here')).toEqual({
      queries: ['SessionPage'],
      subscriptions: 1,
    });
    expect((await requestsOf('/', 'Counted')).queries.slice(0, 2).sort()).toEqual([
      'GraphNames',
      'SessionList',
    ]);
  });
});
