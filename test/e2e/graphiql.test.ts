// What a person sees: GraphiQL in a real browser, without the internet.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { type Program, startProgram } from '../support/program.ts';

describe('GraphiQL', () => {
  let program: Program;
  let browser: Browser;

  beforeAll(async () => {
    program = await startProgram({ ENV: 'development', LANGGRAPH_JSON: 'langgraph.json' });
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await program[Symbol.asyncDispose]();
  });

  it('opens with tabs for the main job, loads nothing from elsewhere, and runs the first', async () => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (
        !['blob:', 'data:'].includes(url.protocol) &&
        url.origin !== new URL(program.url).origin
      ) {
        elsewhere.push(request.url());
      }
    });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(program.url);
    for (const tab of ['Start', 'Watch', 'Answer', 'Fork', 'Checkpoints']) {
      await expect.poll(() => page.getByRole('tab', { name: tab }).count()).toBe(1);
    }
    await page
      .getByRole('button', { name: /execute/i })
      .first()
      .click();
    await expect.poll(() => page.locator('.graphiql-response').textContent()).toContain('QUEUED');
    const picture = process.env['GRAPHIQL_PICTURE'];
    if (picture !== undefined) await page.screenshot({ path: picture });
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
  });
});
