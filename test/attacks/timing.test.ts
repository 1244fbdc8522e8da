// Promise 1: how long an answer takes does not tell a session of another's from one that never was.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as } from '../support/caller.ts';
import { post } from '../support/client.ts';
import { ENVIRONMENTS, type Environment, openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const ROUNDS = 120;
const AT_MOST = 1.2;

const OPERATIONS = {
  session: 'query ($id: ID!) { session(id: $id) { id status values } }',
  checkpoints: 'query ($id: ID!) { checkpoints(sessionId: $id) { nodes { checkpointId } } }',
  awaitSession: 'query ($id: ID!) { awaitSession(id: $id, timeoutSeconds: 1) { id } }',
  forkSession: 'mutation ($id: ID!) { forkSession(input: { sessionId: $id }) { session { id } } }',
  resumeSession:
    'mutation ($id: ID!) { resumeSession(input: { sessionId: $id, input: {} }) { session { id } } }',
  cancelSession:
    'mutation ($id: ID!) { cancelSession(input: { sessionId: $id }) { session { id } } }',
  deleteSession:
    'mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { deletedSessionId } }',
};

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;
  let others: string;
  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    const unlimited = { REQUESTS_PER_USER: 'unlimited', REQUESTS_PER_ADDRESS: 'unlimited' };
    program = await startProgram({ ...environment.settings, ...unlimited });
    const bob = new User(program.url, as('bob'));
    others = await bob.start({ graphId: 'twentySteps', input: {} });
    await bob.settled(others);
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  it.each(Object.entries(OPERATIONS))('%s', async (_name, query) => {
    const timed = async (id: string) => {
      const begun = performance.now();
      const { data, errors } = await post(program.url, { query, variables: { id } });
      const took = performance.now() - begun;
      const told = JSON.stringify([data, errors]).replaceAll(id, 'ID');
      return { took, told };
    };
    const theirs: number[] = [];
    const nobodys: number[] = [];
    for (let n = 0; n < ROUNDS; n += 1) {
      const is = await timed(others);
      const isNot = await timed(randomUUID());
      expect(is.told).toMatch(/SESSION_NOT_FOUND|"session":null/);
      expect(is.told).toBe(isNot.told);
      theirs.push(is.took);
      nobodys.push(isNot.took);
    }
    const ratio = median(theirs) / median(nobodys);
    expect(Math.max(ratio, 1 / ratio)).toBeLessThan(AT_MOST);
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
