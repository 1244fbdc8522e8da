// A chat in the console, against a server that speaks OpenAI's chat completions.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelServer, openModelServer } from '../examples/chat-completions.ts';
import {
  type ConsoleBrowser,
  type ConsolePage,
  openConsoleBrowser,
  pictureFailures,
} from '../support/console-page.ts';
import { type Program, startProgram } from '../support/program.ts';

describe('a chat', () => {
  let model: ModelServer;
  let program: Program;
  let browser: ConsoleBrowser;
  let at: ConsolePage;
  pictureFailures(() => at);

  beforeAll(async () => {
    model = await openModelServer(
      [
        { tool: 'calculator', args: { expression: '6 * 7' } },
        { tokens: ['It', ' is', ' **42**', ', and', ' that', ' is', ' all', '.'] },
        { tokens: ['Good', ' bye.'] },
      ],
      250,
    );
    program = await startProgram({
      ENV: 'development',
      LANGGRAPH_JSON: 'langgraph.json',
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: model.url,
    });
    browser = await openConsoleBrowser();
    at = await browser.open(program.url);
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  });

  it('shows what the model writes as it writes it, and calls and results of tools folded', async () => {
    const { page } = at;
    await at.start('chat', 'What is 6 times 7?');
    const log = page.getByRole('log', { name: 'Messages' });
    await log.getByText('What is 6 times 7?').waitFor();
    // Before it is whole.
    const open = log.locator('[data-open="true"]');
    await open.getByText(/^It is/).waitFor();
    expect(await open.innerText()).not.toContain('all.');
    await at.status('Succeeded');
    const answer = log.locator('[data-from="ai"]', { hasText: 'that is all.' });
    await answer.locator('strong', { hasText: '42' }).waitFor();
    expect(await log.locator('[data-open]').count()).toBe(0);
    const call = log.locator('details', { hasText: 'Calls calculator' });
    expect(await call.getByText('6 * 7').isVisible()).toBe(false);
    await call.getByText('Calls calculator').click();
    await call.getByText('6 * 7').waitFor();
    await log.getByText('Result of calculator').click();
    await log.getByText('42', { exact: true }).first().waitFor();
  });

  it('goes on with a message, also after the page was loaded anew in the middle', async () => {
    const { page } = at;
    await page.getByRole('textbox', { name: 'Message' }).fill('Thank you');
    await page.keyboard.press('Enter');
    await page.getByText('Thank you').waitFor();
    await page.reload();
    await page.getByRole('log').getByText('Good bye.').waitFor();
    await at.status('Succeeded');
    expect(await page.getByRole('log').getByText('Thank you').count()).toBe(1);
    expect(await page.getByRole('log').getByText('Good bye.').count()).toBe(1);
    at.expectNoProblems();
  });
});
