// Why a run failed: its owner reads it in the API and the feed, its operator in the log.
import { expect, it } from 'vitest';
import { as, JWT_SECRET } from '../support/caller.ts';
import { startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const KEY = 'sk-very-secret-0123456789';

it('the node that failed among many, its causes, and nothing of a secret', async () => {
  await using program = await startProgram({
    ENV: 'development',
    JWT_SECRET,
    LEAK_API_KEY: KEY,
    LOG_LEVEL: 'info',
  });
  const alice = new User(program.url, as('alice'));
  const id = await alice.start({ graphId: 'failingBeside', task: 'x' });
  const error = {
    code: 'GRAPH_ERROR',
    message: 'AggregateError: nothing worked',
    node: 'culprit',
    causes: [
      { code: 'GRAPH_ERROR', message: 'RangeError: too far', node: null },
      { code: 'GRAPH_ERROR', message: 'Error: refused with [secret]', node: null },
      { code: 'GRAPH_ERROR', message: 'Error: the first cause', node: null },
      { code: 'GRAPH_ERROR', message: 'TypeError: no number', node: null },
    ],
  };
  const state = await alice.settled(id);
  expect(state).toMatchObject({ status: 'FAILED', latestRun: { error } });
  const events = await alice.events(id, { after: Buffer.from(`${id}:0`).toString('base64url') });
  expect(events.at(-1)).toMatchObject({ type: 'RunStatusChanged', status: 'FAILED', error });
  const line = program
    .output()
    .split('\n')
    .find((each) => each.includes('"the graph failed"'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    sessionId: id,
    thrown: {
      type: 'AggregateError',
      message: 'nothing worked',
      stack: expect.stringMatching(/graphs\.ts/) as string,
      errors: ['RangeError: too far', 'Error: refused with [secret]'],
    },
  });
  expect(program.output()).not.toContain(KEY);
});

it('LOG_ERROR_MESSAGES=false keeps the words of graphs out of the log', async () => {
  await using program = await startProgram({ ENV: 'development', LOG_ERROR_MESSAGES: 'false' });
  const alice = new User(program.url);
  const id = await alice.start({ graphId: 'indiscreet', task: 'of the user' });
  expect((await alice.settled(id)).latestRun?.error?.message).toContain('of the user');
  expect(program.output()).toContain('the graph failed');
  expect(program.output()).not.toContain('of the user');
});
