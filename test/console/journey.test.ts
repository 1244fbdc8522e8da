// The main job, as a person does it: start, watch, answer, go back, fork, edit and run again, compare; over the audit of a
// source tree.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type SourceTree, openSourceTree } from '../examples/source-tree.ts';
import {
  type ConsoleBrowser,
  type ConsolePage,
  openConsoleBrowser,
  pictureFailures,
} from '../support/console-page.ts';
import { type Program, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

describe('the audit of a source tree', () => {
  const folder = temporaryFolder();
  let tree: SourceTree;
  let program: Program;
  let browser: ConsoleBrowser;
  let at: ConsolePage;
  pictureFailures(() => at);

  beforeAll(async () => {
    browser = await openConsoleBrowser();
    tree = await openSourceTree({
      'README.md': '# Tree\n',
      'src/a.ts': '// TODO: a\n',
      'lib/b.ts': `export const b = ${'1 + '.repeat(80)}1;\n`,
      'docs/c.md': 'words\n',
    });
    program = await startProgram({
      ENV: 'sqlite',
      SQLITE_PATH: `${folder.path}/sessions.db`,
      LANGGRAPH_JSON: 'langgraph.json',
      AUDIT_ROOT: '/',
    });
    at = await browser.open(program.url);
  });

  afterAll(async () => {
    await at[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
    await tree[Symbol.asyncDispose]();
    await browser[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it('is started by the form that its input schema makes, is watched, asks, and is answered', async () => {
    const { page } = at;
    await at.go('/');
    await page.getByText('No sessions yet').waitFor();
    await page.getByRole('button', { name: 'Start a session' }).click();
    await page.getByRole('tab', { name: 'Form' }).click();
    await page.getByLabel('path').fill(tree.path);
    await page.getByLabel('task').fill('The tree');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/sessions\/./);
    await at.status('Waiting');
    await page.getByRole('heading', { name: 'review asks' }).waitFor();
    await page.getByRole('heading', { name: 'Repository audit: The tree' }).waitFor();
    // The nodes that have run are counted.
    await page.locator('[data-node="audit-folder"]', { hasText: '×4' }).waitFor();
    expect(await at.timeline()).toEqual([
      expect.stringMatching(/^Start waits for answers/),
      expect.stringMatching(/^3 draft/),
      expect.stringMatching(/^2 audit-folder ×4/),
      expect.stringMatching(/^1 survey/),
      expect.stringMatching(/^0 Input taken/),
      'in Input',
      expect.stringMatching(/^Start (begun|queued)/),
    ]);
  });

  it('a page that is loaded anew shows the steps that the one before it watched', async () => {
    const { page } = at;
    const watched = (await at.timeline()).map(withoutTimes);
    await page.reload();
    await page.getByRole('heading', { name: 'review asks' }).waitFor();
    await vi.waitFor(async () => expect((await at.timeline()).map(withoutTimes)).toEqual(watched), {
      timeout: 60_000,
    });
  });

  it('shows the state at a step, and what the step changed', async () => {
    const { page } = at;
    await page.getByRole('button', { name: /^1 survey/ }).click();
    await page.waitForURL(/\/sessions\/[^/]+\/[^/]+/);
    await page.getByRole('tab', { name: 'State' }).click();
    await page.getByText('Next: audit-folder ×4').waitFor();
    await page.getByRole('tab', { name: 'Changes' }).click();
    await page.locator('.delta ins', { hasText: 'docs' }).waitFor();
    // The address leads there.
    await page.reload();
    await page.getByText('Step 1').first().waitFor();
  });

  it('is forked at a step, goes on there by itself, and both are compared', async () => {
    const { page } = at;
    const parent = at.sessionId;
    await page.getByRole('button', { name: 'Fork from here' }).click();
    await page.getByText('forked from').waitFor();
    expect(at.sessionId).not.toBe(parent);
    await at.status('Idle');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'review asks' }).waitFor();
    const questions = page.getByRole('region', { name: 'Questions' });
    await questions.getByRole('tab', { name: 'JSON' }).click();
    await questions.getByRole('textbox', { name: 'Answer' }).fill('{"exclude": ["docs"]}');
    await questions.getByRole('button', { name: 'Answer', exact: true }).click();
    await page
      .getByText(/3 files/)
      .first()
      .waitFor();
    const fork = at.sessionId;

    await page.getByRole('tab', { name: 'Tree' }).click();
    await page.getByRole('button', { name: `Session: ${titleOf(parent)}` }).click();
    await page.waitForURL(new RegExp(parent));
    await page.getByRole('tab', { name: 'Tree' }).click();
    await page.getByRole('button', { name: `Session: ${titleOf(fork)}` }).waitFor();

    await at.go(`/compare?left=${parent}&right=${fork}`);
    await page.getByText('(in both)').first().waitFor();
    const differs = page.getByRole('region', { name: 'What differs' });
    await differs.locator('ins', { hasText: 'docs' }).first().waitFor();
  });

  it('the state is edited at a step, and the graph goes on from there', async () => {
    const { page } = at;
    const fork = new URL(page.url()).searchParams.get('right') ?? '';
    await at.go(`/sessions/${fork}`);
    await page
      .getByRole('button', { name: /^\d+ draft/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Edit the state' }).click();
    const editor = page.getByRole('dialog').getByRole('textbox', { name: 'State' });
    await editor.waitFor();
    await editor.click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText(JSON.stringify({ draftReport: 'Written by hand' }));
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByText('Written by hand').first().waitFor();
    await expect
      .poll(() => at.timeline())
      .toContainEqual(expect.stringMatching(/^\d+ Edited by hand/));
  });

  it('a session is started by words alone, and is called by them', async () => {
    await at.start('repo-audit', 'The tree');
    await at.page.getByRole('heading', { name: 'The tree', exact: true }).waitFor();
    await at.status('Waiting');
  });

  it('stands in the inbox until it is answered there', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'Inbox' }).click();
    await page.getByRole('heading', { name: 'Inbox 3' }).waitFor();
    // The one that waits longest is first, and j and k go to the next and back.
    await page.locator('[data-question]').waitFor();
    const current = () => page.locator('button[aria-current="true"]').count();
    expect(await current()).toBe(1);
    await page.keyboard.press('j');
    await page.getByText('Written by hand').waitFor();
    await page.keyboard.press('k');
    await page.getByText('4 files').first().waitFor();
    // What the graph declares of its answer is a form, whose first choice is to approve.
    await page.keyboard.press('a');
    const isInForm = () => page.evaluate(() => document.activeElement?.closest('[data-answer]'));
    await expect.poll(isInForm).not.toBeNull();
    await page.getByRole('checkbox', { name: 'approve' }).waitFor();
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    await page.getByRole('heading', { name: 'Inbox 2' }).waitFor();
    await page.getByText('Written by hand').waitFor();
  });

  it('the list follows what happens, and its filters stand in the address', async () => {
    const { page } = at;
    await at.go('/?status=INTERRUPTED');
    const rows = page.getByRole('row');
    await expect.poll(() => rows.count()).toBe(3);
    // Another client answers both.
    await using other = await browser.open(program.url);
    await other.go('/inbox');
    for (const left of [/^Inbox 1$/, /^Inbox 0$/]) {
      await other.page.getByRole('checkbox', { name: 'approve' }).waitFor();
      await other.page.getByRole('button', { name: 'Answer', exact: true }).click();
      await other.page.getByRole('heading', { name: left }).waitFor();
    }
    await other.page.getByText('Nobody waits for you').waitFor();
    await page.getByText('No session is like that').waitFor();
    await at.choose('Graph', 'repo-audit');
    await page.waitForURL(/graph=repo-audit/);
    await other.page.goto(new URL('/?graph=repo-audit', program.url).href);
    await expect.poll(() => other.page.getByRole('row').count()).toBe(4);
    const metadata = other.page.getByRole('textbox', { name: 'Metadata' });
    await metadata.fill('team=blue');
    await metadata.press('Enter');
    await other.page.waitForURL(/meta=team/);
    await other.page.getByText('No session is like that').waitFor();
    const user = new User(program.url, {});
    const mine = { path: tree.path, task: 'Of the team' };
    await user.start({ graphId: 'repo-audit', input: mine, metadata: { team: 'blue' } });
    await expect.poll(() => other.page.getByRole('row').count()).toBe(2);
    await at.go('/?graph=repo-audit&order=updated');
    await expect.poll(() => rows.count()).toBe(5);
    other.expectNoProblems();
  });

  it('is given new input, and dialogs give focus back', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'The tree' }).first().click();
    await at.status('Succeeded');
    const button = page.getByRole('button', { name: 'New input…' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('tab', { name: 'Form' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('tab', { name: 'JSON' }).click();
    await dialog.getByRole('textbox', { name: 'Input' }).fill(JSON.stringify({ path: tree.path }));
    await dialog.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'review asks' }).waitFor();
    await at.go('/');
  });

  it('is deleted, and is then nowhere', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'The tree' }).first().click();
    await page.getByRole('button', { name: 'Delete…' }).click();
    const gone = at.sessionId;
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
    await at.go(`/sessions/${gone}`);
    await page.getByText('No such session').waitFor();
  });

  it('nothing of it wrote an error to the browser’s console, or asked another server', () => {
    at.expectNoProblems();
  });
});

/** What a session without a task is called. */
function titleOf(id: string): string {
  return `repo-audit ${id.slice(0, 8)}`;
}

function withoutTimes(row: string): string {
  return row.replace(/ [\d.]+ (ms|s)$/, '').replace(/^Start (begun|queued)$/, 'Start begun');
}
