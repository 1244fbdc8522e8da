// Promises 2 and 6: what a worker does when the store has done what it asked and the answer is lost, or the queue
// never delivers.
import { expect, it } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import { GatewayError } from '../../src/errors.ts';
import type { Backend, RunQueue, SessionState } from '../../src/session/ports.ts';
import { ALICE, openInProcess } from './in-process.ts';

/** The backend; the answer to the first change after which `holds` is lost. */
function losing(backend: Backend, holds: (state: SessionState) => boolean): Backend {
  let lost = false;
  const sessions = new Proxy(backend.sessions, {
    get(target, name) {
      if (name !== 'change') {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
      return async (...change: Parameters<typeof target.change>) => {
        const state = await target.change(...change);
        if (lost || state === null || !holds(state)) return state;
        lost = true;
        throw new GatewayError('BACKEND_UNAVAILABLE', 'The answer was lost.');
      };
    },
  });
  return { ...backend, sessions };
}

const silent: Omit<RunQueue, typeof Symbol.asyncDispose> = {
  add: () => undefined,
  remove: () => undefined,
  isLost: false,
  ensure: () => Promise.resolve(),
  consume: () => ({ drain: () => Promise.resolve() }),
  depth: () => Promise.resolve(0),
};

it('a run whose claim was answered to nobody is begun again', async () => {
  await using memory = openMemoryBackend();
  const backend = losing(memory, ({ active }) => active[0]?.status === 'RUNNING');
  await using process = await openInProcess(backend, ['steps']);
  const { session } = await process.sessions.start(ALICE, { graphId: 'steps', task: 'go' });
  expect(await process.settled(session.id)).toMatchObject({ status: 'SUCCEEDED', epoch: 2 });
});

it('a run whose settlement was answered to nobody stays settled, and who waits for it is told', async () => {
  await using memory = openMemoryBackend();
  const backend = losing(memory, (state) => state.session.status === 'SUCCEEDED');
  await using process = await openInProcess(backend, ['steps']);
  const begun = performance.now();
  const { session } = await process.sessions.start(ALICE, { graphId: 'steps', task: 'go' });
  expect(await process.settled(session.id)).toMatchObject({ status: 'SUCCEEDED', epoch: 1 });
  expect(performance.now() - begun).toBeLessThan(5000);
});

it('a run that the queue holds and never delivers is executed all the same', async () => {
  await using memory = openMemoryBackend();
  const queue = { ...silent, [Symbol.asyncDispose]: () => memory.queue[Symbol.asyncDispose]() };
  await using process = await openInProcess({ ...memory, queue }, ['steps']);
  const { session } = await process.sessions.start(ALICE, { graphId: 'steps', task: 'go' });
  expect(await process.settled(session.id)).toMatchObject({ status: 'SUCCEEDED', epoch: 1 });
});
