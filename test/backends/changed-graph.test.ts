// Settled means done: a run whose next node is not in the graph any more fails, keeps its answer, and goes on once the
// graph has the node again. And a state that cannot be read takes nothing else with it.
import { describe, expect, it } from 'vitest';
import { ALICE, openInProcess } from './in-process.ts';
import { BACKENDS, openTestBackend } from './open-test-backend.ts';

const FILE = 'changed.ts';
const CHANGED = { code: 'GRAPH_CHANGED', message: expect.stringContaining('"two"') as string };

describe.each(BACKENDS)('on %s', (name) => {
  it.each([
    ['edge', ['one', 'two']],
    ['send', ['one', 'two', 'two']],
    ['join', ['one', 'other', 'two']],
    ['ask', ['one', 'answer yes']],
    ['within', ['one', 'answer yes']],
  ])('a run whose node is gone fails and goes on once it is back: %s', async (kind, trail) => {
    await using test = await openTestBackend(name);
    const { backend } = test;
    const open = (version: 'Before' | 'After') =>
      openInProcess(backend, [`g=${kind}${version}`], FILE);

    const before = await open('Before');
    const { session } = await before.sessions.start(ALICE, { input: { task: 'go' } });
    const { id: sessionId } = session;
    const rested = await before.settled(sessionId);
    expect(rested.status).toBe('INTERRUPTED');
    const { interrupts } = await before.graphs.current(rested);
    const asked = interrupts.map(({ interruptId }) => ({ interruptId, value: 'yes' }));
    const answers = asked.length > 0 ? { answers: asked } : {};
    // Its worker is gone, and its gateway accepts.
    await before[Symbol.asyncDispose]();
    await before.sessions.resume(ALICE, { sessionId, onBusy: 'REJECT', ...answers });

    const after = await open('After');
    const failed = await after.settled(sessionId);
    expect(failed.status).toBe('FAILED');
    const run = await backend.sessions.findRunByNumber(sessionId, failed.lastRun, 'system');
    expect(run?.error).toMatchObject(CHANGED);
    if (kind !== 'within') {
      expect(await after.graphs.current(failed)).toMatchObject({ next: ['two'], missing: ['two'] });
      const goOn = after.sessions.resume(ALICE, { sessionId, onBusy: 'REJECT' });
      await expect(goOn).rejects.toMatchObject(CHANGED);
    }
    await after[Symbol.asyncDispose]();

    await using again = await open('Before');
    await again.sessions.resume(ALICE, { sessionId, onBusy: 'REJECT' });
    const done = await again.settled(sessionId);
    expect(done.status).toBe('SUCCEEDED');
    const { values } = await again.graphs.current(done);
    expect((values as { trail: string[] }).trail).toEqual(trail);
  });

  it.each(['twoWriters', 'throwingReducer'])(
    'a step that cannot be applied leaves the session readable: %s',
    async (graphId) => {
      await using test = await openTestBackend(name);
      const { backend } = test;
      await using gateway = await openInProcess(backend, [graphId], FILE);
      const { session } = await gateway.sessions.start(ALICE, { input: { task: 'go' } });
      const { id: sessionId } = session;
      const failed = await gateway.settled(sessionId);
      expect(failed.status).toBe('FAILED');
      expect(await gateway.graphs.current(failed)).toMatchObject({
        values: { task: 'go', topic: 'begun' },
        next: graphId === 'twoWriters' ? ['left', 'right'] : ['left'],
        interrupts: [],
      });
      // Forks of it are as readable.
      const fork = await gateway.forks.fork(ALICE, { sessionId });
      expect(await gateway.graphs.current(fork)).toMatchObject({ values: { topic: 'begun' } });
      // An earlier checkpoint can be gone on from, and the newest edited.
      const all = { first: 10, after: null };
      const { items } = await backend.sessions.listCheckpoints(
        sessionId,
        'system',
        { namespace: '', source: null, run: null },
        all,
      );
      const first = items.at(-1);
      await gateway.sessions.resume(ALICE, {
        sessionId,
        onBusy: 'REJECT',
        checkpointId: first?.checkpointId ?? '',
      });
      expect((await gateway.settled(sessionId)).status).toBe('FAILED');
      await gateway.edits.edit(ALICE, { sessionId, values: { topic: 'edited' }, asNode: 'left' });
      const edited = await backend.sessions.find(sessionId, 'system');
      if (edited === null) throw new Error('the session is gone');
      expect(await gateway.graphs.current(edited)).toMatchObject({ values: { topic: 'edited' } });
    },
  );
});

describe('a graph that has not changed is not refused', () => {
  it('whose node calls one of several graphs', async () => {
    await using test = await openTestBackend('memory');
    await using gateway = await openInProcess(test.backend, ['callsOneOfTwo'], FILE);
    const { session } = await gateway.sessions.start(ALICE, { input: { task: 'go' } });
    const { id: sessionId } = session;
    const { interrupts } = await gateway.graphs.current(await gateway.settled(sessionId));
    const answers = interrupts.map(({ interruptId }) => ({ interruptId, value: 'yes' }));
    await gateway.sessions.resume(ALICE, { sessionId, answers, onBusy: 'REJECT' });
    const done = await gateway.settled(sessionId);
    expect(done.status).toBe('SUCCEEDED');
    expect((await gateway.graphs.current(done)).values).toMatchObject({
      trail: ['answer yes', 'c'],
    });
  });

  it('that a function makes for its caller', async () => {
    await using test = await openTestBackend('memory');
    await using gateway = await openInProcess(test.backend, ['ofRole'], FILE);
    const admin = { ...ALICE, claims: { role: 'admin' } };
    const { session } = await gateway.sessions.start(admin, { input: { task: 'go' } });
    const { id: sessionId } = session;
    expect((await gateway.settled(sessionId)).status).toBe('FAILED');
    await gateway.sessions.resume(admin, { sessionId, onBusy: 'REJECT' });
    expect((await gateway.settled(sessionId)).status).toBe('SUCCEEDED');
  });
});
