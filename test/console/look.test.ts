// How the pages look to everybody: light and dark, wide and narrow, by keyboard and to a screen reader. With
// CONSOLE_PICTURES=docs/console it leaves a picture of each.
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelServer, openModelServer } from '../examples/chat-completions.ts';
import { type SourceTree, openSourceTree } from '../examples/source-tree.ts';
import {
  type ConsoleBrowser,
  type ConsolePage,
  openConsoleBrowser,
  pictureFailures,
} from '../support/console-page.ts';
import { type Program, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const PICTURES = process.env['CONSOLE_PICTURES'];
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 360, height: 740 } };
type Size = keyof typeof SIZES;

/** Colors do not change with the width, nor what fits with the colors; pictures are of all. */
const LOOKS: readonly (readonly [Size, 'light' | 'dark'])[] = [
  ['wide', 'light'],
  ['narrow', 'dark'],
  ...(PICTURES === undefined
    ? []
    : ([
        ['wide', 'dark'],
        ['narrow', 'light'],
      ] as const)),
];

interface Look {
  readonly name: string;
  readonly path: string;
  /** What is there once the page is whole. */
  readonly shows: string | RegExp;
  /** What is done before it is looked at. */
  readonly act?: (at: ConsolePage) => Promise<void>;
}

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

describe.for(LOOKS)('the pages, %s and %s', ([size, colorScheme]) => {
  let at: ConsolePage;
  pictureFailures(() => at);

  beforeAll(async () => {
    at = await world.browser.open(world.program.url, { viewport: SIZES[size], colorScheme });
  });
  afterAll(() => at[Symbol.asyncDispose]());

  it('have no serious finding of axe, and fit into the width', async () => {
    const found: string[] = [];
    for (const look of looksAt(world)) {
      await at.go(look.path);
      await at.page.getByText(look.shows).first().waitFor();
      await look.act?.(at);
      await at.page.waitForLoadState('networkidle');
      found.push(...(await findingsOf(at)).map((finding) => `${look.name}: ${finding}`));
      const overflow = await at.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (overflow > 0) found.push(`${look.name}: wider by ${overflow}`);
      if (PICTURES !== undefined) {
        await at.page.evaluate(() => scrollTo(0, 0));
        const path = `${PICTURES}/${look.name}-${size}-${colorScheme}.png`;
        await at.page.screenshot({ path, fullPage: size === 'wide' });
      }
    }
    expect(found).toEqual([]);
    at.expectNoProblems();
  });
});

