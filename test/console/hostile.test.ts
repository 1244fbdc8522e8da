// Nothing that a user, a graph or a model says is believed: it is text. And all shapes of questions, with their answers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE } from '../graphs/console/graphs.ts';
import {
  type ConsoleBrowser,
  type ConsolePage,
  openConsoleBrowser,
  pictureFailures,
} from '../support/console-page.ts';
import { type Program, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

let program: Program;
let browser: ConsoleBrowser;
let at: ConsolePage;
pictureFailures(() => at);

beforeAll(async () => {
  program = await startProgram({
    ENV: 'development',
    LANGGRAPH_JSON: 'test/graphs/console/langgraph.json',
  });
  browser = await openConsoleBrowser();
  at = await browser.open(program.url);
});

afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

describe('what is hostile', () => {
  it('does nothing in a task, state, messages, questions, names of nodes, metadata and addresses', async () => {
    const { page } = at;
    page.on('dialog', (dialog) => at.problems.push(`a dialog: ${dialog.message()}`));
    const user = new User(program.url, {});
    const id = await user.start({
      graphId: 'hostile',
      task: HOSTILE,
      metadata: { note: HOSTILE, [HOSTILE]: 1 },
    });
    await user.settled(id);
    const pages = [
      '/',
      '/inbox',
      `/sessions/${id}`,
      `/sessions/${id}/${encodeURIComponent(HOSTILE)}`,
      `/sessions/${encodeURIComponent(HOSTILE)}`,
      `/?meta=${encodeURIComponent(HOSTILE)}&graph=${encodeURIComponent(HOSTILE)}&status=${encodeURIComponent(HOSTILE)}`,
      '/?meta=a%3D%5B1%5D',
      `/compare?left=${id}&right=${encodeURIComponent(HOSTILE)}`,
    ];
    for (const path of pages) {
      await at.go(path);
      await page.waitForLoadState('networkidle');
      await expectHarmless();
    }
    await at.go(`/sessions/${id}`);
    await page.getByRole('region', { name: 'Questions' }).waitFor();
    for (const tab of ['Chat', 'State', 'Changes', 'Tree']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.waitForLoadState('networkidle');
      if (tab === 'State') await page.getByRole('button', { name: 'Open all' }).last().click();
      await expectHarmless();
    }
    // It stands there, as text.
    expect(await page.getByText(HOSTILE).count()).toBeGreaterThan(1);
    // That a request names no session is told by the browser.
    at.expectNoProblems();
  });

  const expectHarmless = async () => {
    const found = await at.page.evaluate(() => ({
      scripts: [...document.scripts].filter((script) => script.src === '').length,
      images: document.images.length,
      links: [...document.querySelectorAll('a')].filter(
        ({ protocol, href }) => href !== '' && !/^https?:$/.test(protocol),
      ).length,
      title: document.title,
    }));
    expect(found).toMatchObject({ scripts: 0, images: 0, links: 0 });
    expect(found.title).not.toBe('hacked');
  };
});

describe('questions', () => {
  const ask = async (graphId: string) => {
    const user = new User(program.url, {});
    const id = await user.start({ graphId, task: `Of ${graphId}` });
    await user.settled(id);
    await at.go(`/sessions/${id}`);
    await at.page.getByRole('region', { name: 'Questions' }).waitFor();
    return async () => (await user.settled(id)).values as { readonly told: unknown };
  };

  it('in words are shown as Markdown, and answered by words', async () => {
    const told = await ask('plain');
    await at.page.locator('em', { hasText: 'name' }).waitFor();
    await at.page.getByRole('textbox', { name: 'Answer' }).fill('Ada');
    await at.page.getByRole('button', { name: 'Answer', exact: true }).click();
    await at.status('Succeeded');
    expect(await told()).toMatchObject({ told: 'Ada' });
  });

  it('of the functional API are answered, though it has no values yet', async () => {
    const user = new User(program.url, {});
    const id = await user.start({ graphId: 'functional', input: { task: 'cats' } });
    await user.settled(id);
    await at.go(`/sessions/${id}`);
    await at.page.locator('em', { hasText: 'cats' }).waitFor();
    await at.page.getByRole('textbox', { name: 'Answer' }).fill('Ada');
    await at.page.getByRole('button', { name: 'Answer', exact: true }).click();
    await at.status('Succeeded');
    expect((await user.settled(id)).values).toEqual({ told: 'Ada' });
    await at.page.getByRole('button', { name: /^0 / }).waitFor();
  });

  it('are answered by JSON, which is checked before it is sent', async () => {
    const told = await ask('plain');
    await at.page.getByRole('tab', { name: 'JSON' }).click();
    const editor = at.page.getByRole('textbox', { name: 'Answer' });
    await editor.fill('{"a": ');
    await at.page.getByRole('button', { name: 'Answer', exact: true }).click();
    await at.page.getByText('The answer is not JSON').waitFor();
    await editor.fill('{"a": [1]}');
    await at.page.getByRole('button', { name: 'Answer', exact: true }).click();
    await at.status('Succeeded');
    expect(await told()).toMatchObject({ told: { a: [1] } });
  });

  it('of Agent Inbox are accepted, edited, responded to or ignored', async () => {
    const accepted = await ask('inboxed');
    await at.page.locator('strong', { hasText: 'send_mail' }).waitFor();
    await at.page.getByRole('button', { name: 'Accept' }).click();
    await at.status('Succeeded');
    expect(await accepted()).toMatchObject({ told: [{ type: 'accept', args: null }] });

    const edited = await ask('inboxed');
    await at.page.getByRole('button', { name: 'Edit', exact: true }).click();
    await at.page.getByRole('textbox', { name: 'Arguments' }).fill('{"to": "bob@example.com"}');
    await at.page.getByRole('button', { name: 'Send the edited arguments' }).click();
    await at.status('Succeeded');
    expect(await edited()).toMatchObject({
      told: [{ type: 'edit', args: { action: 'send_mail', args: { to: 'bob@example.com' } } }],
    });

    const responded = await ask('inboxed');
    await at.page.getByRole('button', { name: 'Respond' }).click();
    await at.page.getByRole('textbox', { name: 'Respond' }).fill('Not now');
    await at.page.getByRole('button', { name: 'Send', exact: true }).click();
    await at.status('Succeeded');
    expect(await responded()).toMatchObject({ told: [{ type: 'response', args: 'Not now' }] });

    const ignored = await ask('inboxed');
    await at.page.getByRole('button', { name: 'Ignore' }).click();
    await at.status('Succeeded');
    expect(await ignored()).toMatchObject({ told: [{ type: 'ignore', args: null }] });
  });

  it('of langchain’s middleware are approved or rejected, as far as it allows', async () => {
    const approved = await ask('middleware');
    expect(await at.page.getByRole('button', { name: 'Edit', exact: true }).count()).toBe(0);
    await at.page.getByRole('button', { name: 'Approve' }).click();
    await at.status('Succeeded');
    expect(await approved()).toMatchObject({ told: { decisions: [{ type: 'approve' }] } });

    const rejected = await ask('middleware');
    await at.page.getByRole('button', { name: 'Reject' }).click();
    await at.page.getByRole('textbox', { name: 'Reject' }).fill('Too much');
    await at.page.getByRole('button', { name: 'Send', exact: true }).click();
    await at.status('Succeeded');
    expect(await rejected()).toMatchObject({
      told: { decisions: [{ type: 'reject', message: 'Too much' }] },
    });
  });

  it('are answered otherwise in a fork of the step that asked', async () => {
    const told = await ask('plain');
    await at.page.getByRole('textbox', { name: 'Answer' }).fill('first');
    await at.page.getByRole('button', { name: 'Answer', exact: true }).click();
    await at.status('Succeeded');
    expect(await told()).toMatchObject({ told: 'first' });
    await at.page.getByRole('button', { name: /^0 / }).click();
    await at.page.getByRole('button', { name: 'Fork from here, to answer otherwise' }).click();
    await at.page.getByText('forked from').waitFor();
    await at.page.getByRole('textbox', { name: 'Answer' }).fill('second');
    await at.page.getByRole('button', { name: 'Answer', exact: true }).click();
    await at.status('Succeeded');
    const fork = await new User(program.url, {}).look(at.sessionId);
    expect(fork.values).toMatchObject({ told: 'second' });
    expect(await told()).toMatchObject({ told: 'first' });
  });

  it('what was written stays while one looks elsewhere, and an empty answer is not sent by the way', async () => {
    await ask('plain');
    const answer = at.page.getByRole('textbox', { name: 'Answer' });
    const send = at.page.getByRole('button', { name: 'Answer', exact: true });
    expect(await send.isDisabled()).toBe(true);
    await answer.fill('half an ans');
    await at.page.getByRole('link', { name: 'Inbox' }).click();
    await at.page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await at.page.goBack();
    await at.page.goBack();
    await at.page.getByRole('region', { name: 'Questions' }).waitFor();
    expect(await answer.inputValue()).toBe('half an ans');
  });

  it('a session goes on from an earlier step, which makes a branch of it', async () => {
    const user = new User(program.url, {});
    const id = await user.start({ graphId: 'counter', input: { until: 3 } });
    await user.settled(id);
    await at.go(`/sessions/${id}`);
    await at.page.getByText('5 steps').waitFor();
    await at.page.getByRole('button', { name: /^1 add/ }).click();
    await at.page.getByRole('button', { name: 'Go on from here' }).click();
    // LangGraph copies the step first, and goes on from the copy.
    await at.page.getByText('8 steps').waitFor();
    await at.page.getByRole('button', { name: /^2 A branch begins/ }).waitFor();
    await at.page.getByRole('tab', { name: 'Tree' }).click();
    await expect.poll(() => at.page.getByRole('button', { name: /^Step 3/ }).count()).toBe(2);
  });

  it('all of it can be done by keyboard', async () => {
    const { page } = at;
    await at.go('/');
    await page.getByRole('button', { name: 'Start a session' }).waitFor();
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press('Tab');
        const here = await page.evaluate(() => {
          const element = document.activeElement;
          return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
        });
        if (here.trim() === name) return;
      }
      throw new Error(`no way leads to ${name}`);
    };
    await tabTo('Start a session');
    await page.keyboard.press('Enter');
    await page
      .getByRole('dialog')
      .getByRole('combobox', { name: 'Graph' })
      .or(page.getByRole('dialog').getByRole('textbox', { name: 'Graph' }))
      .first()
      .waitFor();
    await page.keyboard.type('plain');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'What is to be done' }).waitFor();
    await tabTo('Words');
    await page.keyboard.press('Tab');
    await page.keyboard.type('By keyboard');
    await tabTo('Start');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'ask asks' }).waitFor();
    await tabTo('Answer');
    await page.keyboard.type('Ada');
    await page.keyboard.press('Control+Enter');
    await at.status('Succeeded');
    await tabTo('Fork');
    await page.keyboard.press('Enter');
    await page.getByText('forked from').waitFor();
  });

  it('a failure says which node threw what, and the state is mended by hand', async () => {
    const user = new User(program.url, {});
    const id = await user.start({ graphId: 'broken', input: {} });
    await at.go(`/sessions/${id}`);
    await at.page.getByText('second failed').waitFor();
    await at.page.getByText('the count is only 1').first().waitFor();
    await at.page.getByRole('button', { name: /^1 first/ }).click();
    await at.page.getByRole('button', { name: 'Edit the state' }).click();
    const dialog = at.page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'State' }).fill('{"count": 7}');
    await at.choose('As node', 'first');
    await dialog.getByRole('button', { name: 'Save and go on' }).click();
    await at.status('Succeeded');
    expect((await user.look(id)).values).toMatchObject({ count: 7, until: 7 });
    at.expectNoProblems();
  });
});
