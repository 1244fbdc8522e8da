// The React example in a real browser: a chat that streams, a question that is answered, a live list; loaded again in the
// middle, and with the gateway killed in the middle.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { type Program, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = {
  'session-gateway/client': join(ROOT, 'src/client/index.ts'),
  'session-gateway/react': join(ROOT, 'src/client/react.ts'),
};
const MOST_BYTES = 15_000;

const parts = new AsyncDisposableStack();
let settings: Record<string, string>;
let program: Program;
let browser: Browser;
let address: string;

beforeAll(async () => {
  const folder = parts.use(temporaryFolder());
  settings = {
    ENV: 'sqlite',
    SQLITE_PATH: join(folder.path, 'sessions.db'),
    LANGGRAPH_JSON: join(ROOT, 'test/graphs/react/langgraph.json'),
  };
  program = await startProgram(settings);
  settings['PORT'] = new URL(program.url).port;
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'examples/clients/react/main.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    alias: SOURCES,
  });
  const script = outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/main.js') === true)
      response.setHeader('content-type', 'text/javascript').end(script);
    else
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><div id="root"></div><script type="module" src="/main.js"></script>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  parts.defer(() => void server.close());
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openBrowser();
  parts.defer(() => browser.close());
});

afterAll(async () => {
  await parts.disposeAsync();
  await program.end('SIGKILL');
});

async function openPage(graph: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${address}/?gateway=${encodeURIComponent(program.url)}&graph=${graph}`);
  return page;
}

const messages = (page: Page) => page.getByRole('list', { name: 'Messages' }).innerText();
const inbox = (page: Page) => page.getByRole('list', { name: 'Inbox, ready' });

it('streams an answer, and has it whole once it is written', async () => {
  const page = await openPage('talker');
  await page.getByRole('button', { name: 'Start' }).click();
  // Some of it, while more is being written.
  await page.locator('li[data-streaming=true]').first().waitFor();
  await expect.poll(() => page.getByRole('status').innerText()).toContain('SUCCEEDED');
  await expect
    .poll(() => messages(page))
    .toBe('HUMAN: Hello\nAI: one two three four five six seven eight');
  await expect.poll(() => page.locator('li[data-streaming=true]').count()).toBe(0);
  await page.getByLabel('Words').fill('Again');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect.poll(() => messages(page)).toMatch(/HUMAN: Again\nAI: one two/);
  await page.close();
});

it('shows a question in the chat and in the list, also after it is loaded again, and takes the answer', async () => {
  const page = await openPage('asker');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('form', { name: 'Question' }).waitFor();
  await expect.poll(() => inbox(page).innerText()).toBe('asker: 1 questions');
  await page.reload();
  await page.getByRole('form', { name: 'Question' }).waitFor();
  await page.getByLabel('Your name?').fill('Ann');
  await page.getByRole('button', { name: 'Answer' }).click();
  await expect.poll(() => messages(page)).toContain('AI: Hello, Ann!');
  await expect.poll(() => page.getByRole('form', { name: 'Question' }).count()).toBe(0);
  await expect.poll(() => inbox(page).innerText()).toBe('');
  // What somebody else does is shown, too.
  const other = new User(program.url, {});
  await other.start({ graphId: 'asker', task: 'Hello' });
  await expect.poll(() => inbox(page).innerText()).toBe('asker: 1 questions');
  await page.close();
});

it('goes on where the gateway is killed in the middle, and comes back', async () => {
  const page = await openPage('asker');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('form', { name: 'Question' }).waitFor();
  await program.end('SIGKILL');
  await expect.poll(() => page.getByRole('status').innerText()).toContain('reconnecting');
  program = await startProgram(settings);
  await expect.poll(() => page.getByRole('status').innerText()).toContain('live');
  await page.getByLabel('Your name?').fill('Bo');
  await page.getByRole('button', { name: 'Answer' }).click();
  await expect.poll(() => messages(page)).toContain('AI: Hello, Bo!');
  await page.close();
});

it('is small', async () => {
  const { outputFiles } = await build({
    entryPoints: [SOURCES['session-gateway/react']],
    bundle: true,
    write: false,
    format: 'esm',
    minify: true,
    external: ['react'],
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? '').length;
  console.log(`CLIENT_BYTES gzipped, client and react: ${bytes}`);
  expect(bytes).toBeLessThan(MOST_BYTES);
});