async function findingsOf({ page }: ConsolePage): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`);
}

interface World extends AsyncDisposable {
  readonly program: Program;
  readonly browser: ConsoleBrowser;
  readonly ids: Readonly<Record<'audit' | 'fork' | 'chat' | 'failed' | 'nested', string>>;
}

/** Sessions of all kinds, the same for each look. */
async function openWorld(): Promise<World> {
  await using parts = new AsyncDisposableStack();
  const model: ModelServer = parts.use(
    await openModelServer([
      { tool: 'calculator', args: { expression: '6 * 7' } },
      { tokens: ['It is **42**:\n\n', '| a | b |\n|---|---|\n| 6 | 7 |\n'] },
    ]),
  );
  const tree: SourceTree = parts.use(
    await openSourceTree({
      'README.md': '# Tree\n',
      'src/a.ts': '// TODO: write it\n',
      'lib/b.ts': `export const b = ${'1 + '.repeat(80)}1;\n`,
      'docs/c.md': 'words\n',
    }),
  );
  const program = parts.use(
    await startProgram({
      ENV: 'development',
      LANGGRAPH_JSON: 'test/graphs/console/all.json',
      AUDIT_ROOT: tree.path,
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: model.url,
    }),
  );
  const browser = parts.use(await openConsoleBrowser());
  const user = new User(program.url, {});
  const start = async (graphId: string, given: object) => {
    const id = await user.start({ graphId, ...given });
    await user.settled(id);
    return id;
  };
  const nested = await start('nested', { input: { pauseMs: 1 } });
  const failed = await start('broken', { input: {}, metadata: { team: 'blue' } });
  const chat = await start('chat', { task: 'What is 6 times 7?' });
  await start('inboxed', { task: 'Write to Ada' });
  const audit = await start('repo-audit', { input: { path: tree.path, task: 'The tree' } });
  const fork = await user.fork({ sessionId: audit });
  const { interrupts } = await user.look(fork);
  await user.resume({
    sessionId: fork,
    answers: [{ interruptId: interrupts[0]?.interruptId ?? '', value: { exclude: ['docs'] } }],
  });
  await user.settled(fork);
  const open = parts.move();
  return {
    program,
    browser,
    ids: { audit, fork, chat, failed, nested },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function looksAt({ ids }: World): Look[] {
  const tab = (name: string) => (at: ConsolePage) =>
    at.page.getByRole('tab', { name }).last().click();
  return [
    { name: 'sessions', path: '/', shows: 'What is 6 times 7?' },
    {
      name: 'start',
      path: '/',
      shows: 'What is 6 times 7?',
      act: async ({ page }) => {
        await page.getByRole('button', { name: 'Start a session' }).click();
        await page.getByRole('dialog').getByRole('tab', { name: 'JSON' }).click();
        await page.getByRole('textbox', { name: 'Input' }).waitFor();
      },
    },
    {
      name: 'start-form',
      path: '/',
      shows: 'What is 6 times 7?',
      act: async (at) => {
        await at.page.getByRole('button', { name: 'Start a session' }).click();
        await at.page.getByRole('dialog').getByRole('tab', { name: 'JSON' }).waitFor();
        await at.choose('Graph', 'repo-audit');
        await at.page.getByRole('dialog').getByRole('tab', { name: 'Form' }).click();
        await at.page.getByLabel('path').waitFor();
      },
    },
    { name: 'session', path: `/sessions/${ids.audit}`, shows: 'review asks' },
    {
      name: 'changes',
      path: `/sessions/${ids.fork}`,
      shows: 'review asks',
      act: async (at) => {
        await at.page.getByRole('button', { name: /draft/ }).first().click();
        await at.page.getByText('Fork from here').waitFor();
        await tab('Changes')(at);
        await at.page.locator('.delta').first().waitFor();
      },
    },
    {
      name: 'tree',
      path: `/sessions/${ids.audit}`,
      shows: 'review asks',
      act: async (at) => {
        await tab('Tree')(at);
        await at.page.getByRole('button', { name: /^Session: / }).waitFor();
      },
    },
    {
      name: 'edit',
      path: `/sessions/${ids.failed}`,
      shows: 'second failed',
      act: async ({ page }) => {
        await page.getByRole('button', { name: /^1 first/ }).click();
        await page.getByRole('button', { name: 'Edit the state' }).click();
        await page.getByRole('dialog').getByRole('textbox', { name: 'State' }).waitFor();
      },
    },
    {
      name: 'chat',
      path: `/sessions/${ids.chat}`,
      shows: 'Calls calculator',
      act: async ({ page }) => {
        await page.getByText('Calls calculator').click();
        await page.getByRole('log').locator('table').waitFor();
      },
    },
    {
      name: 'subgraph',
      path: `/sessions/${ids.nested}`,
      shows: /×1/,
      act: async ({ page }) => {
        await page.getByRole('button', { name: /^inner.*: open/ }).click();
        await page.locator('[data-node="inner:judge"]').waitFor();
        await page.getByLabel('Steps of').selectOption({ index: 1 });
        await page.getByRole('button', { name: /look/ }).first().waitFor();
      },
    },
    { name: 'inbox', path: '/inbox', shows: 'Wants to do' },
    {
      name: 'compare',
      path: `/compare?left=${ids.audit}&right=${ids.fork}`,
      shows: '(in both)',
      act: async ({ page }) => page.locator('.delta').first().waitFor(),
    },
    { name: 'not-found', path: '/sessions/none', shows: 'No such session' },
  ];
}
