// Promise 8: forks are exact and free, at every checkpoint of graphs of every shape, on every backend.
import { describe, expect, it } from 'vitest';
import { CALLERS, SHAPES } from '../graphs/shapes.ts';
import { MOST_RUNS, driveToEnd, goOn, historyOf, isDone, start, stateOf, viewOf } from './drive.ts';
import { ALICE, openInProcess } from './in-process.ts';
import { BACKENDS, contentsOf, openTestBackend } from './open-test-backend.ts';

describe.each(BACKENDS)('on %s', (name) => {
  it.each(Object.entries(SHAPES))('%s', async (shape, input) => {
    await using test = await openTestBackend(name);
    await using gateway = await openInProcess(test.backend, [shape], 'shapes.ts');
    const endOf = async (id: string) => stateOf(gateway, await driveToEnd(gateway, id));
    const control = await driveToEnd(gateway, await start(gateway, input));
    const expected = await stateOf(gateway, control);
    expect(expected).toMatchObject({ next: [], interrupts: [] });

    // Whenever the parent rests, its fork is as it is, and each comes to the same end.
    let parent = await gateway.settled(await start(gateway, input));
    for (let n = 0; n < MOST_RUNS && !(await isDone(gateway, parent)); n += 1) {
      const fork = await gateway.forks.fork(ALICE, { sessionId: parent.id });
      expect(await stateOf(gateway, fork)).toEqual(await stateOf(gateway, parent));
      expect(fork.status).toBe(fork.asking ? 'INTERRUPTED' : 'IDLE');
      expect(fork.asking).toBe(parent.asking);
      expect(await endOf(fork.id)).toEqual(expected);
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
      // LangGraph itself goes on within a graph that remembers, where a run begins at the node that calls it.
      const { next } = await gateway.graphs.current(fork);
      if (CALLERS.has(shape) && next.includes('caller')) continue;
      expect(await endOf(fork.id)).toEqual(expected);

      const ofFork = await gateway.forks.fork(ALICE, { sessionId: fork.id, checkpointId });
      expect(await endOf(ofFork.id)).toEqual(expected);
    }
    expect(await contentsOf(test, parent.id)).toEqual(before);
  });
});
