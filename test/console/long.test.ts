// A session with ten thousand steps is looked at like one with ten.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ConsoleBrowser,
  type ConsolePage,
  openConsoleBrowser,
  pictureFailures,
} from '../support/console-page.ts';
import { seedLongHistories } from '../support/long-history.ts';
import { type Program, startProgram, temporaryFolder } from '../support/program.ts';

const LONG = 10_000;
const LOOKS = 5;

describe('ten thousand checkpoints', () => {
  const folder = temporaryFolder();
  let program: Program;
  let browser: ConsoleBrowser;
  let at: ConsolePage;
  let short = '';
  let long = '';
  pictureFailures(() => at);

  beforeAll(async () => {
    const SQLITE_PATH = `${folder.path}/sessions.db`;
    [short = '', long = ''] = await seedLongHistories(SQLITE_PATH, [10, LONG]);
    program = await startProgram({
      ENV: 'sqlite',
      SQLITE_PATH,
      LANGGRAPH_JSON: 'bench/langgraph.json',
    });
    browser = await openConsoleBrowser();
    at = await browser.open(program.url);
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it('are painted at first in at most twice the time that ten take', async () => {
    const took: Record<string, number[]> = { [short]: [], [long]: [] };
    // What is fetched and compiled once is in neither.
    for (const id of [short, long]) await at.firstPaint(id);
    for (let look = 0; look < LOOKS; look += 1)
      for (const id of [short, long]) took[id]?.push(await at.firstPaint(id));
    const [ofShort = 0, ofLong = Infinity] = [short, long].map(
      (id) => took[id]?.toSorted((a, b) => a - b)[Math.floor(LOOKS / 2)],
    );
    expect(ofLong).toBeLessThan(2 * ofShort);
  });

  it('are scrolled through to the first, with few rows in the page', async () => {
    const { page } = at;
    await at.go(`/sessions/${long}`);
    const box = page.getByRole('group', { name: 'Steps' });
    const oldest = page.getByRole('button', { name: /^0 / });
    await box.getByRole('button').first().waitFor();
    const until = Date.now() + 50_000;
    let most = 0;
    while ((await oldest.count()) === 0 && Date.now() < until) {
      await box.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      most = Math.max(most, await box.getByRole('listitem').count());
    }
    await oldest.waitFor({ timeout: 1000 });
    await page.getByText(`${LONG} steps`).waitFor();
    expect(most).toBeLessThan(60);
    // And the steps stand in their order.
    const numbers = (await at.timeline()).map((row) => Number.parseInt(row, 10));
    const steps = numbers.filter(Number.isFinite);
    expect(steps).toEqual(Array.from(steps, (_, n) => steps.length - 1 - n));
    at.expectNoProblems();
  });
});
