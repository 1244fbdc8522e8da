// What a person sees: GraphiQL in a real browser, without the internet.
import { existsSync } from 'node:fs';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Program, startProgram } from '../support/program.ts';

describe('GraphiQL', () => {
  let program: Program;
  let browser: Browser;

  beforeAll(async () => {
    program = await startProgram({ ENV: 'development', LANGGRAPH_JSON: 'langgraph.json' });
    browser = await openBrowser();
  }, 120_000);

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
      await expect
        .poll(() => page.getByRole('tab', { name: tab }).count(), { timeout: 20_000 })
        .toBe(1);
    }
    await page
      .getByRole('button', { name: /execute/i })
      .first()
      .click();
    await expect
      .poll(() => page.locator('.graphiql-response').textContent(), { timeout: 20_000 })
      .toContain('QUEUED');
    const picture = process.env['GRAPHIQL_PICTURE'];
    if (picture !== undefined) await page.screenshot({ path: picture });
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
  });
});

/** CHROME_PATH, or the headless Chromium that npm brings for Linux x64. */
async function openBrowser(): Promise<Browser> {
  const own = process.env['CHROME_PATH'];
  if (own !== undefined && existsSync(own)) {
    return playwright.launch({ executablePath: own, args: ['--no-sandbox'] });
  }
  // It unpacks the libraries it needs only where it takes itself to be on a bare machine.
  process.env['AWS_EXECUTION_ENV'] ??= 'AWS_Lambda_nodejs22.x';
  const { default: fresh } = await import('@sparticuz/chromium');
  return playwright.launch({
    executablePath: await fresh.executablePath(),
    args: [...chromium.args, '--no-sandbox'],
    headless: true,
  });
}
