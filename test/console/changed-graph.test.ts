// A session whose graph no longer has the node that it waits at: its page says so, and so does what is asked of it.
import { expect, it } from 'vitest';
import { openConsoleBrowser } from '../support/console-page.ts';
import { startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const GRAPHS = `${import.meta.dirname}/../graphs`;

it('says that the graph has changed, and which node is missing', async () => {
  using folder = temporaryFolder();
  const settings = { ENV: 'sqlite', SQLITE_PATH: `${folder.path}/sessions.db` };
  let id = '';
  let interruptId = '';
  {
    await using before = await startProgram({
      ...settings,
      LANGGRAPH_JSON: `${GRAPHS}/changed-before.json`,
    });
    const user = new User(before.url, {});
    id = await user.start({ task: 'go' });
    const { interrupts } = await user.settled(id);
    interruptId = interrupts[0]?.interruptId ?? '';
    await before.end();
  }
  await using program = await startProgram({
    ...settings,
    LANGGRAPH_JSON: `${GRAPHS}/changed-after.json`,
  });
  const answer = new User(program.url, {}).resume({
    sessionId: id,
    answers: [{ interruptId, value: 'yes' }],
  });
  await expect(answer).rejects.toThrow('these next nodes no longer exist: "two"');
  await using browser = await openConsoleBrowser();
  await using at = await browser.open(program.url);
  await at.go(`/sessions/${id}`);
  await at.page.getByText('The graph has changed').waitFor();
  await at.page.getByText('It has no node two').waitFor();
  expect(at.problems).toEqual([]);
});
