// What a person sees while connections break and the gateway is started again: exactly-once resume.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type ConsoleBrowser,
  type ConsolePage,
  openConsoleBrowser,
  pictureFailures,
} from '../support/console-page.ts';
import { type Program, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const STEPS = 24;

describe('the gateway is killed in the middle of a run', () => {
  const folder = temporaryFolder();
  const settings = {
    ENV: 'sqlite',
    SQLITE_PATH: `${folder.path}/sessions.db`,
    LANGGRAPH_JSON: 'test/graphs/console/langgraph.json',
  };
  let program: Program;
  let browser: ConsoleBrowser;
  let at: ConsolePage;
  pictureFailures(() => at);

  beforeAll(async () => {
    program = await startProgram(settings);
    browser = await openConsoleBrowser();
    at = await browser.open(program.url);
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it('the page says so, goes on by itself, and has each step once', async () => {
    const { page } = at;
    const id = await new User(program.url, {}).start({
      graphId: 'counter',
      input: { until: STEPS, pauseMs: 250 },
      recursionLimit: 100,
    });
    await at.go(`/sessions/${id}`);
    await page.getByRole('button', { name: /^3 add/ }).waitFor();
    const { port } = new URL(program.url);
    await program.end('SIGKILL');
    await page.getByText('Reconnecting…').waitFor();
    program = await startProgram({ ...settings, PORT: port });
    await page.getByText('Live again, nothing was missed').waitFor({ timeout: 30_000 });
    await at.status('Succeeded');
    await page.getByText('attempt 2').first().waitFor();
    await page.getByText(`${STEPS + 2} steps`).waitFor();
    const shown = await stepNumbers(at);
    await page.reload();
    await page.getByText(`${STEPS + 2} steps`).waitFor();
    await vi.waitFor(async () => expect(await stepNumbers(at)).toEqual(shown), { timeout: 10_000 });
    expect(shown).toEqual(Array.from({ length: shown.length }, (_, n) => STEPS - n));
    // That the server could not be reached is no secret of the browser's console; nothing else stands there.
    const others = at.problems.filter(
      (problem) => !/ERR_|WebSocket connection|status of 503/.test(problem),
    );
    expect(others).toEqual([]);
  });

  it('a page that is opened while nobody answers says so, and can be tried again', async () => {
    const { page } = at;
    const user = new User(program.url, {});
    // It is over at once: nobody is to be waited for.
    await user.settled(await user.start({ graphId: 'nested', input: {}, metadata: {} }));
    await at.go('/inbox');
    await page.getByText('Nobody waits for you').waitFor();
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('link', { name: /^nested/ }).waitFor();
    const { port } = new URL(program.url);
    await program.end('SIGKILL');
    await page.getByText('This may be old').waitFor();
    await page.getByRole('link', { name: 'Inbox' }).click();
    await page.getByText('The questions could not be loaded').waitFor();
    await page.getByText('it may be starting again').waitFor();
    program = await startProgram({ ...settings, PORT: port });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Nobody waits for you').waitFor();
  });

  it('a gateway that is there but does not answer is not taken for one that does', async () => {
    const { page } = at;
    const id = await new User(program.url, {}).start({ graphId: 'plain', task: 'Frozen' });
    await at.go(`/sessions/${id}`);
    await page.getByText('Live', { exact: true }).waitFor();
    program.process.kill('SIGSTOP');
    await page.getByText('Reconnecting…').waitFor({ timeout: 30_000 });
    program.process.kill('SIGCONT');
    await page.getByText('Live again, nothing was missed').waitFor({ timeout: 30_000 });
  });

  it('says that the computer is offline, for as long as it is', async () => {
    const { page } = at;
    await at.context.setOffline(true);
    await page.getByText('You are offline').waitFor();
    await at.context.setOffline(false);
    await page.getByText('You are offline').waitFor({ state: 'detached' });
  });
});

/** The numbers of the graph's steps that are in view, the newest first. */
async function stepNumbers(at: ConsolePage): Promise<number[]> {
  const rows = await at.timeline();
  const numbers = rows.flatMap((row) => /^(\d+) (?:add|Input taken)/.exec(row)?.[1] ?? []);
  // A few more or less are ready beyond the edge.
  return numbers.slice(0, 12).map(Number);
}
