// Each run is executed once, and each is executed, whatever is delivered twice, made to wait, postponed or deleted meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import { GatewayError } from '../../src/errors.ts';
import type { Backend, SessionStore } from '../../src/session/ports.ts';
import { ALICE, openInProcess } from './in-process.ts';
import { storeSession } from '../../src/testing/sessions.ts';

/** The store, which refuses the system's changes while it is told to. */
function refusing(sessions: SessionStore, isDown: () => boolean): SessionStore {
  const change: SessionStore['change'] = async (id, actor, decide) => {
    if (actor === 'system' && isDown()) {
      await sleep(50);
      throw new GatewayError('BACKEND_UNAVAILABLE', 'The store is away.');
    }
    return sessions.change(id, actor, decide);
  };
  return new Proxy(sessions, {
    get(target, name) {
      if (name === 'change') return change;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

it('a run that could not be claimed for a while is executed once', async () => {
  await using memory = openMemoryBackend();
  let isDown = false;
  const sessions = refusing(memory.sessions, () => isDown);
  const backend: Backend = { ...memory, sessions };
  await using gateway = await openInProcess(backend, ['slow']);
  isDown = true;
  const { session } = await gateway.sessions.start(ALICE, {
    input: { task: 'go' },
    recursionLimit: 300,
  });
  // The queue delivers it, and the looks at the store do.
  await sleep(2300);
  isDown = false;
  expect(await gateway.settled(session.id)).toMatchObject({ status: 'SUCCEEDED' });
  const run = await memory.sessions.findRunByNumber(session.id, 1, 'system');
  expect(run).toMatchObject({ attempt: 1 });
});

it('a run that waits in a worker begins though the one before it was deleted', async () => {
  await using memory = openMemoryBackend();
  const limits = { concurrency: 4, perUser: 1 };
  await using gateway = await openInProcess(memory, ['slow', 'steps'], 'graphs.ts', limits);
  const start = async (graphId: string) => {
    const given = { graphId, input: { task: 'go' }, recursionLimit: 300 };
    return (await gateway.sessions.start(ALICE, given)).session.id;
  };
  const busy = await start('slow');
  const statusOf = async (id: string) => (await memory.sessions.find(id, 'system'))?.status;
  await expect.poll(() => statusOf(busy)).toBe('RUNNING');
  const parked = [await start('steps'), await start('steps')];
  await sleep(1500);
  await gateway.sessions.delete(ALICE, parked[0] ?? '');
  await gateway.sessions.cancel(ALICE, busy);
  expect(await gateway.settled(parked[1] ?? '')).toMatchObject({ status: 'SUCCEEDED' });
});

it('a long backlog of one user does not hide another’s run from a worker that begins', async () => {
  await using memory = openMemoryBackend();
  for (let n = 0; n < 1200; n += 1) await storeSession(memory, { graphId: 'hanging' });
  const bob = await storeSession(memory, { graphId: 'steps', ownerId: 'bob' });
  const limits = { concurrency: 4, perUser: 3 };
  const graphs = ['hanging', 'steps'];
  await using gateway = await openInProcess(memory, graphs, 'graphs.ts', limits);
  expect(await gateway.settled(bob.id)).toMatchObject({ status: 'SUCCEEDED' });
});
