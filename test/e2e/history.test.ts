// HISTORY_KEEP on the real program: old checkpoints go in the background, and their events stay.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { execute, refusal, subscribe, present } from '../support/client.ts';
import { ENVIRONMENTS, type Environment, openEnvironment } from '../support/environments.ts';
import { Edit, Fork, History, Saved, Sessions } from '../support/operations.ts';
import { type Program, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

const KEEP = 3;

/** A restart of the first loses everything. */
const LASTING = ENVIRONMENTS.filter((ENV) => ENV !== 'development');

let parts: AsyncDisposableStack;

beforeEach(() => {
  parts = new AsyncDisposableStack();
});

afterEach(() => parts.disposeAsync());

const start = async ({ settings }: Environment, keep: number | 'all'): Promise<Program> =>
  parts.use(await startProgram({ ...settings, HISTORY_KEEP: String(keep) }));

async function historyOf({ url, headers }: User, id: string): Promise<string[]> {
  const { checkpoints } = await execute(url, History, { id, first: 50 }, headers);
  return present(checkpoints).nodes.map(({ checkpointId }) => checkpointId);
}

function trimmed(user: User, id: string): Promise<void> {
  return vi.waitFor(async () => expect(await historyOf(user, id)).toHaveLength(KEEP), {
    timeout: 60_000,
    interval: 100,
  });
}

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  it('the newest checkpoints stay; events outlive the others', async () => {
    const environment = parts.use(await openEnvironment(ENV));
    const alice = new User((await start(environment, KEEP)).url);
    const id = await alice.start({ graphId: 'steps', task: 'go' });
    const state = await alice.settled(id);
    await trimmed(alice, id);
    expect(await alice.look(id)).toEqual(state);
    const left = await historyOf(alice, id);
    expect(left[0]).toBe(state.checkpoint?.checkpointId);

    const after = Buffer.from(`${id}:0`).toString('base64url');
    const saved: [string, boolean][] = [];
    for await (const { data } of subscribe(
      alice.url,
      'websocket',
      Saved,
      { id, after },
      alice.headers,
    )) {
      const event = data?.sessionProgress;
      if (event && 'checkpointId' in event)
        saved.push([event.checkpointId, event.checkpoint !== null]);
    }
    expect(saved).toHaveLength(8);
    expect(saved.filter(([, isThere]) => isThere).map(([checkpointId]) => checkpointId)).toEqual(
      left.toReversed(),
    );

    const [gone = ''] = saved.flatMap(([checkpointId, isThere]) => (isThere ? [] : checkpointId));
    const past = { sessionId: id, checkpointId: gone };
    const edit = { input: { ...past, values: { task: 'x' } } };
    const refusals = await Promise.all([
      refusal(alice.resume(past)),
      refusal(execute(alice.url, Fork, { input: past }, alice.headers)),
      refusal(execute(alice.url, Edit, edit, alice.headers)),
    ]);
    expect(new Set(refusals)).toEqual(new Set(['CHECKPOINT_NOT_FOUND']));
    expect(await alice.look(id)).toEqual(state);
    expect(await historyOf(alice, id)).toEqual(left);
    const { sessions } = await execute(alice.url, Sessions, {}, alice.headers);
    expect(sessions.nodes).toHaveLength(1);

    const input = { sessionId: id, checkpointId: left.at(-1) ?? '' };
    const { forkSession } = await execute(alice.url, Fork, { input }, alice.headers);
    await alice.resume({ sessionId: forkSession.session.id });
    expect(await alice.settled(forkSession.session.id)).toMatchObject({
      status: 'SUCCEEDED',
      values: state.values,
    });
  });
});

describe.each(LASTING)('ENV=%s', (ENV) => {
  it('what was kept under another setting goes, too', async () => {
    const environment = parts.use(await openEnvironment(ENV));
    const before = await start(environment, 'all');
    const alice = new User(before.url);
    const id = await alice.start({ graphId: 'steps', task: 'go' });
    const state = await alice.settled(id);
    expect(await historyOf(alice, id)).toHaveLength(8);
    await before.end('SIGTERM');
    const now = new User((await start(environment, KEEP)).url);
    await trimmed(now, id);
    expect(await now.look(id)).toEqual(state);
  });
});
