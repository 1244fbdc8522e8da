// A step that the store refuses for its own sake hands its run over, each time later, and never fails it.
import { expect, it } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import { GatewayError } from '../../src/errors.ts';
import type { Backend } from '../../src/session/ports.ts';
import { ALICE, openInProcess } from './in-process.ts';

it('a step that the store does not take is tried again after 1 s, then after 2 s', async () => {
  await using memory = openMemoryBackend();
  const refusals: number[] = [];
  let refuses = true;
  const savers: Backend['savers'] = {
    ...memory.savers,
    tuples: (...asked) => memory.savers.tuples(...asked),
    reader: (...asked) => memory.savers.reader(...asked),
    stockThread: (...asked) => memory.savers.stockThread(...asked),
    attempt(attempt) {
      const saver = memory.savers.attempt(attempt);
      const store = saver.put.bind(saver);
      const put: typeof saver.put = (config, checkpoint, metadata, versions) => {
        if (!refuses || metadata.step < 2) return store(config, checkpoint, metadata, versions);
        refusals.push(performance.now());
        const error = new GatewayError('BACKEND_UNAVAILABLE', 'The store is full.');
        attempt.onRefused(error);
        return Promise.reject(error);
      };
      return Object.assign(saver, { put });
    },
  };
  await using gateway = await openInProcess({ ...memory, savers }, ['steps']);
  const { session } = await gateway.sessions.start(ALICE, { input: { task: 'go' } });
  await expect.poll(() => refusals.length).toBe(3);
  const [first = 0, second = 0, third = 0] = refusals;
  expect(second - first).toBeGreaterThan(900);
  expect(third - second).toBeGreaterThan(1900);
  refuses = false;
  const settled = await gateway.settled(session.id);
  expect(settled).toMatchObject({ status: 'SUCCEEDED' });
  const run = await memory.sessions.findRunByNumber(session.id, 1, 'system');
  expect(run).toMatchObject({ attempt: 4, deaths: 0 });
});
