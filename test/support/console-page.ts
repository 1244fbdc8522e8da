// The console in a real browser, as a person has it; what goes wrong in it is kept for the test to see.
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { beforeEach, expect } from 'vitest';
import { openBrowser } from './browser.ts';

export interface ConsoleBrowser extends AsyncDisposable {
  /** A page of a browser of its own, as another person has it. @param url where the gateway serves GraphQL */
  open(url: string, options?: BrowserContextOptions): Promise<ConsolePage>;
}

export async function openConsoleBrowser(): Promise<ConsoleBrowser> {
  const browser: Browser = await openBrowser();
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        ...options,
      });
      return new ConsolePage(new URL('/', url).href, context, await context.newPage());
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** Each test that fails leaves a picture in the folder that CONSOLE_FAILURES names. */
export function pictureFailures(pageOf: () => ConsolePage | undefined): void {
  const folder = process.env['CONSOLE_FAILURES'];
  if (folder === undefined) return;
  beforeEach(({ task, onTestFailed }) => {
    onTestFailed(async () => {
      const path = `${folder}/${task.name.replaceAll(/\W+/g, '-').slice(0, 60)}.png`;
      await pageOf()?.page.screenshot({ path, fullPage: true });
    });
  });
}

export class ConsolePage implements AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly #base: string;
  /** Errors of the page, and what it wrote to its console. */
  readonly problems: string[] = [];
  /** The operations that it sent, by their names: over HTTP, and over its socket. */
  readonly queries: string[] = [];
  readonly subscriptions: string[] = [];

  constructor(base: string, context: BrowserContext, page: Page) {
    this.#base = base;
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(base) && !/^(?:data|about):/.test(request.url()))
        this.problems.push(`asked elsewhere: ${request.url()}`);
      if (request.method() === 'POST') this.queries.push(operationOf(request.postData()));
    });
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        if (String(payload).includes('"subscribe"')) this.subscriptions.push(String(payload));
      });
    });
  }

  async go(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.#base).href);
  }

  /** Starts a session by words, and waits for its page. @returns the session's id */
  async start(graph: string, words: string): Promise<string> {
    const { page } = this;
    await this.go('/');
    await page.getByRole('button', { name: 'Start a session' }).click();
    await page.getByRole('dialog').getByRole('tab', { name: 'Words' }).waitFor();
    await this.choose('Graph', graph);
    await page.getByRole('tab', { name: 'Words' }).click();
    await page.getByRole('textbox', { name: 'What is to be done' }).fill(words);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/sessions\/./);
    return this.sessionId;
  }

  get sessionId(): string {
    return /\/sessions\/([^/]+)/.exec(this.page.url())?.[1] ?? '';
  }

  /** Chooses in a list of the dialog that is open, else of the page. */
  async choose(label: string, option: string): Promise<void> {
    const dialog = this.page.getByRole('dialog');
    const within = (await dialog.count()) > 0 ? dialog : this.page;
    await within
      .getByRole('textbox', { name: label })
      .or(within.getByRole('combobox', { name: label }))
      .first()
      .click();
    await this.page.getByRole('option', { name: option, exact: true }).click();
  }

  /** Waits until the session that is shown has this status. */
  async status(word: string): Promise<void> {
    await this.page.locator('main').getByText(word, { exact: true }).first().waitFor();
  }

  /** Fills the editor of JSON that has this label. */
  async writeJson(label: string, value: unknown): Promise<void> {
    const editor = this.page.getByRole('textbox', { name: label });
    await editor.fill(JSON.stringify(value, null, 2));
  }

  /** The timeline, newest first, as it is read. Only of what is in view. */
  async timeline(): Promise<string[]> {
    const rows = await this.page
      .getByRole('group', { name: 'Steps' })
      .getByRole('listitem')
      .allInnerTexts();
    return rows.map((row) => row.replaceAll(/\s+/g, ' ').trim());
  }

  /** How long it takes in ms from asking for a session's page until its newest step is painted. */
  async firstPaint(id: string): Promise<number> {
    await this.go(`/sessions/${id}`);
    const first = this.page.getByRole('group', { name: 'Steps' }).getByRole('button').first();
    await first.waitFor();
    return this.page.evaluate(() => performance.now());
  }

  expectNoProblems(): void {
    expect(this.problems).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

function operationOf(body: string | null): string {
  const { operationName } = JSON.parse(body ?? '{}') as { operationName?: string };
  return operationName ?? '';
}
