// Promise 8: forks are exact and free, at every checkpoint of graphs of every shape, on every backend.
import { describe, expect, it } from 'vitest';
import type { CheckpointRow } from '../../src/session/ports.ts';
import type { Session } from '../../src/session/session.ts';
import { SHAPES } from '../graphs/shapes.ts';
import { ALICE, type InProcess, openInProcess } from './in-process.ts';
import { BACKENDS, type TestBackend, contentsOf, openTestBackend } from './open-test-backend.ts';

const OWNER = { ownerId: ALICE.id };
const HISTORY = { namespace: '', source: null, run: null };
const ALL = { first: 1000, after: null };
const MOST_RUNS = 20;

describe.each(BACKENDS)('on %s', (name) => {
  it.each(Object.entries(SHAPES))('%s', async (shape, input) => {
    await using test = await openTestBackend(name);
    await using gateway = await openInProcess(test.backend, [shape], 'shapes.ts');
    const control = await end(gateway, await start(gateway, input));
    const expected = await stateOf(gateway, control);
    expect(expected).toMatchObject({ next: [], interrupts: [] });

    // Whenever the parent rests, its fork is as it is, and each comes to the same end.
    let parent = await settled(gateway, await start(gateway, input));
    for (let n = 0; n < MOST_RUNS && !(await isDone(gateway, parent)); n += 1) {
      const fork = await gateway.forks.fork(ALICE, { sessionId: parent.id });
      expect(await stateOf(gateway, fork)).toEqual(await stateOf(gateway, parent));
      expect(fork.status).toBe(
        parent.status === 'INTERRUPTED' && fork.asking ? 'INTERRUPTED' : 'IDLE',
      );
      expect(await stateOf(gateway, await end(gateway, fork.id))).toEqual(expected);
      parent = await goOn(gateway, parent);
    }
    expect(await stateOf(gateway, parent)).toEqual(expected);

    const before = await contentsOf(test, parent.id);
    const history = await historyOf(test, parent);
    expect(history.length).toBeGreaterThan(0);
    for (const row of history) {
      const { checkpointId } = row;
      const fork = await gateway.forks.fork(ALICE, { sessionId: parent.id, checkpointId });
      const [copy, ...others] = await historyOf(test, fork);
      expect(others).toEqual([]);
      if (copy === undefined) throw new Error('the fork has no checkpoint');
      expect(copy.checkpointId).toBe(checkpointId);
      expect(await viewOf(gateway, fork, copy)).toEqual(await viewOf(gateway, parent, row));
      const done = await end(gateway, fork.id);
      expect(await stateOf(gateway, done)).toEqual(expected);

      const again = await gateway.forks.fork(ALICE, { sessionId: fork.id, checkpointId });
      expect(await stateOf(gateway, await end(gateway, again.id))).toEqual(expected);
    }
    expect(await contentsOf(test, parent.id)).toEqual(before);
  });
});

async function start(gateway: InProcess, input: unknown): Promise<string> {
  const { session } = await gateway.sessions.start(ALICE, { input });
  return session.id;
}

async function settled(gateway: InProcess, id: string): Promise<Session> {
  return gateway.settled(id);
}

/** Drives the session until nothing is left to do. */
async function end(gateway: InProcess, id: string): Promise<Session> {
  let session = await settled(gateway, id);
  for (let n = 0; n < MOST_RUNS; n += 1) {
    if (await isDone(gateway, session)) return session;
    session = await goOn(gateway, session);
  }
  throw new Error(`session ${id} does not come to an end`);
}

async function isDone(gateway: InProcess, session: Session): Promise<boolean> {
  const { next, interrupts } = await gateway.graphs.current(session);
  return next.length === 0 && interrupts.length === 0;
}

/** Answers each question with its own words, or else goes on from where it stopped. */
async function goOn(gateway: InProcess, session: Session): Promise<Session> {
  const { interrupts } = await gateway.graphs.current(session);
  const answers = interrupts.map(({ interruptId, value }) => ({
    interruptId,
    value: `answer to ${String(value)}`,
  }));
  await gateway.sessions.resume(ALICE, {
    sessionId: session.id,
    onBusy: 'REJECT',
    ...(answers.length > 0 && { answers }),
  });
  return settled(gateway, session.id);
}

async function stateOf(gateway: InProcess, session: Session): Promise<unknown> {
  const { values, next, interrupts } = await gateway.graphs.current(session);
  return JSON.parse(JSON.stringify({ values, next, interrupts }));
}

async function viewOf(gateway: InProcess, session: Session, row: CheckpointRow): Promise<unknown> {
  const checkpoint = { session, row };
  const { parentId, createdAt, step, source, changedKeys } = row;
  return {
    shown: { parentId, createdAt, step, source, changedKeys },
    metadata: await gateway.checkpoints.metadata(checkpoint),
    values: await gateway.checkpoints.values(checkpoint, null),
    next: await gateway.checkpoints.next(checkpoint),
    interrupts: await gateway.checkpoints.interrupts(checkpoint),
  };
}

async function historyOf({ backend }: TestBackend, { id }: Session): Promise<CheckpointRow[]> {
  const { items } = await backend.sessions.listCheckpoints(id, OWNER, HISTORY, ALL);
  return items.toReversed();
}
