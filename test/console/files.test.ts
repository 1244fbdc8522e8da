// What a browser is given: how much, for how long, and what it may do with it.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsoleBrowser, openConsoleBrowser } from '../support/console-page.ts';
import { type Program, runProgram, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const GRAPHS = { LANGGRAPH_JSON: 'test/graphs/console/langgraph.json' };
/** 250 kB, of issue and README. */
const MOST_SCRIPT_BYTES = 250_000;

describe('the console’s files', () => {
  let program: Program;
  let browser: ConsoleBrowser;

  beforeAll(async () => {
    program = await startProgram({ ...GRAPHS, ENV: 'development' });
    browser = await openConsoleBrowser();
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
  });

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, program.url), { headers });

  it('the first load has at most 250 kB of compressed script, of the list and of a session alike', async () => {
    const id = await new User(program.url, {}).start({ graphId: 'plain', task: 'Weighed' });
    for (const path of ['/', `/sessions/${id}`]) {
      await using at = await browser.open(program.url);
      const sizes: Promise<number>[] = [];
      at.page.on('response', (response) => {
        if (response.url().endsWith('.js'))
          sizes.push(
            response
              .request()
              .sizes()
              .then(({ responseBodySize }) => responseBodySize),
          );
      });
      await at.go(path);
      await at.page.getByText('Weighed').first().waitFor();
      await at.page.waitForLoadState('networkidle');
      const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
      process.stdout.write(`${path === '/' ? 'list' : 'session'}: ${bytes} bytes of script\n`);
      expect(bytes).toBeGreaterThan(50_000);
      expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
    }
  });

  it('files are named by what is in them and kept for a year; the page is not kept, and has a nonce of its own', async () => {
    const page = await get('/');
    expect(page.headers.get('cache-control')).toBe('no-store');
    const html = await page.text();
    const [script = ''] = /\/console\/[\w.-]+\.js/.exec(html) ?? [];
    expect(script).toMatch(/-[\w-]{8}\.js$/);
    const file = await get(script, { 'accept-encoding': 'br' });
    expect(file.headers.get('cache-control')).toBe('public,max-age=31536000,immutable');
    expect(file.headers.get('content-encoding')).toBe('br');
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    const nonces = [html, await (await get('/inbox')).text()].map(
      (text) => /nonce="([^"]+)"/.exec(text)?.[1],
    );
    expect(new Set(nonces).size).toBe(2);
    expect(page.headers.get('content-security-policy')).toContain(`'nonce-${nonces[0]}'`);
    expect((await get('/console/none.js')).status).toBe(404);
    expect((await get('/console/../documents.json')).status).toBe(404);
    expect((await get('/console/..%2fdocuments.json')).status).toBe(404);
  });

  it('a person who mistook an address is told so', async () => {
    const answer = await get('/no/such/page', { accept: 'text/html' });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('/console/');
    expect((await get('/no/such/page', { accept: '*/*' })).status).toBe(404);
  });

  it('scripts come from the gateway alone, and nothing else is allowed', async () => {
    const policy = (await get('/sessions/x')).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('operations are those that the gateway knows by their hash', async () => {
    const known = Object.keys(
      JSON.parse(readFileSync('console/gql/persisted-documents.json', 'utf8')) as object,
    );
    expect(known.length).toBeGreaterThan(10);
    for (const sha256Hash of known) {
      const response = await fetch(program.url, {
        method: 'POST',
        // A subscription is refused then, and does not go on without an end.
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash } } }),
      });
      expect(await response.text()).not.toContain('PERSISTED_QUERY_NOT_FOUND');
    }
  });

  it('CONSOLE=false leaves the address to GraphiQL', async () => {
    await using other = await startProgram({ ...GRAPHS, ENV: 'development', CONSOLE: 'false' });
    const answer = await fetch(new URL('/', other.url), { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe('/graphql');
    expect((await fetch(new URL('/inbox', other.url))).status).toBe(404);
    expect((await runProgram({ CONSOLE: 'maybe' })).output).toContain('CONSOLE');
  });
});
